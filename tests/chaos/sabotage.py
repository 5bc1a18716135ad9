"""Guarantees to take out, one at a time: the chaos has to notice each of them, or it proves nothing.

Each is carried out inside the worker's process, before anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from bots import freezes, guard, recovery
from bots.codes import letters as reading
from bots.desk import Verdict
from bots.gate import Gate
from bots.runner import password_recovery
from bots.vault import Credential, Pending, Vault
from bots.vault.credential import PendingState
from tests.chaos.seat import Line


def _standing_with(**changes: Callable[[guard.Standing], Any]) -> None:
    real = guard.standing

    def standing(*given: Any) -> guard.Standing:
        found = real(*given)
        return replace(found, **{name: change(found) for name, change in changes.items()})

    guard.standing = standing


def _threshold_is_four() -> None:
    _standing_with(allowance=lambda found: found.allowance + 1)


def _refused_goes_again() -> None:
    _standing_with(refused=lambda found: frozenset(), freeze=lambda found: None)


def _gate_counts_nothing() -> None:
    Gate.submissions = property(lambda gate: 0)


def _gate_lets_all_out() -> None:
    Gate._may_pass = lambda gate, request: gate._passed.add(request) or gate._line.submitting(request) or True


def _no_verdict_is_not_submitted() -> None:
    real = guard.close_attempt

    def close_attempt(inventory: Any, held: Any, run_id: str, attempt: int, verdict: Verdict, *rest: Any) -> None:
        real(inventory, held, run_id, attempt, Verdict.NOT_SUBMITTED if verdict == Verdict.UNKNOWN else verdict, *rest)

    guard.close_attempt = close_attempt


def _death_is_not_submitted() -> None:
    recovery.Verdict = SimpleNamespace(OPEN="open", UNKNOWN="not_submitted")


def _new_password_is_not_stored() -> None:
    """Only this process knows it."""
    kept: dict[str, Pending] = {}
    real = Vault.get

    def get(vault: Vault, account: str) -> Credential:
        return real(vault, account).model_copy(update={"pending": kept.get(account)})

    def put_pending(vault: Vault, account: str, pending: Pending) -> Pending:
        return kept.setdefault(account, pending)

    def mark_pending(vault: Vault, account: str, run_id: str, state: PendingState) -> Pending:
        kept[account] = kept[account].model_copy(update={"state": state})
        return kept[account]

    Vault.get, Vault.put_pending, Vault.mark_pending = get, put_pending, mark_pending


def _new_password_is_dropped() -> None:
    Vault.promote = Vault.discard_pending


def _code_step_is_not_kept() -> None:
    real = guard.open_attempt
    guard.open_attempt = lambda db, held, run_id, kind, **given: real(db, held, run_id, kind)


def _line_is_not_held() -> None:
    Line.submitting = lambda line, request: None


def _any_letter_is_believed() -> None:
    reading._is_within = lambda host, domains: True


def _any_age_of_a_letter_is_believed() -> None:
    reading.CLOCKS_APART = timedelta(days=9)


def _recovered_password_is_tried_for_ever() -> None:
    password_recovery._is_taken = lambda inventory, vault, row: (
        (pending := vault.get(row["name"]).pending) is not None
        and (pending.kind, pending.state) == ("forgot", "submitted")
    )


def _outage_freezes() -> None:
    freezes.PERSON_ONLY = ("PortalUnavailable",)


def _future_steps_are_waited_for() -> None:
    from bots.codes import totp

    totp.STEPS_AHEAD = guard.STEPS_AHEAD = 1_000_000


REBOOT, CUT, ERROR = "reboot in mid sign-in", "cut on a reused socket, both times", "500 after the POST"

# what is taken out, how, and a run that notices it. When the code has changed, look for another: `--sabotage` says so
SABOTAGES: dict[str, tuple[Callable[[], None], int | str]] = {
    "threshold 3 taken for 4": (_threshold_is_four, f"{REBOOT} + {CUT} (wrong password, 1)"),
    "a refused password is allowed again": (_refused_goes_again, 323),
    "the gate does not count": (_gate_counts_nothing, f"{CUT} (wrong password, mistyped again, 0)"),
    "the gate does not stop a page's own retry": (_gate_lets_all_out, 449),
    "no verdict is taken for not submitted": (_no_verdict_is_not_submitted, 23),
    "a killed attempt is taken for not submitted": (
        _death_is_not_submitted,
        f"{REBOOT} + {REBOOT} (wrong password, 1)",
    ),
    "the browser may send a submission again": (_line_is_not_held, f"{CUT} + {CUT} (wrong password, 0)"),
    "a letter is believed that nobody signed": (_any_letter_is_believed, 59),
    "a letter is believed that is older": (_any_age_of_a_letter_is_believed, 971),
    "a recovered password that was refused is tried again": (_recovered_password_is_tried_for_ever, 121),
    "a new password is typed before it is stored": (
        _new_password_is_not_stored,
        "reset killed in submitting (right password, 1)",
    ),
    "a new password is dropped after its sign-in": (
        _new_password_is_dropped,
        "reset killed in submitting (right password, 1)",
    ),
    "the step of a code is not kept": (_code_step_is_not_kept, 3),
    "a code spent by a wrong clock is waited for": (_future_steps_are_waited_for, 28),
    "an outage freezes": (_outage_freezes, f"{ERROR} (right password, 0)"),
}
