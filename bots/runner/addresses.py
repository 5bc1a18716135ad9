"""Where an account is used, and whether it may be used there."""

from __future__ import annotations

from typing import Any

from bots import now
from bots.inventory import Automation
from bots.settings import Settings, is_loopback
from flows.errors import ActionRequired, InputError
from payers.model import Portal


def checked_address(row: dict[str, Any], portal: Portal, settings: Settings) -> str:
    """The origin to use for this account. Raises when the account may not be used there.

    A real address needs a recorded permission to automate, and the real time.
    """
    address = str(row["address"] or settings.portal_addresses.get(portal.name) or portal.address)
    if is_loopback(address):
        return address
    if now.sandbox_clock_in_force():
        raise InputError(
            f"the clock is moved by a sandbox, and account {row['name']} is on a real portal ({address}): "
            f"stop the sandbox and remove {settings.sandbox_clock}, or use another data folder"
        )
    if row["automation"] not in (Automation.PERMITTED, Automation.REGISTERED):
        raise ActionRequired(
            f"account {row['name']} may not be used by a program on {address}: automation is {row['automation']}. "
            f"When the payer has agreed: pk account permit {row['name']} --by NAME --document REFERENCE "
            "--review-on DATE"
        )
    return address
