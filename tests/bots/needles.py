"""A scan for planted values: over files in every spelling that a leak takes, inside archives and free pages too."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST = 5  # what is shorter is found anywhere by chance
DEEPEST = 4  # archives in archives


def forms(needle: str) -> dict[str, bytes]:
    """Each spelling of a needle by the name of its form."""
    data = needle.encode()
    found = {
        "raw": data,
        "UTF-16": needle.encode("utf-16-le"),
        "UTF-16, big end first": needle.encode("utf-16-be"),
        "JSON": json.dumps(needle)[1:-1].encode(),
        "JSON, as it is": json.dumps(needle, ensure_ascii=False)[1:-1].encode(),
        "URL": quote(needle, safe="").encode(),
        "URL with slashes": quote(needle).encode(),
        "form": quote_plus(needle).encode(),
        "HTML": html.escape(needle).encode(),
        "HTML, in text": html.escape(needle, quote=False).encode(),
        "hex": data.hex().encode(),
    }
    for before in range(3):  # base64 depends on what stands in front
        whole = base64.b64encode(b"\0" * before + data).rstrip(b"=")
        sure = whole[(0, 2, 3)[before] : len(whole) - (1 if (before + len(data)) % 3 else 0)]
        found[f"base64 at {before}"] = sure
        found[f"base64 for URLs at {before}"] = sure.replace(b"+", b"-").replace(b"/", b"_")
    return found


def leaks(places: Iterable[tuple[str, bytes]], needles: Mapping[str, str]) -> list[str]:
    """Where a needle is: place, name of the needle, form. `needles` are values by name."""
    wanted = [
        (name, form, spelled)
        for name, needle in needles.items()
        if len(needle) >= SHORTEST
        for spelled, form in {spelled: form for form, spelled in reversed(forms(needle).items())}.items()
    ]
    return [
        f"{place}: {name} ({form})"
        for place, data in places
        for part, content in _opened(place, data, DEEPEST)
        for name, form, spelled in wanted
        if (_stands_alone(spelled, content) if _is_a_code(spelled) else spelled in content)
    ]


def _is_a_code(spelled: bytes) -> bool:
    """Its digits are part of many a time and hash, so it counts only where it stands alone."""
    return spelled.isdigit() and len(spelled) < 8


def _stands_alone(digits: bytes, content: bytes) -> bool:
    return re.search(rb"(?<![0-9A-Za-z])" + digits + rb"(?![0-9A-Za-z])", content) is not None


def files_in(*folders: Path, without: Iterable[Path] = ()) -> list[tuple[str, bytes]]:
    """The content of every file, and its name: a value may be there too. SQLite's free pages and log are in its files."""
    left_out = tuple(without)
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    wanted = [path for path in paths if not any(path.is_relative_to(each) for each in left_out)]
    return [(str(path), path.read_bytes() + b"\n" + os.fsencode(path)) for path in wanted]


def arguments_of(*pids: int) -> list[tuple[str, bytes]]:
    """What everybody on the machine sees of processes."""
    return [(f"process {pid}", Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")) for pid in pids]


def _opened(name: str, data: bytes, depth: int) -> list[tuple[str, bytes]]:
    """The data itself, and what is packed in it."""
    found = [(name, data)]
    if depth == 0:
        return found
    if b"PK\x03\x04" in data and (archive := _zip(data)):
        for entry in archive.infolist():
            found += _opened(f"{name}!{entry.filename}", archive.read(entry), depth - 1)
            found.append((f"{name}!{entry.filename}", entry.filename.encode() + entry.comment))
    start = data.find(b"\x1f\x8b\x08")
    while start >= 0:
        if unpacked := _gunzipped(data[start:]):
            found += _opened(f"{name}!gzip at {start}", unpacked, depth - 1)
        start = data.find(b"\x1f\x8b\x08", start + 1)
    return found


def _zip(data: bytes) -> zipfile.ZipFile | None:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError):
        return None


def _gunzipped(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(data)
    except (zlib.error, gzip.BadGzipFile, EOFError):
        return b""
