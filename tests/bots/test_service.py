"""The service runs every due row, ends when told to, and outlives whatever happens in one row."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bots import clock, now, service, shift
from bots.clock import Schedule
from bots.desk import Failure, SignIn
from bots.inventory import Inventory
from bots.runner import RunResult
from bots.runner.runs import RunHead
from bots.settings import Settings
from flows.errors import ActionRequired, InputError
from payers import registry
from payers.model import Policy, Portal

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = tuple(f"account-{letter}" for letter in "abcdef")


class FakeRunner:
    """Runs nothing but `act`, and remembers who ran at the same time."""

    def __init__(self, act: Callable[[str], Awaitable[object]] | None = None) -> None:
        self.ran: list[str] = []
        self.now: list[str] = []
        self.most = 0
        self.twice = False
        self.stopped = False
        self.refused: dict[str, str] = {}
        self.enough = asyncio.Event()
        self.wanted = len(NAMES)
        self._act = act

    async def run(self, account: str, flow: str) -> RunResult:
        self.twice |= account in self.now
        self.now.append(account)
        self.most = max(self.most, len(self.now))
        try:
            await asyncio.sleep(0)
            found = await self._act(account) if self._act else None
        finally:
            self.now.remove(account)
            self.ran.append(account)
            if len(self.ran) >= self.wanted:
                self.enough.set()
        failure = found if isinstance(found, Failure) else None
        head = RunHead(f"run-{len(self.ran)}", account, "east", "1")
        return RunResult(head, SignIn.STORED, 0, 0, failure)

    def hindrance(self, row: clock.Due) -> str:
        return self.refused.get(row.account, "")

    async def work(self, row: clock.Due, schedule: Schedule) -> str | None:
        self.ran.append(f"#{row.schedule}")
        self.enough.set()
        return None

    async def stop(self) -> None:
        self.stopped = True


def one_portal() -> dict[str, Portal]:
    async def sign_in(session: object) -> None:
        raise AssertionError("nothing here signs in")

    policy = Policy()
    portal = Portal(name="east", title="East", address="https://x.example", version="1", policy=policy, login=sign_in)
    return {portal.name: portal}


@pytest.fixture
def inventory(tmp_path: Path) -> Iterator[Inventory]:
    opened = Inventory(tmp_path / "inventory.db")
    with opened.write() as db:
        for name in NAMES:
            db.table("accounts").insert({"name": name, "portal": "east", "kind": "worker", "user_id": f"user-{name}"})
    yield opened
    opened.close()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(registry, "portals", one_portal)
    (tmp_path / "schedules.yaml").write_text("daily: {flow: login, accounts: all, cron: 0 5 * * *, zone: UTC}\n")
    return Settings(home=tmp_path, sign_ins_at_once=1, status_port=0)


class World:
    """A service, its inventory and a clock that stands still between jumps."""

    def __init__(self, settings: Settings, inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = settings
        self.inventory = inventory
        self.at = START
        self.told: list[str] = []
        monkeypatch.setattr(now, "utc", lambda: self.at)
        clock.write_due(inventory, self.schedules(), self.at)

    def schedules(self) -> list[Schedule]:
        return clock.load_schedules(self.settings.schedules, self.inventory)

    async def serve(self, runner: FakeRunner, until: asyncio.Event | None = None) -> None:
        """Serve until `until` is set, or the runner has run enough."""
        stop = asyncio.Event()
        serving = asyncio.create_task(
            service.serve(self.settings, self.inventory, lambda: runner, stop=stop, tell=self.told.append)
        )
        ready = asyncio.create_task((until or runner.enough).wait())
        await asyncio.wait({serving, ready}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await asyncio.wait_for(serving, 20)
        ready.cancel()

    def states(self) -> list[str]:
        rows = self.inventory.rows("SELECT state FROM due WHERE state <> 'seen' ORDER BY account, due_at")
        return [str(row["state"]) for row in rows]

    def causes(self) -> dict[str, str]:
        rows = self.inventory.rows("SELECT account, cause FROM due WHERE state = 'failed'")
        return {row["account"]: row["cause"] for row in rows}


@pytest.fixture
def world(settings: Settings, inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(settings, inventory, monkeypatch)


@pytest.mark.asyncio
async def test_six_rows_due_at_once_all_run_in_one_place(world: World) -> None:
    world.at = START + DAY
    runner = FakeRunner()
    await world.serve(runner)
    assert sorted(runner.ran) == list(NAMES)
    assert (runner.most, runner.stopped) == (1, True)
    assert world.states() == ["done"] * 6
    ids = world.inventory.rows("SELECT DISTINCT run_id FROM due WHERE state = 'done'")
    assert len(ids) == 6


@pytest.mark.asyncio
async def test_a_start_after_three_days_runs_each_account_once_and_explains_every_row(world: World) -> None:
    world.at = START + 3 * DAY
    runner = FakeRunner()
    await world.serve(runner)
    assert sorted(runner.ran) == list(NAMES)
    assert sorted(world.states()) == ["coalesced"] * 12 + ["done"] * 6


@pytest.mark.asyncio
async def test_as_many_run_at_once_as_there_are_places_but_never_two_of_one_account(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        f"{word}: {{flow: login, accounts: all, cron: 0 5 * * *, zone: UTC}}\n" for word in ("one", "two", "three")
    ]
    settings.schedules.write_text("".join(lines))
    world.settings = settings.model_copy(update={"sign_ins_at_once": 4})
    clock.write_due(world.inventory, world.schedules(), world.at)
    world.at = START + DAY
    others_done = asyncio.Event()

    async def act(account: str) -> None:
        """The first account is busy until every row of the others has run."""
        await (others_done.wait() if account == NAMES[0] else asyncio.sleep(0.01))
        if len(runner.ran) == 14:
            others_done.set()

    runner = FakeRunner(act)
    runner.wanted = 18
    await world.serve(runner)
    assert len(runner.ran) == 18 and world.states() == ["done"] * 18
    assert (runner.most, runner.twice) == (4, False)


@pytest.mark.asyncio
async def test_what_comes_due_while_it_serves_is_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.clock.tick.TICK_SECONDS", 0.05)
    runner = FakeRunner()
    asyncio.get_running_loop().call_later(0.2, lambda: setattr(world, "at", START + DAY))
    await world.serve(runner)
    assert sorted(runner.ran) == list(NAMES)


@pytest.mark.asyncio
async def test_a_login_of_people_waits_for_the_end_of_their_hours(world: World) -> None:
    world.at = START + DAY
    clock.write_due(world.inventory, world.schedules(), world.at)
    with world.inventory.write() as db:
        db.table("accounts").update("account-b", {"kind": "person", "time_zone": "UTC"})
    runner = FakeRunner()
    runner.wanted = len(NAMES) - 1
    await world.serve(runner)
    assert sorted(runner.ran) == sorted(set(NAMES) - {"account-b"})
    assert sorted(world.states()) == ["done"] * 5 + ["due"]
    world.at += timedelta(hours=7)
    evening = FakeRunner()
    evening.wanted = 1
    await world.serve(evening)
    assert evening.ran == ["account-b"]
    assert world.states() == ["done"] * 6


async def test_whatever_happens_in_one_row_stays_in_it(world: World) -> None:
    async def act(account: str) -> object:
        match account[-1]:
            case "a":
                raise ActionRequired("account-a may not be used by a program")
            case "b":
                raise RuntimeError("typed hunter2 into the field")
            case "c":
                return Failure(error="PortalUnavailable", message="no connection to the portal")
            case "d":
                return Failure(error="PortalUnavailable", message="")
        return None

    world.at = START + DAY
    await world.serve(FakeRunner(act))
    assert world.states() == ["failed"] * 4 + ["done"] * 2
    causes = world.causes()
    assert causes["account-a"] == "account-a may not be used by a program"
    assert "RuntimeError" in causes["account-b"] and "hunter2" not in causes["account-b"]
    assert causes["account-c"] == "no connection to the portal"
    assert causes["account-d"] == "PortalUnavailable"
    assert world.told[-1] == "stopped; 6 runs, 4 of them without success"


@pytest.mark.asyncio
async def test_told_to_stop_it_takes_no_new_row_and_lets_the_running_one_end(world: World) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def act(account: str) -> None:
        begun.set()
        await go_on.wait()

    world.at = START + DAY
    asyncio.get_running_loop().call_later(0.3, go_on.set)
    runner = FakeRunner(act)
    await world.serve(runner, until=begun)
    assert len(runner.ran) == 1
    assert sorted(world.states()) == ["done"] + ["due"] * 5
    assert any("waiting up to" in words for words in world.told)


@pytest.mark.asyncio
async def test_a_run_that_does_not_end_is_cancelled_and_tried_once_more_at_the_next_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift, "GRACE_SECONDS", 0.1)
    world.at = START + DAY
    for _ in range(2):
        begun = asyncio.Event()

        async def act(account: str, begun: asyncio.Event = begun) -> None:
            begun.set()
            await asyncio.Event().wait()

        runner = FakeRunner(act)
        started = time.monotonic()
        await world.serve(runner, until=begun)
        assert time.monotonic() - started < 10
        assert runner.ran == ["account-a"] and runner.stopped
        assert "running" not in world.states()
    assert world.states() == ["failed"] + ["due"] * 5
    assert "twice" in world.causes()["account-a"]


@pytest.mark.asyncio
async def test_an_inventory_out_of_use_for_a_while_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shift, "LOOK_AGAIN_SECONDS", 0.01)
    trouble = {"take_next": 2, "conclude": 2}

    def failing(name: str) -> Callable[..., object]:
        real = getattr(clock, name)

        def call(*args: object, **kwargs: object) -> object:
            if trouble[name]:
                trouble[name] -= 1
                raise InputError("the inventory can't be used: the disk is full.")
            return real(*args, **kwargs)

        return call

    for name in trouble:
        monkeypatch.setattr(clock, name, failing(name))
    world.at = START + DAY
    await world.serve(FakeRunner())
    assert world.states() == ["done"] * 6
    assert sum("disk is full" in words for words in world.told) == 2


@pytest.mark.asyncio
async def test_no_more_runs_on_one_portal_than_its_limit(world: World) -> None:
    world.settings = world.settings.model_copy(update={"sign_ins_at_once": 4, "runs_per_portal": 2})
    world.at = START + DAY
    runner = FakeRunner(lambda account: asyncio.sleep(0.1))
    await world.serve(runner)
    assert (sorted(runner.ran), runner.most) == (list(NAMES), 2)


@pytest.mark.asyncio
async def test_what_may_not_run_unattended_is_missed_with_its_cause(world: World) -> None:
    world.at = START + DAY
    runner = FakeRunner()
    runner.refused, runner.wanted = {"account-a": "not signed off"}, 5
    await world.serve(runner)
    assert "account-a" not in runner.ran
    assert world.inventory.rows("SELECT account, cause FROM due WHERE state = 'missed'") == [
        {"account": "account-a", "cause": "not signed off"}
    ]
    assert world.told[-1] == "stopped; 5 runs, 0 of them without success"


@pytest.mark.asyncio
async def test_rows_that_are_right_run_beside_one_that_is_wrong(world: World) -> None:
    with world.settings.schedules.open("a") as file:
        file.write("other: {flow: login, accounts: [nobody], cron: 0 5 * * *, zone: UTC}\n")
    world.at = START + DAY
    runner = FakeRunner()
    await world.serve(runner)
    assert sorted(runner.ran) == list(NAMES)
    assert any("line 2: other: no account is called 'nobody'" in words for words in world.told)


@pytest.mark.asyncio
async def test_a_changed_file_is_taken_up_and_a_broken_one_keeps_the_old_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr("bots.clock.tick.TICK_SECONDS", 0.05)
    file = world.settings.schedules
    good = file.read_text()

    async def until(words: str) -> None:
        while not any(words in line for line in world.told):
            await asyncio.sleep(0.02)

    async def change() -> None:
        await until("next due")
        file.write_text("daily: {flow: nonsense}\n")
        await until("the old rows stay in force")
        world.at = START + DAY
        await asyncio.wait_for(first.enough.wait(), 20)
        first.enough.clear()
        file.write_text(good.replace("all", "[account-a]").replace("0 5", "0 6"))
        await until("1 schedules for 1 accounts")
        world.at = START + 2 * DAY

    first = FakeRunner()
    changing = asyncio.create_task(change())
    done = asyncio.Event()

    async def seven() -> None:
        while len(first.ran) < 7:
            await asyncio.sleep(0.02)
        done.set()

    watching = asyncio.create_task(seven())
    await world.serve(first, until=done)
    await asyncio.gather(changing, watching)
    assert sorted(first.ran) == sorted([*NAMES, "account-a"])
    assert [row["due_at"][:16] for row in world.inventory.rows("SELECT due_at FROM due WHERE due_at LIKE '%T06%'")]


@pytest.mark.asyncio
async def test_one_service_per_data_folder(world: World, settings: Settings) -> None:
    assert not service.is_running(settings.home)
    with service.only_service(settings.home):
        assert service.is_running(settings.home)
        with pytest.raises(InputError, match=f"process {os.getpid()} on .*stop it first"):
            await world.serve(FakeRunner())
    assert not service.is_running(settings.home)
    with service.only_service(settings.home):
        pass


@pytest.mark.asyncio
async def test_a_wrong_schedule_stops_the_start_before_anything_ran(world: World, settings: Settings) -> None:
    settings.schedules.write_text("daily: {}\n")
    runner = FakeRunner()
    with pytest.raises(
        InputError, match=r"schedules.yaml, line 1: daily: flow, accounts, cron or every, zone not given"
    ):
        await world.serve(runner)
    assert not runner.ran


CHILD = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
root, here, home, at, hang = sys.argv[1:]
sys.path[:0] = [root, here]
import test_service
from bots import now, service
from bots.inventory import Inventory
from bots.settings import Settings

now.utc = lambda: datetime.fromisoformat(at)
test_service.registry.portals = test_service.one_portal

class Runner(test_service.FakeRunner):
    async def run(self, account, flow):
        with Path(home, "journal").open("a") as journal:
            print(account, file=journal)
        if account == hang:
            print("hanging", flush=True)
            await asyncio.sleep(600)
        return await super().run(account, flow)

inventory = Inventory(Path(home, "inventory.db"))
service.run_service(Settings(home=home), inventory, Runner, tell=lambda words: print(words, flush=True))
print("ended by itself", flush=True)
"""


def child(world: World, *, hang: str = "") -> subprocess.Popen[str]:
    here = Path(__file__).parent
    words = [str(here.parents[1]), str(here), str(world.settings.home), world.at.isoformat(), hang]
    environment = {**os.environ, "PORTALKEEPER_SIGN_INS_AT_ONCE": "1", "PORTALKEEPER_STATUS_PORT": "0"}
    return subprocess.Popen([sys.executable, "-c", CHILD, *words], stdout=subprocess.PIPE, text=True, env=environment)


def read_until(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout
    for line in process.stdout:
        if word in line:
            return
    raise AssertionError(f"the service ended without saying {word!r}")


def test_a_service_killed_between_two_rows_has_them_all_run_by_the_next(world: World) -> None:
    world.at = START + DAY
    killed = child(world, hang="account-c")
    read_until(killed, "hanging")
    killed.kill()
    killed.wait()
    assert world.states() == ["done", "done", "running", "due", "due", "due"]

    again = child(world)
    deadline = time.monotonic() + 30
    while world.states() != ["done"] * 6 and time.monotonic() < deadline:
        time.sleep(0.05)
    again.send_signal(signal.SIGTERM)
    read_until(again, "ended by itself")
    assert again.wait(10) == 0
    assert world.states() == ["done"] * 6
    ran = (world.settings.home / "journal").read_text().split()
    assert sorted(ran) == sorted([*NAMES, "account-c"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_service_within_seconds(world: World, number: signal.Signals) -> None:
    idle = child(world)
    read_until(idle, "next due")
    started = time.monotonic()
    idle.send_signal(number)
    read_until(idle, "ended by itself")
    assert idle.wait(10) == 0
    assert time.monotonic() - started < shift.GRACE_SECONDS / 2  # it waits for nothing
