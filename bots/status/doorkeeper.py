"""Who may see the status page: by a token that names its person, or by the identity that a reverse proxy gives.

A page on the loopback is reached by every program of this machine, and by every web site that somebody here has open in
a browser. So the Host must be ours (no other name is answered), a POST must come from our own page (Origin, and a
CSRF token bound to the session), and nothing is shown without a token.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request

from bots.disk import create_durably, read
from bots.people import FILE, Person, load_people
from bots.settings import Settings

COOKIE = "portalkeeper"
KEY_FILE = "status.key"


@dataclass(frozen=True)
class Doorkeeper:
    """Knows people by their tokens. `hosts` are the names, with port, by which the page may be called."""

    key: bytes
    hosts: frozenset[str]
    identity_header: str
    people_file: Path

    @classmethod
    def of(cls, settings: Settings, port: int) -> Doorkeeper:
        """The doorkeeper of a data folder; its key is made when there is none."""
        own = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        return cls(
            status_key(settings.home),
            frozenset(own | {host.lower() for host in settings.status_hosts}),
            settings.status_identity_header,
            settings.config / FILE,
        )

    def token(self, user: str) -> str:
        """The token of a user of the system."""
        return f"{user}.{self._mac('token', user)}"

    def user_of(self, token: str) -> str | None:
        """Whose token it is, if it is anybody's."""
        user, _, mac = token.strip().rpartition(".")
        return user if user and hmac.compare_digest(self._mac("token", user).encode(), mac.encode()) else None

    def host_is_ours(self, request: Request) -> bool:
        """Whether the page was called by one of its names; a web site that points a name of its own here fails."""
        return request.headers.get("host", "").lower() in self.hosts

    def user(self, request: Request) -> str | None:
        """Who asks: by the proxy's header where the settings name one, by cookie or bearer token."""
        if self.identity_header and (name := request.headers.get(self.identity_header)):
            return name
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.user_of(request.cookies.get(COOKIE, "") or bearer)

    def person(self, user: str) -> Person:
        """The person behind a user, with their rights."""
        return load_people(self.people_file).find(user)

    def form_token(self, user: str) -> str:
        """What a form of the page carries, so that no other site's form is taken for it."""
        return self._mac("form", user)

    def form_is_ours(self, request: Request, user: str | None, given: str) -> bool:
        """Whether a POST comes from our own page."""
        origin = urlsplit(request.headers.get("origin", ""))
        if origin.scheme not in ("http", "https") or origin.netloc.lower() not in self.hosts:
            return False
        return user is None or hmac.compare_digest(self.form_token(user).encode(), given.encode())

    def _mac(self, what: str, user: str) -> str:
        return hmac.new(self.key, f"{what}\0{user}".encode(), hashlib.sha256).hexdigest()[:40]


def status_key(home: Path) -> bytes:
    """The key of the tokens, made at first use."""
    file = home / KEY_FILE
    if (found := read(file)) is None:
        try:
            create_durably(file, secrets.token_hex(32).encode())
        except FileExistsError:
            pass
        found = read(file)
    return (found or b"").strip()
