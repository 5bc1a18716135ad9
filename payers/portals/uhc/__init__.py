"""UnitedHealthcare's provider portal, signed in to with One Healthcare ID."""

from payers.identity.one_healthcare_id import TELEMETRY
from payers.model import AccountState, Letter, PasswordRules, Policy, Portal, WayBack
from payers.portals.uhc.claim_status import ask
from payers.portals.uhc.eligibility import check
from payers.portals.uhc.era_download import SPAN_DAYS, download
from payers.portals.uhc.password_recovery import recover
from payers.portals.uhc.password_reset import change
from payers.portals.uhc.phrases import PHRASES
from payers.portals.uhc.sign_in import sign_in

PHONE = "866-842-3278, option 1"
HOURS = "Monday to Friday 7 a.m. to 9 p.m. CT"
SOURCE = "uhcprovider.com, Provider portal authentication; Access roles"
RECOVER = WayBack(
    who="the user",
    how="recover the account on the sign-in page, by a code to the verified phone or by the recovery code",
    phone=PHONE,
    hours=HOURS,
    have_ready="the verified phone, or the recovery code saved when it was set up",
    source=SOURCE,
)
REACTIVATE = WayBack(
    who="an administrator of the organization",
    how="reactivate the closed account in the portal's user management",
    phone=PHONE,
    hours=HOURS,
    source="uhcprovider.com, Provider portal registration; Access roles",
)

PORTAL = Portal(
    name="uhc",
    title="UnitedHealthcare Provider Portal",
    address="https://secure.uhcprovider.com",
    version="2026.11.4",
    # Not published: lockout, password age, idle time. 90 days of inactivity are reported in one copy of the roles
    # page and not confirmed in a second, so they are no published number.
    policy=Policy(
        era_span_days=SPAN_DAYS,
        era_days=395,
        password_rules=PasswordRules(shortest=8, longest=100),  # no special characters: which it takes is not known
        ways_back={
            AccountState.LOCKED: RECOVER,
            AccountState.PASSWORD: RECOVER,
            AccountState.CODE: RECOVER,
            AccountState.DISABLED: REACTIVATE,
        },
        sources={
            "era_span_days": "uhcprovider.com, Document Library: any 90-day window per search",
            "era_days": "cmadocs.org 49285: Optum Pay offers 835 files 13 months back",
            "password_rules": "a public quiz for One Healthcare ID support staff; not confirmed by UnitedHealthcare",
        },
    ),
    login=sign_in,
    eligibility=check,
    claim_status=ask,
    era_download=download,
    password_reset=change,
    password_recovery=recover,
    # The real site is known to send its code to a verified phone. That a letter carries it is the sandbox's choice, and
    # so are its sender and its words: not seen live.
    reset_letter=Letter(domains=frozenset({"onehealthcareid.com"}), subject="Access Code Notification", code_digits=6),
    text_digits=6,
    phrases=PHRASES,
    telemetry=TELEMETRY,
    alternative="the X12 270/271 and 276/277 transactions through a clearinghouse; UnitedHealthcare's API marketplace",
    proof={
        "login": "simulated 2026-11-23",
        "eligibility": "simulated 2026-11-23",
        "claim_status": "simulated 2026-11-23",
        "era_download": "simulated 2026-11-24",
        "password_reset": "simulated 2026-11-23",
        "password_recovery": "simulated 2026-11-23",
    },
)
