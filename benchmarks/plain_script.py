"""A plain Playwright script as a competent person would write it for one portal: sign in, 50 look-ups, a CSV.

It is the yardstick: no ledger, no vault, no resume, no check whose page it is. It shares no code with the product.

    BENCH_USER=… BENCH_PASSWORD=… BENCH_TOTP=… python plain_script.py URL BROWSER QUESTIONS.csv ANSWERS.csv
"""

from __future__ import annotations

import csv
import os
import re
import sys
from datetime import date
from typing import Any

import pyotp
from playwright.sync_api import FrameLocator, Locator, Page, sync_playwright

COVERAGES = {"Active Coverage": "active", "Inactive": "inactive", "Not eligible": "inactive"}
RELATIONSHIPS = {"self": "Self", "spouse": "Spouse", "child": "Child"}


def main() -> None:
    url, browser, questions, answers = sys.argv[1:]
    with open(questions, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        page = chromium.new_page()
        sign_in(page, url)
        form = open_eligibility(page)
        found = [look_up(form, page, row) for row in rows]
        chromium.close()
    write(answers, found)


def sign_in(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Accept All Cookies").click()
    page.get_by_label("User ID").fill(os.environ["BENCH_USER"])
    page.get_by_label("Password", exact=True).fill(os.environ["BENCH_PASSWORD"])
    page.get_by_role("button", name="Sign In").click()
    page.get_by_label("Authenticate me using my Authenticator app").check()
    page.get_by_role("button", name="Continue").click()
    page.locator("#code").fill(pyotp.TOTP(os.environ["BENCH_TOTP"]).now())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()


def open_eligibility(page: Page) -> FrameLocator:
    page.get_by_role("button", name="Patient Registration").click()
    page.get_by_title("Eligibility and Benefits Inquiry").click()
    return page.frame_locator("#newBodyFrame")


def look_up(form: FrameLocator, page: Page, row: dict[str, str]) -> dict[str, Any]:
    """One question. The form keeps its values, so only what differs is chosen."""
    choose(form, form.locator("#organization-field"), row["organization"])
    choose(form, form.locator("#payerId-field"), row["payer"])
    choose(form, form.locator("#provider"), re.compile(f"{row['provider_npi']}$"))
    choose(form, form.locator("#patientSearchOption"), "Member ID")
    choose(form, form.locator("#subscriberRelationship-field"), RELATIONSHIPS[row["relationship"]])
    choose(form, form.locator("#serviceType"), "Health Benefit Plan Coverage - 30")
    form.get_by_label("Member ID", exact=True).fill(row["member_id"])
    form.get_by_role("group", name="Patient Date of Birth").get_by_label("Month").click()
    page.keyboard.type(f"{date.fromisoformat(row['patient_birth_date']):%m%d%Y}")
    form.get_by_role("button", name="Submit").click()
    again = form.get_by_role("button", name="New Request")
    again.wait_for()
    answer = {"reference": row["reference"], **read(form)}
    again.click()
    return answer


def choose(form: FrameLocator, box: Locator, wanted: str | re.Pattern[str]) -> None:
    shown = box.input_value()
    if wanted.search(shown) if isinstance(wanted, re.Pattern) else shown == wanted:
        return
    box.click()
    form.get_by_role("option", name=wanted, exact=isinstance(wanted, str)).click()


def read(form: FrameLocator) -> dict[str, Any]:
    """What the product reads: words, whose page, who asked, plan, dates, other payer, benefits."""
    if not form.locator("#patient-card").is_visible():
        words = form.locator(".MuiAlert-message").inner_text()
        return {"coverage": "not_found" if "Not Found" in words or "not found" in words else "rejected", "words": words}
    card = pairs(form.locator("#patient-card .patient-card-extended-label"))
    plan = pairs(form.locator(".plan-date-information li, .plan-detail"))
    words = form.locator(".MuiChip-label").inner_text()
    other = form.locator("#other-insurance p")
    cells = form.locator(".MuiAccordion-root tbody td").all_inner_texts()
    benefits = [cells[start : start + 5] for start in range(0, len(cells), 5)]
    return {
        "coverage": COVERAGES[words],
        "words": words,
        "patient": form.locator("#patient-card .patient-name").inner_text(),
        "plan_name": form.locator("#plan-details-summary .plan-name").inner_text(),
        "other_payer": other.inner_text() if other.count() else "",
        "group_number": plan.get("Group Number", ""),
        "group_name": plan.get("Group Name", ""),
        "product_type": plan.get("Insurance Type", ""),
        "coverage_begin": plan.get("Plan Begin Date", ""),
        "coverage_end": plan.get("Plan End Date", ""),
        "member_id": card["Member ID"],
        "birth_date": card["DOB"],
        "organization": card["Organization"],
        "provider_npi": card["Provider NPI"],
        "as_of": card["Date of Service"],
        "transaction": card["Transaction ID"],
        "deductible_individual": deductible(benefits),
        "benefits": benefits,
    }


def pairs(rows: Locator) -> dict[str, str]:
    words = rows.locator("span").all_inner_texts()
    return {label.rstrip(":"): value for label, value in zip(words[::2], words[1::2], strict=True)}


def deductible(benefits: list[list[str]]) -> str:
    for name, level, network, amount, _ in benefits:
        if (name, level, network) == ("Annual Deductible", "Individual", "In Network"):
            return amount.replace("$", "").replace(",", "")
    return ""


def write(path: str, answers: list[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(name for answer in answers for name in answer))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(answers)


if __name__ == "__main__":
    main()
