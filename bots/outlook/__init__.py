"""The outlook of accounts: could one sign in now, and what falls due when. Contacts nothing."""

from bots.outlook.due import DueItem, DueKind, due_items
from bots.outlook.standing import AccountStanding, standing_of

__all__ = ["AccountStanding", "DueItem", "DueKind", "due_items", "standing_of"]
