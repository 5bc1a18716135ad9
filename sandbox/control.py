"""The control interface: what the portals saw, and orders: clock, accounts, policies, faults."""

from collections.abc import Awaitable, Callable
from datetime import date
from itertools import islice
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.account_orders import apply_account, portal_named
from sandbox.letter_orders import ordered_letter
from sandbox.organizations import ORGANIZATIONS
from sandbox.policy import InputError, flag, number, text, whole
from sandbox.sessions import BROWSER
from sandbox.sign_in import complete
from sandbox.sites import HOSTS
from sandbox.text_provider import TextProvider
from sandbox.web import bad_input, read_json
from sandbox.wire import Wires
from sandbox.world import World

_DEFAULT_LOG = 200


def control_app(world: World, wires: Wires) -> Starlette:
    """The application that serves the control interface."""
    desk = Control(world, wires)
    routes: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
        ("GET", "/state", desk.state),
        ("GET", "/members", desk.members),
        ("GET", "/claims", desk.claims),
        ("GET", "/medicaid-claims", desk.medicaid_claims),
        ("GET", "/payments", desk.payments),
        ("POST", "/payments", desk.order_payment),
        ("GET", "/organizations", desk.organizations),
        ("GET", "/log", desk.log),
        ("POST", "/reset", desk.reset),
        ("POST", "/clock", desk.clock),
        ("POST", "/accounts", desk.change_account),
        ("DELETE", "/accounts", desk.delete_account),
        ("POST", "/sessions", desk.open_session),
        ("DELETE", "/sessions", desk.end_sessions),
        ("POST", "/policy", desk.change_policy),
        ("GET", "/policy", desk.policy),
        ("GET", "/faults", desk.faults),
        ("POST", "/faults", desk.order_fault),
        ("DELETE", "/faults", desk.cancel_faults),
        ("GET", "/mail", desk.mail),
        ("POST", "/mail", desk.send_mail),
    ]
    return Starlette(
        routes=[
            *(Route(path, handler, methods=[method]) for method, path, handler in routes),
            *TextProvider(world).routes(),
        ],
        exception_handlers={InputError: bad_input},
    )


class Control:
    """The handlers, one per order."""

    def __init__(self, world: World, wires: Wires) -> None:
        self._world = world
        self._wires = wires

    async def state(self, _: Request) -> Response:
        """Everything the portals counted."""
        return JSONResponse(self._world.state())

    async def members(self, _: Request) -> Response:
        """The synthetic members and what a right answer says of each."""
        return JSONResponse([each.public() for each in self._world.members])

    async def claims(self, _: Request) -> Response:
        """The synthetic claims and what a right answer says of each."""
        return JSONResponse([each.public() for each in self._world.claims])

    async def medicaid_claims(self, _: Request) -> Response:
        """The claims that the Medicaid payers have on file."""
        return JSONResponse([each.public() for each in self._world.medicaid_claims])

    async def payments(self, request: Request) -> Response:
        """What a user's list of payments holds between two days, and what became of each file."""
        query = _known(dict(request.query_params), "portal", "user", "payer", "tin", "first", "last")
        portal, user = self._account({name: query.get(name) for name in ("portal", "user")})
        days = (date.fromisoformat(query.get(name, "")) for name in ("first", "last"))
        rows = portal.remits.rows(portal.accounts[user], query.get("payer", ""), query.get("tin", ""), *days)
        return JSONResponse([portal.remits.public(each) for each in rows])

    async def order_payment(self, request: Request) -> Response:
        """A user's file is late, or comes revised now."""
        body = _known(await read_json(request), "portal", "user", "trace", "late", "revised")
        trace = text("trace", body.pop("trace", None))
        wanted = {name: flag(name, body.pop(name)) for name in ("late", "revised") if name in body}
        portal, user = self._account(body)
        return JSONResponse(portal.remits.order(portal.accounts[user], trace, wanted))

    async def organizations(self, _: Request) -> Response:
        """Organizations with tax numbers, regions and providers."""
        return JSONResponse([each.public() for each in ORGANIZATIONS])

    async def log(self, request: Request) -> Response:
        """The last events, oldest first, of one portal or user where asked."""
        query = _known(dict(request.query_params), "portal", "user", "limit")
        limit = query.pop("limit", str(_DEFAULT_LOG))
        wanted = (
            event for event in reversed(self._world.log) if all(event[name] == value for name, value in query.items())
        )
        last = list(islice(wanted, whole("limit", int(limit) if limit.isdecimal() else limit)))
        return JSONResponse(last[::-1])

    async def reset(self, request: Request) -> Response:
        """A new world, by another seed where one is given."""
        body = _known(await read_json(request), "seed")
        seed = whole("seed", body["seed"]) if "seed" in body else None
        self._world.reset(seed)
        return JSONResponse(self._world.state())

    async def clock(self, request: Request) -> Response:
        """Jump."""
        body = _known(await read_json(request), "advance_seconds")
        self._world.clock.advance(number("advance_seconds", body.get("advance_seconds"), negative=True))
        state = self._world.state()
        return JSONResponse({"now": state["now"], "offset_seconds": state["offset_seconds"]})

    async def change_account(self, request: Request) -> Response:
        """Create an account or change one."""
        return JSONResponse(apply_account(self._world, await read_json(request)))

    async def delete_account(self, request: Request) -> Response:
        """Remove an account and its sessions."""
        portal, user = self._account(await read_json(request))
        portal.sessions.end_all(user, "account deleted")
        del portal.accounts[user]
        return JSONResponse({"deleted": user})

    async def open_session(self, request: Request) -> Response:
        """Somebody else signs in to this account, from elsewhere; a browser like the worker's if not `elsewhere`."""
        order = await read_json(request)
        elsewhere = flag("elsewhere", order.pop("elsewhere", True))
        portal, user = self._account(order)
        session = portal.sessions.begin(user, "somebody else" if elsewhere else BROWSER)
        stage = complete(portal, session)
        return JSONResponse({"stage": stage, "token": session.token, "bearer": session.bearer})

    async def end_sessions(self, request: Request) -> Response:
        """End all sessions of an account."""
        portal, user = self._account(await read_json(request))
        return JSONResponse({"ended": portal.sessions.end_all(user, "ended by order")})

    async def policy(self, _: Request) -> Response:
        """The rules in force."""
        portals = self._world.portals.items()
        return JSONResponse({name: vars(each.policy) for name, each in portals})

    async def change_policy(self, request: Request) -> Response:
        """Change rules of one portal."""
        body = await read_json(request)
        portal = portal_named(self._world, body.pop("portal", None))
        portal.policy.change(body)
        return JSONResponse(vars(portal.policy))

    async def faults(self, _: Request) -> Response:
        """The faults that are still waiting."""
        return JSONResponse([each.public() for each in self._world.faults.all()])

    async def order_fault(self, request: Request) -> Response:
        """Order one."""
        fault = self._world.faults.order(tuple(self._world.portals), await read_json(request))
        if fault.connection == "fresh":
            for host in HOSTS[fault.portal]:
                self._wires.close_idle(host)
        return JSONResponse(fault.public())

    async def cancel_faults(self, request: Request) -> Response:
        """Forget one fault by its id, or all."""
        body = _known(await read_json(request) | dict(request.query_params), "id")
        wanted = text("id", body["id"]) if "id" in body else None
        return JSONResponse({"cancelled": self._world.faults.cancel(wanted)})

    async def mail(self, request: Request) -> Response:
        """The letters that arrived, oldest first, of one portal, user or address where asked."""
        query = _known(dict(request.query_params), "portal", "user", "to")
        letters = [each.public() for each in self._world.mailbox.letters]
        return JSONResponse([each for each in letters if all(each[name] == value for name, value in query.items())])

    async def send_mail(self, request: Request) -> Response:
        """Put a foreign or stale letter into the mailbox."""
        letter = ordered_letter(self._world, await read_json(request))
        self._world.mailbox.take(letter)
        return JSONResponse(letter.public())

    def _account(self, body: dict[str, Any]) -> Any:
        _known(body, "portal", "user")
        portal = portal_named(self._world, body.get("portal"))
        user = text("user", body.get("user"))
        if user not in portal.accounts:
            raise InputError(f"no account {user!r} on {portal.id}")
        return portal, user


def _known(body: dict[str, Any], *names: str) -> dict[str, Any]:
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise InputError(f"unknown names {', '.join(unknown)}; known: {', '.join(names)}")
    return body
