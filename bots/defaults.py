"""The files a new data folder begins with."""

from __future__ import annotations

from pathlib import Path

CONFIG_FILES = (
    "portalkeeper.toml",
    "columns.toml",
    "payer_aliases.csv",
    "people.toml",
    "alerts.toml",
    "vaults.toml",
    "era.toml",
    "era_routes.csv",
    "calendar.toml",
    "maintenance.toml",
    "evidence.toml",
    "retention.toml",
)
SCHEDULES = "schedules.yaml"


def default_files() -> dict[str, bytes]:
    """Each default file by its name. They lie beside the code in a checkout, and inside the package when installed."""
    installed = Path(__file__).parent / "shipped"
    checkout = Path(__file__).parent.parent
    found = {}
    for name in (*CONFIG_FILES, SCHEDULES):
        in_checkout = checkout / ("config" if name in CONFIG_FILES else ".") / name
        found[name] = (installed / name if (installed / name).exists() else in_checkout).read_bytes()
    return found
