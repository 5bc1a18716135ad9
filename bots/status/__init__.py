"""The service's own pages on this machine: health, metrics, and what runs, comes and waits."""

from bots.status.server import showing
from bots.status.waiting import WaitingCodes

__all__ = ["WaitingCodes", "showing"]
