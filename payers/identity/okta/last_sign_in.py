"""When somebody last signed in to the account, as the dashboard shows it."""

from __future__ import annotations

from flows.session import Session
from payers.identity.okta.screens import LastSignIn
from payers.kit import read_age


async def tell_last_sign_in(session: Session) -> None:
    """Hand it on, where it is shown and can be read. It may be this session's own sign-in or the one before."""
    texts = await LastSignIn(session.page).landmark.filter(visible=True).all_inner_texts()
    if age := read_age(" ".join(texts)):
        await session.notice("last sign-in shown", f"{age[0]} {age[1]}")
