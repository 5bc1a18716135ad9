"""A vault over a manager, and a new password's whole way, cut off by SIGKILL wherever one likes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from managers import Manager
from pydantic import SecretStr

from bots import now
from bots.desk import Candidate
from bots.sealing import Key, load_key
from bots.vault import Pending, Vault, create_vault, store
from bots.vault.places import Places

TOTP = "JBSWY3DPEHPK3PXP"
OLD, NEW = "0ld-needle$1", "N3w-needle$2"


def pending(password: str = NEW, run_id: str = "run-1") -> Pending:
    return Pending(password=SecretStr(password), kind="change", run_id=run_id, at=now.utc())


class Keeping:
    """A data folder whose accounts lie in one manager."""

    def __init__(self, home: Path, key: Key, manager: Manager) -> None:
        self.home, self.manager = home, manager
        create_vault(home / "vault", key)
        self.key_file = key.path
        self.items: dict[str, str] = {}

    @property
    def tables(self) -> dict[str, Any]:
        accounts = {name: {"vault": "theirs", "item": item} for name, item in self.items.items()}
        return {"vaults": {"theirs": self.manager.table}, "accounts": accounts}

    def account(self, name: str, password: str = OLD, totp: str = TOTP) -> str:
        """An account with an item that somebody made."""
        if self.manager.kind == "embedded":
            self.vault().put(name, password=SecretStr(password), totp_secret=SecretStr(totp) if totp else None)
        else:
            title = f"{name}-{os.urandom(3).hex()}"
            self.items[name] = self.manager.add(title, f"{name}@clinic.example", password, totp)
        return name

    def vault(self, home: Path | None = None) -> Vault:
        """As another process opens it; with another `home`, as another machine."""
        key = load_key(self.key_file)
        folder = (home or self.home) / "vault"
        create_vault(folder, key)
        if self.manager.kind == "embedded":
            return Vault(folder, key)
        vault = Vault(folder, key, Places.model_validate(self.tables))
        vault.stores.access.put("theirs", {name: SecretStr(value) for name, value in self.manager.access.items()})
        self.manager.ready(vault)
        return vault


class Portal:
    """Knows one password, in a file, and counts."""

    def __init__(self, file: Path, password: str) -> None:
        self.file = file
        file.write_text(password)

    @property
    def password(self) -> str:
        return self.file.read_text()

    def sign_in(self, vault: Vault, account: str) -> int:
        """As the worker does after a kill; how many passwords it tried."""
        refused: set[str] = set()
        for tries in (1, 2):
            password, candidate = vault.next_password(account, refused)
            if password.get_secret_value() == self.password:
                pending = vault.get(account).pending
                if pending and candidate is Candidate.PENDING:
                    vault.promote(account, pending.run_id)
                elif pending and pending.state != "stored":
                    vault.discard_pending(account, pending.run_id)
                return tries
            refused.add(vault.fingerprint(account, password))
        return 3


def change(vault: Vault, account: str, portal: Portal, point: Callable[[], None]) -> None:
    """A change of the password in the order of the runner and the session."""
    vault.put_pending(account, pending())
    typed = vault.mark_pending(account, "run-1", "submitting").password
    point()
    portal.file.write_text(typed.get_secret_value())
    point()
    vault.mark_pending(account, "run-1", "submitted")
    assert portal.sign_in(vault, account) == 1


def killed_at(keeping: Keeping, account: str, portal: Portal, number: int) -> bool:
    """Do it in a process of its own, killed at its `number`th point; whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            _live(keeping, account, portal, number)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the change failed by itself"
    return os.WIFSIGNALED(status)


def _live(keeping: Keeping, account: str, portal: Portal, number: int) -> None:
    left = [number]

    def point() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    vault = keeping.vault()
    place = vault.stores.password_at(account).store
    real_put, real_seal = place.put, store.write_sealed

    def put(*given: Any) -> None:
        point()
        real_put(*given)
        point()

    def write_sealed(*given: Any) -> None:
        real_seal(*given)
        point()

    place.put = put  # type: ignore[method-assign]
    store.write_sealed = write_sealed
    change(vault, account, portal, point)
    os._exit(0)
