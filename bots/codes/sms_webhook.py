"""Where a provider brings text messages: POST /sms/twilio, believed by its signature alone.

It listens on this machine only; a reverse proxy with a certificate stands before it.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from functools import partial
from urllib.parse import parse_qsl

import structlog
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bots import now
from bots.codes.secrets import ChannelSecrets
from bots.codes.text_inbox import TextInbox
from bots.codes.texting import check_complete
from bots.codes.texts import Text, number
from bots.codes.twilio import signature
from bots.sealing import Key
from bots.settings import Settings
from flows.errors import InputError

LONGEST = 32_768  # bytes of a request; a message has 1,600 characters at most
PURGE_SECONDS = 60.0
THANKS = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

log = structlog.get_logger("portalkeeper")


def sms_app(
    inbox: TextInbox, public_address: str, account: str, token: Callable[[], SecretStr], known: Callable[[str], bool]
) -> Starlette:
    """The listener. `public_address` is the whole address that the provider was given, for that is what it signs.

    `known` tells whether an account has that number.
    """

    async def twilio(request: Request) -> Response:
        form = await _form(request)
        if form is None:
            return Response(status_code=413)
        expected = signature(token().get_secret_value(), public_address, form)
        given = request.headers.get("X-Twilio-Signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode()) or dict(form).get("AccountSid") != account:
            log.warning("a text message with a wrong signature was refused")
            return Response(status_code=403)
        await asyncio.to_thread(_take, inbox, dict(form), known)
        return Response(THANKS, media_type="text/xml")

    @asynccontextmanager
    async def purging(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_purge(inbox))
        yield
        task.cancel()

    return Starlette(routes=[Route("/sms/twilio", twilio, methods=["POST"])], lifespan=purging)


def app_of(settings: Settings, key: Key, numbers: Callable[[], Iterable[str]]) -> Starlette:
    """The listener of a data folder; `numbers` are those of its accounts, asked for with each message.

    Raises `InputError` for settings that are missing.
    """
    if settings.sms_source != "webhook":
        raise InputError(f'set sms_source = "webhook" in {settings.config_file}, or nothing is brought here')
    check_complete(settings)
    token = partial(ChannelSecrets(settings.codes_folder, key).get, "sms")
    token()
    return sms_app(
        TextInbox(settings.texts_folder, key),
        settings.sms_public_address,
        settings.sms_account,
        token,
        lambda to: number(to) in {number(each) for each in numbers()},
    )


async def _form(request: Request) -> list[tuple[str, str]] | None:
    """The fields that were posted, none when there is too much."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            return None
    return parse_qsl(body.decode(errors="replace"), keep_blank_values=True)


def _take(inbox: TextInbox, form: dict[str, str], known: Callable[[str], bool]) -> None:
    """Keep a message to one of the accounts; what it says is in no log."""
    to = form.get("To", "")
    if not known(to):
        inbox.stray(to)
        log.warning("a text message came to a number that no account has", ending=to[-4:])
        return
    text = Text(form.get("MessageSid", ""), form.get("From", ""), to, now.utc(), SecretStr(form.get("Body", "")))
    with suppress(InputError):
        if not inbox.put(text):
            log.warning("a text message came a second time", sid=text.sid)


async def _purge(inbox: TextInbox) -> None:
    while True:
        await asyncio.to_thread(inbox.purge)
        await asyncio.sleep(PURGE_SECONDS)
