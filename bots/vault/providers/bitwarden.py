"""Bitwarden and Vaultwarden by their program: `bw serve` on a socket that nobody else can open, while we live."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bots import disk
from bots.vault.access import Access
from bots.vault.credential import Credential
from bots.vault.places import Bitwarden
from bots.vault.provider import (
    NOTEBOOK,
    Capabilities,
    Conflict,
    Entry,
    credential_of,
    no_answer,
    notebook_of,
    text_of,
)
from flows.errors import InputError, VaultRefused, VaultUnavailable

START_SECONDS, ANSWER_SECONDS = 60.0, 30.0
# The program ends, and its socket goes, when our end of the pipe closes: also when we are killed. We end with it.
UNTIL_WE_END = """
dir=$1; shift; exec 3<&0
"$@" </dev/null & program=$!
(read gone <&3; kill $program) & watch=$!
wait $program; kill $watch; rm -rf "$dir"
"""
REFUSED = ("unauthorized", "invalid_client", "invalid master password", "decryption operation failed", "not logged in")
HIDDEN = 1
LOOKS = 4


class BitwardenStore:
    """What one user of the worker's own sees. An item is its id, or a name that is there once."""

    capabilities = Capabilities(compare_and_set=False, history=True, durable_ack=False)

    def __init__(self, vault: str, table: Bitwarden, access: Access) -> None:
        """Starts nothing yet."""
        self._name = f"vault {vault}"
        self._vault = vault
        self._table = table
        self._access = access
        self._home = access.folder / f"{vault}.bw"
        self.socket: Path | None = None
        self._http: Any = None
        self._server: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def get(self, account: str, item: str) -> Entry:
        """The item, after asking the server whether anything has changed."""
        found, source = self._read(item), f"{self._name}: {item}"
        login = found.get("login") or {}
        texts = {name: text_of(login.get(name), name, source) for name in ("username", "password", "totp")}
        credential = credential_of(
            account,
            source,
            password=texts["password"],
            totp=texts["totp"],
            notebook=(_notebook(found) or {}).get("value") or "",
            changed_at=datetime.fromisoformat(login.get("passwordRevisionDate") or found["revisionDate"]),
        )
        return Entry(credential, found["revisionDate"], texts["username"], found)

    def put(self, entry: Entry, item: str, new: Credential) -> None:
        """Write the whole item back with the fields that differ; the server refuses it when its own is newer."""
        found = self._ask("GET", f"/object/item/{entry.raw['id']}", item)
        if found["revisionDate"] != entry.version:
            raise Conflict(f"{self._name}: {item} was changed meanwhile")
        _fill(found, new, entry.credential)
        self._ask("PUT", f"/object/item/{found['id']}", item, found)

    def create(self, item: str, username: str, new: Credential) -> str:
        """Add a login of that name; its id."""
        if any(each["name"] == item for each in self._list()):
            raise InputError(f"{self._name}: there is an item {item} already")
        made: dict[str, Any] = {"type": 1, "name": item, "login": {"username": username, "uris": []}, "fields": []}
        _fill(made, new, None)
        return str(self._ask("POST", "/object/item", item, made)["id"])

    def stamps(self, items: Iterable[str]) -> Mapping[str, str]:
        """When each item was changed, by one list of all."""
        found = {key: each["revisionDate"] for each in self._list() for key in (each["id"], each["name"])}
        return {item: found[item] for item in items if item in found}

    def check(self) -> str:
        """Whether the program runs, and the server lets the worker in."""
        return f"{len(self._list())} items by {self._table.program}"

    def _list(self) -> list[Any]:
        self._sync()
        found: list[Any] = self._ask("GET", "/list/object/items", "")["data"]
        return found

    def _read(self, item: str) -> Any:
        """The item. For a moment after a sync the program may not find what is there, so a miss is looked at again."""
        self._sync()
        for _ in range(LOOKS):
            try:
                return self._ask("GET", f"/object/item/{item}", item)
            except InputError as error:
                missed = error
                time.sleep(0.2)
        raise missed

    def _sync(self) -> None:
        """Take over what the server holds, all of it: less would be chosen by comparing our clock with the server's.

        The program calls that a success when it has been signed out meanwhile, too.
        """
        self._ask("POST", "/sync?force=true", "")
        if self._ask("GET", "/status", "")["template"]["status"] != "unlocked":
            with self._lock:
                self._end()
            self._ask("POST", "/sync?force=true", "")

    def _ask(self, method: str, path: str, item: str, body: Any = None) -> Any:
        """Ask the program; once more, from its start, when it has lost its session."""
        with self._lock:
            if self._http is not None and not self._runs():
                self._end()
            status, told = self._answer(method, path, body)
            if status != 200 and any(lost in _words(told) for lost in ("not logged in", "vault is locked")):
                self._end()
                status, told = self._answer(method, path, body)
        if status == 200:
            return told.get("data")
        words = _words(told)
        if "not found" in words:
            raise InputError(f"{self._name}: no such item: {item} (deleted, or renamed?)")
        if "more than one result" in words:
            raise InputError(f"{self._name}: several items are called {item}: give the id of the right one")
        if "out of date" in words:
            raise Conflict(f"{self._name}: {item} was changed meanwhile")
        if any(word in words for word in REFUSED):
            raise VaultRefused(f"{self._name}: the server does not let the worker in: pk vault access {self._vault}")
        raise VaultUnavailable(f"{self._name}: {self._table.program} got no answer from its server (status {status})")

    def _answer(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        import httpx

        if self._http is None:
            self._start()
        with no_answer(self._name, httpx.HTTPError, ValueError):
            answer = self._http.request(method, path, json=body)
            return answer.status_code, answer.json()

    def _start(self) -> None:
        """Start the program, signed in and unlocked."""
        secrets = self._access.of(self._vault, self._table.wants)
        disk.private_folder(self._home)
        with disk.locked(self._home / "start.lock"):
            with no_answer(self._name, ValueError):
                state = json.loads(self._run("status").stdout)
            other = self._table.server and state["serverUrl"] != self._table.server
            if state["status"] == "unauthenticated" or other:
                if self._table.server:
                    self._run("logout")
                    self._run("config", "server", self._table.server)
                self._sign_in(secrets["client secret"].get_secret_value())
        self._serve()
        status, told = self._answer("POST", "/unlock", {"password": secrets["master password"].get_secret_value()})
        if status != 200:
            self._end()
            kind = VaultRefused if any(word in _words(told) for word in REFUSED) else VaultUnavailable
            raise kind(f"{self._name} can't be unlocked with the stored master password: pk vault access {self._vault}")

    def _environment(self, secret: str = "") -> dict[str, str]:
        ours = {"BITWARDENCLI_APPDATA_DIR": str(self._home), "BW_NOINTERACTION": "true"}
        if self._table.certificate:
            ours["NODE_EXTRA_CA_CERTS"] = str(self._table.certificate)
        if secret:
            ours |= {"BW_CLIENTID": self._table.client_id, "BW_CLIENTSECRET": secret}
        return {**os.environ, **ours}

    def _program(self) -> str:
        found = shutil.which(self._table.program)
        if found is None:
            raise InputError(f"{self._name}: there is no program {self._table.program}: npm install -g @bitwarden/cli")
        return found

    def _sign_in(self, secret: str) -> None:
        done = self._run("login", "--apikey", secret=secret)
        told = done.stderr.decode(errors="replace").casefold()
        if done.returncode and ("client_id or client_secret" in told or any(word in told for word in REFUSED)):
            raise VaultRefused(f"{self._name}: the API key is refused: pk vault access {self._vault}")
        if done.returncode:
            raise VaultUnavailable(f"{self._name}: {self._table.program} can't sign in now")

    def _run(self, *words: str, secret: str = "") -> subprocess.CompletedProcess[bytes]:
        with no_answer(self._name, subprocess.TimeoutExpired):
            return subprocess.run(
                [self._program(), *words],
                env=self._environment(secret),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=START_SECONDS,
                check=False,
            )

    def _serve(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="portalkeeper-"))  # 0700; a socket's path may not be long
        socket = folder / "bw"
        command = [self._program(), "serve", "--hostname", f"unix://{socket}"]
        self._server = subprocess.Popen(
            ["/bin/sh", "-c", UNTIL_WE_END, "sh", str(folder), *command],
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not socket.exists():
            if self._server.poll() is not None or time.monotonic() > deadline:
                self._end()
                raise VaultUnavailable(f"{self._name}: {self._table.program} does not start")
            time.sleep(0.05)
        self._connect(socket)

    def _connect(self, socket: Path) -> None:
        import httpx

        self.socket = socket
        self._http = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://localhost:8087", timeout=ANSWER_SECONDS
        )

    def _runs(self) -> bool:
        """Whether the program still answers; some answers of a server end it."""
        import httpx

        try:
            self._http.get("/status")
        except httpx.HTTPError:
            return False
        return True

    def _end(self) -> None:
        server, self._server, self._http = self._server, None, None
        if server and server.stdin:
            server.stdin.close()
            server.wait()


def _words(told: Any) -> str:
    return str(told.get("message") or "").casefold() if isinstance(told, dict) else ""


def _notebook(item: Any) -> Any:
    return next((field for field in item.get("fields") or () if field["name"] == NOTEBOOK), None)


def _fill(item: Any, new: Credential, old: Credential | None) -> None:
    login = item["login"]
    login["password"] = new.password.get_secret_value()
    if old is None or new.totp_secret != old.totp_secret:
        login["totp"] = new.totp_secret.get_secret_value() if new.totp_secret else None
    field = _notebook(item) or {"name": NOTEBOOK, "type": HIDDEN}
    others = [each for each in item.get("fields") or () if each["name"] != NOTEBOOK]
    item["fields"] = [*others, field | {"value": notebook_of(new)}]
