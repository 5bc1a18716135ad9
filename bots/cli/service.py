"""Commands of the service: serve, report."""

from __future__ import annotations

import typer


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
