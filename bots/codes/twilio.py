"""Twilio: its list of messages, asked again and again, and the signature by which its own requests are known."""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha1
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bots import now
from bots.codes.texts import Text, number
from flows.errors import CodeNotReceived, InputError

if TYPE_CHECKING:
    import httpx

POLL_SECONDS = 2.0
ANSWER_SECONDS = 10.0
PAGES = 20
VERSION = "2010-04-01"


def signature(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """What Twilio puts into X-Twilio-Signature: over the address it was given and the fields in the order of names."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(token.encode(), signed.encode(), sha1)).decode()


class TwilioMessages:
    """The messages of one account of Twilio, at `address`. `token` gives its auth token, fresh each time."""

    def __init__(self, address: str, account: str, token: Callable[[], SecretStr]) -> None:
        self.name = f"account {account} of Twilio"
        self._address = address
        self._account = account
        self._token = token

    async def place(self, to: str) -> frozenset[str]:
        """The messages of today and yesterday. Raises `CodeNotReceived` for a number that is somebody else's now."""
        async with self._client() as client:
            await self._check_number(client, to)
            return frozenset([text.sid for text in await self._listed(client, to)])

    async def since(self, place: frozenset[str], to: str, seconds: float) -> AsyncIterator[Text]:
        """Ask for the list every two seconds. Raises `CodeNotReceived` when it could not be read at the end."""
        clock, seen = asyncio.get_running_loop().time, set(place)
        async with self._client() as client:
            deadline, trouble = clock() + seconds, None
            while clock() < deadline:
                try:
                    fresh, trouble = [text for text in await self._listed(client, to) if text.sid not in seen], None
                except CodeNotReceived as error:
                    fresh, trouble = [], error
                for text in fresh:
                    seen.add(text.sid)
                    yield text
                await asyncio.sleep(POLL_SECONDS)
        if trouble:
            raise trouble

    async def claim(self, text: Text) -> bool:
        """The list is not ours to mark; the ledger knows the codes that were used."""
        return True

    async def stand(self, numbers: Iterable[str]) -> str:
        """How it stands, for the doctor. Raises `CodeNotReceived` for a number that is not this account's any more."""
        async with self._client() as client:
            for each in sorted({number(each) for each in numbers}):
                await self._check_number(client, each)
            await self._asked(client, f"{self._base}/Messages.json", {"PageSize": "1"})
        return f"{self.name} is open"

    async def _check_number(self, client: httpx.AsyncClient, to: str) -> None:
        told = await self._asked(client, f"{self._base}/IncomingPhoneNumbers.json", {"PhoneNumber": to})
        owned = told.get("incoming_phone_numbers") or ()
        if not any(number(str(found.get("phone_number"))) == to for found in owned):
            raise CodeNotReceived(
                f"{self.name} does not have the number ending in {to[-4:]} any more, to which a portal sends codes: "
                "whoever has it now gets them. Register another number at the portal"
            )

    @property
    def _base(self) -> str:
        return f"/{VERSION}/Accounts/{self._account}"

    def _client(self) -> httpx.AsyncClient:
        import httpx  # here, to keep it out of the program's start

        try:
            login = (self._account, self._token().get_secret_value())
        except InputError as error:
            raise CodeNotReceived(f"{self.name}: {error}") from None
        return httpx.AsyncClient(base_url=self._address, auth=login, timeout=ANSWER_SECONDS)

    async def _listed(self, client: httpx.AsyncClient, to: str) -> list[Text]:
        day = f"{now.utc() - timedelta(days=1):%Y-%m-%d}"
        asked: Mapping[str, str] | None = {"To": to, "DateSent>": day, "PageSize": "100"}
        page, texts = f"{self._base}/Messages.json", []
        for _ in range(PAGES):
            told = await self._asked(client, page, asked)
            try:
                texts += [_text(each) for each in told["messages"] if each["direction"] == "inbound"]
                page, asked = told.get("next_page_uri") or "", None
            except (KeyError, TypeError, ValueError):
                raise CodeNotReceived(f"{self.name} answers in another form than is known") from None
            if not page.startswith(self._base):
                break
        return texts

    async def _asked(self, client: httpx.AsyncClient, page: str, query: Mapping[str, str] | None) -> Any:
        import httpx

        try:
            answer = await client.get(page, params=query)
            if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                raise CodeNotReceived(f"{self.name} refuses the worker: pk codes set sms")
            if answer.status_code != HTTPStatus.OK:
                raise CodeNotReceived(f"{self.name} answers with status {answer.status_code}")
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise CodeNotReceived(f"{self.name} can't be reached ({type(error).__name__})") from None


def _text(told: Mapping[str, Any]) -> Text:
    at = parsedate_to_datetime(told["date_sent"] or told["date_created"])
    return Text(told["sid"], told["from"], told["to"], at, SecretStr(told["body"]))
