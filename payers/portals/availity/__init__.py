"""Availity Essentials, the front door of Aetna, Humana, Anthem plans and many more."""

from datetime import date

from payers.model import AccountState, Letter, PasswordRules, Policy, Portal, WayBack
from payers.portals.availity.claim_status import ask
from payers.portals.availity.eligibility import check
from payers.portals.availity.era_download import download
from payers.portals.availity.password_recovery import recover
from payers.portals.availity.password_reset import change
from payers.portals.availity.phrases import ANNOUNCED, PHRASES
from payers.portals.availity.sign_in import sign_in
from payers.portals.availity.sign_out import sign_out

RESET = WayBack(
    who="the user",
    how="Forgot your password? on the sign-in page, then the link in the e-mail",
    have_ready="the user id, and the mailbox of the verified e-mail address",
    source="Availity help, Reset your password; Availity Essentials login issues",
)
BACKUP_CODE = WayBack(
    who="the user",
    how="sign in with a backup code, and enroll another method",
    have_ready="an unused backup code",
    source="Availity help, Changes to multi-factor authentication; Availity Essentials login issues",
)

PORTAL = Portal(
    name="availity",
    title="Availity Essentials",
    address="https://essentials.availity.com",
    version="2026.11.5",
    policy=Policy(
        password_max_age_days=60,
        password_warning_days=5,
        single_session=True,
        no_new_texts_since=date(2025, 6, 14),
        password_rules=PasswordRules(shortest=8, longest=15, specials="-@#$%*", needs_special=True, user_id_run=5),
        # Not published: who brings a disabled (dormant, revoked) user back, and a telephone number of Availity's own.
        ways_back={AccountState.LOCKED: RESET, AccountState.PASSWORD: RESET, AccountState.CODE: BACKUP_CODE},
        sources={
            "password_max_age_days": "Availity help, Change your password overview",
            "password_warning_days": "Availity help, Change your password overview",
            "no_new_texts_since": "Availity help, Changes to multi-factor authentication",
            "single_session": "Availity newsletter of October 2009",
            "password_rules": "Availity help, payer registration guide, Create a user account",
        },
    ),
    login=sign_in,
    sign_out=sign_out,
    eligibility=check,
    claim_status=ask,
    era_download=download,
    password_reset=change,
    password_recovery=recover,
    reset_letter=Letter(
        domains=frozenset({"availity.com"}), subject="Reset your Availity password", link="reset-password"
    ),
    text_digits=6,
    phrases=PHRASES | ANNOUNCED,
    telemetry=frozenset({"/ms/api/availity/internal/pui/key-delivery/v1/telemetry"}),
    alternative="developer.availity.com offers a Coverages and a Claim Statuses API for part of this",
    proof={
        "login": "simulated 2026-11-23",
        "eligibility": "simulated 2026-11-23",
        "claim_status": "simulated 2026-11-23",
        "era_download": "simulated 2026-11-24",
        "password_reset": "simulated 2026-11-23",
        "password_recovery": "simulated 2026-11-23",
    },
)
