"""Looks for what would make a run fail, without contacting any portal; mailbox and managers are signed in to."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from bots import now
from bots.browser import Host, find_browser
from bots.codes.backup import BackupCodes
from bots.codes.channels import check_mailbox, try_mailbox
from bots.codes.texting import check_account_texts, check_texts
from bots.delivery import FILE as ALERTS
from bots.delivery import load_plan
from bots.inventory import Inventory, stamp
from bots.inventory.accounts import texted
from bots.people import FILE, load_people
from bots.sealing import load_key
from bots.settings import Settings, is_loopback
from bots.vault import Check, Vault, open_vault
from bots.vault.places import FILE as VAULTS
from bots.vault.places import load_places
from bots.vault.provider import Provider
from bots.worklist import CONTRACTS, ColumnMap, load_aliases
from flows.errors import CodeNotReceived, CodesExhausted, InputError, VaultError
from flows.parties import CodeWay, code_ways
from payers.registry import find_portal

CLOCKS_APART = timedelta(minutes=5)
OTHERS = stat.S_IRWXG | stat.S_IRWXO
SYNCED = ("dropbox", "onedrive", "google drive", "icloud", "nextcloud", "owncloud")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, whether it is good, and what to do if not."""

    what: str
    good: bool
    words: str

    def as_dict(self) -> dict[str, str | bool]:
        """All fields by name."""
        return asdict(self)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything a run needs, what takes longest at the end. Never raises for what it finds."""
    checks: dict[str, Callable[[], str]] = {
        "data folder": lambda: _data_folder(settings.home),
        "settings": lambda: str(settings.config_file),
        "columns": lambda: f"{_headings(settings.config / 'columns.toml')} headings mapped",
        "payer aliases": lambda: f"{len(load_aliases(settings.config / 'payer_aliases.csv'))} codes mapped",
        "people": lambda: load_people(settings.config / FILE).words(),
        "key": lambda: str(load_key(settings.key_file).path),
        "inventory": lambda: _inventory(settings),
        "clock": lambda: _clock(settings),
        "answers folder": lambda: _private(settings.answers_folder),
        "letters": lambda: _letters(settings),
        "text messages": lambda: _texts(settings),
        "ERAs": lambda: _eras(settings),
        "report and alerts": lambda: _delivery(settings),
        "evidence": lambda: _evidence(settings),
        "credential managers": lambda: f"{len(load_places(settings.config / VAULTS).vaults)} named",
    }
    yield from (_finding(what, look) for what, look in checks.items())
    yield from _accounts(settings)
    yield look_at_browser(settings)


def look_at_browser(settings: Settings) -> Finding:
    """Whether the browser starts."""
    return _finding("browser", lambda: asyncio.run(_browser(settings)))


def _finding(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except (InputError, CodeNotReceived, OSError, VaultError) as error:
        return Finding(what, False, " ".join(str(error).split()))


async def _browser(settings: Settings) -> str:
    """The browser, once it was started."""
    executable = find_browser(settings.browser_executable)
    host = await Host.start(executable, sandbox=settings.browser_sandbox)
    await host.stop()
    return f"{executable} starts" + ("" if settings.browser_sandbox else ", without a sandbox of its own")


def _data_folder(home: Path) -> str:
    if not home.is_dir():
        raise InputError(f"{home} does not exist: run `portalkeeper init`")
    if not os.access(home, os.W_OK):
        raise InputError(f"{home} can't be written: check its owner and that its disk is mounted for writing")
    return _private(home)


def _delivery(settings: Settings) -> str:
    plan = load_plan(settings.config / ALERTS)
    to = f"the report to {', '.join(plan.report.to)}" if plan.report.to else "the report to nobody by mail"
    return f"{to}; {len(plan.routes)} routes of alerts"


def _headings(file: Path) -> int:
    return sum(len(ColumnMap.load(file, contract).columns) for contract in CONTRACTS.values())


def _private(folder: Path) -> str:
    """The folder, unless others may read it or a sync program may copy it away."""
    if not folder.is_dir():
        raise InputError(f"{folder} does not exist: run `portalkeeper init`")
    if folder.stat().st_mode & OTHERS:
        raise InputError(f"{folder} can be read by others: chmod 700 {folder}")
    _not_synced(folder)
    return str(folder)


def _not_synced(folder: Path) -> None:
    if found := [name for name in SYNCED if name in str(folder.resolve()).casefold()]:
        raise InputError(f"{folder} looks like a folder that {found[0]} copies away; member data must not lie there")


def _inventory(settings: Settings) -> str:
    if not settings.database.exists():
        raise InputError(f"{settings.database} does not exist: run `portalkeeper init`")
    inventory = Inventory(settings.database)
    try:
        if (said := inventory.check()) != "ok":
            raise InputError(f"{settings.database} is damaged ({said}): put the last good copy in its place")
        count = inventory.rows("SELECT count(*) AS accounts FROM accounts")[0]["accounts"]
    finally:
        inventory.close()
    return f"{count} accounts"


def _clock(settings: Settings) -> str:
    """What time it is, unless the inventory knows of a later one."""
    at, newest = now.utc(), ""
    with suppress(InputError):  # an inventory that can't be read is told in its own line
        newest = _newest_record(settings.database) if settings.database.exists() else ""
    if newest > stamp(at + CLOCKS_APART):
        raise InputError(
            f"this machine's clock stands at {at:%Y-%m-%d %H:%M} UTC, but the inventory holds a record of "
            f"{newest[:16].replace('T', ' ')}: one of the two is wrong. Set the clock right (timedatectl), or codes "
            "will be refused"
        )
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _newest_record(database: Path) -> str:
    sql = "SELECT max(ifnull((SELECT max(at) FROM audit), ''), ifnull((SELECT max(opened_at) FROM ledger), '')) AS at"
    inventory = Inventory(database)
    try:
        return str(inventory.rows(sql)[0]["at"])
    finally:
        inventory.close()


def _letters(settings: Settings) -> str:
    """Where letters about forgotten passwords arrive, unless none could be believed or found there."""
    if not settings.mail_server:
        return "none are expected: mail_server is not set"
    where = check_mailbox(settings)
    return try_mailbox(settings) if settings.mail_host else where


def _texts(settings: Settings) -> str:
    """Where text messages with codes arrive, unless none could be believed or a number is somebody else's now."""
    if not settings.sms_source:
        return "none are expected: sms_source is not set"
    inventory = Inventory(settings.database)
    try:
        return check_texts(settings, load_key(settings.key_file), texted(inventory))
    finally:
        inventory.close()


def _eras(settings: Settings) -> str:
    """Where 835s go and by which routes they come, unless others may read them there."""
    from bots.era.config import FILE as CONFIG
    from bots.era.config import load_config
    from bots.era.routes import FILE as ROUTES
    from bots.era.routes import load_routes

    config, routes = load_config(settings.config / CONFIG, settings.home), load_routes(settings.config / ROUTES)
    for folder in sorted(config.folders):
        _not_synced(folder)
        if folder.is_dir() and folder.stat().st_mode & stat.S_IRWXO:
            raise InputError(f"{folder} can be read by everybody: chmod o= {folder}")
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            raise InputError(f"{folder} can't be written: check its owner and group")
    return f"{', '.join(map(str, sorted(config.folders)))}; {len(routes.lines)} routes"


def _evidence(settings: Settings) -> str:
    """For whom evidence is sealed; the data folder's own key opens it only as long as nobody is named."""
    from bots.evidence.config import FILE as EVIDENCE
    from bots.evidence.config import load_config
    from bots.retention import FILE as RETENTION
    from bots.retention import load_retention

    load_retention(settings.config / RETENTION)
    config = load_config(settings.config / EVIDENCE)
    if not config.recipients:
        return f"sealed with this folder's own key: name operations and escrow in {settings.config / EVIDENCE}"
    return f"sealed for {', '.join(config.recipients)}"


def _accounts(settings: Settings) -> Iterator[Finding]:
    """For each account: its vault entry, its scope, and whether it may be used where it points."""
    try:
        vault = open_vault(settings, load_key(settings.key_file))
        yield from _stores(vault)
        inventory = Inventory(settings.database) if settings.database.exists() else None
    except InputError:
        return  # said above
    if inventory is None:
        return
    scoped = {row["account"] for row in inventory.rows("SELECT DISTINCT account FROM account_scope")}
    for row in inventory.rows("SELECT * FROM accounts ORDER BY name"):
        problems = list(_problems_of(row, vault, settings, scoped))
        yield Finding(f"account {row['name']}", not problems, "; ".join(problems) or "ready")
    inventory.close()


def _stores(vault: Vault) -> Iterator[Finding]:
    """For each credential manager: whether it lets the worker in, and what it does by itself."""
    for name in vault.stores.places.vaults:
        yield _finding(f"vault {name}", lambda name=name: _opened(vault.stores.store(name)))  # type: ignore[misc]


def _opened(store: Provider) -> str:
    does = [what.replace("_", " ") for what, can in asdict(store.capabilities).items() if can]
    return f"{store.check()} ({', '.join(does) or 'each change is read back'})"


def _way_problem(way: CodeWay, row: dict[str, str], entry: Check, settings: Settings) -> str:
    """Why no code could come to an account by a way that it is said to have; empty when all is well."""
    try:
        match way:
            case CodeWay.AUTHENTICATOR if entry.totp == "none" and not entry.problem:
                return f"its codes come by an authenticator and the vault has none: pk vault set {row['name']} --totp"
            case CodeWay.EMAIL:
                check_mailbox(settings, row["name"], row["registered_email"])
            case CodeWay.SMS:
                check_account_texts(settings, row)
            case CodeWay.BACKUP:
                BackupCodes(settings.backup_codes_folder, load_key(settings.key_file)).first(row["name"])
    except (InputError, CodesExhausted) as error:
        return str(error)
    return ""


def _problems_of(row: dict[str, str], vault: Vault, settings: Settings, scoped: set[str]) -> Iterator[str]:
    from bots.runner import checked_address  # loads the browser library

    name = row["name"]
    entry = vault.check(name, row["user_id"])
    if entry.problem:
        yield entry.problem
    for way in code_ways(row["code_ways"]) if row["code_ways"] else ():
        if problem := _way_problem(way, row, entry, settings):
            yield problem
    if name not in scoped:
        yield "it asks for nobody: add it with --organization, or import its scope"
    try:
        address = checked_address(row, find_portal(row["portal"]), settings)
        if not is_loopback(address) and now.sandbox_clock_in_force():
            yield "a sandbox's clock is in force"
    except Exception as error:  # noqa: BLE001 - whatever it is, the doctor says it
        yield str(error)
