"""Taking in an 835: kept first, then judged, told apart, and passed on once. Safe to be killed at any moment.

    bytes -> archive (fsynced) -> verdicts, copies and planned files in one transaction -> drop folder -> manifest

Taking in the same bytes again finishes what is unfinished and changes nothing else. `Intake.recover` finishes what
dead processes left behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bots import now
from bots.disk import locked, private_folder, sweep
from bots.era import book
from bots.era.archive import Archive, fingerprint
from bots.era.config import FILE as CONFIG_FILE
from bots.era.config import load_config
from bots.era.drop import carry_out, note_pick_ups
from bots.era.gate import Judged, judge_member
from bots.era.manifest import write_manifests
from bots.era.payment import in_cents
from bots.era.routes import FILE as ROUTES_FILE
from bots.era.routes import load_routes
from bots.era.subset import subset
from bots.era.unpacking import Member, unpack
from bots.era.verdicts import REASONS
from bots.inventory import Inventory, stamp
from bots.inventory.audit import record_audit
from bots.sealing import Key
from bots.settings import Settings
from flows.errors import InputError

PORTAL, SEEN = "portal", "elsewhere"
_MANIFESTS_ARE_KEPT_UP = timedelta(days=40)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file came from; `payer` is our name of the payer. What the portal's list told of it, where it did.

    `listed_trace` and `listed_amount` only when the list's row is about this one payment.
    """

    portal: str = ""
    account: str = ""
    payer: str = ""
    run_id: str = ""
    listed_trace: str = ""
    listed_amount: Decimal | None = None
    listed_paid_on: date | None = None
    listed_payee: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one payment of a file: see `bots.era.book` for the states, docs/eras.md for the words.

    `again` says that another download may bring a sound copy.
    """

    id: int
    verdict: str
    reasons: tuple[str, ...]
    copy: str
    state: str
    trace: str
    amount: Decimal | None
    paid_on: date | None
    file: str
    again: bool


class Intake:
    """The place where 835s are taken in; of several processes one at a time."""

    def __init__(self, settings: Settings, inventory: Inventory, key: Key) -> None:
        self._settings, self._inventory = settings, inventory
        self._archive = Archive(settings.era_folder / "archive", key)
        self._config = load_config(settings.config / CONFIG_FILE, settings.home)
        self._routes = load_routes(settings.config / ROUTES_FILE)

    def take_in(self, data: bytes, source: Source) -> list[Taken]:
        """Keep, judge and pass on what a portal gave. The bytes are safe as soon as this does not raise.

        Raises InputError when they could not be kept: that has to be told to a person, and the bytes held on to.
        """
        with self._alone():
            sha256 = fingerprint(data)
            if not self._row(sha256):
                header = _header(PORTAL, source, stamp(now.utc()))
                self._archive.put(data, header)
                self._enter(header, data)
                self._archive.file_away(sha256, header["received_at"])
            self._finish({self._received(sha256)[:7]})
            return self._taken(sha256)

    def saw(self, data: bytes) -> list[Taken]:
        """Note the payments of a file that came another way, so that they are not passed on a second time."""
        header = _header(SEEN, Source(), stamp(now.utc()))
        with self._alone():
            if not self._row(_known_as(header, data)):
                self._enter(header, data)
            return self._taken(_known_as(header, data))

    def told(self, *, by: str) -> None:
        """All that came another way was given to `saw`: what waited for that goes to billing, unless it was there."""
        with self._alone():
            with self._inventory.write() as db:
                waited = book.tell(db, at=stamp(now.utc()), by=by)
                for sha256, member in {(row["sha256"], row["member"]): None for row in waited}:
                    book.plan_drops(db, sha256, member, self._config)
            self._finish({self._received(row["sha256"])[:7] for row in waited})

    def recover(self) -> int:
        """Finish what was left behind, note what billing has taken; how many files had not been finished."""
        with self._alone():
            for folder in self._config.folders:
                if folder.is_dir():
                    sweep(folder)
            since = stamp(now.utc() - _MANIFESTS_ARE_KEPT_UP)
            rows = self._inventory.rows("SELECT received_at FROM era_files WHERE received_at > ?", (since,))
            return self._finish({row["received_at"][:7] for row in rows})

    def release(self, payment: int, *, by: str, because: str) -> None:
        """Let a payment that is held go to billing after all. Raises InputError when it is not held."""
        with self._alone():
            with self._inventory.write() as db:
                row = _settle(db, payment, "release", ("held",), "passed", by, because)
                book.plan_drops(db, row["sha256"], row["member"], self._config)
            self._finish({self._received(row["sha256"])[:7]})

    def dismiss(self, payment: int, *, by: str, because: str) -> None:
        """A person has settled it: it does not go to billing. Raises InputError unless held or quarantined."""
        with self._alone(), self._inventory.write() as db:
            _settle(db, payment, "dismiss", ("held", "quarantined"), "dismissed", by, because)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with locked(private_folder(self._settings.era_folder) / "lock"):
            yield

    def _row(self, sha256: str) -> dict[str, Any] | None:
        return self._inventory.row("SELECT * FROM era_files WHERE sha256 = ?", (sha256,))

    def _enter(self, header: dict[str, Any], data: bytes) -> None:
        """Judge a file and write it into the book: all of it, or nothing."""
        sha256, seen = _known_as(header, data), header["source"] == SEEN
        judged = [(member.number, list(judge_member(member))) for member in unpack(data)]
        single = sum(len(found) for _, found in judged) == 1
        source = header if single else {**header, "listed_trace": "", "listed_amount": ""}
        with self._inventory.write() as db:
            row = {"sha256": sha256, **header, "size": len(data)}
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            db.execute(f"INSERT INTO era_files ({names}) VALUES ({marks})", tuple(row.values()))
            for member, found in judged:
                self._enter_member(db, sha256, member, found, source, seen=seen)

    def _enter_member(
        self, db: Any, sha256: str, member: int, found: Sequence[Judged], source: dict[str, Any], *, seen: bool
    ) -> None:
        for judged in found:
            book.enter(db, sha256, book.decide(db, judged, source, self._routes, seen=seen))
        if not seen:
            book.plan_drops(db, sha256, member, self._config)

    def _finish(self, months: set[str]) -> int:
        """Enter what has arrived, file it away, bring planned files to their places, write the months' manifests."""
        arrived = 0
        for header, data in self._archive.arriving():
            sha256 = fingerprint(data)
            if not self._row(sha256):
                self._enter(header, data)
                arrived += 1
            self._archive.file_away(sha256, self._received(sha256))
            months = months | {self._received(sha256)[:7]}
        months |= self._drop()
        note_pick_ups(self._inventory)
        with suppress(InputError):  # a drop folder that is not there: `pk era missing` tells of it
            write_manifests(self._inventory, self._config, months)
        return arrived

    def _received(self, sha256: str) -> str:
        row = self._row(sha256)
        return str(row["received_at"]) if row else stamp(now.utc())

    def _drop(self) -> set[str]:
        """Carry out every file that is planned. The months whose manifest is not up to date then."""
        sql = """SELECT d.*, f.received_at FROM era_drops d JOIN era_files f USING (sha256)
                 WHERE d.state <> 'dropped' ORDER BY d.id"""
        months = set()
        for drop in self._inventory.rows(sql):
            try:
                carry_out(self._inventory, drop, lambda drop=drop: self._content(drop))  # type: ignore[misc]
            except (InputError, OSError):
                continue  # it stays planned, `pk era missing` tells of it, and the next time tries again
            months.add(drop["received_at"][:7])
        return months

    def _content(self, drop: dict[str, Any]) -> bytes:
        """What goes to billing in a file: the bytes as they came, or the payments that belong there."""
        member = next(found for found in self.members(drop["sha256"]) if found.number == drop["member"])
        if drop["whole"]:
            return member.data
        rows = self._inventory.rows("SELECT * FROM era_payments WHERE drop_id = ?", (drop["id"],))
        return subset(member.data, {(row["interchange"], row["part"], row["place"]) for row in rows})

    def members(self, sha256: str) -> list[Member]:
        """The files in an archived file. InputError when there is none."""
        row = self._row(sha256)
        if row is None or row["source"] != PORTAL:
            raise InputError(f"{sha256}: the archive holds no such file")
        if row["purged_at"]:
            raise InputError(f"{sha256}: it was purged on {row['purged_at'][:10]}, after its years (pk era purge)")
        return list(unpack(self._archive.open(sha256, row["received_at"])))

    def _taken(self, sha256: str) -> list[Taken]:
        sql = """SELECT p.*, ifnull(d.name, '') AS file FROM era_payments p LEFT JOIN era_drops d ON d.id = p.drop_id
                 WHERE p.sha256 = ? ORDER BY p.id"""
        return [_told(row) for row in self._inventory.rows(sql, (sha256,))]


def _known_as(header: dict[str, Any], data: bytes) -> str:
    """What a portal gives is kept, even when the same bytes were seen elsewhere before: that is another file."""
    return f"{SEEN} {fingerprint(data)}" if header["source"] == SEEN else fingerprint(data)


def _header(kind: str, source: Source, received_at: str) -> dict[str, Any]:
    facts = {name: "" if value is None else str(value) for name, value in asdict(source).items()}
    if source.listed_amount is not None:
        facts["listed_amount"] = in_cents(source.listed_amount)
    return {"source": kind, "received_at": received_at, **facts}


def _settle(
    db: Any, payment: int, verb: str, states: tuple[str, ...], state: str, by: str, because: str
) -> dict[str, Any]:
    """What a person decides of a payment, with its entry in the audit trail. Inside the caller's write."""
    found = db.execute("SELECT * FROM era_payments WHERE id = ?", (payment,)).fetchone()
    if found is None or found["state"] not in states:
        raise InputError(f"payment {payment} is not {' or '.join(states)}; see: pk era list")
    db.execute("UPDATE era_payments SET state = ? WHERE id = ?", (state, payment))
    at, words = stamp(now.utc()), f"payment {payment}, trace {found['trace'] or 'none'}"
    record_audit(db, at=at, who=by, action=f"era {verb}", account=None, because=because, details=words)
    return dict(found)


def _told(row: dict[str, Any]) -> Taken:
    reasons = tuple(row["reasons"].split())
    return Taken(
        id=row["id"],
        verdict=row["verdict"],
        reasons=reasons,
        copy=row["copy"],
        state=row["state"],
        trace=row["trace"],
        amount=None if row["amount"] is None else Decimal(row["amount"]),
        paid_on=date.fromisoformat(row["paid_on"]) if row["paid_on"] else None,
        file=row["file"],
        again=any(REASONS[word].again for word in reasons if word in REASONS),
    )
