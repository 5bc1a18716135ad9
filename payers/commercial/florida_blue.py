"""Florida Blue (Blue Cross and Blue Shield of Florida), asked on Availity Essentials."""

from flows.parties import Payer
from payers.portals.availity import PORTAL

PAYER = Payer(
    name="florida-blue",
    title="Florida Blue",
    payer_ids=(),  # none was found in a public source; answers are told by the title
)

__all__ = ["PAYER", "PORTAL"]
