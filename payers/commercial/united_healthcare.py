"""UnitedHealthcare, asked on its own provider portal."""

from flows.parties import Payer
from payers.portals.uhc import PORTAL

PAYER = Payer(
    name="united-healthcare",
    title="UnitedHealthcare",
    payer_ids=("87726",),
)

__all__ = ["PAYER", "PORTAL"]
