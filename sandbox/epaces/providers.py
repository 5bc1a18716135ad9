"""In whose name an ePACES account may ask: providers by NPI and ETIN. One of them has two ETINs."""

from dataclasses import dataclass

from sandbox.accounts import Account
from sandbox.organizations import ORGANIZATIONS, Organization, Provider


@dataclass(frozen=True)
class Listed:
    """One line of the choice of providers."""

    organization: Organization
    provider: Provider
    etin: str

    @property
    def value(self) -> str:
        """The option's value."""
        return f"{self.provider.npi}|{self.etin}"

    @property
    def label(self) -> str:
        """The option's words."""
        return f"{self.organization.name} - {self.provider.name} - NPI {self.provider.npi} - ETIN {self.etin}"


def _all() -> list[Listed]:
    found = [(organization, provider) for organization in ORGANIZATIONS for provider in organization.providers]
    lines = [Listed(*each, f"ZZ{number:02d}") for number, each in enumerate(found)]
    return [*lines, Listed(*found[1], "ZZ99")]


def listed_providers(account: Account) -> list[Listed]:
    """Those of the account's organizations."""
    return [each for each in _all() if each.organization.id in account.organizations]


def chosen_provider(account: Account) -> Listed | None:
    """The one chosen last, by anybody with this user ID; it stays chosen."""
    wanted = account.remembered.get("provider")
    return next((each for each in listed_providers(account) if each.value == wanted), None)


def remember_provider(remembered: dict[str, str], fields: dict[str, str]) -> bool:
    """Whether a postback came from the choice of the provider, which is then remembered."""
    if fields.get("__EVENTTARGET") != "ctl00$ddlProvider":
        return False
    remembered["provider"] = fields.get("ctl00$ddlProvider", "")
    return True
