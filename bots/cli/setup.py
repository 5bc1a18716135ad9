"""Commands that set up a data folder and look whether it is well: init, doctor."""

from __future__ import annotations

import typer

from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_json, tell
from flows.errors import InputError


def init(json: Json = False) -> None:
    """Make the data folder: key, vault, inventory, and the files to configure it by. Changes nothing that is there."""
    from bots.disk import private_folder
    from bots.inventory import Inventory
    from bots.sealing import create_key, load_key
    from bots.vault import create_vault

    settings = office.settings
    private_folder(settings.home)
    key = load_key(settings.key_file) if settings.key_file.exists() else create_key(settings.key_file)
    create_vault(settings.vault_folder, key)
    Inventory(settings.database).close()
    for folder in (settings.state_folder, settings.lease_folder, settings.answers_folder, settings.report_folder):
        private_folder(folder)
    _copy_defaults()
    words = (
        f"data folder  {settings.home}\n"
        f"key          {settings.key_file}   keep a copy of it apart from the data folder\n"
        f"settings     {settings.config_file}"
    )
    print_done(words, json=json, home=settings.home, key=settings.key_file, settings=settings.config_file)


def _copy_defaults() -> None:
    from bots.defaults import default_files
    from bots.disk import private_folder, write_durably

    settings = office.settings
    private_folder(settings.config)
    for name, content in default_files().items():
        target = settings.schedules if name == settings.schedules.name else settings.config / name
        if not target.exists():
            write_durably(target, content)


def doctor(json: Json = False) -> None:
    """Look for what would make a run fail, without contacting any portal."""
    from bots.doctor import examine

    findings = []
    for finding in examine(office.settings):
        findings.append(finding)
        if not json:
            print(f"{'ok  ' if finding.good else 'FIX '} {finding.what}: {finding.words}", flush=True)
    if json:
        print_json([finding.as_dict() for finding in findings])
    wrong = sum(not finding.good for finding in findings)
    if wrong:
        if not json:
            tell(f"{wrong} to mend before a run")
        raise typer.Exit(InputError.exit_code)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.command()(init)
    app.command()(doctor)
