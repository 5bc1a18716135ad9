"""The timetable in force: schedules, maintenance and calendar, read again whenever one of them has changed.

A file that is wrong keeps the old rows in force, and is told once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from bots.clock.maintenance import FILE as MAINTENANCE
from bots.clock.maintenance import Maintenance, load_maintenance
from bots.clock.office_days import FILE as CALENDAR
from bots.clock.office_days import OfficeDays, load_office_days
from bots.clock.rows import Schedule
from bots.clock.schedules import Loaded, read_schedules
from bots.inventory import Inventory
from bots.settings import Settings
from flows.errors import InputError

_ACCOUNTS = """SELECT group_concat(name || ' ' || portal || ' ' || kind || ' ' || ifnull(tags, ''), char(10)) AS text
    FROM (SELECT name, portal, kind, tags FROM accounts ORDER BY name)"""  # one text, for there may be 10,000


@dataclass(frozen=True)
class Timetable:
    """What is in force. `problems` are lines about what is not."""

    rows: tuple[Schedule, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    office_days: OfficeDays = field(default_factory=OfficeDays)
    names: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()

    def by_name(self) -> dict[str, Schedule]:
        """The rows by their names."""
        return {row.name: row for row in self.rows}


def read_timetable(settings: Settings, inventory: Inventory) -> Timetable:
    """What the files say now. Raises nothing about their content: what is wrong is among the `problems`."""
    loaded: Loaded = read_schedules(settings.schedules, inventory)
    problems = list(loaded.problems)
    maintenance: tuple[Maintenance, ...] = ()
    office_days = OfficeDays()
    try:
        maintenance = load_maintenance(settings.config / MAINTENANCE)
    except InputError as error:
        problems.append(str(error))
    try:
        office_days = load_office_days(settings.config / CALENDAR)
    except InputError as error:
        problems.append(str(error))
    return Timetable(loaded.rows, maintenance, office_days, loaded.names, tuple(problems))


class LiveTimetable:
    """The timetable of a service: `current` is in force, `look` says whether it has changed."""

    def __init__(self, settings: Settings, inventory: Inventory, tell: Callable[[str], None]) -> None:
        self._settings = settings
        self._inventory = inventory
        self._tell = tell
        self._mark = ""
        self.current = Timetable()
        self.problems: tuple[str, ...] = ()

    @property
    def shown(self) -> Timetable:
        """What is in force, with the problems of what was read last."""
        return replace(self.current, problems=self.problems)

    def begin(self) -> Timetable:
        """Take what is right, and tell what is wrong. Raises `InputError` where nothing is right."""
        self._mark = self._marked()
        found = read_timetable(self._settings, self._inventory)
        if found.problems and not found.rows:
            raise InputError(found.problems[0])
        self._told(found.problems, "is left out")
        self.current = found
        return found

    def look(self) -> bool:
        """Read again when a file or the accounts have changed; True when what is in force is another now."""
        mark = self._marked()
        if mark == self._mark:
            return False
        self._mark = mark
        found = read_timetable(self._settings, self._inventory)
        self._told(found.problems, "the old rows stay in force")
        if found.problems:
            return False
        changed, self.current = found != self.current, found
        return changed

    def _told(self, problems: tuple[str, ...], outcome: str) -> None:
        for problem in problems:
            if problem not in self.problems:
                self._tell(f"{problem} ({outcome})")
        self.problems = problems

    def _marked(self) -> str:
        """What tells one state of files and accounts from another."""
        found = hashlib.sha256()
        config = self._settings.config
        for file in (self._settings.schedules, config / MAINTENANCE, config / CALENDAR):
            found.update(_content(file))
        found.update(str(self._inventory.rows(_ACCOUNTS)[0]["text"]).encode())
        return found.hexdigest()


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        return f"{error.errno}".encode()
