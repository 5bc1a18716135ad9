"""The way into the drop folder: a file is there once, whole, or not yet; and whether billing has picked it up.

First it lies beside its place under a hidden name; that is recorded; then it is given its name, which is recorded
again. A hidden file that is gone was named: billing may have taken it already, so it is never written a second time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bots import now
from bots.disk import in_plain_words, move_durably, private_folder, write_durably
from bots.inventory import Inventory, stamp
from flows.errors import InputError

MARKER = ".portalkeeper"
"""Lies in every drop folder, so that a folder that is not mounted is not one from which all was picked up."""

_WORDS = b"Files that Portalkeeper has put here; see docs/eras.md. Leave this one where it is.\n"


def carry_out(inventory: Inventory, drop: dict[str, Any], content: Callable[[], bytes]) -> None:
    """Bring a planned file to its place, from wherever an earlier try has left it.

    Raises InputError when the folder does not take it; nothing is lost, and it is tried again.
    """
    folder = Path(drop["folder"])
    target, hidden = folder / drop["name"], folder / f".{drop['name']}.part"
    if drop["state"] == "planned":
        _prepare(folder, drop["mode"], drop["owner_group"])
        write_durably(hidden, content(), mode=drop["mode"])
        _give(hidden, drop["owner_group"])
        _record(inventory, drop["id"], "staged")
    if hidden.exists():
        move_durably(hidden, target)
    elif not (folder / MARKER).exists():
        raise InputError(f"{folder} is not there; mount it or make it again, with the files that were in it")
    _record(inventory, drop["id"], "dropped", dropped_at=stamp(now.utc()))


def _prepare(folder: Path, mode: int, group: str) -> None:
    """Make the folder when it is ours to make, so that its group can take files out of it, and mark it."""
    if not folder.is_dir():
        private_folder(folder)
        _give(folder, group)
        if group:
            folder.chmod(0o2770)
    if not (folder / MARKER).exists():
        write_durably(folder / MARKER, _WORDS, mode=mode)


def _give(path: Path, group: str) -> None:
    if group:
        try:
            with in_plain_words(path):
                shutil.chown(path, group=group)
        except LookupError:
            raise InputError(f"{path.parent}: there is no group {group!r}; correct it in config/era.toml") from None


def _record(inventory: Inventory, drop: int, state: str, dropped_at: str | None = None) -> None:
    with inventory.write() as db:
        db.execute("UPDATE era_drops SET state = ?, dropped_at = ? WHERE id = ?", (state, dropped_at, drop))


def picked_up(drop: dict[str, Any]) -> bool:
    """Whether billing has taken the file: it is gone, or `NAME.done` lies beside it."""
    folder = Path(drop["folder"])
    target = folder / drop["name"]
    if os.path.lexists(f"{target}.done"):
        return True
    return (folder / MARKER).exists() and not target.exists()


def note_pick_ups(inventory: Inventory) -> int:
    """Record which files billing has taken since the last look, and return their number."""
    lying = inventory.rows("SELECT * FROM era_drops WHERE picked_up_at IS NULL AND state = 'dropped'")
    taken = [drop["id"] for drop in lying if picked_up(drop)]
    if taken:
        with inventory.write() as db:
            for drop in taken:
                db.execute("UPDATE era_drops SET picked_up_at = ? WHERE id = ?", (stamp(now.utc()), drop))
    return len(taken)
