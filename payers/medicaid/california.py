"""Medi-Cal, California's Medicaid, asked on its own provider portal."""

from flows.parties import Payer
from payers.portals.medi_cal import PORTAL

PAYER = Payer(
    name="medi-cal",
    title="Medi-Cal",
    payer_ids=(),  # none is published for asking on this portal
)

__all__ = ["PAYER", "PORTAL"]
