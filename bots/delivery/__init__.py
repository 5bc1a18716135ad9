"""Delivery: what is to reach people goes into the outbox first, and leaves it by mail, folder or webhook."""

from bots.delivery.config import FILE, Contact, Level, Plan, Route, load_plan
from bots.delivery.outbox import Letter, Way, deliver, post, waiting

__all__ = ["FILE", "Contact", "Letter", "Level", "Plan", "Route", "Way", "deliver", "load_plan", "post", "waiting"]
