"""One Healthcare ID, Optum's sign-in for UnitedHealthcare's portal and others."""

from payers.identity.one_healthcare_id.failures import failures, meaning
from payers.identity.one_healthcare_id.password_recovery import conclude, recover
from payers.identity.one_healthcare_id.password_reset import change
from payers.identity.one_healthcare_id.phrases import PHRASES
from payers.identity.one_healthcare_id.screens import ForcedChange, UserId
from payers.identity.one_healthcare_id.sign_in import sign_in

# What the page reports to while somebody types: device profiling (ThreatMetrix) and a sensor of its own host.
TELEMETRY = frozenset({"online-metrix.net", "/akam/"})

__all__ = [
    "PHRASES",
    "TELEMETRY",
    "ForcedChange",
    "UserId",
    "change",
    "conclude",
    "failures",
    "meaning",
    "recover",
    "sign_in",
]
