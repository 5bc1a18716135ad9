"""What arrived, looked at from outside: one file, or a zip file of several. Nothing here reads an 835."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from bots.era.verdicts import Finding, finding

LARGEST = 256 * 1024 * 1024
"""Bytes of a file, and of all files of a zip file together. The largest remittances known are a fifth of that."""

MOST_MEMBERS = 5000
MOST_RATIO = 200  # text of an 835 packs to a tenth to a thirtieth
_RATIO_COUNTS_FROM = 1024 * 1024
_DEPTH = 2  # a zip file in a zip file, not more
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<!--|<!doctype\s+html|<html|<head|<body|<script|<\?xml)", re.IGNORECASE)
_TRIVIA = b"\xef\xbb\xbf \t\r\n\x0b\x0c\x00\x1a"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """A file that arrived: itself (`number` 0), or the `number`th of a zip file; its bytes, or why there are none."""

    number: int
    data: bytes = b""
    problem: Finding | None = None


def unpack(data: bytes) -> Iterator[Member]:
    """The files in `data`, each exactly as it came. What is no zip file is one; what is unsafe has its problem."""
    if not data.startswith(_ZIP):
        yield Member(0, data, sniff(data))
        return
    try:
        number = 0
        for number, content in enumerate(_unzip(data, [LARGEST], _DEPTH), 1):
            yield Member(number, content, sniff(content))
        if not number:
            yield Member(0, problem=finding("zip_empty"))
    except _Refused as refused:
        yield Member(0, problem=refused.found)


def sniff(data: bytes) -> Finding | None:
    """What the first bytes already tell: nothing there, a web page, a PDF, too much."""
    if len(data) > LARGEST:
        return finding("too_large", f"{len(data) // 1_000_000} MB")
    start = data[:1024]
    if not start.strip(_TRIVIA) and not data.strip(_TRIVIA):
        return finding("empty")
    if _PAGE.match(start):
        return finding("web_page")
    return finding("pdf") if b"%PDF-" in start else None


class _Refused(Exception):
    def __init__(self, found: Finding) -> None:
        super().__init__(found.reason.word)
        self.found = found


def _unzip(data: bytes, left: list[int], depth: int) -> Iterator[bytes]:
    """The files of a zip file and of the zip files in it. `left` is how many bytes may still come out."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(entries)
            for entry in entries:
                content = _content(archive, entry, left)
                if content.startswith(_ZIP) and depth > 1:
                    yield from _unzip(content, left, depth - 1)
                else:
                    yield content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError, OSError):
        raise _Refused(finding("zip_damaged")) from None


def _check(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what must not even be opened. Sizes told here may be lies; they are counted again while reading."""
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise _Refused(finding("zip_encrypted"))
    if any(_leads_out(entry.filename) for entry in entries):
        raise _Refused(finding("zip_unsafe"))
    if len(entries) > MOST_MEMBERS:
        raise _Refused(finding("zip_too_large", f"{len(entries)} files"))
    if any(_swells(entry) for entry in entries):
        raise _Refused(finding("zip_too_large"))


def _leads_out(name: str) -> bool:
    """Members are never written under their names; a sender of such names is not trusted all the same."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or bool(re.match("[A-Za-z]:", name))


def _swells(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > _RATIO_COUNTS_FROM and entry.file_size > MOST_RATIO * max(1, entry.compress_size)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: list[int]) -> bytes:
    parts = []
    with archive.open(entry) as file:
        while part := file.read(_CHUNK):
            left[0] -= len(part)
            if left[0] < 0:
                raise _Refused(finding("zip_too_large"))
            parts.append(part)
    return b"".join(parts)
