"""The answer to the browser's own prompt, against portals that refuse it later, send it elsewhere, or hang up."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
from playwright.async_api import BrowserContext, Error, Page
from test_gate import context, line

from bots.desk import Verdict
from bots.prompt import Prompt
from bots.relay import Line

__all__ = ["context", "line"]

GIVEN = "someone:s3cret&more 1"
SCRIPTS = "".join(f"<script async src=/script{number}.js></script>" for number in range(8))


class Portal:
    """Takes the password while `takes` says so; `seen` are host, path and verdict of the requests that carried it."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bool]] = []
        self.takes: Callable[[str], bool] = lambda path: True
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://portal.localhost:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                heads = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines[1:])}
                answer = self.answer(lines[0].split()[1], heads["host"], heads.get("authorization", ""))
                if answer is None:
                    writer.transport.abort()
                    return
                writer.write(answer.encode())

    def answer(self, path: str, host: str, given: str) -> str | None:
        carries = base64.b64decode(given.removeprefix("Basic ")).decode() == GIVEN
        taken = carries and self.takes(path)
        if carries:
            self.seen.append((host.partition(":")[0], path, taken))
        if path == "/cut" and carries:
            return None
        if host.startswith("portal") and not taken:
            return 'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 2\r\n\r\nno'
        if path in ("/away", "/within"):
            target = f"http://elsewhere.localhost:{self.port}/x" if path == "/away" else "/page"
            return f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
        body = SCRIPTS if path == "/page" else "<h1>ok</h1>"
        kind = "application/javascript" if path.endswith(".js") else "text/html"
        return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}"


@pytest.fixture
async def portal() -> AsyncIterator[Portal]:
    portal = Portal()
    listening = await asyncio.start_server(portal.serve, "127.0.0.1", 0)
    portal.port = listening.sockets[0].getsockname()[1]
    yield portal
    listening.close()


class Desk:
    """Says whether the password may go out, and hears of its refusal."""

    def __init__(self) -> None:
        self.allows, self.refusals = True, 0

    async def leave(self) -> bool:
        return self.allows

    async def refused(self) -> None:
        self.refusals += 1


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


@pytest.fixture
async def prompt(page: Page, line: Line, portal: Portal, desk: Desk) -> Prompt:
    """That has answered the first page already."""
    prompt = Prompt(page, line, portal.address, GIVEN, desk.leave, desk.refused)
    await prompt.begin()
    await page.goto(portal.address + "/first")
    prompt.go_on()
    portal.seen.clear()
    return prompt


async def see(page: Page, address: str) -> None:
    with suppress(Error):
        await page.goto(address)


async def test_of_many_requests_at_once_one_is_refused(prompt: Prompt, page: Page, portal: Portal, desk: Desk) -> None:
    """The password is changed while a page with eight scripts loads."""
    portal.takes = lambda path: not path.endswith(".js")
    await see(page, portal.address + "/page")
    await see(page, portal.address + "/page")
    assert [taken for _, _, taken in portal.seen] == [True, False]
    assert (prompt.verdict, desk.refusals) == (Verdict.REFUSED, 1)


async def test_it_goes_with_all_requests_while_it_is_taken(prompt: Prompt, page: Page, portal: Portal) -> None:
    await see(page, portal.address + "/within")
    paths = {f"/script{number}.js" for number in range(8)}
    assert {path for _, path, taken in portal.seen if taken} == {"/within", "/page", *paths}
    assert prompt.verdict is Verdict.ACCEPTED


async def test_no_redirect_takes_it_elsewhere(prompt: Prompt, page: Page, portal: Portal) -> None:
    await see(page, portal.address + "/away")
    await see(page, f"http://elsewhere.localhost:{portal.port}/page")
    assert portal.seen == [("portal.localhost", "/away", True)]


async def test_nothing_follows_one_without_an_answer(prompt: Prompt, page: Page, portal: Portal) -> None:
    await see(page, portal.address + "/cut")
    await see(page, portal.address + "/page")
    assert [path for _, path, _ in portal.seen] == ["/cut"]
    assert prompt.verdict is Verdict.UNKNOWN


async def test_nothing_goes_out_without_leave(prompt: Prompt, page: Page, portal: Portal, desk: Desk) -> None:
    desk.allows = False
    await see(page, portal.address + "/page")
    assert portal.seen == []


async def test_until_the_first_was_taken_nothing_else_goes_out(
    page: Page, line: Line, portal: Portal, desk: Desk
) -> None:
    prompt = Prompt(page, line, portal.address, GIVEN, desk.leave, desk.refused)
    await prompt.begin()
    async with page.expect_request("**/script7.js"):
        await page.goto(portal.address + "/page", wait_until="commit")
    await page.evaluate("new Promise(done => { const it = new Image(); it.onerror = done; it.src = '/picture' })")
    assert [path for _, path, _ in portal.seen] == ["/page"]
    async with page.expect_request_finished(lambda request: "script7" in request.url):
        prompt.go_on()
    assert len(portal.seen) > 1
