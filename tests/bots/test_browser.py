"""The start of a browser, with programs that crash in its place."""

from pathlib import Path

import pytest

from bots.browser import STARTS, Host, find_browser
from flows.errors import InputError


def crashing(folder: Path, times: int) -> Path:
    """A program that ends `times` times before it is the browser. It counts its starts in `folder`."""
    program = folder / "browser"
    program.write_text(
        f"#!/bin/sh\necho >>{folder}/starts\n"
        f'[ "$(wc -l <{folder}/starts)" -le {times} ] && kill -TRAP $$\nexec {find_browser(None)} "$@"\n'
    )
    program.chmod(0o755)
    return program


async def test_a_browser_that_crashes_at_its_start_is_started_again(tmp_path: Path) -> None:
    host = await Host.start(crashing(tmp_path, 1))
    assert host.alive
    await host.stop()


async def test_one_that_crashes_at_each_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not start"):
        await Host.start(crashing(tmp_path, 99))
    assert (tmp_path / "starts").read_text().count("\n") == STARTS
