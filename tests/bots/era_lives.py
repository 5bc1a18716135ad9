"""Lives of a fetch against a portal that gives each file once, each ended by SIGKILL: `python era_lives.py FOLDER ...`.

The portal is a folder: `new` and `old` files, and a line in `given` for each that was given out. What is under test is
the walk of the list, the way of a file onto disk and the rows: everything but the browser. With `drop` a life goes on as
a run does: what was fetched is judged, archived and dropped. A life is a forked process.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import playwright.async_api  # noqa: F401 - loaded once, not in every life

sys.path.insert(0, str(Path(__file__).parents[1] / "era"))

from making import Pay, remittance

from bots import arrivals, disk, exhibits, sealing
from bots.brake import Limits
from bots.era.fetched import take_fetched
from bots.era.routes import FILE as ROUTES
from bots.era.routes import load_routes
from bots.inventory import Inventory
from bots.inventory.accounts import add_account, checked_account
from bots.lease import lease
from bots.recovery import recover
from bots.runner.desk import InventoryDesk
from bots.runner.runs import RunHead
from bots.settings import load
from flows.era_download import Allowed, EraDownloadInquiry, ListedPayment, Mark
from flows.parties import Organization
from payers.kit import PaymentPage, fetch_all
from payers.model import Policy, Portal

ORGANIZATION = Organization(name="Example Valley Medical Group", tin="000004471")
NPI = "1234567893"
FILES = 4
DAY = date(2026, 11, 23)


async def no_login(session: object) -> None:
    raise NotImplementedError


PORTAL = Portal(
    name="once", title="Once", address="https://portal.example", version="1", policy=Policy(), login=no_login
)


class Given:
    """A download: bytes that the portal does not have any more."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def failure(self) -> str | None:
        return None

    async def path(self) -> Path:
        return self._path

    async def delete(self) -> None:
        self._path.unlink()


class OnceOnly:
    """The portal's list. With `keeps_old` what was given out can be had again from the old files."""

    def __init__(self, folder: Path, step: Callable[[str], None], *, keeps_old: bool) -> None:
        self.at_once = 1
        self._folder = folder
        self._step = step
        self._keeps_old = keeps_old

    async def read(self) -> PaymentPage:
        payments = tuple(self._payment(number) for number in range(FILES))
        tin = ORGANIZATION.tin
        return PaymentPage(organization=ORGANIZATION.name, payee_tin=tin, payments=payments, total=FILES)

    def _payment(self, number: int) -> ListedPayment:
        new = (self._folder / "new" / str(number)).exists()
        return ListedPayment(
            trace=f"T{number}",
            amount=Decimal(number),
            paid_on=DAY,
            method="ACH",
            payee_tin=ORGANIZATION.tin,
            payee_npi=NPI,
            mark=Mark.NEW if new else Mark.DOWNLOADED,
            offered=new or self._keeps_old,
        )

    async def fetch(self, places: Sequence[int]) -> Given:
        [number] = places
        self._step("before the portal gives the file")
        new, old = (self._folder / name / str(number) for name in ("new", "old"))
        data = (new if new.exists() else old).read_bytes()
        if new.exists():
            os.rename(new, old)  # noqa: PTH104 - the portal's own doing, no step of ours
        with (self._folder / "given").open("a") as given:
            given.write(f"{number}\n")
        self._step("after the portal gave the file")
        landed = self._folder / "landing" / str(number)
        landed.write_bytes(data)
        self._step("after the file landed")
        return Given(landed)

    async def mark(self, place: int) -> None:
        pass

    async def turn(self) -> bool:
        return False


class Seat:
    """What `fetch_all` needs of a session, over a real Desk."""

    def __init__(self, desk: InventoryDesk, key: sealing.Key) -> None:
        self._desk = desk
        self._key = key

    async def listed(self, payments: Sequence[ListedPayment]) -> Allowed:
        return await self._desk.listed("payer", tuple(payments))

    async def keep(self, download: Any, *payments: ListedPayment) -> Any:
        return await arrivals.keep(download, payments, "payer", self._desk, self._key)


@asynccontextmanager
async def desk_of(home: Path, tell: Callable[[str], None] = lambda words: None) -> Any:
    """A Desk as a run has it, under the account's lease, after what a dead run left behind was settled."""
    settings = load(home)
    inventory = Inventory(settings.database)
    recover(inventory, settings)
    with ThreadPoolExecutor(1) as writer:
        async with lease(inventory, settings.lease_folder, "a", run_id="r", wait_seconds=5) as held:
            yield InventoryDesk(
                inventory,
                held,
                RunHead("r", "a", "once", "1"),
                portal=PORTAL,
                automatic=False,
                limits=Limits(3, 3, 15, 100),
                wait_seconds=5,
                state_file=home / "state" / "a.age",
                flow="era_download",
                questions=(),
                record=lambda head, index, result: None,
                wanted=lambda index: True,
                writer=writer,
                eras=settings.fetched_folder,
                routes=load_routes(settings.config / ROUTES),
                evidence=exhibits.of(settings, inventory, "a", "once"),
                tell=tell,
            )
    inventory.close()


async def live(folder: Path, home: Path, step: Callable[[str], None], *, keeps_old: bool, drop: bool) -> None:
    """One fetch of everything."""
    inquiry = EraDownloadInquiry(organization=ORGANIZATION, paid_from=DAY, paid_to=DAY)

    async def search() -> OnceOnly:
        return OnceOnly(folder, step, keeps_old=keeps_old)

    async with desk_of(home) as desk:
        await fetch_all(Seat(desk, sealing.load_key(home / "vault.key")), inquiry, search)  # type: ignore[arg-type]
    if drop:
        inventory = Inventory(home / "inventory.db")
        take_fetched(load(home), inventory, sealing.load_key(home / "vault.key"))
        inventory.close()


def prepare(folder: Path) -> Path:
    """A portal with new files, and an empty data folder."""
    for name in ("new", "old", "landing", "home"):
        (folder / name).mkdir(parents=True)
    for number in range(FILES):
        (folder / "new" / str(number)).write_bytes(remittance(Pay(trace=f"T{number}", seed=number)))
    home = folder / "home"
    sealing.create_key(home / "vault.key")
    inventory = Inventory(home / "inventory.db")
    row = checked_account({"name": "a", "portal": "availity", "user_id": "u"}, ["availity"])
    add_account(inventory, row, [], by="test", at="2026-11-23T12:00:00.000+00:00")
    inventory.close()
    return home


def life(
    folder: Path, home: Path, *, ends_at: int | None, seconds: float | None, keeps_old: bool, drop: bool = False
) -> list[str]:
    """Fork a life: killed at its `ends_at`-th step, or after `seconds`, or never. The steps it took."""
    log = folder / "steps"
    log.write_text("")
    child = os.fork()
    if child == 0:
        os._exit(_in_child(folder, home, log, ends_at, keeps_old=keeps_old, drop=drop))
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"a life failed by itself, see {folder}")
    return log.read_text().splitlines()


def _in_child(folder: Path, home: Path, log: Path, ends_at: int | None, *, keeps_old: bool, drop: bool) -> int:
    taken = 0

    def step(name: str) -> None:
        nonlocal taken
        taken += 1
        with log.open("a") as file:
            file.write(f"{name}\n")
        if taken == ends_at:
            os.kill(os.getpid(), signal.SIGKILL)

    _watch_writes(step)
    try:
        asyncio.run(live(folder, home, step, keeps_old=keeps_old, drop=drop))
    except BaseException:  # noqa: BLE001 - a child must not go on as its parent
        import traceback

        traceback.print_exc()
        return 1
    return 0


def _watch_writes(step: Callable[[str], None]) -> None:
    """Make every fsync, every file put into its place and every end of a transaction a step."""
    sync, replace, write = os.fsync, Path.replace, Inventory.write

    def fsync(handle: int) -> None:
        step("before fsync")
        sync(handle)

    def put(self: Path, target: Path) -> Path:
        step("before replace")
        found = replace(self, target)
        step("after replace")
        return found

    def transaction(self: Inventory) -> Any:
        step("before a transaction")
        return write(self)

    os.fsync = disk.os.fsync = fsync  # type: ignore[assignment]
    Path.replace = put  # type: ignore[method-assign,assignment]
    Inventory.write = transaction  # type: ignore[method-assign]


def state(folder: Path, home: Path) -> dict[str, Any]:
    """What is on disk, what the rows say, and how often the portal gave each file."""
    inventory, key = Inventory(home / "inventory.db"), sealing.load_key(home / "vault.key")
    rows = inventory.rows("SELECT trace, sha256 FROM era_kept WHERE kept_at IS NOT NULL ORDER BY trace")
    unfinished = inventory.rows("SELECT trace FROM era_kept WHERE kept_at IS NULL")
    incidents = [row["message"] for row in inventory.rows("SELECT message FROM incidents WHERE closed_at IS NULL")]
    inventory.close()
    files = {}
    for file in (home / "fetched").glob("*"):
        try:
            data = sealing.read_sealed(file, key) or b""
        except sealing.Unreadable:  # a kill came in the middle of its writing
            data = b""
        files[file.name] = hashlib.sha256(data).hexdigest() + ".age" == file.name
    given = (folder / "given").read_text().splitlines() if (folder / "given").exists() else []
    return {
        "kept": [row["trace"] for row in rows],
        "files": files,
        "named": sorted(f"{row['sha256']}.age" for row in rows),
        "unfinished": unfinished,
        "given": given,
        "incidents": incidents,
        "dropped": sorted(trace for file in (home / "era" / "drop").glob("[!.]*.835") for trace in _traces(file)),
    }


def _traces(file: Path) -> list[str]:
    return [part.split("*")[2] for part in file.read_text().split("~") if part.startswith("TRN*")]


def main(folder: Path, seeds: int, *, keeps_old: bool) -> None:
    """A life for each step of a fetch, and one with drop for each seed, each followed by a life that nobody ends."""
    whole = life(folder / "whole", prepare(folder / "whole"), ends_at=None, seconds=None, keeps_old=keeps_old)
    begins = time.monotonic()
    life(folder / "long", prepare(folder / "long"), ends_at=None, seconds=None, keeps_old=keeps_old, drop=True)
    lasts = time.monotonic() - begins
    ends: list[tuple[int | None, float | None]] = [(number, None) for number in range(1, len(whole) + 1)]
    ends += [(None, random.Random(seed).uniform(0, lasts)) for seed in range(seeds)]
    for number, (ends_at, seconds) in enumerate(ends):
        mine = folder / f"life-{number}"
        home = prepare(mine)
        drop = seconds is not None
        taken = life(mine, home, ends_at=ends_at, seconds=seconds, keeps_old=keeps_old, drop=drop)
        cut = state(mine, home)
        life(mine, home, ends_at=None, seconds=None, keeps_old=keeps_old, drop=drop)
        after = state(mine, home)
        print(json.dumps({"where": taken[-1:], "at": ends_at, "cut": cut, "after": after}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), keeps_old=sys.argv[3] == "keeps-old")
