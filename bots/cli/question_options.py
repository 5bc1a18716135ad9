"""The options that all commands with questions have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

PayerOption = Annotated[
    str, typer.Option("--payer", help="Our name, an electronic payer id, or your billing system's code.")
]
ProviderOption = Annotated[str, typer.Option("--provider", help="NPI of the provider in whose name is asked.")]
OrganizationOption = Annotated[str, typer.Option("--organization", help="Only needed when there are several.")]
AccountOption = Annotated[str, typer.Option("--account", help="Only needed when several accounts may ask.")]
MemberId = Annotated[str, typer.Option("--member-id", help="For sandbox addresses only; else it is asked for.")]
LastName = Annotated[str, typer.Option("--last-name", help="For sandbox addresses only.")]
FirstName = Annotated[str, typer.Option("--first-name", help="For sandbox addresses only.")]
BirthDate = Annotated[str, typer.Option("--birth-date", help="For sandbox addresses only.")]
BatchFile = Annotated[Path | None, typer.Option("--batch", help="A CSV of questions; see --template.")]
OutFile = Annotated[Path | None, typer.Option("--out", help="Where the answers go; default the answers folder.")]
PreviewFlag = Annotated[bool, typer.Option("--preview", help="Count and route the rows; contact nobody.")]
FreshFlag = Annotated[bool, typer.Option("--fresh", help="Ask again what was answered within 24 hours.")]
ExcelFlag = Annotated[bool, typer.Option("--excel", help="Write the answers so that Excel reads their letters right.")]
YesFlag = Annotated[bool, typer.Option("--yes", help="Ask large batches without a question back.")]
EvidenceOption = Annotated[
    Literal["none", "screen", "trace"] | None,
    typer.Option("--evidence", help="Take evidence of this run however it ends: its last screen, or a trace too."),
]
TemplateFlag = Annotated[bool, typer.Option("--template", help="Print a sample CSV.")]


def filled(**cells: str) -> dict[str, str]:
    """The cells that were given."""
    return {name: value for name, value in cells.items() if value}


def patient(member_id: str, last_name: str, first_name: str, birth_date: str) -> dict[str, str]:
    """The cells about the patient that were given."""
    return filled(
        member_id=member_id,
        patient_last_name=last_name,
        patient_first_name=first_name,
        patient_birth_date=birth_date,
    )
