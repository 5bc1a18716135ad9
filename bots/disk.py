"""The way onto disk: what is written is there whole and survives a power cut, or it is not there at all.

Everything made here is private: files 0600, folders 0700. A refusal of the disk that a person can cure becomes one
line naming the folder and the cure (`InputError`); any other OSError passes as it is.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.errors import InputError

_CURES = {
    errno.ENOSPC: "the disk is full; free some space and start again",
    errno.EDQUOT: "the disk quota is used up; free some space and start again",
    errno.EROFS: "the file system is read-only; mount it writable or choose another data folder (PORTALKEEPER_HOME)",
    errno.EACCES: "this user has no access; correct owner and permissions",
    errno.EPERM: "this user has no access; correct owner and permissions",
    errno.ENOENT: "the folder does not exist; run `portalkeeper init`",
    errno.ENOTDIR: "a file stands where a folder is needed; move it away",
    errno.EISDIR: "a folder stands where a file is needed; move it away",
}
_TEMPORARY = re.compile(r"\..+\.\d+-[0-9a-f]{8}\.tmp")


@contextmanager
def in_plain_words(place: Path) -> Iterator[None]:
    """Turn the disk's refusals inside the block into an InputError that names `place` and the cure."""
    try:
        yield
    except OSError as error:
        cure = _CURES.get(error.errno or 0)
        if cure is None:
            raise
        raise InputError(f"{place}: {cure}") from error


def read(path: Path) -> bytes | None:
    """What the file at `path` holds, or None if there is no such file."""
    with in_plain_words(path), suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def write_durably(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put `data` at `path`, replacing what was there; readers see the old bytes or the new, never a mixture.

    Returns once file and folder entry are fsynced. On an error the old file stands and nothing is left beside it.
    """
    with in_plain_words(path.parent), _written_beside(path, data, mode) as temporary:
        temporary.replace(path)
        _sync_folder(path.parent)


def create_durably(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put `data` at `path` if nothing is there; FileExistsError if something is. Of several at once, one wins."""
    with in_plain_words(path.parent), _written_beside(path, data, mode) as temporary:
        os.link(temporary, path)
        _sync_folder(path.parent)


def move_durably(path: Path, target: Path) -> None:
    """Give the file at `path` the name `target`, on the same file system; what had that name is replaced."""
    with in_plain_words(target.parent):
        path.replace(target)
        _sync_folder(target.parent)
        if path.parent != target.parent:
            _sync_folder(path.parent)


def append_durably(path: Path, line: bytes) -> None:
    """Add `line` (without a line break inside) to the file at `path`, made if missing, and fsync it.

    A line torn by a kill is closed first: it stays as a line of its own that its reader skips, and never swallows
    the next one. On an error nothing of the new line stays. Lines of several processes do not mix.
    """
    line = line.removesuffix(b"\n")
    if b"\n" in line:
        raise ValueError("one line at a time")
    with in_plain_words(path.parent):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _append(descriptor, line)
            _sync_folder(path.parent)
        finally:
            os.close(descriptor)


def private_folder(path: Path) -> Path:
    """Return `path`, made with its missing parents, each 0700; folders that exist keep their permissions."""
    with in_plain_words(path):
        for folder in reversed([path, *path.parents]):
            if not folder.is_dir():
                _make_folder(folder)
    return path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` (made 0600, never removed) alone, among threads and processes; waits for its turn.

    The kernel frees it when the holder dies. Not reentrant: taking it twice in one thread waits for ever.
    """
    with in_plain_words(path.parent):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Said aloud, because a child forked meanwhile shares the lock and would keep it after a mere close.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def sweep(folder: Path) -> int:
    """Remove the temporary files that killed writers left in `folder` and return their number; the living keep theirs.

    A writer holds a lock on its temporary file, so that a process id used again, or another container's, can't fool us.
    """
    with in_plain_words(folder):
        return sum(_remove_if_abandoned(path) for path in folder.glob(".*.tmp") if _TEMPORARY.fullmatch(path.name))


@contextmanager
def _written_beside(path: Path, data: bytes, mode: int) -> Iterator[Path]:
    """Write and fsync `data` in a temporary file of the same folder, which is gone after the block."""
    descriptor, temporary = _open_temporary(path)
    try:
        os.fchmod(descriptor, mode)
        _write_all(descriptor, data)
        os.fsync(descriptor)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        os.close(descriptor)


def _open_temporary(path: Path) -> tuple[int, Path]:
    while True:
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor, temporary
        os.close(descriptor)  # swept between open and lock


def _remove_if_abandoned(temporary: Path) -> bool:
    try:
        descriptor = os.open(temporary, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        temporary.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _append(descriptor: int, line: bytes) -> None:
    size = os.fstat(descriptor).st_size
    torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
    try:
        _write_all(descriptor, (b"\n" if torn else b"") + line + b"\n")
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):  # the first error is the one to tell
            os.ftruncate(descriptor, size)
        raise


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(folder)) from None
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
