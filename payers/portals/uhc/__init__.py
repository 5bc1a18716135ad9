"""UnitedHealthcare's provider portal, signed in to with One Healthcare ID."""

from payers.identity.one_healthcare_id import TELEMETRY
from payers.model import Policy, Portal
from payers.portals.uhc.eligibility import check
from payers.portals.uhc.phrases import PHRASES
from payers.portals.uhc.sign_in import sign_in

PORTAL = Portal(
    name="uhc",
    title="UnitedHealthcare Provider Portal",
    address="https://secure.uhcprovider.com",
    version="2026.11.1",
    # Not published: lockout, password age, idle time. 90 days of inactivity are reported in one copy of the roles
    # page and not confirmed in a second, so they are no published number.
    policy=Policy(
        unlock_path="Recover account on the sign-in page: by text message, call or recovery code",
        sources={"unlock_path": "uhcprovider.com, Provider portal authentication"},
    ),
    login=sign_in,
    eligibility=check,
    phrases=PHRASES,
    telemetry=TELEMETRY,
    alternative="the X12 270/271 transaction through a clearinghouse; UnitedHealthcare's API marketplace",
    proof={"login": "simulated 2026-11-23", "eligibility": "simulated 2026-11-23"},
)
