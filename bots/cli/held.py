"""Commands about answers that a batch holds, since they do not look right together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_json, print_table
from bots.incidents import find_incident, incident_name
from flows.errors import InputError

if TYPE_CHECKING:
    from bots.holds import Decision

held = typer.Typer(no_args_is_help=True, help="Answers that wait for a person, since they do not look right together.")
Id = Annotated[str, typer.Argument(help="Such as INC-0412; see: pk held list.")]
Because = Annotated[str, typer.Option(help="Why, for the audit trail.")]
COLUMNS = ["incident", "payer", "flow", "answers", "opened_at", "message", "taken_by"]


@held.command("list")
def list_(json: Json = False) -> None:
    """Whose answers are held, and why."""
    from bots.holds import open_holds

    rows = [{**row, "incident": incident_name(row)} for row in open_holds(office.inventory)]
    if json:
        print_json([{column: row[column] for column in COLUMNS} for row in rows])
    else:
        print_table(rows, COLUMNS, empty="no answers are held")


@held.command("release")
def release(name: Id, because: Because, json: Json = False) -> None:
    """The answers are right: the next start of the batch hands them out and asks the rest."""
    office.acting("look after incidents")
    _decide(
        name, "released", because, "the answers count. Start the batch again: it hands them out, asks the rest", json
    )


@held.command("discard")
def discard(name: Id, because: Because, json: Json = False) -> None:
    """The answers are wrong: the next start of the batch asks all of it again."""
    office.acting("look after incidents")
    _decide(name, "discarded", because, "the answers are never handed out. Start the batch again to ask anew", json)


def _decide(name: str, decision: Decision, because: str, words: str, json: bool) -> None:
    from bots.holds import decide

    if not because.strip():
        raise InputError("say why: --because '...'")
    row = find_incident(office.inventory, name)
    decide(office.inventory, row, decision, by=office.person, because=because)
    facts = {"incident": row["id"], "payer": row["payer"], "flow": row["flow"], "decided": decision}
    print_done(f"{incident_name(row)} is closed; {words}", json=json, **facts)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(held, name="held")
