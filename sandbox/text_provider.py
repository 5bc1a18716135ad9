"""The provider's addresses, on the control port, and the orders about text messages."""

import base64
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.policy import InputError, number, text
from sandbox.texts import ACCOUNT, TOKEN, Text, Texts, new_sid, with_country
from sandbox.web import read_json
from sandbox.world import World

_BASE = f"/2010-04-01/Accounts/{ACCOUNT}"
_LOGIN = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
_SETTINGS = ("webhook", "signed_for", "given_back")
_NAMES = ("to", "from", "body", "age_seconds", "sid")


class TextProvider:
    """The handlers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """The list of messages and of numbers, for the worker; `/texts`, for orders."""
        return [
            Route(f"{_BASE}/Messages.json", self.messages),
            Route(f"{_BASE}/IncomingPhoneNumbers.json", self.numbers),
            Route("/texts", self.shown),
            Route("/texts", self.send, methods=["POST"]),
            Route("/texts/provider", self.change, methods=["POST"]),
        ]

    async def messages(self, request: Request) -> Response:
        """The messages to a number, newest first, on one page."""
        if request.headers.get("Authorization") != _LOGIN:
            return JSONResponse({"message": "Authenticate"}, 401)
        to = request.query_params.get("To", "")
        found = [each.listed() for each in reversed(self._texts.texts) if to in ("", each.to)]
        return JSONResponse({"messages": found, "next_page_uri": None})

    async def numbers(self, request: Request) -> Response:
        """Whether a number is the worker's."""
        if request.headers.get("Authorization") != _LOGIN:
            return JSONResponse({"message": "Authenticate"}, 401)
        asked = request.query_params.get("PhoneNumber", "")
        owned = [] if asked in self._texts.given_back else [{"phone_number": asked}]
        return JSONResponse({"incoming_phone_numbers": owned})

    async def shown(self, _: Request) -> Response:
        """What came, what the webhook answered, and what the worker needs to read it."""
        came = [each.public() for each in self._texts.texts]
        return JSONResponse({"account": ACCOUNT, "token": TOKEN, "texts": came, "answers": self._texts.answers})

    async def send(self, request: Request) -> Response:
        """A foreign, a stale or a repeated message."""
        body = _known(await read_json(request), _NAMES)
        message = Text(
            sender=with_country(text("from", body.get("from"))),
            to=with_country(text("to", body.get("to"))),
            body=text("body", body.get("body")),
            at=self._world.clock.now() - number("age_seconds", body.get("age_seconds", 0), negative=True),
            sid=text("sid", body.get("sid", new_sid())),
        )
        self._texts.take(message)
        return JSONResponse(message.public())

    async def change(self, request: Request) -> Response:
        """Where messages are brought, and which numbers the worker gave back."""
        body = _known(await read_json(request), _SETTINGS)
        webhook = text("webhook", body["webhook"]) if body.get("webhook") else ""
        if webhook and not webhook.startswith("http://127.0.0.1:"):
            raise InputError("webhook must be an address on http://127.0.0.1")
        given_back = body.get("given_back", [])
        if not isinstance(given_back, list):
            raise InputError("given_back must be a list")
        self._texts.webhook = webhook
        self._texts.signed_for = text("signed_for", body.get("signed_for", webhook)) if webhook else ""
        self._texts.given_back = {with_country(text("each of given_back", each)) for each in given_back}
        return JSONResponse({"webhook": webhook, "given_back": sorted(self._texts.given_back)})

    @property
    def _texts(self) -> Texts:
        return self._world.texts


def _known(body: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    if unknown := sorted(set(body) - set(names)):
        raise InputError(f"unknown names {', '.join(unknown)}; known: {', '.join(names)}")
    return body
