"""Forgotten passwords by plain HTTP: links, codes, letters, and what goes wrong on the way."""

import mailbox
import time
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.practice import Practice, running, start

NEW = "Fresh-Start-77"
HOUR = 3600
SIGN_IN = "/cloud/public/onb/availity-fr/v1"
AUTH = "/api/v1/auth"


def ask(sites: Any, user: str) -> httpx.Response:
    """Ask Availity for a link."""
    answer: httpx.Response = sites.client().post(f"{SIGN_IN}/forgot-password", json={"userId": user})
    return answer


def token_of(practice: Practice, account: dict[str, Any]) -> str:
    """The token of the account's newest letter."""
    letter = practice.get(f"/mail?user={account['user']}")[-1]
    token: str = letter["link"].partition("?token=")[2]
    return token


def worth(sites: Any, token: str) -> str:
    """What Availity says of a link."""
    said: str = sites.client().get(f"{SIGN_IN}/reset-links/{token}").json()["worth"]
    return said


def reset(sites: Any, token: str, new: str, again: str | None = None) -> httpx.Response:
    """Come with a link and submit a new password."""
    values = {"token": token, "newPassword": new, "confirmNewPassword": new if again is None else again}
    answer: httpx.Response = sites.client().post(f"{SIGN_IN}/reset-password", json=values)
    return answer


@pytest.fixture
def linked(practice: Practice, sites: Any) -> tuple[dict[str, Any], str]:
    """A locked account and the token of a link it was sent."""
    account = practice.account(methods=[], locked=True)
    ask(sites, account["user"]).raise_for_status()
    return account, token_of(practice, account)


def test_a_link_is_good_once_and_unlocks(practice: Practice, sites: Any, linked: tuple[dict[str, Any], str]) -> None:
    account, token = linked
    assert worth(sites, token) == worth(sites, token) == "good"
    assert reset(sites, token, NEW).status_code == 200
    assert worth(sites, token) == "used"
    again = reset(sites, token, NEW + "8")
    assert (again.status_code, again.json()["worth"]) == (410, "used")
    seen = practice.seen(account)
    assert (seen["password"], seen["locked"], seen["refused_in_a_row"]) == (NEW, False, 0)
    assert (seen["reset_requests"], seen["links_sent"], seen["links_used"]) == (1, 1, 1)
    assert (seen["change_submissions"], seen["password_changes"]) == (2, 1)
    assert sites.submit(sites.client(), account["user"], NEW).json()["stage"] == "home"


def test_a_refused_new_password_leaves_the_link_good(
    practice: Practice, sites: Any, linked: tuple[dict[str, Any], str]
) -> None:
    account, token = linked
    for new, again in (("short", "short"), (NEW, "other"), (account["password"], account["password"])):
        assert reset(sites, token, new, again).status_code == 400
    assert reset(sites, token, NEW).status_code == 200
    assert practice.seen(account)["change_refusals"] == 3


def test_a_link_lives_for_a_day(practice: Practice, sites: Any, linked: tuple[dict[str, Any], str]) -> None:
    _, token = linked
    practice.post("/clock", advance_seconds=23.9 * HOUR)
    assert worth(sites, token) == "good"
    practice.post("/clock", advance_seconds=0.2 * HOUR)
    assert worth(sites, token) == reset(sites, token, NEW).json()["worth"] == "expired"
    assert worth(sites, "no-such-token") == reset(sites, "", NEW).json()["worth"] == "unknown"


def test_a_link_belongs_to_its_account(practice: Practice, sites: Any, linked: tuple[dict[str, Any], str]) -> None:
    account, token = linked
    other = practice.account(methods=[])
    ask(sites, other["user"])
    ask(sites, account["user"])
    reset(sites, token, NEW).raise_for_status()
    assert practice.seen(other)["password"] == other["password"]
    assert worth(sites, token_of(practice, other)) == "good"
    assert worth(sites, token_of(practice, account)) == "used"
    practice.delete("/accounts", portal="availity", user=other["user"])
    assert worth(sites, token_of(practice, other)) == "unknown"


def test_mails_are_counted_by_the_day(practice: Practice, sites: Any) -> None:
    practice.post("/policy", portal="availity", reset_links_a_day=2)
    account = practice.account()
    assert [ask(sites, account["user"]).status_code for _ in range(3)] == [200, 200, 429]
    practice.post("/clock", advance_seconds=25 * HOUR)
    assert ask(sites, account["user"]).status_code == 200
    seen = practice.seen(account)
    assert (seen["reset_requests"], seen["links_sent"]) == (4, 3)


def test_an_unknown_user_gets_the_same_answer_and_no_mail(practice: Practice, sites: Any) -> None:
    assert (ask(sites, "nobody1").status_code, practice.get("/mail")) == (200, [])


def test_a_code_is_good_once_for_its_account(practice: Practice, sites: Any) -> None:
    account, other = practice.account("uhc", locked=True), practice.account("uhc")
    client = sites.client("onehealthcareid")

    def code_for(user: str, code: str) -> httpx.Response:
        return client.post(f"{AUTH}/recover/code", json={"username": user, "code": code})

    for each in (account, other, account):
        client.post(f"{AUTH}/recover", json={"username": each["user"]}).raise_for_status()
    first, _, newest = (each["code"] for each in practice.get("/mail?portal=uhc"))
    assert code_for(other["user"], newest).status_code == 400
    assert first == newest or code_for(account["user"], first).status_code == 400
    token = code_for(account["user"], newest).json()["token"]
    assert code_for(account["user"], newest).status_code == 400
    values = {"token": token, "newPassword": NEW, "confirmPassword": NEW}
    assert client.post(f"{AUTH}/recover/password", json=values).status_code == 200
    assert client.post(f"{AUTH}/recover/password", json=values).status_code == 410
    seen = practice.seen(account)
    assert (seen["password"], seen["locked"], seen["links_used"]) == (NEW, False, 1)
    assert seen["code_submissions"] == 0
    assert seen["reset_code_refusals"] == seen["reset_code_submissions"] - 1


def test_a_code_dies_of_refusals(practice: Practice, sites: Any) -> None:
    practice.post("/policy", portal="uhc", code_refusal_limit=2)
    account = practice.account("uhc")
    client = sites.client("onehealthcareid")
    client.post(f"{AUTH}/recover", json={"username": account["user"]})
    right = practice.get("/mail")[0]["code"]
    for code in ("wrong1", "wrong2", right):
        answer = client.post(f"{AUTH}/recover/code", json={"username": account["user"], "code": code})
        assert answer.status_code == 400
    assert practice.seen(account)["locked"] is False


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("kind", ["server_error", "cut_after"])
def test_a_reset_that_ends_badly_is_done_or_not(
    practice: Practice, sites: Any, linked: tuple[dict[str, Any], str], kind: str, applied: bool
) -> None:
    account, token = linked
    practice.post("/faults", portal="availity", kind=kind, at="reset_post", user=account["user"], applied=applied)
    try:
        assert reset(sites, token, NEW).status_code == 500
    except httpx.RemoteProtocolError:
        assert kind == "cut_after"
    seen = practice.seen(account)
    assert (seen["password"] == NEW, seen["password_changes"]) == (applied, int(applied))
    assert seen["change_submissions"] == 1
    assert worth(sites, token) == ("used" if applied else "good")


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("kind", ["server_error", "cut_after"])
def test_a_change_that_ends_badly_is_done_or_not(practice: Practice, sites: Any, kind: str, applied: bool) -> None:
    account = practice.account(methods=[])
    client = sites.signed_in(account)
    practice.post("/faults", portal="availity", kind=kind, at="change_post", applied=applied)
    values = {"currentPassword": account["password"], "newPassword": NEW, "confirmNewPassword": NEW}
    try:
        assert client.post(f"{SIGN_IN}/change-password", json=values).status_code == 500
    except httpx.RemoteProtocolError:
        assert kind == "cut_after"
    seen = practice.seen(account)
    assert (seen["password"] == NEW, seen["change_submissions"]) == (applied, 1)


def test_a_hanging_change_is_counted_first_and_done_later(practice: Practice, sites: Any) -> None:
    account = practice.account(methods=[])
    client = sites.signed_in(account)
    practice.post("/faults", portal="availity", kind="hang", at="change_post", seconds=0.5)
    values = {"currentPassword": account["password"], "newPassword": NEW, "confirmNewPassword": NEW}
    with pytest.raises(httpx.ReadTimeout):
        client.post(f"{SIGN_IN}/change-password", json=values, timeout=0.1)
    seen = practice.seen(account)
    assert (seen["change_submissions"], seen["password_changes"]) == (1, 0)
    until(lambda: practice.seen(account)["password"] == NEW)


def test_redrawn_refusals(practice: Practice, sites: Any, linked: tuple[dict[str, Any], str]) -> None:
    account, token = linked
    practice.post("/faults", portal="availity", kind="redraw_refusal", at="reset_post")
    assert reset(sites, token, "short").json()["redraw"] is True
    assert reset(sites, token, "short").json()["redraw"] is False
    assert practice.seen(account)["change_refusals"] == 2


def test_mail_is_late_or_lost(practice: Practice, sites: Any) -> None:
    account = practice.account()
    practice.post("/faults", portal="availity", kind="mail_lost")
    practice.post("/faults", portal="availity", kind="mail_delay", seconds=0.3)
    for _ in range(2):
        ask(sites, account["user"])
    assert (practice.get("/mail"), practice.seen(account)["links_sent"]) == ([], 2)
    until(lambda: len(practice.get("/mail")) == 1)


def test_late_mail_of_an_old_world_never_comes(practice: Practice, sites: Any) -> None:
    account = practice.account()
    practice.post("/faults", portal="availity", kind="mail_delay", seconds=0.2)
    ask(sites, account["user"])
    practice.post("/reset")
    time.sleep(0.3)
    assert practice.get("/mail") == []


def test_foreign_and_stale_letters(practice: Practice, sites: Any, linked: tuple[dict[str, Any], str]) -> None:
    account, token = linked
    named = {"portal": "availity", "user": account["user"]}
    foreign = practice.post("/mail", **named, link="http://stranger.localhost/reset?token=x", age_seconds=HOUR)
    assert (foreign["to"], foreign["dkim"]) == (account["email"], "none")
    own = practice.get("/mail")[0]
    reset(sites, token, NEW).raise_for_status()
    practice.post("/mail", **named, link=own["link"], **{"from": own["sender"]}, dkim="pass")
    assert worth(sites, token_of(practice, account)) == "used"
    dates = [each["date"] for each in practice.get(f"/mail?to={account['email']}")]
    assert dates[1] < dates[0] < dates[2]
    assert practice.seen(account)["links_sent"] == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "portal must be one of"),
        ({"portal": "uhc", "user": "nobody"}, "no account 'nobody'"),
        ({"portal": "uhc", "user": "evalley_uhc1", "url": "x"}, "unknown names url"),
        ({"portal": "uhc", "user": "evalley_uhc1", "subject": "a\nBcc: b"}, "subject must be one line"),
        ({"portal": "uhc", "user": "evalley_uhc1", "dkim": True}, "dkim must be one of"),
    ],
)
def test_impossible_letters_are_refused(control: Any, body: dict[str, Any], words: str) -> None:
    answer = control.post("/mail", json=body)
    assert (answer.status_code, words in answer.json()["message"]) == (400, True)


def test_letters_are_files_in_the_maildir(tmp_path: Path) -> None:
    with running("--maildir", str(tmp_path / "mail" / "box")) as practice:
        account = practice.post("/accounts", portal="availity", user="reader01", email="otp+av@worker.example")
        practice.post("/clock", advance_seconds=-400 * 24 * HOUR)
        httpx.post(
            f"http://127.0.0.1:{practice.url('availity').rpartition(':')[2]}{SIGN_IN}/forgot-password",
            headers={"Host": "availity.localhost"},
            json={"userId": "reader01"},
        ).raise_for_status()
        [letter] = practice.get("/mail")
        box = mailbox.Maildir(tmp_path / "mail" / "box", factory=lambda file: parsed(file.read()))
        [message] = list(box)
        assert (message["To"], message["From"]) == (account["email"], "Availity <noreply@availity.localhost>")
        assert message["Date"].datetime.timestamp() == pytest.approx(practice.now(), abs=10)
        assert letter["link"] in message.get_body(("plain",)).get_content()
        assert f'href="{letter["link"]}"' in message.get_body(("html",)).get_content()
        assert "dkim=pass header.d=availity.localhost" in message["Authentication-Results"]
        practice.post("/reset")
        assert len(box) == 0


def test_an_impossible_maildir_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    process = start("--maildir", str(tmp_path / "file"))
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.count("\n")) == (2, 1)
    assert "can't keep mail" in err


def parsed(content: bytes) -> Any:
    """A message with today's rules."""
    from email import message_from_bytes

    return message_from_bytes(content, policy=default)


def until(true: Any, seconds: float = 5.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
