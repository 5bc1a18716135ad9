"""The gate, against pages that try to send a secret more often than once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from bots.browser import find_browser
from bots.gate import Gate
from bots.relay import Line

SECRET = "s3cret&more 1"
PAGE = "<body><input id=p><script>const secret = () => document.getElementById('p').value;</script>"


class Counting:
    """An HTTP server that counts the requests which hold the secret, and can hang up without an answer."""

    def __init__(self) -> None:
        self.posts: list[bytes] = []
        self.hang_up = False
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length")), 0
        )
        body = await reader.readexactly(length) if length else b""
        if not head.startswith(b"GET /page"):
            self.posts.append(head + body)
        if self.hang_up and not head.startswith(b"GET /page"):
            writer.transport.abort()
            return
        content = PAGE.encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            % len(content)
            + content
        )
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Counting]:
    counting = Counting()
    listening = await asyncio.start_server(counting.serve, "127.0.0.1", 0)
    counting.address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield counting
    listening.close()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with Line.open() as line:
        yield line


@pytest.fixture
async def context(line: Line) -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(executable_path=find_browser(None), args=["--no-sandbox"])
        yield await browser.new_context(proxy={"server": line.address})
        await browser.close()


Submit = Callable[[str], Awaitable[Gate]]


@pytest.fixture
def submit(context: BrowserContext, line: Line, server: Counting) -> Submit:
    """Types the secret behind a closed gate and runs a script of the page."""

    async def submit(script: str) -> Gate:
        page = await context.new_page()
        await page.goto(server.address + "/page")
        gate = Gate(context, line, SECRET, frozenset({"/telemetry/"}))
        await gate.close()
        await page.locator("#p").fill(SECRET)
        await page.evaluate(f"async () => {{ {script} }}")
        await gate.open()
        return gate

    return submit


POST = "await fetch('/login', {method: 'POST', body: %s}).catch(() => 0);"
SPELLINGS = {
    "plain": "secret()",
    "form": "new URLSearchParams({p: secret()})",
    "json": "JSON.stringify({p: secret()})",
    "base64": "btoa(secret())",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
async def test_a_retry_of_the_page_is_stopped(submit: Submit, server: Counting, spelling: str) -> None:
    gate = await submit(POST % spelling * 3)
    assert len(server.posts) == 1
    assert (gate.left, gate.submissions) == (1, 1)


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
async def test_a_retry_to_another_address_is_stopped(submit: Submit, server: Counting, spelling: str) -> None:
    await submit(POST % spelling + (POST % spelling).replace("/login", "/v2/login"))
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    "head", ["`Basic ${btoa('u:' + secret())}`", "`Basic ${btoa('user:' + secret())}`", "secret()"]
)
async def test_a_secret_in_the_head_counts(submit: Submit, server: Counting, head: str) -> None:
    gate = await submit(f"await fetch('/login', {{headers: {{authorization: {head}}}}}).catch(() => 0);" * 3)
    assert len(server.posts) == 1
    assert gate.submissions == 1


async def test_an_encrypted_secret_to_the_same_address_is_stopped(submit: Submit, server: Counting) -> None:
    gate = await submit(POST % "'3f9a'" + POST % "'77c1'")
    assert len(server.posts) == 1
    assert gate.submissions == 1


async def test_a_secret_in_an_address_counts(submit: Submit, server: Counting) -> None:
    gate = await submit("await fetch('/check?p=' + encodeURIComponent(secret())).catch(() => 0);" * 2)
    assert len(server.posts) == 1
    assert gate.submissions == 1


async def test_a_pop_up_is_watched_too(submit: Submit, server: Counting) -> None:
    script = "const w = window.open('/page'); await new Promise(r => w.onload = r);"
    script += "for (const n of [1, 2]) await w.fetch('/login', {method: 'POST', body: secret()}).catch(() => 0);"
    await submit(script)
    assert len(server.posts) == 1


async def test_no_answer_counts_once(submit: Submit, server: Counting) -> None:
    server.hang_up = True
    gate = await submit(POST % "secret()")
    assert (gate.submissions, len(server.posts)) == (1, 1)


async def test_what_carries_nothing_goes_on_after_the_submission(submit: Submit, server: Counting) -> None:
    gate = await submit(POST % "secret()" + "await fetch('/graphql', {method: 'POST', body: '{}'});" * 2)
    assert len(server.posts) == 3
    assert gate.submissions == 2  # what can't be told apart is counted, never passed over


async def test_telemetry_does_not_count(submit: Submit, server: Counting) -> None:
    gate = await submit("await fetch('/telemetry/v1', {method: 'POST', body: 'x'});")
    assert gate.left == 0


async def test_a_locked_gate_lets_nothing_out(context: BrowserContext, line: Line, server: Counting) -> None:
    page = await context.new_page()
    await page.goto(server.address + "/page")
    gate = Gate(context, line, SECRET, frozenset())
    await gate.close()
    gate.lock()
    await page.evaluate("fetch('/login', {method: 'POST', body: 'x'}).catch(() => 0)")
    assert server.posts == []
    assert gate.submissions == 0
