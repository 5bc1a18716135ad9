"""LastPass by its program `lpass`, for which success means nothing: what counts is what its server holds afterwards.

Everything is done under one lock, with a copy of the vault that is fetched for it, and an upload that was not finished
is thrown away, so that no change arrives after it was given up. The program uploads in a process of its own, which
would go on for ever where its server is gone: it is waited for, or ended. The program's agent, which would keep the
vault's key in memory for others, is never started; each command asks us for the master password instead.
"""

from __future__ import annotations

import hmac
import os
import select
import shutil
import signal
import struct
import subprocess
import time
from base64 import b32decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bots import disk, now
from bots.vault.access import Access
from bots.vault.credential import Credential
from bots.vault.given import plain_totp_secret
from bots.vault.places import LastPass
from bots.vault.provider import NOTEBOOK, Capabilities, Conflict, Entry, credential_of, no_answer
from bots.vault.providers.lastpass_items import TOTP, Item, form, items_in, line_of
from flows.errors import InputError, VaultRefused, VaultUnavailable

ANSWER_SECONDS = 40.0  # the program tries an upload five times, which takes it 15 s
END_SECONDS = 2.0  # for a process to be gone after SIGKILL
LOG_SECONDS = 3.0  # for the upload of the last reading's line in LastPass's own log
AGAIN_AFTER = timedelta(hours=1)
NO_SESSION = ("find decryption key", "find session", "fetch blob", "askpass")
SETTINGS = {"LPASS_AGENT_DISABLE": "1", "LPASS_DISABLE_PINENTRY": "1", "LPASS_AUTO_SYNC_TIME": "60"}
# Gives each answer as often as it was put into its pipe, and says on stderr what was asked for.
ASKPASS = """#!/bin/sh
echo "asked for: $1" >&2
case $1 in Code) at=$CODE_AT ;; *) at=$PASSWORD_AT ;; esac
IFS= read -r answer <"/dev/fd/$at" && printf '%s\\n' "$answer"
"""


class LastPassStore:
    """What one user of the worker's own sees. An item is its numeric id."""

    capabilities = Capabilities(compare_and_set=False, history=True, durable_ack=False)

    def __init__(self, vault: str, table: LastPass, access: Access) -> None:
        """Starts nothing yet."""
        self._name = f"vault {vault}"
        self._vault = vault
        self._table = table
        self._access = access
        self._home = access.folder / f"{vault}.lpass"
        self._alive: list[int] = []

    def get(self, account: str, item: str) -> Entry:
        """The item as the server has it."""
        with self._turn():
            found = self._read(item)
        credential = credential_of(
            account,
            f"{self._name}: {item}",
            password=found.password,
            totp=line_of(found.note, TOTP),
            notebook=line_of(found.note, NOTEBOOK),
            changed_at=datetime.fromtimestamp(int(found.changed or 0), UTC),
        )
        return Entry(credential, found.changed, found.username, found)

    def put(self, entry: Entry, item: str, new: Credential) -> None:
        """Write password and note in one change, unless another than the item that was read is there."""
        given = form(new, entry.credential, entry.raw.note)
        with self._turn():
            if self._read(item) != entry.raw:
                raise Conflict(f"{self._name}: {item} was changed meanwhile")
            self._upload("edit", item, given)

    def create(self, item: str, username: str, new: Credential) -> str:
        """Add an item of that name, where a folder's name goes before a slash; its id."""
        if item.isdecimal():
            raise InputError(f"{self._name}: a name of digits alone would be taken for an id: use --item")
        with self._turn():
            if self._named(item):
                raise InputError(f"{self._name}: there is an item {item} already")
            self._upload("add", item, f"Username: {username}\n{form(new, None, '')}")
            self._forget_blob()
            if not (made := self._named(item)):
                raise VaultUnavailable(f"{self._name}: {item} was not kept")
            return made[0]

    def stamps(self, items: Iterable[str]) -> Mapping[str, str]:
        """When each item was changed, by one question for all."""
        with self._turn(), suppress(InputError):
            return {found.id: found.changed for found in self._shown(*items)}
        return {}

    def check(self) -> str:
        """Whether the program runs, and the server lets the worker in."""
        with self._turn():
            listed = self._run("ls", "--sync=now", "--color=never", "--format=%ai")
        return f"{len(listed.split())} items of {self._table.user} by {self._table.program}"

    def _read(self, item: str) -> Item:
        """The item, by one request; the password as it is, which `--json` may not give."""
        if not item.isdecimal():
            raise InputError(f"{self._name}: {item} is no numeric id (pk vault move, or the item's id in LastPass)")
        found = next((each for each in self._shown(item) if each.id == item), None)
        if found is None:  # one of that name is another
            raise self._missing(item)
        shown = self._run("show", "--sync=auto", "--color=never", "--password", item)
        return found._replace(password=shown.decode(errors="replace").removesuffix("\n"))

    def _shown(self, *items: str) -> list[Item]:
        told = self._run("show", "--sync=now", "--color=never", "--json", "--expand-multi", *items)
        with no_answer(self._name, ValueError, KeyError):
            return items_in(told)

    def _named(self, title: str) -> list[str]:
        listed = self._run("ls", "--sync=now", "--color=never", "--format=%ai %/as%/ag%an").decode()
        return [line.split(" ", 1)[0] for line in listed.splitlines() if line.partition(" ")[2] == title]

    def _missing(self, item: str) -> InputError:
        return InputError(f"{self._name}: no such item: {item} (deleted, or not shared with the worker any more?)")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The program's folder for us alone, with nothing in it that waits for its upload, and no copy of the vault."""
        disk.private_folder(self._home)
        with disk.locked(self._home / "turn"):
            self._let_go(LOG_SECONDS)  # of one that was killed
            self._forget_blob()
            try:
                yield
            finally:
                self._let_go(LOG_SECONDS)
                self._forget_blob()

    def _forget_blob(self) -> None:
        """After a change that was not kept the program would believe its own copy of the vault."""
        (self._home / "blob").unlink(missing_ok=True)

    def _upload(self, command: str, item: str, given: str) -> None:
        """Have a change made from `given` and wait until it is with the server, as far as the program says."""
        try:  # from the copy of the vault that was just looked at: an item that is gone since is not made anew
            self._run(command, "--non-interactive", "--sync=no", "--color=never", item, given=given.encode())
            self._run("sync", "--color=never")
            if self._waiting():  # it may have come when the upload of others was just ending
                self._run("sync", "--color=never")
            if self._waiting():
                raise VaultUnavailable(f"{self._name}: the change of {item} could not be uploaded")
        except BaseException:
            self._let_go(0)
            raise

    def _waiting(self) -> list[Path]:
        folders = (self._home / "upload-queue", self._home / "upload-fail")
        return [file for folder in folders if folder.is_dir() for file in folder.iterdir()]

    def _let_go(self, seconds: float) -> None:
        """Wait so long for an upload to end; then end it and throw away what was not uploaded."""
        deadline = time.monotonic() + seconds
        while (self._some_live() or self._uploader()) and time.monotonic() < deadline + END_SECONDS:
            if time.monotonic() > deadline and (uploader := self._uploader()):
                with suppress(ProcessLookupError):
                    os.kill(uploader, signal.SIGKILL)
            time.sleep(0.01)
        for file in self._waiting():
            file.unlink(missing_ok=True)

    def _some_live(self) -> bool:
        """Whether a process that we started, or one that it left behind, goes on: each holds the end of a pipe."""
        poll = select.poll()
        for end in self._alive:
            poll.register(end, 0)
        for end, _ in poll.poll(0):
            self._alive.remove(end)
            os.close(end)
        return bool(self._alive)

    def _uploader(self) -> int | None:
        """The process that uploads; what is dead or another program's is none."""
        with suppress(OSError, ValueError):
            pid = int((self._home / "uploader.pid").read_text())
            if "lpass" in Path(f"/proc/{pid}/exe").readlink().name:
                return pid
        return None

    def _run(self, *words: str, given: bytes = b"") -> bytes:
        """What a command prints; again after signing in where there was no session."""
        done, told = self._done(words, given, answers=3)
        if done.returncode and any(lost in told for lost in NO_SESSION):
            self._sign_in()
            done, told = self._done(words, given, answers=3)
        if not done.returncode:
            return done.stdout
        if "find specified account" in told:
            raise self._missing(words[-1])
        if "readonly" in told:
            raise VaultRefused(f"{self._name}: the worker may read {words[-1]} but not change it")
        if "shared folder" in told:
            raise InputError(f"{self._name}: the worker has no shared folder called as {words[-1]} begins")
        raise VaultUnavailable(f"{self._name}: {self._table.program} {words[0]} got no answer from its server")

    def _sign_in(self) -> None:
        """Open a session. After a refusal not again within an hour, unless the access is new: LastPass locks users."""
        access = (self._access.folder / f"{self._vault}.age").stat().st_mtime_ns
        refused = self._home / "refused"
        given, _, at = (disk.read(refused) or b"").decode().partition(" ")
        if given == str(access) and now.utc() < datetime.fromisoformat(at) + AGAIN_AFTER:
            raise VaultRefused(f"{self._name} refused the worker within this hour: pk vault access {self._vault}")
        done, told = self._done(("login", "--trust", "--color=never", self._table.user), b"", answers=1)
        if not done.returncode:
            refused.unlink(missing_ok=True)
        elif "askpass" in told:
            disk.write_durably(refused, f"{access} {now.utc().isoformat()}".encode())
            asked = "authenticator's code" if "asked for: Code" in told else "master password"
            raise VaultRefused(f"{self._name} does not take the {asked}: pk vault access {self._vault}")
        else:
            raise VaultUnavailable(f"{self._name}: {self._table.program} can't sign in now")

    def _done(
        self, words: tuple[str, ...], given: bytes, answers: int
    ) -> tuple[subprocess.CompletedProcess[bytes], str]:
        """Run the program. It finds its folder by a handle: in a long path it could make no socket."""
        secrets = self._access.of(self._vault, self._table.wants)
        seed = secrets.get("authenticator secret")
        master = f"{secrets['master password'].get_secret_value()}\n" * answers
        if (disk.read(askpass := self._home / "askpass") or b"").decode() != ASKPASS:
            disk.write_durably(askpass, ASKPASS.encode(), 0o700)
        with ExitStack() as handles, no_answer(self._name, subprocess.TimeoutExpired):
            home = os.open(self._home, os.O_RDONLY | os.O_DIRECTORY)
            handles.callback(os.close, home)
            password = handles.enter_context(_pipe(master))
            code = handles.enter_context(_pipe(f"{_code(seed)}\n" if seed and words[0] == "login" else ""))
            alive, held = os.pipe()
            self._alive.append(alive)
            handles.callback(os.close, held)
            ours = {"LPASS_HOME": f"/proc/self/fd/{home}", "LPASS_ASKPASS": f"/proc/self/fd/{home}/askpass"}
            ours |= SETTINGS | {"PASSWORD_AT": str(password), "CODE_AT": str(code)}
            done = subprocess.run(
                [self._program(), *words],
                env={**os.environ, **ours},
                input=given,
                capture_output=True,
                timeout=ANSWER_SECONDS,
                check=False,
                pass_fds=(home, password, code, held),
            )
            return done, done.stderr.decode(errors="replace")

    def _program(self) -> str:
        found = shutil.which(self._table.program)
        if found is None:
            raise InputError(f"{self._name}: there is no program {self._table.program}: apt-get install lastpass-cli")
        return found


@contextmanager
def _pipe(text: str) -> Iterator[int]:
    """The end of a pipe that holds `text` and nothing more."""
    reading, writing = os.pipe()
    try:
        with os.fdopen(writing, "w") as pipe:
            pipe.write(text)
        yield reading
    finally:
        os.close(reading)


def _code(seed: SecretStr) -> str:
    """The six digits of the LastPass user's own authenticator now (RFC 6238)."""
    secret = plain_totp_secret(seed).get_secret_value()
    key = b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.digest(key, struct.pack(">Q", int(now.utc().timestamp()) // 30), "sha1")
    number: int = struct.unpack_from(">I", mac, mac[-1] & 15)[0]
    return f"{(number & 0x7FFFFFFF) % 10**6:06}"
