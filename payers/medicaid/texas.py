"""Texas Medicaid, asked in TMHP's TexMedConnect."""

from flows.parties import Payer
from payers.portals.tmhp import PORTAL

PAYER = Payer(
    name="texas-medicaid",
    title="Texas Medicaid",
)

__all__ = ["PAYER", "PORTAL"]
