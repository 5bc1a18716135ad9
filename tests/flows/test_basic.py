"""Signing in at the browser's own prompt (HTTP Basic): TMHP's older site, and pages that would have it twice."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from asking import ask, ledger, order, policies
from house import House, question
from playwright.async_api import Page, async_playwright
from pydantic import SecretStr

from bots.browser import find_browser
from bots.desk import SignIn
from flows.eligibility import EligibilityAnswer
from flows.errors import InvalidCredentials
from payers.identity import basic

__all__ = ["policies"]


@pytest.fixture
def older(policies: Callable[..., None]) -> None:
    policies("tmhp", sign_in_page="basic")


pytestmark = pytest.mark.usefixtures("older")


async def test_signs_in_and_asks(house: House) -> None:
    """Each request brings the password again; the portal has one sign-in, and so has the ledger."""
    name, user = house.account("tmhp")
    members = house.world.members("tmhp", "active")[:2]
    run, answers = await ask(house, name, *map(question, members))
    assert (run.failure, run.sign_in) == (None, SignIn.PASSWORD)
    assert [type(answer) for answer in answers] == [EligibilityAnswer] * 2
    assert [answer.returned_member_id for answer in answers] == [member["member_id"] for member in members]
    seen = house.world.account("tmhp", user)
    assert (seen["password_submissions"], seen["sign_ins"], seen["code_submissions"]) == (1, 1, 0)
    assert ledger(house, name) == [("password", "accepted", 1)]


async def test_a_refused_password_goes_out_once(house: House) -> None:
    """The page that comes with the refusal has a picture behind the same prompt."""
    name, user = house.account("tmhp", password="Wrong-1234")
    run, _ = await ask(house, name, flow="login")
    assert run.failure is not None
    assert run.failure.error == "InvalidCredentials"
    assert house.world.account("tmhp", user)["password_submissions"] == 1
    assert ledger(house, name) == [("password", "refused", 1)]
    again, _ = await ask(house, name, flow="login")
    assert again.failure is not None
    assert house.world.account("tmhp", user)["password_submissions"] == 1


@pytest.mark.parametrize(("kind", "error"), [("server_error", "PortalUnavailable"), ("cut_after", "PortalUnavailable")])
async def test_an_answer_that_does_not_come_is_no_refusal(house: House, kind: str, error: str) -> None:
    name, user = house.account("tmhp")
    order(house, "tmhp", user, kind, "login_post", times=1)
    run, _ = await ask(house, name, flow="login")
    seen = house.world.account("tmhp", user)
    submissions = sum(row[2] for row in ledger(house, name))
    assert seen["password_submissions"] <= submissions <= 2
    assert run.failure is None or run.failure.error == error


async def test_a_stale_account_gets_an_application_error(house: House) -> None:
    name, _ = house.account("tmhp", disabled=True)
    run, _ = await ask(house, name, flow="login")
    assert run.failure is not None
    assert (run.failure.error, run.failure.screen) == ("AccountDisabled", "ApplicationError")


async def test_has_no_known_form_for_a_new_password(house: House) -> None:
    name, user = house.account("tmhp")
    run, _ = await ask(house, name, flow="password_reset")
    assert run.failure is not None
    assert run.failure.error == "InputError"
    assert house.world.account("tmhp", user)["password_changes"] == 0


class Server:
    """Answers each path with what is set for it, and keeps the heads of the requests."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.answers: dict[str, str] = {}
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        answer = self.answers.get(head.split()[1], "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n")
        writer.write(f"{answer}Connection: close\r\n\r\nok".encode())
        await writer.drain()
        writer.close()

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Server]:
        server = cls()
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        server.address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server
        listening.close()


async def test_another_host_never_gets_the_password(page: Page) -> None:
    """Neither by a redirect, nor for what the page has from elsewhere."""
    given = base64.b64encode(b"somebody:s3cret").decode()
    async with Server.open() as portal, Server.open() as elsewhere:
        portal.answers["/moved"] = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere.address}/\r\nContent-Length: 2\r\n"
        await basic.sign_in(_session(page, portal.address), f"{portal.address}/moved")
        assert [given in head for head in portal.heads] == [True]
        assert [given in head for head in elsewhere.heads] == [False]
        assert elsewhere.heads


async def test_a_refusal_is_told_by_its_status(page: Page) -> None:
    async with Server.open() as portal:
        portal.answers["/"] = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=a\r\nContent-Length: 2\r\n"
        with pytest.raises(InvalidCredentials):
            await basic.sign_in(_session(page, portal.address), f"{portal.address}/")
        assert len(portal.heads) == 1


def _session(page: Page, address: str) -> Any:
    @asynccontextmanager
    async def step(name: str, *, private: bool = False) -> AsyncIterator[None]:
        assert private
        yield

    async def password() -> SecretStr:
        return SecretStr("s3cret")

    account = SimpleNamespace(username="somebody")
    return SimpleNamespace(page=page, account=account, address=address, step=step, password=password)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser(None), args=["--no-sandbox"])
        yield await browser.new_page()
        await browser.close()
