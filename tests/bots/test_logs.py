"""The log's fields are a list: what is not on it, or does not look like it, is not in the log."""

from __future__ import annotations

import ast
import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bots.logs import FIELDS, start_logging

NEEDLE = "N33dle-in$hay Wilhelmina 1950-01-04"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "log"
    start_logging(file, "debug")
    yield file
    structlog.reset_defaults()
    logging.basicConfig(force=True)


def line(file: Path) -> dict:
    return json.loads(file.read_text().splitlines()[-1])


@pytest.mark.parametrize(
    "fields",
    [
        {"password": NEEDLE},
        {"member": {"name": NEEDLE}},
        {"account": NEEDLE},
        {"account": [NEEDLE]},
        {"steps": {NEEDLE: 1.0}},
        {"steps": {"open": NEEDLE}},
        {"error": ValueError(NEEDLE)},
        {"error": NEEDLE.encode()},
        {NEEDLE: 1},
        {"phrase": NEEDLE},
        {"member_id": 198001048273},
        {"run_id": "x" * 81},
    ],
    ids=str,
)
def test_a_value_that_is_not_listed_is_left_out(written: Path, fields: dict) -> None:
    structlog.get_logger().info("run", **fields)
    text = written.read_text()
    assert "left out" in text or "{}" in text
    assert not [part for part in (*NEEDLE.split(), "198001048273", "x" * 81) if part in text]


def test_an_event_with_a_value_in_it_is_left_out(written: Path) -> None:
    structlog.get_logger().info(f"run of {NEEDLE}")
    assert line(written)["event"] == "(str left out)"


def fails() -> None:
    raise ValueError(NEEDLE) from KeyError(NEEDLE)


def test_of_an_exception_class_and_places_stay(written: Path) -> None:
    try:
        fails()
    except ValueError:
        structlog.get_logger().exception("it broke")
    found = line(written)
    assert found["error"] == "ValueError"
    assert [place.split()[1] for place in found["where"]] == ["test_of_an_exception_class_and_places_stay", "fails"]
    assert "N33dle" not in written.read_text()


def test_what_libraries_and_forgotten_tasks_say_is_not_in_it(written: Path, capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("playwright").error("typed %s", NEEDLE)

    async def forgets() -> None:
        task = asyncio.create_task(asyncio.to_thread(fails))
        await asyncio.wait([task])

    asyncio.run(forgets())
    lines = [json.loads(text) for text in written.read_text().splitlines()]
    assert [found["logger"] for found in lines] == ["playwright", "asyncio"]
    assert lines[1]["error"] == "ValueError"
    out = capfd.readouterr()
    assert "N33dle" not in written.read_text() + out.out + out.err


def test_a_run_is_whole(written: Path) -> None:
    fields = {"run_id": "20261128T164624-995651", "account": "west", "steps": {"open the portal": 1.2}, "error": None}
    structlog.get_logger().info("run", **fields)
    assert {name: line(written)[name] for name in fields} == fields


def test_every_field_that_is_logged_is_listed() -> None:
    """And nothing is listed that nobody logs."""
    logged = {"level", "timestamp", "run_id", "account", "portal", "module_version"}  # the head of a run, as a whole
    for path in (ROOT / "bots").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("log.", "structlog.get_logger(")):
                logged |= {keyword.arg for keyword in node.keywords if keyword.arg} - {"exc_info"}
    assert logged - {"file"} <= set(FIELDS)
    assert set(FIELDS) - logged <= {"event"}
