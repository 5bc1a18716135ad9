"""Commands that take the inventory to a sheet and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bots import now
from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_json, print_table
from bots.inventory import stamp

inventory = typer.Typer(no_args_is_help=True, help="The inventory as a sheet: CSV or XLSX, one row an account.")


@inventory.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="Such as accounts.xlsx or accounts.csv.")],
    user_ids: Annotated[bool, typer.Option("--user-ids", help="With the login names on the portals.")] = False,
    json: Json = False,
) -> None:
    """Write every account with all its columns; those that the worker observes are marked, and read-only in XLSX."""
    from bots.inventory.exchange import Site, heads, sheet_rows
    from bots.inventory.sheet import write_sheet
    from payers.registry import listed_payers, portals

    served: dict[str, list[str]] = {}
    for name, listed in listed_payers().items():
        served.setdefault(listed.portal.name, []).append(name)
    sites = {name: Site(site.address, ", ".join(served.get(name, []))) for name, site in portals().items()}
    columns = heads(user_ids=user_ids)
    rows = sheet_rows(office.inventory, sites, columns)
    write_sheet(file, columns, rows)
    print_done(f"{len(rows)} accounts are in {file}", json=json, file=file, accounts=len(rows))


@inventory.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A sheet from `pk inventory export`, changed; columns may be left out.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would change, and change nothing.")] = False,
    because: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "",
    json: Json = False,
) -> None:
    """Add the new accounts of a sheet and change what people keep of the others: all of it, or nothing."""
    from bots.inventory.exchange import carry_out, draft
    from bots.inventory.sheet import read_sheet
    from payers.registry import listed_payers, portals

    office.acting("change the inventory")
    at = now.utc()
    found = draft(office.inventory, read_sheet(file), portals(), listed_payers(), at.astimezone().date())
    if not dry_run:
        why = because or f"import of {file.name}"
        carry_out(office.inventory, found, by=office.person, at=stamp(at), because=why)
    added = [str(row["name"]) for row, _ in found.added]
    if json:
        changes = [vars(change) for change in found.changes]
        print_json({"dry_run": dry_run, "added": added, "changes": changes, "left_alone": found.left_alone})
        return
    print_table(
        [vars(change) for change in found.changes], ["account", "column", "before", "after"], empty="no changes"
    )
    would = "would be " if dry_run else ""
    print(f"{len(added)} accounts {would}added{': ' if added else ''}{', '.join(added[:20])}")
    print(f"{len(found.changes)} cells {would}changed in {len(found.changed)} accounts")
    if found.left_alone:
        print(f"{found.left_alone} observed cells differ and are left as the worker saw them")


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(inventory, name="inventory")
