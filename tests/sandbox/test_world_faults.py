"""Ordered faults, seen from the wire."""

import json
import re
import socket
import time
from typing import Any

import httpx
import pytest

from sandbox.practice import Practice

LOGIN = "/static/public/onb/onboarding-ui-apps/availity-fr-ui/"
SHELL = "/static/web/onb/onboarding-ui-apps/navigation/"
COVERAGES = "/api/v1/proxy/pres/coverages"
ME = "/api/sdk/platform/v1/users/me"


def raw_password(sites: Any, account: dict[str, Any], *, reused: bool) -> bytes:
    """Submit the password over a bare socket; every byte that comes back."""
    body = json.dumps({"userId": account["user"], "password": account["password"]})
    with socket.create_connection(("127.0.0.1", sites.port), timeout=60) as wire:
        if reused:
            wire.sendall(b"GET / HTTP/1.1\r\nHost: availity.localhost\r\n\r\n")
            assert wire.recv(65_536).startswith(b"HTTP/1.1 302")
        wire.sendall(
            f"POST {sites.SIGN_IN}/sign-in HTTP/1.1\r\nHost: availity.localhost\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        )
        return read_all(wire)


def read_all(wire: socket.socket) -> bytes:
    """Everything until the other side ends; a reset is an end."""
    received = b""
    try:
        while more := wire.recv(65_536):
            received += more
    except ConnectionResetError:
        pass
    return received


def lookup(practice: Practice, client: httpx.Client, member: dict[str, Any]) -> dict[str, Any]:
    """Ask about a member and wait for the answer."""
    organization = practice.get("/organizations")[0]
    body = {
        "organization": organization["id"],
        "payer": member["payer"],
        "provider": organization["providers"][0]["npi"],
        "searchOption": "Member ID",
        "memberId": member["member_id"],
        "birthDate": member["patient"]["birth_date"],
        "asOfDate": "2026-06-01",
        "relationship": member["relationship"].capitalize(),
        "serviceType": "Health Benefit Plan Coverage - 30",
    }
    answer = client.post(COVERAGES, json=body).raise_for_status()
    while answer.status_code == 202:
        time.sleep(0.02)
        answer = client.get(answer.headers["Location"])
    said: dict[str, Any] = answer.json()
    return said


def test_cut_before_counts_nothing(practice: Practice, sites: Any) -> None:
    account = practice.account()
    practice.post("/faults", portal="availity", kind="cut_before", user=account["user"])
    assert raw_password(sites, account, reused=False) == b""
    assert practice.seen(account)["password_submissions"] == 0
    assert b"200 OK" in raw_password(sites, account, reused=False)


@pytest.mark.parametrize("reused", [True, False])
def test_cut_after_counts_and_closes_without_a_byte(practice: Practice, sites: Any, reused: bool) -> None:
    account = practice.account()
    connection = "reused" if reused else "fresh"
    practice.post("/faults", portal="availity", kind="cut_after", connection=connection)
    assert raw_password(sites, account, reused=reused) == b""
    assert practice.seen(account)["password_submissions"] == 1
    assert practice.get("/faults") == []


def test_a_fault_waits_for_its_kind_of_connection(practice: Practice, sites: Any) -> None:
    account = practice.account()
    practice.post("/faults", portal="availity", kind="cut_after", connection="reused")
    assert b"200 OK" in raw_password(sites, account, reused=False)
    assert len(practice.get("/faults")) == 1


def test_a_fresh_connection_is_brought_about(practice: Practice, sites: Any) -> None:
    with socket.create_connection(("127.0.0.1", sites.port), timeout=60) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: uhc.localhost\r\n\r\n")
        assert idle.recv(65_536).startswith(b"HTTP/1.1 302")
        practice.post("/faults", portal="uhc", kind="cut_after", connection="fresh")
        assert idle.recv(65_536) == b""
    answer = sites.client("uhc").get("/")
    assert answer.headers["connection"] == "close"


def test_a_server_error_after_the_password_was_judged(practice: Practice, sites: Any) -> None:
    account = practice.account()
    practice.post("/faults", portal="availity", kind="server_error", at="login_post")
    client = sites.client()
    answer = sites.submit(client, account["user"], "Wrong-1")
    assert (answer.status_code, "Internal Server Error" in answer.text) == (500, True)
    seen = practice.seen(account)
    assert (seen["password_submissions"], seen["password_refusals"]) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("server_error", 500, "Internal Server Error"),
        ("maintenance", 503, "scheduled maintenance"),
        ("captcha", 403, "Verify you are human"),
        ("access_blocked", 403, "block access from your country"),
        ("unknown_page", 200, "satisfaction survey"),
    ],
)
def test_pages_nobody_expects(practice: Practice, kind: str, status: int, words: str, sites: Any) -> None:
    practice.post("/faults", portal="availity", kind=kind, at="any", times=2)
    client = sites.client()
    assert client.get(LOGIN).status_code == status
    second = client.get(LOGIN)
    assert (second.status_code, words in second.text) == (status, True)
    assert client.get(LOGIN).status_code == 200
    assert 'id="root"' in client.get(LOGIN).text


def test_a_hang_counts_first_and_lasts(practice: Practice, sites: Any) -> None:
    account = practice.account()
    practice.post("/faults", portal="availity", kind="hang", at="login_post", seconds=5)
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{sites.port}",
        headers={"Host": "availity.localhost"},
        timeout=0.3,
    )
    with pytest.raises(httpx.ReadTimeout):
        sites.submit(client, account["user"], account["password"])
    assert practice.seen(account)["password_submissions"] == 1


def test_a_fault_for_one_user_spares_the_others(practice: Practice, sites: Any) -> None:
    unlucky, other = practice.account(methods=[]), practice.account(methods=[])
    practice.post("/faults", portal="availity", kind="end_session", user=unlucky["user"])
    first, second = sites.signed_in(unlucky), sites.signed_in(other)
    assert (first.get(ME).status_code, second.get(ME).status_code) == (401, 200)
    assert practice.seen(unlucky)["open_sessions"] == 0


def test_a_redrawn_refusal_is_counted(practice: Practice, sites: Any) -> None:
    account = practice.account()
    practice.post("/faults", portal="availity", kind="redraw_refusal")
    client = sites.client()
    assert sites.submit(client, account["user"], "Wrong-1").json()["redraw"] is True
    assert sites.submit(client, account["user"], "Wrong-2").json()["redraw"] is False
    assert practice.seen(account)["password_refusals"] == 2


def test_terms_stand_before_home(practice: Practice, sites: Any) -> None:
    account = practice.account(methods=[])
    practice.post("/faults", portal="availity", kind="terms")
    client = sites.signed_in(account)
    assert client.get(f"{sites.SIGN_IN}/progress").json()["stage"] == "terms"
    assert client.get(SHELL).status_code == 302
    assert client.post(f"{sites.SIGN_IN}/terms").json()["stage"] == "home"
    assert client.get(SHELL).status_code == 200


def test_result_pages_that_lie(practice: Practice, sites: Any) -> None:
    client = sites.signed_in(practice.account(methods=[]))
    member = practice.member("availity", "active")
    right = lookup(practice, client, member)
    assert dict(right["card"])["Member ID"] == member["member_id"]

    def disturbed(kind: str) -> dict[str, Any]:
        practice.post("/faults", portal="availity", kind=kind)
        return lookup(practice, client, member)

    assert dict(disturbed("other_member")["card"])["Member ID"] != member["member_id"]
    other = dict(disturbed("other_organization")["card"])
    assert other["Organization"] == "Cedar Hollow Pediatrics"
    assert other["Member ID"] == member["member_id"]
    before = dict(lookup(practice, client, member)["card"])
    assert dict(disturbed("stale_result")["card"])["Transaction ID"] == before["Transaction ID"]
    assert disturbed("outage_text")["outage"] is True
    assert disturbed("payer_down")["message"].startswith("Unable to respond at current time")


def test_a_slow_answer_takes_longer(practice: Practice, sites: Any) -> None:
    client = sites.signed_in(practice.account(methods=[]))
    practice.post("/faults", portal="availity", kind="slow_answer", seconds=0.6)
    before = time.monotonic()
    lookup(practice, client, practice.member("availity", "inactive"))
    assert time.monotonic() - before > 0.6


def test_scripts_weigh_what_a_vendors_do_and_are_cached(practice: Practice, sites: Any) -> None:
    client = sites.signed_in(practice.account(methods=[]))
    weight = 0
    for page in (SHELL, "/static/web/pres/web/eligibility/"):
        found = re.search(r'<script src="([^"]+)"', client.get(page).text)
        assert found is not None
        script = client.get(found[1])
        weight += len(script.content)
        assert "immutable" in script.headers["cache-control"]
        again = client.get(found[1], headers={"If-None-Match": script.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert weight > 2_000_000
