"""The outlook of accounts: could one sign in now, and what falls due when. Contacts nothing."""

from bots.outlook.due import Clocks, DueItem, DueKind, account_of, due_items, due_now, survey
from bots.outlook.standing import AccountStanding, standing_of

__all__ = [
    "AccountStanding",
    "Clocks",
    "DueItem",
    "DueKind",
    "account_of",
    "due_items",
    "due_now",
    "standing_of",
    "survey",
]
