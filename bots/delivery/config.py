"""`config/alerts.toml`: the office's hours, whom report and alerts reach, and by which ways. Never a secret."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bots.settings import is_loopback
from flows.errors import InputError

FILE = "alerts.toml"
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


class Level(StrEnum):
    """How soon somebody has to know: at once, even at night, or by the morning."""

    URGENT = "urgent"
    MORNING = "morning"


def _zone(name: str) -> str:
    try:
        if not name or "/" in name or name == "UTC":
            ZoneInfo(name) if name else None
            return name
    except (ValueError, OSError, KeyError):
        pass
    raise ValueError("expected an IANA time zone such as America/New_York")


def _address(text: str) -> str:
    if text and not _ADDRESS.fullmatch(text):
        raise ValueError("expected one e-mail address")
    return text


def _hook(text: str) -> str:
    parts = urlsplit(text)
    if text and (not parts.hostname or parts.username or parts.scheme not in ("http", "https")):
        raise ValueError("expected an address such as https://hooks.example.org/portals")
    if parts.scheme == "http" and not is_loopback(f"http://{parts.netloc}"):
        raise ValueError("expected https; plain http is for this machine only")
    return text


Hour = Annotated[time, Field(strict=False)]
Address = Annotated[str, AfterValidator(_address)]
Hook = Annotated[str, AfterValidator(_hook)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Office(_Table):
    """When people work: `opens` is when they need their lists. Without a zone it is this machine's."""

    zone: Annotated[str, AfterValidator(_zone)] = ""
    opens: Hour = time(7, 30)
    closes: Hour = time(17)


class ReportTo(_Table):
    """Where the report goes, and what its last line promises."""

    at: Hour | None = None
    none_by: Hour | None = None
    call: str = ""
    to: tuple[str, ...] = ()
    folder: Path | None = None
    webhook: Hook = ""


class Mail(_Table):
    """The mail server; nothing is sent over a line without TLS."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    user: str = ""
    sender: Address = ""
    authority: Path | None = None


class Quiet(_Table):
    """The hours in which only what is urgent is told; they may pass midnight."""

    begin: Hour = time(20)
    end: Hour = time(5, 30)


class Contact(_Table):
    """Somebody, or a duty: `mail` for the long form, `text` for the short one."""

    mail: Address = ""
    text: Address = ""


class Route(_Table):
    """Who is told of what: of all portals, or of one."""

    level: Level
    portal: str = ""
    primary: str
    backup: str = ""
    webhook: Hook = ""


class Plan(_Table):
    """All of the file."""

    office: Office = Office()
    report: ReportTo = ReportTo()
    mail: Mail = Mail()
    quiet: Quiet = Quiet()
    contacts: dict[str, Contact] = {}
    routes: tuple[Route, ...] = ()

    def local(self, at: datetime) -> datetime:
        """A moment on the office's clock."""
        return at.astimezone(ZoneInfo(self.office.zone) if self.office.zone else None)

    def quiet_at(self, at: datetime) -> bool:
        """Whether a moment lies in the quiet hours."""
        begin, end, clock = self.quiet.begin, self.quiet.end, self.local(at).time()
        return begin <= clock < end if begin <= end else clock >= begin or clock < end

    def route(self, level: Level, portal: str = "") -> Route | None:
        """Who is told: the portal's own route, else the one of all portals."""
        fitting = [route for route in self.routes if route.level is level and route.portal in ("", portal)]
        return max(fitting, key=lambda route: bool(route.portal), default=None)


def load_plan(file: Path) -> Plan:
    """What `file` says; the defaults where there is none. Raises `InputError` naming file, key and what is expected."""
    try:
        plan = Plan.model_validate(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        return Plan()
    except UnicodeDecodeError:
        raise InputError(f"{file}: not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line \d+, column \d+|end of document", str(error))
        raise InputError(f"{file}: not valid TOML at {where[0] if where else 'an unknown place'}") from None
    except OSError as error:
        raise InputError(f"{file}: can't be read ({error.strerror}); correct owner and permissions") from None
    except ValidationError as error:
        raise InputError(f"{file}: {_told(error)}") from None
    _check_names(file, plan)
    return plan


def _told(error: ValidationError) -> str:
    problem: Any = error.errors(include_url=False, include_input=False, include_context=False)[0]
    key = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"{key} is not known here; look for a mistyped name (a secret never belongs here: pk delivery set)"
    return f"{key}: {problem['msg'].removeprefix('Value error, ')}"


def _check_names(file: Path, plan: Plan) -> None:
    named = [("report.to", name, "mail") for name in plan.report.to]
    for number, route in enumerate(plan.routes, 1):
        named += [(f"routes {number}", name, "any") for name in (route.primary, route.backup) if name]
    for place, name, way in named:
        contact = plan.contacts.get(name)
        if contact is None:
            there = ", ".join(plan.contacts) or "none yet"
            raise InputError(f"{file}: {place}: no contact is called {name!r}; there are: {there}")
        if not contact.mail and (way == "mail" or not contact.text):
            raise InputError(f'{file}: contacts.{name} has no address: give it mail = "NAME@example.org"')
    uses_mail = bool(plan.report.to or plan.routes)
    if uses_mail and not (plan.mail.host and plan.mail.sender):
        raise InputError(f"{file}: mail.host and mail.sender are needed before anybody can be told by mail")
