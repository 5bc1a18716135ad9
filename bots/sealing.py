"""Sealing with age: the one door to encryption at rest, and the key that opens everything.

The key file is what `age-keygen` writes (an X25519 identity), so the `age` program opens sealed files in an emergency:
`age --decrypt --identity vault.key FILE`. While a new key takes an old one's place (`bots.resealing`) the file has
both: the first seals, each opens. age tells a changed or cut-off file from a whole one, but not who wrote it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bots import disk
from flows.errors import InputError

_MARK = "AGE-SECRET-KEY-1"
_OTHERS = 0o077


class Unreadable(InputError):
    """Sealed data could not be opened: another key, or the file was changed or cut off. Opening it again won't help."""


@dataclass(frozen=True, slots=True)
class Key:
    """An opened key file; shows its path, never itself."""

    path: Path
    _identity: Any = field(repr=False, compare=False)
    _recipient: Any = field(repr=False, compare=False)
    _older: tuple[Any, ...] = field(default=(), repr=False, compare=False)

    @property
    def newest(self) -> Key:
        """The same without the older keys of its file."""
        return replace(self, _older=())

    @property
    def is_changing(self) -> bool:
        """Whether an older key is still in the file: a re-sealing was not finished."""
        return bool(self._older)


def create_key(path: Path) -> Key:
    """Write a new key to `path`, 0600, and return it; never over an existing file, whatever it holds."""
    # pyrage has no type information. Imported here, as everywhere in this file, to keep it out of the program's start.
    from pyrage import x25519  # type: ignore[import-untyped]

    identity = x25519.Identity.generate()
    try:
        disk.create_durably(path, _key_file(identity))
    except FileExistsError:
        raise InputError(f"{path}: a key is there already and stays; move it away to make another") from None
    return Key(path, identity, identity.to_public())


def load_key(path: Path) -> Key:
    """Open the key file at `path`; InputError if it is missing, not a key, or readable by others."""
    from pyrage import IdentityError, x25519

    lines = [line.strip() for line in _key_text(path).splitlines()]
    found = [line for line in lines if line.startswith(_MARK)]
    try:
        identity, *older = [x25519.Identity.from_str(text) for text in found]
    except (ValueError, IdentityError):
        found = []
    if not found or len(set(found)) < len(found):
        raise InputError(f"{path}: not a key file (one line {_MARK}…); restore it from its copy")
    return Key(path, identity, identity.to_public(), tuple(older))


def begin_new_key(key: Key) -> Key:
    """Put a new key before the old one in its file, and return both as one: it seals with the new, opens with each."""
    from pyrage import x25519

    identity = x25519.Identity.generate()
    older = (key._identity, *key._older)  # noqa: SLF001 - a key shows itself to this file only
    disk.write_durably(key.path, _key_file(identity, *older))
    return Key(key.path, identity, identity.to_public(), older)


def end_old_key(key: Key) -> Key:
    """Leave the newest key alone in its file. What only an older one opens is not opened with this file any more."""
    disk.write_durably(key.path, _key_file(key._identity))  # noqa: SLF001 - as above
    return key.newest


def save_old_keys(key: Key) -> list[Path]:
    """Write each older key of the file into a file of its own beside it, 0600, named by the end of its public key."""
    found = []
    for identity in key._older:  # noqa: SLF001 - as above
        path = key.path.with_name(f"{key.path.name}.old-{str(identity.to_public())[-8:]}")
        with suppress(FileExistsError):
            disk.create_durably(path, _key_file(identity))
        found.append(path)
    return found


def _key_file(*identities: Any) -> bytes:
    about = "# Opens everything Portalkeeper has sealed. Keep a copy apart from the data folder."
    return "\n".join([about, *map(str, identities), ""]).encode()


def seal(data: bytes, key: Key) -> bytes:
    """Encrypt `data` so that only `key` opens it; about 200 bytes are added."""
    import pyrage

    sealed: bytes = pyrage.encrypt(data, [key._recipient])  # noqa: SLF001 - a key shows itself to this file only
    return sealed


def public_key(key: Key) -> str:
    """The public half of `key` (age1…): whatever is sealed for it, `key` opens."""
    return str(key._recipient)  # noqa: SLF001 - as above


def check_public_key(text: str) -> None:
    """Raises `ValueError`, without the text, unless it is a public key that something can be sealed for."""
    from pyrage import RecipientError, x25519

    try:
        x25519.Recipient.from_str(text)
    except RecipientError:
        raise ValueError("expected a public key, age1…, as `age-keygen -y` prints it") from None


def seal_for(data: bytes, public_keys: Sequence[str]) -> bytes:
    """Encrypt `data` so that the holder of any one of these keys opens it, and nobody else."""
    import pyrage
    from pyrage import x25519

    sealed: bytes = pyrage.encrypt(data, [x25519.Recipient.from_str(text) for text in public_keys])
    return sealed


def unseal(data: bytes, key: Key, source: str = "the sealed data") -> bytes:
    """Open what `seal` made; Unreadable, naming `source` (a path, as a rule), for another key or damage."""
    import pyrage

    try:
        opened: bytes = pyrage.decrypt(data, [key._identity, *key._older])  # noqa: SLF001 - as above
    except pyrage.DecryptError:
        raise Unreadable(
            f"{source}: can't be opened with the key {key.path}; use the key it was made with, "
            "or restore it from a backup if it is damaged"
        ) from None
    return opened


def write_sealed(path: Path, data: bytes, key: Key) -> None:
    """Put `data`, sealed, at `path`, whole and durable (`disk.write_durably`)."""
    disk.write_durably(path, seal(data, key))


def read_sealed(path: Path, key: Key) -> bytes | None:
    """Open the sealed file at `path`; None if there is none, Unreadable if it can't be opened."""
    data = disk.read(path)
    return None if data is None else unseal(data, key, str(path))


def seal_file(path: Path, target: Path, key: Key) -> None:
    """Encrypt a file of any size into `target`, piece by piece."""
    import pyrage

    with path.open("rb") as plain, target.open("wb") as sealed:
        pyrage.encrypt_io(plain, sealed, [key._recipient])  # noqa: SLF001 - a key shows itself to this file only


def unseal_file(path: Path, target: Path | None, key: Key) -> None:
    """Open what `seal_file` made into `target`, piece by piece; without one, only look. Raises Unreadable."""
    import pyrage

    where = target or Path(os.devnull)
    try:
        with path.open("rb") as sealed, where.open("wb") as plain:
            pyrage.decrypt_io(sealed, plain, [key._identity, *key._older])  # noqa: SLF001 - as above
    except (pyrage.DecryptError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise Unreadable(
            f"{path}: can't be opened with the key {key.path}; use the key it was made with, or another copy"
        ) from None


def _key_text(path: Path) -> str:
    content = disk.read(path)
    if content is None:
        raise InputError(f"{path}: no key there; restore it from its copy, or run `portalkeeper init`")
    if path.stat().st_mode & _OTHERS:
        raise InputError(f"{path}: others than its owner may read or change this key; chmod 600 {path}")
    return content.decode("ascii", errors="replace")
