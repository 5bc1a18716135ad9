"""1Password by a Connect server, over plain HTTP: a change touches the fields it is about and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from bots.vault.access import Access
from bots.vault.credential import Credential
from bots.vault.places import Connect
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

ITEM_ID = re.compile(r"[\da-z]{26}")


class ConnectStore:
    """One 1Password vault. An item is its id, or a title that is there once, which costs a look-up the first time."""

    capabilities = Capabilities(compare_and_set=False, history=True, durable_ack=False)

    def __init__(self, vault: str, table: Connect, access: Access) -> None:
        """Contacts nothing yet."""
        import httpx

        self._name = f"vault {vault}"
        self._vault = vault
        self._table = table
        self._access = access
        self._ids: dict[str, str] = {}
        self._http = httpx.Client(base_url=table.address, timeout=SECONDS, trust_env=False)

    def get(self, account: str, item: str) -> Entry:
        """The item with its fields."""
        source = f"{self._name}: {item}"
        found = self._ask("GET", f"/items/{self._id(item)}", source)
        texts = {
            name: text_of(_value(found, name), name, source) for name in ("username", "password", "totp", NOTEBOOK)
        }
        credential = credential_of(
            account,
            source,
            password=texts["password"],
            totp=texts["totp"],
            notebook=texts[NOTEBOOK],
            changed_at=datetime.fromisoformat(found["updatedAt"]),
        )
        return Entry(credential, str(found["version"]), texts["username"], found)

    def put(self, entry: Entry, item: str, new: Credential) -> None:
        """Change the fields that differ; Connect compares nothing, so that is done just before."""
        path, source = f"/items/{entry.raw['id']}", f"{self._name}: {item}"
        if str(self._ask("GET", path, source)["version"]) != entry.version:
            raise Conflict(f"{source}: was changed meanwhile")
        self._ask("PATCH", path, source, _changes(entry, new))

    def create(self, item: str, username: str, new: Credential) -> str:
        """Add a login with that title; its id."""
        if self._titled(item):
            raise InputError(f"{self._name}: there is an item {item} already")
        fields = [_USERNAME | {"value": username}, *(field for _, field in _fields(new) if field["value"])]
        body = {"title": item, "category": "LOGIN", "vault": {"id": self._table.vault}, "fields": fields}
        return str(self._ask("POST", "/items", f"{self._name}: {item}", body)["id"])

    def stamps(self, items: Iterable[str]) -> Mapping[str, str]:
        """Each item's version, by one list of all."""
        found = {}
        for each in self._ask("GET", "/items", self._name):
            found[each["id"]] = found[each["title"]] = f"{each['version']} {each['updatedAt']}"
        return {item: found[item] for item in items if item in found}

    def check(self) -> str:
        """Whether the token opens the vault, and whether the server is in touch with 1Password."""
        name = self._ask("GET", "", self._name)["name"]
        with no_answer(self._name, self._failure()):
            health = self._http.get("/health").json()
        states = {each["service"]: each["status"] for each in health.get("dependencies", ())}
        if states.get("sync", "ACTIVE") != "ACTIVE":
            raise VaultUnavailable(f"{self._name}: the Connect server is not in touch with 1Password (its sync)")
        return f"1Password vault {name} at {self._table.address}"

    def _id(self, item: str) -> str:
        if ITEM_ID.fullmatch(item):
            return item
        if item not in self._ids:
            titled = self._titled(item)
            if not titled:
                raise InputError(f"{self._name}: no such item: {item} (deleted, or renamed?)")
            if len(titled) > 1:
                raise InputError(f"{self._name}: {len(titled)} items are called {item}: give the id of the right one")
            self._ids[item] = titled[0]
        return self._ids[item]

    def _titled(self, title: str) -> list[str]:
        quoted = title.replace("\\", "\\\\").replace('"', '\\"')
        found = self._ask("GET", "/items", self._name, params={"filter": f'title eq "{quoted}"'})
        return [each["id"] for each in found]

    def _failure(self) -> type[Exception]:
        import httpx

        return httpx.HTTPError

    def _ask(self, method: str, path: str, source: str, body: Any = None, params: Any = None) -> Any:
        token = self._access.of(self._vault, self._table.wants)["token"].get_secret_value()
        with no_answer(self._name, self._failure()):
            answer = self._http.request(
                method,
                f"/v1/vaults/{self._table.vault}{path}",
                json=body,
                params=params,
                headers={"Authorization": f"Bearer {token}"},
            )
        match answer.status_code:
            case HTTPStatus.OK:
                with no_answer(self._name, ValueError):
                    return answer.json()
            case HTTPStatus.UNAUTHORIZED:
                raise VaultRefused(f"{self._name}: the token has expired or is not this server's: {self._renew}")
            case HTTPStatus.FORBIDDEN:
                raise VaultRefused(f"{source}: the token has no right to it, or only to read: {self._renew}")
            case HTTPStatus.NOT_FOUND | HTTPStatus.BAD_REQUEST:
                self._ids.clear()
                raise InputError(f"{source}: no such item or vault, or not one that can be changed so")
        raise VaultUnavailable(f"{self._name}: the server answered with status {answer.status_code}")

    @property
    def _renew(self) -> str:
        return f"pk vault access {self._vault}"


_USERNAME = {"id": "username", "purpose": "USERNAME", "type": "STRING", "label": "username"}
_PASSWORD = {"id": "password", "purpose": "PASSWORD", "type": "CONCEALED", "label": "password"}
_TOTP = {"id": "TOTP_portalkeeper", "type": "OTP", "label": "one-time password"}
_NOTEBOOK = {"id": NOTEBOOK, "type": "CONCEALED", "label": NOTEBOOK}


def _field(item: Any, name: str) -> Any:
    """The field of an item that serves as `name`; people may have added it under another id."""
    for field in item.get("fields", ()):
        serves = {"username": field.get("purpose") == "USERNAME", "password": field.get("purpose") == "PASSWORD"}
        serves |= {"totp": field.get("type") == "OTP", NOTEBOOK: field.get("label") == NOTEBOOK}
        if serves[name]:
            return field
    return None


def _value(item: Any, name: str) -> Any:
    return (_field(item, name) or {}).get("value")


def _fields(new: Credential) -> list[tuple[str, dict[str, str]]]:
    totp = new.totp_secret.get_secret_value() if new.totp_secret else ""
    address = f"otpauth://totp/portal?secret={totp}&period=30&digits=6" if totp else ""
    return [
        ("password", _PASSWORD | {"value": new.password.get_secret_value()}),
        (NOTEBOOK, _NOTEBOOK | {"value": notebook_of(new)}),
        ("totp", _TOTP | {"value": address}),
    ]


def _changes(entry: Entry, new: Credential) -> list[dict[str, Any]]:
    """The JSON Patch from the item as it was read to `new`."""
    same = {"password": new.password == entry.credential.password, NOTEBOOK: False}
    same["totp"] = new.totp_secret == entry.credential.totp_secret
    changes: list[dict[str, Any]] = []
    for name, wanted in _fields(new):
        there = _field(entry.raw, name)
        if same[name] and (there or name != "password"):
            continue
        if there is None:
            changes.append({"op": "add", "path": "/fields", "value": wanted})
        elif not wanted["value"]:
            changes.append({"op": "remove", "path": f"/fields/{there['id']}"})
        else:
            changes.append({"op": "replace", "path": f"/fields/{there['id']}/value", "value": wanted["value"]})
    return changes
