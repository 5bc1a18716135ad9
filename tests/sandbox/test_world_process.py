"""The process: its one line, its ports, its clock file, its end."""

import json
import signal
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.practice import Practice, ready_line, start


def test_says_where_everything_is(practice: Practice, sites: Any) -> None:
    ready = practice.ready
    assert ready["ready"] is True
    assert ready["control"] == f"http://127.0.0.1:{sites.port + 1}"
    assert set(ready["portals"]) == {"availity", "uhc", "tmhp", "epaces", "medi_cal"}
    assert ready["portals"]["uhc"]["url"] == f"http://uhc.localhost:{sites.port}"
    assert ready["seed"] == 1


def test_listens_on_loopback_only(practice: Practice, sites: Any) -> None:
    listening = Path("/proc/net/tcp").read_text(encoding="ascii")
    local = [line.split()[1] for line in listening.splitlines()[1:]]
    ours = [each for each in local if each.endswith(f":{sites.port:04X}")]
    assert "0100007F" in {each.partition(":")[0] for each in ours}
    assert "00000000" not in {each.partition(":")[0] for each in ours}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_ends_at_once_and_cleanly(tmp_path: Path, how: signal.Signals) -> None:
    clock_file = tmp_path / "clock.json"
    process = start("--clock-file", str(clock_file), "--seed", "9")
    ready = ready_line(process)
    held = socket.create_connection(("127.0.0.1", _port(ready)))
    httpx.post(f"{ready['control']}/faults", json={"portal": "availity", "kind": "hang", "at": "login"})
    held.sendall(
        b"GET /static/public/onb/onboarding-ui-apps/availity-fr-ui/ HTTP/1.1\r\nHost: availity.localhost\r\n\r\n"
    )
    assert json.loads(clock_file.read_text(encoding="utf-8"))["offset_seconds"] == 0
    before = time.monotonic()
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert time.monotonic() - before < 3
    assert not clock_file.exists()
    held.close()


def test_a_taken_port_is_one_clear_line(sites: Any) -> None:
    process = start("--port-base", str(sites.port))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == ""
    assert err.count("\n") == 1
    assert f"can't bind ports {sites.port} and" in err


def test_an_impossible_clock_file_is_one_clear_line(tmp_path: Path) -> None:
    process = start("--clock-file", str(tmp_path / "no" / "clock.json"))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.count("\n") == 1


def test_the_clock_file_follows_the_clock(practice: Practice, clock_file: Path) -> None:
    def read() -> dict[str, Any]:
        record: dict[str, Any] = json.loads(clock_file.read_text(encoding="utf-8"))
        return record

    assert read() == {
        "offset_seconds": 0,
        "control": practice.ready["control"],
        "pid": practice.ready["pid"],
    }
    practice.post("/clock", advance_seconds=86_400)
    practice.post("/clock", advance_seconds=-400)
    assert read()["offset_seconds"] == 86_000
    practice.post("/reset")
    assert read()["offset_seconds"] == 0
    assert [each.name for each in clock_file.parent.iterdir()] == ["clock.json"]


def test_unknown_hosts_are_told_which_there_are(practice: Practice, sites: Any) -> None:
    answer = httpx.get(f"http://127.0.0.1:{sites.port}/")
    assert answer.status_code == 404
    assert "availity.localhost" in answer.text


def _port(ready: dict[str, Any]) -> int:
    return int(ready["control"].rpartition(":")[2]) - 1
