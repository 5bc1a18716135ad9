"""Cigna, asked on Availity Essentials."""

from flows.parties import Payer
from payers.portals.availity import PORTAL

PAYER = Payer(
    name="cigna",
    title="Cigna",
    payer_ids=("62308",),
)

__all__ = ["PAYER", "PORTAL"]
