"""One-time codes that a portal sends by mail when somebody signs in."""

import secrets

from sandbox.accounts import Account
from sandbox.letters import Letter
from sandbox.world import Portal


def mail_code(portal: Portal, account: Account, sender: str) -> None:
    """A fresh code in the place of the last one, by a letter that may be lost or late."""
    account.texted_code = f"{secrets.randbelow(10**6):06d}"
    account.tally.codes_sent += 1
    portal.note(account.user, "code_mail_sent")
    letter = Letter(
        portal=portal.id,
        user=account.user,
        sender=sender,
        to=account.email,
        subject="One-time verification code",
        at=portal.clock.now(),
        home=portal.url,
        greeting=f"You are receiving this email because a request was made for a code for {account.user}.",
        code=account.texted_code,
    )
    if portal.faults.take(portal.id, "mail_lost", "mail", account.user):
        return
    delay = portal.faults.take(portal.id, "mail_delay", "mail", account.user)
    portal.mailbox.take(letter, delay.seconds if delay else 0.0)
