"""A data folder with an intake, for tests without a portal."""

from __future__ import annotations

import csv
from pathlib import Path

from bots.disk import private_folder
from bots.era.intake import Intake, Source
from bots.inventory import Inventory
from bots.sealing import Key, create_key, load_key
from bots.settings import Settings

SOURCE = Source(portal="availity", account="availity-main-worker", payer="aetna", run_id="run-1")


class House:
    """A data folder; `key`, inventory and intake are opened when asked for, as a new process would."""

    def __init__(self, home: Path) -> None:
        self.home = private_folder(home)
        private_folder(home / "config")
        self.settings = Settings(home=home)
        if not self.settings.key_file.exists():
            create_key(self.settings.key_file)
        self.inventory = Inventory(self.settings.database)

    @property
    def key(self) -> Key:
        return load_key(self.settings.key_file)

    @property
    def intake(self) -> Intake:
        """A new one, with the configuration as it is now."""
        return Intake(self.settings, self.inventory, self.key)

    def config(self, text: str) -> None:
        (self.home / "config" / "era.toml").write_text(text)

    def routes(self, *lines: str) -> None:
        text = "\n".join(["payer,payee,route,enrolled_on", *lines])
        (self.home / "config" / "era_routes.csv").write_text(text + "\n")

    @property
    def folder(self) -> Path:
        return self.home / "era" / "drop"

    def dropped(self, folder: Path | None = None) -> list[Path]:
        """What billing sees in the drop folder."""
        return sorted(path for path in (folder or self.folder).glob("*.835") if not path.name.startswith("."))

    def manifest(self) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = []
        for path in sorted(self.folder.glob("manifest-*.csv")):
            with path.open(newline="", encoding="utf-8") as file:
                rows += csv.DictReader(file)
        return rows

    def states(self) -> list[str]:
        return [row["state"] for row in self.inventory.rows("SELECT state FROM era_payments ORDER BY id")]


__all__ = ["SOURCE", "House"]
