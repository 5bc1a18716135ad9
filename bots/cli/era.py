"""Commands about remittances (835)."""

from __future__ import annotations

import typer

era = typer.Typer(no_args_is_help=True, help="Remittances (835): fetched from portals.")


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(era, name="era")
