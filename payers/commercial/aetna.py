"""Aetna, asked on Availity Essentials."""

from flows.parties import Payer
from payers.portals.availity import PORTAL

PAYER = Payer(
    name="aetna",
    title="Aetna",
    payer_ids=("60054",),
)

__all__ = ["PAYER", "PORTAL"]
