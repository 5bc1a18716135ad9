"""Serving the world: portals on one port, told apart by name, the control interface beside them."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.wire import Wires, wire_of, wired_protocol
from sandbox.world import World

LOOPBACK = "127.0.0.1"
_BACKLOG = 1024
_TRIES = 50


def sockets(port_base: int | None) -> tuple[socket.socket, socket.socket]:
    """Bound sockets for ports N and N+1; without a base, of two free neighbours."""
    if port_base is not None:
        return _pair(port_base)
    for _ in range(_TRIES):
        with contextlib.suppress(OSError, OverflowError):
            return _pair(0)
    raise OSError("no two free neighbouring ports found")


def _pair(port: int) -> tuple[socket.socket, socket.socket]:
    first = _bound(port)
    try:
        return first, _bound(first.getsockname()[1] + 1)
    except (OSError, OverflowError):
        first.close()
        raise


def _bound(port: int) -> socket.socket:
    # The protocol is said: asyncio turns off Nagle's delay (40 ms an answer) only where it is.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, port))
    except OSError:
        bound.close()
        raise
    return bound


class ByHost:
    """Dispatch by the Host header, and keep book of what each connection carries."""

    def __init__(self, world: World, sites: dict[str, tuple[str, ASGIApp]]) -> None:
        self._world = world
        self._sites = sites

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").partition(":")[0]
        wire = wire_of(scope)
        wire.host, wire.busy = host, True
        wire.requests += 1
        portal, site = self._sites.get(host, ("", None))
        try:
            if self._world.faults.wants_fresh(portal):
                send = _closing(send)
            await (site or self._unknown())(scope, receive, send)
        except ClientDisconnect:
            pass  # the browser left in the middle of its request
        finally:
            wire.busy = False

    def _unknown(self) -> ASGIApp:
        known = ", ".join(sorted(self._sites))
        return PlainTextResponse(f"no such portal here; known: {known}\n", status_code=404)


def _closing(send: Send) -> Send:
    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
        await send(message)

    return closing


class _Quiet(uvicorn.Server):
    """A server that leaves signals to us and says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets=sockets)
        self.answering.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: ASGIApp, wires: Wires) -> _Quiet:
    config = uvicorn.Config(
        app,
        http=wired_protocol(wires),
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_level="error",
        access_log=False,
        backlog=_BACKLOG,
        timeout_keep_alive=120,
        server_header=False,
        proxy_headers=False,
    )
    return _Quiet(config)


async def serve(
    portals: ASGIApp,
    control: ASGIApp,
    bound: tuple[socket.socket, socket.socket],
    wires: Wires,
    ready: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called once both ports answer."""
    servers = (_server(portals, wires), _server(control, Wires()))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    running = [asyncio.ensure_future(server.serve(sockets=[sock])) for server, sock in zip(servers, bound, strict=True)]
    for server in servers:
        await server.answering.wait()
    ready()
    await stop.wait()
    await _end(servers, running)


async def _end(servers: tuple[_Quiet, _Quiet], running: Sequence[asyncio.Future[None]]) -> None:
    # Held answers (hangs) are dropped at once: their cancellation is no news.
    logging.disable(logging.CRITICAL)
    for server in servers:
        server.should_exit = server.force_exit = True
    await asyncio.gather(*running, return_exceptions=True)
