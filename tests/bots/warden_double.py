"""A Bitwarden server for the real `bw`: one user, real encryption, API-key login, sync, and the items."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import ssl
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import trustme
from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from web_doubles import Double, Refused

ITERATIONS = 5000
EMAIL, MASTER = "worker@example.org", "correct horse needle"


def sealed(data: bytes, key: bytes) -> str:
    """An EncString of type 2: AES-CBC and HMAC."""
    iv = os.urandom(16)
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key[:32]), modes.CBC(iv)).encryptor()
    body = encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()
    mac = hmac.digest(key[32:], iv + body, "sha256")
    return "2." + "|".join(base64.b64encode(part).decode() for part in (iv, body, mac))


def opened(text: str, key: bytes) -> str:
    iv, body, mac = (base64.b64decode(part) for part in text.removeprefix("2.").split("|"))
    assert hmac.compare_digest(mac, hmac.digest(key[32:], iv + body, "sha256"))
    decryptor = Cipher(algorithms.AES(key[:32]), modes.CBC(iv)).decryptor()
    unpadder = padding.PKCS7(128).unpadder()
    plain = unpadder.update(decryptor.update(body) + decryptor.finalize()) + unpadder.finalize()
    return plain.decode()


def _stretched(master: bytes) -> bytes:
    return b"".join(hmac.digest(master, info + b"\x01", "sha256") for info in (b"enc", b"mac"))


class WardenServer(Double):
    """The server; `items` are as the client sent them, sealed."""

    def __init__(self, home: Path) -> None:
        authority = trustme.CA()
        self.certificate = home / "authority.pem"
        authority.cert_pem.write_to_path(str(self.certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        super().__init__(context)
        self.user, self.secret = str(uuid.uuid4()), "needle-client-secret"
        self.client_id = f"user.{self.user}"
        self.key = os.urandom(64)
        master = hashlib.pbkdf2_hmac("sha256", MASTER.encode(), EMAIL.encode(), ITERATIONS)
        self.wrapped_key = sealed(self.key, _stretched(master))
        pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        der, none = serialization.Encoding.DER, serialization.NoEncryption()
        self.private = sealed(pair.private_bytes(der, serialization.PrivateFormat.PKCS8, none), self.key)
        public = pair.public_key().public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.public = base64.b64encode(public).decode()
        self.items: dict[str, dict[str, Any]] = {}
        self.revision = _now()
        self.valid = True
        self.forgets = False

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: bytes) -> Any:
        if path == "/identity/connect/token":
            return self._token(parse_qs(body.decode()))
        if path == "/api/config":
            return {"version": "2026.6.0", "gitHash": "0", "environment": {}, "featureStates": {}, "object": "config"}
        if not self.valid or not (headers.get("Authorization") or "").startswith("Bearer "):
            raise Refused(401, "Unauthorized")
        if path == "/api/sync":
            return self._sync()
        if path == "/api/accounts/revision-date":
            return int(datetime.fromisoformat(self.revision).timestamp() * 1000)
        if path.startswith("/api/ciphers"):
            return self._cipher(method, path.rpartition("/")[2], json.loads(body or b"null"))
        return {}

    def _keys(self) -> dict[str, Any]:
        pair = {"publicKey": self.public, "wrappedPrivateKey": self.private, "signedPublicKey": None}
        return {"publicKeyEncryptionKeyPair": pair, "signatureKeyPair": None, "securityState": None}

    def _unlock(self) -> dict[str, Any]:
        kdf = {"KdfType": 0, "Iterations": ITERATIONS, "Memory": None, "Parallelism": None}
        return {"Kdf": kdf, "MasterKeyEncryptedUserKey": self.wrapped_key, "Salt": EMAIL}

    def _token(self, given: dict[str, list[str]]) -> dict[str, Any]:
        if not self.valid or given.get("client_secret", [""]) not in ([self.secret], [""]):
            raise Refused(400, "invalid_client")
        claims = {"sub": self.user, "email": EMAIL, "name": "Worker", "premium": True, "email_verified": True}
        claims |= {"nbf": 1, "exp": 4102444800, "iss": "x", "client_id": "cli", "sstamp": "s", "amr": ["Application"]}
        parts = ({"alg": "RS256", "typ": "JWT"}, claims)
        token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
        return {
            "access_token": f"{token}.c2ln", "expires_in": 3600, "token_type": "Bearer", "scope": "api",
            "Key": self.wrapped_key, "PrivateKey": self.private, "accountKeys": self._keys(),
            "Kdf": 0, "KdfIterations": ITERATIONS, "ResetMasterPassword": False,
            "UserDecryptionOptions": {"HasMasterPassword": True, "MasterPasswordUnlock": self._unlock()},
        }  # fmt: skip

    def _sync(self) -> dict[str, Any]:
        profile = {
            "id": self.user, "name": "Worker", "email": EMAIL, "emailVerified": True, "premium": True,
            "key": self.wrapped_key, "privateKey": self.private, "accountKeys": self._keys(), "securityStamp": "s",
            "culture": "en-US", "organizations": [], "providers": [], "providerOrganizations": [], "object": "profile",
        }  # fmt: skip
        empty: dict[str, Any] = {name: [] for name in ("folders", "collections", "policies", "sends")}
        return empty | {
            "profile": profile,
            "ciphers": list(self.items.values()),
            "domains": {"equivalentDomains": [], "globalEquivalentDomains": []},
            "userDecryption": {"masterPasswordUnlock": self._unlock()},
            "object": "sync",
        }

    def _cipher(self, method: str, item: str, given: Any) -> dict[str, Any]:
        if method == "GET":
            return self._there(item)
        given = given.get("cipher", given)
        made = method == "POST"
        number = str(uuid.uuid4()) if made else item
        known = {} if made else self._there(item)
        if not made and (seen := given.get("lastKnownRevisionDate")) and _at(seen) != _at(known["revisionDate"]):
            raise Refused(400, "The cipher you are updating is out of date.")
        for field in given.get("fields") or ():
            if len(field["value"] or "") > 5000:
                raise Refused(400, "The field Value exceeds the maximum encrypted value length of 5000 characters.")
        shown = {
            "edit": True, "viewPassword": True, "organizationUseTotp": True, "collectionIds": [], "attachments": None,
            "creationDate": known.get("creationDate") or _now(), "deletedDate": None, "object": "cipherDetails",
            "permissions": {"delete": True, "restore": True},
        }  # fmt: skip
        answer = known | given | shown | {"id": number, "revisionDate": _now()}
        if not self.forgets or made:
            self.items[number] = answer
            self.revision = answer["revisionDate"]
        return answer

    def _there(self, item: str) -> dict[str, Any]:
        if item not in self.items:
            raise Refused(404, "Resource not found.")
        return self.items[item]

    def put(self, item: str, *, login: dict[str, str], name: str = "", fields: dict[str, str] | None = None) -> str:
        """What another client of the same user does."""
        at = self.items.get(item, {"login": {}, "fields": []})
        given = {
            "type": 1, "name": sealed(name.encode(), self.key) if name else at.get("name"), "notes": None,
            "favorite": False, "reprompt": 0, "key": None, "folderId": None, "organizationId": None,
            "passwordHistory": at.get("passwordHistory"),
            "login": {"uris": [], "username": None, "password": None, "totp": None, "passwordRevisionDate": None}
            | at["login"] | {name: sealed(value.encode(), self.key) for name, value in login.items() if value},
            "fields": at["fields"] + [
                {"type": 0, "name": sealed(name.encode(), self.key), "value": sealed(value.encode(), self.key)}
                for name, value in (fields or {}).items()
            ],
        }  # fmt: skip
        return str(self._cipher("PUT" if item else "POST", item, given)["id"])

    def plain(self, item: str) -> dict[str, str]:
        """An item's login and fields in clear."""
        login, found = self.items[item]["login"], {}
        for name in ("username", "password", "totp"):
            found[name] = opened(login[name], self.key) if login.get(name) else ""
        for field in self.items[item]["fields"] or ():
            found[opened(field["name"], self.key)] = opened(field["value"], self.key) if field["value"] else ""
        return found


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(microsecond=datetime.fromisoformat(text).microsecond // 1000 * 1000)
