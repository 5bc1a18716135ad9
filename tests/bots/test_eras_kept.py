"""Remittance files on disk: exactly once after any kill, held in memory while the disk is full, never lost silently."""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import era_lives
import pytest

from bots import remittances, sealing
from bots.arrivals import keep
from bots.inventory import Inventory
from bots.landing import Landing, wipe_abandoned
from bots.runner import desk as desks
from flows.era_download import Allowed, EraDownloadInquiry, KeptEra, ListedPayment, Mark
from flows.errors import AnswerUnreadable, InputError
from payers.kit import PaymentPage, fetch_all

LIVES = Path(era_lives.__file__)
TRACES = [f"T{number}" for number in range(era_lives.FILES)]


def lives(folder: Path, seeds: int, keeps_old: bool) -> list[dict[str, Any]]:
    command = [sys.executable, str(LIVES), str(folder), str(seeds), "keeps-old" if keeps_old else "gives-once"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, cwd=LIVES.parents[2])
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def whole(after: dict[str, Any]) -> bool:
    """Each row has its file, each file its row, and nothing is half done; or all of them are with billing, once each."""
    if after["dropped"]:
        return not after["files"] and after["dropped"] == after["kept"] and not after["unfinished"]
    return sorted(after["files"]) == after["named"] and all(after["files"].values()) and not after["unfinished"]


@pytest.mark.slow
def test_after_any_kill_every_file_is_kept_exactly_once(tmp_path: Path) -> None:
    """A portal that gives a file out once and keeps it among the old ones: every step of a fetch, and 100 instants.

    The instants are those between the first click and the drop folder, and the files are in that exactly once.
    """
    found = lives(tmp_path, 100, keeps_old=True)
    assert len(found) > 130
    assert len({each["where"][0] for each in found if each["where"]}) >= 6
    assert sum(each["after"]["dropped"] == TRACES for each in found) == 100
    for each in found:
        after = each["after"]
        assert (after["kept"], whole(after), after["incidents"]) == (TRACES, True, []), each
        assert len(after["given"]) <= era_lives.FILES + 1, each
    assert any(len(each["after"]["given"]) > era_lives.FILES for each in found)  # a file was had from the old ones


@pytest.mark.slow
def test_a_file_that_can_not_be_had_twice_is_kept_or_named(tmp_path: Path) -> None:
    """A portal without old files: what a kill cost is said by its trace, and everything else is on disk."""
    found = lives(tmp_path, 40, keeps_old=False)
    for each in found:
        after = each["after"]
        lost = [trace for trace in TRACES if trace not in after["kept"]]
        assert whole(after), each
        assert len(lost) <= 1, each
        assert len(after["incidents"]) == len(lost), each
        assert all(trace in words for trace, words in zip(lost, after["incidents"], strict=True)), each
        assert len(after["given"]) <= era_lives.FILES, each
    saved = [each for each in found if each["where"] == ["after replace"]]
    assert saved, "no life ended between a file and its row"
    assert all(each["after"]["kept"] == TRACES for each in saved)


def payment(number: int = 1, **changes: Any) -> ListedPayment:
    fields = {"trace": f"T{number}", "amount": "12.50", "paid_on": "2026-11-20", "method": "ACH"}
    fields |= {"payee_tin": "000004471", "payee_npi": era_lives.NPI} | changes
    return ListedPayment.model_validate(fields)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return era_lives.prepare(tmp_path / "portal")


def rows(home: Path, sql: str) -> list[dict[str, Any]]:
    inventory = Inventory(home / "inventory.db")
    found = inventory.rows(sql)
    inventory.close()
    return found


def era(data: bytes, *payments: ListedPayment) -> KeptEra:
    return KeptEra(sha256=hashlib.sha256(data).hexdigest(), size=len(data), payments=payments)


@pytest.mark.parametrize("trouble", [InputError("/x: the disk is full"), OSError(errno.EIO, "input/output error")])
async def test_a_file_that_can_not_be_written_is_held_until_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    """The incident is open while the bytes are in memory only, is told once, and closes when they are on disk."""
    left, told, open_then = [3], [], []
    writes = remittances.write_durably

    def write(path: Path, data: bytes) -> None:
        left[0] -= 1
        if left[0] >= 0:
            open_then.append([row["kind"] for row in rows(home, "SELECT kind FROM incidents WHERE closed_at IS NULL")])
            raise trouble
        writes(path, data)

    monkeypatch.setattr(remittances, "write_durably", write)
    monkeypatch.setattr(desks, "AGAIN_SECONDS", 0.01)
    async with era_lives.desk_of(home, told.append) as desk:
        await desk.kept("payer", era(b"ISA", payment()), base64.b64encode(b"sealed").decode())
    assert open_then == [[], ["unsaved era"], ["unsaved era"]]
    assert (len(told), "T1" in told[0], "in memory only" in told[0]) == (1, True, True)
    [incident] = rows(home, "SELECT * FROM incidents")
    assert incident["because"] == "the file is on disk"
    [kept] = rows(home, "SELECT * FROM era_kept")
    assert kept["kept_at"]
    assert remittances.file_of(home / "fetched", kept["sha256"]).read_bytes() == b"sealed"


async def test_while_the_inventory_is_full_too_the_bytes_are_still_held(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [2]
    keeps = remittances.Shelf.keep

    def keep_(self: remittances.Shelf, *given: Any) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise InputError("the inventory can't be used")
        keeps(self, *given)

    def tell_unsaved(self: remittances.Shelf, *given: Any) -> None:
        raise InputError("the inventory can't be used")

    monkeypatch.setattr(remittances.Shelf, "keep", keep_)
    monkeypatch.setattr(remittances.Shelf, "tell_unsaved", tell_unsaved)
    monkeypatch.setattr(desks, "AGAIN_SECONDS", 0.01)
    async with era_lives.desk_of(home) as desk:
        await desk.kept("payer", era(b"ISA", payment()), base64.b64encode(b"sealed").decode())
    assert [row["trace"] for row in rows(home, "SELECT trace FROM era_kept WHERE kept_at IS NOT NULL")] == ["T1"]


async def allowed(home: Path, payer: str, *payments: ListedPayment) -> Allowed:
    async with era_lives.desk_of(home) as desk:
        found: Allowed = await desk.listed(payer, payments)
        return found


async def listed_then(home: Path, *payments: ListedPayment) -> tuple[int, ...]:
    return (await allowed(home, "payer", *payments)).fetch


async def test_what_is_on_disk_is_not_wanted_again(home: Path) -> None:
    """The same payment counts as had; another amount, day of posting or payee is another file."""
    one = payment()
    assert await listed_then(home, one) == (0,)
    async with era_lives.desk_of(home) as desk:
        await desk.kept("payer", era(b"ISA", one), base64.b64encode(b"sealed").decode())
    others = (
        payment(posted_on="2026-11-23"),
        payment(amount="12.51"),
        payment(payee_npi="2000001018"),
        payment(paid_on="2026-11-21"),
    )
    marked = payment(mark=Mark.DOWNLOADED, offered=False)
    assert await listed_then(home, one, *others, marked) == (1, 2, 3, 4)
    with Inventory(home / "inventory.db").write() as db:
        remittances.set_aside(db, era(b"ISA", one).sha256)
    assert await listed_then(home, one) == (0,)


def routes(home: Path, *lines: str) -> None:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "era_routes.csv").write_text("\n".join(["payer,payee,route,enrolled_on", *lines]) + "\n")


@pytest.mark.parametrize(
    ("line", "opened"),
    [
        ("aetna,,portal,", True),
        ("aetna,,both,", True),
        ("humana,,portal,", True),  # nobody has decided about this one
        ("aetna,,clearinghouse,", False),
        ("60054,,clearinghouse,", False),
        (f"aetna,{era_lives.NPI},paper,", False),
        (",000004471,not enrolled,", False),
    ],
)
async def test_only_what_comes_by_the_portal_may_be_opened_or_marked(home: Path, line: str, opened: bool) -> None:
    """Neither while it is new, nor when a file of it is on disk from another time."""
    routes(home, line)
    found = await allowed(home, "aetna", payment())
    assert (found.fetch, found.mark) == ((0,) if opened else (), ())
    async with era_lives.desk_of(home) as desk:
        await desk.kept("aetna", era(b"ISA", payment()), base64.b64encode(b"sealed").decode())
    found = await allowed(home, "aetna", payment())
    assert (found.fetch, found.mark) == ((), (0,) if opened else ())


async def test_what_comes_another_way_is_never_lost(home: Path) -> None:
    """Somebody else takes the file from the portal: it was not ours, or is no more since the route was changed."""
    await allowed(home, "aetna", payment())
    routes(home, "aetna,,clearinghouse,")
    for offered in (True, False):
        new = Mark.NEW if offered else Mark.DOWNLOADED
        await allowed(home, "aetna", payment(mark=new, offered=offered), payment(2, mark=new, offered=offered))
    assert rows(home, "SELECT * FROM incidents") == []
    assert [row["trace"] for row in rows(home, "SELECT trace FROM era_listed ORDER BY trace")] == ["T1", "T2"]


async def test_a_mistake_in_the_routes_stops_a_fetch_before_anybody_is_contacted(home: Path) -> None:
    routes(home, "aetna,,by pigeon,")
    with pytest.raises(InputError, match="'by pigeon' is no route"):
        async with era_lives.desk_of(home):
            pass


async def test_only_what_was_wanted_and_is_gone_counts_as_lost(home: Path) -> None:
    """A file that was given out before we ever saw it is no incident; a person's closing is not undone."""
    gone = payment(mark=Mark.DOWNLOADED, offered=False)
    open_ones = "SELECT message FROM incidents WHERE closed_at IS NULL"
    await listed_then(home, gone)
    assert rows(home, open_ones) == []
    await listed_then(home, payment(2), payment(3))
    await listed_then(home, payment(2, mark=Mark.DOWNLOADED, offered=False), payment(3))
    [first] = rows(home, open_ones)
    assert "T2" in first["message"]
    await listed_then(home, payment(3, mark=Mark.DOWNLOADED, offered=False))
    [both] = rows(home, open_ones)
    assert "T2, T3" in both["message"]
    with Inventory(home / "inventory.db").write() as db:
        db.execute("UPDATE incidents SET closed_at = '2026-11-24'")
    await listed_then(home, payment(3, mark=Mark.DOWNLOADED, offered=False))
    assert rows(home, open_ones) == []


async def test_the_incident_ends_when_the_files_are_there_after_all(home: Path) -> None:
    await listed_then(home, payment())
    await listed_then(home, payment(mark=Mark.DOWNLOADED, offered=False))
    async with era_lives.desk_of(home) as desk:
        await desk.kept("payer", era(b"ISA", payment()), base64.b64encode(b"sealed").decode())
    await listed_then(home, payment(mark=Mark.DOWNLOADED, offered=False))
    assert rows(home, "SELECT message FROM incidents WHERE closed_at IS NULL") == []


class Landed:
    """A download of some bytes, or one that failed."""

    def __init__(self, path: Path, data: bytes, failed: str | None = None) -> None:
        path.write_bytes(data)
        self._path = path
        self._failed = failed

    async def failure(self) -> str | None:
        return self._failed

    async def path(self) -> Path:
        return self._path

    async def delete(self) -> None:
        self._path.unlink()


@pytest.mark.parametrize(
    ("data", "failed", "why"),
    [
        (b"", None, "an empty file came"),
        (b" \r\n\t", None, "an empty file came"),
        (b"\xef\xbb\xbf<!doctype html>", None, "a web page came"),
        (b"ISA*00", "net::ERR_FAILED", "cut off"),
    ],
)
async def test_what_is_no_file_is_not_kept(home: Path, data: bytes, failed: str | None, why: str) -> None:
    landed = home / "landed"
    async with era_lives.desk_of(home) as desk:
        with pytest.raises(AnswerUnreadable, match=why):
            await keep(Landed(landed, data, failed), (payment(),), "payer", desk, sealing.load_key(home / "vault.key"))
    assert (rows(home, "SELECT * FROM era_kept"), landed.exists()) == ([], False)


@pytest.mark.parametrize(
    "data", [b"ISA*00", b"\xef\xbb\xbfISA", b"ST*835*1~", b"PK\x03\x04", b"\x1f\x8b gzip", b"no one knows"]
)
async def test_whatever_else_came_is_kept_as_it_came(home: Path, data: bytes) -> None:
    key = sealing.load_key(home / "vault.key")
    async with era_lives.desk_of(home) as desk:
        kept = await keep(Landed(home / "landed", data), (payment(), payment(2)), "payer", desk, key)
    assert sealing.read_sealed(remittances.file_of(home / "fetched", kept.sha256), key) == data
    assert [row["trace"] for row in rows(home, "SELECT trace FROM era_kept ORDER BY trace")] == ["T1", "T2"]
    assert not (home / "landed").exists()


def test_a_landing_folder_is_private_and_goes_with_its_maker(tmp_path: Path) -> None:
    """One that a killed process left behind is removed by the next; that of a living one stays."""
    mine = Landing.make(tmp_path)
    assert mine.path.stat().st_mode & 0o777 == 0o700
    abandoned = tmp_path / mine.path.name.replace(mine.path.name[-16:], "0" * 16)
    abandoned.mkdir()
    (abandoned / "file").write_bytes(b"ISA")
    (tmp_path / "somebody-else").mkdir()
    other = Landing.make(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [mine.path.name, other.path.name, "somebody-else"]
    )
    abandoned.mkdir()
    wipe_abandoned(tmp_path)  # what every command does at its start
    assert (abandoned.exists(), mine.path.exists(), other.path.exists()) == (False, True, True)
    (mine.path / "file").write_bytes(b"ISA")
    mine.wipe()
    assert not mine.path.exists()
    assert other.path.exists()
    other.wipe()


async def test_a_cancelled_run_gives_up_holding(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service ends: the incident stays open, and says which file the portal has to be asked for."""

    def full(path: Path, data: bytes) -> None:
        raise InputError("the disk is full")

    monkeypatch.setattr(remittances, "write_durably", full)
    async with era_lives.desk_of(home) as desk:
        holding = asyncio.ensure_future(desk.kept("payer", era(b"ISA", payment()), ""))
        while not rows(home, "SELECT * FROM incidents"):
            await asyncio.sleep(0.01)
        holding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holding
    [incident] = rows(home, "SELECT * FROM incidents WHERE closed_at IS NULL")
    assert (incident["kind"], "T1" in incident["message"]) == ("unsaved era", True)


class Told:
    """A list of one new payment and a session, which write down in which order they are asked."""

    def __init__(self, refuse: bool, *may: str) -> None:
        self.at_once = 1
        self._may = may
        self.calls: list[str] = []
        self._refuse = refuse

    async def read(self) -> PaymentPage:
        return PaymentPage(organization="Example", payee_tin="000004471", payments=(payment(),), total=1)

    async def fetch(self, places: Any) -> Any:
        self.calls.append("fetch")

    async def mark(self, place: int) -> None:
        self.calls.append("mark")

    async def turn(self) -> bool:
        return False

    async def listed(self, payments: Any) -> Any:
        self.calls.append("listed")
        return Allowed.model_validate(dict.fromkeys(self._may, (0,)))

    async def keep(self, download: Any, *payments: ListedPayment) -> KeptEra:
        self.calls.append("keep")
        if self._refuse:
            raise AnswerUnreadable("an empty file came")
        return era(b"ISA", *payments)


@pytest.mark.parametrize(
    ("refuse", "may", "calls"),
    [
        (False, ["fetch"], ["listed", "fetch", "keep", "mark"]),
        (True, ["fetch"], ["listed", "fetch", "keep"] * 2),
        (False, ["mark"], ["listed", "mark"]),
        (False, [], ["listed"]),
    ],
    ids=["wanted", "no file comes", "on disk", "comes another way"],
)
async def test_a_payment_is_marked_only_when_its_file_is_on_disk(
    refuse: bool, may: list[str], calls: list[str]
) -> None:
    """It is in the inventory before its file is asked for; what comes another way is neither opened nor marked."""
    told = Told(refuse, *may)
    inquiry = EraDownloadInquiry(organization=era_lives.ORGANIZATION, paid_from=era_lives.DAY, paid_to=era_lives.DAY)

    async def search() -> Told:
        return told

    await fetch_all(told, inquiry, search)  # type: ignore[arg-type]
    assert told.calls == calls
