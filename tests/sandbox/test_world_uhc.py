"""UnitedHealthcare behind One Healthcare ID in a real browser."""

from typing import Any

from playwright.async_api import Browser, Page, expect

from sandbox.practice import Practice

ERROR = "span.error-msg[data-cy=data-loginerrorsummary-error]"


async def fill_password(page: Page, practice: Practice, user: str, password: str) -> None:
    """Both pages of the sign-in form."""
    await page.goto(practice.url("uhc"))
    await page.fill("input#username", user)
    await page.click("button#btnLogin")
    await page.fill("input#login-pwd", password)
    await page.click("button#btnLogin")


async def sign_in(page: Page, practice: Practice, account: dict[str, Any]) -> None:
    """Sign in by the authenticator."""
    await fill_password(page, practice, account["user"], account["password"])
    await page.click("button#totp")
    await page.fill("input#totp", practice.code(account))
    await page.click("button#btnVerify")
    await expect(page.locator("#icon-userfullname-arrow-down")).to_have_text(account["display_name"])


async def verify(page: Page, member: dict[str, Any]) -> None:
    """Fill the form and submit it."""
    year, month, day = member["patient"]["birth_date"].split("-")
    await page.fill("#eligibility-memberid-input", member["member_id"])
    await page.fill("#eligibility-dateofbirth-input", f"{month}/{day}/{year}")
    await page.locator("#eligibility-provider-input").select_option(index=1)
    await page.click("button#submit-search-button")


async def test_signs_in_and_answers(practice: Practice, browser: Browser) -> None:
    account = practice.account("uhc")
    posted: list[str] = []
    page = await browser.new_page()
    page.on("request", lambda request: posted.append(request.url))
    await sign_in(page, practice, account)
    assert any("online-metrix.net.localhost" in url for url in posted)
    await page.get_by_test_id("tin-select").select_option("000009850")
    await page.get_by_test_id("eligibility-link").click()
    member = practice.member("uhc", "active")
    await verify(page, member)
    await page.get_by_test_id("benefits-table").wait_for()
    for name, value in {
        "member-id": member["member_id"],
        "coverage-status": "Active",
        "organization": "Cedar Hollow Pediatrics",
        "tax-id": "000009850",
        "plan-product-type": member["expects"]["plan_name"],
    }.items():
        await expect(page.get_by_test_id(f"{name}-content")).to_have_text(value)

    await page.get_by_test_id("overview-new-search-button-abyss-button-root").click()
    await verify(page, practice.member("uhc", "not_found"))
    error = page.get_by_test_id("loading-error-message")
    await expect(error).to_contain_text("Member not found")
    assert practice.seen(account)["lookups"] == 2
    await page.close()


async def test_a_wrong_password_is_refused_and_the_third_locks(practice: Practice, browser: Browser) -> None:
    account = practice.account("uhc")
    page = await browser.new_page()
    await fill_password(page, practice, account["user"], "Wrong-1")
    await expect(page.locator(ERROR)).to_have_text("Username and/or password is not recognized")
    for password in ("Wrong-2", "Wrong-3"):
        await page.fill("input#login-pwd", password)
        async with page.expect_response("**/api/v1/auth/password"):
            await page.click("button#btnLogin")
    await expect(page.locator("h1#page-title")).to_have_text("Your account is locked")
    seen = practice.seen(account)
    assert (seen["password_refusals"], seen["locked"]) == (3, True)
    await page.close()


async def test_unknown_users_and_silent_locks_get_the_same_words(practice: Practice, browser: Browser) -> None:
    practice.post("/policy", portal="uhc", lock_told=False, lockout_threshold=1)
    account = practice.account("uhc")
    page = await browser.new_page()
    for password in ("Wrong-1", account["password"]):
        await fill_password(page, practice, account["user"], password)
        await expect(page.locator(ERROR)).to_have_text("Username and/or password is not recognized")
        await page.goto("about:blank")
    await page.goto(practice.url("uhc"))
    await page.fill("input#username", "nobody")
    await page.click("button#btnLogin")
    await expect(page.locator(ERROR)).to_have_text("Username and/or password is not recognized")
    await page.close()


async def test_the_session_needs_cookie_and_token(practice: Practice, browser: Browser) -> None:
    account = practice.account("uhc", methods=[])
    context = await browser.new_context()
    page = await context.new_page()
    await fill_password(page, practice, account["user"], account["password"])
    await page.locator("#icon-userfullname-arrow-down").wait_for()
    cookie_alone = await context.new_page()
    await cookie_alone.goto(practice.url("uhc"))
    await cookie_alone.locator("input#username").wait_for()
    await page.reload()
    await page.locator("#icon-userfullname-arrow-down").wait_for()
    practice.post("/faults", portal="uhc", kind="end_session")
    await page.get_by_test_id("eligibility-link").click()
    await page.wait_for_url("**/signed-out")
    await context.close()


async def test_a_trusted_device_skips_the_second_step(practice: Practice, browser: Browser) -> None:
    account = practice.account("uhc")
    context = await browser.new_context()
    page = await context.new_page()
    await fill_password(page, practice, account["user"], account["password"])
    await page.click("button#sms")
    box = page.get_by_test_id("accessCodeBox")
    await box.fill("x" * 6)
    await box.fill(str(practice.seen(account)["texted_code"]))
    await page.get_by_label("Skip this step in future").check()
    await page.click("button#btnVerify")
    await page.locator("#icon-userfullname-arrow-down").click()
    await page.get_by_role("button", name="Sign Out").click()
    await page.wait_for_url("**/signed-out")
    await fill_password(page, practice, account["user"], account["password"])
    await page.locator("#icon-userfullname-arrow-down").wait_for()
    assert practice.seen(account)["code_submissions"] == 1
    await context.close()


async def test_terms_and_a_session_elsewhere(practice: Practice, browser: Browser) -> None:
    practice.post("/policy", portal="uhc", sessions="refused", telemetry=False)
    account = practice.account("uhc", methods=[])
    practice.post("/sessions", portal="uhc", user=account["user"])
    practice.post("/faults", portal="uhc", kind="terms")
    page = await browser.new_page()
    await fill_password(page, practice, account["user"], account["password"])
    await page.get_by_label("I confirm that I have read").check()
    await page.get_by_role("button", name="Next").click()
    await expect(page.locator("h1#page-title")).to_have_text("You are already signed in")
    assert practice.seen(account)["sessions_refused"] == 1
    assert practice.seen(account)["sessions_of_others_ended"] == 0
    await page.close()
