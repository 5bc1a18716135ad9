"""How each account stands: what is wrong with it, since when, what the worker did, and what a person does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bots import guard, sharing
from bots.exhibits import told_unlisted
from bots.guard import DEFAULT_THRESHOLD, Standing
from bots.incidents import Kind, incident_name
from bots.inventory import Inventory
from bots.report.model import AccountLine, LastFailure, Need
from bots.report.words import Acts, plain
from bots.ways_back import way_back
from flows.errors import AccountHeld
from payers import registry
from payers.model import Policy, Portal

NO_POLICY = Policy()
Zone = Callable[[str | None], datetime | None]
_GUARD = ("AccountHeld", "AccountFrozen")  # said by the guard without contact; what led to it is told instead

_COLUMNS = (
    "name portal user_id kind address automation owner backup last_good_sign_in_at unlock_path "
    "help_phone help_hours help_zone have_ready usual_days"
)
_ACCOUNTS = f"SELECT {', '.join(_COLUMNS.split())} FROM accounts ORDER BY name"
_WITH_A_PAST = """SELECT account FROM ledger l WHERE verdict IN ('open', 'refused', 'unknown') AND id > ifnull(
    (SELECT max(id) FROM ledger g WHERE g.account = l.account AND g.kind IN ('signed_in', 'unfreeze')
     AND (g.kind = 'unfreeze' OR g.by IS NULL)), 0)
    UNION SELECT account FROM incidents WHERE kind = 'freeze' AND closed_at IS NULL"""
_LAST_RUNS = """SELECT r.*, (SELECT id FROM evidence e WHERE e.run_id = r.id ORDER BY e.at DESC LIMIT 1) AS evidence
    FROM accounts a JOIN runs r ON r.rowid = (SELECT rowid FROM runs WHERE account = a.name
    AND ended_at IS NOT NULL AND ended_at <= ? {also} ORDER BY started_at DESC, rowid DESC LIMIT 1)"""
_IN_A_ROW = f"""SELECT account, count(*) AS runs, min(ended_at) AS since FROM runs r
    WHERE account IN (SELECT value FROM json_each(?)) AND error IS NOT NULL AND error NOT IN {_GUARD} AND ended_at <= ?
    AND started_at > ifnull((SELECT started_at FROM runs g WHERE g.account = r.account AND g.ended_at IS NOT NULL
      AND g.error IS NULL ORDER BY g.started_at DESC LIMIT 1), '') GROUP BY account"""
_CONTACT = f"AND ifnull(error, '') NOT IN {_GUARD}"
_FAILED = f"AND error IS NOT NULL AND error NOT IN {_GUARD}"


@dataclass(frozen=True)
class Account:
    """One account with everything the report needs of it."""

    row: dict[str, Any]
    portal: Portal | None
    standing: Standing
    held: str
    has_password: bool
    last_run: dict[str, Any] | None
    last_failed: dict[str, Any] | None
    in_a_row: tuple[int, str] = (0, "")  # failures that the worker tries again by itself: how many, and since when

    @property
    def name(self) -> str:
        """The nickname."""
        return str(self.row["name"])

    @property
    def title(self) -> str:
        """The portal's name for people."""
        return self.portal.title if self.portal else str(self.row["portal"])

    @property
    def open_failure(self) -> dict[str, Any] | None:
        """The last run, when it failed and no good sign-in came after it."""
        run = self.last_run
        good = self.row["last_good_sign_in_at"] or ""
        return run if run and run["error"] and run["ended_at"] >= good else None

    def words(self, phrase: str | None, run_id: str | None) -> str:
        """The portal's words behind a phrase id, when they are listed; else where they can be read."""
        listed = self.portal.phrases.get(phrase or "") if self.portal else None
        return listed or told_unlisted(self._evidence(run_id))

    def _evidence(self, run_id: str | None) -> str | None:
        return next((run["evidence"] for run in (self.last_failed, self.last_run) if run and run["id"] == run_id), None)


def read_accounts(inventory: Inventory, vault_names: Collection[str], at: str) -> list[Account]:
    """Every account of the inventory; `at` is the report's stamp."""
    contacts = _by_account(inventory.rows(_LAST_RUNS.format(also=_CONTACT), (at,)))
    failures = _by_account(inventory.rows(_LAST_RUNS.format(also=_FAILED), (at,)))
    portals, known = registry.portals(), frozenset(vault_names)
    standings = _Standings(inventory)
    found = []
    for row in inventory.rows(_ACCOUNTS):
        name, portal = row["name"], portals.get(row["portal"])
        standing = standings.of(row, portal.policy if portal else NO_POLICY)
        held = _held(standing, name)
        found.append(Account(row, portal, standing, held, name in known, contacts.get(name), failures.get(name)))
    return _with_failures_in_a_row(inventory, found, at)


def _with_failures_in_a_row(inventory: Inventory, accounts: list[Account], at: str) -> list[Account]:
    failing = [a.name for a in accounts if (run := a.open_failure) and plain(run["error"]).acts is Acts.WORKER]
    rows = inventory.rows(_IN_A_ROW, (json.dumps(failing), at)) if failing else []
    counts = {row["account"]: (row["runs"], row["since"]) for row in rows}
    return [replace(a, in_a_row=counts[a.name]) if a.name in counts else a for a in accounts]


class _Standings:
    """Where accounts stand with the guard: asked once for all that have nothing against them, for most of 10,000 do."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._asked = {row["account"] for row in inventory.rows(_WITH_A_PAST)}
        self._clean: dict[tuple[str, bool], Standing] = {}

    def of(self, row: dict[str, Any], policy: Policy) -> Standing:
        if row["name"] in self._asked:
            return guard.standing(self._inventory, row["name"], policy)
        key = (row["portal"], sharing.of_people(row))
        if key not in self._clean:
            self._clean[key] = guard.standing(self._inventory, row["name"], policy)
        return self._clean[key]


def _by_account(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["account"]: row for row in rows}


def _held(standing: Standing, name: str) -> str:
    """Why the guard would let nobody submit, freezes apart; empty when it would."""
    try:
        guard.check(replace(standing, freeze=None), name, "", automatic=False)
    except AccountHeld as held:
        return str(held).removeprefix(f"account {name} is held: ")
    return ""


def masked(accounts: Collection[Account]) -> Callable[[str], str]:
    """A function that takes user ids out of words a person may have typed."""
    ids = sorted({str(account.row["user_id"]).lower() for account in accounts if account.row["user_id"]}, key=len)

    def mask(text: str) -> str:
        low = text.lower()
        for found in (each for each in reversed(ids) if each in low):
            text = re.sub(rf"(?<!\w){re.escape(found)}(?!\w)", "(user id)", text, flags=re.IGNORECASE)
        return text

    return mask


def line_of(account: Account, zone: Zone, days: tuple[tuple[int, int], ...] = ()) -> AccountLine:
    """The account's line in the table; `days` are its runs of 30 days."""
    state = _state(account) or ("fine" if account.row["last_good_sign_in_at"] else "never signed in")
    return AccountLine(
        name=account.name,
        portal=account.title,
        state=state,
        fine=state == "fine",
        frozen=account.standing.freeze is not None,
        last_good_sign_in=zone(account.row["last_good_sign_in_at"]),
        last_failure=_last_failure(account, zone),
        left=account.standing.left,
        allowed=account.standing.allowance,
        days=days,
    )


def _last_failure(account: Account, zone: Zone) -> LastFailure | None:
    run = account.last_failed
    if run is None:
        return None
    words = _run_words(account, run)
    return LastFailure.model_validate(
        {"at": zone(run["ended_at"]), "state": plain(run["error"]).state, "error": run["error"], "portal_words": words}
    )


def _state(account: Account) -> str:
    """What is wrong, in plain words; empty when nothing is."""
    if account.standing.freeze:
        return _freeze_state(account.standing.freeze)
    if not account.has_password:
        return "NO PASSWORD"
    if account.held:
        return "HELD"
    return plain(account.open_failure["error"]).state if account.open_failure else ""


def _freeze_state(freeze: dict[str, Any]) -> str:
    return plain(freeze["error"]).state if freeze["opened_by"] == "worker" else "FROZEN BY A PERSON"


def _run_words(account: Account, run: dict[str, Any]) -> str:
    """The portal's words in a failed run: listed ones, or that there were others; nothing where words say nothing."""
    told = run["phrase"] or (run["screen"] and plain(run["error"]).acts is Acts.PERSON)
    return account.words(run["phrase"], run["id"]) if told else ""


def need_of(account: Account, zone: Zone, at: datetime) -> Need | None:
    """What a person has to do for this account, if anything."""
    if freeze := account.standing.freeze:
        return _need(account, zone(freeze["opened_at"]) or at, **_frozen(account, freeze), **of_incident(freeze))
    if not account.has_password:
        return _need(account, at, **_without_password(account))
    if account.held:
        since = account.standing.last_submission
        return _need(account, since.astimezone(at.tzinfo) if since else at, **_held_back(account))
    failed = account.open_failure
    if failed and plain(failed["error"]).acts is Acts.PERSON:
        return _need(account, zone(failed["ended_at"]) or at, **_failed(account, failed))
    return None


def of_incident(row: dict[str, Any]) -> dict[str, Any]:
    """What a need has from its incident: its name, and who looks after it."""
    return {"incident": incident_name(row), "taken_by": row["taken_by"] or "", "ticket": row["ticket"] or ""}


def put_aside(row: dict[str, Any] | None, at: str) -> bool:
    """Whether an incident was put aside until a date that has not come."""
    return row is not None and (row["snoozed_until"] or "") >= at


def _frozen(account: Account, freeze: dict[str, Any]) -> dict[str, str]:
    by_worker = freeze["opened_by"] == "worker"
    return {
        "state": _freeze_state(freeze) + (", account frozen" if by_worker else ""),
        "error": freeze["error"],
        "portal_words": account.words(freeze["phrase"], freeze["run_id"]) if by_worker else "",
        "worker": f"{_counted(account)}, then stopped. {_limit(account)}" if by_worker else upper(freeze["message"]),
        "do": guard.next_step(account.name, account.standing),
    }


def _without_password(account: Account) -> dict[str, str]:
    return {
        "state": "NO PASSWORD",
        "kind": Kind.NO_PASSWORD,
        "worker": "Did nothing: the vault has no entry for this account.",
        "do": f"Put it there: pk vault set {account.name}",
    }


def _held_back(account: Account) -> dict[str, str]:
    return {
        "state": "HELD",
        "kind": Kind.HELD,
        "error": "AccountHeld",
        "worker": f"{_counted(account)} without a good sign-in after it, then stopped. {_limit(account)}",
        "do": upper(account.held),
    }


def _failed(account: Account, run: dict[str, Any]) -> dict[str, str]:
    words = plain(run["error"])
    return {
        "state": words.state,
        "kind": Kind.FAILING,
        "error": run["error"],
        "portal_words": _run_words(account, run),
        "worker": "Tried, then stopped until the next due time.",
        "do": f"{words.do.format(account=account.name)} {_way_back(account, run['error'])}".strip(),
    }


def _way_back(account: Account, error: str) -> str:
    return way_back(account.row, account.portal.policy if account.portal else NO_POLICY, error)


def _counted(account: Account) -> str:
    tries = account.standing.possible_failures
    return f"{tries} submission{'s' if tries != 1 else ''} counted"


def _limit(account: Account) -> str:
    published = account.portal.policy.lockout_threshold if account.portal else None
    limit = (
        f"The portal locks after {published}."
        if published
        else f"Limit {DEFAULT_THRESHOLD} assumed, none is published."
    )
    return f"{limit} The last try is kept for a person."


def upper(words: str) -> str:
    """Words that begin a sentence."""
    return words[:1].upper() + words[1:]


def _need(account: Account, since: datetime, **parts: str) -> Need:
    owner, backup = account.row["owner"], account.row["backup"]
    who = (
        f"{owner}, backup {backup or 'NONE, name one'}" if owner else backup or "NOBODY, name an owner for this account"
    )
    known = {"what": account.name, "since": since, "portal": account.title, "who": who, "error": "", "portal_words": ""}
    return Need.model_validate({**known, **parts})
