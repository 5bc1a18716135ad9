"""The unit of systemd is one that systemd takes; the container file fits the repository, as far as reading it can tell."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bots.settings import Settings
from bots.status import site

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "docs" / "service" / "portalkeeper.service"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = UNIT.read_text().replace("/opt/portalkeeper/bin/portalkeeper", sys.executable)
    (tmp_path / UNIT.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / UNIT.name)], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_waits_for_the_service_to_say_so_and_keeps_it_in_its_place() -> None:
    lines = UNIT.read_text().splitlines()
    for line in (
        "Type=notify",
        "WatchdogSec=90",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "KillMode=mixed",
        "UMask=0077",
    ):
        assert line in lines


# --- the container file, read rather than built


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its words, continued lines joined."""
    text = (ROOT / "docs" / "service" / "Containerfile").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in joined.splitlines()]


def words_of(name: str) -> list[str]:
    return [words for each, words in instructions() if each == name]


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def copied() -> set[str]:
    return {source for words in words_of("COPY") for source in words.split()[:-1]}


def test_what_is_copied_is_there_and_is_all_that_the_package_is_made_of() -> None:
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    project = PROJECT["project"]
    needed = {"pyproject.toml", project["readme"], *project["license-files"], *wheel["packages"]}
    needed |= {name.partition("/")[0] for name in wheel["force-include"]}
    assert copied() == needed | {"requirements.lock", "requirements-dev.lock"}
    for words in words_of("COPY"):
        *sources, target = words.split()
        assert target in ("./", "src/", f"src/{sources[0]}")


def test_whatever_is_installed_is_locked() -> None:
    steps = [step.strip() for words in words_of("RUN") for step in words.split("&&")]
    installs = [step for step in steps if "pip install" in step]
    assert len(installs) == 3
    for step in installs:
        assert "--require-hashes" in step or "--no-index --no-deps" in step
    assert "bin/pip install --no-cache-dir --require-hashes -r requirements.lock" in installs
    assert all("--no-build-isolation --no-deps" in step for step in steps if "pip wheel" in step)
    lock = (ROOT / "requirements-dev.lock").read_text()
    blocks = re.split(r"^(?=[a-z])", lock, flags=re.MULTILINE)
    builders = {block.partition("==")[0] for block in blocks if re.search(r"#.* hatchling$", block, re.MULTILINE)}
    [told] = re.findall(r"\^\(([a-z|-]+)\)==", " ".join(steps))
    assert set(told.split("|")) == {"hatchling", *builders}


def test_it_runs_as_nobody_in_particular_keeps_its_data_and_says_how_it_is() -> None:
    names = [name for name, _ in instructions()]
    assert words_of("USER") == ["portalkeeper"] and names.index("USER") > max(
        number for number, name in enumerate(names) if name in ("RUN", "COPY")
    )
    [volume], environment = words_of("VOLUME"), " ".join(words_of("ENV"))
    assert f"PORTALKEEPER_HOME={volume} " in environment
    assert f"-m 0700 -o portalkeeper -g portalkeeper {volume}" in " ".join(words_of("RUN"))
    [health] = words_of("HEALTHCHECK")
    assert f"http://127.0.0.1:{Settings.model_fields['status_port'].default}/healthz" in health
    assert "/healthz" in Path(site.__file__).read_text()
    assert words_of("STOPSIGNAL") == ["SIGTERM"]
    for needed in ("chromium-headless-shell", "libatomic1"):  # the browser, and what Playwright's driver is linked to
        assert needed in words_of("RUN")[0].split()
    [entry], [command] = words_of("ENTRYPOINT"), words_of("CMD")
    assert entry == '["portalkeeper"]' and "portalkeeper" in PROJECT["project"]["scripts"] and command == '["serve"]'
