"""Whose remittances are fetched by which account: one question for each payer and payee that the scopes name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bots import now
from bots.desk import Question
from bots.inventory import Inventory
from bots.inventory.accounts import get_account, local_day
from flows.era_download import EraDownloadInquiry
from flows.errors import InputError
from flows.parties import Organization, Provider
from payers.registry import listed_payers, portals

FLOW = "era_download"
USUAL_DAYS = 90


@dataclass(frozen=True)
class Wanted:
    """What narrows a fetch; what is empty narrows nothing. `since` and `until` are days of payment."""

    payer: str = ""
    account: str = ""
    organization: Organization | None = None
    npi: str = ""
    since: date | None = None
    until: date | None = None
    traces: tuple[str, ...] = ()


def era_questions(inventory: Inventory, wanted: Wanted) -> dict[str, list[Question]]:
    """The questions by account. Raises `InputError` when there are none, or when two accounts could ask one of them."""
    if wanted.account:
        row = get_account(inventory, wanted.account)
        if row["portal"] in portals() and FLOW not in portals()[row["portal"]].offers():
            raise InputError(f"{portals()[row['portal']].title} offers no {FLOW}")
    if wanted.since and wanted.until and wanted.until < wanted.since:
        raise InputError(f"--until {wanted.until} is before --since {wanted.since}")
    found: dict[tuple[str, Organization, str], set[str]] = defaultdict(set)
    for scope in inventory.rows(
        """SELECT a.name AS account, a.portal, s.organization, s.tin, s.npi, s.payer
           FROM accounts a JOIN account_scope s ON s.account = a.name ORDER BY a.name, s.organization, s.tin, s.npi"""
    ):
        organization = Organization(name=scope["organization"], tin=scope["tin"])
        npi = wanted.npi or scope["npi"]
        if (
            wanted.organization in (None, organization)
            and wanted.account in ("", scope["account"])
            and scope["npi"] in ("", npi)
        ):
            for name in _payers(scope, wanted.payer):
                found[name, organization, npi].add(scope["account"])
    if not found:
        raise InputError("no account fetches that: see the scopes with pk account show NAME, and pk payers")
    questions: dict[str, list[Question]] = defaultdict(list)
    for (name, organization, npi), accounts in found.items():
        account = _only_one(accounts, name, organization)
        inquiry = _inquiry(inventory, account, organization, npi, wanted)
        questions[account].append(Question(payer=listed_payers()[name].payer, inquiry=inquiry))
    return dict(questions)


def _only_one(accounts: Collection[str], payer: str, organization: Organization) -> str:
    if len(accounts) == 1:
        return next(iter(accounts))
    raise InputError(
        f"more than one account fetches {payer} for {organization.name} (TIN {organization.tin}): "
        f"{', '.join(sorted(accounts))}; name one: pk era fetch ACCOUNT"
    )


def _payers(scope: Mapping[str, str], wanted: str) -> list[str]:
    return [
        name
        for name, listed in listed_payers().items()
        if listed.portal.name == scope["portal"]
        and FLOW in listed.portal.offers()
        and scope["payer"] in ("", name)
        and wanted in ("", name)
    ]


def _inquiry(
    inventory: Inventory, account: str, organization: Organization, npi: str, wanted: Wanted
) -> EraDownloadInquiry:
    last = wanted.until or local_day(get_account(inventory, account), now.utc())
    first = wanted.since or last - timedelta(days=USUAL_DAYS - 1)
    if last < first:
        raise InputError(f"--since {first} lies in the future")
    return EraDownloadInquiry(
        organization=organization,
        provider=Provider(npi=npi) if npi else None,
        paid_from=first,
        paid_to=last,
        traces=wanted.traces,
    )
