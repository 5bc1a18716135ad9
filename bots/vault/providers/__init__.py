"""The credential managers, one file each. A client library is loaded when its manager is first asked."""

from __future__ import annotations

from importlib.util import find_spec

from bots.vault.access import Access
from bots.vault.places import Bitwarden, Connect, HashiCorp, KeePass, LastPass, Manager, ServiceAccount
from bots.vault.provider import Provider
from flows.errors import InputError


def open_provider(vault: str, table: Manager, access: Access) -> Provider:
    """The manager that `vaults.toml` calls `vault`; contacts nothing yet."""
    match table:
        case HashiCorp():
            from bots.vault.providers.hashicorp import HashiCorpStore

            _check_installed("hvac", "hashicorp")
            return HashiCorpStore(vault, table, access)
        case KeePass():
            from bots.vault.providers.keepass import KeePassStore

            _check_installed("pykeepass", "keepass")
            return KeePassStore(vault, table, access)
        case Connect():
            from bots.vault.providers.connect import ConnectStore

            return ConnectStore(vault, table, access)
        case ServiceAccount():
            from bots.vault.providers.service_account import ServiceAccountStore

            _check_installed("onepassword", "1password")
            return ServiceAccountStore(vault, table, access)
        case Bitwarden():
            from bots.vault.providers.bitwarden import BitwardenStore

            return BitwardenStore(vault, table, access)
        case LastPass():
            from bots.vault.providers.lastpass import LastPassStore

            return LastPassStore(vault, table, access)


def _check_installed(library: str, extra: str) -> None:
    """InputError when a library is missing that only this manager needs."""
    if find_spec(library) is None:
        raise InputError(f"this manager needs the library {library}: pip install 'portalkeeper[{extra}]'")
