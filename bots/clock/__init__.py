"""The clock: what is due, when; nothing that came due is ever dropped."""

from bots.clock.cron import fire_times, next_fire
from bots.clock.due import Due, DueState, conclude, recover, take_next, write_due
from bots.clock.schedules import Schedule, load_schedules
from bots.clock.tick import next_due, ticking

__all__ = [
    "Due",
    "DueState",
    "Schedule",
    "conclude",
    "fire_times",
    "load_schedules",
    "next_due",
    "next_fire",
    "recover",
    "take_next",
    "ticking",
    "write_due",
]
