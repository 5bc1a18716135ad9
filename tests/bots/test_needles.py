"""The scan for needles is itself tested: a leak is planted in each form, and must be found."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote_plus, urlencode

import pytest
from needles import arguments_of, files_in, leaks

NEEDLE = 'N3edle "é"/$1<&>'
NOISE = os.urandom(3000)


def zipped(data: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/trace.network", data)
    return target.getvalue()


PLANTS: dict[str, Callable[[bytes], bytes]] = {
    "raw": lambda data: NOISE + data + NOISE,
    "zip": lambda data: zipped(NOISE + data),
    "zip in a zip": lambda data: zipped(zipped(data)),
    "zip behind something": lambda data: NOISE + zipped(data),
    "gzip": lambda data: gzip.compress(NOISE + data),
    "gzip inside a file": lambda data: NOISE + gzip.compress(data) + NOISE,
    "gzip cut off by a kill": lambda data: gzip.compress(data + NOISE)[:-900],
    "gzip in a zip": lambda data: zipped(gzip.compress(data)),
    "base64": lambda data: base64.b64encode(b"user:" + data + b":x"),
    "base64, one further": lambda data: base64.b64encode(b"users:" + data + b":x"),
    "base64, two further": lambda data: base64.b64encode(b"a user:" + data + b":x"),
    "base64 for URLs": lambda data: base64.urlsafe_b64encode(b"1" + data),
    "JSON": lambda data: json.dumps({"password": data.decode()}).encode(),
    "JSON as it is": lambda data: json.dumps({"password": data.decode()}, ensure_ascii=False).encode(),
    "form": lambda data: urlencode({"password": data.decode()}).encode(),
    "address": lambda data: ("https://x/?p=" + quote_plus(data.decode()).replace("+", "%20")).encode(),
    "UTF-16": lambda data: NOISE + data.decode().encode("utf-16"),
    "UTF-16, big end first": lambda data: b"\0" + data.decode().encode("utf-16-be"),
    "HTML": lambda data: (
        f'<input value="{NEEDLE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace(chr(34), "&quot;")}">'.encode()
    ),
    "hex": lambda data: data.hex().encode(),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_leak_is_found(tmp_path: Path, plant: str) -> None:
    (tmp_path / "clean").write_bytes(NOISE)
    assert leaks(files_in(tmp_path), {"password": NEEDLE}) == []
    (tmp_path / "leaking").write_bytes(PLANTS[plant](NEEDLE.encode()))
    found = leaks(files_in(tmp_path), {"password": NEEDLE})
    assert found
    assert all(str(tmp_path / "leaking") in each for each in found)


@pytest.mark.parametrize("checkpointed", [True, False])
def test_a_deleted_row_is_found_in_free_pages_and_in_the_log(tmp_path: Path, checkpointed: bool) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA secure_delete=OFF")  # on in some builds of SQLite
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [(NEEDLE * 100,)] * 20)
        if checkpointed:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("DELETE FROM t")
        if checkpointed:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert connection.execute("SELECT * FROM t").fetchall() == []
        assert leaks(files_in(tmp_path), {"password": NEEDLE})


def test_a_name_of_a_file_and_an_argument_of_a_process_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "N3edle-claim.pdf").touch()
    assert leaks(files_in(tmp_path), {"claim": "N3edle-claim"})
    command = [sys.executable, "-c", "input()", "N3edle-argument"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        while not Path(f"/proc/{process.pid}/cmdline").read_bytes():  # until the kernel has set it up
            time.sleep(0.01)
        assert leaks(arguments_of(process.pid), {"password": "N3edle-argument"})
        process.communicate(b"\n")


def test_a_code_is_found_where_it_stands_alone_and_not_in_a_time(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("20261128T170301 0a170301f")
    assert leaks(files_in(tmp_path), {"code": "170301"}) == []
    (tmp_path / "body").write_text('{"otp":"170301"}')
    assert len(leaks(files_in(tmp_path), {"code": "170301"})) >= 1
