"""Availity Essentials, in a real browser against the sandbox."""

from __future__ import annotations

import pytest
from asking import ask
from house import House, question

from bots.desk import Failure
from flows.eligibility import EligibilityAnswer
from flows.errors import InputError


async def test_a_payer_whose_id_is_not_public_is_told_by_its_title(house: House) -> None:
    """Its neighbour's name begins like its own."""
    name, user = house.account(signed_in=True)
    members = [
        next(each for each in house.world.members("availity", kind) if each["payer_name"] == "Florida Blue")
        for kind in ("active", "inactive", "not_found")
    ]
    run, answers = await ask(house, name, *map(question, members))
    assert run.failure is None
    assert [answer.coverage.value for answer in answers] == ["active", "inactive", "not_found"], answers
    assert answers[0].plan_name == members[0]["expects"]["plan_name"]
    log = house.world.get(f"/log?portal=availity&user={user}&limit=50")
    assert {event["payer"] for event in log if event["event"] == "lookup"} == {"florida-blue"}


async def test_asks_in_the_region_of_the_state(house: House) -> None:
    name, user = house.account(signed_in=True)
    member = house.world.members("availity", "active")[0]
    there, elsewhere = (
        asked.model_copy(update={"inquiry": asked.inquiry.model_copy(update={"state": state})})
        for asked, state in ((question(member), "GA"), (question(member), "NY"))
    )
    _, [found, refused] = await ask(house, name, there, elsewhere)
    assert isinstance(found, EligibilityAnswer)
    assert house.world.account("availity", user)["region"] == "GA"
    assert isinstance(refused, Failure)
    assert (refused.error, "New York" in refused.message) == ("InputError", True)


async def test_a_flow_that_the_portal_does_not_offer_contacts_nobody(house: House) -> None:
    name, user = house.account()
    with pytest.raises(InputError, match="it offers: login, eligibility"):
        await ask(house, name, flow="era")
    assert house.world.account("availity", user)["password_submissions"] == 0


async def test_announced_maintenance_is_told_and_nothing_else_that_is_announced(house: House) -> None:
    found = []
    try:
        for announced in (False, True):
            house.world.post("/policy", portal="availity", maintenance_announced=announced)
            name, _ = house.account()
            _, [answer] = await ask(house, name, question(house.world.members("availity", "active")[0]))
            assert isinstance(answer, EligibilityAnswer)
            rows = house.inventory.rows(
                "SELECT kind, words FROM notices WHERE account = ? AND kind LIKE 'maint%'", (name,)
            )
            found.append([(row["kind"], row["words"]) for row in rows])
    finally:
        house.world.post("/policy", portal="availity", maintenance_announced=False)
    assert found == [[], [("maintenance announced", "maintenance")]]
