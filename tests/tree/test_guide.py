"""docs/adding-a-payer.md is followed to the letter in a copy of the tree, on the practice portal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots.browser import Host, find_browser
from bots.cli.new_portal import MARK, MATRIX
from bots.settings import load

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "adding-a-payer.md").read_text()
PORTAL = "sample_mutual"
BIRTH_DATES = {"active": "02/01/1958", "not-found": "02/02/1958"}
pytestmark = pytest.mark.slow


class Checkout:
    """A copy of the tree, and somebody who types in it."""

    def __init__(self, root: Path) -> None:
        self.root = root / "checkout"
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        for name in filter(lambda name: (ROOT / name).is_file(), names):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_bytes((ROOT / name).read_bytes())
        programs = root / "bin"
        programs.mkdir()
        for name, start in (("python", ""), ("portalkeeper", "-m bots")):
            (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {start} "$@"\n')
            (programs / name).chmod(0o755)
        path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.env = {**os.environ, "PATH": path, "PYTHONPATH": str(self.root)}
        self.env["PORTALKEEPER_HOME"] = str(root / "home")
        self.type("git init --quiet")

    def type(self, commands: str) -> str:
        ended = subprocess.run(["bash", "-ec", commands], cwd=self.root, env=self.env, capture_output=True, text=True)
        assert ended.returncode == 0, f"{commands}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    def check(self) -> None:
        """What `make check` looks at, as far as a new portal can change it."""
        test = f"tests/flows/test_{PORTAL}.py"
        self.type(f"ruff format --check payers {test} && ruff check payers {test} && mypy -p payers && lint-imports")
        tests = f"tests/tree/test_house_style.py tests/flows/test_recordings.py {test}"
        chosen = f"{PORTAL} or every or readme or fill_in or cites or short or pairs"
        self.type(f"python -m pytest -q -p no:cacheprovider {tests} -k '{chosen}'")

    def edit(self, diff: str) -> None:
        """Do what a block says: the lines with a minus give way to those with a plus behind them."""
        file = None
        for part in re.findall(r"(?m)^--- .+\n|(?:^-.*\n)+(?:^\+.*\n)+", diff):
            if part.startswith("--- "):
                file = self.root / part[4:].strip()
                continue
            old, new = ("".join(line[1:] + "\n" for line in part.splitlines() if line[0] == sign) for sign in "-+")
            text = file.read_text() if file else ""
            assert old in text, f"{file} does not hold\n{old}"
            assert file
            file.write_text(text.replace(old, new))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture
def address() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.practice_portal", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait(timeout=60)


def seen(address: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{address}/seen", timeout=60) as answer:
        return json.load(answer)


async def take_recordings(checkout: Checkout, address: str) -> None:
    """By a browser, as step 7 says."""
    snapshot = (checkout.root / "recordings" / "snapshot.js").read_text()
    folder = checkout.root / "recordings" / "pages" / PORTAL
    host = await Host.start(find_browser(None), sandbox=load().browser_sandbox)
    async with host.context(None) as (context, _):
        page = await context.new_page()

        async def keep(name: str) -> None:
            text = await page.evaluate(snapshot)
            (folder / f"{name}.html").write_text(f"<!doctype html>\n{text}\n")

        for password, name in (("Wr0ng", "alert--password-refused"), ("Plain-pass1", "home--signed-in")):
            await page.goto(address)
            await page.get_by_label("User name").fill("sampleton")
            await page.get_by_label("Your password").fill(password)
            await page.get_by_role("button").click()
            await page.locator("p").wait_for()
            await keep(name)
        for case, born in BIRTH_DATES.items():
            await page.goto(f"{address}/coverage")
            await page.get_by_label("Practice").select_option(value="000004471")
            await page.get_by_label("Rendering NPI").select_option(value="2000001018")
            for label, value in (("Member number", "S00100200"), ("Born on", born), ("Day of service", "11/23/2026")):
                await page.get_by_label(label).fill(value)
            await page.get_by_role("button").click()
            await page.locator("div.answer").wait_for()
            await keep(f"result--{case}")
    await host.stop()


async def test_the_guide_leads_from_nothing_to_a_working_portal(checkout: Checkout, address: str) -> None:
    said = {}
    guide = GUIDE.replace("http://127.0.0.1:8470", address)
    for kind, block in re.findall(r"(?ms)^```(console|diff)\n(.*?)^```$", guide):
        if kind == "diff":
            checkout.edit(block)
            continue
        if "pytest" in block:
            await take_recordings(checkout, address)
        word = re.search(r"new-portal|sign-in|eligibility|pytest", block)
        assert word
        said[word[0]] = checkout.type(re.sub(r"(?m)^export PORTALKEEPER_HOME=.*\n", "", block))
        if word[0] == "new-portal":
            checkout.check()
            assert said["new-portal"].count("sample_mutual/") > 8
            assert "not begun" in checkout.type("portalkeeper payers --markdown | grep 'Sample Mutual'")
        if word[0] == "sign-in":
            assert seen(address) == {"passwords": 1, "refused": 0, "lookups": 0}
        if word[0] == "eligibility":
            assert "active" in said["eligibility"]
            assert seen(address) == {"passwords": 1, "refused": 0, "lookups": 1}
    assert set(said) == {"new-portal", "sign-in", "eligibility", "pytest"}
    table = checkout.type("portalkeeper payers --markdown").strip()
    readme = checkout.root / "README.md"
    readme.write_text(MATRIX.sub(lambda _: table, readme.read_text()))
    checkout.check()
    left = checkout.type(f"grep -rl '{MARK}' payers recordings tests/flows/test_{PORTAL}.py || true")
    assert left == ""
