"""The answers journal: each finished answer, on disk before it counts as finished.

Lives in the answers folder (0700/0600), the one place on disk besides the ERA drop where member data is in clear.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError

from bots import now
from bots.disk import append_durably, private_folder
from bots.worklist import Result

KEPT = timedelta(hours=24)


class Journal:
    """Answers by the key of their question. Each process appends to a file of its own; all read all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "journal"
        self._file: Path | None = None

    def append(self, result: Result) -> None:
        """Add one answer; it is on disk when this returns."""
        if self._file is None:
            private_folder(self._folder.parent)
            private_folder(self._folder)
            self._file = self._folder / f"{now.utc():%Y-%m-%d}-{os.getpid()}-{secrets.token_hex(3)}.jsonl"
        append_durably(self._file, result.model_dump_json(exclude_defaults=True).encode() + b"\n")

    def known(self, without: Collection[tuple[str, str]] = ()) -> dict[str, Result]:
        """The newest answer to each question of the last 24 hours. A line that a kill cut off was never written.

        `without` are the runs, each with a payer, whose answers are not to be handed out.
        """
        since = now.utc() - KEPT
        oldest = f"{since - timedelta(days=1):%Y-%m-%d}"
        found: dict[str, Result] = {}
        for file in sorted(self._folder.glob("*.jsonl")):
            if file.name >= oldest:
                for result in _lines(file):
                    withheld = (result.run_id, result.payer) in without
                    if result.asked_at is not None and result.asked_at >= since and not withheld:
                        earlier = found.get(result.key)
                        if earlier is None or earlier.asked_at is None or earlier.asked_at < result.asked_at:
                            found[result.key] = result
        return found


def _lines(file: Path) -> list[Result]:
    results = []
    for line in file.read_bytes().splitlines():
        try:
            results.append(Result.model_validate_json(line))
        except ValidationError:
            continue
    return results
