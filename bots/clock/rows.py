"""One row of `schedules.yaml`: which flow runs for whom, and when."""

from __future__ import annotations

from datetime import time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from bots.clock.cron import check_cron
from bots.clock.timing import Timing
from bots.clock.windows import Window, read_length, read_time
from bots.inventory.accounts import NAME
from flows.parties import Record

KEEP = "keep"  # what the due list promises of the worker; the service knows how
ERAS = "era_download"  # whose questions follow from the account's scopes
OF_ACCOUNTS = ("login", KEEP, ERAS)  # what needs no list of questions
OF_LISTS = ("eligibility", "claim_status")  # what is asked of a list
BACKUP, REPORT = "backup", "report"
OF_THE_HOUSE = (BACKUP, REPORT)  # what touches no portal
FLOWS = (*OF_ACCOUNTS, *OF_LISTS, *OF_THE_HOUSE)
LARGE = 500  # questions that a list may ask without anybody's word
NEXT_BUSINESS_DAY = "next_business_day"
NEW_MONTH = "new_month"  # what a list selects on the first of a month
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Late(StrEnum):
    """What becomes of work that could not start inside its window."""

    MISSED = "missed"
    NEXT_WINDOW = "next window"


def _length(text: Any) -> Any:
    return read_length(text, least=MINUTE, most=24 * HOUR) if isinstance(text, str) else text


def _jitter(text: Any) -> Any:
    return read_length(text, least=timedelta(), most=12 * HOUR) if isinstance(text, str) else text


def _window(text: Any) -> Any:
    return Window.read(text) if isinstance(text, str) else text


def _time(text: Any) -> Any:
    return read_time(text) if isinstance(text, str) else text


def _one_of(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


class Schedule(Record):
    """One row: `flow` runs for each of `accounts`, or for the list in `file`, whenever its timing comes due.

    `late` says what becomes of work that could not start inside its `window`; `up_to` is the number of questions that a
    list may ask at once. `line` is where the row begins in its file.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str
    flow: str
    accounts: tuple[str, ...] = ()
    cron: str = ""
    every: Annotated[timedelta, BeforeValidator(_length)] = timedelta()
    zone: str
    window: Annotated[Window | None, BeforeValidator(_window)] = None
    late: Late = Late.MISSED
    jitter: Annotated[timedelta, BeforeValidator(_jitter)] = timedelta()
    ready_by: Annotated[time | None, BeforeValidator(_time)] = None
    file: str = ""
    select: Literal["", "next_business_day", "new_month"] = ""
    older_than_days: int | None = Field(default=None, ge=0, le=3650)
    up_to: int | None = Field(default=None, ge=1)
    line: int = 0

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
            raise ValueError(f"expected {_one_of(FLOWS)}, not {value!r}")
        return value

    @field_validator("cron")
    @classmethod
    def _known_cron(cls, value: str) -> str:
        return check_cron(value) if value else value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @field_validator("late", mode="before")
    @classmethod
    def _known_late(cls, value: str) -> str:
        if value not in set(Late):
            raise ValueError(f"expected missed or next window, not {value!r}")
        return value

    @field_validator("select", mode="before")
    @classmethod
    def _known_select(cls, value: str) -> str:
        if value not in ("", NEXT_BUSINESS_DAY, NEW_MONTH):
            raise ValueError(f"expected {NEXT_BUSINESS_DAY} or {NEW_MONTH}, not {value!r}")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Schedule:
        if problem := self._unfit():
            raise ValueError(problem)
        return self

    def _unfit(self) -> str:
        """What keys of this row do not go together; empty when they do."""
        listed = self.flow in OF_LISTS
        wrong = [
            (bool(self.cron) == bool(self.every), "cron or every, one of them"),
            (listed and not self.file, f"list, the file or folder that {self.flow} asks"),
            (not listed and self.file, f"no list: {self.flow} asks no list of questions"),
            (self.select and self.flow != "eligibility", "select for eligibility only; see older_than_days"),
            (self.select == NEW_MONTH and self.cron.split()[2:3] != ["1"], 'a cron of the 1st: "0 4 1 * *"'),
            (self.older_than_days is not None and self.flow != "claim_status", "older_than_days for claim_status only"),
            (self.up_to and not listed, "up_to for lists only"),
            (self.late is Late.NEXT_WINDOW and not self.window, "a window, since late names the next one"),
        ]
        return next((f"expected {words}" for unfit, words in wrong if unfit), "")

    @cached_property
    def timing(self) -> Timing:
        """When it comes due."""
        return Timing(self.zone, self.cron, self.every, self.window, self.jitter, self.ready_by)

    @property
    def subjects(self) -> tuple[str, ...]:
        """Who a due time is written for: each account, or the one list, which has no name beside the row's."""
        return self.accounts if self.flow in OF_ACCOUNTS else ("",)

    @property
    def whom(self) -> str:
        """For whom it runs, in words."""
        if self.flow in OF_ACCOUNTS:
            return f"{len(self.accounts)} account{'' if len(self.accounts) == 1 else 's'}"
        return self.file or "the data folder"


def known_zone(value: str) -> str:
    """Zones by place or UTC: `EST` exists, but keeps winter time all summer. ValueError for any other."""
    try:
        if "/" in value or value == "UTC":
            ZoneInfo(value)
            return value
    except (ValueError, OSError, KeyError):
        pass
    raise ValueError(f"expected an IANA time zone such as America/New_York, not {value!r}")
