"""Servers of credential managers that can't be run here, as their facts are known: what they keep and what they refuse."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import string
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Double:
    """A server in a thread. `fault` is a status that everything gets, with a page of HTML.

    `last` is the request after which nothing is answered any more, not even with a status.
    """

    def __init__(self, context: Any = None) -> None:
        self.fault, self.last, self.gone = 0, "", False
        self.requests: list[str] = []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )  # or one slow client would keep all others out
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_port

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: bytes) -> Any:
        raise NotImplementedError

    @contextlib.contextmanager
    def failing(self, status: int) -> Iterator[None]:
        self.fault = status
        try:
            yield
        finally:
            self.fault = 0

    @contextlib.contextmanager
    def dropping_after(self, request: str) -> Iterator[None]:
        self.last = request
        try:
            yield
        finally:
            self.last, self.gone = "", False

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _handler(double: Double) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            with double.lock:
                self.close_connection = self.close_connection or double.gone
                if double.gone:
                    return
                double.gone = f"{self.command} {parts.path}" == double.last
                double.requests.append(f"{self.command} {parts.path}")
                try:
                    if double.fault:
                        self._send(double.fault, b"<html><body>Sorry, needle</body></html>", "text/html")
                        return
                    found = double.answer(self.command, parts.path, parse_qs(parts.query), self.headers, body)
                    told = found if isinstance(found, bytes) else json.dumps(found).encode()
                    self._send(200, told, "application/json")
                except Refused as refused:
                    why = {"status": refused.status, "message": str(refused)}
                    self._send(refused.status, json.dumps(why).encode(), "application/json")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

        def log_message(self, *given: object) -> None:
            """Silent."""

    return Handler


ALPHABET = string.ascii_lowercase + string.digits


def new_id() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(26))


class ConnectServer(Double):
    """1Password Connect 1.7: one vault, a token, items by id or title, PATCH by field id."""

    def __init__(self) -> None:
        super().__init__()
        self.vault, self.token, self.sync = new_id(), "header.needle-token.signature", "ACTIVE"
        self.read_only = False
        self.items: dict[str, dict[str, Any]] = {}

    def answer(self, method: str, path: str, query: dict[str, list[str]], headers: Any, body: bytes) -> Any:
        if path == "/health":
            dependencies = [{"service": "sync", "status": self.sync}, {"service": "sqlite", "status": "ACTIVE"}]
            return {"name": "1Password Connect API", "version": "1.7.1", "dependencies": dependencies}
        if headers.get("Authorization") != f"Bearer {self.token}":
            raise Refused(401, "Invalid token signature")
        known = re.fullmatch(r"/v1/vaults/([^/]+)(?:/items(?:/([^/]+))?)?", path)
        if not known or not re.fullmatch(r"[\da-z]{26}", known[1]) or (known[2] and len(known[2]) != 26):
            raise Refused(400, "Invalid uuid")
        if known[1] != self.vault:
            raise Refused(403, f"vault {known[1]} is not in scope")
        if method != "GET" and self.read_only:
            raise Refused(403, "token does not have permission to perform write on vault")
        if not path.partition("/items")[1]:
            return {"id": self.vault, "name": "Portals"}
        if known[2] is None:
            return self._create(json.loads(body)) if method == "POST" else self._list(query)
        if known[2] not in self.items:
            raise Refused(404, "Invalid Item UUID")
        item = self.items[known[2]]
        if method == "PATCH":
            self._patch(item, json.loads(body))
        elif method == "DELETE":
            del self.items[item["id"]]
        return item

    def _list(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        title = json.loads(query["filter"][0].removeprefix("title eq ")) if "filter" in query else None
        items = [item for item in self.items.values() if title in (None, item["title"])]
        return [{name: value for name, value in item.items() if name != "fields"} for item in items]

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        self._check(given["fields"])
        item = given | {"id": new_id(), "version": 0, "fields": [{"id": new_id(), **each} for each in given["fields"]]}
        self.items[item["id"]] = item
        self._changed(item)
        return item

    def _patch(self, item: dict[str, Any], changes: Any) -> None:
        fields = [dict(field) for field in item["fields"]]
        for change in changes:
            _, _, *rest = change["path"].split("/")
            if change["op"] == "add" and not rest:
                fields.append({"id": new_id(), **change["value"]})
                continue
            field = next((each for each in fields if rest and each["id"] == rest[0]), None)
            if field is None:
                raise Refused(400, f"unable to apply patch: no field at {change['path']}")
            if change["op"] == "remove":
                fields.remove(field)
            else:
                field["value"] = change["value"]
        self._check(fields)
        item["fields"] = fields
        self._changed(item)

    @staticmethod
    def _check(fields: list[dict[str, Any]]) -> None:
        if sum(field.get("purpose") == "PASSWORD" for field in fields) > 1:
            raise Refused(400, "Item has more than one password field")
        for field in fields:
            if field.get("type") not in ("STRING", "CONCEALED", "OTP"):
                raise Refused(400, f"field has unsupported field type: {field.get('type')}")

    @staticmethod
    def _changed(item: dict[str, Any]) -> None:
        item["version"] += 1
        item["updatedAt"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
