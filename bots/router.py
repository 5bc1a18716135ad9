"""The router: which account asks. Exactly one may; nothing is chosen because it comes first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bots.inventory import Inventory
from flows.errors import InputError
from flows.parties import Organization
from payers.registry import Listed


@dataclass(frozen=True)
class Route:
    """Who may ask for whom: one row of the account scope with its account's portal."""

    account: str
    portal: str
    organization: str
    tin: str
    npi: str
    payer: str

    def serves(self, listed: Listed, organization: Organization, npi: str) -> bool:
        """Whether this account may ask that payer for that organization and provider."""
        return (
            self.portal == listed.portal.name
            and (self.organization, self.tin) == (organization.name, organization.tin)
            and self.npi in ("", npi)
            and self.payer in ("", listed.payer.name)
        )


class Router:
    """Routes questions to accounts by the scopes in the inventory, as they were when it was made."""

    def __init__(self, inventory: Inventory) -> None:
        rows = inventory.rows(
            """SELECT a.name AS account, a.portal, s.organization, s.tin, s.npi, s.payer
               FROM accounts a JOIN account_scope s ON s.account = a.name"""
        )
        self._routes = [Route(**row) for row in rows]

    def accounts_for(self, listed: Listed, organization: Organization, npi: str) -> list[str]:
        """Every account that may ask that payer for that organization and provider."""
        return sorted({route.account for route in self._routes if route.serves(listed, organization, npi)})

    def account_for(self, listed: Listed, organization: Organization, npi: str, asked: str | None = None) -> str:
        """The one account for this question; `asked` names one that has to be among those that may.

        Raises `InputError` when there is none, or more than one.
        """
        found = self.accounts_for(listed, organization, npi)
        if asked is not None:
            if asked in found:
                return asked
            raise InputError(
                f"account {asked} may not ask {listed.payer.title} for {organization.name} (TIN {organization.tin}), "
                f"NPI {npi}; {_those(found)}"
            )
        if len(found) == 1:
            return found[0]
        what = "no account asks" if not found else "more than one account asks"
        raise InputError(
            f"{what} {listed.payer.title} on {listed.portal.title} for {organization.name} "
            f"(TIN {organization.tin}), NPI {npi}; {_those(found)}"
        )


def _those(accounts: Iterable[str]) -> str:
    names = ", ".join(accounts)
    return f"these do: {names}; name one with --account" if names else "add one with: pk account add, or widen a scope"
