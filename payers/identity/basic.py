"""HTTP Basic: the browser's own prompt, in the place of a sign-in page.

User id and password go with every request, and a portal may count each that brings wrong ones. So the browser is never
left to answer the prompt, for it would answer for each picture of the page: the first page is asked for once, and
nothing more goes out before its answer is here.
"""

from __future__ import annotations

import base64

from playwright.async_api import Route

from flows.errors import InvalidCredentials, PortalUnavailable
from flows.session import Session

UNAUTHORIZED = 401


async def sign_in(session: Session, address: str) -> None:
    """Show `address` with user id and password, which go with each later request of the page to the portal too.

    Raises `InvalidCredentials` when the portal asks again.
    """
    page, account = session.page, session.account
    async with session.step("present user id and password", private=True):
        password = (await session.password()).get_secret_value()
        given = base64.b64encode(f"{account.username}:{password}".encode()).decode()

        async def present(route: Route) -> None:
            await route.fallback(headers={**route.request.headers, "authorization": f"Basic {given}"})

        await page.route(f"{session.address}/**", present)
        response = await page.goto(address, wait_until="commit")
        if response is not None and response.status == UNAUTHORIZED:
            raise InvalidCredentials("the portal refuses user id and password (status 401)", screen="Prompt")
        if response is not None and response.status >= 500:
            raise PortalUnavailable(f"the portal answers with status {response.status}")
