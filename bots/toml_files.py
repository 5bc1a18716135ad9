"""Reading a TOML file of the configuration, or one line that says why it can't be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from flows.errors import InputError


def read_table(file: Path) -> dict[str, Any]:
    """The table in `file`; empty when there is no such file. InputError names the file, and the line where it can."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise InputError(f"{file}: not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line \d+, column \d+|end of document", str(error))
        raise InputError(f"{file}: not valid TOML at {where[0] if where else 'an unknown place'}") from None
    except OSError as error:
        raise InputError(f"{file}: can't be read ({error.strerror}); correct owner and permissions") from None
