"""The relay: a browser context's way to the network, on which a submission can't be sent twice.

Chromium by itself sends a POST again when a connection that was used before is cut before the answer: one click, two
submissions at the portal. It can do so only once it knows of the cut, and the relay, which stands between, keeps
the cut to itself until the submission is answered, or until no second connection to that host can be had.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Request, Response

HOLD_SECONDS = 3  # an answer's news takes milliseconds; a cut that is held longer is no answer
CONNECT_SECONDS = 30
CHUNK = 65536
SENT_ON = (307, 308)  # a redirect with which the browser sends the same body to another address
ADDRESS_LENGTHS, NAME = {1: 4, 4: 16}, 3  # RFC 1928, section 5
SUCCEEDED, UNREACHABLE, REFUSED = 0, 4, 5  # RFC 1928, section 6


@dataclass(eq=False)
class _Tunnel:
    """One connection of the browser. `asked` tells that something was sent on it since the submission began."""

    host: str
    browser: asyncio.StreamWriter
    asked: bool = False


class Line:
    """The relay of one context: a SOCKS 5 server (RFC 1928) on loopback, at `address`."""

    def __init__(self) -> None:
        self.address = ""
        self._tunnels: set[_Tunnel] = set()
        self._under_way: set[Request] = set()
        self._hosts: set[str] = set()
        self._answered = asyncio.Event()
        self._answered.set()
        self._doubtful = False
        self._shut = False

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Line]:
        """A line; at the end its connections are closed."""
        line = cls()
        server = await asyncio.start_server(line._serve, "127.0.0.1", 0, limit=CHUNK)
        line.address = f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield line
        finally:
            server.close()
            line._cut({tunnel.host for tunnel in line._tunnels})

    def follow(self, context: BrowserContext) -> None:
        """Begin to see what becomes of the submissions of the context."""
        context.on("response", self._response)
        context.on("requestfailed", self._over)

    def leave(self, context: BrowserContext) -> None:
        """No submission is under way any more."""
        context.remove_listener("response", self._response)
        context.remove_listener("requestfailed", self._over)
        self._under_way.clear()
        self._let_go()

    def submitting(self, request: Request) -> None:
        """From now on this is on its way, and must not be sent twice."""
        if not self._under_way:
            self._answered.clear()
            for tunnel in self._tunnels:
                tunnel.asked = False
        self._under_way.add(request)
        self._hosts.add(_host(request.url))

    def _response(self, response: Response) -> None:
        if response.status not in SENT_ON:
            self._over(response.request)
        elif first_of(response.request) in self._under_way:
            self._hosts.add(_host(urljoin(response.url, response.headers.get("location", ""))))

    def _over(self, request: Request) -> None:
        self._under_way.discard(first_of(request))
        if not self._under_way:
            self._let_go()

    def _let_go(self) -> None:
        """All was answered, or came to nothing: a new sending would be another submission."""
        self._doubtful = self._shut = False
        self._hosts.clear()
        self._answered.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError, asyncio.LimitOverrunError):
            try:
                host, port = await _asked_for(reader, writer)
                if host not in self._hosts or await self._may_connect():
                    await self._connect(host, port, reader, writer)
            finally:
                writer.close()

    async def _may_connect(self) -> bool:
        """Not while a connection is gone that may have carried the submission: this could be the second sending."""
        if self._doubtful and not self._shut:
            await self._wait_for_answer()
        return not self._shut

    async def _wait_for_answer(self) -> None:
        """Hold still until the submission is answered. Past the time, shut the line until that is known."""
        try:
            await asyncio.wait_for(self._answered.wait(), HOLD_SECONDS)
        except TimeoutError:
            self._shut = not self._answered.is_set()

    async def _connect(self, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                there, to_there = await _connection(host, port)
        except OSError as error:
            _reply(writer, REFUSED if isinstance(error, ConnectionRefusedError) else UNREACHABLE)
            return
        _reply(writer, SUCCEEDED)
        tunnel = _Tunnel(host, writer)
        self._tunnels.add(tunnel)
        try:
            await self._relay(tunnel, reader, there, to_there)
        finally:
            self._tunnels.discard(tunnel)
            to_there.transport.abort()

    async def _relay(
        self,
        tunnel: _Tunnel,
        reader: asyncio.StreamReader,
        there: asyncio.StreamReader,
        to_there: asyncio.StreamWriter,
    ) -> None:
        """Carry bytes both ways until one side ends."""
        out = asyncio.ensure_future(_carry(reader, to_there, tunnel))
        back = asyncio.ensure_future(_carry(there, tunnel.browser))
        try:
            await asyncio.wait((out, back), return_when=asyncio.FIRST_COMPLETED)
            if tunnel.asked and tunnel.host in self._hosts:
                self._doubtful = True
                if back.done():
                    await self._wait_for_answer()
                if self._shut:
                    self._cut(self._hosts)
        finally:
            out.cancel()
            back.cancel()

    def _cut(self, hosts: set[str]) -> None:
        """Leave no connection to these hosts on which anything could be sent again."""
        for tunnel in self._tunnels:
            if tunnel.host in hosts:
                tunnel.browser.transport.abort()


def first_of(request: Request) -> Request:
    """The request that a page made, of one that redirects led to."""
    while request.redirected_from:
        request = request.redirected_from
    return request


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter, tunnel: _Tunnel | None = None) -> None:
    with suppress(OSError):
        while data := await source.read(CHUNK):
            if tunnel:
                tunnel.asked = True
            target.write(data)
            await target.drain()


async def _asked_for(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """The host and port that the browser wants to be connected with."""
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    kind = (await reader.readexactly(4))[3]
    length = ADDRESS_LENGTHS.get(kind) or (await reader.readexactly(1))[0]
    raw = await reader.readexactly(length)
    port = int.from_bytes(await reader.readexactly(2), "big")
    return raw.decode("ascii") if kind == NAME else str(ip_address(raw)), port


def _reply(writer: asyncio.StreamWriter, code: int) -> None:
    writer.write(bytes((5, code, 0, 1, 0, 0, 0, 0, 0, 0)))


async def _connection(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the host, through the proxy that the environment names for it, if any."""
    if host == "localhost" or host.endswith(".localhost"):
        host = "127.0.0.1"  # RFC 6761; not every resolver knows it
    proxy = urlsplit("" if proxy_bypass(host) else getproxies().get("https", ""))
    if not proxy.hostname:
        return await asyncio.open_connection(host, port, limit=CHUNK, happy_eyeballs_delay=0.25)
    reader, writer = await asyncio.open_connection(proxy.hostname, proxy.port or 80, limit=CHUNK)
    known = base64.b64encode(f"{unquote(proxy.username or '')}:{unquote(proxy.password or '')}".encode()).decode()
    leave = f"Proxy-Authorization: Basic {known}\r\n" if proxy.username else ""
    writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{leave}\r\n".encode())
    if b" 200" not in (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0]:
        writer.transport.abort()
        raise ConnectionRefusedError(f"the proxy {proxy.hostname} refuses a connection")
    return reader, writer
