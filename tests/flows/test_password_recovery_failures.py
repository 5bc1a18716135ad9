"""Letters that are not believed, links and codes that are worth nothing, and what else may stop a recovery."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from asking import order, policies
from house import House
from killing import codes_in_a_row
from pydantic import SecretStr
from test_password_recovery import locked_out, portal, recover, state

from bots.codes.inbox import Inbox
from bots.desk import Failure
from bots.runner import password_change

__all__ = ["codes_in_a_row", "policies", "portal"]
pytestmark = pytest.mark.usefixtures("codes_in_a_row")

LETTERS = {
    "availity": {"subject": "Reset your Availity password", "from": "Availity <noreply@availity.localhost>"},
    "uhc": {"subject": "Access Code Notification", "from": "One Healthcare ID <noreply@onehealthcareid.localhost>"},
}
STRANGER = "Account Security <noreply@stranger.example>"
OTHER_HOST = "http://stranger.localhost/availity-fr-ui/#/reset-password?token=x"
OWN_HOST = "{address}/x#/reset-password?token=x"
EXPIRED = {"availity": "link_expired", "uhc": "code_refused"}


@contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """What happens between the asking for a letter and its coming."""
    wait = Inbox.wait

    async def and_act(inbox: Inbox, *arguments: Any) -> SecretStr:
        act()
        return await wait(inbox, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Inbox, "wait", and_act)
        yield


async def recover_with(house: House, name: str, user: str, seconds: int = 20, **letter: object) -> Failure | None:
    """Recover it while the real letter is lost and this one comes in its place."""
    portal = name.partition("-")[0]
    house.world.post("/faults", portal=portal, user=user, kind="mail_lost")
    said = {"portal": portal, "user": user, "dkim": "pass", **LETTERS[portal], **letter}
    with meanwhile(lambda: house.world.post("/mail", **said)):
        return (await recover(house, name, seconds)).failure


async def asked_before(house: House, name: str, user: str) -> dict[str, Any]:
    """The letter of an earlier asking, for which nobody waited."""
    failure = (await recover(house, name, seconds=0)).failure
    assert failure
    assert failure.error == "CodeNotReceived"
    letter: dict[str, Any] = house.world.get(f"/mail?user={user}")[0]
    return letter


@pytest.mark.parametrize(
    ("portal", "letter", "words"),
    [
        ("availity", {"link": OTHER_HOST}, "another host"),
        ("availity", {"link": OTHER_HOST, "dkim": "none"}, "not signed by the portal"),
        ("availity", {"link": OTHER_HOST, "from": STRANGER}, "not signed by the portal"),
        ("availity", {"link": OWN_HOST, "dkim": "fail"}, "not signed by the portal"),
        ("availity", {"link": OWN_HOST, "age_seconds": 600}, "before"),
        ("uhc", {"code": "000000", "dkim": "none"}, "not signed by the portal"),
        ("uhc", {"code": "000000", "age_seconds": 600}, "before"),
    ],
)
async def test_a_letter_that_is_not_believed_is_not_used(
    house: House, portal: str, letter: dict[str, Any], words: str
) -> None:
    name, user = locked_out(house, portal)
    if "link" in letter:
        letter = {**letter, "link": letter["link"].format(address=house.world.urls[portal])}
    failure = await recover_with(house, name, user, seconds=2, **letter)
    assert failure
    assert failure.error == "CodeNotReceived"
    assert words in failure.message
    seen = state(house, name, user)
    assert (seen["change_submissions"], seen["reset_code_submissions"]) == (0, 0)


async def test_a_used_link_is_told(house: House) -> None:
    name, user = locked_out(house, "availity")
    assert (await recover(house, name)).failure is None
    used = house.world.get(f"/mail?user={user}")[0]["link"]
    again = await recover_with(house, name, user, link=used)
    assert again
    assert (again.error, again.phrase) == ("CodeRejected", "link_used")
    assert house.vault.get(name).pending is None


async def test_a_link_of_another_user_is_left_alone(house: House) -> None:
    """Two accounts share a mailbox, and the letters cross."""
    (name, user), (other, other_user) = locked_out(house, "availity"), locked_out(house, "availity")
    theirs = await asked_before(house, other, other_user)
    failure = await recover_with(house, name, user, link=theirs["link"])
    assert failure
    assert "another user id" in failure.message
    assert state(house, other, other_user)["password_changes"] == state(house, name, user)["password_changes"] == 0


async def test_a_code_of_another_user_is_refused(house: House) -> None:
    """Likewise; a code is good for the user id typed in its window only, so that is all that can happen."""
    (name, user), (other, other_user) = locked_out(house, "uhc"), locked_out(house, "uhc")
    theirs = await asked_before(house, other, other_user)
    failure = await recover_with(house, name, user, code=theirs["code"])
    assert failure
    assert (failure.error, failure.phrase) == ("CodeRejected", "code_refused")
    seen, others = state(house, name, user), state(house, other, other_user)
    assert (seen["reset_code_submissions"], others["reset_code_submissions"]) == (1, 0)
    assert seen["change_submissions"] == others["change_submissions"] == 0
    assert house.vault.get(name).pending is None
    assert (await recover(house, name)).failure is None


@pytest.mark.parametrize("stale", [True, False])
async def test_a_code_is_given_once(house: House, stale: bool) -> None:
    """It is of a letter that a newer one has replaced, or was never sent."""
    name, user = locked_out(house, "uhc")
    code = (await asked_before(house, name, user))["code"] if stale else "000000"
    failure = await recover_with(house, name, user, code=code)
    assert failure
    assert (failure.error, failure.phrase, failure.screen) == ("CodeRejected", "code_refused", "AccessCode")
    seen = state(house, name, user)
    assert (seen["reset_code_submissions"], seen["reset_code_refusals"], seen["change_submissions"]) == (1, 1, 0)
    assert house.vault.get(name).pending is None


async def test_a_code_that_died_of_refusals_is_told(house: House, policies: Callable[..., None]) -> None:
    policies("uhc", code_refusal_limit=1)
    name, user = locked_out(house, "uhc")

    def somebody_else_types_one() -> None:
        address = f"http://127.0.0.1:{urlsplit(house.world.urls['uhc']).port}/api/v1/auth/recover/code"
        wrong = json.dumps({"username": user, "code": "wrong1"}).encode()
        request = urllib.request.Request(address, wrong, {"Host": "onehealthcareid.localhost"}, method="POST")
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(request, timeout=60)

    with meanwhile(somebody_else_types_one):
        failure = (await recover(house, name)).failure
    assert failure
    assert (failure.error, failure.phrase) == ("CodeRejected", "code_refused")
    assert state(house, name, user)["reset_code_refusals"] == 2
    assert (await recover(house, name)).failure is None


async def test_a_letter_that_came_too_late_is_told(house: House, portal: str, policies: Callable[..., None]) -> None:
    policies(portal, reset_link_hours=1)
    name, user = locked_out(house, portal)
    with meanwhile(lambda: house.world.advance(3601)):
        failure = (await recover(house, name)).failure
    assert failure
    assert (failure.error, failure.phrase) == ("CodeRejected", EXPIRED[portal])
    assert state(house, name, user)["change_submissions"] == 0


async def test_too_many_askings_at_the_portal_are_told(
    house: House, portal: str, policies: Callable[..., None]
) -> None:
    policies(portal, reset_links_a_day=1)
    name, user = locked_out(house, portal)
    await asked_before(house, name, user)
    failure = (await recover(house, name)).failure
    assert failure
    assert (failure.error, failure.phrase) == ("CodeNotReceived", "too_many_letters")
    seen = state(house, name, user)
    assert (seen["reset_requests"], seen["links_sent"]) == (2, 1)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("server_error", "PortalUnavailable"),
        ("cut_after", "PortalUnavailable"),
        ("captcha", "CaptchaShown"),
        ("access_blocked", "AccessBlocked"),
    ],
)
async def test_what_comes_in_place_of_the_letter_is_told(house: House, portal: str, kind: str, error: str) -> None:
    name, user = locked_out(house, portal)
    order(house, portal, user, kind, "forgot_post", **({"connection": "fresh"} if kind == "cut_after" else {}))
    failure = (await recover(house, name)).failure
    assert failure
    assert failure.error == error
    assert house.vault.get(name).pending is None
    assert state(house, name, user)["change_submissions"] == 0


@pytest.mark.parametrize(
    ("new", "phrase"), [("short", "new_password_refused"), ("F1rst-pass-word", "password_used_before")]
)
async def test_a_new_password_that_is_not_taken(
    house: House, portal: str, new: str, phrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password_change, "new_password", lambda rules, user: SecretStr(new))
    name, user = locked_out(house, portal)
    for password in ("F1rst-pass-word", "0ther-pass$Word"):
        house.world.post("/accounts", portal=portal, user=user, password=password)
    failure = (await recover(house, name)).failure
    assert failure
    assert (failure.error, failure.phrase) == ("NewPasswordRefused", phrase)
    seen = state(house, name, user)
    assert (seen["change_submissions"], seen["change_refusals"], seen["password"]) == (1, 1, "0ther-pass$Word")
    assert (seen["password_submissions"], seen["locked"]) == (0, True)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("server_error", {"applied": True}),
        ("server_error", {"applied": False}),
        ("cut_after", {"connection": "fresh"}),
        ("cut_after", {"connection": "reused"}),
    ],
)
async def test_an_error_after_the_submission_is_settled(
    house: House, portal: str, kind: str, more: dict[str, object]
) -> None:
    name, user = locked_out(house, portal)
    order(house, portal, user, kind, "reset_post", **more)
    first = await recover(house, name)
    second = first if first.failure is None else await recover(house, name)
    assert second.failure is None
    seen = state(house, name, user)
    assert house.vault.get(name).password.get_secret_value() == seen["password"]
    assert (seen["locked"], seen["lock_count"]) == (False, 0)
