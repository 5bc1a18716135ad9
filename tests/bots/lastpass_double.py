"""A LastPass server for the real `lpass`: one user, real encryption, sessions, a second factor, and the items."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import quoteattr

import pyotp
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from web_doubles import Double, Refused

from bots import now

ITERATIONS = 2
USER, MASTER, SEED = "worker@example.org", "correct horse needle", "JBSWY3DPEHPK3PXQ"


@dataclass
class Stored:
    """An item in clear; a real server has it sealed."""

    name: str = ""
    group: str = ""
    username: str = ""
    password: str = ""
    note: str = ""
    url: str = ""
    changed: int = 1764000000
    reprompt: str = "0"
    shared: bool = False


class LastPassServer(Double):
    """`items` by id. `deaf` answers changes with 200 and an error, or nothing, `broken` with that status each.

    Shared items are in the folder Shared-Portals, which has a key of its own and may be `read_only`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[str, Stored] = {}
        self.master, self.second_factor = MASTER, False
        self.deaf, self.broken, self.version, self.tick = "", 0, 1, 1764000000
        self.read_only, self.share_key = False, os.urandom(32)
        self.pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.sessions: set[str] = set()
        self.trusted: set[str] = set()

    @property
    def key(self) -> bytes:
        return hashlib.pbkdf2_hmac("sha256", self.master.encode(), USER.encode(), ITERATIONS)

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: bytes) -> Any:
        given = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        match path.lstrip("/"):
            case "iterations.php":
                return str(ITERATIONS).encode()
            case "login.php":
                return self._login(given)
        if (headers.get("Cookie") or "").removeprefix("PHPSESSID=") not in self.sessions:
            return _error("sessionexpired", "Your session has expired")
        match path.lstrip("/"):
            case "login_check.php":
                return f'<response><ok accts_version="{self.version}"/></response>'.encode()
            case "getaccts.php":
                return self._blob()
            case "show_website.php":
                return self._change(given)
        return b""

    def _login(self, given: dict[str, str]) -> bytes:
        proof = hashlib.pbkdf2_hmac("sha256", self.key, self.master.encode(), 1).hex()
        if (given["username"], given["hash"]) != (USER, proof):
            return _error("unknownpassword", "Invalid password")
        if self.second_factor and given.get("uuid") not in self.trusted:
            if not pyotp.TOTP(SEED + "A" * 8).verify(given.get("otp", ""), for_time=now.utc(), valid_window=1):
                return _error("googleauthfailed" if "otp" in given else "googleauthrequired", "A code is needed")
            if given.get("trustlabel"):
                self.trusted.add(given["uuid"])
        session = secrets.token_hex(16)
        self.sessions.add(session)
        private = quoteattr(self._private_key())
        return f'<response><ok uid="1" sessionid="{session}" token="t" privatekeyenc={private}/></response>'.encode()

    def _private_key(self) -> str:
        der, pkcs8, none = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        text = f"LastPassPrivateKey<{self.pair.private_bytes(der, pkcs8, none).hex()}>LastPassPrivateKey"
        iv, body = (base64.b64encode(part).decode() for part in _sealed(text, self.key))
        return f"!{iv}|{body}"

    def _blob(self) -> bytes:
        ours, shared = b"", b""
        for number, item in self.items.items():
            chunk = _chunk(b"ACCT", self._account(number, item))
            ours, shared = (ours, shared + chunk) if item.shared else (ours + chunk, shared)
        if shared:
            shared = _chunk(b"SHAR", self._share()) + shared
        return _chunk(b"LPAV", str(self.version).encode()) + ours + shared + _chunk(b"ENDM", b"OK")

    def _share(self) -> bytes:
        padded = OAEP(MGF1(hashes.SHA1()), hashes.SHA1(), None)
        key = self.pair.public_key().encrypt(self.share_key.hex().encode(), padded).hex()
        iv, body = (base64.b64encode(part).decode() for part in _sealed("Shared-Portals", self.share_key))
        return _items(b"77", key.encode(), f"!{iv}|{body}".encode(), b"1" if self.read_only else b"0")

    def _account(self, number: str, item: Stored) -> bytes:
        key = self.share_key if item.shared else self.key
        texts = (item.name, item.group, item.note, item.username, item.password)
        name, group, note, user, password = (b"!" + b"".join(_sealed(text, key)) if text else b"" for text in texts)
        url = item.url.encode().hex().encode()
        changed = str(item.changed).encode()
        fields = [number.encode(), name, group, url, note, b"0", b"", user, password, item.reprompt.encode()]
        fields += [b"", b"", changed, *[b""] * 13, b"", b"0", b"", b"", b"", changed, *[b""] * 4]
        return _items(*fields)

    def _change(self, given: dict[str, str]) -> bytes:
        if self.broken:
            raise Refused(self.broken, "Sorry")
        if self.deaf:
            return _error("unknown", "Something is wrong") if self.deaf == "error" else b""
        key = self.share_key if "sharedfolderid" in given else self.key
        texts = {ours: _opened(given[theirs], key) for ours, theirs in _TEXTS.items()}
        if given["aid"] == "0":
            number = self.add(**texts)
        elif given["aid"] in self.items:
            number = given["aid"]
            self.change(number, **texts)
        else:
            return _error("notfound", "No such site")
        return f'<xmlresponse><result action="updated" aid="{number}"/></xmlresponse>'.encode()

    def add(self, **texts: Any) -> str:
        """What another client of the same user does; the item's number."""
        number = str(secrets.randbelow(10**18) + 10**18)
        self.items[number] = Stored()
        self.change(number, **texts)
        return number

    def change(self, number: str, **texts: Any) -> None:
        for name, text in texts.items():
            setattr(self.items[number], name, text)
        self.tick += 1
        self.items[number].changed = self.tick
        self.version += 1


_TEXTS = {"name": "name", "group": "grouping", "username": "username", "password": "password", "note": "extra"}


def _sealed(text: str, key: bytes) -> tuple[bytes, bytes]:
    iv, padder = os.urandom(16), padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return iv, encryptor.update(padder.update(text.encode()) + padder.finalize()) + encryptor.finalize()


def _opened(text: str, key: bytes) -> str:
    if not text:
        return ""
    iv, body = (base64.b64decode(part) for part in text.removeprefix("!").split("|"))
    decryptor, unpadder = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor(), padding.PKCS7(128).unpadder()
    plain: bytes = unpadder.update(decryptor.update(body) + decryptor.finalize()) + unpadder.finalize()
    return plain.decode()


def _items(*fields: bytes) -> bytes:
    return b"".join(len(each).to_bytes(4, "big") + each for each in fields)


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "big") + data


def _error(cause: str, message: str) -> bytes:
    return f"<response><error cause={quoteattr(cause)} message={quoteattr(message)}/></response>".encode()
