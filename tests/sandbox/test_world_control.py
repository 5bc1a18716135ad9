"""The control interface: accounts, policies, and clear answers to impossible orders."""

from typing import Any

import pytest

from sandbox.practice import OrderRefusedError, Practice

IMPOSSIBLE = [
    ("/clock", {}, "advance_seconds must be a number"),
    ("/clock", {"advance_seconds": "1"}, "advance_seconds must be a number"),
    ("/clock", {"advance_seconds": 1e300}, "advance_seconds must be a number"),
    ("/clock", {"seconds": 1}, "unknown names seconds"),
    ("/reset", {"seed": "x"}, "seed must be a whole number"),
    ("/accounts", {}, "portal must be one of availity, uhc"),
    ("/accounts", {"portal": "nowhere"}, "portal must be one of"),
    ("/accounts", {"portal": "uhc"}, "user must be a non-empty text"),
    ("/accounts", {"portal": "uhc", "user": "x", "pasword": "y"}, "unknown name 'pasword'"),
    ("/accounts", {"portal": "uhc", "user": "x", "totp_secret": "1!"}, "must be base32"),
    ("/accounts", {"portal": "uhc", "user": "x", "locked": "no"}, "locked must be true or false"),
    ("/accounts", {"portal": "uhc", "user": "x", "organizations": ["?"]}, "each of organizations"),
    ("/accounts", {"portal": "uhc", "user": "x", "methods": "text"}, "methods must be a list"),
    ("/policy", {"portal": "uhc", "lock": 1}, "unknown policy 'lock'"),
    ("/policy", {"portal": "uhc", "lockout_threshold": 0}, "lockout_threshold must be"),
    ("/policy", {"portal": "uhc", "sessions": "all"}, "sessions must be one of newest_wins"),
    ("/policy", {"portal": "uhc", "answer_seconds": True}, "answer_seconds must be a number"),
    ("/sessions", {"portal": "uhc", "user": "nobody"}, "no account 'nobody'"),
    ("/sessions", {"portal": "uhc", "user": "nobody", "elsewhere": "no"}, "elsewhere must be true or false"),
    ("/faults", {"portal": "uhc", "kind": "fire"}, "kind must be one of server_error"),
    ("/faults", {"portal": "uhc", "kind": "terms", "at": "lookup"}, "at must be one of sign_in"),
    ("/faults", {"portal": "uhc", "kind": "hang", "times": 0}, "times must be a whole number"),
    ("/faults", {"portal": "uhc", "kind": "hang", "seconds": -1}, "seconds must be a number"),
    ("/faults", {"portal": "uhc", "kind": "hang", "second": 1}, "unknown names second"),
    ("/texts", {"from": "62401", "body": "x"}, "to must be a non-empty text"),
    ("/texts", {"from": "62401", "to": "5550100199", "body": "x", "at": 1}, "unknown names at"),
    ("/texts/provider", {"webhook": "https://codes.example.org/sms/twilio"}, "http://127.0.0.1"),
    ("/texts/provider", {"given_back": "5550100199"}, "given_back must be a list"),
]


@pytest.mark.parametrize(("path", "body", "words"), IMPOSSIBLE)
def test_impossible_orders_are_answered_clearly(control: Any, path: str, body: dict[str, Any], words: str) -> None:
    answer = control.post(path, json=body)
    assert answer.status_code == 400
    assert words in answer.json()["message"]


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("path", ["/clock", "/accounts", "/faults", "/policy", "/reset"])
def test_bad_json_is_answered_clearly(control: Any, path: str, body: bytes) -> None:
    answer = control.post(path, content=body)
    assert answer.status_code == 400
    assert "JSON" in answer.json()["message"]


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "colour=red"])
def test_the_log_refuses_unknown_questions(control: Any, query: str) -> None:
    assert control.get(f"/log?{query}").status_code == 400


def test_an_impossible_order_changes_nothing(practice: Practice, control: Any) -> None:
    account = practice.account()
    body = {"portal": "availity", "user": account["user"], "password": "New-1", "region": "??"}
    assert control.post("/accounts", json=body).status_code == 400
    assert practice.seen(account)["password"] == account["password"]


def test_accounts_can_be_made_to_measure(practice: Practice) -> None:
    wanted = {
        "password": "Given-Pass1",
        "totp_secret": "ABCDEFGHIJKLMNOP",
        "display_name": "Marigold Testerly",
        "organizations": ["Cedar Hollow Pediatrics"],
        "methods": ["authenticator"],
        "roles": [],
        "region": "TX",
    }
    made = practice.account("uhc", **wanted)
    assert made == made | wanted | {"organizations": ["107312"]}
    practice.delete("/accounts", portal="uhc", user=made["user"])
    assert made["user"] not in practice.get("/state")["portals"]["uhc"]["accounts"]


def test_faults_are_listed_and_cancelled(practice: Practice) -> None:
    first = practice.post("/faults", portal="uhc", kind="maintenance", times=None)
    practice.post("/faults", portal="uhc", kind="captcha", user="evalley_uhc1")
    assert [each["kind"] for each in practice.get("/faults")] == ["maintenance", "captcha"]
    assert practice.delete(f"/faults?id={first['id']}") == {"cancelled": 1}
    with pytest.raises(OrderRefusedError, match="no fault"):
        practice.delete("/faults", id=first["id"])
    assert practice.delete("/faults") == {"cancelled": 1}
    assert practice.get("/faults") == []


def test_reset_forgets_everything(practice: Practice) -> None:
    account = practice.account()
    practice.post("/policy", portal="availity", lockout_threshold=9)
    practice.post("/faults", portal="availity", kind="captcha")
    practice.post("/clock", advance_seconds=60)
    state = practice.post("/reset")
    assert state["offset_seconds"] == 0
    assert account["user"] not in state["portals"]["availity"]["accounts"]
    assert state["portals"]["availity"]["url"] == practice.url("availity")
    assert practice.get("/policy")["availity"]["lockout_threshold"] == 3
    assert practice.get("/faults") == practice.get("/log") == []
