"""TMHP, the Texas Medicaid portal, signed in to by IAMOnline, an Okta; its older site asks by the browser's prompt."""

from payers.model import AccountState, Letter, Policy, Portal, WayBack
from payers.portals.tmhp.eligibility import check
from payers.portals.tmhp.era_download import download
from payers.portals.tmhp.password_reset import change
from payers.portals.tmhp.phrases import PHRASES
from payers.portals.tmhp.sign_in import sign_in

SOURCE = "tmhp.com news of 2025-07-01"
HELP_DESK = WayBack(
    who="a caller for the organization",
    how="call the EDI Help Desk; it takes up to five business days",
    phone="888-863-3638",
    source=SOURCE,
)

PORTAL = Portal(
    name="tmhp",
    title="TMHP (Texas Medicaid)",
    address="https://secure.tmhp.com",
    version="2026.11.5",
    # Not published: password rule, lockout, history, idle time outside long-term care. What state follows on 90 days
    # without a sign-in or a new password is not said; both clocks are taken as running.
    policy=Policy(
        password_max_age_days=90,
        inactivity_days=90,
        ways_back=dict.fromkeys((AccountState.LOCKED, AccountState.DISABLED, AccountState.PASSWORD), HELP_DESK),
        sources={
            "password_max_age_days": f"{SOURCE}: log in or change the password at least every 90 days",
            "inactivity_days": f"{SOURCE}: log in or change the password at least every 90 days",
        },
    ),
    login=sign_in,
    shows_last_sign_in=True,
    eligibility=check,
    era_download=download,
    password_reset=change,
    # The sender and the subject of Okta's own template; what IAMOnline made of it was not seen.
    code_letter=Letter(domains=frozenset({"iamonline.com", "okta.com"}), subject="verification code", code_digits=6),
    phrases=PHRASES,
    alternative="the X12 270/271 and 835 transactions through TMHP's EDI Gateway",
    proof={
        "login": "simulated 2026-11-23",
        "eligibility": "simulated 2026-11-23",
        "era_download": "simulated 2026-11-24",
        "password_reset": "simulated 2026-11-23",
    },
)
