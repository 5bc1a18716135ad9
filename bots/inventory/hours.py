"""The hours in which people work with a login of theirs, so that the service leaves it alone then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, tzinfo

DEFAULT = "07:00-19:00 mon-fri"
EXPECTED = f"hours and days such as {DEFAULT}"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d) (\S+)")


@dataclass(frozen=True)
class OwnerHours:
    """From `begin` to `end` of local time, on some days of the week (0 is Monday)."""

    begin: time
    end: time
    days: frozenset[int]

    @classmethod
    def read(cls, text: str) -> OwnerHours:
        """Read such as `07:00-19:00 mon-fri` or `08:30-12:00 mon,wed-fri`. ValueError when it can't be."""
        found = _FORM.fullmatch(text.strip().lower())
        if not found:
            raise ValueError(f"expected {EXPECTED}")
        begin, end = time.fromisoformat(found[1]), time.fromisoformat(found[2])
        days = frozenset(day for part in found[3].split(",") for day in _days(part))
        if begin >= end:
            raise ValueError("expected hours that end on the day they begin")
        return cls(begin, end, days)

    def until(self, at: datetime, zone: tzinfo | None) -> datetime | None:
        """When the hours that `at` falls into end, in `zone` (none: this machine's); none outside of them."""
        local = at.astimezone(zone)
        if local.weekday() not in self.days or not self.begin <= local.time() < self.end:
            return None
        return local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)


def _days(part: str) -> range:
    first, _, last = part.partition("-")
    if first not in DAYS or (last or first) not in DAYS or DAYS.index(last or first) < DAYS.index(first):
        raise ValueError(f"expected {EXPECTED}")
    return range(DAYS.index(first), DAYS.index(last or first) + 1)
