"""The clock: what is due, when; nothing that came due is ever dropped."""

from bots.clock.due import NO_ROW, Due, DueState, begin_by_hand, conclude, expire, hold_back, let_go, recover, take_next
from bots.clock.maintenance import closed_portals
from bots.clock.planner import Planner, write_due
from bots.clock.rows import Schedule
from bots.clock.schedules import load_schedules
from bots.clock.tick import Clock, next_due, ticking
from bots.clock.timetable import LiveTimetable, Timetable, read_timetable

__all__ = [
    "NO_ROW",
    "Clock",
    "Due",
    "DueState",
    "LiveTimetable",
    "Planner",
    "Schedule",
    "Timetable",
    "begin_by_hand",
    "closed_portals",
    "conclude",
    "expire",
    "hold_back",
    "let_go",
    "load_schedules",
    "next_due",
    "read_timetable",
    "recover",
    "take_next",
    "ticking",
    "write_due",
]
