"""Commands about how long things are kept: purge, hold."""

from __future__ import annotations

from typing import Annotated

import typer

from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_json, print_table
from flows.errors import InputError

hold = typer.Typer(no_args_is_help=True, help="What must not be purged, whatever its age.")
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")]
Because = Annotated[str, typer.Option(help="Why, for the audit trail.")]


@hold.command("list")
def list_(json: Json = False) -> None:
    """Holds in force."""
    from bots.retention import holds_in_force

    rows = holds_in_force(office.inventory)
    if json:
        print_json(rows)
    else:
        print_table(rows, ["id", "kind", "what", "because", "by", "at"], empty="nothing is on hold")


@hold.command("add")
def add(
    what: Annotated[str, typer.Argument(help="An account, a run's id, E-…, INC-…, or everything.")],
    because: Because,
    json: Json = False,
) -> None:
    """Purge nothing of it until the hold is released."""
    from bots.retention import add_hold

    office.acting("decide on a hold")
    row = add_hold(office.inventory, what, by=office.person, because=_reason(because))
    print_done(f"hold {row['id']}: nothing of {row['what']} is purged", json=json, **row)


@hold.command("release")
def release(
    number: Annotated[int, typer.Argument(help="As in: pk hold list.")], because: Because, json: Json = False
) -> None:
    """Let it be purged again when it is old enough."""
    from bots.retention import release_hold

    office.acting("decide on a hold")
    release_hold(office.inventory, number, by=office.person, because=_reason(because))
    print_done(f"hold {number} is released", json=json, id=number)


def purge(dry_run: DryRun = False, json: Json = False) -> None:
    """Remove what is older than config/retention.toml says; nothing of an open incident, nothing held."""
    from bots.purging import KINDS

    office.acting("purge what is kept")
    show_purged(KINDS, dry_run=dry_run, json=json)


def show_purged(kinds: tuple[str, ...], *, dry_run: bool, json: bool) -> None:
    """Purge these kinds, and print what went or would."""
    from bots import purging

    found = purging.purge(office.settings, office.inventory, by=office.person, dry_run=dry_run, kinds=kinds)
    if json:
        print_json([each.as_dict() for each in found])
        return
    for each in found:
        gone = "would go" if dry_run else "purged"
        print(f"{each.kind}: {len(each.things)} {gone}, {each.held} kept for an incident or a hold")


def _reason(because: str) -> str:
    if not because.strip():
        raise InputError("say why: --because '...'")
    return because


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(hold, name="hold")
    app.command()(purge)
