"""`python -m sandbox`: serve the practice world until told to stop."""

import argparse
import asyncio
import json
import os
import shlex
import sys
from functools import partial
from pathlib import Path

from sandbox.clock import Clock
from sandbox.control import control_app
from sandbox.letters import Mailbox
from sandbox.server import LOOPBACK, ByHost, serve, sockets
from sandbox.sites import HOSTS, build_sites
from sandbox.wire import Wires
from sandbox.world import World

CANNOT_SERVE = 2


def main(argv: list[str] | None = None) -> int:
    """Run the world; the exit code is 0 after a signal and 2 when it can't be served."""
    options = _options(argv)
    try:
        bound = sockets(options.port_base)
    except (OSError, OverflowError) as error:
        ports = "free ports" if options.port_base is None else _ports(options.port_base)
        print(f"sandbox: can't bind {ports} on {LOOPBACK}: {error}", file=sys.stderr)
        return CANNOT_SERVE
    try:
        mailbox = Mailbox(options.maildir, options.mail_command)
    except OSError as error:
        print(f"sandbox: can't keep mail in {options.maildir}: {error.strerror}", file=sys.stderr)
        return CANNOT_SERVE
    port = bound[0].getsockname()[1]
    control = f"http://{LOOPBACK}:{port + 1}"
    clock = Clock(options.clock_file)
    try:
        clock.publish(control)
    except OSError as error:
        print(f"sandbox: can't write {options.clock_file}: {error.strerror}", file=sys.stderr)
        return CANNOT_SERVE
    world = World(options.seed, clock, mailbox, light=options.light)
    world.name_portals(HOSTS, port)
    wires = Wires()
    portals = ByHost(world, build_sites(world, port, options.okta_widget))
    ready = partial(_announce, world, control)
    try:
        asyncio.run(serve(portals, control_app(world, wires), bound, wires, ready))
    finally:
        clock.withdraw()
    return 0


def _announce(world: World, control: str) -> None:
    """Print the one line that says where everything is."""
    line = {
        "ready": True,
        "control": control,
        "portals": {name: {"url": each.url} for name, each in world.portals.items()},
        "seed": world.seed,
        "pid": os.getpid(),
    }
    print(json.dumps(line), flush=True)


def _ports(base: int) -> str:
    return f"ports {base} and {base + 1}"


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=main.__doc__)
    parser.add_argument("--port-base", type=int, help="portals here, control interface one above")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same world")
    parser.add_argument("--clock-file", type=Path, help="where to publish the clock's offset")
    parser.add_argument("--light", action="store_true", help="scripts without the vendor code that real portals load")
    parser.add_argument("--maildir", type=Path, help="a Maildir that takes the portals' mail")
    parser.add_argument("--mail-command", type=shlex.split, default=[], help="a program that is given each letter")
    parser.add_argument(
        "--okta-widget", type=Path, help="the folder dist of @okta/okta-signin-widget, for its own pages"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
