"""axe-core, fetched from npm once into a cache outside the repository, and what it finds on a page."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

VERSION = "4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portalkeeper-tests"
SECONDS = 120
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")


def axe_script() -> str:
    """Its source. Skips the test, saying why, where it can't be had; fails where it is not what it should be."""
    CACHE.mkdir(parents=True, exist_ok=True)
    ready = CACHE / f"axe-core-{VERSION}.min.js"
    with (CACHE / "axe-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            _unpack(_fetch(), ready)
    return ready.read_text()


def _fetch() -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is missing: apt-get install npm, and axe looks at the pages too")
    command = [npm, "pack", f"axe-core@{VERSION}", "--silent", "--pack-destination", str(CACHE)]
    try:
        done = subprocess.run(command, cwd=CACHE, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not fetch axe-core within {SECONDS} s")
    fetched = CACHE / f"axe-core-{VERSION}.tgz"
    if done.returncode or not fetched.exists():
        pytest.skip(f"npm could not fetch axe-core: {done.stderr.strip()[-200:]}")
    return fetched


def _unpack(fetched: Path, ready: Path) -> None:
    digest = base64.b64encode(hashlib.sha512(fetched.read_bytes()).digest()).decode()
    assert digest == SHA512, f"{fetched} is not axe-core {VERSION}"
    with tarfile.open(fetched) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member
        part = ready.with_suffix(".part")
        part.write_bytes(member.read())
    part.rename(ready)
    fetched.unlink()


def findings(page: Page, script: str) -> list[dict[str, Any]]:
    """What is seriously wrong with the page as it is shown now: rule, and where."""
    page.evaluate(script)
    found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", list(RULES))
    return [
        {"rule": rule["id"], "impact": rule["impact"], "where": [node["html"][:120] for node in rule["nodes"][:3]]}
        for rule in found["violations"]
    ]
