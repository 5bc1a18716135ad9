"""One-time codes that a portal sends by text message when somebody chooses that."""

import secrets

from sandbox.accounts import Account
from sandbox.texts import SENDERS, Text, new_sid, with_country
from sandbox.world import Portal


def text_code(portal: Portal, account: Account) -> None:
    """A fresh code in the place of the last one, by a message that may be lost."""
    account.texted_code = f"{secrets.randbelow(10**6):06d}"
    account.tally.codes_sent += 1
    portal.note(account.user, "code_text_sent")
    if portal.faults.take(portal.id, "text_lost", "text", account.user):
        return
    body = f"Your access code is {account.texted_code}. It is good for 10 minutes. Do not share it."
    portal.texts.take(Text(SENDERS[portal.id], with_country(account.phone), body, portal.clock.now(), new_sid()))
