"""The life of a password by plain HTTP: rules, history, age, and who may change it."""

from itertools import pairwise
from typing import Any

import httpx
import pytest

from sandbox.policy import policy_for
from sandbox.practice import Practice

NEW = "Fresh-Start-77"
DAY = 86_400
NOT_CHANGED = "An error occurred changing your password"
LONG_AGO = "2020-01-01T00:00:00+00:00"

RULES = [
    ("availity", "Ab1-efg", "8 to 15 characters"),
    ("availity", "Ab1-efghijklmnop", "8 to 15 characters"),
    ("availity", "Abc-efgh", "at least one number"),
    ("availity", "ab1-efgh", "at least one uppercase letter"),
    ("availity", "AB1-EFGH", "at least one lowercase letter"),
    ("availity", "Ab1!efgh", "at least one special character: - @ # $ % *"),
    ("availity", "Ab1- fgh", "no spaces"),
    ("availity", "Ab1-Evall", "no 5 characters in a row of your user ID"),
    ("availity", "Ab1-eVALLey", "no 5 characters in a row of your user ID"),
    ("uhc", "Abcdef1", "8 to 100 characters"),
    ("uhc", "Abcdefgh", "at least one number"),
    ("uhc", "Abcdefg1&", "no spaces and none of &"),
]
FINE = [
    ("availity", "Ab1-efgh"),
    ("availity", "Ab1*efghijklmno"),
    ("availity", "Ab1-eval!"),
    ("uhc", "Abcdefg1"),
    ("uhc", "Ab1" * 33),
]


def change(client: httpx.Client, current: str, new: str, again: str | None = None) -> httpx.Response:
    """Submit a change to Availity."""
    values = {"currentPassword": current, "newPassword": new, "confirmNewPassword": new if again is None else again}
    return client.post("/cloud/public/onb/availity-fr/v1/change-password", json=values)


def change_at_uhc(sites: Any, account: dict[str, Any], new: str) -> httpx.Response:
    """Sign in to One Healthcare ID and submit a change."""
    client = sites.client("onehealthcareid")
    typed = {"username": account["user"], "password": account["password"]}
    client.post("/api/v1/auth/password", json=typed).raise_for_status()
    values = {"currentPassword": account["password"], "newPassword": new, "confirmPassword": new}
    answer: httpx.Response = client.post("/api/v1/auth/password/change", json=values)
    return answer


@pytest.fixture
def signed_in(practice: Practice, sites: Any) -> tuple[dict[str, Any], httpx.Client]:
    """An account of Availity and a client signed in to it."""
    account = practice.account(methods=[])
    return account, sites.signed_in(account)


@pytest.mark.parametrize(("portal", "password", "words"), RULES)
def test_a_password_against_the_rule_is_refused(
    practice: Practice, sites: Any, portal: str, password: str, words: str
) -> None:
    account = practice.post("/accounts", portal=portal, user="evalley99", methods=[])
    if portal == "uhc":
        answer = change_at_uhc(sites, account, password)
    else:
        answer = change(sites.signed_in(account), account["password"], password)
    assert answer.status_code == 400
    assert answer.json()["message"].endswith(f"Your new password must contain {words}.")
    seen = practice.seen(account)
    assert seen["password"] == account["password"]
    assert (seen["change_submissions"], seen["change_refusals"], seen["password_changes"]) == (1, 1, 0)


@pytest.mark.parametrize(("portal", "password"), FINE)
def test_a_password_by_the_rule_is_taken(practice: Practice, sites: Any, portal: str, password: str) -> None:
    account = practice.post("/accounts", portal=portal, user="evalley99", methods=[])
    if portal == "uhc":
        change_at_uhc(sites, account, password).raise_for_status()
    else:
        change(sites.signed_in(account), account["password"], password).raise_for_status()
    seen = practice.seen(account)
    assert (seen["password"], seen["password_changes"], seen["password_refusals"]) == (password, 1, 0)
    assert seen["password_set_at"] > account["password_set_at"]


def test_the_new_password_signs_in_and_the_old_one_is_refused(
    practice: Practice, sites: Any, signed_in: tuple[dict[str, Any], httpx.Client]
) -> None:
    account, client = signed_in
    change(client, account["password"], NEW).raise_for_status()
    assert sites.submit(sites.client(), account["user"], account["password"]).status_code == 401
    assert sites.submit(sites.client(), account["user"], NEW).json()["stage"] == "home"
    events = [each["event"] for each in practice.get(f"/log?user={account['user']}")]
    assert events.index("change_submitted") < events.index("password_changed")
    assert NEW not in str(practice.get("/log"))


def test_the_last_passwords_do_not_come_back(signed_in: tuple[dict[str, Any], httpx.Client]) -> None:
    account, client = signed_in
    passwords = [account["password"], *(f"Fresh-Start-{number}" for number in range(10, 15))]
    for current, new in pairwise(passwords):
        change(client, current, new).raise_for_status()
    for old in passwords[1:]:
        assert "last 5 passwords" in change(client, passwords[-1], old).json()["message"]
    assert change(client, passwords[-1], passwords[0]).status_code == 200


def test_without_history_every_password_comes_back(
    practice: Practice, signed_in: tuple[dict[str, Any], httpx.Client]
) -> None:
    practice.post("/policy", portal="availity", password_history=0)
    account, client = signed_in
    assert change(client, account["password"], account["password"]).status_code == 200


def test_a_young_password_stays(practice: Practice, signed_in: tuple[dict[str, Any], httpx.Client]) -> None:
    practice.post("/policy", portal="availity", password_min_age_days=2, session_idle_minutes=1e6, session_hours=1e6)
    account, client = signed_in
    assert "again 2 days after" in change(client, account["password"], NEW).json()["message"]
    practice.post("/clock", advance_seconds=2 * DAY)
    assert change(client, account["password"], NEW).status_code == 200


def test_reasons_can_be_withheld(practice: Practice, signed_in: tuple[dict[str, Any], httpx.Client]) -> None:
    practice.post("/policy", portal="availity", change_told=False, lock_told=False)
    account, client = signed_in
    tries = [("Wrong-1", NEW, NEW), (account["password"], "short", "short"), (account["password"], NEW, "other")]
    for current, new, again in [*tries, *[("Wrong-1", NEW, NEW)] * 3]:
        assert change(client, current, new, again).json()["message"] == NOT_CHANGED
    assert practice.seen(account)["locked"] is True


def test_wrong_current_passwords_count_and_lock(
    practice: Practice, signed_in: tuple[dict[str, Any], httpx.Client]
) -> None:
    account, client = signed_in
    words = [change(client, f"Wrong-{number % 2}", NEW).json()["message"] for number in range(3)]
    assert words[0] == words[1] == f"{NOT_CHANGED}. The current password is incorrect."
    assert words[2].startswith("Your account is locked")
    assert change(client, account["password"], NEW).status_code == 400
    seen = practice.seen(account)
    assert (seen["locked"], seen["lock_count"], seen["password"]) == (True, 1, account["password"])
    assert (seen["password_refusals"], seen["refused_password_repeats"]) == (4, 1)
    assert (seen["password_submissions"], seen["change_submissions"]) == (1, 4)


def test_a_right_current_password_starts_the_count_again(
    practice: Practice, signed_in: tuple[dict[str, Any], httpx.Client]
) -> None:
    account, client = signed_in
    for current in ("Wrong-1", "Wrong-2", account["password"], "Wrong-3", "Wrong-4"):
        change(client, current, "short")
    assert practice.seen(account)["locked"] is False


def test_nobody_changes_a_password_without_a_session(sites: Any) -> None:
    assert change(sites.client(), "Wrong-1", NEW).status_code == 401


@pytest.mark.parametrize(
    ("days", "stage", "left"),
    [(54.9, "home", None), (55.1, "expiring", 5), (59.5, "expiring", 1), (60.1, "expired", 0)],
)
def test_warned_for_five_days_then_forced(
    practice: Practice, sites: Any, days: float, stage: str, left: int | None
) -> None:
    account = practice.account(methods=[])
    practice.post("/clock", advance_seconds=days * DAY)
    said = sites.submit(sites.client(), account["user"], account["password"]).json()
    assert (said["stage"], said["daysLeft"]) == (stage, left)


def test_a_warning_comes_each_time_until_it_is_passed(practice: Practice, sites: Any) -> None:
    account = practice.account()
    practice.post("/clock", advance_seconds=56 * DAY)
    for number in (1, 2):
        practice.to_mid_step()
        client = sites.client()
        assert sites.submit(client, account["user"], account["password"]).json()["stage"] == "code"
        assert sites.submit_code(client, practice.code(account)).json()["stage"] == "expiring"
        assert practice.seen(account)["sign_ins"] == number - 1
        assert client.post(f"{sites.SIGN_IN}/change-password/later").json()["stage"] == "home"
        assert practice.seen(account)["sign_ins"] == number
    practice.post("/policy", portal="availity", password_max_age_days=0)
    assert sites.submit(sites.client(), account["user"], account["password"]).json()["daysLeft"] is None


def test_an_expired_password_is_changed_before_the_second_step(practice: Practice, sites: Any) -> None:
    account = practice.account(password_set_at=LONG_AGO)
    client = sites.client()
    assert sites.submit(client, account["user"], account["password"]).json()["stage"] == "expired"
    assert sites.submit_code(client, practice.code(account)).status_code == 401
    assert client.post(f"{sites.SIGN_IN}/change-password/later").status_code == 401
    assert change(client, account["password"], account["password"]).status_code == 400
    assert change(client, account["password"], NEW).json()["stage"] == "code"
    assert sites.submit_code(client, practice.code(account)).json()["stage"] == "home"
    assert practice.seen(account)["sign_ins"] == 1


def test_accounts_nobody_uses_are_disabled(practice: Practice, sites: Any) -> None:
    practice.post("/policy", portal="availity", inactivity_days=90, password_max_age_days=0)
    account = practice.account(methods=[])
    practice.post("/clock", advance_seconds=89 * DAY)
    sites.signed_in(account)
    practice.post("/clock", advance_seconds=91 * DAY)
    said = sites.submit(sites.client(), account["user"], account["password"])
    assert (said.status_code, "inactive" in said.json()["message"]) == (401, True)
    seen = practice.seen(account)
    assert (seen["disabled"], seen["password_refusals"], seen["refused_in_a_row"]) == (True, 1, 0)
    practice.post("/accounts", portal="availity", user=account["user"], disabled=False)
    sites.signed_in(account)


def test_a_disabled_account_at_one_healthcare_id(practice: Practice, sites: Any) -> None:
    account = practice.account("uhc", disabled=True)
    typed = {"username": account["user"], "password": account["password"]}
    answer = sites.client("onehealthcareid").post("/api/v1/auth/password", json=typed)
    assert (answer.status_code, answer.json()["code"]) == (403, "disabled")


def test_a_password_ordered_by_the_help_desk_is_set_now(practice: Practice) -> None:
    account = practice.account("uhc", password_set_at=LONG_AGO)
    assert account["password_set_at"] == "2020-01-01T00:00:00.000+00:00"
    made = practice.post("/accounts", portal="uhc", user=account["user"], password="x")
    assert (made["password"], made["password_changes"]) == ("x", 0)
    assert made["password_set_at"] > "2024"


@pytest.mark.parametrize("most", [24, 15])
def test_a_portal_can_ask_what_nobody_can_meet(
    practice: Practice, signed_in: tuple[dict[str, Any], httpx.Client], most: int
) -> None:
    practice.post("/policy", portal="availity", password_min_length=20, password_max_length=most)
    account, client = signed_in
    for new in (NEW, NEW * 2):
        assert f"20 to {most} characters" in change(client, account["password"], new).json()["message"]


def test_each_portal_has_its_own_rules() -> None:
    availity, uhc = policy_for("availity"), policy_for("uhc")
    assert (availity.password_max_age_days, availity.password_warning_days) == (60, 5)
    assert (uhc.password_max_age_days, uhc.inactivity_days, availity.inactivity_days) == (0, 0, 0)
