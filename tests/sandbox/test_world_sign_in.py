"""Passwords, locks, codes and sessions, as the portals count them."""

import base64
from typing import Any

import pytest

from sandbox.practice import Practice
from sandbox.totp import code_at, matching_step

ME = "/api/sdk/platform/v1/users/me"
REFUSED = "User ID / Password combination was not recognized"
CONTRACT = {
    "password": str,
    "totp_secret": str,
    "locked": bool,
    "password_submissions": int,
    "password_refusals": int,
    "code_submissions": int,
    "code_refusals": int,
    "open_sessions": int,
    "sign_ins": int,
    "lookups": int,
}


def test_state_keeps_its_contract(practice: Practice) -> None:
    state = practice.get("/state")
    assert "now" in state
    for portal in ("availity", "uhc"):
        assert state["portals"][portal]["url"] == practice.url(portal)
        for account in state["portals"][portal]["accounts"].values():
            for name, kind in CONTRACT.items():
                assert type(account[name]) is kind, name


def test_a_good_sign_in_is_counted(practice: Practice, sites: Any) -> None:
    account = practice.account()
    client = sites.signed_in(account)
    assert client.get(ME).json()["userId"] == account["user"]
    seen = practice.seen(account)
    assert seen["password_submissions"] == seen["code_submissions"] == seen["sign_ins"] == 1
    assert seen["open_sessions"] == 1
    assert seen["password_submissions_by_value"] == {account["password"]: 1}


def test_the_third_refusal_locks_and_the_right_password_is_refused(practice: Practice, sites: Any) -> None:
    account = practice.account()
    client = sites.client()
    words = [sites.submit(client, account["user"], "Wrong-1").json()["message"] for _ in range(3)]
    assert words[:2] == [REFUSED, REFUSED]
    assert "locked" in words[2]
    assert sites.submit(client, account["user"], account["password"]).status_code == 401
    seen = practice.seen(account)
    assert seen["locked"] is True
    assert seen["lock_count"] == 1
    assert (seen["password_submissions"], seen["password_refusals"]) == (4, 4)
    assert seen["refused_password_repeats"] == 2


def test_a_silent_lock_uses_the_words_for_a_wrong_password(practice: Practice, sites: Any) -> None:
    practice.post("/policy", portal="availity", lock_told=False, lockout_threshold=2)
    account = practice.account()
    client = sites.client()
    for password in ("Wrong-1", "Wrong-2", account["password"]):
        assert sites.submit(client, account["user"], password).json()["message"] == REFUSED
    assert practice.seen(account)["locked"] is True


def test_an_accepted_password_starts_the_count_again(practice: Practice, sites: Any) -> None:
    account = practice.account(methods=[])
    client = sites.client()
    for password in ("Wrong-1", "Wrong-2", account["password"], "Wrong-3", "Wrong-4"):
        sites.submit(client, account["user"], password)
    assert practice.seen(account)["locked"] is False


def test_the_help_desk_unlocks(practice: Practice, sites: Any) -> None:
    account = practice.account(locked=True)
    practice.post("/accounts", portal="availity", user=account["user"], locked=False)
    sites.signed_in(account)
    assert practice.seen(account)["sign_ins"] == 1


def test_an_unknown_user_is_refused_in_the_same_words(practice: Practice, sites: Any) -> None:
    answer = sites.submit(sites.client(), "nobody1", "Wrong-1")
    assert (answer.status_code, answer.json()["message"]) == (401, REFUSED)
    assert practice.get("/state")["portals"]["availity"]["unknown_user_submissions"] == 1


@pytest.mark.parametrize(("moment", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_the_rfc(moment: int, code: str) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert code_at(secret, moment // 30) == code
    assert matching_step(secret, code, moment + 30) == moment // 30
    assert matching_step(secret, code, moment + 90) is None
    assert matching_step(secret, "１２３４５６", moment) is None


def test_a_code_is_good_once_and_a_step_either_side(practice: Practice, sites: Any) -> None:
    account = practice.account()
    practice.to_mid_step()
    for steps in (0, 1, -1):
        sites.signed_in(account, steps)
    client = sites.client()
    sites.submit(client, account["user"], account["password"])
    assert sites.submit_code(client, practice.code(account)).status_code == 400
    practice.post("/clock", advance_seconds=62)
    assert sites.submit_code(client, practice.code(account)).status_code == 200
    seen = practice.seen(account)
    assert (seen["code_submissions"], seen["code_refusals"]) == (5, 1)


def test_refused_codes_lock_at_their_limit(practice: Practice, sites: Any) -> None:
    practice.post("/policy", portal="availity", code_refusal_limit=2)
    account = practice.account()
    client = sites.client()
    sites.submit(client, account["user"], account["password"])
    answers = [sites.submit_code(client, "abcdef").json()["message"] for _ in range(2)]
    assert "incorrect or has expired" in answers[0]
    assert "locked" in answers[1]
    assert sites.submit_code(client, practice.code(account)).status_code == 400
    assert practice.seen(account)["locked"] is True


def test_backup_and_text_codes_are_good_once(practice: Practice, sites: Any) -> None:
    account = practice.account()
    for method in ("a backup code", "a text message"):
        for expected in (200, 400):
            client = sites.client()
            sites.submit(client, account["user"], account["password"])
            choice = {"choice": f"Authenticate me using {method}"}
            client.post(f"{sites.SIGN_IN}/two-step/choice", json=choice)
            if expected == 200:
                seen = practice.seen(account)
                code = seen["texted_code"] or seen["backup_codes"][0]
            answer = client.post(f"{sites.SIGN_IN}/two-step/code", json={"code": code})
            assert answer.status_code == expected


def test_the_newest_session_wins(practice: Practice, sites: Any) -> None:
    account = practice.account(methods=[])
    older, newer = sites.signed_in(account), sites.signed_in(account)
    assert (older.get(ME).status_code, newer.get(ME).status_code) == (401, 200)
    seen = practice.seen(account)
    assert seen["sessions_ended_by_newer"] == seen["open_sessions"] == 1
    assert seen["max_open_sessions"] == 1
    assert seen["sessions_of_others_ended"] == 0


def test_ending_somebody_elses_session_is_told_apart(practice: Practice, sites: Any) -> None:
    account = practice.account(methods=[])
    practice.post("/sessions", portal="availity", user=account["user"])
    sites.signed_in(account)
    seen = practice.seen(account)
    assert seen["sessions_of_others_ended"] == 1
    assert (seen["sign_ins"], seen["sign_ins_elsewhere"]) == (1, 1)


def test_other_session_rules(practice: Practice, sites: Any) -> None:
    practice.post("/policy", portal="availity", sessions="oldest_wins")
    account = practice.account(methods=[])
    first, second = sites.signed_in(account), sites.signed_in(account)
    assert (first.get(ME).status_code, second.get(ME).status_code) == (200, 401)
    practice.post("/policy", portal="availity", sessions="refused")
    third = sites.client()
    assert sites.submit(third, account["user"], account["password"]).json()["stage"] == "busy"
    assert third.get(ME).status_code == 401
    assert third.post(f"{sites.SIGN_IN}/sessions/take-over").json()["stage"] == "home"
    assert (first.get(ME).status_code, third.get(ME).status_code) == (401, 200)
    assert practice.seen(account)["sessions_ended_by_choice"] == 1


def test_sessions_end_by_the_simulated_clock(practice: Practice, sites: Any) -> None:
    practice.post("/policy", portal="availity", session_idle_minutes=20, session_hours=1)
    account = practice.account(methods=[])
    idle = sites.signed_in(account)
    practice.post("/clock", advance_seconds=21 * 60)
    assert practice.seen(account)["open_sessions"] == 0
    assert idle.get(ME).status_code == 401
    busy = sites.signed_in(account)
    answers = []
    for _ in range(5):
        practice.post("/clock", advance_seconds=15 * 60)
        answers.append(busy.get(ME).status_code)
    assert answers == [200, 200, 200, 401, 401]


def test_the_log_tells_the_story_without_secrets(practice: Practice, sites: Any) -> None:
    account = practice.account()
    client = sites.client()
    sites.submit(client, account["user"], "Wrong-1")
    sites.signed_in(account)
    practice.post("/sessions", portal="availity", user=account["user"])
    log = practice.get(f"/log?portal=availity&user={account['user']}&limit=50")
    assert [each["event"] for each in log] == [
        "account_created",
        "password_submitted",
        "password_refused",
        "password_submitted",
        "password_accepted",
        "code_submitted",
        "code_accepted",
        "signed_in",
        "session_ended",
        "signed_in",
    ]
    assert "Wrong-1" not in str(log)
    assert account["password"] not in str(log)
