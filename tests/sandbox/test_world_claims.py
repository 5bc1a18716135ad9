"""Claims in the sandbox: what a portal's pages show of them, by the published ids, in a real browser."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, FrameLocator, Page, expect
from test_world_availity import sign_in as sign_in_availity
from test_world_uhc import sign_in as sign_in_uhc

from sandbox.practice import Practice

NPI = "2000001018"


def claims_of(practice: Practice, payer: str, *statuses: str) -> list[dict[str, Any]]:
    claims = [each for each in practice.get("/claims") if (each["payer"], each["npi"]) == (payer, NPI)]
    return [each for each in claims if not statuses or each["expects"]["status"] in statuses]


def us(day: str) -> str:
    year, month, date = day.split("-")
    return f"{month}/{date}/{year}"


async def open_claims(page: Page, payer: str) -> FrameLocator:
    await page.get_by_role("button", name="Claims & Payments").click()
    await page.get_by_title("Claim Status").click()
    frame = page.frame_locator("#newBodyFrame")
    for box, words in (("organization", "Example Valley Medical Group"), ("payer", payer), ("provider", NPI)):
        await frame.locator(f"input#{box}").click()
        await frame.get_by_role("option").filter(has_text=words).first.click()
    return frame


async def test_claims_are_the_same_for_a_seed_and_of_every_status(practice: Practice) -> None:
    claims = practice.get("/claims")
    assert {each["expects"]["status"] for each in claims} == {
        "received", "pending", "needs_information", "denied", "paid", "partly_paid", "rejected",
    }  # fmt: skip
    numbers = [each["expects"]["payer_claim_number"] for each in claims]
    assert len(set(numbers)) == len(numbers)
    assert practice.get("/claims") == claims
    for claim in claims:
        expected = claim["expects"]
        assert (expected["paid"] is None) == (expected["status"] not in ("denied", "paid", "partly_paid"))
        assert (expected["payment_number"] is None) == (expected["status"] not in ("paid", "partly_paid"))


async def test_availity_shows_a_claim_by_the_published_ids(practice: Practice, browser: Browser) -> None:
    account = practice.account("availity")
    claim = claims_of(practice, "60054", "paid")[0]
    expected, patient = claim["expects"], claim["patient"]
    page = await browser.new_page()
    await sign_in_availity(page, practice, account)
    frame = await open_claims(page, "Aetna")
    await expect(frame.locator("#memberId")).to_be_visible()  # the tab by member comes first
    await frame.get_by_role("tab", name="HIPAA Standard").click()
    await expect(frame.locator("#providerNpi")).to_have_value(NPI)
    for field, value in {
        "subscriberMemberId": claim["member_id"],
        "patientLastName": patient["last_name"],
        "patientFirstName": patient["first_name"],
        "patientBirthDate": us(patient["birth_date"]),
        "fromDate": us(expected["service_from"]),
        "toDate": us(expected["service_to"]),
    }.items():
        await frame.locator(f"#{field}").fill(value)
    assert await frame.locator("#submit-by276").get_attribute("data-analytics-pid") == "60054"
    await frame.locator("#submit-by276").click()
    await frame.locator("#claimsTable[aria-busy=false] button.claim-link").click()
    await expect(frame.locator("[data-testid='testClaim NumberPanel']")).to_contain_text(expected["payer_claim_number"])
    await expect(frame.locator("[data-testid='testCheck NumberPanel']")).to_contain_text(expected["payment_number"])
    assert await frame.locator("#lineLevelTable .expanded-row").count() == 0
    await frame.locator("button[title='Toggle Row Expanded']").first.click()
    await expect(frame.locator("#lineLevelTable .expanded-row")).to_contain_text("CO-45")
    codes = frame.locator("#codesTable tbody tr")
    before = await codes.count()
    await frame.get_by_role("button", name="Show more...").click()
    assert await codes.count() > before
    await frame.get_by_text("Return to Results").click()
    await frame.get_by_role("button", name="New Search").click()
    await expect(frame.locator("#subscriberMemberId")).to_have_value(claim["member_id"])
    assert practice.seen(account)["lookups"] == 1
    await page.close()


async def test_uhc_shows_a_claim_by_the_published_ids(practice: Practice, browser: Browser) -> None:
    account = practice.account("uhc")
    claim = claims_of(practice, "87726", "denied")[0]
    expected = claim["expects"]
    page = await browser.new_page()
    await sign_in_uhc(page, practice, account)
    await page.get_by_test_id("claims-and-payments-link").click()
    kind = page.get_by_test_id("claim-search-type-abyss-select-input-input")
    await kind.select_option(label="Member ID & date of birth")
    await page.locator("[name='search.dateRange']").select_option(label="Custom")
    for field, value in {
        "search.claim.memberId": claim["member_id"],
        "search.claim.dateOfBirth": us(claim["patient"]["birth_date"]),
        "search.dates.firstServiceDate": us(expected["service_from"]),
        "search.dates.lastServiceDate": us(expected["service_to"]),
    }.items():
        await page.locator(f"[name='{field}']").fill(value)
    await page.locator("[name='search.claim.provider']").select_option(NPI)
    await page.locator("#submit-claim-search-button").click()
    link = page.locator("tbody#claims-results a")
    assert (await link.get_attribute("href") or "").startswith("/summary/")
    await link.click()
    await expect(page.get_by_test_id("overview-adjudication-status")).to_have_text("Denied")
    await expect(page.get_by_test_id("overview-claim-number")).to_have_text(expected["payer_claim_number"])
    await page.get_by_test_id("expand-row-button").first.click()
    await expect(page.get_by_test_id("expanded-row-carc-codes-text")).to_have_text("CO-97")
    assert practice.seen(account)["lookups"] == 1
    await page.close()
