"""New passwords in a real browser: changed, forced, put off, forgotten."""

from typing import Any

import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect

from sandbox.practice import Practice

NEW = "Fresh-Start-77"
DAY = 86_400


async def at_availity(page: Page, practice: Practice, user: str, password: str) -> None:
    """Submit a password to Availity."""
    await page.goto(practice.url("availity"))
    await page.fill("input#userId", user)
    await page.fill("input#password", password)
    await page.get_by_role("button", name="Sign In").click()


async def at_uhc(page: Page, practice: Practice, user: str, password: str) -> None:
    """Submit a password to One Healthcare ID."""
    await page.goto(practice.url("uhc"))
    await page.fill("input#username", user)
    await page.click("button#btnLogin")
    await page.fill("input#login-pwd", password)
    await page.click("button#btnLogin")


async def type_passwords(place: Page | FrameLocator, current: str, new: str) -> None:
    """Fill and submit Availity's form for a new password."""
    for name, value in (("current", current), ("new", new), ("confirm-new", new)):
        if value:
            await place.get_by_test_id(f"{name}-password-input").fill(value)
    await place.get_by_test_id("submit-btn").click()


async def type_at_uhc(page: Page, current: str, new: str) -> None:
    """Fill and submit One Healthcare ID's form for a new password."""
    for name, value in (("current-pwd", current), ("new-pwd", new), ("confirm-pwd", new)):
        if value:
            await page.fill(f"#{name}", value)
    await page.click("#btnSave")


async def open_update(page: Page, practice: Practice, account: dict[str, Any]) -> FrameLocator:
    """Sign in to Availity and open the form under My Account."""
    await at_availity(page, practice, account["user"], account["password"])
    await page.get_by_role("button", name=f"{account['display_name']}'s Account").click()
    await page.locator("div.NavLinkItem__link--content[title='My Account']").click()
    frame = page.frame_locator("iframe#newBodyFrame")
    await frame.get_by_role("tab", name="Security").click()
    await frame.get_by_role("button", name="Update Password").click()
    return frame


@pytest.fixture(autouse=True)
def nothing_in_the_way(practice: Practice) -> None:
    """No banner, no announcement."""
    practice.post("/policy", portal="availity", cookie_banner=False, announcements=False)


async def test_availity_changes_it_under_my_account(practice: Practice, browser: Browser) -> None:
    account = practice.account(methods=[])
    page = await browser.new_page()
    frame = await open_update(page, practice, account)
    await type_passwords(frame, account["password"], "short")
    await expect(frame.get_by_role("alert")).to_contain_text("Your new password must contain 8 to 15 characters; at")
    await expect(frame.get_by_test_id("cancel-circle-at least one number")).to_be_attached()
    await type_passwords(frame, account["password"], NEW)
    await expect(frame.get_by_role("alert")).to_have_text("Your password was successfully changed")
    seen = practice.seen(account)
    assert (seen["password"], seen["change_submissions"], seen["password_changes"]) == (NEW, 2, 1)
    await page.close()


async def test_a_cut_change_is_sent_twice_and_looks_refused(practice: Practice, browser: Browser) -> None:
    account = practice.account(methods=[])
    page = await browser.new_page()
    frame = await open_update(page, practice, account)
    practice.post("/faults", portal="availity", kind="cut_after", at="change_post", connection="reused")
    await type_passwords(frame, account["password"], NEW)
    await expect(frame.get_by_role("alert")).to_contain_text("The current password is incorrect.")
    seen = practice.seen(account)
    assert (seen["password"], seen["change_submissions"], seen["password_refusals"]) == (NEW, 2, 1)
    await page.close()


async def test_a_change_that_gets_no_answer_says_what_a_refusal_says(practice: Practice, browser: Browser) -> None:
    account = practice.account(methods=[])
    page = await browser.new_page()
    frame = await open_update(page, practice, account)
    practice.post("/faults", portal="availity", kind="cut_after", at="change_post", user=account["user"], times=None)
    await type_passwords(frame, account["password"], NEW)
    await expect(frame.get_by_role("alert")).to_have_text("An error occurred changing your password")
    assert practice.seen(account)["password"] == NEW
    await page.close()


async def test_availity_forces_a_new_password_and_warns_before(practice: Practice, browser: Browser) -> None:
    account = practice.account(methods=[])
    page = await browser.new_page()
    practice.post("/clock", advance_seconds=57 * DAY)
    await at_availity(page, practice, account["user"], account["password"])
    await expect(page.get_by_role("heading")).to_have_text("Your password will expire in 3 days")
    await page.get_by_role("button", name="Remind Me Later").click()
    await page.locator("#logout-link").wait_for()
    practice.post("/clock", advance_seconds=4 * DAY)
    await at_availity(page, practice, account["user"], account["password"])
    await expect(page.get_by_role("heading")).to_have_text("Your password has expired")
    await type_passwords(page, account["password"], NEW)
    await expect(page.get_by_role("alert")).to_have_text("Your password was successfully changed")
    await page.get_by_role("button", name="Continue").click()
    await page.locator("#logout-link").wait_for()
    assert practice.seen(account)["sign_ins"] == 2
    await page.close()


async def test_availity_sends_a_link(practice: Practice, browser: Browser) -> None:
    account = practice.account(methods=[], locked=True)
    page = await browser.new_page()
    await page.goto(practice.url("availity"))
    await page.get_by_role("link", name="Forgot your password?").click()
    await expect(page.get_by_role("heading")).to_have_text("Forgot your password?")
    await page.fill("input#userId", account["user"])
    await page.get_by_role("button", name="Next").click()
    await expect(page.get_by_role("heading")).to_have_text("Check your email")
    [letter] = practice.get(f"/mail?user={account['user']}")
    await page.goto(letter["link"])
    await type_passwords(page, "", NEW)
    await expect(page.get_by_role("heading")).to_have_text("Your password has been reset")
    await page.get_by_role("link", name="Go to Login").click()
    await page.fill("input#userId", account["user"])
    await page.fill("input#password", NEW)
    await page.get_by_role("button", name="Sign In").click()
    await page.locator("#logout-link").wait_for()
    await page.goto(letter["link"])
    await expect(page.get_by_role("heading")).to_have_text("This link has already been used")
    await page.close()


async def test_one_healthcare_id_changes_it_on_the_profile_page(practice: Practice, browser: Browser) -> None:
    account = practice.account("uhc", methods=[])
    page = await browser.new_page()
    await at_uhc(page, practice, account["user"], account["password"])
    await page.locator("#icon-userfullname-arrow-down").click()
    await page.get_by_test_id("manage-id-link").click()
    await page.get_by_role("tab", name="Sign In Information").click()
    await page.click("#btnChangePassword")
    await type_at_uhc(page, "Wrong-1", NEW)
    error = page.locator("span[data-cy=data-loginerrorsummary-error]")
    await expect(error).to_have_text("We could not change your password. The current password is incorrect.")
    await type_at_uhc(page, account["password"], NEW)
    await expect(page.locator("#notificationMessage")).to_have_text("Your password was changed")
    seen = practice.seen(account)
    assert (seen["password"], seen["password_refusals"], seen["refused_in_a_row"]) == (NEW, 1, 0)
    await page.close()


async def test_one_healthcare_id_mails_a_code(practice: Practice, browser: Browser) -> None:
    practice.post("/policy", portal="uhc", password_max_age_days=90, lockout_threshold=1)
    account = practice.account("uhc", methods=[], password_set_at="2020-01-01T00:00:00+00:00")
    page = await browser.new_page()
    await at_uhc(page, practice, account["user"], "Wrong-1")
    await page.get_by_role("link", name="Recover account").click()
    await page.fill("input#username", account["user"])
    await page.click("#btnRecover")
    await page.get_by_test_id("accessCodeBox").fill(await sent_code(page, practice, account))
    await page.click("#btnVerify")
    await type_at_uhc(page, "", NEW)
    await expect(page.locator("h1#page-title")).to_have_text("Your password was reset")
    await page.click("#btnGoToLogin")
    practice.post("/clock", advance_seconds=91 * DAY)
    await at_uhc(page, practice, account["user"], NEW)
    await expect(page.locator("h1#page-title")).to_have_text("Your password has expired")
    await type_at_uhc(page, NEW, NEW + "8")
    await expect(page.locator("#notificationMessage")).to_have_text("Your password was changed")
    await page.click("#btnContinue")
    await page.locator("#icon-userfullname-arrow-down").wait_for()
    await page.close()


async def sent_code(page: Page, practice: Practice, account: dict[str, Any]) -> str:
    """The code of the account's one letter."""
    await expect(page.locator("h1#page-title")).to_have_text("Access Code")
    [letter] = practice.get(f"/mail?user={account['user']}")
    code: str = letter["code"]
    return code
