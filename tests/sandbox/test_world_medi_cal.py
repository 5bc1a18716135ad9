"""The Medi-Cal Provider Portal by plain HTTP: sign-in, the agreement that comes sometimes, prose."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from sandbox.practice import Practice


def log_in(client: httpx.Client, account: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = client.post(
        "/api/login", json={"email": account["user"], "password": account["password"]}
    ).json()
    return said


def verify(practice: Practice, client: httpx.Client, member: dict[str, Any]) -> dict[str, Any]:
    practice.post("/policy", portal="medi_cal", answer_seconds=0)
    year, month, day = member["patient"]["birth_date"].split("-")
    asked = {"subscriberId": member["member_id"], "birthDate": f"{month}/{day}/{year}", "serviceDate": "06/01/2026"}
    taken = client.post("/api/eligibility", json=asked)
    said: dict[str, Any] = client.get(taken.headers["location"]).json()
    return said


def test_the_default_accounts_are_addresses_and_have_no_second_step(practice: Practice, sites: Any) -> None:
    accounts = practice.get("/state")["portals"]["medi_cal"]["accounts"]
    assert all(user == account["email"] and account["methods"] == [] for user, account in accounts.items())
    account = practice.account("medi_cal")
    assert log_in(sites.client("medi-cal"), account) == {"stage": "home"}


@pytest.mark.parametrize(("kind", "noted"), [("agreement", "agreement_accepted"), ("terms", "terms_accepted")])
def test_an_agreement_comes_as_ordered(practice: Practice, sites: Any, kind: str, noted: str) -> None:
    account, client = practice.account("medi_cal"), sites.client("medi-cal")
    practice.post("/faults", portal="medi_cal", kind=kind)
    assert log_in(client, account) == {"stage": "terms"}
    text = client.get("/api/agreement").json()["text"]
    assert ("have changed" in text) == (kind == "terms")
    assert client.get("/api/user").status_code == 401
    assert client.post("/api/agreement", json={}).json() == {"stage": "home"}
    assert noted in [event["event"] for event in practice.get(f"/log?user={account['user']}")]


def test_not_eligible_holds_eligible_and_the_provider_is_said(practice: Practice, sites: Any) -> None:
    account, client = practice.account("medi_cal"), sites.client("medi-cal")
    log_in(client, account)
    said = {kind: verify(practice, client, practice.member("medi_cal", kind)) for kind in ("active", "inactive")}
    assert [re.search("not eligible", each["prose"], re.IGNORECASE) is not None for each in said.values()] == [
        False,
        True,
    ]
    assert all("ELIGIBLE" in each["prose"] for each in said.values())
    assert {each["provider"] for each in said.values()} == {"Example Valley Medical Group NPI: 2000001018"}
    assert practice.seen(account)["lookups"] == 2
