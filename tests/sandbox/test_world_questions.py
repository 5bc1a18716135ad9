"""Security questions at Availity: when one is asked, what is counted, and that refused answers lock."""

from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from sandbox.practice import OrderRefusedError, Practice

QUESTIONS = {"First pet?": "Rex", "Town of birth?": " Salt Lake City", "First school?": "Elm Street"}


def asked(practice: Practice, sites: Any, **fields: Any) -> tuple[dict[str, Any], httpx.Client, dict[str, Any]]:
    """An account that is asked a question: the account, its client, and where its sign-in stands."""
    account = practice.account(security_questions=QUESTIONS, **fields)
    practice.post("/faults", portal="availity", user=account["user"], kind="security_question", times=None)
    return account, *again(sites, account)


def again(sites: Any, account: dict[str, Any]) -> tuple[httpx.Client, dict[str, Any]]:
    client = sites.client()
    return client, sites.submit(client, account["user"], account["password"]).json()


def give(sites: Any, client: httpx.Client, answer: str) -> httpx.Response:
    return client.post(f"{sites.SIGN_IN}/security-question", json={"answer": answer})


def test_the_right_answer_leads_on_to_the_second_step(practice: Practice, sites: Any) -> None:
    account, client, stands = asked(practice, sites)
    assert (stands["stage"], stands["question"]) == ("question", "First pet?")
    assert sites.submit_code(client, practice.code(account)).status_code == 401  # not yet
    assert give(sites, client, "Rex").json()["stage"] == "code"
    sites.submit_code(client, practice.code(account)).raise_for_status()
    seen = practice.seen(account)
    assert (seen["answer_submissions"], seen["answer_refusals"], seen["sign_ins"]) == (1, 0, 1)


def test_each_question_comes_in_its_turn_and_the_policy_asks_everybody_who_has_some(
    practice: Practice, sites: Any
) -> None:
    practice.post("/policy", portal="availity", security_questions=True)
    account = practice.account(security_questions=QUESTIONS, methods=[])
    turns = [again(sites, account)[1]["question"] for _ in range(4)]
    assert turns == [*QUESTIONS, "First pet?"]
    assert again(sites, practice.account(methods=[]))[1]["stage"] == "home"


@pytest.mark.parametrize("answer", ["rex", "Rex ", "Max", ""])
def test_an_answer_is_judged_to_the_letter(practice: Practice, sites: Any, answer: str) -> None:
    account, client, _ = asked(practice, sites)
    refused = give(sites, client, answer)
    assert (refused.status_code, refused.json()["message"]) == (400, "The answer is incorrect. Try again.")
    assert practice.seen(account)["answer_refusals"] == 1
    assert give(sites, client, "Rex").status_code == 200


def test_refused_answers_lock_together_with_refused_passwords(practice: Practice, sites: Any) -> None:
    account, client, _ = asked(practice, sites)
    sites.submit(sites.client(), account["user"], "Wrong-1")
    give(sites, client, "Max")
    client, stands = again(sites, account)  # the right password does not start the count again
    assert stands["stage"] == "question"
    assert "locked" in give(sites, client, "Max").json()["message"]
    assert give(sites, client, stands["question"]).status_code == 400
    seen = practice.seen(account)
    assert (seen["locked"], seen["lock_count"], seen["password_refusals"], seen["answer_refusals"]) == (True, 1, 1, 3)


def test_the_whole_sign_in_starts_the_count_again(practice: Practice, sites: Any) -> None:
    account, client, _ = asked(practice, sites, methods=[])
    give(sites, client, "Max")
    assert give(sites, client, "Rex").json()["stage"] == "home"
    assert practice.seen(account)["refused_in_a_row"] == 0


def test_an_expired_password_is_changed_before_the_question(practice: Practice, sites: Any) -> None:
    account, client, stands = asked(practice, sites, password_set_at="2020-01-01T00:00:00+00:00", methods=[])
    assert stands["stage"] == "expired"
    form = {"currentPassword": account["password"], "newPassword": "N3w-pass$1", "confirmNewPassword": "N3w-pass$1"}
    assert client.post(f"{sites.SIGN_IN}/change-password", json=form).json()["stage"] == "question"
    assert give(sites, client, "Rex").json()["stage"] == "home"


def test_faults_meet_an_answer_as_they_meet_a_password(practice: Practice, sites: Any) -> None:
    account, client, _ = asked(practice, sites)
    practice.post("/faults", portal="availity", user=account["user"], kind="server_error", at="answer_post")
    assert give(sites, client, "Max").status_code == 500
    assert practice.seen(account)["answer_refusals"] == 1


@pytest.mark.parametrize("wrong", [["Rex"], {"First pet?": ""}, {"": "Rex"}, {"First pet?": 7}])
def test_an_order_that_can_not_be_is_refused(practice: Practice, wrong: Any) -> None:
    with pytest.raises(OrderRefusedError):
        practice.account(security_questions=wrong)


def test_only_availity_asks(practice: Practice) -> None:
    with pytest.raises(OrderRefusedError, match="only availity"):
        practice.account("uhc", security_questions=QUESTIONS)


def test_the_log_holds_no_answer(practice: Practice, sites: Any) -> None:
    account, client, _ = asked(practice, sites)
    give(sites, client, "Needle")
    give(sites, client, "Rex")
    log = practice.get(f"/log?user={account['user']}&limit=50")
    events = [each["event"] for each in log]
    assert events[-4:] == ["answer_submitted", "answer_refused", "answer_submitted", "answer_accepted"]
    assert not any(word in str(log) for word in ("Needle", "Rex", "pet"))


async def test_the_screen(practice: Practice, browser: Browser) -> None:
    account = practice.account(security_questions=QUESTIONS, methods=[])
    practice.post("/faults", portal="availity", user=account["user"], kind="security_question")
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(practice.url("availity"))
    await page.locator("#onetrust-accept-btn-handler").click()
    await page.fill("input#userId", account["user"])
    await page.fill("input#password", account["password"])
    await page.get_by_role("button", name="Sign In").click()
    await expect(page.locator("#securityQuestion")).to_have_text("First pet?")
    await page.get_by_label("Answer", exact=True).fill("Max")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator(".MuiAlert-message")).to_have_text("The answer is incorrect. Try again.")
    await page.locator("input#securityAnswer[name=securityAnswer]").fill("Rex")
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name=f"{account['display_name']}'s Account").wait_for()
    await context.close()
