"""The second step of one session: letters and codes that the portal is asked for, each counted before it is used."""

from __future__ import annotations

import re

from pydantic import SecretStr

from bots.attempts import Attempts
from bots.codes.channels import Ask, Channels
from bots.codes.inbox import Mark
from bots.codes.texts import Texts
from bots.codes.totp import Totp
from bots.codes.turns import LETTERS, Turn
from bots.desk import Desk, Verdict
from bots.vault import Vault
from bots.vault.aside import aside
from flows.errors import CodeNotReceived, CodesExhausted
from flows.parties import Account, CodeWay
from payers.model import Letter, Portal

SENT = (CodeWay.EMAIL, CodeWay.SMS)


class Challenge:
    """What one account is asked for beside its password, at the portal at `address`."""

    def __init__(
        self,
        account: Account,
        portal: Portal,
        address: str,
        channels: Channels,
        desk: Desk,
        vault: Vault,
        attempts: Attempts,
    ) -> None:
        self._account = account
        self._portal = portal
        self._address = address
        self._channels = channels
        self._desk = desk
        self._vault = vault
        self._attempts = attempts
        self._turn: Turn | None = None
        self._mark: Mark | None = None
        self._unreachable: CodeNotReceived | None = None
        self._way = CodeWay.EMAIL

    async def expect_letter(self) -> None:
        """Count the letter about a forgotten password, and remember which are there."""
        await self._look()
        await self._desk.grant_letter()

    async def letter(self) -> SecretStr:
        """The link or code of the letter that came since, once."""
        return await self._mailed(self._portal.reset_letter, self._channels.letter_seconds)

    async def expect_code(self, way: CodeWay) -> None:
        """Count the code that is about to be sent, and remember what is there; once until it has come.

        Nothing for an account that takes none that way. A mailbox that can't be read is no failure yet for an account
        that has another way: some portals send their letter whatever is chosen then. Asking for a code tells that a
        password that was typed was taken.
        """
        await self._attempts.settle_taken()
        if way not in SENT or way not in self._account.code_ways or (self._mark and self._way is way):
            return
        try:
            await self._look(way)
        except CodeNotReceived as error:
            if way is CodeWay.SMS or len(self._account.code_ways) == 1:
                raise
            self._unreachable = error
            return
        await self._desk.ask_for_code()

    async def code(self, way: CodeWay) -> SecretStr:
        """A code that was never used before. Asking for it tells that what came before was taken."""
        await self._attempts.settle_code(Verdict.REFUSED)
        await self._attempts.settle_taken()
        if way is CodeWay.BACKUP:
            return await self._of_backup()
        if way is CodeWay.AUTHENTICATOR and (secret := await aside(self._vault.totp_secret, self._account.name)):
            return await self._authenticated(Totp(secret))
        code = await self._sent_or_asked(way)
        await self._attempts.open_code(code.get_secret_value(), fingerprint=self._fingerprint(code))
        return code

    def over(self) -> None:
        """Whatever was asked for is not waited for any more."""
        self._mark, self._unreachable = None, None
        if self._turn:
            self._turn.leave()
            self._turn = None

    async def _look(self, way: CodeWay = CodeWay.EMAIL) -> None:
        """Take the turn, if it isn't taken, and a mark of the mailbox, or of the text messages."""
        if self._way is not way:
            self.over()
        self._mark, self._unreachable, self._way = None, None, way
        if self._turn is None:
            self._turn = await self._channels.turn(LETTERS if way is CodeWay.EMAIL else "texts", self._portal.name)
        try:
            if way is CodeWay.EMAIL:
                self._mark = await self._channels.inbox.mark()
            else:
                self._mark = await self._texts.mark(self._portal, self._account.name, self._account.phone)
        except BaseException:
            self.over()
            raise

    async def _mailed(self, wanted: Letter | None, seconds: float) -> SecretStr:
        if self._unreachable:
            raise self._unreachable
        if self._mark is None or wanted is None:
            raise RuntimeError("a letter is expected before it is asked for, of a portal that says what it looks like")
        try:
            found = await self._channels.inbox.wait(wanted, self._account.email, self._address, self._mark, seconds)
        finally:
            self.over()
        self._attempts.handed_out.add(found.get_secret_value())
        return found

    async def _texted(self) -> SecretStr:
        if self._unreachable:
            raise self._unreachable
        if self._mark is None or self._way is not CodeWay.SMS:
            raise RuntimeError("a text message is expected before it is asked for")
        try:
            seconds = self._channels.code_seconds
            found = await self._texts.wait(self._portal, self._account.phone, self._mark, seconds)
        finally:
            self.over()
        self._attempts.handed_out.add(found.get_secret_value())
        return found

    @property
    def _texts(self) -> Texts:
        if self._channels.texts is None:
            raise CodeNotReceived("no text message could be read: set sms_source (docs/codes.md)")
        return self._channels.texts

    async def _authenticated(self, totp: Totp) -> SecretStr:
        """The code of a time step that was never used before."""
        time_step = await totp.next_usable_step(await self._desk.last_time_step())
        code = totp.code_for(time_step)
        await self._attempts.open_code(code.get_secret_value(), time_step)
        return code

    async def _of_backup(self) -> SecretStr:
        """The next backup code, marked as used before it is typed; one that the ledger knows is passed over."""
        name, backup = self._account.name, self._channels.backup
        while True:
            code = backup.first(name)
            try:
                await self._attempts.open_code(code.get_secret_value(), fingerprint=self._fingerprint(code))
            except CodesExhausted:
                backup.use(name, code)
                continue
            await self._desk.notice("backup codes left", str(backup.use(name, code)))
            return code

    async def _sent_or_asked(self, way: CodeWay) -> SecretStr:
        """What was sent; else, where the account has that way, what a person gives."""
        try:
            if way not in self._account.code_ways:
                raise CodeNotReceived(
                    f"the portal wants a code by {way}, which account {self._account.name} does not take: "
                    f"pk account set {self._account.name} --set code_ways={way}"
                )
            if way is CodeWay.AUTHENTICATOR:
                raise CodesExhausted(
                    f"the portal asks for a code of an authenticator and the vault has none for {self._account.name}: "
                    f"pk vault set {self._account.name} --totp"
                )
            if way is CodeWay.SMS:
                return await self._texted()
            return await self._mailed(self._portal.code_letter, self._channels.code_seconds)
        except (CodeNotReceived, CodesExhausted):
            ask = self._channels.ask
            if CodeWay.PERSON not in self._account.code_ways or ask is None:
                raise
        return await self._asked(way, ask)

    async def _asked(self, way: CodeWay, ask: Ask) -> SecretStr:
        seconds = self._channels.code_seconds
        words = f"{self._account.name}: {self._portal.title} asks for the code by {way}"
        given = re.sub(r"[\s-]", "", await ask(words, seconds) or "")
        if not given.isalnum():
            raise CodeNotReceived(f"nobody gave the code of {self._account.name} within {seconds:.0f} s")
        return SecretStr(given)

    def _fingerprint(self, code: SecretStr) -> str:
        return self._vault.fingerprint(self._account.name, code)
