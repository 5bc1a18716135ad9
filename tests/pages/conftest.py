"""The browser for the pages we ship."""

from __future__ import annotations

import os
from typing import Any

import pytest

from bots.browser import find_browser


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": str(find_browser(None)),
        "args": ["--no-sandbox"] if os.geteuid() == 0 else [],
    }
