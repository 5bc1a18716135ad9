"""A person at the browser: what they submit is counted before it leaves, and their session is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from house import House
from playwright.async_api import Page
from pydantic import SecretStr

from bots import now
from bots.codes.totp import Totp
from bots.desk import SignIn
from bots.runner import Runner, RunResult


class Somebody:
    """A person who does what a test says."""

    def __init__(self, act: Callable[[Page], Awaitable[None]]) -> None:
        self.act = act
        self.told: list[str] = []

    def tell(self, words: str) -> None:
        self.told.append(words)


async def assist(house: House, name: str, act: Callable[[Page], Awaitable[None]]) -> tuple[RunResult, list[str]]:
    person = Somebody(act)
    runner = Runner(house.settings, house.inventory, house.vault, house.key, source="command", by="Ann", person=person)
    try:
        return await runner.run(name, "assist"), person.told
    finally:
        await runner.stop()


async def type_password(page: Page, user: str, password: SecretStr) -> None:
    await page.locator("#userId").fill(user)
    await page.locator("#password").fill(password.get_secret_value())
    await page.locator("#password").press("Enter")


async def test_a_sign_in_by_hand_is_counted_and_kept(house: House) -> None:
    name, user = house.account()
    credential = house.vault.get(name)
    assert credential.totp_secret

    async def act(page: Page) -> None:
        await page.locator("#onetrust-accept-btn-handler").click()
        await type_password(page, user, credential.password)
        await page.get_by_label("Authenticate me using my Authenticator app").check()
        await page.get_by_role("button", name="Continue", exact=True).click()
        totp = Totp(SecretStr(credential.totp_secret.get_secret_value()))
        await page.locator("#code").fill(totp.code_for(totp.step_at(now.utc())).get_secret_value())
        await page.get_by_role("button", name="Continue", exact=True).click()
        await page.get_by_role("button", name="Patient Registration").wait_for()

    result, told = await assist(house, name, act)
    assert (result.failure, result.sign_in, told) == (None, SignIn.PASSWORD, [])
    rows = house.inventory.rows("SELECT kind, verdict FROM ledger WHERE account = ? ORDER BY id", (name,))
    assert [(row["kind"], row["verdict"]) for row in rows] == [("password", "accepted"), ("signed_in", "accepted")]
    async with house.runner() as runner:
        again = await runner.run(name, "login")
    assert (again.failure, again.sign_in) == (None, SignIn.STORED)
    assert house.world.account("availity", user)["password_submissions"] == 1


async def test_a_person_can_not_lock_the_account_here(house: House) -> None:
    name, user = house.account()

    async def act(page: Page) -> None:
        for number in range(4):
            await type_password(page, user, SecretStr(f"Wr0ng-pass${number}"))
            await page.wait_for_function(
                "!document.querySelector('#password')?.value || document.querySelector('.MuiAlert-message')"
            )

    result, told = await assist(house, name, act)
    assert result.failure
    assert result.failure.error == "AccountHeld"
    assert house.inventory.rows("SELECT 1 FROM incidents WHERE kind = 'repair'") == []
    seen = house.world.account("availity", user)
    assert (seen["password_submissions"], seen["locked"]) == (2, False)
    assert any("held" in words for words in told)


async def test_a_password_typed_before_counts_with_those_typed_now(house: House) -> None:
    name, user = house.account(password="Wr0ng-pass$1")
    async with house.runner() as runner:
        assert (await runner.run(name, "login")).failure
    result, _ = await assist(house, name, lambda page: type_password(page, user, SecretStr("Wr0ng-pass$1")))
    assert result.failure
    assert result.failure.error == "AccountFrozen"
    assert house.world.account("availity", user)["password_submissions"] == 1


async def test_a_closed_window_is_the_end(house: House) -> None:
    name, user = house.account()

    async def act(page: Page) -> None:
        await page.close()

    result, _ = await assist(house, name, act)
    assert result.failure
    assert result.failure.error == "AccountHeld"
    assert house.world.account("availity", user)["password_submissions"] == 0
    assert house.inventory.rows("SELECT 1 FROM ledger WHERE account = ?", (name,)) == []


def test_without_a_screen_it_says_how_to_get_one(house: House) -> None:
    name, _ = house.account()
    house.env.pop("DISPLAY", None)
    house.env.pop("WAYLAND_DISPLAY", None)
    ended = house.pk("assist", name)
    assert ended.returncode == 2
    assert "ssh -X" in ended.stderr


async def test_a_form_that_opens_another_tab_is_asked_for_too(house: House) -> None:
    name, _ = house.account()

    async def act(page: Page) -> None:
        await page.set_content(
            f"<form method=post target=_blank action='{house.world.urls['availity']}/x'>"
            "<input type=password name=p value='Wr0ng-pass$1'><button>Go</button></form>"
        )
        async with page.expect_popup() as opened:
            await page.get_by_role("button", name="Go").click()
        await (await opened.value).wait_for_load_state()

    await assist(house, name, act)
    rows = house.inventory.rows("SELECT kind, verdict FROM ledger WHERE account = ?", (name,))
    assert [(row["kind"], row["verdict"]) for row in rows] == [("password", "unknown")]
