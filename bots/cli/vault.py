"""Commands about the vault. A secret comes from a prompt or standard input, never from the command line."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import typer

from bots import now
from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_json, print_table
from bots.inventory import stamp
from bots.inventory.accounts import get_account, local_day
from bots.inventory.audit import record_audit
from flows.errors import InputError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bots.vault import Credential

vault = typer.Typer(no_args_is_help=True, help="Passwords, authenticator secrets, security answers, sealed with age.")


@vault.command("set")
def set_(
    name: Annotated[str, typer.Argument(help="The account's name.")],
    totp: Annotated[bool, typer.Option("--totp", help="Set the authenticator secret instead of the password.")] = False,
    security_answers: Annotated[
        bool, typer.Option("--security-answers", help="Set answers to the portal's security questions instead.")
    ] = False,
    json: Json = False,
) -> None:
    """Store the password of an account, asked for or read from standard input; or another secret.

    Security answers are read from standard input as JSON lines with "question" and "answer". They are added to those
    that are stored; another answer to a question takes the place of the first, an empty one removes it.
    """
    from pydantic import SecretStr

    office.acting("store a secret")
    row = get_account(office.inventory, name)
    if totp and security_answers:
        raise InputError("give --totp or --security-answers, one at a time")
    before = office.vault.check(name).password_set_at
    if security_answers:
        what = "security answers"
        stored = office.vault.put(name, security_answers=_asked_answers())
    else:
        what = "authenticator secret" if totp else "password"
        secret = SecretStr(_asked(f"{what} of {name}: "))
        stored = office.vault.put(name, totp_secret=secret) if totp else office.vault.put(name, password=secret)
    record(row, what, before, stored)
    words = f"{what} of {name} {'are' if security_answers else 'is'} stored. Check it without contact: pk check {name}"
    print_done(words, json=json, account=name, stored=what)


def record(row: dict[str, Any], what: str, before: datetime | None, stored: Credential) -> None:
    """Write into the inventory who stored what, since when the password counts, and how many answers there are.

    An expiry date that the portal told goes when the password before this one had worked: it was that one's. After a
    typing mistake it stays, since the portal's own password is as old as it was.
    """
    from bots.answers import lift_freeze  # the guard, which other commands start without

    zone = ZoneInfo(row["time_zone"]) if row["time_zone"] in available_timezones() else None
    since = stored.password_set_at
    columns: dict[str, str | int | None] = {"password_set_on": since.astimezone(zone).date().isoformat()}
    if before and before != since and _worked_since(row["name"], before):
        columns |= {"password_expires_on": None, "password_expires_source": None}
    if answers := what == "security answers":
        count = len(stored.security_answers)
        today = local_day(row, now.utc()).isoformat() if count else None
        columns |= {"security_answers_stored": count, "security_answers_confirmed_on": today}
    held = office.vault.answer_fingerprints(row["name"])
    with office.inventory.write() as db:
        db.table("accounts").update(row["name"], columns)
        if answers:
            lift_freeze(db, row["name"], held, by=office.person)
        record_audit(db, at=stamp(now.utc()), who=office.person, action="vault set", account=row["name"], details=what)


def _worked_since(account: str, begun: datetime) -> bool:
    sql = "SELECT 1 FROM ledger WHERE account = ? AND kind = 'signed_in' AND by IS NULL AND opened_at >= ? LIMIT 1"
    return office.inventory.row(sql, (account, stamp(begun))) is not None


def _asked(prompt: str) -> str:
    text = _asked_or_none(prompt)
    if not text:
        raise InputError("nothing was given; the vault is as it was")
    return text


def _asked_or_none(prompt: str) -> str:
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


def _asked_answers() -> dict[str, SecretStr]:
    """Security answers by question: asked for in turn, the answers unseen, or read from standard input."""
    from pydantic import SecretStr

    from bots.vault.given import read_answers

    if sys.stdin.isatty():
        answers = {question: SecretStr(getpass.getpass("its answer: ")) for question in _asked_questions()}
    else:
        answers = read_answers(sys.stdin)
    if not answers:
        raise InputError("nothing was given; the vault is as it was")
    return answers


def _asked_questions() -> Iterator[str]:
    while True:
        print("security question, as the portal words it (Enter ends): ", end="", file=sys.stderr, flush=True)
        if not (question := sys.stdin.readline().strip()):
            return
        yield question


@vault.command("list")
def list_(json: Json = False) -> None:
    """Which accounts have an entry, and what is in it; never a secret."""
    _print(json, [vars_of(check) for check in office.vault.check_all()])


@vault.command("check")
def check(
    name: Annotated[str | None, typer.Argument(help="One account; none means every entry.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every account of the inventory, also those without an entry.")
    ] = False,
    json: Json = False,
) -> None:
    """Try to open entries and say what is wrong with them."""
    users = {row["name"]: row["user_id"] for row in office.inventory.rows("SELECT name, user_id FROM accounts")}
    names = [name] if name else sorted({*office.vault.names(), *(users if every else ())})
    office.vault.prove_key()
    checks = [office.vault.check(each, users.get(each, "")) for each in names]
    _print(json, [vars_of(check) for check in checks])
    if any(check.problem for check in checks):
        raise typer.Exit(InputError.exit_code)


@vault.command("access")
def access(name: Annotated[str, typer.Argument(help="The manager's name in vaults.toml.")], json: Json = False) -> None:
    """Store what opens a credential manager, asked for or read from standard input, one line each."""
    from pydantic import SecretStr

    office.acting("store a secret")
    stores = office.vault.stores
    stores.store(name)  # InputError when vaults.toml has no such manager
    table = stores.places.vaults[name]
    given = {what: SecretStr(_asked(f"{what} of vault {name}: ")) for what in table.wants}
    for what in table.may_want:
        if secret := _asked_or_none(f"{what} of vault {name} (none: Enter): "):
            given[what] = SecretStr(secret)
    stores.access.put(name, given)
    with office.inventory.write() as db:
        record_audit(db, at=stamp(now.utc()), who=office.person, action="vault access", details=name)
    print_done(f"what opens vault {name} is stored. Look whether it does: pk doctor", json=json, vault=name)


@vault.command("rekey")
def rekey(json: Json = False) -> None:
    """Make a new vault.key and seal everything with it. After a kill: the same again, which goes on."""
    from bots.resealing import reseal, using_the_key
    from bots.sealing import load_key

    office.acting("store a secret")
    settings = office.settings
    with using_the_key(settings.home, alone=True):
        done = reseal(settings, office.inventory, load_key(settings.key_file), by=office.person)
    lines = [f"{done.files} files are sealed with the new key in {settings.key_file}: keep a copy of it apart"]
    lines += [f"the old key lies in {path}: put it away safely, it opens older backups" for path in done.old_keys]
    lines += [f"{path}: neither key opens it, it was left as it is" for path in done.unreadable]
    facts = {"unreadable": list(map(str, done.unreadable)), "old_keys": list(map(str, done.old_keys))}
    print_done("\n".join(lines), json=json, files=done.files, key=settings.key_file, **facts)


def vars_of(check: object) -> dict[str, object]:
    """The fields of a vault check."""
    from dataclasses import asdict

    return asdict(check)  # type: ignore[call-overload,no-any-return]


def _print(json: bool, rows: list[dict[str, object]]) -> None:
    if json:
        print_json(rows)
    else:
        columns = ["account", "vault", "password_set_at", "totp", "old_passwords", "security_answers", "problem"]
        print_table(rows, columns, empty="the vault is empty: pk vault set ACCOUNT")


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(vault, name="vault")
