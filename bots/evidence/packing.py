"""One zip in memory with everything that was seen, in which no secret that was typed is left."""

from __future__ import annotations

import base64
import html
import io
import json
import zipfile
from collections.abc import Collection
from typing import Any
from urllib.parse import quote, quote_plus

GONE = "…"
LEAST = 4


class Pack:
    """Parts by name, no more of them than `most` bytes; what is not in it is told in `left_out`."""

    def __init__(self, hidden: Collection[str], most: int) -> None:
        self.left_out: list[str] = []
        self._typed = {spelling for secret in hidden if secret for spelling in spellings(secret)}
        self._hidden = set(self._typed)
        self._most = most
        self._parts: dict[str, bytes] = {}

    def hide(self, values: Collection[str]) -> None:
        """Cut these out too, as far as they are long enough to mean anything by themselves."""
        self._hidden |= {spelling for value in values if len(value) >= LEAST for spelling in spellings(value)}

    def take_over(self, other: Pack) -> None:
        """Add all that is in another one."""
        self.left_out += other.left_out
        for name, data in other._parts.items():
            self.add(name, data)

    def add_text(self, name: str, text: str) -> None:
        """Add a part, without the secrets in it."""
        self.add(name, self.without_secrets(text).encode(errors="replace"))

    def add(self, name: str, data: bytes) -> None:
        """Add a part as it is."""
        if sum(map(len, self._parts.values())) + len(data) > self._most:
            self.left_out.append(f"{name}: too large ({len(data)} bytes)")
        else:
            self._parts[name] = data

    def holds_secret(self, data: bytes) -> bool:
        """Whether a secret that was typed can be read in `data`."""
        return any(spelling.encode() in data for spelling in self._typed)

    def without_secrets(self, text: str) -> str:
        """`text` with each secret that was typed cut out."""
        for spelling in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(spelling, GONE)
        return text

    def _cleaned(self, value: Any) -> Any:
        match value:
            case str():
                return self.without_secrets(value)
            case dict():
                return {key: self._cleaned(inner) for key, inner in value.items()}
            case list():
                return [self._cleaned(inner) for inner in value]
        return value

    def zipped(self, about: dict[str, object]) -> bytes:
        """The whole, with `about` and what was left out as evidence.json."""
        text = json.dumps(self._cleaned({**about, "left_out": self.left_out}), indent=2, ensure_ascii=False)
        parts = {"evidence.json": text.encode(), **self._parts}
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, data in parts.items():
                packed = name.endswith((".zip", ".png"))
                archive.writestr(name, data, zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED)
        return target.getvalue()


def spellings(secret: str) -> set[str]:
    """How a page, an address or a script may spell a secret."""
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    packed = base64.b64encode(secret.encode()).decode().rstrip("=")
    in_page = {html.escape(secret), html.escape(secret, quote=False)}
    return {secret, packed, quote(secret), quote_plus(secret), *in_json, *in_page}
