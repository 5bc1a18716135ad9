"""The service's pages: who sees them, what they show and never show, and how a code reaches a waiting run."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bots import clock, heartbeat, now
from bots.clock import Schedule, Timetable
from bots.desk import Failure, SignIn
from bots.incidents import Kind, open_incident
from bots.inventory import Inventory, stamp
from bots.runner import RunHead
from bots.runner.runs import end_run, start_run
from bots.settings import Settings
from bots.status import WaitingCodes, showing
from bots.status.doorkeeper import COOKIE, Doorkeeper
from bots.status.metrics import Metrics
from bots.status.site import Site

PORT = 8707
US = f"http://127.0.0.1:{PORT}"
NEEDLE = "Needleton"
PEOPLE = """
[people.ann]
name = "Ann Example"
users = ["ann"]
roles = ["operator"]

[people.bo]
name = "Bo Sample"
users = ["bo"]
roles = ["viewer"]
"""


class World:
    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        self.inventory = Inventory(home / "inventory.db")
        self.codes = WaitingCodes()
        self.tick = time.monotonic()
        row = Schedule(name="mornings", flow="login", accounts=("east",), cron="0 5 * * *", zone="UTC")
        self.table = Timetable((row,), problems=("schedules.yaml, line 9: other: wrong",))
        with self.inventory.write() as db:
            db.table("accounts").insert({"name": "east", "portal": "availity", "kind": "worker", "user_id": "U-needle"})
        self.settings.config.mkdir()

    def site(self, **more: Any) -> Site:
        settings = self.settings.model_copy(update=more)
        metrics = Metrics(self.inventory, lambda: self.tick)
        doors = Doorkeeper.of(settings, PORT)
        return Site(self.inventory, lambda: self.table, lambda: self.tick, self.codes, doors, metrics)

    def token(self, user: str = "ann") -> str:
        return Doorkeeper.of(self.settings, PORT).token(user)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.inventory.close()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.site().app()), base_url=US) as made:
        yield made


def signed_in(client: httpx.AsyncClient, world: World, user: str = "ann") -> None:
    client.cookies.set(COOKIE, world.token(user), domain="127.0.0.1")


def form_token(page: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


# --- who


async def test_without_a_token_the_page_shows_nothing(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert page.status_code == 401 and "Your token" in page.text
    assert "mornings" not in page.text and "east" not in page.text


@pytest.mark.parametrize("token", ["", "ann", "ann.", ".x", "ann.0000", "bo.{mac}"])
async def test_a_token_is_of_one_person_and_of_this_data_folder(
    client: httpx.AsyncClient, world: World, token: str
) -> None:
    given = token.format(mac=world.token("ann").split(".")[1])
    done = await client.post("/sign-in", data={"token": given}, headers={"Origin": US})
    assert done.status_code == 403 and COOKIE not in done.cookies


async def test_signed_in_by_the_token_the_page_is_shown(client: httpx.AsyncClient, world: World) -> None:
    done = await client.post("/sign-in", data={"token": world.token()}, headers={"Origin": US})
    assert done.status_code == 303
    flags = done.headers["set-cookie"].lower()
    assert "httponly" in flags and "samesite=strict" in flags
    page = await client.get("/")
    assert page.status_code == 200 and "mornings" in page.text and "line 9: other: wrong" in page.text
    gone = await client.post("/sign-out", data={"form_token": form_token(page.text)}, headers={"Origin": US})
    assert gone.status_code == 303 and (await client.get("/")).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:8707", ""])
@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics"])
async def test_another_name_is_not_answered(client: httpx.AsyncClient, world: World, host: str, path: str) -> None:
    signed_in(client, world)
    answer = await client.get(path, headers={"Host": host})
    assert answer.status_code == 421 and "mornings" not in answer.text and "portalkeeper_" not in answer.text


async def test_a_reverse_proxy_may_say_who_it_is_only_where_the_settings_say_so(world: World) -> None:
    for settings, status in (({}, 401), ({"status_identity_header": "X-User", "status_hosts": ("s.example",)}, 200)):
        app = world.site(**settings).app()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=US) as client:
            page = await client.get("/", headers={"X-User": "ann"})
            assert page.status_code == status
            if settings:
                named = await client.get("/", headers={"X-User": "ann", "Host": "s.example"})
                assert named.status_code == 200


async def test_every_answer_forbids_frames_scripts_and_keeping(client: httpx.AsyncClient) -> None:
    for path in ("/", "/healthz", "/metrics"):
        headers = (await client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"


# --- what


async def test_what_runs_comes_and_waits_is_shown_without_user_ids_and_words_of_portals(
    client: httpx.AsyncClient, world: World
) -> None:
    at = stamp(now.utc() - timedelta(minutes=1))
    with world.inventory.write() as db:
        failure = Failure(error="InvalidCredentials", message=f"no such user U-needle, {NEEDLE}")
        open_incident(db, Kind.FREEZE, failure, by="worker", account="east")
        open_incident(db, Kind.BRAKE, failure, by="worker")
        db.execute("INSERT INTO leases VALUES ('east', 1, 'x', 'r1', ?, NULL)", (at,))
        db.execute(
            "INSERT INTO due (schedule, account, flow, due_at, written_at, state, ready_by) VALUES ('m','east','login',?,?,'due',?)",
            (at, at, at),
        )
    start_run(
        world.inventory,
        RunHead("r1", "east", "availity", "1"),
        flow="eligibility",
        source="service",
        by="service",
        questions=1,
    )
    signed_in(client, world)
    page = (await client.get("/")).text
    for words in (
        "ALL SIGN-INS ARE STOPPED",
        "1 running now",
        "1 waiting",
        "1 LATE",
        "pk why east",
        "INC-0001",
        "freeze",
    ):
        assert words in page, words
    assert "U-needle" not in page and NEEDLE not in page


async def test_health_tells_a_clock_that_stands_still_and_a_wrong_row(client: httpx.AsyncClient, world: World) -> None:
    good = await client.get("/healthz")
    assert (good.status_code, good.json()) == (200, {"ok": True, "problems": list(world.table.problems)})
    world.tick -= 2 * heartbeat.LOST_SECONDS
    assert (await client.get("/healthz")).status_code == 503


async def test_metrics_count_what_is_due_and_what_ended(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    monkeypatch.setattr(now, "utc", lambda: at)
    world_metrics = (await client.get("/metrics")).text
    assert 'portalkeeper_accounts{state="never signed in"} 1.0' in world_metrics
    for number, error in enumerate((None, None, Failure(error="PortalUnavailable", message=""))):
        head = RunHead(f"r{number}", "east", "availity", "1")
        start_run(world.inventory, head, flow="login", source="service", by="service", questions=0)
        end_run(world.inventory, head, SignIn.STORED, error, {})
    schedule = world.table.rows[0]
    clock.write_due(world.inventory, [schedule], at)
    at += timedelta(days=1)
    clock.write_due(world.inventory, [schedule], at)
    for _ in range(2):  # a second look counts nothing twice
        text = (await client.get("/metrics")).text
        at += timedelta(minutes=1)
    assert 'portalkeeper_due{state="waiting"} 1.0' in text
    assert "U-needle" not in text


async def test_ended_runs_are_counted_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    monkeypatch.setattr(now, "utc", lambda: at)
    metrics = Metrics(world.inventory, time.monotonic)
    for number, error in enumerate((None, None, Failure(error="PortalUnavailable", message=""))):
        at += timedelta(seconds=1)
        head = RunHead(f"r{number}", "east", "availity", "1")
        start_run(world.inventory, head, flow="login", source="service", by="service", questions=0)
        end_run(world.inventory, head, SignIn.STORED, error, {})
    for _ in range(3):
        at += timedelta(seconds=10)
        text = metrics.text().decode()
        assert 'portalkeeper_runs_total{error="none",flow="login"} 2.0' in text
        assert 'portalkeeper_runs_total{error="PortalUnavailable",flow="login"} 1.0' in text
        assert 'portalkeeper_sign_ins_total{way="stored"} 3.0' in text


# --- a code


async def waiting(world: World, seconds: float = 30) -> asyncio.Task[str | None]:
    asking = asyncio.create_task(world.codes.ask("east: Availity asks for the code by text message", seconds))
    await asyncio.sleep(0)
    return asking


async def test_a_code_is_handed_to_the_run_that_waits_and_the_trail_says_by_whom(
    client: httpx.AsyncClient, world: World
) -> None:
    (world.settings.config / "people.toml").write_text(PEOPLE)
    signed_in(client, world)
    asking = await waiting(world)
    page = (await client.get("/")).text
    assert "east: Availity asks for the code" in page and 'http-equiv="refresh"' not in page
    form = {"id": world.codes.open()[0].id, "code": "271828", "form_token": form_token(page)}
    done = await client.post("/code", data=form, headers={"Origin": US})
    assert done.headers["location"] == "/?said=given"
    assert await asking == "271828"
    again = await client.post("/code", data=form, headers={"Origin": US})
    assert again.headers["location"] == "/?said=too-late"
    trail = world.inventory.rows("SELECT * FROM audit")
    assert [(entry["who"], entry["action"], entry["account"]) for entry in trail] == [
        ("Ann Example", "give a code", "east")
    ]
    assert "271828" not in str(trail)


@pytest.mark.parametrize(
    ("change", "origin"),
    [
        ({"form_token": "0" * 40}, US),
        ({"form_token": ""}, US),
        ({}, "http://evil.example"),
        ({}, "null"),
        ({}, ""),
        ({}, f"http://127.0.0.1:{PORT + 1}"),
    ],
)
async def test_a_code_from_another_page_is_not_taken(
    client: httpx.AsyncClient, world: World, change: dict[str, str], origin: str
) -> None:
    signed_in(client, world)
    asking = await waiting(world)
    token = Doorkeeper.of(world.settings, PORT).form_token("ann")
    form = {"id": world.codes.open()[0].id, "code": "271828", "form_token": token} | change
    refused = await client.post("/code", data=form, headers={"Origin": origin} if origin else {})
    assert refused.status_code == 403 and not asking.done()
    asking.cancel()


async def test_who_may_only_read_gives_no_code_and_get_gives_none(client: httpx.AsyncClient, world: World) -> None:
    (world.settings.config / "people.toml").write_text(PEOPLE)
    signed_in(client, world, "bo")
    asking = await waiting(world)
    page = (await client.get("/")).text
    assert "An operator gives it" in page and 'name="code"' not in page
    form = {"id": world.codes.open()[0].id, "code": "271828", "form_token": form_token(page)}
    refused = await client.post("/code", data=form, headers={"Origin": US})
    assert refused.headers["location"] == "/?said=not-yours"
    assert (await client.get("/code", params=form)).status_code == 405
    assert not asking.done()
    asking.cancel()


@pytest.mark.parametrize("code", ["", "1", "<script>", "1" * 40, "271828\n1"])
async def test_what_is_no_code_is_not_handed_on(client: httpx.AsyncClient, world: World, code: str) -> None:
    signed_in(client, world)
    asking = await waiting(world)
    token = Doorkeeper.of(world.settings, PORT).form_token("ann")
    form = {"id": world.codes.open()[0].id, "code": code, "form_token": token}
    assert (await client.post("/code", data=form, headers={"Origin": US})).headers["location"] == "/?said=no-code"
    assert not asking.done()
    asking.cancel()


async def test_a_code_that_nobody_gives_in_time_is_none(world: World) -> None:
    assert await world.codes.ask("east: Availity asks for the code", 0.01) is None
    assert world.codes.open() == []


# --- the server and the signs of life


async def served(world: World, port: int, told: list[str]) -> AsyncIterator[None]:
    settings = world.settings.model_copy(update={"status_port": port})
    async with showing(settings, world.inventory, lambda: world.table, time.monotonic, world.codes, told.append):
        yield


async def test_it_listens_on_the_loopback_and_a_port_that_is_taken_is_told(world: World) -> None:
    told: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async for _ in served(world, port, told):
            pass
    assert len(told) == 1 and f"port {port} of 127.0.0.1 can't be used" in told[0] and "status_port" in told[0]
    async for _ in served(world, port, told):
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200
    assert "status page: http://127.0.0.1" in told[1]


async def test_systemd_hears_ready_watchdog_and_stopping(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "40000")
        async with heartbeat.beating(world.settings, time.monotonic):
            first = await asyncio.to_thread(systemd.recv, 200)
            assert first.startswith(b"READY=1")
            assert await asyncio.to_thread(systemd.recv, 200) == b"WATCHDOG=1"
        while (heard := await asyncio.to_thread(systemd.recv, 200)) == b"WATCHDOG=1":
            pass
        assert heard.startswith(b"STOPPING=1")


async def test_a_clock_that_stands_still_feeds_no_watchdog(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(heartbeat, "notify", lambda words: bool(told.append(words)))
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    async with heartbeat.beating(world.settings, lambda: time.monotonic() - 2 * heartbeat.LOST_SECONDS):
        await asyncio.sleep(0.1)
    assert [words.split("\n")[0] for words in told] == ["READY=1", "STOPPING=1"]


async def test_the_address_outside_is_called_and_its_failure_stops_nothing(world: World) -> None:
    called = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        called.set()
        writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = world.settings.model_copy(update={"ping_address": f"http://127.0.0.1:{port}/alive"})
    async with server, heartbeat.beating(settings, time.monotonic):
        await asyncio.wait_for(called.wait(), 20)
