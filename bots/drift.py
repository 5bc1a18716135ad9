"""Drift: a screen that looks otherwise than in earlier runs, told while the flow still passes.

Kept is every way in which each locator was seen to match. What is new is kept too, so that it is told once. In the
first day of a screen, and of a new version of the module, it is learned without a word. Parts that come and go with
the answer (texts, rows) may go; a control that was always there may not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from bots.inventory import Inventory, stamp
from bots.looks import NONE

LEARNING = timedelta(days=1)
MOST_KINDS = 8  # of one locator; more say nothing any more


def remember(
    inventory: Inventory, portal: str, version: str, looks: Mapping[str, Mapping[str, str]], at: datetime
) -> list[str]:
    """Keep how the screens looked; what has drifted, in words such as `Inquiry: submit gone`. Writes changes only."""
    rows = inventory.rows("SELECT * FROM screens_seen WHERE portal = ? AND module_version = ?", (portal, version))
    there = {row["screen"]: row for row in rows}
    told, changed = [], {}
    for screen, look in looks.items():
        row = there.get(screen)
        known: dict[str, list[str]] = json.loads(row["parts"]) if row else {}
        merged = {**known, **{name: merge(known.get(name, []), kind) for name, kind in look.items()}}
        if merged == known:
            continue
        begun = row["first_seen_at"] if row else stamp(at)
        changed[screen] = (portal, screen, version, json.dumps(merged), begun, stamp(at))
        words = [f"{name} {what}" for name, kind in look.items() if (what := drifted(known.get(name, []), kind))]
        if words and begun < stamp(at - LEARNING):
            told.append(f"{screen}: {', '.join(words)}")
    if changed:
        with inventory.write() as db:
            for values in changed.values():
                db.execute("INSERT OR REPLACE INTO screens_seen VALUES (?,?,?,?,?,?)", values)
    return told


def merge(known: list[str], kind: str) -> list[str]:
    """The ways in which a locator was seen, with this one."""
    return known if kind in known or len(known) == MOST_KINDS else sorted([*known, kind])


def drifted(known: list[str], kind: str) -> str:
    """What is wrong with a locator that matches in this way; nothing when that is no news."""
    if not known or kind in known or len(known) == MOST_KINDS:
        return ""
    if kind == NONE:
        return "gone" if all(each.startswith("c") for each in known) else ""
    if any(each.rstrip("+") == kind.rstrip("+") for each in known):
        return "there several times" if kind.endswith("+") and NONE not in known else ""
    return "is another element" if known != [NONE] else ""
