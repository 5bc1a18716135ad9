"""Commands that sign in, or say why one would not: sign-in, check, why, runs."""

from __future__ import annotations

from typing import Annotated

import typer

from bots.cli.office import office
from bots.cli.printing import Json, print_fields, print_json, print_rows
from bots.cli.question_options import EvidenceOption
from bots.cli.watching import WatchFlag, ask_for_sign_off, pace_of

Name = Annotated[str, typer.Argument(help="The account's name.")]


def sign_in(name: Name, watch: WatchFlag = False, evidence: EvidenceOption = None, json: Json = False) -> None:
    """Sign in to the portal of an account, with its code if one is asked for."""
    office.acting("sign in to a portal")
    office.take_evidence(evidence)
    result = office.carry_out(name, lambda runner: runner.run(name, "login", fresh=watch), pace=pace_of(watch))
    how = {"stored": "still signed in from before", "password": "signed in with the password"}[result.sign_in]
    if json:
        print_json({"account": name, "run_id": result.head.run_id, "sign_in": str(result.sign_in)})
    else:
        print(f"{name}: {how}")
    if watch:
        ask_for_sign_off(name, "login", f"{name} is signed in")


def check(name: Name, json: Json = False) -> None:
    """Whether a sign-in could go ahead, without contacting the portal."""
    from bots.outlook import standing_of

    found = standing_of(office.inventory, office.vault, office.settings, name)
    if json:
        print_json(found.as_dict())
    else:
        print_fields(found.as_dict())
    if found.problem:
        raise typer.Exit(found.exit_code)


def why(name: Name, json: Json = False) -> None:
    """Why an account does not run, and what to do, in ten lines."""
    from bots.outlook import standing_of

    found = standing_of(office.inventory, office.vault, office.settings, name)
    if json:
        print_json(found.as_dict())
        return
    print(f"{name}: {found.problem or 'nothing stands in the way'}")
    print_fields({key: value for key, value in found.as_dict().items() if key not in ("account", "problem")})


def runs(
    name: Annotated[str | None, typer.Argument(help="One account; none means all.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    json: Json = False,
) -> None:
    """What was run, newest first."""
    rows = office.inventory.rows(
        "SELECT r.*, (SELECT id FROM evidence e WHERE e.run_id = r.id ORDER BY e.at DESC LIMIT 1) AS evidence "
        "FROM runs r WHERE account = ifnull(?, account) ORDER BY started_at DESC, id DESC LIMIT ?",
        (name, limit),
    )
    columns = ["id", "account", "flow", "source", "sign_in", "questions", "answered", "error", "message", "evidence"]
    print_rows(rows, columns, json=json, empty="nothing has been run yet")


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.command("sign-in")(sign_in)
    app.command()(check)
    app.command()(why)
    app.command()(runs)
