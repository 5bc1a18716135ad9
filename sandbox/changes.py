"""How a portal judges a new password, typed by who knows the old one or by who came with a link."""

from enum import Enum

from sandbox.accounts import Account, Reset
from sandbox.passwords import is_too_young, unmet, used_before
from sandbox.sign_in import refuse
from sandbox.world import Portal


class Change(Enum):
    """What became of a new password."""

    DONE = "done"
    LOCKED = "locked"
    WRONG_CURRENT = "wrong current password"
    UNCONFIRMED = "not confirmed"
    TOO_YOUNG = "too young to change"
    AGAINST_RULES = "against the rules"
    USED_BEFORE = "used before"


def receive_change(portal: Portal, account: Account, current: str | None = None) -> None:
    """Count a new password at the moment its request was read, whatever is answered later."""
    account.tally.change_submissions += 1
    account.tally.refused_password_repeats += current in account.refused_values
    portal.note(account.user, "change_submitted", by="reset" if current is None else "change")


def change_password(portal: Portal, account: Account, current: str, wanted: str, again: str) -> Change:
    """Judge a change by somebody signed in; a wrong current password counts as a refused one."""
    if account.locked or current != account.password:
        refuse(portal, account, current)
        return _refused(portal, account, Change.LOCKED if account.locked else Change.WRONG_CURRENT)
    account.refused_in_a_row = 0
    if is_too_young(portal.policy, account, portal.clock.now()):
        return _refused(portal, account, Change.TOO_YOUNG)
    return _set(portal, account, wanted, again, "change")


def reset_password(portal: Portal, reset: Reset, wanted: str, again: str) -> Change:
    """Judge a new password of somebody with a good link: done, the link is used and the lock is off."""
    account = portal.accounts[reset.user]
    verdict = _set(portal, account, wanted, again, "reset")
    if verdict is Change.DONE:
        for each in portal.resets.values():
            each.used = each.used or each.user == reset.user
        account.reset_code = None
        account.tally.links_used += 1
        _unlock(portal, account)
    return verdict


def reason(portal: Portal, account: Account, verdict: Change, wanted: str) -> str:
    """Why a new password was not taken, as a sentence; empty where the portal doesn't say."""
    policy = portal.policy
    if not policy.change_told:
        return ""
    days = f"{policy.password_min_age_days:g} days"
    return {
        Change.WRONG_CURRENT: "The current password is incorrect.",
        Change.UNCONFIRMED: "Your password was not confirmed.",
        Change.TOO_YOUNG: f"A password can be changed again {days} after its last change.",
        Change.AGAINST_RULES: f"Your new password must contain {'; '.join(unmet(policy, account.user, wanted))}.",
        Change.USED_BEFORE: f"You can't use one of your last {policy.password_history} passwords.",
    }.get(verdict, "")


def _set(portal: Portal, account: Account, wanted: str, again: str, by: str) -> Change:
    if wanted != again:
        return _refused(portal, account, Change.UNCONFIRMED)
    if unmet(portal.policy, account.user, wanted):
        return _refused(portal, account, Change.AGAINST_RULES)
    if used_before(portal.policy, account, wanted):
        return _refused(portal, account, Change.USED_BEFORE)
    account.take_password(wanted, portal.clock.now())
    account.tally.password_changes += 1
    portal.note(account.user, "password_changed", by=by)
    return Change.DONE


def _refused(portal: Portal, account: Account, verdict: Change) -> Change:
    account.tally.change_refusals += 1
    portal.note(account.user, "change_refused", because=verdict.value)
    return verdict


def _unlock(portal: Portal, account: Account) -> None:
    if account.locked:
        portal.note(account.user, "unlocked", by="reset")
    account.unlock()
