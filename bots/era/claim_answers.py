"""What the answers file says of a paid claim's 835, in its column `era`."""

from __future__ import annotations

from datetime import date

from bots.era.banking_days import business_days
from bots.era.config import FILE as CONFIG
from bots.era.config import load_config
from bots.era.findings import today
from bots.era.paid_claims import is_paid, payment_of, span_of
from bots.era.routes import FILE as ROUTES
from bots.era.routes import load_routes
from bots.inventory import Inventory
from bots.settings import Settings
from bots.worklist import EraOf
from flows.claim_status import Claim, ClaimStatusInquiry
from flows.errors import InputError

_ELSEWHERE = ("other route", "seen")
_BY_TRACE = """SELECT state FROM era_payments WHERE payer IN ('', ?1) AND trace IN (?2, ltrim(?2, '0'))
    AND state <> 'quarantined' ORDER BY state IN ('other route', 'seen')"""
_BY_DAY = """SELECT state FROM era_payments WHERE payer IN ('', ?) AND (payee_npi = ? OR payee_tin = ?)
    AND paid_on BETWEEN ? AND ? AND state <> 'quarantined' ORDER BY state IN ('other route', 'seen')"""
_GIVEN_HERE = """SELECT 1 FROM era_listed WHERE payer = ?1 AND paid_on <= ?2
    UNION ALL SELECT 1 FROM era_payments WHERE payer = ?1 AND paid_on <= ?2"""


def era_of_claims(settings: Settings, inventory: Inventory) -> EraOf:
    """How the answers file is told of an 835, by what is in the inventory when it is written.

    *received*; *other_route* where it comes another way; *missing* once it is late by the rules of `pk era missing`.
    Empty for a claim that is not paid, while its 835 may still come, and where era.toml or era_routes.csv has a
    mistake, which keeps no answers from being written.
    """
    try:
        config, routes = load_config(settings.config / CONFIG, settings.home), load_routes(settings.config / ROUTES)
    except InputError:
        return lambda payer, inquiry, claim: ""

    def era(payer: str, inquiry: ClaimStatusInquiry, claim: Claim) -> str:
        if not is_paid(claim):
            return ""
        (trace, day), npi, tin = payment_of(claim), inquiry.provider.npi, inquiry.organization.tin
        by_day = (payer, npi, tin, *span_of(day, config.claims_after))
        if came := inventory.rows(_BY_TRACE, (payer, trace)) if trace else inventory.rows(_BY_DAY, by_day):
            return "other_route" if came[0]["state"] in _ELSEWHERE else "received"
        if not routes.opens(payer, npi, tin):
            return "other_route"
        late = business_days(date.fromisoformat(day), today()) > config.claims_after
        return "missing" if late and inventory.rows(_GIVEN_HERE, (payer, day)) else ""

    return era
