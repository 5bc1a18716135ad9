"""The way back into an account that is stopped: what the office knows of it, else what the portal publishes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payers.model import AccountState, Policy
from payers.registry import portals

STATES = {
    "AccountLocked": AccountState.LOCKED,
    "AccountDisabled": AccountState.DISABLED,
    "InvalidCredentials": AccountState.PASSWORD,
    "PasswordExpired": AccountState.PASSWORD,
    "CodeNotReceived": AccountState.CODE,
    "CodeRejected": AccountState.CODE,
    "CodesExhausted": AccountState.CODE,
}


def way_back(row: Mapping[str, Any], policy: Policy, error: str) -> str:
    """Who gets the account out of the state that `error` stands for, how, and what to have ready; empty if unknown.

    `row` is the account's: the path, phone, hours and the like that it keeps win over what is published.
    """
    if error not in STATES:
        return ""
    site = portals().get(row.get("portal", ""))
    by_letter = site and site.password_recovery and STATES[error] in (AccountState.LOCKED, AccountState.PASSWORD)
    own = f"By the worker: pk password recover {row['name']}. " if by_letter else ""
    return own + _words(row, policy, STATES[error])


def ways_back(row: Mapping[str, Any], policy: Policy) -> dict[str, str]:
    """The way back from each state, as far as one is known."""
    found = {str(state): _words(row, policy, state) for state in AccountState}
    return {state: words for state, words in found.items() if words}


def _waited(policy: Policy) -> str:
    """For how long a lock lasts, where the portal takes it off by itself."""
    return f"{policy.lock_minutes} minutes" if policy.lock_minutes else ""


def _words(row: Mapping[str, Any], policy: Policy, state: AccountState) -> str:
    known = policy.ways_back.get(state)
    path = f"{known.who}: {known.how}" if known else ""
    phone, hours, ready = (known.phone, known.hours, known.have_ready) if known else ("", "", "")
    if own := row.get("help_phone"):
        phone, hours = own, " ".join(filter(None, (row["help_hours"], row["help_zone"])))
    told = (
        ("", row.get("unlock_path") or path[:1].upper() + path[1:]),
        ("By itself after ", _waited(policy) if state is AccountState.LOCKED else ""),
        ("Call ", f"{phone} ({hours})" if phone and hours else phone),
        ("Have ready: ", row.get("have_ready") or ready),
        ("Usually takes: ", row.get("usual_days")),
    )
    return " ".join(f"{label}{words.rstrip('.')}." for label, words in told if words)
