"""The TCP side of a request: whether its connection was used before, and cutting it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(eq=False)
class Wire:
    """One client connection."""

    transport: asyncio.Transport
    host: str = ""
    requests: int = 0
    busy: bool = False

    @property
    def reused(self) -> bool:
        """Whether the request being served is not the first on this connection."""
        return self.requests > 1


class Wires:
    """The open connections of the portals."""

    def __init__(self) -> None:
        self._open: set[Wire] = set()

    def add(self, wire: Wire) -> None:
        """A client connected."""
        self._open.add(wire)

    def drop(self, wire: Wire | None) -> None:
        """A client is gone."""
        if wire is not None:
            self._open.discard(wire)

    def close_idle(self, host: str) -> None:
        """Close kept-alive connections of `host`, so that its next request needs a new one."""
        for wire in self._idle(host):
            wire.transport.close()

    def _idle(self, host: str) -> Iterator[Wire]:
        return (each for each in list(self._open) if each.host == host and not each.busy)


class WiredProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol that hands each request the connection it came on."""

    wires: Wires
    _wire: Wire | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport where handlers can reach it: `request.state.wire`."""
        self._wire = Wire(transport)
        self.wires.add(self._wire)
        self.app_state = {**self.app_state, "wire": self._wire}
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.wires.drop(self._wire)
        super().connection_lost(exc)


def wired_protocol(wires: Wires) -> type[WiredProtocol]:
    """A protocol class that registers its connections in `wires`."""
    return type("WiredProtocol", (WiredProtocol,), {"wires": wires})


def wire_of(scope: Any) -> Wire:
    """The connection a request came on."""
    wire: Wire = scope["state"]["wire"]
    return wire


def cut(request: Request) -> Response:
    """Cut the connection under the request; nothing of the response can leave any more."""
    wire_of(request.scope).transport.abort()
    return Response()
