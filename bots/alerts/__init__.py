"""Alerts: quiet by default. Who is told of what at which hour, in which words, and when the backup is."""

from bots.alerts.looking import look
from bots.alerts.urgent import level_of

__all__ = ["level_of", "look"]
