"""Text messages with codes, and when one is believed: anybody can send one to a number.

It went to the account's own number, came from a number that the practice knows as the portal's, after it was asked
for, and holds exactly one code.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import SecretStr

from bots import now
from bots.codes.inbox import Mark
from bots.codes.letters import CLOCKS_APART, NotBelieved, code_in
from flows.errors import CodeNotReceived
from payers.model import Portal


@dataclass(frozen=True)
class Text:
    """A text message; `sid` is the provider's name for it, `at` when it was sent or came."""

    sid: str
    sender: str
    recipient: str
    at: datetime
    body: SecretStr


def number(text: str) -> str:
    """A telephone number with its country, +15550100199; ten digits are one of the US, five or six a short code."""
    digits = re.sub(r"\D", "", text)
    if text.strip().startswith("+") or (len(digits) == 11 and digits[0] == "1"):
        return f"+{digits}"
    return f"+1{digits}" if len(digits) == 10 else digits


class TextSource(Protocol):
    """Where text messages arrive; `name` is for people."""

    name: str

    async def place(self, to: str) -> Any:
        """The end of what is there now for that number. Raises `CodeNotReceived` when it can't be read."""

    def since(self, place: Any, to: str, seconds: float) -> AsyncIterator[Text]:
        """Each message to that number that came behind `place`, once; ends after so many seconds."""

    async def claim(self, text: Text) -> bool:
        """Take a message for oneself; False when somebody has used it."""


class Texts:
    """A source whose messages are judged; `senders` are the numbers of each portal, by its name."""

    def __init__(self, source: TextSource, senders: Mapping[str, Collection[str]]) -> None:
        self._source = source
        self._senders = {portal: {number(each) for each in numbers} for portal, numbers in senders.items()}

    async def mark(self, portal: Portal, account: str, to: str) -> Mark:
        """What is there now. Raises `CodeNotReceived`, saying what to do, where no message could be believed."""
        if not re.fullmatch(r"\+\d{8,15}", number(to)):
            raise CodeNotReceived(
                f"the number to which codes are sent is not known: pk account set {account} --set registered_phone=..."
            )
        if not self._senders.get(portal.name) or not portal.text_digits:
            raise CodeNotReceived(
                f"no text message of {portal.title} could be believed: name the numbers it sends from in sms_senders"
            )
        return Mark(now.utc(), await self._source.place(number(to)))

    async def wait(self, portal: Portal, to: str, mark: Mark, seconds: float) -> SecretStr:
        """The code of the message to `to` that came after `mark`, used from then on.

        Raises `CodeNotReceived` when none came in time, saying which were not believed and why.
        """
        refused = set[str]()
        async with aclosing(self._source.since(mark.place, number(to), seconds)) as texts:  # type: ignore[type-var]
            async for text in texts:
                try:
                    code = self._code_of(text, portal, number(to), mark)
                except NotBelieved as why:
                    refused.add(str(why))
                    continue
                if await self._source.claim(text):
                    return SecretStr(code)
        raise CodeNotReceived(
            f"no text message with a code came to {self._source.name} within {seconds:.0f} s"
            + "".join(f"; one was not used: {why}" for why in sorted(refused))
        )

    def _code_of(self, text: Text, portal: Portal, to: str, mark: Mark) -> str:
        if number(text.recipient) != to:
            raise NotBelieved("it is to another number")
        if number(text.sender) not in self._senders[portal.name]:
            raise NotBelieved("it is from another number than those of sms_senders")
        if text.at < mark.at - CLOCKS_APART:
            raise NotBelieved("it was sent before it was asked for")
        return code_in(text.body.get_secret_value(), portal.text_digits)
