"""The account's secrets in a credential manager instead of the worker's own vault; all else is as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bots.vault.moving import move
from bots.vault.places import FILE
from tests.chaos.acts import Office
from tests.chaos.practice import ACCOUNT


@dataclass(frozen=True)
class Elsewhere:
    """A manager that answers whoever has its access: the table of vaults.toml, what opens it, how items begin."""

    table: Mapping[str, str]
    access: Mapping[str, str]
    under: str = ""

    def take(self, home: Path, office: Office, item: str) -> None:
        """Bring the secrets of a data folder there, as `pk vault move` does."""
        file = home / "config" / FILE
        lines = [f"{name} = {json.dumps(value)}" for name, value in self.table.items()]
        file.write_text("\n".join(["[vaults.theirs]", *lines, ""]))
        office.vault.stores.access.put("theirs", {name: SecretStr(text) for name, text in self.access.items()})
        move(office.vault, file, ACCOUNT, "u", "theirs", self.under + item)
