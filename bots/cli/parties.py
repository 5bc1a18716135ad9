"""Commands about payers, organizations and providers."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import ValidationError

from bots import now
from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_json, print_table
from bots.inventory import stamp
from bots.inventory.accounts import add_organization, add_provider, organizations, providers
from flows.errors import InputError
from flows.parties import Organization, Provider

organization = typer.Typer(no_args_is_help=True, help="The organizations you ask for, with their TINs.")
provider = typer.Typer(no_args_is_help=True, help="The providers you ask for, with their NPIs.")


def payers(
    markdown: Annotated[bool, typer.Option(help="As the table of the README.")] = False, json: Json = False
) -> None:
    """The coverage matrix: which flow is offered where, and how it was proved."""
    from bots.recording.book import recorded_pairs
    from payers import matrix as coverage

    recorded = recorded_pairs()
    if markdown:
        print(coverage.markdown(recorded))
        return
    rows = coverage.matrix(recorded)
    if json:
        print_json(rows)
    else:
        print_table(rows, list(rows[0]), empty="no payer is listed")


@organization.command("add")
def add_one_organization(
    name: Annotated[str, typer.Argument(help="The exact name that portals list.")],
    tin: Annotated[str, typer.Option(help="Federal tax id, nine digits.")],
    json: Json = False,
) -> None:
    """Add an organization; again with another TIN for a further one."""
    office.acting("change the inventory")
    try:
        record = Organization(name=name, tin=tin)
    except ValidationError as error:
        raise InputError(f"organization {name!r}: {error.errors()[0]['msg']}") from None
    add_organization(office.inventory, record, by=office.person, at=stamp(now.utc()))
    print_done(f"organization {record.name}, TIN {record.tin}", json=json, **record.model_dump())


@organization.command("list")
def list_organizations(json: Json = False) -> None:
    """All organizations."""
    rows = [record.model_dump() for record in organizations(office.inventory)]
    if json:
        print_json(rows)
    else:
        print_table(rows, ["name", "tin"], empty="no organization yet: pk organization add NAME --tin TIN")


@provider.command("add")
def add_one_provider(
    npi: Annotated[str, typer.Argument(help="Ten digits.")],
    name: Annotated[str, typer.Option(help="For your own lists.")] = "",
    medicaid_id: Annotated[str, typer.Option(help="State Medicaid provider id.")] = "",
    json: Json = False,
) -> None:
    """Add a provider, or change its name."""
    office.acting("change the inventory")
    try:
        record = Provider(npi=npi, name=name)
    except ValidationError as error:
        raise InputError(f"NPI {npi!r}: {error.errors()[0]['msg']}") from None
    add_provider(office.inventory, record, medicaid_id, by=office.person, at=stamp(now.utc()))
    print_done(f"provider {record.npi} {record.name}".rstrip(), json=json, **record.model_dump())


@provider.command("list")
def list_providers(json: Json = False) -> None:
    """All providers."""
    rows = [record.model_dump() for record in providers(office.inventory)]
    if json:
        print_json(rows)
    else:
        print_table(rows, ["npi", "name"], empty="no provider yet: pk provider add NPI --name NAME")


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.command()(payers)
    app.add_typer(organization, name="organization")
    app.add_typer(provider, name="provider")
