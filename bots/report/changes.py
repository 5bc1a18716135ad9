"""What is otherwise than in the last report: each is kept as JSON beside its page, and compared with the next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bots.report.model import Change, Report

KEPT = 40  # reports as JSON; pages stay
SHOWN = 40
EARLIER = timedelta(hours=12)  # a report of the same morning is not yesterday's


def last_report(folder: Path, at: datetime) -> dict[str, Any] | None:
    """The newest report that was kept at least half a day before `at`; none where there is none that can be read."""
    newest = f"{at - EARLIER:%Y-%m-%d-%H%M}.json"
    for path in sorted(folder.glob("????-??-??-????.json"), reverse=True):
        if path.name <= newest:
            with suppress(OSError, ValueError):
                found = json.loads(path.read_bytes())
                if isinstance(found, dict) and {"at", "needs", "states"} <= set(found):
                    return found
    return None


def kept(report: Report) -> bytes:
    """What is kept of a report: all of it but what had changed by then."""
    return report.model_dump_json(exclude={"changes"}).encode()


def drop_old(folder: Path) -> None:
    """Remove all but the newest of the reports that are kept as JSON."""
    for path in sorted(folder.glob("????-??-??-????.json"))[:-KEPT]:
        path.unlink(missing_ok=True)


def compare(before: dict[str, Any] | None, report: Report) -> tuple[Change, ...]:
    """The changes since the report `before`: needs that came and went, accounts that stand otherwise."""
    if before is None:
        return ()
    return (*_needs(before, report), *_accounts(before["states"], report.states))


def _needs(before: dict[str, Any], report: Report) -> Iterator[Change]:
    then = {(need["what"], need["state"]) for need in (*before["needs"], *before.get("handled", ()))}
    now = {(need.what, need.state) for need in (*report.needs, *report.handled)}
    for what, state in sorted(now - then):
        yield Change(words=f"{what}: {state}", better=False)
    for what, state in sorted(then - now):
        yield Change(words=f"{what}: no longer {state}", better=True)


def _accounts(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    added, gone = sorted(now.keys() - then.keys()), sorted(then.keys() - now.keys())
    if added:
        yield Change(words=f"{len(added)} accounts added: {_some(added)}", better=True)
    if gone:
        yield Change(words=f"{len(gone)} accounts gone: {_some(gone)}", better=True)
    fine = [name for name in now if now[name] == "fine" and then.get(name, "fine") != "fine"]
    if fine:
        yield Change(words=f"{len(fine)} accounts are fine again: {_some(sorted(fine))}", better=True)


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
