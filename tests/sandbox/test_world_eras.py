"""Payments in the sandbox: files that balance, by the calendar; what a user's list holds and what became of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from sandbox.era_file import era_file
from sandbox.members import draw_members
from sandbox.payments import NON, payments
from sandbox.practice import OrderRefusedError, Practice

MEMBERS = draw_members(1)
TIN = "000004471"
PAYERS = ("60054", "61101", "62308", "87726", "texas-medicaid")
FIRST, LAST = date(2026, 9, 1), date(2026, 11, 20)


def segments(body: bytes) -> list[list[str]]:
    return [each.strip().split("*") for each in body.decode().split("~") if each.strip()]


@pytest.mark.parametrize("payer", PAYERS)
def test_every_file_balances_and_counts_right(payer: str) -> None:
    """Service, claim and transaction each add up; SE, GE and IEA count and name what they close."""
    found = payments(1, payer, TIN, FIRST, LAST)
    assert len(found) >= 11
    for payment in found:
        parts = segments(era_file(payment, MEMBERS).body)
        by_name = {
            name: [each for each in parts if each[0] == name] for name in ("BPR", "TRN", "CLP", "SVC", "CAS", "PLB")
        }
        [bpr], [trn] = by_name["BPR"], by_name["TRN"]
        assert (trn[2], bpr[16]) == (payment.trace, f"{payment.paid_on:%Y%m%d}")
        paid = sum((Decimal(each[4]) for each in by_name["CLP"]), Decimal(0))
        withheld = sum((Decimal(each[4]) for each in by_name["PLB"]), Decimal(0))
        assert Decimal(bpr[2]) == paid - withheld == era_file(payment, MEMBERS).amount
        assert (bpr[1], bpr[4]) == (("H", "NON") if payment.method == NON else ("I", payment.method))
        lines = check_claims(parts)
        assert lines == len(by_name["SVC"])
        places = {each[0]: number for number, each in enumerate(parts)}
        assert parts[places["SE"]][1] == str(places["SE"] - places["ST"] + 1)
        assert (len(parts[0][6]), len("*".join(parts[0])) + 1) == (15, 106)
        assert parts[places["IEA"]][2] == parts[0][13]
        assert parts[places["GE"]][2] == parts[1][6]


def check_claims(parts: list[list[str]]) -> int:
    """Each claim's lines add up to it, each line's adjustments to what was not paid; how many lines there are."""
    lines, claim, line = 0, None, None
    left: dict[str, Decimal] = {}

    def closed() -> None:
        assert all(value == 0 for value in left.values()), (claim, line, left)

    for part in parts:
        match part[0]:
            case "CLP":
                closed()
                claim = part
                left = {
                    "billed": Decimal(part[3]),
                    "paid": Decimal(part[4]),
                    "owed": Decimal(part[5] or 0),
                    "line": Decimal(0),
                }
            case "SVC":
                assert left["line"] == 0
                line, lines = part, lines + 1
                left["billed"] -= Decimal(part[2])
                left["paid"] -= Decimal(part[3])
                left["line"] = Decimal(part[2]) - Decimal(part[3])
            case "CAS":
                left["line"] -= Decimal(part[3])
                left["owed"] -= Decimal(part[3]) if part[1] == "PR" else Decimal(0)
    closed()
    return lines


def test_the_same_payment_gives_the_same_bytes_and_a_revision_others() -> None:
    [payment, *_] = payments(1, "60054", TIN, FIRST, LAST)
    assert era_file(payment, MEMBERS).body == era_file(payment, MEMBERS).body
    assert payments(1, "60054", TIN, FIRST, LAST)[0] == payment
    revised = payment.revised(payment.posted)
    assert b"REVISED" in era_file(revised, MEMBERS).body
    assert era_file(revised, MEMBERS).amount == era_file(payment, MEMBERS).amount
    assert payments(2, "60054", TIN, FIRST, LAST)[0].trace != payment.trace


def test_texas_lists_by_the_monday_before_the_payment() -> None:
    for payment in payments(1, "texas-medicaid", TIN, FIRST, LAST):
        assert (payment.listed_on.weekday(), payment.paid_on.weekday()) == (0, 4)
        assert payment.paid_on - payment.listed_on == timedelta(days=4)
        assert payment.posted.astimezone().timestamp() % 3600 == 0


def listed(practice: Practice, account: dict[str, Any], days: int = 30, payer: str = "60054") -> list[dict[str, Any]]:
    last = date.fromisoformat(practice.get("/state")["now"][:10])
    query = f"portal={account['portal']}&user={account['user']}&payer={payer}&tin={TIN}"
    found: list[dict[str, Any]] = practice.get(f"/payments?{query}&first={last - timedelta(days=days)}&last={last}")
    return found


def test_late_and_revised_files_are_ordered_for_one_user(practice: Practice) -> None:
    one, other = practice.account("availity"), practice.account("availity")
    first, second, *_ = listed(practice, one)
    about = {"portal": "availity", "user": one["user"]}
    practice.post("/payments", **about, trace=first["trace"], late=True)
    practice.post("/payments", **about, trace=second["trace"], revised=True)
    found = listed(practice, one)
    assert [(row["trace"], row["offered"]) for row in found if row["late"]] == [(first["trace"], False)]
    assert [row["revision"] for row in found if row["trace"] == second["trace"]] == [1, 0]
    assert [row for row in listed(practice, other) if row["late"] or row["revision"]] == []
    with pytest.raises(OrderRefusedError, match="no payment"):
        practice.post("/payments", **about, trace="none", late=True)


def search(client: httpx.Client, **changes: str) -> dict[str, Any]:
    """A search of Availity's remittance viewer, by plain HTTP; what is listed."""
    asked = {
        "organization": "104471",
        "payer": "60054",
        "taxId": TIN,
        "npi": "",
        "from": "10/01/2026",
        "to": "10/31/2026",
    }
    taken = client.post("/api/v1/proxy/post/remittances", json=asked | changes)
    taken.raise_for_status()
    while (answer := client.get(taken.headers["Location"])).status_code == 202:
        pass
    said: dict[str, Any] = answer.json()
    return said | {"location": taken.headers["Location"]}


@pytest.fixture
def in_november(practice: Practice) -> Practice:
    practice.post("/clock", advance_seconds=1795435200 - practice.now())
    return practice


def test_a_download_is_counted_and_leaves_the_list_where_a_policy_says_so(in_november: Practice, sites: Any) -> None:
    practice = in_november
    account = practice.account("availity")
    client = sites.signed_in(account)
    practice.post("/policy", portal="availity", era_consumed=True, era_old_days=2)
    said = search(client)
    address = f"{said['location']}/files/{said['rows'][0]['number']}"
    first, again = client.get(address), client.get(address)
    assert first.content == again.content
    assert first.content.startswith(b"ISA*")
    assert first.headers["Content-Disposition"] != again.headers["Content-Disposition"]
    practice.post("/clock", advance_seconds=2 * 86400)
    client = sites.signed_in(account)
    assert client.get(f"{search(client)['location']}/files/{said['rows'][0]['number']}").status_code == 404
    assert practice.seen(account)["era_downloads"] == 2


@pytest.mark.parametrize("kind", ["empty_file", "truncated_file", "login_page_file", "cut_file"])
def test_a_file_can_come_wrong_once(in_november: Practice, sites: Any, kind: str) -> None:
    practice = in_november
    account = practice.account("availity")
    client = sites.signed_in(account)
    said = search(client)
    address = f"{said['location']}/files/{said['rows'][0]['number']}"
    practice.post("/faults", portal="availity", user=account["user"], kind=kind)
    try:
        wrong = client.get(address).content
    except httpx.RemoteProtocolError:
        wrong = b"cut"
    right = client.get(address).content
    assert wrong != right
    assert (kind == "truncated_file") == (right.startswith(wrong) and wrong != b"")
    assert right.count(b"IEA*") == 1


@pytest.mark.parametrize(
    ("rule", "words"), [("era_days", "available for 20 days"), ("era_span_days", "longer than 20 days")]
)
def test_a_search_keeps_to_the_days_of_the_policy(in_november: Practice, sites: Any, rule: str, words: str) -> None:
    in_november.post("/policy", portal="availity", **{rule: 20})
    client = sites.signed_in(in_november.account("availity"))
    assert words in search(client)["message"]
    assert "rows" in search(client, **{"from": "11/10/2026", "to": "11/20/2026"})
