"""Availity in a real browser, driven by selectors written by hand."""

from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, FrameLocator, Page, expect

from sandbox.practice import Practice

OPTION = "Health Benefit Plan Coverage - 30"


async def fill_password(page: Page, practice: Practice, user: str, password: str) -> None:
    """Open the sign-in form and submit it."""
    await page.goto(practice.url("availity"))
    await page.locator("#onetrust-accept-btn-handler").click()
    await page.fill("input#userId", user)
    await page.fill("input#password", password)
    await page.get_by_role("button", name="Sign In").click()


async def sign_in(page: Page, practice: Practice, account: dict[str, Any]) -> None:
    """Sign in and close what is in the way."""
    await fill_password(page, practice, account["user"], account["password"])
    await page.locator('input[name=choice][value="Authenticate me using my Authenticator app"]').check()
    await page.get_by_role("button", name="Continue").click()
    await page.fill("input#code", practice.code(account))
    await page.get_by_role("button", name="Continue").click()
    name = f"{account['display_name']}'s Account"
    await page.get_by_role("button", name=name).wait_for()
    await page.get_by_role("dialog").get_by_role("button", name="Close").click()


async def choose(frame: FrameLocator, field: str, label: str) -> None:
    """Choose an option of a combobox by its exact label."""
    await frame.locator(f"#{field}").click()
    await frame.get_by_role("option", name=label, exact=True).click()


async def type_date(page: Page, frame: FrameLocator, field: str, iso: str) -> None:
    """Type a date into a sectioned field."""
    year, month, day = iso.split("-")
    group = frame.locator(f'div[role=group][aria-labelledby="{field}-picker-label"]')
    await group.get_by_role("spinbutton").first.click()
    await page.keyboard.type(month + day + year)


async def open_form(page: Page) -> FrameLocator:
    """The eligibility application, by the menus."""
    await page.locator("button.NavDropdown__trigger[aria-label='Patient Registration']").click()
    item = "div.NavLinkItem__link--content[title='Eligibility and Benefits Inquiry']"
    await page.locator(item).click()
    return page.frame_locator("iframe#newBodyFrame[name=newBody]")


async def fill_form(page: Page, frame: FrameLocator, practice: Practice, member: dict[str, Any]) -> None:
    """Everything the inquiry needs, without submitting."""
    organization = practice.get("/organizations")[0]
    provider = organization["providers"][0]
    await choose(frame, "organization-field", organization["name"])
    await choose(frame, "payerId-field", member["payer_name"])
    await choose(frame, "provider", f"{provider['last_name']}, {provider['first_name']} - {provider['npi']}")
    await choose(frame, "patientSearchOption", "Member ID")
    await frame.locator("input[name=memberId]").fill(member["member_id"])
    await choose(frame, "subscriberRelationship-field", member["relationship"].capitalize())
    await type_date(page, frame, "patientBirthDatefield", member["patient"]["birth_date"])
    await type_date(page, frame, "asOfDate", "2026-06-01")
    await expect(frame.get_by_role("button", name="Submit")).to_be_disabled()
    await choose(frame, "serviceType", OPTION)


async def fresh_page(browser: Browser) -> tuple[BrowserContext, Page]:
    """A page of its own context."""
    context = await browser.new_context()
    return context, await context.new_page()


async def test_signs_in_and_answers(practice: Practice, browser: Browser) -> None:
    account = practice.account()
    context, page = await fresh_page(browser)
    await sign_in(page, practice, account)
    frame = await open_form(page)
    member = practice.member("availity", "active")
    await fill_form(page, frame, practice, member)
    await frame.get_by_role("button", name="Submit").click()
    card = frame.locator("#patient-card")
    await card.wait_for()
    shown = dict(
        [
            await row.locator("span").all_inner_texts()
            for row in await card.locator(".patient-card-extended-label").all()
        ]
    )
    assert shown["Member ID"] == member["member_id"]
    assert shown["Organization"] == "Example Valley Medical Group"
    await expect(frame.locator(".MuiChip-label")).to_have_text("Active Coverage")
    summary = frame.locator("#plan-details-summary")
    await expect(summary).to_contain_text(member["expects"]["group_number"])
    await expect(frame.locator("h3 > button", has_text=" - 30").first).to_be_visible()

    await frame.get_by_role("button", name="New Request").click()
    await expect(frame.locator("input[name=memberId]")).to_have_value(member["member_id"])
    await frame.locator("input[name=memberId]").fill("X-unknown")
    await frame.get_by_role("button", name="Submit").click()
    await expect(frame.locator(".MuiAlert-message")).to_have_text("Subscriber/Insured Not Found")
    assert practice.seen(account)["lookups"] == 2
    await context.close()


async def test_the_form_remembers_and_regions_reload(practice: Practice, browser: Browser, sites: Any) -> None:
    account = practice.account(methods=[])
    client = sites.signed_in(account)
    context, page = await fresh_page(browser)
    await context.add_cookies(
        [
            {
                "name": "AVSESSION",
                "value": client.cookies["AVSESSION"],
                "url": practice.url("availity"),
            }
        ]
    )
    await page.goto(f"{practice.url('availity')}/static/web/onb/onboarding-ui-apps/navigation/")
    await page.locator("#onetrust-accept-btn-handler").click()
    await page.get_by_role("dialog").get_by_role("button", name="Close").click()
    frame = await open_form(page)
    await fill_form(page, frame, practice, practice.member("availity", "payer_down"))
    await frame.get_by_role("button", name="Submit").click()
    await expect(frame.locator(".MuiAlert-message")).to_contain_text("Unable to respond")

    await page.reload()
    remembered = frame.locator("#organization-field")
    await expect(remembered).to_have_value("Example Valley Medical Group")
    await expect(frame.locator("#provider")).to_have_value("Sampleton, Marguerite - 2000001018")
    await page.locator(".UserRegionsMenu__trigger").click()
    await page.locator("li.UserRegionsMenu__option button", has_text="Texas").click()
    await expect(page.locator(".UserRegionsMenu__trigger")).to_have_text("Texas")
    await expect(frame.locator("#organization-field")).to_have_value("")
    assert practice.seen(account)["region"] == "TX"

    practice.post("/faults", portal="availity", kind="end_session")
    await frame.locator("#organization-field").click()
    await frame.get_by_role("option").first.click()
    await page.wait_for_url("**/availity-fr-ui/#/logout")
    await context.close()


async def test_a_wrong_password_is_refused(practice: Practice, browser: Browser) -> None:
    account = practice.account()
    context, page = await fresh_page(browser)
    await fill_password(page, practice, account["user"], "Wrong-1")
    alert = page.locator(".MuiAlert-message")
    await expect(alert).to_have_text("User ID / Password combination was not recognized")
    await expect(page.locator("input#password")).to_have_value("")
    practice.post("/faults", portal="availity", kind="redraw_refusal")
    await page.fill("input#password", "Wrong-2")
    await page.get_by_role("button", name="Sign In").click()
    helper = page.locator("#password-helper-text")
    await expect(helper).to_have_text("This field cannot be left blank")
    assert practice.seen(account)["password_refusals"] == 2
    await context.close()


async def test_the_cookie_banner_swallows_clicks(practice: Practice, browser: Browser) -> None:
    context, page = await fresh_page(browser)
    await page.goto(practice.url("availity"))
    await page.locator("#onetrust-consent-sdk").wait_for(state="attached")
    box = await page.get_by_role("link", name="Forgot your user ID?").bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + 5, box["y"] + 5)
    await page.locator("#onetrust-accept-btn-handler").click()
    assert page.url.endswith("#/login")
    await page.mouse.click(box["x"] + 5, box["y"] + 5)
    await page.wait_for_url("**/#/forgot-user-id")
    await page.goto(practice.url("availity"))
    await page.locator("#userId").wait_for()
    assert await page.locator("#onetrust-consent-sdk").count() == 0
    await context.close()


@pytest.mark.parametrize(("connection", "counted"), [("reused", 2), ("fresh", 1)])
async def test_a_cut_after_counting(practice: Practice, browser: Browser, connection: str, counted: int) -> None:
    """Chromium sends a POST again by itself when a reused connection is cut."""
    account = practice.account()
    context, page = await fresh_page(browser)
    await page.goto(practice.url("availity"))
    await page.locator("#onetrust-accept-btn-handler").click()
    await page.fill("input#userId", account["user"])
    await page.fill("input#password", "Wrong-1")
    practice.post("/faults", portal="availity", kind="cut_after", connection=connection)
    await page.get_by_role("button", name="Sign In").click()
    words = "not recognized" if counted == 2 else "could not reach the server"
    await expect(page.locator(".MuiAlert-message")).to_contain_text(words)
    assert practice.seen(account)["password_submissions"] == counted
    await context.close()


async def test_changed_forms_are_really_changed(practice: Practice, browser: Browser) -> None:
    context, page = await fresh_page(browser)
    practice.post("/faults", portal="availity", kind="changed_ids", at="login")
    practice.post("/faults", portal="availity", kind="changed_labels", at="login")
    await page.goto(practice.url("availity"))
    await page.get_by_label("Pass phrase").wait_for()
    assert await page.locator("#userId, #password").count() == 0
    await page.reload()
    await page.locator("#userId").wait_for()
    await context.close()
