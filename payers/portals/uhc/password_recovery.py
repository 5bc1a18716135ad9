"""Recovering a forgotten password of UnitedHealthcare's portal, which is that of its One Healthcare ID."""

from __future__ import annotations

from flows.session import Session
from payers.identity import one_healthcare_id
from payers.portals.uhc.screens import Home
from payers.portals.uhc.sign_in import open_portal

conclude = one_healthcare_id.conclude


async def recover(session: Session) -> None:
    """By a code in a letter, from the sign-in page that the portal leads to."""
    await open_portal(session, Home(session.page))
    await one_healthcare_id.recover(session)
