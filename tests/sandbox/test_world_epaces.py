"""ePACES by plain HTTP: postbacks, the agreement box, one session, the response list."""

from __future__ import annotations

import re
from typing import Any

import httpx

from sandbox.practice import Practice

CONTENT = "ctl00$ContentPlaceHolder1$"
HIDDEN = {"__VIEWSTATE": "x", "__EVENTTARGET": "", "__EVENTARGUMENT": ""}


def log_in(client: httpx.Client, account: dict[str, Any], **more: str) -> httpx.Response:
    fields = {"Username": account["user"], "Password": account["password"], "chkbxAgree": "on"} | more
    return client.post("/Login.aspx", data=HIDDEN | {name: value for name, value in fields.items() if value})


def test_a_postback_needs_its_viewstate_and_a_login_its_agreement(practice: Practice, sites: Any) -> None:
    account, client = practice.account("epaces"), sites.client("epaces")
    assert client.post("/Login.aspx", data={"Username": account["user"]}).status_code == 400
    assert "You must agree" in log_in(client, account, chkbxAgree="").text
    seen = practice.seen(account)
    assert (seen["password_submissions"], seen["password_refusals"], seen["sign_ins"]) == (1, 0, 0)
    assert log_in(client, account).headers["location"] == "/Default.aspx"


def test_a_second_session_is_told_and_the_first_lives_on(practice: Practice, sites: Any) -> None:
    account, first, second = practice.account("epaces"), sites.client("epaces"), sites.client("epaces")
    log_in(first, account)
    assert log_in(second, account).headers["location"] == "/AlreadyLoggedIn.aspx"
    assert "already logged in" in second.get("/AlreadyLoggedIn.aspx").text
    assert first.get("/Default.aspx").status_code == 200
    assert second.get("/Default.aspx").headers["location"].startswith("/Login.aspx")
    assert practice.seen(account)["sessions_ended_by_choice"] == 0


def test_a_request_is_answered_in_the_list_among_those_of_others(practice: Practice, sites: Any) -> None:
    account, client, member = practice.account("epaces"), sites.client("epaces"), practice.member("epaces", "active")
    practice.post("/policy", portal="epaces", answer_seconds=0)
    log_in(client, account)
    form = client.get("/EligibilityRequest.aspx").text
    provider = re.findall(r'<option value="([^"]+\|[^"]+)"', form)[0]
    choice = {"__EVENTTARGET": "ctl00$ddlProvider", "ctl00$ddlProvider": provider}
    client.post("/EligibilityRequest.aspx", data=HIDDEN | choice)
    asked = {f"{CONTENT}textBoxClientID": member["member_id"], f"{CONTENT}textBoxDateOfService": "06/01/2026"}
    assert "Submitted" in client.post("/EligibilityRequest.aspx", data=HIDDEN | asked).text
    rows = re.findall(r'<tr id="\S+__\d+".*?</tr>', client.get("/EligibilityResponse.aspx").text, re.DOTALL)
    mine = [row for row in rows if f"<td>{account['user']}</td>" in row and member["member_id"] in row]
    assert len(rows) == 5
    details = [client.get(re.search(r'href="([^"]+)"', row)[1]).text for row in mine]  # type: ignore[index]
    assert ["MEDICAID ELIGIBLE" in each for each in details] == [True, False]  # the second one is of seven minutes ago
