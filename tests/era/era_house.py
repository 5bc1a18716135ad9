"""A data folder with an intake, for tests without a portal."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bots.disk import private_folder
from bots.era.config import load_config
from bots.era.intake import Intake, Source
from bots.era.missing import Missing, find_missing
from bots.era.routes import load_routes
from bots.inventory import Inventory
from bots.remittances import Shelf
from bots.sealing import Key, create_key, load_key
from bots.settings import Settings
from flows.era_download import ListedPayment

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


MONDAY = date(2026, 11, 2)
LISTED = ListedPayment(
    trace="900000001",
    amount=Decimal("2092.48"),
    paid_on=MONDAY,
    method="ACH",
    payee_tin="000004471",
    payee_npi="2000001018",
)


class Days(House):
    """A house whose clock stands at a day."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(home)
        self._patch = monkeypatch
        self.go_to(MONDAY)

    def go_to(self, day: date) -> None:
        self.today = day
        noon = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        self._patch.setattr("bots.now.utc", lambda: noon)

    def missing(self) -> list[Missing]:
        config = load_config(self.home / "config" / "era.toml", self.home)
        return find_missing(self.inventory, config, load_routes(self.home / "config" / "era_routes.csv"), self.today)

    def list_at_portal(self, *payments: ListedPayment, source: Source = SOURCE) -> None:
        """A portal shows these to an account."""
        routes = load_routes(self.home / "config" / "era_routes.csv")
        folder = self.settings.fetched_folder
        shelf = Shelf(self.inventory, folder, source.account, source.portal, "run-1", routes.opens)
        shelf.listed(source.payer, payments)

    def kinds(self) -> list[tuple[str, bool]]:
        return [(one.kind, one.late) for one in self.missing()]

    def pick_up(self) -> None:
        for path in self.dropped():
            path.unlink()
        self.intake.recover()


__all__ = ["LISTED", "MONDAY", "SOURCE", "Days", "House"]
