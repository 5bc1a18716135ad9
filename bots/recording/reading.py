"""What a portal's readers make of a recorded page, without network and session."""

from __future__ import annotations

import importlib
from html import escape
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from bots.desk import Failure
from bots.faults import translated
from flows.claim_status import ClaimStatusInquiry
from flows.eligibility import EligibilityInquiry
from flows.era_download import EraDownloadInquiry
from flows.errors import AnswerUnreadable, PortalkeeperError
from payers.kit import shown
from payers.kit.passing import parts
from payers.registry import listed_payers

if TYPE_CHECKING:
    from playwright.async_api import Page

FRAMED = {"availity": ("result", "change", "claims", "claim", "payments")}
FRAME = "newBodyFrame"
# portal: the module and the screen of a refused sign-in, and the module and the function that say what it means
REFUSED = {
    "availity": ("portals.availity.screens.SignInAlert", "portals.availity.sign_in._explain"),
    "uhc": ("identity.one_healthcare_id.screens.Alert", "identity.one_healthcare_id.failures.explain"),
    "tmhp": ("identity.okta.screens.Alert", "identity.okta.failures.explain"),
    "epaces": ("portals.epaces.screens.SignInMessage", "portals.epaces.sign_in.explain"),
}
CHANGED = {
    "uhc": ("identity.one_healthcare_id.screens.ChangeAnswer", "identity.one_healthcare_id.password_reset.explain"),
}


async def load(page: Page, portal: str, recorded: str, screen: str, frame: str = "") -> None:
    """Show a recording, in a frame of the id `frame` where it was in one; Availity's applications live in one."""
    frame = frame or (FRAME if screen in FRAMED.get(portal, ()) else "")
    if frame:
        recorded = f'<iframe id="{escape(frame)}" name="{escape(frame)}" srcdoc="{escape(recorded)}"></iframe>'
    await page.set_content(recorded)


async def read(page: Page, portal: str, said: dict[str, Any]) -> dict[str, Any]:
    """The reading of the page that is shown, in the words of the JSON files; why there is none is one, too."""
    try:
        with translated("read the recording"):
            answer = await _answer(page, portal, said)
    except PortalkeeperError as error:
        return Failure.of(error).model_dump(mode="json", exclude_none=True)
    if isinstance(answer, BaseModel):
        return answer.model_dump(mode="json", exclude_defaults=True)
    return answer or {}


async def _answer(page: Page, portal: str, said: dict[str, Any]) -> Any:
    match said["flow"]:
        case "screen":
            return {"found": await _parts_found(await _screen(page, said))}
        case "login":
            await _read_sign_in(page, portal, said["outcome"])
        case "password_reset":
            await _read_change(page, portal)
        case "password_recovery":
            await _part(f"portals.{portal}.password_recovery.conclude")(page)
        case "eligibility":
            return await _read_eligibility(page, portal, said)
        case "claim_status" if portal in ("epaces", "medi_cal"):
            return await _read_medicaid_claims(page, portal, said)
        case "claim_status":
            return await _read_claims(page, portal, said)
        case "era_download":
            return await _read_payments(page, portal, said)
    return None


def _part(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"payers.{module}"), name)


async def _screen(page: Page, said: dict[str, Any]) -> Any:
    """The screen itself; of those that are given their frame, the one in the recording's."""
    screen, frame = _part(said["screen"]), page.frame(name=said["frame"]) if "frame" in said else None
    return screen(page) if frame is None or await shown(screen(page)) else screen(frame)


async def _parts_found(screen: Any) -> list[str]:
    """The names of the screen's locators that match: what there is to read of a screen that only leads on."""
    await _seen(screen)
    return sorted([name for name, part in parts(screen).items() if await part.count()])


async def _seen(screen: Any) -> Any:
    if not await shown(screen):
        raise AnswerUnreadable("the recording does not show the screen's landmark", screen=type(screen).__name__)
    return screen


async def _read_sign_in(page: Page, portal: str, outcome: str) -> None:
    if outcome == "refused":
        usual = (f"portals.{portal}.screens.Alert", f"portals.{portal}.sign_in.explain")
        screen, explain = REFUSED.get(portal, usual)
        await _part(explain)(_part(screen)(page))
    await _seen(_part(f"portals.{portal}.screens.Home")(page))


async def _read_change(page: Page, portal: str) -> None:
    if portal == "tmhp":
        await _part("identity.okta.password_reset.conclude")(page)
        return
    usual = (f"portals.{portal}.screens.ChangeAnswer", f"portals.{portal}.password_reset.explain")
    screen, explain = CHANGED.get(portal, usual)
    place = _part("portals.availity.screens.MyAccount")(page).frame if portal == "availity" else page
    answer = await _seen(_part(screen)(place))
    await _part(explain)(answer.words)


async def _read_eligibility(page: Page, portal: str, said: dict[str, Any]) -> Any:
    result = await _seen(_part(f"portals.{portal}.screens.Result")(page))
    read = _part(f"portals.{portal}.reading.read")
    inquiry = EligibilityInquiry.model_validate(said["inquiry"])
    return await (read(result, inquiry, _payer(said)) if portal == "availity" else read(result, inquiry))


async def _read_claims(page: Page, portal: str, said: dict[str, Any]) -> Any:
    reading = f"portals.{portal}.claim_reading"
    inquiry = ClaimStatusInquiry.model_validate(said["inquiry"])
    if "number" in said:
        claim = await _seen(_part(f"portals.{portal}.claim_screens.ClaimDetail")(page))
        return await _part(f"{reading}.read_claim")(claim, said["number"], inquiry)
    results = await _seen(_part(f"portals.{portal}.claim_screens.ClaimResults")(page))
    return await _part(f"{reading}.read")(results, inquiry, _payer(said))


async def _read_medicaid_claims(page: Page, portal: str, said: dict[str, Any]) -> Any:
    result = await _seen(_part(f"portals.{portal}.screens.ClaimResult")(page))
    return await _part(f"portals.{portal}.reading_claims.read")(
        result, ClaimStatusInquiry.model_validate(said["inquiry"])
    )


async def _read_payments(page: Page, portal: str, said: dict[str, Any]) -> Any:
    payments = await _seen(_part(f"portals.{portal}.era_screens.{said.get('screen', 'Payments')}")(page))
    inquiry = EraDownloadInquiry.model_validate(said["inquiry"])
    return await _part(f"portals.{portal}.era_reading.read")(payments, inquiry, _payer(said))


def _payer(said: dict[str, Any]) -> Any:
    return listed_payers()[said["payer"]].payer
