"""Files on disk as the gate wants them: read once, and not at all when they are too large or can't be."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from bots.era.gate import Judged, judge
from bots.era.unpacking import LARGEST
from bots.era.verdicts import Finding, finding


def found_files(paths: Iterable[Path]) -> list[Path]:
    """The files meant by `paths`: themselves, and for a folder what lies in it; hidden files are nobody's."""
    found: list[Path] = []
    for path in paths:
        try:
            inside = sorted(path.iterdir()) if path.is_dir() else [path]
        except OSError:
            inside = [path]  # it gets its verdict like a file
        found += [entry for entry in inside if entry == path or not (entry.name.startswith(".") or entry.is_dir())]
    return found


def read_file(path: Path) -> bytes | Finding:
    """The bytes of a file, or why there are none."""
    try:
        if path.exists() and not path.is_file():
            return finding("unreadable", "it is no file")  # a pipe would be waited for
        size = path.stat().st_size
        return finding("too_large", f"{size // 1_000_000} MB") if size > LARGEST else path.read_bytes()
    except OSError as error:
        return finding("unreadable", os.strerror(error.errno) if error.errno else "")


def judge_file(path: Path) -> Iterator[Judged]:
    """A verdict for each transaction in the file; never raises."""
    data = read_file(path)
    if isinstance(data, Finding):
        yield Judged(0, (data,))
    else:
        yield from judge(data)
