"""Availity Essentials, in a real browser against the sandbox."""

from __future__ import annotations

import pytest
from asking import ask
from house import House, question

from bots.desk import Failure
from flows.eligibility import EligibilityAnswer
from flows.errors import InputError


async def test_asks_in_the_region_of_the_state(house: House) -> None:
    name, user = house.account()
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
