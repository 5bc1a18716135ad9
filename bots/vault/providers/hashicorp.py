"""HashiCorp Vault and OpenBao: KV version 2 with check-and-set, opened by AppRole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from bots.vault.access import Access
from bots.vault.credential import Credential
from bots.vault.places import HashiCorp
from bots.vault.provider import (
    NOTEBOOK,
    SECONDS,
    Capabilities,
    Conflict,
    Entry,
    credential_of,
    no_answer,
    notebook_of,
    text_of,
)
from flows.errors import InputError, VaultRefused, VaultUnavailable


class HashiCorpStore:
    """One mount. An item is a path below it with the keys username, password and totp; other keys stay as they are."""

    capabilities = Capabilities(compare_and_set=True, history=True, durable_ack=True)

    def __init__(self, vault: str, table: HashiCorp, access: Access) -> None:
        """Contacts nothing yet."""
        self._name = f"vault {vault}"
        self._vault = vault
        self._access = access
        self._table = table
        self._client: Any = None
        self._lock = threading.Lock()

    def get(self, account: str, item: str) -> Entry:
        """The newest version of the item."""
        read = self._ask(
            item,
            lambda kv: kv.read_secret_version(item, mount_point=self._table.mount, raise_on_deleted_version=True),
        )
        data, metadata = read["data"]["data"], read["data"]["metadata"]
        source = f"{self._name}: {self._table.mount}/{item}"
        texts = {name: text_of(data.get(name), name, source) for name in ("username", "password", "totp", NOTEBOOK)}
        credential = credential_of(
            account,
            source,
            password=texts["password"],
            totp=texts["totp"],
            notebook=texts[NOTEBOOK],
            changed_at=datetime.fromisoformat(metadata["created_time"]),
        )
        return Entry(credential, str(metadata["version"]), texts["username"], data)

    def put(self, entry: Entry, item: str, new: Credential) -> None:
        """Write a new version, unless there is one that was not read."""
        data = entry.raw | _fields(new, entry.credential)
        self._write(item, data, int(entry.version))

    def create(self, item: str, username: str, new: Credential) -> str:
        """Write the first version."""
        try:
            self._write(item, {"username": username} | _fields(new, None), 0)
        except Conflict:
            raise InputError(f"{self._name}: there is an item at {self._table.mount}/{item} already") from None
        return item

    def _write(self, item: str, data: dict[str, Any], version: int) -> None:
        self._ask(item, lambda kv: kv.create_or_update_secret(item, data, version, mount_point=self._table.mount))

    def stamps(self, items: Iterable[str]) -> Mapping[str, str]:
        """The number of each item's newest version and when it was written, from its metadata."""
        found = {}
        for item in items:
            told = self._ask(item, partial(self._metadata, item))["data"]
            found[item] = f"{told['current_version']} {told['updated_time']}"
        return found

    def _metadata(self, item: str, kv: Any) -> Any:
        return kv.read_secret_metadata(item, mount_point=self._table.mount)

    def check(self) -> str:
        """Whether AppRole lets the worker in."""
        with self._lock:
            self._client = None
        self._ask("", lambda kv: None)
        return f"signed in at {self._table.address} as AppRole {self._table.login}"

    def _ask(self, item: str, question: Callable[[Any], Any]) -> Any:
        """Ask once, and once more after signing in again: an expired token is told as a missing right is."""
        from hvac import exceptions
        from requests import RequestException

        where = f"{self._name}: {self._table.mount}/{item}"
        with self._lock, no_answer(self._name, RequestException, exceptions.VaultError):
            try:
                again = self._client is not None
                self._client = self._client or self._signed_in()
                try:
                    return question(self._client.secrets.kv.v2)
                except (exceptions.Forbidden, exceptions.Unauthorized):
                    if not again:
                        raise
                    self._client = self._signed_in()
                    return question(self._client.secrets.kv.v2)
            except exceptions.VaultDown:
                raise VaultUnavailable(f"{self._name} is sealed or starting: have it unsealed") from None
            except (exceptions.Forbidden, exceptions.Unauthorized):
                raise VaultRefused(f"{where}: no right to it; look at the policy of the role") from None
            except exceptions.InvalidPath:
                raise InputError(
                    f"{where}: no such item (deleted, or called otherwise now?) in a KV version 2"
                ) from None
            except exceptions.InvalidRequest as error:
                if "check-and-set" in str(error):
                    raise Conflict(f"{where}: was changed meanwhile") from None
                raise InputError(f"{where}: the request was not understood; is it a KV version 2?") from None

    def _signed_in(self) -> Any:
        from hvac import Client, exceptions

        table = self._table
        client = Client(
            url=table.address,
            namespace=table.namespace or None,
            verify=str(table.certificate) if table.certificate else True,
            timeout=SECONDS,
        )
        try:
            secret = self._access.of(self._vault, table.wants)["secret id"].get_secret_value()
            client.auth.approle.login(table.role_id, secret, mount_point=table.login)
        except (exceptions.InvalidRequest, exceptions.Forbidden, exceptions.Unauthorized, exceptions.InvalidPath):
            raise VaultRefused(
                f"{self._name} does not let the worker in: its secret id has expired or is another role's; "
                f"store a new one: pk vault access {self._vault}"
            ) from None
        return client


def _fields(new: Credential, old: Credential | None) -> dict[str, str]:
    fields = {"password": new.password.get_secret_value(), NOTEBOOK: notebook_of(new)}
    if old is None or new.totp_secret != old.totp_secret:
        fields["totp"] = new.totp_secret.get_secret_value() if new.totp_secret else ""
    return fields
