"""Backup and restore: what the worker can't do without, as one age file; and the proof that it can be put back.

In it: the inventory (by SQLite's own backup, so that it is whole while the service writes), the vault, the secrets of
the channels of codes, the configuration, the schedules, and a list of the archived remittances. Not in it: the key,
which is kept apart; answers, evidence and the remittances themselves, which have member data in them; signed-in states.

What is put back does not know the latest refusals, so it comes with the brake on (`bots.restored`).
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bots import now
from bots.disk import in_plain_words, private_folder, write_durably
from bots.inventory import Inventory, stamp
from bots.inventory.audit import head, record_audit, verify
from bots.restored import LAST_SEEN, spent
from bots.sealing import Key, seal_file, unseal_file
from bots.settings import Settings
from bots.vault import Vault
from flows.errors import InputError

SUFFIX = ".backup.age"
MANIFEST = "manifest.json"
INVENTORY = "inventory.db"
ARCHIVED = "archived-remittances.json"
FOLDERS = ("vault", "codes", "delivery", "config")


@dataclass(frozen=True)
class Copy:
    """A backup as it was made or found: how many files and accounts, and the head of the audit trail in it."""

    file: Path
    made_at: str
    size: int
    files: int
    accounts: int
    head: str

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {**vars(self), "file": str(self.file)}


def make_backup(settings: Settings, inventory: Inventory, key: Key, *, by: str) -> Copy:
    """Write a backup into the backup folder, and remove the oldest beyond `backups_kept`."""
    at = now.utc()
    folder = private_folder(settings.backup_folder)
    target = folder / f"portalkeeper-{at:%Y-%m-%dT%H%M%SZ}{SUFFIX}"
    with in_plain_words(folder), _scratch(settings.home) as scratch:
        _copy_inventory(inventory, scratch / INVENTORY)
        found = dict(_members(settings, scratch))
        manifest = {
            "made_at": stamp(at),
            "accounts": inventory.rows("SELECT count(*) AS n FROM accounts")[0]["n"],
            "head": head(inventory).hash,
            "files": {name: _digest(path) for name, path in found.items()},
        }
        _pack(scratch / "plain.tar", found, manifest)
        sealed = scratch / "sealed"
        seal_file(scratch / "plain.tar", sealed, key)
        size, digest = sealed.stat().st_size, _digest(sealed)
        write_durably(target, sealed.read_bytes())
    _record(inventory, "backup", target, size, digest, stamp(at), by)
    _forget_old(folder, settings.backups_kept)
    return Copy(target, stamp(at), size, len(found), manifest["accounts"], manifest["head"])


def check_backup(settings: Settings, inventory: Inventory | None, file: Path, key: Key, *, by: str) -> Copy:
    """Put a backup back into an empty folder that is removed again, and look whether everything in it is whole.

    Raises `InputError` that says what is not. With an `inventory`, the test is recorded in it.
    """
    with in_plain_words(settings.home), _scratch(settings.home) as scratch:
        found = _unpack(file, scratch / "home", key)
        _prove(scratch / "home", key)
    if inventory:
        _record(inventory, "restore test", file, found.size, _digest(file), found.made_at, by)
    return found


def restore(file: Path, home: Path, key: Key) -> Copy:
    """Put a backup back into `home`, which must be empty but for its key. The brake is on at the first start."""
    if taken := [name for name in (INVENTORY, "schedules.yaml", *FOLDERS) if (home / name).exists()]:
        raise InputError(f"{home}: {taken[0]} is there already; a backup is put back into an empty folder only")
    private_folder(home)
    with in_plain_words(home), _scratch(home) as scratch:
        found = _unpack(file, scratch / "home", key)
        _prove(scratch / "home", key)
        for path in sorted((scratch / "home").iterdir(), key=lambda each: each.name == INVENTORY):  # the last of all
            path.rename(home / path.name)
    return found


def _prove(home: Path, key: Key) -> None:
    """Look at what was put back, and mark its budgets as spent."""
    inventory = Inventory(home / INVENTORY)
    try:
        if (words := inventory.check()) != "ok":
            raise InputError(f"the inventory in the backup is damaged: {words}")
        if problem := verify(inventory).problem:
            raise InputError(f"the audit trail in the backup is not whole: {problem}")
        write_durably(home / LAST_SEEN, spent(inventory))
    finally:
        inventory.close()
    vault = Vault(home / "vault", key)
    vault.prove_key()
    for path in sorted((home / "vault").glob("*.age")):
        unseal_file(path, None, key)


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """A folder beside the data, on the same disk, for its owner only; nothing of it stays."""
    folder = Path(tempfile.mkdtemp(prefix=".backup-", dir=private_folder(home)))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy_inventory(inventory: Inventory, target: Path) -> None:
    source = sqlite3.connect(inventory.path, timeout=30)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy, pages=4096)
        copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise InputError(f"the inventory {inventory.path} can't be copied: {error}") from None
    finally:
        copy.close()
        source.close()


def _members(settings: Settings, scratch: Path) -> Iterator[tuple[str, Path]]:
    yield INVENTORY, scratch / INVENTORY
    places = {
        "vault": settings.vault_folder,
        "codes": settings.codes_folder,
        "delivery": settings.delivery_folder,
        "config": settings.config,
    }
    for folder, place in places.items():
        for path in sorted(place.rglob("*")) if place.is_dir() else []:
            if path.is_file() and not path.name.endswith((".tmp", ".lock")) and path != settings.key_file:
                yield f"{folder}/{path.relative_to(place).as_posix()}", path
    if settings.schedules.exists():
        yield "schedules.yaml", settings.schedules
    archived = scratch / ARCHIVED
    archived.write_text(json.dumps(_archived(settings), indent=1))
    yield ARCHIVED, archived


def _archived(settings: Settings) -> list[dict[str, Any]]:
    """The sealed remittances, which have copies of their own: each with its size."""
    places = [folder for folder in (settings.era_folder / "archive", settings.fetched_folder) if folder.is_dir()]
    paths = [path for place in places for path in sorted(place.rglob("*.age"))]
    return [{"file": str(path.relative_to(settings.home)), "size": path.stat().st_size} for path in paths]


def _pack(target: Path, found: Mapping[str, Path], manifest: Mapping[str, Any]) -> None:
    content = json.dumps(manifest).encode()
    with tarfile.open(target, "w") as tar:
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
        for name, path in found.items():
            tar.add(path, name, recursive=False)


def _unpack(file: Path, home: Path, key: Key) -> Copy:
    """The content of a backup below `home`, each file by its hash in the manifest."""
    private_folder(home)
    plain = home.parent / "opened.tar"
    if not file.exists():
        raise InputError(f"{file}: no such file; see the backup folder, or: pk backup")
    unseal_file(file, plain, key)
    try:
        with tarfile.open(plain) as tar:
            found = tar.getmembers()
            manifest = json.loads(_content(tar, found, MANIFEST))
            for name, digest in manifest["files"].items():
                content = _content(tar, found, name)
                if hashlib.sha256(content).hexdigest() != digest:
                    raise InputError(f"{file}: {name} is not what it was when the backup was made")
                target = home / name
                if not target.resolve().is_relative_to(home.resolve()):
                    raise InputError(f"{file}: names a file outside of the data folder")
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_durably(target, content)
    except (tarfile.TarError, ValueError, KeyError, TypeError):
        raise InputError(f"{file}: is no backup of Portalkeeper") from None
    finally:
        plain.unlink(missing_ok=True)
    return Copy(
        file, manifest["made_at"], file.stat().st_size, len(manifest["files"]), manifest["accounts"], manifest["head"]
    )


def _content(tar: tarfile.TarFile, found: list[tarfile.TarInfo], name: str) -> bytes:
    entry = next((each for each in found if each.name == name and each.isreg()), None)
    opened = tar.extractfile(entry) if entry else None
    if opened is None:
        raise ValueError(name)
    return opened.read()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _record(inventory: Inventory, kind: str, file: Path, size: int, sha256: str, made_at: str, by: str) -> None:
    at = stamp(now.utc())
    with inventory.write() as db:
        db.execute(
            "INSERT INTO backups (kind, at, file, size, sha256, made_at, by) VALUES (?,?,?,?,?,?,?)",
            (kind, at, str(file), size, sha256, made_at, by),
        )
        record_audit(db, at=at, who=by, action=kind, because="", details=f"{file.name} {sha256[:16]}")


def _forget_old(folder: Path, kept: int) -> None:
    for path in sorted(folder.glob(f"portalkeeper-*{SUFFIX}"))[:-kept]:
        path.unlink(missing_ok=True)


def newest_backup(settings: Settings) -> Path:
    """The newest file in the backup folder. Raises `InputError` when there is none."""
    found = sorted(settings.backup_folder.glob(f"portalkeeper-*{SUFFIX}")) if settings.backup_folder.is_dir() else []
    if not found:
        raise InputError(f"{settings.backup_folder}: holds no backup yet; make one: pk backup")
    return found[-1]
