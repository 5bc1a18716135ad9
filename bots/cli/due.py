"""What falls due: due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots.cli.office import office
from bots.cli.printing import Json, print_json, print_table

if TYPE_CHECKING:
    from bots.outlook import DueItem

SOMETHING_DUE = 4


def due(
    days: Annotated[int, typer.Option(min=0, help="How far to look ahead.")] = 14,
    json: Json = False,
) -> None:
    """What falls due within some days, for every account, and who acts. Ends with code 4 when anything does."""
    from bots.outlook import due_items  # loads every portal module

    items = due_items(office.inventory, office.settings, days)
    if json:
        print_json([item.as_dict() for item in items])
    else:
        empty = f"nothing falls due within {days} days"
        print_table([_line(item) for item in items], ["date", "account", "what", "who_acts", "do"], empty=empty)
    if items:
        raise typer.Exit(SOMETHING_DUE)


def _line(item: DueItem) -> dict[str, Any]:
    late = f"OVERDUE {-item.days_left} day{'' if item.days_left == -1 else 's'}: " if item.overdue else ""
    return {
        "date": f"{item.on:%a %Y-%m-%d}",
        "account": item.account,
        "what": late + item.what,
        "who_acts": item.who,
        "do": item.do,
    }


def add_to(app: typer.Typer) -> None:
    """Hang this command into the tree."""
    app.command()(due)
