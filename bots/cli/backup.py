"""Backups: backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bots.cli.office import office
from bots.cli.printing import Json, print_done
from flows.errors import InputError


def backup(json: Json = False) -> None:
    """Write inventory, vault and configuration into one file that only the key opens. The key is not in it."""
    from bots.backup import make_backup

    office.acting("change the inventory")
    found = make_backup(office.settings, office.inventory, office.key, by=office.person)
    words = f"{found.file}: {found.files} files, {found.accounts} accounts, {found.size:,} bytes. Keep the key apart."
    print_done(words, json=json, **found.as_dict())


def restore(
    file: Annotated[Path | None, typer.Argument(help="The backup; default the newest in the backup folder.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only prove that it can be put back.")] = False,
    json: Json = False,
) -> None:
    """Put a backup back into this data folder, which must be empty but for its key; or --check that it can be done."""
    from bots.backup import check_backup, newest_backup, restore

    office.acting("change the inventory")
    settings = office.settings
    if not check and file is None:
        raise InputError("say which backup is put back: pk restore FILE")
    chosen = file or newest_backup(settings)
    if check:
        inventory = office.inventory if settings.database.exists() else None
        found = check_backup(settings, inventory, chosen, office.key, by=office.person)
        words = f"{chosen} of {found.made_at[:16]} UTC can be put back: {found.files} files, {found.accounts} accounts"
    else:
        found = restore(chosen, settings.home, office.key)
        words = (
            f"{found.files} files, {found.accounts} accounts of {found.made_at[:16]} UTC are back. What was refused "
            "since then is not known, so every password submission is stopped: look which passwords are in force, make "
            "sure that no other service works on these accounts, then: pk start --because ..."
        )
    print_done(words, json=json, **found.as_dict())


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.command()(backup)
    app.command()(restore)
