"""A forgotten password is recovered by a letter; after a kill at any point the command may be given again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from house import House
from killing import SHARES, Cut, codes_in_a_row, killed_at_every_step, mortal
from pydantic import SecretStr

from bots import change_notices, freezes, now
from bots.desk import Failure
from bots.incidents import Kind, open_ones
from bots.runner import Runner
from bots.runner.password_recovery import recover_password
from bots.runner.runner import RunResult
from bots.vault import Pending
from flows.errors import InputError
from payers.registry import portals

__all__ = ["codes_in_a_row", "mortal"]
pytestmark = pytest.mark.usefixtures("codes_in_a_row")

PORTALS = ("availity", "uhc")


@pytest.fixture(params=PORTALS)
def portal(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def recover(house: House, name: str, seconds: int = 20) -> RunResult:
    settings = house.settings = house.settings.model_copy(update={"letter_seconds": seconds})
    async with house.runner() as runner:
        return await recover_password(runner, house.inventory, house.vault, settings, name, by="Ann")


def state(house: House, name: str, user: str) -> dict[str, Any]:
    return house.world.account(name.partition("-")[0], user)


def locked_out(house: House, portal: str) -> tuple[str, str]:
    """An account that is locked, whose right password nobody knows, and which the worker has frozen."""
    name, user = house.account(portal, password="Wr0ng-pass$1", locked=True)
    freezes.freeze(house.inventory, name, Failure(error="AccountLocked", message="the account is locked"), by="worker")
    return name, user


async def told_by_letter(house: House, portal: str, user: str, subject: str) -> list[dict[str, Any]]:
    """What is open once the portal has told of a change by letter, and some minutes have passed."""
    sender = {"availity": "noreply@availity.localhost", "uhc": "noreply@onehealthcareid.localhost"}[portal]
    house.world.post("/mail", portal=portal, user=user, subject=subject, dkim="pass", **{"from": sender})
    at = now.utc() + change_notices.SETTLING + timedelta(minutes=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(now, "utc", lambda: at)
        await change_notices.ChangeNotices(house.settings, house.inventory).look(at_once=True)
    return open_ones(house.inventory, Kind.FOREIGN_CHANGE)


async def test_a_locked_account_is_brought_back(house: House, portal: str) -> None:
    name, user = locked_out(house, portal)
    result = await recover(house, name)
    assert result.failure is None
    seen, kept = state(house, name, user), house.vault.get(name)
    assert (seen["locked"], seen["links_used"], seen["sign_ins"]) == (False, 1, 1)
    assert (seen["password_refusals"], seen["password_submissions"]) == (0, 1)
    assert (kept.password.get_secret_value(), kept.pending) == (seen["password"], None)
    assert house.inventory.rows("SELECT 1 FROM incidents WHERE kind = 'freeze' AND closed_at IS NULL") == []
    actions = [row["action"] for row in house.inventory.rows("SELECT action FROM audit WHERE who = 'Ann'")]
    assert actions[-2:] == ["account unfreeze", "password recover"]
    assert await told_by_letter(house, portal, user, "Your password has been changed") == []  # it was the worker
    [foreign] = await told_by_letter(house, portal, user, "Your e-mail address was changed")
    assert foreign["account"] == name


async def test_a_letter_that_never_comes_leaves_everything_as_it_was(house: House, portal: str) -> None:
    name, user = locked_out(house, portal)
    house.world.post("/faults", portal=portal, user=user, kind="mail_lost")
    result = await recover(house, name, seconds=1)
    assert result.failure
    assert result.failure.error == "CodeNotReceived"
    assert house.vault.get(name).pending is None
    seen = state(house, name, user)
    assert (seen["password_changes"], seen["password_submissions"]) == (0, 0)
    assert len(house.inventory.rows("SELECT 1 FROM incidents WHERE kind = 'freeze' AND closed_at IS NULL")) == 1


async def test_a_recovered_password_that_was_refused_is_not_tried_again(house: House, portal: str) -> None:
    """The portal took it, and somebody set another by hand: the next start asks for another letter."""
    name, user = house.account(portal)
    new = Pending(password=SecretStr("Rec0vered-1$"), kind="forgot", run_id="a-run", at=now.utc())
    house.vault.put_pending(name, new)
    house.vault.mark_pending(name, "a-run", "submitted")
    ends = [(await recover(house, name)).failure for _ in range(2)]
    assert [end and end.error for end in ends] == ["InvalidCredentials", None]
    seen = state(house, name, user)
    assert (seen["password_refusals"], seen["refused_password_repeats"], seen["links_used"]) == (1, 0, 1)
    assert house.vault.get(name).password.get_secret_value() == seen["password"]


async def test_a_portal_is_asked_for_two_letters_a_day(house: House) -> None:
    name, user = locked_out(house, "availity")
    house.world.post("/faults", portal="availity", user=user, kind="mail_lost", times=3)
    ends = [(await recover(house, name, seconds=1)).failure for _ in range(3)]
    assert [end and end.error for end in ends] == ["CodeNotReceived", "CodeNotReceived", "AccountHeld"]
    assert state(house, name, user)["reset_requests"] == 2


async def test_the_service_never_recovers(house: House) -> None:
    name, user = locked_out(house, "availity")
    async with house.runner("service") as runner:
        with pytest.raises(InputError, match="a person"):
            await recover_password(runner, house.inventory, house.vault, house.settings, name, by="service")
    assert state(house, name, user)["reset_requests"] == 0


@pytest.mark.slow
@pytest.mark.usefixtures("mortal")
@pytest.mark.sampled(SHARES)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("portal", PORTALS, indirect=True)
async def test_a_kill_at_every_step_ends_signed_in(house: House, portal: str, share: int) -> None:
    async def recover_it(runner: Runner, name: str) -> RunResult:
        return await recover_password(runner, house.inventory, house.vault, house.settings, name, by="Ann")

    async def signs_in(runner: Runner, cut: Cut) -> None:
        again = await recover_it(runner, cut.name)
        kept, seen = house.vault.get(cut.name), state(house, cut.name, cut.user)
        assert again.failure is None, (cut.where, again.failure)
        assert kept.password.get_secret_value() == seen["password"], cut.where
        assert (seen["locked"], seen["lock_count"], seen["links_sent"] <= 2) == (False, 0, True), cut.where

    await killed_at_every_step(house, lambda: locked_out(house, portal), recover_it, signs_in, share=share)


def test_every_portal_that_recovers_passwords_is_tried() -> None:
    assert {name for name, each in portals().items() if each.password_recovery} == set(PORTALS)
