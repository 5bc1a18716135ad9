"""`schedules.yaml`: which flow runs for which accounts, and when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import ValidationError, field_validator

from bots.clock.cron import check_cron
from bots.inventory import Inventory, Kind
from bots.inventory.accounts import NAME
from flows.errors import InputError
from flows.parties import Record
from payers import registry

KEEP = "keep"  # what the due list promises of the worker; the service knows how
ERAS = "era_download"  # whose questions follow from the account's scopes
FLOWS = ("login", KEEP, ERAS)  # what needs no list of questions
KEYS = ("flow", "accounts", "cron", "zone")
UNATTENDED = (Kind.WORKER, Kind.BREAK_GLASS)  # others are kept alive by their owners only


class Schedule(Record):
    """One row: `flow` runs for each of `accounts` whenever `cron` comes due on the wall clock of `zone`.

    `line` is where the row begins in its file.
    """

    name: str
    flow: str
    accounts: tuple[str, ...]
    cron: str
    zone: str
    line: int

    @field_validator("name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if not NAME.match(value):
            raise ValueError("expected lower-case letters, digits and dashes, such as keep-signed-in")
        return value

    @field_validator("flow")
    @classmethod
    def _known_flow(cls, value: str) -> str:
        if value not in FLOWS:
            raise ValueError(f"expected {', '.join(FLOWS[:-1])} or {FLOWS[-1]}, not {value!r}")
        return value

    @field_validator("cron")
    @classmethod
    def _known_cron(cls, value: str) -> str:
        return check_cron(value)

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        """Zones by place or UTC: `EST` exists, but keeps winter time all summer."""
        try:
            if "/" in value or value == "UTC":
                ZoneInfo(value)
                return value
        except (ValueError, OSError, KeyError):
            pass
        raise ValueError(f"expected an IANA time zone such as America/New_York, not {value!r}")


class _LineError(Exception):
    """What is wrong, and on which line."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(words)
        self.line = line


def load_schedules(path: Path, inventory: Inventory) -> list[Schedule]:
    """The rows of `path`, with their accounts looked up. InputError names file, line and what was expected."""
    try:
        top = _composed(path)
        rows = _entries(top, "rows, each a name with flow, accounts, cron and zone below it") if top else []
        return [_schedule(key, row, inventory) for key, row in rows]
    except _LineError as wrong:
        raise InputError(f"{path}, line {wrong.line}: {wrong}") from None


def _composed(path: Path) -> yaml.Node | None:
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
        raise _LineError(mark.line + 1 if mark else 1, f"not valid YAML: {error.problem}{hint}") from None
    except yaml.reader.ReaderError as error:
        raise InputError(f"{path}: holds a character that YAML does not allow, at position {error.position}") from None


def _entries(node: yaml.Node, expected: str) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """The keys and values of a mapping, no key twice."""
    if not isinstance(node, yaml.MappingNode):
        raise _LineError(_line(node), f"expected {expected}")
    seen: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _LineError(_line(key), f"expected {expected}")
        if key.value in seen:
            raise _LineError(
                _line(key), f"{key.value} is there already, on line {seen[key.value]}; names are given once"
            )
        seen[key.value] = _line(key)
    return list(node.value)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _schedule(key: yaml.ScalarNode, row: yaml.Node, inventory: Inventory) -> Schedule:
    name = str(key.value)
    entries = {entry.value: (_line(entry), value) for entry, value in _entries(row, f"{', '.join(KEYS)} below {name}")}
    for word, (line, _) in entries.items():
        if word not in KEYS:
            raise _LineError(line, f"{name}: {word!r} is not a key of a row; the keys are {', '.join(KEYS)}")
    if missing := [word for word in KEYS if word not in entries]:
        raise _LineError(_line(key), f"{name}: {', '.join(missing)} not given")
    texts = {word: _text(name, word, node) for word, (_, node) in entries.items() if word != "accounts"}
    try:
        schedule = Schedule.model_validate({"name": name, "accounts": (), "line": _line(key), **texts})
    except ValidationError as error:
        raise _told(name, error, {word: line for word, (line, _) in entries.items()}, _line(key)) from None
    return schedule.model_copy(update={"accounts": _accounts(schedule, entries["accounts"][1], inventory)})


def _text(name: str, word: str, node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _LineError(_line(node), f"{name}: {word}: expected one word or line")
    return str(node.value)


def _told(name: str, error: ValidationError, lines: dict[str, int], row: int) -> _LineError:
    problem = error.errors(include_url=False, include_input=False)[0]
    word = str(problem["loc"][0])
    return _LineError(lines.get(word, row), f"{name}: {word}: {problem['msg'].removeprefix('Value error, ')}")


def _accounts(schedule: Schedule, node: yaml.Node, inventory: Inventory) -> tuple[str, ...]:
    """The accounts a row names; `all` and `portal:` take those that may be used unattended."""
    known = {str(row["name"]): row for row in inventory.rows("SELECT name, portal, kind FROM accounts ORDER BY name")}
    workers = [name for name, row in known.items() if row["kind"] == Kind.WORKER]
    match node:
        case yaml.ScalarNode(value="all"):
            return tuple(name for name in workers if _offered(known[name]["portal"], schedule.flow))
        case yaml.MappingNode(value=[(yaml.ScalarNode(value="portal"), yaml.ScalarNode(value=portal))]):
            _check_offered(schedule, node, portal)
            return tuple(name for name in workers if known[name]["portal"] == portal)
        case yaml.SequenceNode(value=[_, *_]):
            return tuple(dict.fromkeys(_named(schedule, entry, known) for entry in node.value))
    raise _LineError(_line(node), f"{schedule.name}: accounts: expected a list of names, or portal: NAME, or all")


def _named(schedule: Schedule, node: yaml.Node, known: dict[str, dict[str, Any]]) -> str:
    name = str(node.value)
    if name not in known:
        raise _LineError(_line(node), f"{schedule.name}: no account is called {name!r}; {_there_are(list(known))}")
    if known[name]["kind"] not in UNATTENDED:
        raise _LineError(
            _line(node),
            f"{schedule.name}: account {name} is of kind {known[name]['kind']}; only worker accounts run by schedule",
        )
    _check_offered(schedule, node, known[name]["portal"])
    return name


def _there_are(names: Sequence[str]) -> str:
    return f"there are: {', '.join(names[:8])}" if names else "there are none yet"


def _check_offered(schedule: Schedule, node: yaml.Node, portal: str) -> None:
    if portal not in registry.portals():
        raise _LineError(
            _line(node), f"{schedule.name}: no portal is called {portal!r}; {_there_are(list(registry.portals()))}"
        )
    if not _offered(portal, schedule.flow):
        raise _LineError(_line(node), f"{schedule.name}: portal {portal} offers no {schedule.flow}")


def _offered(portal: str, flow: str) -> bool:
    found = registry.portals().get(portal)
    return found is not None and (flow == KEEP or flow in found.offers())
