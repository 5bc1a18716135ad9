"""Who asks: synthetic provider organizations with their tax numbers, providers and regions."""

from dataclasses import asdict, dataclass
from typing import Any

REGIONS = {"FL": "Florida", "GA": "Georgia", "TX": "Texas"}


@dataclass(frozen=True)
class Provider:
    """Somebody who may ask, under the organization's tax number `tin`."""

    npi: str
    last_name: str
    first_name: str
    tin: str

    @property
    def label(self) -> str:
        """As selection lists show the provider."""
        name = f"{self.last_name}, {self.first_name}" if self.first_name else self.last_name
        return f"{name} - {self.npi}"

    @property
    def name(self) -> str:
        """As results show the provider."""
        return f"{self.last_name}, {self.first_name}" if self.first_name else self.last_name


@dataclass(frozen=True)
class Organization:
    """A provider organization as a portal knows it."""

    id: str
    name: str
    tins: tuple[str, ...]
    regions: tuple[str, ...]
    providers: tuple[Provider, ...]

    def provider(self, npi: str) -> Provider | None:
        """The organization's provider with this NPI."""
        return next((each for each in self.providers if each.npi == npi), None)

    def public(self) -> dict[str, Any]:
        """The organization as the control interface shows it."""
        return asdict(self) | {"region_names": [REGIONS[each] for each in self.regions]}


def with_check_digit(first_nine: str) -> str:
    """An NPI: nine digits and the Luhn digit over them with the prefix 80840."""
    total = 0
    for place, digit in enumerate(reversed("80840" + first_nine)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return first_nine + str(-total % 10)


_VALLEY, _HOLLOW_NORTH, _HOLLOW_SOUTH = "000004471", "000007312", "000009850"

ORGANIZATIONS = (
    Organization(
        id="104471",
        name="Example Valley Medical Group",
        tins=(_VALLEY,),
        regions=("FL", "GA"),
        providers=(
            Provider(with_check_digit("200000101"), "Sampleton", "Marguerite", _VALLEY),
            Provider(with_check_digit("200000102"), "Placeholt", "Desmond", _VALLEY),
            Provider("1234567893", "Example Valley Medical Group", "", _VALLEY),
        ),
    ),
    Organization(
        id="107312",
        name="Cedar Hollow Pediatrics",
        tins=(_HOLLOW_NORTH, _HOLLOW_SOUTH),
        regions=("FL", "TX"),
        providers=(
            Provider(with_check_digit("200000201"), "Fixturelli", "Oona", _HOLLOW_NORTH),
            Provider(with_check_digit("200000202"), "Mockridge", "Tobias", _HOLLOW_NORTH),
            Provider(with_check_digit("200000203"), "Specimenko", "Ileana", _HOLLOW_SOUTH),
        ),
    ),
)


def organization(wanted: str) -> Organization | None:
    """The organization with this id."""
    return next((each for each in ORGANIZATIONS if each.id == wanted), None)
