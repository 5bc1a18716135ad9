"""`schedules.yaml` as rows with their lines, so that whatever is wrong can be told by file and line."""

from __future__ import annotations

from pathlib import Path

import yaml

from flows.errors import InputError


class LineError(Exception):
    """What is wrong, and on which line."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(words)
        self.line = line


def compose(path: Path) -> yaml.Node | None:
    """The file as YAML's own nodes. Raises `InputError`, or `LineError`, for what is no YAML."""
    try:
        # BaseLoader leaves every value the text it is: no cron, name or zone becomes a number or a yes.
        return yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.BaseLoader)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run `portalkeeper init`") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}); correct owner and permissions") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        hint = "; put cron lines in quotes" if "alias" in str(error) else ""
        raise LineError(mark.line + 1 if mark else 1, f"not valid YAML: {error.problem}{hint}") from None
    except yaml.reader.ReaderError as error:
        raise InputError(f"{path}: holds a character that YAML does not allow, at position {error.position}") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply; rows are a name with keys below it") from None


def entries(node: yaml.Node, expected: str) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """The keys and values of a mapping, no key twice."""
    if not isinstance(node, yaml.MappingNode):
        raise LineError(line_of(node), f"expected {expected}")
    seen: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise LineError(line_of(key), f"expected {expected}")
        if key.value in seen:
            raise LineError(
                line_of(key), f"{key.value} is there already, on line {seen[key.value]}; names are given once"
            )
        seen[key.value] = line_of(key)
    return list(node.value)


def line_of(node: yaml.Node) -> int:
    """The line a node begins on."""
    return int(node.start_mark.line) + 1


def text_of(node: yaml.Node, row: str, key: str) -> str:
    """The one word or line that `key` of a row has."""
    if not isinstance(node, yaml.ScalarNode):
        raise LineError(line_of(node), f"{row}: {key}: expected one word or line")
    return str(node.value)
