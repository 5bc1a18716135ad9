"""Accounts that people use too: what the portal saw of us, and that nobody's session was ended."""

from __future__ import annotations

import pytest
from asking import ask, codes_at_once, order
from house import House, question

__all__ = ["codes_at_once"]


def kind_of(house: House, name: str, kind: str) -> None:
    with house.inventory.write() as db:
        db.table("accounts").update(name, {"kind": kind})


async def test_a_person_who_signs_in_meanwhile_is_left_alone(house: House) -> None:
    name, user = house.account()
    kind_of(house, name, "person")
    members = house.world.members("availity", "active")[:3]

    def person_signs_in(index: int) -> None:
        if index == 0:
            house.world.post("/sessions", portal="availity", user=user)

    run, results = await ask(house, name, *map(question, members), after=person_signs_in)
    assert run.failure and run.failure.error == "AccountBusy"
    assert len(results) == 1
    again = house.pk("sign-in", name)  # another process
    assert again.returncode == 13
    assert "nothing signs in with it before" in again.stderr
    seen = house.world.account("availity", user)
    assert (seen["sign_ins"], seen["password_submissions"], seen["sessions_of_others_ended"]) == (1, 1, 0)
    assert seen["open_sessions"] == 1
    house.world.advance(31 * 60)
    house.world.post("/sessions", portal="availity", user=user)  # ends nothing of ours
    assert "in use elsewhere" not in house.pk("check", name).stdout


async def test_a_session_that_ends_early_twice_is_not_taken_back_for_half_an_hour(
    house: House, codes_at_once: None
) -> None:
    name, user = house.account()
    members = house.world.members("availity", "active")[:4]
    run, _ = await ask(
        house, name, *map(question, members), after=lambda index: order(house, "availity", user, "end_session")
    )
    assert run.failure and run.failure.error == "AccountBusy"
    again, _ = await ask(house, name, flow="login", source="service")
    assert again.failure and again.failure.error == "AccountBusy"
    assert house.world.account("availity", user)["password_submissions"] == 2
    house.world.clear_faults()
    house.world.advance(31 * 60)
    good, _ = await ask(house, name, flow="login", source="service")
    assert good.failure is None
    assert house.world.account("availity", user)["password_submissions"] == 3


@pytest.mark.parametrize("kind", ["person", "shared"])
def test_the_password_of_people_is_theirs_to_change(house: House, kind: str) -> None:
    name, user = house.account()
    kind_of(house, name, kind)
    refused = house.pk("password", "change", name)
    assert refused.returncode == 2
    assert "changes the password on the portal" in refused.stderr
    seen = house.world.account("availity", user)
    assert (seen["password_submissions"], seen["change_submissions"]) == (0, 0)
    assert house.vault.get(name).pending is None
