"""The Medi-Cal Provider Portal, California's Medicaid."""

from payers.model import Policy, Portal
from payers.portals.medi_cal.claim_status import check as check_claims
from payers.portals.medi_cal.eligibility import check
from payers.portals.medi_cal.password_reset import change
from payers.portals.medi_cal.phrases import PHRASES
from payers.portals.medi_cal.sign_in import sign_in

PORTAL = Portal(
    name="medi_cal",
    title="Medi-Cal Provider Portal",
    address="https://provider-portal.apps.prd.cammis.medi-cal.ca.gov",
    version="2026.11.1",
    # Nothing is published: neither password rule nor expiry, lock, idle time, second step, nor who unlocks.
    policy=Policy(),
    login=sign_in,
    eligibility=check,
    claim_status=check_claims,
    password_reset=change,
    phrases=PHRASES,
    alternative="Medi-Cal takes the X12 270/271 and 276/277 through a clearinghouse. What its terms say on "
    "automation is not established",
    proof={
        "login": "simulated 2026-11-23",
        "eligibility": "simulated 2026-11-23",
        "claim_status": "simulated 2026-11-23",
        "password_reset": "simulated 2026-11-23",
    },
)
