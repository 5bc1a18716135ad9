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


async def test_one_that_gets_no_sandbox_is_told_with_the_way_out(tmp_path: Path) -> None:
    program = tmp_path / "browser"
    program.write_text(
        "#!/bin/sh\necho '[1129/1.2:FATAL:zygote_host_impl_linux.cc] No usable sandbox!' >&2\nkill -TRAP $$\n"
    )
    program.chmod(0o755)
    with pytest.raises(InputError, match=r"no sandbox .*The browser's sandbox"):
        await Host.start(program)
    assert "## The browser's sandbox" in (Path(__file__).parents[2] / "docs" / "operating.md").read_text()


async def test_a_driver_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "/bin/false")
    with pytest.raises(InputError, match="libatomic"):
        await Host.start(find_browser(None))


@pytest.mark.parametrize(("user", "wanted", "there"), [(1000, True, True), (1000, False, False), (0, True, False)])
async def test_the_sandbox_is_there_unless_root_starts_it_or_it_is_not_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, wanted: bool, there: bool
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    with pytest.raises(InputError):
        await Host.start(telling(tmp_path), sandbox=wanted)
    assert ("--no-sandbox" in (tmp_path / "arguments").read_text()) is not there


def telling(folder: Path) -> Path:
    """A program that ends at once and leaves its arguments in `folder`."""
    program = folder / "browser"
    program.write_text(f'#!/bin/sh\necho "$@" >{folder}/arguments\n')
    program.chmod(0o755)
    return program
