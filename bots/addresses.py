"""Addresses in settings: whether one is this machine, and what an origin looks like."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

_LOCAL_NAME = re.compile(r"([a-z0-9_-]+\.)*localhost", re.IGNORECASE)


def is_loopback(address: str) -> bool:
    """Whether `address` (URL, host or host:port) is this machine by its form alone: localhost, *.localhost, 127/8, ::1.

    DNS is never asked. What browsers may read differently (backslashes, user names, spaces) counts as not loopback.
    """
    if re.search(r"[\\@\s\x00-\x1f]", address):
        return False
    bare = f"[{address}]" if address.count(":") > 1 and "[" not in address and "/" not in address else address
    try:
        host = urlsplit(bare if "//" in bare else f"//{bare}").hostname or ""
    except ValueError:
        return False
    return _LOCAL_NAME.fullmatch(host) is not None or _is_local_number(host)


def _is_local_number(host: str) -> bool:
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    return number == ipaddress.IPv6Address("::1") or number in ipaddress.IPv4Network("127.0.0.0/8")


def _origin(address: str) -> str:
    """`address` as an origin without its last slash; plain http on this machine only, for member data crosses it."""
    parts = urlsplit(address)
    whole = parts.scheme in ("http", "https") and parts.hostname and parts.path in ("", "/")
    if not whole or parts.query or parts.fragment or re.search(r"[\\@\s]", address):
        raise ValueError("expected an origin such as https://portal.example, without user name, path or query")
    if parts.scheme == "http" and not is_loopback(address):
        raise ValueError("expected https; plain http is for this machine only")
    return address.rstrip("/")


Origin = Annotated[str, AfterValidator(_origin)]
