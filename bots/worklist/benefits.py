"""An eligibility answer as cells. Which benefit lines make the money columns of the answers file:

| column                                | `Benefit.benefit`  | `coverage_level` | value     |
|---------------------------------------|--------------------|------------------|-----------|
| copay_office                          | copay_office       | any              | amount    |
| copay_specialist                      | copay_specialist   | any              | amount    |
| coinsurance_percent                   | coinsurance        | any              | percent   |
| deductible_individual, _family        | deductible         | as the column    | amount    |
| deductible_…_remaining                | deductible         | as the column    | remaining |
| out_of_pocket_individual, _family     | out_of_pocket      | as the column    | amount    |
| out_of_pocket_…_remaining             | out_of_pocket      | as the column    | remaining |

Of the lines that show a value, those with network *in* count; only without any, those that name no network. If they
differ, those of the service type that was asked for count. If these differ too, the column stays empty: choosing would
be guessing. Every line is in the companion file. The vocabulary, *other* included, is for the portals' modules:
`coverage_level` is individual, family or empty, `network` in, out or empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from bots.worklist.cells import Value, plain_number
from bots.worklist.contract import ELIGIBILITY
from flows.eligibility import Benefit, EligibilityAnswer


@dataclass(frozen=True, slots=True)
class _Rule:
    benefit: str
    value: Literal["amount", "percent", "remaining"]
    level: str = ""

    def values(self, lines: Sequence[Benefit]) -> list[tuple[Benefit, Decimal]]:
        return [
            (line, value)
            for line in lines
            if line.benefit == self.benefit and (not self.level or line.coverage_level == self.level)
            if (value := getattr(line, self.value)) is not None
        ]


_RULES: Final = {
    "copay_office": _Rule("copay_office", "amount"),
    "copay_specialist": _Rule("copay_specialist", "amount"),
    "coinsurance_percent": _Rule("coinsurance", "percent"),
    "deductible_individual": _Rule("deductible", "amount", "individual"),
    "deductible_individual_remaining": _Rule("deductible", "remaining", "individual"),
    "deductible_family": _Rule("deductible", "amount", "family"),
    "deductible_family_remaining": _Rule("deductible", "remaining", "family"),
    "out_of_pocket_individual": _Rule("out_of_pocket", "amount", "individual"),
    "out_of_pocket_individual_remaining": _Rule("out_of_pocket", "remaining", "individual"),
    "out_of_pocket_family": _Rule("out_of_pocket", "amount", "family"),
    "out_of_pocket_family_remaining": _Rule("out_of_pocket", "remaining", "family"),
}


def answer_row(answer: EligibilityAnswer, service_type: str) -> dict[str, Value]:
    """Return the columns of the answers file that the answer fills; `service_type` is the one asked for."""
    shown: dict[str, Value] = {
        column: getattr(answer, column) for column in ELIGIBILITY.answers if column in EligibilityAnswer.model_fields
    }
    money = summary(answer.benefits, service_type)
    share = plain_number(money["coinsurance_percent"])
    return {**shown, "network": answer.network or "not_shown", **money, "coinsurance_percent": share}


def benefit_rows(answer: EligibilityAnswer) -> list[dict[str, Value]]:
    """Return the lines of the companion file."""
    return [{**benefit.model_dump(), "percent": plain_number(benefit.percent)} for benefit in answer.benefits]


def summary(benefits: Sequence[Benefit], service_type: str) -> dict[str, Decimal | None]:
    """Return each money column's value by the table above; `service_type` is the one asked for."""
    return {column: _only_value(rule.values(benefits), service_type) for column, rule in _RULES.items()}


def _only_value(found: Sequence[tuple[Benefit, Decimal]], service_type: str) -> Decimal | None:
    in_network = [pair for pair in found if pair[0].network == "in"]
    counting = in_network or [pair for pair in found if not pair[0].network]
    for lines in (counting, [pair for pair in counting if pair[0].service_type == service_type]):
        if len(values := {value for _, value in lines}) == 1:
            return values.pop()
    return None
