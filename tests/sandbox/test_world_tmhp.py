"""TMHP behind its Okta in a real browser, and Okta's classic services by plain HTTP."""

from typing import Any

from playwright.async_api import Browser, Page, expect

from sandbox.practice import Practice

SUBMIT = "[data-se=o-form] [type=submit]"
PASSCODE = "input[name='credentials.passcode']"
ERROR = ".infobox-error, .o-form-input-error"


async def give_password(page: Page, practice: Practice, user: str, password: str) -> None:
    """User id and password on their pages."""
    await page.goto(practice.url("tmhp"))
    await page.fill("input[name=identifier]", user)
    await page.click(SUBMIT)
    await page.fill(f"{PASSCODE}[type=password]", password)
    await page.click(SUBMIT)


async def sign_in(page: Page, practice: Practice, account: dict[str, Any]) -> None:
    """To My Apps, by the authenticator."""
    practice.to_mid_step()
    await give_password(page, practice, account["user"], account["password"])
    await page.click("[data-se^=google_otp] a")
    await page.fill(f"{PASSCODE}[type=text]", practice.code(account))
    await page.click(SUBMIT)
    await expect(page.locator("[data-se=user-name]")).to_have_text(account["display_name"])


async def test_signs_in_and_answers(practice: Practice, browser: Browser) -> None:
    account, member = practice.account("tmhp"), practice.member("tmhp", "active")
    page = await browser.new_page()
    await sign_in(page, practice, account)
    await expect(page.locator("[data-se=app-card]")).to_contain_text(["TexMedConnect", "Electronic Remittance Advice"])
    await page.get_by_label("launch app TexMedConnect").click()
    year, month, day = member["patient"]["birth_date"].split("-")
    await page.select_option("#provider", index=1)
    await page.fill("#clientId", member["member_id"])
    await page.fill("#dateOfBirth", f"{month}/{day}/{year}")
    await page.get_by_role("button", name="Verify").click()
    await expect(page.locator("#coverage")).to_contain_text(member["expects"]["plan_name"])
    assert practice.seen(account)["lookups"] == 1
    await page.close()


async def test_a_tile_is_good_once_and_an_ended_session_says_so(practice: Practice, browser: Browser) -> None:
    account = practice.account("tmhp")
    page = await browser.new_page()
    await sign_in(page, practice, account)
    tile = await page.get_by_label("launch app TexMedConnect").get_attribute("href")
    await page.goto(str(tile))
    await expect(page.locator("#eligibilityForm")).to_be_visible()
    await page.goto(str(tile))
    await expect(page.locator("h1")).to_have_text("Your online session has ended")
    await page.close()


async def test_unknown_users_and_silent_locks_get_the_same_words(practice: Practice, browser: Browser) -> None:
    practice.post("/policy", portal="tmhp", lock_told=False)
    locked = practice.account("tmhp", locked=True)
    page = await browser.new_page()
    for user, password in (("nobody-here", "x"), (locked["user"], locked["password"])):
        await give_password(page, practice, user, password)
        await expect(page.locator(ERROR)).to_have_text("Unable to sign in")
    assert practice.seen(locked)["password_refusals"] == 1
    await page.close()


async def test_a_code_is_good_once(practice: Practice, browser: Browser) -> None:
    account = practice.account("tmhp", methods=["authenticator"])
    practice.to_mid_step()
    code = practice.code(account)
    for words in (None, "Each code can only be used once"):
        page = await browser.new_page()
        await give_password(page, practice, account["user"], account["password"])
        await page.fill(f"{PASSCODE}[type=text]", code)
        await page.click(SUBMIT)
        place = page.locator(ERROR if words else "[data-se=user-name]")
        await expect(place).to_contain_text(words or account["display_name"])
        await page.close()
    assert practice.seen(account)["code_refusals"] == 1


async def test_an_expired_password_is_changed_before_the_second_step(practice: Practice, browser: Browser) -> None:
    account = practice.account("tmhp", methods=[], password_set_at="2020-01-01T00:00:00+00:00")
    page = await browser.new_page()
    await give_password(page, practice, account["user"], account["password"])
    await expect(page.locator("[data-se=o-form-head]")).to_have_text("Your password has expired")
    for new, words in (("short", "Password requirements were not met"), (account["password"], "used too recently")):
        await page.fill(f"{PASSCODE}[type=password]", new)
        await page.fill("input[name=confirmPassword]", new)
        await page.click(SUBMIT)
        await expect(page.locator(ERROR)).to_contain_text(words)
    await page.fill(f"{PASSCODE}[type=password]", "Fresh-Start-77")
    await page.fill("input[name=confirmPassword]", "Fresh-Start-77")
    await page.click(SUBMIT)
    await expect(page.locator("[data-se=user-name]")).to_have_text(account["display_name"])
    assert practice.seen(account)["password"] == "Fresh-Start-77"
    await page.close()


async def test_new_terms_and_a_stale_account(practice: Practice, browser: Browser) -> None:
    agreeing, stale = practice.account("tmhp", methods=[]), practice.account("tmhp", disabled=True)
    practice.post("/faults", portal="tmhp", kind="terms", user=agreeing["user"])
    page = await browser.new_page()
    await give_password(page, practice, agreeing["user"], agreeing["password"])
    await page.get_by_label("I confirm that I have read").check()
    await page.get_by_role("button", name="Next").click()
    await expect(page.locator("[data-se=user-name]")).to_have_text(agreeing["display_name"])
    await page.context.clear_cookies()
    await give_password(page, practice, stale["user"], stale["password"])
    await expect(page.locator("h1")).to_have_text("Application error")
    assert practice.seen(stale)["sign_ins"] == 0
    await page.close()


async def test_the_classic_services_judge_alike(practice: Practice, sites: Any) -> None:
    account = practice.account("tmhp", methods=["authenticator"])
    practice.to_mid_step()
    client = sites.client("iamonline")
    given = {"username": account["user"], "password": "Wr0ng"}
    refused = client.post("/api/v1/authn", json=given)
    assert (refused.status_code, refused.json()["errorCode"]) == (401, "E0000004")
    asked = client.post("/api/v1/authn", json=given | {"password": account["password"]}).json()
    assert asked["status"] == "MFA_REQUIRED"
    [factor] = asked["_embedded"]["factors"]
    code = {"stateToken": asked["stateToken"], "passCode": practice.code(account)}
    path = f"/api/v1/authn/factors/{factor['id']}/verify"
    assert client.post(path, json=code).json()["status"] == "SUCCESS"
    seen = practice.seen(account)
    assert (seen["password_submissions"], seen["password_refusals"], seen["sign_ins"]) == (2, 1, 1)
