"""ePACES, New York Medicaid's provider portal."""

from payers.model import AccountState, PasswordRules, Policy, Portal, WayBack
from payers.portals.epaces.claim_status import check as check_claims
from payers.portals.epaces.eligibility import check
from payers.portals.epaces.password_reset import change
from payers.portals.epaces.phrases import PHRASES
from payers.portals.epaces.sign_in import sign_in
from payers.portals.epaces.sign_out import sign_out

UNLOCK = WayBack(
    who="an ePACES administrator of the provider; Provider Relations for the Primary Admin",
    how="Maintain Users, edit the user, Unlock",
    have_ready="the user id and the ETIN",
    source="ePACES help, Edit Existing User; Defining Users",
)

PORTAL = Portal(
    name="epaces",
    title="ePACES",
    address="https://epaces.emedny.org",
    version="2026.11.2",
    # Not published: lockout, password age, idle minutes, days of inactivity. An inactivated user's transactions are
    # purged after 120 days. The new eMedNY portal (Okta, 16 characters) is another site.
    policy=Policy(
        single_session=True,
        password_rules=PasswordRules(shortest=8, longest=16),  # special characters: which it takes is not published
        ways_back={AccountState.LOCKED: UNLOCK},
        sources={
            "single_session": "ePACES help, Defining Users",
            "password_rules": "ePACES help, Change User Password",
        },
    ),
    login=sign_in,
    sign_out=sign_out,
    eligibility=check,
    claim_status=check_claims,
    password_reset=change,
    phrases=PHRASES,
    alternative="eMedNY takes the X12 270/271 and 276/277 by batch and CORE web services. Sharing log-in data is "
    "forbidden there: a user of its own, with a sponsor, before live use",
    proof={
        "login": "simulated 2026-11-23",
        "eligibility": "simulated 2026-11-23",
        "claim_status": "simulated 2026-11-23",
        "password_reset": "simulated 2026-11-23",
    },
)
