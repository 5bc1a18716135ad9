"""The eligibility command: one question from a prompt or standard input, or a CSV of them."""

from __future__ import annotations

from typing import Annotated

import typer

from bots.cli import question_options as options
from bots.cli.office import office
from bots.cli.printing import Json
from bots.cli.watching import WatchFlag
from flows.errors import InputError


def eligibility(
    payer: options.PayerOption = "",
    provider: options.ProviderOption = "",
    organization: options.OrganizationOption = "",
    account: options.AccountOption = "",
    service_date: Annotated[str, typer.Option(help="Default today.")] = "",
    member_id: options.MemberId = "",
    last_name: options.LastName = "",
    first_name: options.FirstName = "",
    birth_date: options.BirthDate = "",
    batch: options.BatchFile = None,
    out: options.OutFile = None,
    preview: options.PreviewFlag = False,
    fresh: options.FreshFlag = False,
    excel: options.ExcelFlag = False,
    yes: options.YesFlag = False,
    evidence: options.EvidenceOption = None,
    template: options.TemplateFlag = False,
    watch: WatchFlag = False,
    json: Json = False,
) -> None:
    """Check eligibility: one patient (asked for, or one JSON line on standard input), or --batch FILE."""
    from bots import worklist

    if template:
        print(worklist.template(worklist.ELIGIBILITY), end="")
        return
    office.acting("ask payers")
    office.take_evidence(evidence)
    if batch:
        from bots.cli.batches import Batch, ask_batch

        ask_batch(worklist.ELIGIBILITY, Batch(batch, out, preview, fresh, excel, yes), json=json)
        return
    if not payer:
        raise InputError("say which payer with --payer, or give a file with --batch")
    from bots.cli.one_question import ask_one

    given = options.filled(
        payer=payer, provider_npi=provider, organization=organization, account=account, service_date=service_date
    )
    private = options.patient(member_id, last_name, first_name, birth_date)
    ask_one(worklist.ELIGIBILITY, given, private, watch=watch, json=json)


def add_to(app: typer.Typer) -> None:
    """Hang this command into the tree."""
    app.command()(eligibility)
