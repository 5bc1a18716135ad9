"""Commands about ERAs (835)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots import now
from bots.cli.due import SOMETHING_DUE
from bots.cli.era_check import check
from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_fields, print_json, print_table
from flows.errors import InputError

if TYPE_CHECKING:
    from bots.era.intake import Intake

era = typer.Typer(no_args_is_help=True, help="Electronic remittances (835): checked, matched, never missing.")
era.command()(check)

_SQL = """SELECT p.id, f.received_at, p.payer, p.payer_title, p.payer_id, p.company_id, p.payee, p.payee_npi,
    p.payee_tin, p.trace, p.method, p.paid_on, p.amount, p.claims, p.provider_adjustments, p.verdict, p.reasons,
    p.state, p.copy, p.route, f.source, f.portal, f.account, f.run_id, p.sha256, p.member, d.name AS file, d.folder,
    d.dropped_at, d.picked_up_at
    FROM era_payments p JOIN era_files f USING (sha256) LEFT JOIN era_drops d ON d.id = p.drop_id"""
_COLUMNS = ["id", "received", "payer", "payee", "trace", "paid_on", "amount", "verdict", "state", "reasons"]
_MISSING = ["what", "incident", "since", "days", "payer", "payee", "trace", "amount", "words", "do"]


def _look() -> None:
    """Tell what is late by what is known now."""
    from bots.era.findings import look

    look(office.settings, office.inventory)


def _intake() -> Intake:
    from bots.era.intake import Intake

    return Intake(office.settings, office.inventory, office.key)


@era.command("list")
def list_(
    days: Annotated[int, typer.Option(min=1, help="Those received in so many days.")] = 14,
    payer: Annotated[str, typer.Option(help="Of one payer only.")] = "",
    json: Json = False,
) -> None:
    """Payments that were received, newest first, with verdict and what became of them."""
    since = (now.utc() - timedelta(days=days)).isoformat()
    rows = office.inventory.rows(f"{_SQL} WHERE f.received_at > ? ORDER BY f.received_at DESC, p.id", (since,))
    rows = [row for row in rows if not payer or payer.casefold() in (row["payer"], row["payer_id"].casefold())]
    if json:
        print_json(rows)
    else:
        print_table([_line(row) for row in rows], _COLUMNS, empty=f"no ERA was received within {days} days")


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "received": row["received_at"][:10],
        "payer": row["payer"] or row["payer_title"],
        "payee": row["payee_npi"] or row["payee_tin"],
        "reasons": row["reasons"].replace(" ", ", "),
    }


@era.command("show")
def show(
    trace: Annotated[str, typer.Argument(help="The trace number (check or EFT number).")], json: Json = False
) -> None:
    """Everything known of the payments with a trace number, and what to do about them."""
    rows = office.inventory.rows(f"{_SQL} WHERE p.trace = ? ORDER BY p.id", (trace,))
    if not rows:
        raise InputError(f"no payment with trace {trace} was received; see: pk era missing")
    if json:
        print_json(rows)
        return
    from bots.era.verdicts import REASONS

    for row in rows:
        print_fields(row)
        for word in row["reasons"].split():
            print(f"    {word}: {REASONS[word].what}. {REASONS[word].do}")
        print()


@era.command("missing")
def missing(json: Json = False) -> None:
    """What should be there and is not, and what waits for a person.

    Ends with code 4 when anything is late, unless somebody has closed its incident.
    """
    from bots.era.findings import missing_now, told_of
    from bots.incidents import incident_name

    told = told_of(office.inventory)
    rows = []
    for one in missing_now(office.settings, office.inventory):
        before = told.get(one.key, {})
        settled = before.get("closed_by") if before.get("settled") else None
        what = one.kind.upper() if one.late and not settled else f"{'settled' if settled else 'waiting'}: {one.kind}"
        name = incident_name({"id": before["incident"]}) if before else ""
        rows.append({**one.as_dict(), "what": what, "incident": name, "settled_by": settled})
    if json:
        print_json([{name: value for name, value in row.items() if name != "what"} for row in rows])
    else:
        print_table(rows, _MISSING, empty="nothing is missing")
    if any(row["late"] and not row["settled_by"] for row in rows):
        raise typer.Exit(SOMETHING_DUE)


@era.command("seen")
def seen(
    folder: Annotated[Path, typer.Argument(help="Where 835s lie that came another way.")], json: Json = False
) -> None:
    """Note the 835s that came another way, such as by the clearinghouse, so that none is passed on twice."""
    office.acting("change the inventory")
    from bots.era.files import found_files, read_file

    if not folder.exists():
        raise InputError(f"{folder} does not exist")
    intake, payments, copies, unread = _intake(), 0, 0, []
    for path in found_files([folder]):
        data = read_file(path)
        if not isinstance(data, bytes):
            unread.append(f"{path}: {data.words}")
            continue
        taken = intake.saw(data)
        payments += sum(one.state == "seen" for one in taken)
        copies += sum(one.copy == "same" for one in taken)
        unread += [f"{path}: {', '.join(one.reasons)}" for one in taken if one.state == "quarantined"]
    if not unread:
        intake.told(by=office.person)
    _look()
    words = f"payments noted: {payments}; of them here before: {copies}"
    print_done("\n".join([words, *unread]), json=json, payments=payments, known=copies, unread=unread)
    if unread:
        raise typer.Exit(InputError.exit_code)


@era.command("bank")
def bank(
    file: Annotated[Path, typer.Argument(help="CSV of deposits: date, amount, and trace or addenda.")],
    json: Json = False,
) -> None:
    """Read a bank's file of EFT deposits, against which payments are matched."""
    office.acting("change the inventory")
    from bots.era.bank import count_matched, read_deposits, record_deposits

    deposits, without = read_deposits(file)
    new = record_deposits(office.inventory, deposits)
    _look()
    matched = count_matched(office.inventory, deposits)
    words = (
        f"deposits with a trace number: {len(deposits)}, new: {new}, with their 835: {matched}; without one: {without}"
    )
    print_done(words, json=json, deposits=len(deposits), new=new, matched=matched, without_trace=without)


Id = Annotated[int, typer.Argument(help="The payment's id, as in: pk era list")]
Because = Annotated[str, typer.Option(help="Why, for the audit trail.")]


@era.command("release")
def release(payment: Id, because: Because, json: Json = False) -> None:
    """Let a payment that is held go to billing after all."""
    office.acting("change the inventory")
    _intake().release(payment, by=office.person, because=_reason(because))
    _look()
    print_done(f"payment {payment} goes to billing", json=json, payment=payment)


@era.command("dismiss")
def dismiss(payment: Id, because: Because, json: Json = False) -> None:
    """Settle a payment that is held or quarantined: it does not go to billing, and nobody is asked about it again."""
    office.acting("change the inventory")
    _intake().dismiss(payment, by=office.person, because=_reason(because))
    _look()
    print_done(f"payment {payment} is settled; it does not go to billing", json=json, payment=payment)


@era.command("purge")
def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    because: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "",
    json: Json = False,
) -> None:
    """Remove archived files whose years are over (keep_years). Nothing held, quarantined or not picked up goes."""
    from dataclasses import asdict

    from bots.era.purging import purge

    if not dry_run:
        office.acting("purge the archive")
        _reason(because)
    done = purge(office.settings, office.inventory, office.key, by=office.person, because=because, dry_run=dry_run)
    print_done(f"{'would go' if dry_run else 'gone'}: {done.words}", json=json, dry_run=dry_run, **asdict(done))


def _reason(because: str) -> str:
    if not because.strip():
        raise InputError("--because needs a reason")
    return because


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(era, name="era")
