"""The portal inventory: who signs in where for whom, every attempt, every run, everything due."""

from bots.inventory.columns import ACCOUNT_COLUMNS, OWN_COLUMNS, Automation, Kind
from bots.inventory.database import Inventory, stamp

__all__ = ["ACCOUNT_COLUMNS", "OWN_COLUMNS", "Automation", "Inventory", "Kind", "stamp"]
