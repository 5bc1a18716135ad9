"""Changes that were not ours: what portals tell of by letter, compared with what the worker and people did.

The mailbox of the codes is looked through now and then, never while a flow waits for a letter in it. A letter is judged
once, and some minutes after it was sent, so that whoever changed a password by hand has time to store it. Nothing of a
letter is kept but that it was judged; it stays in the mailbox as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bots import now
from bots.codes.change_letters import About, Place, Told, Watched, read_change
from bots.codes.channels import mailbox_of
from bots.codes.turns import LETTERS, Turn
from bots.desk import Failure
from bots.incidents import Kind, open_incident
from bots.inventory import Inventory, stamp
from bots.inventory import Kind as AccountKind
from bots.last_sign_in import BY_HAND_WITHIN, TOLERANCE
from bots.sealing import load_key
from bots.settings import Settings
from flows.errors import PortalkeeperError
from payers import registry

EVERY = timedelta(minutes=15)
BACK = timedelta(days=14)  # so old may a letter be that came while nobody looked
SETTLING = timedelta(minutes=10)  # from a change by hand to `pk vault set`
WRITTEN_WITHIN = timedelta(hours=1)  # from a change to the portal's letter
STORED_WITHIN = timedelta(hours=2)  # from a change by hand to `pk vault set`, where nobody looked earlier
KNOWN_FOR = timedelta(days=90)

_WATCHED = """SELECT name, portal, address, registered_email FROM accounts WHERE kind = ? AND
    registered_email LIKE '%@%' ORDER BY name"""
_BEGUN = "SELECT min(opened_at) AS at FROM ledger WHERE account = ?"
_JUDGED = "SELECT 1 FROM change_letters WHERE hash = ?"
_BY_THE_WORKER = """SELECT 1 FROM runs WHERE account = ?1 AND flow IN ('password_reset', 'password_recovery')
    AND started_at <= ?3 AND ifnull(ended_at, ?2) >= ?2 AND ifnull(error, '') NOT IN ('InvalidCredentials',
    'AccountLocked', 'AccountDisabled', 'AccountHeld', 'AccountFrozen', 'NewPasswordRefused') LIMIT 1"""
_BY_A_PERSON = """SELECT 1 FROM audit WHERE account = ?1 AND at >= ?2 AND ((action = 'account signed-in' AND at <= ?4)
    OR (action IN ('vault set', 'account set', 'codes backup') AND at <= ?3))
    UNION ALL SELECT 1 FROM runs WHERE account = ?1 AND flow = 'assist' AND started_at <= ?3
    AND ifnull(ended_at, ?2) >= ?2 LIMIT 1"""
_READ = "INSERT OR REPLACE INTO mailbox_looks VALUES (1, ?, '', NULL)"
_NOT_READ = """INSERT INTO mailbox_looks VALUES (1, NULL, ?1, ?2) ON CONFLICT DO UPDATE SET trouble = ?1,
    trouble_since = ifnull(trouble_since, ?2)"""

log = structlog.get_logger("portalkeeper")


class ChangeNotices:
    """Looks through the mailbox of one data folder; what it has read it remembers while the program runs."""

    def __init__(self, settings: Settings, inventory: Inventory, mailbox: Place | None = None) -> None:
        self._settings = settings
        self._inventory = inventory
        self._mailbox = mailbox
        self._read: set[str] = set()
        self._seen: dict[str, datetime] = {}
        self._looked: datetime | None = None

    async def look(self, *, at_once: bool = False) -> None:
        """Look if it is time, or `at_once`. Trouble with the mailbox is for the report, and stops nothing."""
        at = now.utc()
        if not at_once and self._looked and at - self._looked < EVERY:
            return
        if not (watched := await asyncio.to_thread(self._watched)):
            self._looked = at
            await asyncio.to_thread(self._forget_trouble)
            return
        try:
            if Turn.any_taken(self._settings.lease_folder, LETTERS):
                return  # a flow waits for its letter; the next look is soon
            self._looked = at
            await self._look_through(watched, at)
        except PortalkeeperError as error:
            await asyncio.to_thread(self._note, str(error))
        except Exception as error:  # noqa: BLE001 - a letter of somebody's invention must not end the service
            log.error("mailbox can't be looked through: a fault of Portalkeeper", kind=type(error).__name__)
            await asyncio.to_thread(self._note, f"the mailbox can't be looked through ({type(error).__name__})")
        else:
            await asyncio.to_thread(self._note, "")

    def _watched(self) -> Sequence[Watched]:
        """The worker's own accounts with a portal that writes and an address; none where no letter can be believed."""
        if not self._settings.mail_server:
            return ()
        portals, found = registry.portals(), []
        for row in self._inventory.rows(_WATCHED, (AccountKind.WORKER,)):
            portal = portals.get(row["portal"])
            if portal and portal.letters:
                address = row["address"] or self._settings.portal_addresses.get(portal.name) or portal.address
                found.append(Watched(row["name"], portal, address, row["registered_email"]))
        return found

    def _forget_trouble(self) -> None:
        """Nobody needs the mailbox any more."""
        if self._inventory.row("SELECT 1 FROM mailbox_looks WHERE trouble <> ''"):
            with self._inventory.write() as db:
                db.execute("DELETE FROM mailbox_looks")

    async def _look_through(self, watched: Sequence[Watched], at: datetime) -> None:
        if self._mailbox is None:
            self._mailbox = mailbox_of(self._settings, load_key(self._settings.key_file))
        senders = {domain for one in watched for domain in one.domains}
        back = await asyncio.to_thread(self._back, at)
        letters = await self._mailbox.recent(back, senders, self._read)
        await asyncio.to_thread(self._judge, letters, watched, at)

    def _judge(self, letters: Sequence[tuple[str, bytes]], watched: Sequence[Watched], at: datetime) -> None:
        by_address: dict[str, list[Watched]] = {}
        for one in watched:
            by_address.setdefault(one.email.casefold(), []).append(one)
        for name, data in letters:
            if told := read_change(data, by_address, self._settings.mail_server):
                told = replace(told, at=min(told.at, self._seen.setdefault(name, at)))  # a date may lie ahead
                if told.at > at - SETTLING:
                    continue  # until the next look
                judge(self._inventory, told, at)
            self._read.add(name)

    def _back(self, at: datetime) -> timedelta:
        """How far back letters may not have been read: a day more than it is since the last look that went well."""
        row = self._inventory.row("SELECT read_at FROM mailbox_looks WHERE read_at IS NOT NULL")
        return min(BACK, at - datetime.fromisoformat(row["read_at"]) + timedelta(days=1)) if row else BACK

    def _note(self, trouble: str) -> None:
        """Write down how the look went, for the report."""
        at = stamp(now.utc())
        with self._inventory.write() as db:
            db.execute(_NOT_READ, (trouble, at)) if trouble else db.execute(_READ, (at,))
            db.execute("DELETE FROM change_letters WHERE judged_at < ?", (stamp(now.utc() - KNOWN_FOR),))


def judge(inventory: Inventory, told: Told, at: datetime) -> None:
    """Open an incident for a change that nobody made whom we know of; once for each letter.

    A change from before the account's first sign-in here says nothing.
    """
    with inventory.write() as db:
        if db.execute(_JUDGED, (told.mark,)).fetchone():
            return
        number = None if any(_explained(db, name, told) for name in told.accounts) else _open(db, told)
        values = (told.mark, told.accounts[0], stamp(told.at), stamp(at), number)
        db.execute("INSERT INTO change_letters VALUES (?,?,?,?,?)", values)


def _explained(db: Any, account: str, told: Told) -> bool:
    begun = db.execute(_BEGUN, (account,)).fetchone()[0]
    if begun is None or stamp(told.at) <= begun:
        return True
    first = stamp(told.at - WRITTEN_WITHIN)
    by_hand = (account, first, stamp(told.at + STORED_WITHIN), stamp(told.at + BY_HAND_WITHIN))
    if db.execute(_BY_A_PERSON, by_hand).fetchone():
        return True
    own = (account, first, stamp(told.at + TOLERANCE))
    return told.about is About.PASSWORD and db.execute(_BY_THE_WORKER, own).fetchone() is not None


def _open(db: Any, told: Told) -> int | None:
    shared = f" (or of {', '.join(told.accounts[1:4])})" if told.accounts[1:] else ""
    seen = f"{told.at:%a %d %b} at {told.at:%H:%M} {told.at:%Z}"
    message = (
        f"a letter of the portal tells of a changed {told.about}{shared}, sent on {seen}, and neither the worker nor a "
        "recorded person changed it"
    )
    failure = Failure(error="AccountHeld", message=message)
    return open_incident(db, Kind.FOREIGN_CHANGE, failure, by="worker", account=told.accounts[0], beside_others=True)
