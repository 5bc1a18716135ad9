"""Okta's published sign-in widget, fetched from npm once into a cache outside the repository."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

PACKAGE = "@okta/okta-signin-widget@7.49.0"
SHA512 = "0PPkPdFP6sQo3nOJGLaPvFXLso2mQ9JHihwN3WCGQGxuAJHVis5sx/8uMdF2x8VETaQK8a4vTUuEN6VtZ+m2FQ=="
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portalkeeper-tests"
SECONDS = 120


def widget_folder() -> Path:
    """Its folder `dist`. Skips the test, saying why, where it can't be had; fails where it is not what it should be."""
    CACHE.mkdir(parents=True, exist_ok=True)
    ready = CACHE / PACKAGE.rpartition("/")[2]
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            _unpack(_fetch(), ready)
    return ready / "package" / "dist"


def _fetch() -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is missing: apt-get install npm, and Okta's own widget is tested too")
    fetched = CACHE / "okta-okta-signin-widget-7.49.0.tgz"
    command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", str(CACHE)]
    try:
        done = subprocess.run(command, cwd=CACHE, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not fetch {PACKAGE} within {SECONDS} s")
    if done.returncode or not fetched.exists():
        pytest.skip(f"npm could not fetch {PACKAGE}: {done.stderr.strip()[-200:]}")
    return fetched


def _unpack(fetched: Path, ready: Path) -> None:
    digest = base64.b64encode(hashlib.sha512(fetched.read_bytes()).digest()).decode()
    assert digest == SHA512, f"{fetched} is not {PACKAGE}"
    part = ready.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    with tarfile.open(fetched) as archive:
        archive.extractall(part, filter="data")
    part.rename(ready)
    fetched.unlink()
