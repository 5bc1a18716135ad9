"""Calendar dates as billing systems write them. Nothing is guessed: what could be two days is neither."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache

USUAL_FORMATS = ("M/D/YYYY", "YYYY-MM-DD")
"""Always read; `M` and `D` also take two digits."""

_FIELDS = {
    "YYYY": r"(?P<year>(?:18|19|20|21)[0-9]{2})",
    "MM": r"(?P<month>[0-9]{2})",
    "DD": r"(?P<day>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "D": r"(?P<day>[0-9]{1,2})",
}
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2}")
# Shows a pair of formats that read one text as two days.
_PROBE = date(2003, 11, 10)


@cache
def _pattern(date_format: str) -> re.Pattern[str]:
    parts = re.split(r"(YYYY|MM|DD|M|D)", date_format)
    return re.compile("".join(_FIELDS.get(part, re.escape(part)) for part in parts))


def check_formats(formats: Sequence[str]) -> None:
    """Raise ValueError if a format lacks year, month or day, or two of all formats read one text as different days."""
    for date_format in formats:
        if sorted(re.findall(r"Y+|M+|D+", date_format)) not in (
            [day, month, "YYYY"] for day in ("D", "DD") for month in ("M", "MM")
        ):
            raise ValueError(f'"{date_format}" is no date format; write YYYY, M or MM, and D or DD once each')
    everything = (*USUAL_FORMATS, *formats)
    for one in everything:
        for other in everything:
            match = _pattern(other).fullmatch(_written(_PROBE, one))
            if match and _day(match) != _PROBE:
                raise ValueError(f'"{one}" and "{other}" would read the same text as two different days')


def read_date(text: str, formats: Sequence[str] = ()) -> date:
    """Return the day `text` means in a usual format or one of `formats`, or raise ValueError without quoting it."""
    for date_format in (*USUAL_FORMATS, *formats):
        if match := _pattern(date_format).fullmatch(text):
            try:
                return _day(match)
            except ValueError:
                raise ValueError("is not a day of the calendar") from None
    if _SHORT_YEAR.fullmatch(text):
        raise ValueError("has a year of two digits; write all four")
    raise ValueError(f"cannot be read as a date; write {' or '.join((*USUAL_FORMATS, *formats))}")


def _day(match: re.Match[str]) -> date:
    return date(int(match["year"]), int(match["month"]), int(match["day"]))


def _written(day: date, date_format: str) -> str:
    text = date_format.replace("YYYY", f"{day.year}")
    return re.sub("D+", f"{day.day:02}", re.sub("M+", f"{day.month:02}", text))
