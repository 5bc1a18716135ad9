"""Forgotten passwords: links and codes by mail, what they are worth, and when they stop."""

import secrets
from enum import Enum

from sandbox.accounts import Account, Reset, ResetCode
from sandbox.letters import Letter
from sandbox.passwords import DAY
from sandbox.world import Portal

_HOUR = 3600


class Worth(Enum):
    """What a link is worth when somebody comes with it."""

    GOOD = "good"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


def receive_request(portal: Portal, user: str) -> None:
    """Count the asking for a new password at the moment its request was read."""
    portal.note(user, "reset_requested", known_user=user in portal.accounts)
    if account := portal.accounts.get(user):
        account.tally.reset_requests += 1


def may_ask(portal: Portal, user: str) -> bool:
    """Whether this user may be sent another mail today; nobody learns who is unknown."""
    account, now = portal.accounts.get(user), portal.clock.now()
    if account is None:
        return True
    lately = [each for each in account.links_sent_at if now - each < DAY]
    return len(lately) < portal.policy.reset_links_a_day


def new_link(portal: Portal, user: str) -> str:
    """The token of a fresh link."""
    token = secrets.token_urlsafe(24)
    portal.resets[token] = Reset(user, portal.clock.now())
    return token


def new_code(portal: Portal, account: Account) -> str:
    """A fresh code in the place of the last one."""
    account.reset_code = ResetCode(f"{secrets.randbelow(10**6):06d}", portal.clock.now())
    return account.reset_code.code


def send(portal: Portal, account: Account, letter: Letter) -> None:
    """Hand a letter to the post, which may be slow or lose it; the portal counts it as sent."""
    account.tally.links_sent += 1
    account.links_sent_at.append(portal.clock.now())
    portal.note(account.user, "reset_mail_sent")
    if portal.faults.take(portal.id, "mail_lost", "mail", account.user):
        return
    delay = portal.faults.take(portal.id, "mail_delay", "mail", account.user)
    portal.mailbox.take(letter, delay.seconds if delay else 0.0)


def worth(portal: Portal, token: str) -> tuple[Worth, Reset | None]:
    """What a link is worth now, and its reset where the portal ever sent it."""
    reset = portal.resets.get(token)
    if reset is None or reset.user not in portal.accounts:
        return Worth.UNKNOWN, None
    if reset.used:
        return Worth.USED, reset
    if portal.clock.now() - reset.issued > portal.policy.reset_link_hours * _HOUR:
        return Worth.EXPIRED, reset
    return Worth.GOOD, reset


def exchange(portal: Portal, user: str, code: str) -> str | None:
    """The token for a right code, None for a wrong one; a code dies of age, of use and of refusals."""
    account = portal.accounts.get(user)
    if account is None:
        return None
    account.tally.reset_code_submissions += 1
    sent = account.reset_code
    if sent is not None and code == sent.code and _lives(portal, sent):
        account.reset_code = None
        portal.note(user, "reset_code_accepted")
        return new_link(portal, user)
    account.tally.reset_code_refusals += 1
    portal.note(user, "reset_code_refused")
    if sent is not None:
        sent.refusals += 1
    return None


def _lives(portal: Portal, sent: ResetCode) -> bool:
    young = portal.clock.now() - sent.issued <= portal.policy.reset_link_hours * _HOUR
    return young and sent.refusals < portal.policy.code_refusal_limit
