"""The report as data. Accounts by nickname only; no user id, no portal text but listed phrases, no patient data."""

from __future__ import annotations

from datetime import datetime

from flows.parties import Record


class Need(Record):
    """Something that a person has to do. `what` is an account's nickname, or a portal's name."""

    what: str
    state: str
    error: str
    since: datetime
    portal: str
    portal_words: str
    worker: str
    do: str
    who: str


class LastFailure(Record):
    """The last run of an account that came back without what it went for."""

    at: datetime
    state: str
    error: str
    portal_words: str


class AccountLine(Record):
    """How one account stands; `left` of `allowed` submissions may still fail before it is held for a person."""

    name: str
    portal: str
    state: str
    fine: bool
    frozen: bool
    last_good_sign_in: datetime | None
    last_failure: LastFailure | None
    left: int
    allowed: int


class FlowLine(Record):
    """What was run of one flow."""

    flow: str
    runs: int
    ended_well: int
    questions: int
    answered: int


class NotRun(Record):
    """A due time that ended without success, and why."""

    schedule: str
    account: str
    due_at: datetime
    state: str
    cause: str


class Planned(Record):
    """What the schedules asked for, counted by where it stands."""

    done: int = 0
    failed: int = 0
    coalesced: int = 0
    missed: int = 0
    running: int = 0
    due: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.done + self.failed + self.coalesced + self.missed + self.running + self.due


class Report(Record):
    """One report. Times carry the zone in which they are shown; counts are since `since`."""

    at: datetime
    since: datetime
    organizations: tuple[str, ...]
    verdict: str
    locks: str
    needs: tuple[Need, ...]
    accounts: tuple[AccountLine, ...]
    flows: tuple[FlowLine, ...]
    by_password: int
    by_kept_session: int
    planned: Planned
    not_run: tuple[NotRun, ...]
    used_by_people: tuple[str, ...]
    gaps: tuple[str, ...]
    audit: str
