"""1Password by a service account and its SDK. Written from the SDK's own types; not yet tried on the live service."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC
from typing import Any

from bots.vault.access import Access
from bots.vault.credential import Credential
from bots.vault.places import ServiceAccount
from bots.vault.provider import (
    NOTEBOOK,
    SECONDS,
    Capabilities,
    Conflict,
    Entry,
    credential_of,
    notebook_of,
)
from flows.errors import InputError, VaultRefused, VaultUnavailable

SECTION = "portalkeeper"
MISSING = ("not found", "couldn't be found", "no item", "no vault", "invalid uuid", "valid uuid")
REFUSED = ("token", "auth", "permission", "credential", "forbidden")


class ServiceAccountStore:
    """One 1Password vault. An item is its id. The SDK is asynchronous: it has a thread and an event loop of its own."""

    capabilities = Capabilities(compare_and_set=False, history=True, durable_ack=False)

    def __init__(self, vault: str, table: ServiceAccount, access: Access) -> None:
        """Contacts nothing yet."""
        self._name = f"vault {vault}"
        self._vault = vault
        self._table = table
        self._access = access
        self._client: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def get(self, account: str, item: str) -> Entry:
        """The item with its fields."""
        found = self._ask(item, lambda items: items.get(self._table.vault, item))
        names = ("username", "password", "totp", NOTEBOOK)
        fields = {name: getattr(_field(found, name), "value", "") for name in names}
        credential = credential_of(
            account,
            f"{self._name}: {item}",
            password=fields["password"],
            totp=fields["totp"],
            notebook=fields[NOTEBOOK],
            changed_at=found.updated_at.replace(tzinfo=UTC),  # the SDK gives it without a zone
        )
        return Entry(credential, str(found.version), fields["username"], found)

    def put(self, entry: Entry, item: str, new: Credential) -> None:
        """Write the item as it is now, with the fields that differ; compared just before."""
        found = self._ask(item, lambda items: items.get(self._table.vault, item))
        if str(found.version) != entry.version:
            raise Conflict(f"{self._name}: {item} was changed meanwhile")
        changed = found.model_copy(deep=True)
        _fill(changed, new, entry.credential)
        self._ask(item, lambda items: items.put(changed))

    def create(self, item: str, username: str, new: Credential) -> str:
        """Add a login with that title; its id."""
        from onepassword.types import ItemCategory, ItemCreateParams, ItemField, ItemFieldType

        if any(each.title == item for each in self._list()):
            raise InputError(f"{self._name}: there is an item {item} already")
        params = ItemCreateParams(
            category=ItemCategory.LOGIN,
            vault_id=self._table.vault,
            title=item,
            fields=[ItemField(id="username", title="username", field_type=ItemFieldType.TEXT, value=username)],
            sections=[],
        )
        _fill(params, new, None)
        made = self._ask(item, lambda items: items.create(params))
        return str(made.id)

    def stamps(self, items: Iterable[str]) -> Mapping[str, str]:
        """When each item was changed, by one list of all."""
        found = {each.id: each.updated_at.isoformat() for each in self._list()}
        return {item: found[item] for item in items if item in found}

    def check(self) -> str:
        """Whether the token opens the vault."""
        return f"1Password by a service account: {len(self._list())} items"

    def _list(self) -> list[Any]:
        found: list[Any] = self._ask("", lambda items: items.list(self._table.vault))
        return found

    def _ask(self, item: str, question: Callable[[Any], Awaitable[Any]]) -> Any:
        """Ask in the SDK's thread. Most of its errors are told by their words only, which go no further."""
        from onepassword.errors import RateLimitExceededException

        token = self._access.of(self._vault, self._table.wants)["token"].get_secret_value()
        try:
            return asyncio.run_coroutine_threadsafe(self._answer(token, question), self._running_loop()).result(SECONDS)
        except RateLimitExceededException:
            raise VaultUnavailable(f"{self._name}: too many requests for this hour or day") from None
        except TimeoutError:
            raise VaultUnavailable(f"{self._name}: no answer (TimeoutError)") from None
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exception
            self._client = None
            words = str(error).casefold()
            if any(word in words for word in MISSING):
                raise InputError(f"{self._name}: no such item: {item} (deleted, or not an id?)") from None
            if any(word in words for word in REFUSED):
                raise VaultRefused(
                    f"{self._name}: the token has expired or lacks a right: pk vault access {self._vault}"
                ) from None
            raise VaultUnavailable(f"{self._name}: no answer ({type(error).__name__})") from None

    async def _answer(self, token: str, question: Callable[[Any], Awaitable[Any]]) -> Any:
        from onepassword import Client

        if self._client is None:
            self._client = await Client.authenticate(token, "Portalkeeper", "0.1.0")
        return await question(self._client.items)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True).start()
        return self._loop


def _field(item: Any, name: str) -> Any:
    """The field of an item that serves as `name`."""
    for field in item.fields or ():
        kind = field.field_type.value
        if name in (field.id, field.title) or (name == "totp" and kind == "Totp"):
            return field
    return None


def _fill(item: Any, new: Credential, old: Credential | None) -> None:
    from onepassword.types import ItemField, ItemFieldType, ItemSection

    if not any(section.id == SECTION for section in item.sections):
        item.sections.append(ItemSection(id=SECTION, title=SECTION))
    kinds = {
        "password": (ItemFieldType.CONCEALED, None, new.password.get_secret_value()),
        NOTEBOOK: (ItemFieldType.CONCEALED, SECTION, notebook_of(new)),
    }
    if old is None or new.totp_secret != old.totp_secret:
        secret = new.totp_secret.get_secret_value() if new.totp_secret else ""
        kinds["totp"] = (ItemFieldType.TOTP, SECTION, secret)
    for name, (kind, section, value) in kinds.items():
        there = _field(item, name)
        if there is not None:
            item.fields.remove(there)
        if value:
            place = {"id": name, "title": name, "section_id": section, "field_type": kind}
            kept = {"id": there.id, "title": there.title, "section_id": there.section_id} if there else {}
            item.fields.append(ItemField(**(place | kept), value=value))
