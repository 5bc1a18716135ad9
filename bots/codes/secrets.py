"""The secrets of the channels by which codes come, such as the mailbox's password: one sealed file each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from bots.disk import private_folder
from bots.sealing import Key, read_sealed, write_sealed
from flows.errors import InputError

CHANNELS = ("mailbox", "sms")


class ChannelSecrets:
    """Those of one data folder; `command` is how people store one."""

    def __init__(
        self, folder: Path, key: Key, channels: Sequence[str] = CHANNELS, command: str = "pk codes set"
    ) -> None:
        self._folder = folder
        self._key = key
        self._channels = channels
        self._command = command

    def put(self, channel: str, secret: SecretStr) -> None:
        """Store the secret of a channel in the place of the last one."""
        private_folder(self._folder)
        write_sealed(self._path(channel), secret.get_secret_value().encode(), self._key)

    def get(self, channel: str) -> SecretStr:
        """The secret of a channel. Raises `InputError` where none is stored."""
        data = read_sealed(self._path(channel), self._key)
        if data is None:
            raise InputError(f"no secret is stored for it: {self._command} {channel}")
        return SecretStr(data.decode())

    def check(self, channel: str) -> None:
        """Raise `InputError` for what is no channel."""
        self._path(channel)

    def _path(self, channel: str) -> Path:
        if channel not in self._channels:
            raise InputError(f"{channel!r} is no channel here; there are: {', '.join(self._channels)}")
        return self._folder / f"{channel}.age"
