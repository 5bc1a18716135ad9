"""The eligibility command: one question from a prompt or standard input, or a CSV of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bots.cli.office import office
from bots.cli.printing import Json
from flows.errors import InputError


def eligibility(
    payer: Annotated[str, typer.Option(help="Our name, an electronic payer id, or your billing system's code.")] = "",
    provider: Annotated[str, typer.Option(help="NPI of the provider in whose name is asked.")] = "",
    organization: Annotated[str, typer.Option(help="Only needed when there are several.")] = "",
    account: Annotated[str, typer.Option(help="Only needed when several accounts may ask.")] = "",
    service_date: Annotated[str, typer.Option(help="Default today.")] = "",
    member_id: Annotated[str, typer.Option(help="For sandbox addresses only; else it is asked for.")] = "",
    last_name: Annotated[str, typer.Option(help="For sandbox addresses only.")] = "",
    first_name: Annotated[str, typer.Option(help="For sandbox addresses only.")] = "",
    birth_date: Annotated[str, typer.Option(help="For sandbox addresses only.")] = "",
    batch: Annotated[Path | None, typer.Option(help="A CSV of questions; see --template.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the answers go; default the answers folder.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Count and route the rows; contact nobody.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask again what was answered within 24 hours.")] = False,
    excel: Annotated[
        bool, typer.Option("--excel", help="Write the answers so that Excel reads their letters right.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask large batches without a question back.")] = False,
    template: Annotated[bool, typer.Option("--template", help="Print a sample CSV.")] = False,
    json: Json = False,
) -> None:
    """Check eligibility: one patient (asked for, or one JSON line on standard input), or --batch FILE."""
    if template:
        _print_template()
        return
    office.acting("ask payers")
    if batch:
        from bots.cli.batches import ask_batch

        ask_batch(batch, out, preview=preview, fresh=fresh, excel=excel, yes=yes, json=json)
        return
    private = (member_id, last_name, first_name, birth_date)
    _one((payer, provider, organization, account, service_date), private, json=json)


GIVEN = ("payer", "provider_npi", "organization", "account", "service_date")
PRIVATE = ("member_id", "patient_last_name", "patient_first_name", "patient_birth_date")


def _one(given: tuple[str, ...], private: tuple[str, ...], *, json: bool) -> None:
    """One question; both tuples are in the order of the constants above."""
    if not given[0]:
        raise InputError("say which payer with --payer, or give a file with --batch")
    from bots.cli.one_question import ask_one

    ask_one(_filled(GIVEN, given), _filled(PRIVATE, private), json=json)


def _filled(names: tuple[str, ...], values: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in zip(names, values, strict=True) if value}


def _print_template() -> None:
    from bots.worklist import eligibility_template

    print(eligibility_template(), end="")


def add_to(app: typer.Typer) -> None:
    """Hang this command into the tree."""
    app.command()(eligibility)
