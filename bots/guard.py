"""The guard: no lockouts. Two rules over the ledger of submitted passwords, codes and security answers.

1. *Never again*: a password that was refused is not submitted again; the account is frozen until the vault
   holds another one or a person unfreezes it.
2. *Possible failures*: attempts that are open, refused or without a verdict since the last good sign-in. A
   submission is allowed while possible failures + 1 <= threshold - 1; the last try is a person's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bots import now, sharing
from bots.brake import Limits, after_refusal, after_sign_in, check_brake, check_day
from bots.codes.totp import STEP_SECONDS, STEPS_AHEAD
from bots.desk import Grant, Verdict
from bots.freezes import lift
from bots.inventory import Inventory, stamp
from bots.lease import Lease, check_epoch
from bots.ways_back import way_back
from flows.errors import AccountFrozen, AccountHeld, CodesExhausted
from payers.model import Policy, Portal

DEFAULT_THRESHOLD = 3  # the lowest published lockout threshold (NaviNet, OR interChange)
AUTOMATIC_PAUSE = timedelta(hours=1)
DAY = timedelta(days=1)
CODE_REFUSALS = 2
COUNTED = (Verdict.OPEN, Verdict.REFUSED, Verdict.UNKNOWN)


@dataclass(frozen=True)
class Standing:
    """Where an account stands with the guard."""

    possible_failures: int
    allowance: int
    threshold: int
    code_refusals: int
    last_submission: datetime | None
    refused: frozenset[str]
    freeze: dict[str, Any] | None
    way_back: str = ""
    code_allowance: int = CODE_REFUSALS

    @property
    def left(self) -> int:
        """How many submissions the worker may still make."""
        return max(0, self.allowance - self.possible_failures)


def standing(source: Inventory | Any, account: str, policy: Policy) -> Standing:
    """Read the ledger. `source` is the inventory, or the database inside a `write()`."""
    rows = _rows(
        source,
        """SELECT kind, fingerprint, verdict, submissions, opened_at FROM ledger WHERE account = ? AND id > ifnull(
           (SELECT max(id) FROM ledger WHERE account = ? AND (kind = 'unfreeze' OR (kind = 'signed_in' AND by IS NULL))
           ), 0) ORDER BY id""",
        (account, account),
    )
    # a sign-in by hand proves the account, not the password in the vault: what was refused before it stays refused
    after = max((number for number, row in enumerate(rows, 1) if row["kind"] == "signed_in"), default=0)
    counted = [row for row in rows[after:] if _is_a_try(row) and row["verdict"] in COUNTED]
    threshold = policy.lockout_threshold or DEFAULT_THRESHOLD
    row = next(iter(_rows(source, "SELECT * FROM accounts WHERE name = ?", (account,))), {})
    freezes = _rows(
        source,
        "SELECT * FROM incidents WHERE kind = 'freeze' AND account = ? AND closed_at IS NULL ORDER BY id LIMIT 1",
        (account,),
    )
    return Standing(
        possible_failures=sum(row["submissions"] for row in counted),
        allowance=min(threshold - 1, sharing.BUDGET) if sharing.of_people(row) else threshold - 1,
        threshold=threshold,
        code_refusals=sum(1 for row in rows[after:] if row["kind"] == "code" and row["verdict"] == Verdict.REFUSED),
        last_submission=max((datetime.fromisoformat(row["opened_at"]) for row in counted), default=None),
        refused=frozenset(
            row["fingerprint"]
            for row in rows
            if row["fingerprint"] and _is_a_try(row) and row["verdict"] == Verdict.REFUSED
        ),
        freeze=freezes[0] if freezes else None,
        way_back=way_back(row, policy, freezes[0]["error"]) if freezes else "",
        code_allowance=min(CODE_REFUSALS, (policy.code_threshold or CODE_REFUSALS + 1) - 1),
    )


def _is_a_try(row: dict[str, Any]) -> bool:
    """Whether the portal may count this row as a failure: not a code, nor a proved password that was not refused."""
    return row["kind"] in ("password", "answer", "by_hand") or (row["kind"], row["verdict"]) == ("change", "refused")


def _rows(source: Inventory | Any, sql: str, values: tuple[str | float, ...]) -> list[dict[str, Any]]:
    if isinstance(source, Inventory):
        return source.rows(sql, values)
    return [dict(row) for row in source.execute(sql, values)]


def check(state: Standing, account: str, fingerprint: str, *, automatic: bool) -> None:
    """Raise `AccountFrozen` or `AccountHeld`, saying why and what to do, unless a submission is allowed."""
    if state.freeze and not _lifted_by_vault(state, fingerprint):
        raise AccountFrozen(
            f"account {account} is frozen since {state.freeze['opened_at'][:16]} UTC: "
            f"{state.freeze['message'].rstrip('.')}. {next_step(account, state)}",
            phrase=state.freeze["phrase"],
        )
    if fingerprint in state.refused:
        raise AccountFrozen(
            f"account {account}: the password in the vault was refused before. {_CORRECT.format(account=account)}"
        )
    _check_codes(state, account)
    if state.possible_failures + 1 > state.allowance:
        raise AccountHeld(
            f"account {account} is held: {_times(state.possible_failures)} may have failed at the portal and the "
            f"last try before a lock is kept for a person. Sign in by hand to see how it stands, then: "
            f"pk account unfreeze {account} --because ..."
        )
    if automatic and state.last_submission and now.utc() - state.last_submission < AUTOMATIC_PAUSE:
        again = (state.last_submission + AUTOMATIC_PAUSE).strftime("%H:%M")
        raise AccountHeld(
            f"account {account} is held until {again} UTC: the last submission got no verdict, and the service makes "
            "at most one an hour then"
        )


def _times(count: int) -> str:
    return "1 submission" if count == 1 else f"{count} submissions"


def _check_codes(state: Standing, account: str) -> None:
    if state.code_refusals >= state.code_allowance:
        raise AccountHeld(
            f"account {account} is held: {state.code_refusals} one-time codes were refused. Check the authenticator "
            f"secret (pk vault check {account}) and the clock, then: pk account unfreeze {account} --because ..."
        )


_CORRECT = (
    "Do not try it by hand. Put the right one into the vault: pk vault set {account} (the worker then tries once)."
)


def _lifted_by_vault(state: Standing, fingerprint: str) -> bool:
    """Whether the vault holds another password than the one that this freeze is about."""
    freeze = state.freeze
    return freeze is not None and freeze["error"] == "InvalidCredentials" and fingerprint != freeze["fingerprint"]


def next_step(account: str, state: Standing) -> str:
    """What a person does about a freeze; empty when there is none."""
    if state.freeze is None:
        return ""
    if state.freeze["error"] == "InvalidCredentials":
        unknown = f" Nobody knows it? {state.way_back}" if state.way_back else ""
        return _CORRECT.format(account=account) + unknown
    if state.freeze["error"] == "SecurityQuestionAsked":
        by_hand = f"pk account unfreeze {account} --because ..., then pk assist {account}"
        return f"Store the right answer: pk vault set {account} --security-answers. Or give it by hand: {by_hand}"
    return f"{state.way_back} When that is settled on the portal: pk account unfreeze {account} --because ...".strip()


def grant_password(
    inventory: Inventory,
    held: Lease,
    run_id: str,
    fingerprint: str,
    portal: Portal,
    limits: Limits,
    *,
    automatic: bool,
    proved: bool = False,
) -> Grant:
    """Open an attempt: decision, epoch check and ledger row are one transaction.

    Raises `AccountFrozen`, `AccountHeld` or `WorkerLost`; then nothing may be typed. Raises `NotNow` when other
    accounts have to go first. A `proved` password, which the portal took earlier in the session and which is typed
    into a change form now, counts as a possible failure only when it is refused.
    """
    with inventory.write() as db:
        check_epoch(db, held.account, held.epoch)
        state = standing(db, held.account, portal.policy)
        check(state, held.account, fingerprint, automatic=automatic)
        check_brake(db, portal.name, run_id, limits)
        if not proved:
            check_day(db, held.account, limits.sign_ins_per_day)
        if state.freeze:
            lift(db, held.account, by="vault", because="the vault holds another password")
        return open_attempt(db, held, run_id, "change" if proved else "password", fingerprint=fingerprint)


def grant_code(
    inventory: Inventory,
    held: Lease,
    run_id: str,
    time_step: int | None,
    policy: Policy,
    fingerprint: str | None = None,
) -> Grant:
    """Spend a code: a time step of the authenticator, or another one by its fingerprint.

    Raises `CodesExhausted` when the step was spent before, or within a day that code.
    """
    with inventory.write() as db:
        check_epoch(db, held.account, held.epoch)
        _check_codes(standing(db, held.account, policy), held.account)
        if time_step is not None and time_step <= (last_time_step(db, held.account) or 0):
            raise CodesExhausted(f"account {held.account}: the code of this half minute was used before")
        if (
            fingerprint
            and db.execute(
                "SELECT 1 FROM ledger WHERE account = ? AND kind = 'code' AND fingerprint = ? AND opened_at > ?",
                (held.account, fingerprint, stamp(now.utc() - DAY)),
            ).fetchone()
        ):
            raise CodesExhausted(f"account {held.account}: this code was used before, and is not given again")
        return open_attempt(db, held, run_id, "code", fingerprint=fingerprint, time_step=time_step)


def last_time_step(source: Inventory | Any, account: str) -> int | None:
    """The newest time step spent for this account, those apart that only a clock set wrong can have reached."""
    sql = "SELECT max(time_step) AS last FROM ledger WHERE account = ? AND kind = 'code' AND time_step <= ?"
    last = _rows(source, sql, (account, now.utc().timestamp() // STEP_SECONDS + STEPS_AHEAD))[0]["last"]
    return None if last is None else int(last)


def open_attempt(
    db: Any, held: Lease, run_id: str, kind: str, *, fingerprint: str | None = None, time_step: int | None = None
) -> Grant:
    """Write that a secret is about to be submitted. Inside the caller's transaction."""
    cursor = db.execute(
        """INSERT INTO ledger (account, kind, fingerprint, time_step, run_id, epoch, opened_at, verdict, submissions)
           VALUES (?,?,?,?,?,?,?,?,1)""",
        (held.account, kind, fingerprint, time_step, run_id, held.epoch, stamp(now.utc()), Verdict.OPEN),
    )
    return Grant(attempt=int(cursor.lastrowid))


def close_attempt(
    inventory: Inventory, held: Lease, run_id: str, attempt: int, verdict: Verdict, submissions: int, limits: Limits
) -> None:
    """Record what became of an attempt; `submissions` is how many requests may have reached the portal.

    A proved password in a change form counts once at most: of what else went out with it nothing held the password.
    """
    with inventory.write() as db:
        check_epoch(db, held.account, held.epoch)
        counted = 0 if verdict is Verdict.NOT_SUBMITTED else max(1, submissions)
        closed = db.execute(
            """UPDATE ledger SET verdict = ?, submissions = min(?, iif(kind = 'change', 1, 2)), closed_at = ?
               WHERE id = ? AND account = ? RETURNING kind""",
            (verdict, counted, stamp(now.utc()), attempt, held.account),
        ).fetchall()
        if verdict is Verdict.REFUSED and closed[0]["kind"] not in ("code", "answer"):
            after_refusal(db, run_id, limits)


def signed_in(db: Any, held: Lease, run_id: str) -> None:
    """A good sign-in with the password: the count starts again. Inside the caller's transaction."""
    check_epoch(db, held.account, held.epoch)
    db.execute(
        """INSERT INTO ledger (account, kind, run_id, epoch, opened_at, verdict, submissions)
           VALUES (?, 'signed_in', ?, ?, ?, 'accepted', 0)""",
        (held.account, run_id, held.epoch, stamp(now.utc())),
    )
    after_sign_in(db, run_id)
