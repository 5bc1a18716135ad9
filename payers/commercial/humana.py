"""Humana, asked on Availity Essentials."""

from flows.parties import Payer
from payers.portals.availity import PORTAL

PAYER = Payer(
    name="humana",
    title="Humana",
    payer_ids=("61101",),
)

__all__ = ["PAYER", "PORTAL"]
