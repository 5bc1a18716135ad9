"""The report as data. Accounts by nickname only; no user id, no portal text but listed phrases, no patient data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from pydantic import Field

from flows.parties import Record


class Need(Record):
    """Something that a person has to do. `what` is an account's nickname, or a portal's name.

    `costs_from` is when leaving it undone begins to cost, `cost` what; `flows` are the lists that it holds up. `age`
    says for how long it is open. With `taken_by` somebody looks after it. `kind` is that of the incident which the
    report itself keeps for it (`bots.report.taken_up`); none where there is another one.
    """

    what: str
    state: str
    error: str
    since: datetime
    portal: str
    portal_words: str
    worker: str
    do: str
    who: str
    cost: str = ""
    costs_from: datetime | None = None
    flows: tuple[str, ...] = ()
    age: str = ""
    incident: str = ""
    taken_by: str = ""
    ticket: str = ""
    kind: str = ""


class WorkList(Record):
    """One list of the day: how many of its rows have an answer, and whether it came in time.

    `cause` says why it could not be asked, `answers` is its answers file in the data folder.
    """

    flow: str
    name: str
    planned: int
    answered: int
    unchecked: int
    words: tuple[tuple[str, int], ...]
    ready_at: datetime | None
    ready_by: datetime | None
    cause: str = ""
    answers: str = ""


class Remittances(Record):
    """ERAs since the last report: passed on to billing, of those picked up, and held or flagged for a person."""

    payments: int
    amount: str
    picked_up: int
    held: int


class LastFailure(Record):
    """The last run of an account that came back without what it went for."""

    at: datetime
    state: str
    error: str
    portal_words: str


class AccountLine(Record):
    """How one account stands; `left` of `allowed` submissions may still fail before it is held for a person.

    Days to `expires` (the password) and to `idle_until` (disabled as unused) are whole days, where known.
    """

    name: str
    portal: str
    state: str
    fine: bool
    frozen: bool
    last_good_sign_in: datetime | None
    last_failure: LastFailure | None
    left: int
    allowed: int
    expires_in: int | None = None
    idle_in: int | None = None
    days: tuple[tuple[int, int], ...] = ()


class Ahead(Record):
    """Something that falls due within the next days, and who acts."""

    on: date
    words: str
    who: str


class FlowLine(Record):
    """What was run of one flow."""

    flow: str
    runs: int
    ended_well: int
    questions: int
    answered: int


class PortalLine(Record):
    """A flow on a portal over 30 days: runs a day and of those the good ones, and how long a look-up took.

    Seconds are of half and of nine in ten of the good runs, each divided by the questions it asked.
    """

    portal: str
    flow: str
    runs: int
    good: int
    days: tuple[tuple[int, int], ...]
    p50: float | None
    p90: float | None


class Drift(Record):
    """A screen that was known by its second sign only: the page has begun to change."""

    portal: str
    screen: str
    accounts: int
    last: datetime


class NotRun(Record):
    """A due time that ended without success, and why."""

    schedule: str
    account: str
    due_at: datetime
    state: str
    cause: str


class Planned(Record):
    """What one schedule row asked for, or all of them: `on_time` and `late` ran well, `unexplained` should not be."""

    schedule: str = ""
    total: int = 0
    on_time: int = 0
    late: int = 0
    without_success: int = 0
    suspended: int = 0
    made_up_for: int = 0
    not_run: int = 0
    under_way: int = 0
    unexplained: int = 0


class Change(Record):
    """What is otherwise than in the last report."""

    words: str
    better: bool


class Report(Record):
    """One report. Times carry the zone in which they are shown; counts are since `since`.

    `accounts` are those that are shown, in trouble first; `states` has every account's state by its name.
    `sign_ins_not_shown` are the portals that don't show when somebody last signed in.
    """

    at: datetime
    since: datetime
    organizations: tuple[str, ...]
    subject: str = ""
    verdict: str
    locks: str
    needs: tuple[Need, ...]
    handled: tuple[Need, ...] = ()
    put_aside: int = 0
    lists: tuple[WorkList, ...] = ()
    remittances: Remittances | None = None
    accounts_in_all: int = 0
    accounts_fine: int = 0
    accounts_frozen: int = 0
    accounts: tuple[AccountLine, ...]
    states: Mapping[str, str] = Field(default_factory=dict)
    ahead: tuple[Ahead, ...] = ()
    by_itself: tuple[str, ...] = ()
    flows: tuple[FlowLine, ...]
    portals: tuple[PortalLine, ...] = ()
    drifts: tuple[Drift, ...] = ()
    by_password: int
    by_kept_session: int
    planned: Planned
    schedules: tuple[Planned, ...] = ()
    not_run: tuple[NotRun, ...]
    not_run_in_all: int = 0
    changes: tuple[Change, ...] = ()
    compared_with: datetime | None = None
    used_by_people: tuple[str, ...]
    sign_ins_not_shown: tuple[str, ...] = ()
    gaps: tuple[str, ...]
    facts: tuple[str, ...] = ()
    audit: str
    next_report: str = ""
