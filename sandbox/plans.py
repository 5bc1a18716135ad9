"""Plans and their benefits, as a payer would state them. Amounts are whole dollars and cents."""

import random
from dataclasses import dataclass

_NAMES = {
    "60054": ("Choice POS II", "Open Access Select EPO", "Managed Choice PPO"),
    "61101": ("ChoiceCare PPO", "HumanaChoice H5216", "Gold Plus HMO"),
    "62308": ("Open Access Plus", "LocalPlus", "PPO Preferred"),
    "florida-blue": ("BlueOptions", "BlueCare HMO", "BlueSelect"),
    "87726": ("Choice Plus", "Navigate Balanced", "Options PPO"),
    "texas-medicaid": ("STAR", "STAR+PLUS", "Traditional Medicaid"),
}
_MANAGED_CARE = ("Sample Empire Health", "Placeholder Community Plan", "Fictional Care Partners")
_PRODUCTS = (
    "Preferred Provider Organization (PPO)",
    "Point of Service (POS)",
    "Exclusive Provider Organization (EPO)",
)
_GROUPS = ("Acme Sample Works", "Placeholder Logistics", "Fictional Foods Co", "Demo Diecasting")
_LIMITS = (
    "deductible_individual",
    "deductible_family",
    "out_of_pocket_individual",
    "out_of_pocket_family",
)
_COPAYS = ("copay_office", "copay_specialist")


@dataclass(frozen=True)
class Benefits:
    """What one network of a plan costs the patient; None where the plan says nothing."""

    copay_office: str | None = None
    copay_specialist: str | None = None
    coinsurance_percent: str | None = None
    deductible_individual: str | None = None
    deductible_individual_remaining: str | None = None
    deductible_family: str | None = None
    deductible_family_remaining: str | None = None
    out_of_pocket_individual: str | None = None
    out_of_pocket_individual_remaining: str | None = None
    out_of_pocket_family: str | None = None
    out_of_pocket_family_remaining: str | None = None


@dataclass(frozen=True)
class Plan:
    """The coverage of one member."""

    name: str
    number: str
    insurance_type: str
    group_number: str
    group_name: str
    in_network: Benefits
    out_of_network: Benefits


def draw_plan(draw: random.Random, payer_id: str) -> Plan:
    """A plausible plan of this payer; not every plan states every benefit."""
    if payer_id not in _NAMES:
        return _medicaid_plan(draw)
    style = draw.randrange(4)
    return Plan(
        name=draw.choice(_NAMES[payer_id]),
        number=f"{draw.randrange(10**6):06d}",
        insurance_type=draw.choice(_PRODUCTS),
        group_number=f"0{draw.randrange(10**6):06d}-{draw.randrange(10, 99)}",
        group_name=draw.choice(_GROUPS),
        in_network=_benefits(draw, factor=1, family=style != 1, copays=style != 2),
        out_of_network=Benefits() if style == 3 else _benefits(draw, factor=2, family=style != 1, copays=False),
    )


def _medicaid_plan(draw: random.Random) -> Plan:
    """Medicaid, with the managed care plan that the member has chosen; it costs the patient nothing here."""
    number = f"{draw.randrange(10**6):06d}"
    return Plan(draw.choice(_MANAGED_CARE), number, "Medicaid", "", "", Benefits(), Benefits())


def _benefits(draw: random.Random, factor: int, *, family: bool, copays: bool) -> Benefits:
    deductible = draw.choice((0, 500, 1000, 1500, 3250)) * factor
    most = draw.choice((4000, 6500, 8700)) * factor
    amounts = dict(zip(_LIMITS, (deductible, deductible * 2, most, most * 2), strict=True))
    said: dict[str, str] = {"coinsurance_percent": str(draw.choice((0, 10, 20, 30)) + factor - 1)}
    for name, amount in amounts.items():
        if family or name.endswith("individual"):
            said[name] = _money(amount * 100)
            said[f"{name}_remaining"] = _money(draw.randrange(amount * 100 + 1))
    if copays:
        office = draw.choice((0, 15, 25, 30))
        said |= dict(zip(_COPAYS, (_money(office * 100), _money(office * 200)), strict=True))
    return Benefits(**said)


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
