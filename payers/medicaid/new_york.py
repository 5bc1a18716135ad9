"""New York Medicaid, asked on ePACES."""

from flows.parties import Payer
from payers.portals.epaces import PORTAL

PAYER = Payer(
    name="new-york-medicaid",
    title="New York Medicaid",
    payer_ids=(),  # none is published for asking on this portal
)

__all__ = ["PAYER", "PORTAL"]
