"""A forgotten password is recovered by a believed letter only; after a kill at any point the command may be given again."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import pytest
from house import House
from killing import LIFE, Killed, Life, codes_in_a_row, mortal

from bots import freezes
from bots.desk import Failure
from bots.runner.password_recovery import recover_password
from bots.runner.runner import RunResult
from flows.errors import InputError

__all__ = ["codes_in_a_row", "mortal"]
pytestmark = pytest.mark.usefixtures("codes_in_a_row")
SHARES = 4
PORTALS = ("availity",)
STRANGER = "http://stranger.localhost/availity-fr-ui/#/reset-password?token=x"


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


@pytest.mark.parametrize("portal", PORTALS)
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


@pytest.mark.parametrize("portal", PORTALS)
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


@pytest.mark.parametrize(
    ("letter", "words"),
    [
        ({"link": STRANGER, "dkim": "pass", "from": "Availity <noreply@availity.localhost>"}, "another host"),
        ({"link": STRANGER, "dkim": "none"}, "not signed by the portal"),
        ({"link": STRANGER, "dkim": "pass"}, "not signed by the portal"),
        ({"link": "OWN", "dkim": "fail", "from": "Availity <noreply@availity.localhost>"}, "not signed by the portal"),
        (
            {"link": "OWN", "dkim": "pass", "from": "Availity <noreply@availity.localhost>", "age_seconds": 600},
            "before",
        ),
    ],
)
async def test_a_letter_that_is_not_believed_is_not_opened(house: House, letter: dict[str, Any], words: str) -> None:
    """The false letter comes while the real one is lost."""
    name, user = locked_out(house, "availity")
    link = letter["link"].replace("OWN", house.world.urls["availity"] + "/x#/reset-password?token=x")
    house.world.post("/faults", portal="availity", user=user, kind="mail_lost")
    from bots.mail import Inbox

    mark = Inbox.mark

    def marked(inbox: Inbox) -> Any:
        found = mark(inbox)
        house.world.post(
            "/mail", portal="availity", user=user, subject="Reset your Availity password", **{**letter, "link": link}
        )
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inbox, "mark", marked)
        result = await recover(house, name, seconds=2)
    assert result.failure
    assert result.failure.error == "CodeNotReceived"
    assert words in result.failure.message
    assert state(house, name, user)["change_submissions"] == 0


async def test_a_used_link_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from pydantic import SecretStr

    from bots.mail import Inbox

    name, user = locked_out(house, "availity")
    assert (await recover(house, name)).failure is None
    link = house.world.get(f"/mail?user={user}")[0]["link"]

    async def old_link(*arguments: Any) -> SecretStr:
        return SecretStr(link)

    monkeypatch.setattr(Inbox, "wait", old_link)
    again = await recover(house, name)
    assert again.failure
    assert (again.failure.error, again.failure.phrase) == ("CodeRejected", "link_used")
    assert house.vault.get(name).pending is None


async def test_a_link_of_another_user_is_left_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two accounts share a mailbox, and the letters cross."""
    from pydantic import SecretStr

    from bots.mail import Inbox

    other, other_user = locked_out(house, "availity")
    house.world.post("/faults", portal="availity", user=other_user, kind="server_error", at="reset_post", applied=False)
    assert (await recover(house, other)).failure
    link = house.world.get(f"/mail?user={other_user}")[0]["link"]
    name, user = locked_out(house, "availity")

    async def crossed(*arguments: Any) -> SecretStr:
        return SecretStr(link)

    monkeypatch.setattr(Inbox, "wait", crossed)
    result = await recover(house, name)
    assert result.failure
    assert "another user id" in result.failure.message
    assert state(house, other, other_user)["password_changes"] == 0
    assert state(house, name, user)["password_changes"] == 0


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("portal", PORTALS)
async def test_an_error_after_the_submission_is_settled(house: House, portal: str, applied: bool) -> None:
    name, user = locked_out(house, portal)
    house.world.post("/faults", portal=portal, user=user, kind="server_error", at="reset_post", applied=applied)
    first = await recover(house, name)
    second = first if first.failure is None else await recover(house, name)
    assert second.failure is None
    seen = state(house, name, user)
    assert house.vault.get(name).password.get_secret_value() == seen["password"]
    assert (seen["locked"], seen["lock_count"]) == (False, 0)


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
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("portal", PORTALS)
async def test_a_kill_at_every_step_ends_signed_in(house: House, portal: str, share: int) -> None:
    house.settings = house.settings.model_copy(update={"brake_refusals": 1000})
    name, _ = locked_out(house, portal)
    whole = Life(sys.maxsize)
    LIFE.set(whole)
    assert (await recover(house, name)).failure is None
    assert len(whole.taken) > 10
    for number in range(1 + share, len(whole.taken) + 1, SHARES):
        await killed_at(house, portal, number)


async def killed_at(house: House, portal: str, number: int) -> None:
    name, user = locked_out(house, portal)
    life = Life(number)
    LIFE.set(life)
    with suppress(Killed):
        await recover(house, name)
    LIFE.set(None)
    again = await recover(house, name)
    where, kept, seen = (number, life.taken[-1]), house.vault.get(name), state(house, name, user)
    assert again.failure is None, (where, again.failure)
    assert kept.password.get_secret_value() == seen["password"], where
    assert (seen["locked"], seen["lock_count"]) == (False, 0), where
    assert seen["links_sent"] <= 2, where
