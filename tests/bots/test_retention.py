"""What is too old goes, what an open incident or a hold needs stays, and the trail says what went."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bots import now
from bots.desk import EvidenceHead, Failure
from bots.exhibits import Exhibits
from bots.incidents import Kind, close_incident, open_incident, open_ones
from bots.inventory import Inventory, stamp
from bots.inventory.accounts import add_account, checked_account
from bots.purging import KINDS, purge, purge_daily
from bots.report.ahead import by_itself
from bots.report.whole import facts
from bots.retention import Retention, add_hold, holds_in_force, load_retention, release_hold
from bots.settings import load
from flows.errors import InputError

TODAY = datetime(2026, 11, 28, 12, tzinfo=UTC)
RUN = "20240101T000000-00000{}"


class Attic:
    """A data folder with things of a given age."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.settings = load(home)
        self.inventory = Inventory(self.settings.database)
        for name in ("a", "b"):
            row = checked_account({"name": name, "portal": "availity", "user_id": f"u-{name}"}, ["availity"])
            add_account(self.inventory, row, [], by="test", at=stamp(TODAY))

    def evidence(self, days: int, *, account: str = "a", run_id: str = "r-1", flow: str = "login") -> str:
        head = EvidenceHead(why="failure", flow=flow, sha256="0" * 64)
        kept = Exhibits(self.inventory, self.settings.evidence_folder, account, "availity", 10**9)
        name = kept.keep(run_id, head, f"sealed {run_id}".encode())
        with self.inventory.write() as db:
            db.execute("UPDATE evidence SET at = ? WHERE id = ?", (stamp(TODAY - timedelta(days=days)), name))
        return name

    def run(self, number: int, started: datetime, *, ended: bool = True, error: str | None = None) -> str:
        run_id = RUN.format(number)
        row = {
            "id": run_id,
            "account": "a",
            "portal": "availity",
            "flow": "eligibility",
            "source": "command",
            "by": "x",
        }
        row |= {"module_version": "1", "started_at": stamp(started), "ended_at": stamp(started) if ended else None}
        with self.inventory.write() as db:
            db.table("runs").insert({**row, "questions": 3, "asked": 3, "answered": 2, "error": error})
        return run_id

    def answers(self, name: str, text: str) -> Path:
        path = self.settings.answers_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def purge(self, *, dry_run: bool = False) -> dict[str, list[str]]:
        found = purge(self.settings, self.inventory, by="Ann", dry_run=dry_run)
        return {each.kind: [name for name, _ in each.things] for each in found if each.things}

    def there(self) -> set[str]:
        return {path.stem for path in self.settings.evidence_folder.glob("*.age")}

    def incident(self, **about: str) -> int:
        with self.inventory.write() as db:
            failure = Failure(error="PortalChanged", message="x")
            return open_incident(db, Kind.REPAIR, failure, by="worker", **about) or 0  # type: ignore[arg-type]

    def trail(self) -> list[str]:
        rows = self.inventory.rows("SELECT details FROM audit WHERE action = 'purge' ORDER BY id")
        return [row["details"] for row in rows]


@pytest.fixture
def attic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attic]:
    monkeypatch.setattr(now, "utc", lambda: TODAY)
    attic = Attic(tmp_path / "home")
    yield attic
    attic.inventory.close()


def test_old_evidence_goes_with_its_row_and_an_entry_with_its_hash(attic: Attic) -> None:
    old, new = attic.evidence(61), attic.evidence(59)
    digest = hashlib.sha256(b"sealed r-1").hexdigest()
    assert attic.purge() == {"evidence": [old]}
    assert attic.there() == {new}
    assert [row["id"] for row in attic.inventory.rows("SELECT id FROM evidence")] == [new]
    assert attic.trail() == [f"evidence 1: {old}:{digest}"]
    assert attic.purge() == {}
    assert len(attic.trail()) == 1


def test_a_dry_run_tells_the_same_and_touches_nothing(attic: Attic) -> None:
    old = attic.evidence(61)
    attic.run(1, TODAY - timedelta(days=1000))
    file = attic.answers("journal/2026-01-01-1-a.jsonl", "{}")
    told = attic.purge(dry_run=True)
    assert (attic.there(), file.exists(), attic.trail()) == ({old}, True, [])
    assert set(told) == set(KINDS)
    assert attic.purge() == told
    assert (attic.there(), file.exists(), len(attic.trail())) == (set(), False, 1)


ABOUT = [
    {"run_id": "r-1", "account": "b"},
    {"account": "a"},
    {"portal": "availity"},
    {"portal": "availity", "flow": "login"},
    {},
]


@pytest.mark.parametrize("about", ABOUT, ids=str)
def test_nothing_of_an_open_incident_goes(attic: Attic, about: dict[str, str]) -> None:
    name = attic.evidence(4000)
    attic.incident(**about)
    assert attic.purge() == {}
    assert attic.there() == {name}
    with attic.inventory.write() as db:
        close_incident(db, open_ones(db)[0], by="Ann", because="x")
        for follows in open_ones(db):
            close_incident(db, follows, by="Ann", because="x")
    assert attic.purge() == {"evidence": [name]}


@pytest.mark.parametrize(
    "about", [{"account": "b"}, {"portal": "uhc"}, {"portal": "availity", "flow": "eligibility"}], ids=str
)
def test_an_incident_of_somebody_else_keeps_nothing(attic: Attic, about: dict[str, str]) -> None:
    name = attic.evidence(61)
    attic.incident(**about)
    assert attic.purge() == {"evidence": [name]}


@pytest.mark.parametrize("what", ["everything", "a", "evidence", "incident", "run"])
def test_a_hold_keeps_until_it_is_released(attic: Attic, what: str) -> None:
    attic.run(1, TODAY - timedelta(days=10))
    name = attic.evidence(61, run_id=RUN.format(1))
    if what == "incident":
        what = f"INC-{attic.incident(account='a'):04}"
        with attic.inventory.write() as db:
            for each in [*open_ones(db)]:
                close_incident(db, each, by="Ann", because="x")
            for each in [*open_ones(db)]:
                close_incident(db, each, by="Ann", because="x")
    hold = add_hold(attic.inventory, {"evidence": name, "run": RUN.format(1)}.get(what, what), by="Cy", because="suit")
    assert attic.purge() == {}
    assert [row["id"] for row in holds_in_force(attic.inventory)] == [hold["id"]]
    release_hold(attic.inventory, hold["id"], by="Cy", because="settled")
    assert attic.purge() == {"evidence": [name]}
    actions = [row["action"] for row in attic.inventory.rows("SELECT action FROM audit WHERE who = 'Cy'")]
    assert actions == ["hold add", "hold release"]
    with pytest.raises(InputError, match="no hold"):
        release_hold(attic.inventory, hold["id"], by="Cy", because="again")


@pytest.mark.parametrize("what", ["nobody", "INC-9999", "E-ffffffff", RUN.format(9), ""])
def test_a_hold_on_what_is_not_there_is_refused(attic: Attic, what: str) -> None:
    with pytest.raises(InputError):
        add_hold(attic.inventory, what, by="Cy", because="x")
    assert holds_in_force(attic.inventory) == []


def test_runs_go_into_daily_counts(attic: Attic) -> None:
    day = datetime(2024, 10, 27, 8, tzinfo=UTC)  # 25 months and a day ago
    old = [attic.run(1, day), attic.run(2, day + timedelta(hours=1), error="PortalChanged")]
    attic.run(3, day, ended=False)
    attic.run(4, day + timedelta(days=2))
    assert attic.purge() == {"runs": old}
    (count,) = attic.inventory.rows("SELECT * FROM run_days")
    assert count == {
        "day": "2024-10-27",
        "account": "a",
        "portal": "availity",
        "flow": "eligibility",
        "runs": 2,
        "failed": 1,
        "asked": 6,
        "answered": 4,
    }
    assert [row["id"] for row in attic.inventory.rows("SELECT id FROM runs ORDER BY id")] == [
        RUN.format(3),
        RUN.format(4),
    ]


def test_answers_go_by_the_day_in_their_name_unless_somebody_in_them_is_held(attic: Attic) -> None:
    old = attic.answers("journal/2026-08-29-1-a.jsonl", '{"account":"b","run_id":"r-9"}')
    day = attic.answers("2026-08-29/west.csv", "reference,account\n1,b\n")
    new = attic.answers("journal/2026-08-31-1-a.jsonl", '{"account":"b"}')
    held = attic.answers("journal/2026-01-01-1-a.jsonl", '{"account":"west-a1","run_id":"r-7"}')
    nameless = attic.answers("notes.txt", "x")
    os.utime(nameless, (0, 0))
    attic.incident(account="west-a1", run_id="r-7")
    assert set(attic.purge()["answers"]) == {"journal/2026-08-29-1-a.jsonl", "2026-08-29/west.csv", "notes.txt"}
    assert [path.exists() for path in (old, day, day.parent, new, held, nameless)] == [
        False,
        False,
        False,
        True,
        True,
        False,
    ]
    assert hashlib.sha256(b"x").hexdigest() in attic.trail()[0]


def test_files_that_a_killed_purge_left_go_when_they_are_old(attic: Attic) -> None:
    attic.evidence(1)
    for name, at in (("E-00000001", 0.0), ("E-00000002", TODAY.timestamp())):
        path = attic.settings.evidence_folder / f"{name}.age"
        path.write_bytes(b"sealed")
        os.utime(path, (at, at))
    assert attic.purge() == {"evidence": ["E-00000001"]}


@pytest.mark.parametrize(
    "text",
    [
        "[keep]\ndays = 3",
        "[keep]\nanswers_days = 0",
        "[keep]\nanswers_days = true",
        "[keep]\nanswers_days = 2.5",
        "keep = 1",
        "[kept]",
        "[keep",
    ],
)
def test_a_wrong_file_purges_nothing(attic: Attic, text: str) -> None:
    name = attic.evidence(4000)
    attic.settings.config.mkdir()
    (attic.settings.config / "retention.toml").write_text(text)
    with pytest.raises(InputError, match=r"retention\.toml"):
        attic.purge()
    assert attic.there() == {name}


def test_the_shipped_file_says_the_defaults() -> None:
    shipped = Path(__file__).parents[2] / "config" / "retention.toml"
    said: dict[str, Any] = {}
    for line in shipped.read_text().splitlines():
        key, equals, number = line.removeprefix("# ").partition(" = ")
        if equals and number.isdigit():
            said[key] = int(number)
    assert said == vars(Retention())
    assert load_retention(shipped) == Retention()


def told(attic: Attic) -> tuple[list[str], list[str]]:
    """What the report says was done by itself, and what hindered a purge."""
    since, until = stamp(TODAY - timedelta(days=1)), stamp(now.utc())
    done = by_itself(attic.inventory, since, until, lambda text: None, lambda words: words)
    return list(done), [words for words in facts(attic.inventory, attic.settings, [], TODAY) if "PURGE" in words]


def test_the_service_purges_once_a_day_and_the_report_says_so(attic: Attic, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an open incident or a hold keeps stays, as when somebody purges."""
    old, held, of_incident = attic.evidence(61), attic.evidence(61, account="b"), attic.evidence(61, run_id="r-9")
    attic.incident(run_id="r-9", account="c")
    add_hold(attic.inventory, held, by="Ann", because="counsel")
    file = attic.answers("journal/2026-01-01-1-a.jsonl", "{}")
    purge_daily(attic.settings, attic.inventory)
    assert (attic.there(), file.exists()) == ({held, of_incident}, False)
    assert told(attic) == (["past its time and purged: 1 of evidence, 1 files of answers"], [])
    [entry] = attic.inventory.rows("SELECT who FROM audit WHERE action = 'purge'")
    assert entry["who"] == "service"
    late = attic.evidence(61)
    purge_daily(attic.settings, attic.inventory)
    assert late in attic.there()
    monkeypatch.setattr(now, "utc", lambda: TODAY + timedelta(days=1))
    purge_daily(attic.settings, attic.inventory)
    assert (old in attic.there(), late in attic.there()) == (False, False)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (InputError("retention.toml: wrong"), "retention.toml: wrong"),
        (PermissionError(13, "Permission denied"), "this user has no access"),
        (ValueError("Wilhelmina"), "the program itself failed (ValueError)"),
    ],
)
def test_a_purge_that_fails_is_told_and_tried_again_an_hour_later(
    attic: Attic, monkeypatch: pytest.MonkeyPatch, trouble: Exception, words: str
) -> None:
    old = attic.evidence(61)

    attic.answers("journal/2026-01-01-1-a.jsonl", "{}")

    def fails(path: Path) -> bytes:
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fails)
        purge_daily(attic.settings, attic.inventory)
    done, [why] = told(attic)
    assert (attic.there(), done, words in why, "Wilhelmina" in why) == ({old}, [], True, False)
    purge_daily(attic.settings, attic.inventory)
    assert attic.there() == {old}
    monkeypatch.setattr(now, "utc", lambda: TODAY + timedelta(hours=1))
    purge_daily(attic.settings, attic.inventory)
    assert (attic.there(), told(attic)[1]) == (set(), [])
