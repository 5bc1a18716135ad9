"""The relay, against a browser that sends a cut submission again by itself."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import Mock

import pytest
from playwright.async_api import BrowserContext, Error, Page, Request

from bots import relay
from bots.browser import Host, find_browser
from bots.gate import Gate
from bots.relay import Line
from bots.settings import load

PAGE = b"<body>page</body>"
POST = "fetch('/login', {method: 'POST', body: 'password'}).then(r => r.text()).catch(e => 'no answer')"


class Portal:
    """An HTTP server that keeps connections and can cut, or linger over, each submission."""

    def __init__(self) -> None:
        self.posts = 0
        self.cut = False
        self.after: float = 0
        self.closing = False
        self.sends_on = False
        self.wires: list[asyncio.StreamWriter] = []
        self.posted_on: asyncio.StreamWriter | None = None
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.wires.append(writer)
        while head := await _head(reader):
            posted = head.startswith(b"POST")
            if posted:
                await reader.readexactly(8)
                self.posts, self.posted_on = self.posts + 1, writer
                await asyncio.sleep(self.after)
                if self.sends_on and head.startswith(b"POST /login "):
                    writer.write(b"HTTP/1.1 307 Sent on\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
                    continue
                if self.cut:
                    writer.transport.abort()
                    return
            how = b"Connection: close\r\n" if self.closing else b""
            moved = self.closing and posted
            first = b"HTTP/1.1 302 Found\r\nLocation: /home\r\n" if moved else b"HTTP/1.1 200 OK\r\n"
            body = b"" if moved else PAGE
            writer.write(first + how + b"Content-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            if self.closing:
                await writer.drain()
                writer.close()
                return


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@asynccontextmanager
async def serving(host: str) -> AsyncIterator[Portal]:
    portal = Portal()
    server = await asyncio.start_server(portal.serve, "127.0.0.1", 0)
    portal.address = f"http://{host}:{server.sockets[0].getsockname()[1]}"
    yield portal
    server.close()


@pytest.fixture
async def portal() -> AsyncIterator[Portal]:
    async with serving("portal.localhost") as portal:
        yield portal


@pytest.fixture
async def other() -> AsyncIterator[Portal]:
    async with serving("other.localhost") as portal:
        yield portal


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    host = await Host.start(find_browser(None), sandbox=load().browser_sandbox)
    yield host
    await host.stop()


@pytest.fixture
async def seat(host: Host) -> AsyncIterator[tuple[BrowserContext, Line]]:
    async with host.context(None) as seat:
        yield seat


async def at_the_form(context: BrowserContext, portal: Portal) -> Page:
    """A page whose browser keeps several connections to the portal."""
    page = await context.new_page()
    await page.goto(portal.address + "/page")
    await page.evaluate("Promise.all([1, 2, 3, 4].map(n => fetch('/page?' + n).then(r => r.text())))")
    return page


async def submitted(seat: tuple[BrowserContext, Line], page: Page, script: str = POST) -> object:
    """What the page makes of a submission through a closed gate."""
    context, line = seat
    gate = Gate(context, line, "password", frozenset())
    await gate.close()
    answer = await page.evaluate(script)
    assert gate.submissions == 1
    await gate.open()
    return answer


async def test_without_it_a_cut_submission_is_sent_again(host: Host, portal: Portal) -> None:
    """The control: this browser does it."""
    context = await host._browser.new_context()
    page = await at_the_form(context, portal)
    portal.cut = True
    assert await page.evaluate(POST) == "no answer"
    assert portal.posts > 1
    await context.close()


async def test_a_cut_submission_is_sent_once(seat: tuple[BrowserContext, Line], portal: Portal) -> None:
    page = await at_the_form(seat[0], portal)
    portal.cut = True
    assert await submitted(seat, page) == "no answer"
    assert portal.posts == 1


async def test_neither_is_one_whose_other_connections_end_first(
    seat: tuple[BrowserContext, Line], portal: Portal
) -> None:
    """The portal goes away for a moment: every kept connection ends, then the submission's, then it is back."""
    page = await at_the_form(seat[0], portal)
    portal.cut, portal.after = True, 0.3

    async def go_away() -> None:
        while not portal.posts:
            await asyncio.sleep(0.01)
        for wire in portal.wires:
            wire.close()

    gone = asyncio.create_task(go_away())
    assert await submitted(seat, page) == "no answer"
    await gone
    assert portal.posts == 1


async def test_nor_is_one_that_the_portal_sends_on(seat: tuple[BrowserContext, Line], portal: Portal) -> None:
    """With a redirect that keeps the body: the second address sees it once, too."""
    page = await at_the_form(seat[0], portal)
    portal.sends_on = portal.cut = True
    assert await submitted(seat, page) == "no answer"
    assert portal.posts == 2


async def through(line: Line, portal: Portal) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the portal, as a browser asks for one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(line.address.rpartition(":")[2]))
    writer.write(b"\x05\x01\x00" + b"\x05\x01\x00\x03\x10portal.localhost")
    writer.write(int(portal.address.rpartition(":")[2]).to_bytes(2, "big"))
    await reader.readexactly(2)
    return reader, writer


@pytest.mark.parametrize("answered", [True, False])
async def test_a_connection_that_the_browser_gives_up_has_no_successor_before_the_answer(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    """As over HTTP/2, when the portal no longer answers pings: the request is sent again on a new connection."""
    monkeypatch.setattr(relay, "HOLD_SECONDS", 0.5)
    async with Line.open() as line:
        reader, writer = await through(line, portal)
        await reader.readexactly(10)
        request = Mock(spec=Request, url=portal.address + "/login", redirected_from=None)
        line.submitting(request)
        writer.write(b"POST /login HTTP/1.1\r\n")
        while not any(tunnel.asked for tunnel in line._tunnels):
            await asyncio.sleep(0.01)
        writer.transport.abort()
        while line._tunnels:
            await asyncio.sleep(0.01)
        again, _ = await through(line, portal)
        if answered:
            line._over(request)
        assert len(await again.read(10)) == (10 if answered else 0)
        assert len(portal.wires) == (2 if answered else 1)


async def test_what_follows_a_cut_goes_out_again(seat: tuple[BrowserContext, Line], portal: Portal) -> None:
    page = await at_the_form(seat[0], portal)
    portal.cut = True
    await submitted(seat, page)
    portal.cut = False
    await page.goto(portal.address + "/page")
    assert await page.locator("body").inner_text() == "page"


async def test_a_portal_that_closes_each_connection_is_not_slowed_down(
    seat: tuple[BrowserContext, Line], portal: Portal
) -> None:
    portal.closing = True
    page = await at_the_form(seat[0], portal)
    clock = asyncio.get_running_loop().time
    began = clock()
    assert await submitted(seat, page) == PAGE.decode()  # after a redirect on a connection of its own
    assert clock() - began < relay.HOLD_SECONDS
    assert portal.posts == 1


async def test_a_kept_connection_that_ends_meanwhile_costs_no_slow_answer(
    seat: tuple[BrowserContext, Line], portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "HOLD_SECONDS", 0.2)
    page = await at_the_form(seat[0], portal)
    portal.after = 1

    async def close_the_idle() -> None:
        while not portal.posts:
            await asyncio.sleep(0.01)
        for wire in portal.wires:
            if wire is not portal.posted_on:
                wire.close()

    closing = asyncio.create_task(close_the_idle())
    assert (await submitted(seat, page), portal.posts) == (PAGE.decode(), 1)
    await closing


async def test_what_another_host_does_costs_no_slow_answer(
    seat: tuple[BrowserContext, Line], portal: Portal, other: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "HOLD_SECONDS", 0.2)
    page = await at_the_form(seat[0], portal)
    portal.after, other.closing = 1, True
    beacon = f"fetch('{other.address}/page', {{mode: 'no-cors'}}); "
    assert (await submitted(seat, page, beacon + POST), portal.posts) == (PAGE.decode(), 1)
    assert len(other.wires) == 1


async def test_a_host_that_does_not_answer_is_an_error_of_the_network(
    seat: tuple[BrowserContext, Line], portal: Portal
) -> None:
    page = await seat[0].new_page()
    server = await asyncio.start_server(portal.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    with pytest.raises(Error, match="net::ERR_SOCKS_CONNECTION_"):
        await page.goto(f"http://127.0.0.1:{port}/")


async def test_it_goes_through_the_proxy_that_the_environment_names(
    seat: tuple[BrowserContext, Line], portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[bytes] = []

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await portal.serve(reader, writer)

    proxy = await asyncio.start_server(forward, "127.0.0.1", 0)
    where = f"127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    monkeypatch.setenv("https_proxy", f"http://clerk:p%40ss@{where}")
    monkeypatch.setenv("no_proxy", "")
    page = await seat[0].new_page()
    await page.goto("http://portal.example:8080/page")
    proxy.close()
    assert await page.locator("body").inner_text() == "page"
    assert heads[0].startswith(b"CONNECT portal.example:8080 HTTP/1.1\r\n")
    assert base64.b64encode(b"clerk:p@ss") in heads[0]
