"""The channels by which codes and letters reach the worker, as the settings have them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bots.codes.backup import BackupCodes
from bots.codes.imap import ImapMailbox, Login
from bots.codes.inbox import Inbox, Maildir
from bots.codes.oauth import Application
from bots.codes.secrets import ChannelSecrets
from bots.codes.text_inbox import TextInbox
from bots.codes.texts import Texts
from bots.codes.turns import Turn
from bots.codes.twilio import TwilioMessages
from bots.sealing import Key, load_key
from bots.settings import Settings
from flows.errors import CodeNotReceived, InputError

Ask = Callable[[str, float], Awaitable[str | None]]
"""Asks a person for a code, and waits so many seconds; none when they have none."""


@dataclass(frozen=True)
class Channels:
    """Where codes come from, and for how many seconds one is waited for."""

    inbox: Inbox
    turns: Path
    letter_seconds: float
    code_seconds: float
    backup: BackupCodes
    ask: Ask | None = None
    texts: Texts | None = None

    async def turn(self, channel: str, portal: str) -> Turn:
        """The right to ask `portal` for a code by that channel."""
        return await Turn.taken(self.turns / f"{channel}-{portal}.turn", self.letter_seconds)


def channels_of(settings: Settings, key: Key, ask: Ask | None = None) -> Channels:
    """The channels of a data folder; nothing is contacted."""
    return Channels(
        inbox=Inbox(mailbox_of(settings, key), settings.mail_server),
        turns=settings.lease_folder,
        letter_seconds=settings.letter_seconds,
        code_seconds=settings.code_seconds,
        backup=BackupCodes(settings.backup_codes_folder, key),
        ask=ask,
        texts=Texts(source, settings.sms_senders) if (source := text_source(settings, key)) else None,
    )


def mailbox_of(settings: Settings, key: Key) -> ImapMailbox | Maildir:
    """Where letters arrive; nothing is contacted."""
    return ImapMailbox(mail_login(settings, key)) if settings.mail_host else Maildir(settings.mail_folder)


def text_source(settings: Settings, key: Key) -> TextInbox | TwilioMessages | None:
    """Where text messages arrive, none where no way is set; nothing is contacted."""
    if settings.sms_source == "webhook":
        return TextInbox(settings.texts_folder, key)
    if settings.sms_source == "twilio":
        stored = ChannelSecrets(settings.codes_folder, key)
        return TwilioMessages(settings.sms_address, settings.sms_account, partial(stored.get, "sms"))
    return None


def mail_login(settings: Settings, key: Key) -> Login:
    """How one gets into the mailbox that the settings name."""
    stored = ChannelSecrets(settings.codes_folder, key)
    application = Application(settings.mail_oauth_address, settings.mail_oauth_client, settings.mail_oauth_scope)

    def secret() -> str:
        try:
            given = stored.get("mailbox")
        except InputError as error:
            raise CodeNotReceived(f"the mailbox {settings.mail_user} on {settings.mail_host}: {error}") from None
        return application.access_token(given) if application.address else given.get_secret_value()

    return Login(
        settings.mail_host,
        settings.mail_port,
        settings.mail_user,
        secret,
        by_oauth=bool(application.address),
        authority=settings.mail_authority,
    )


def check_mailbox(settings: Settings, account: str = "", address: str | None = None) -> str:
    """Where letters arrive. Raises `InputError`, saying what to do, where none could be received or believed.

    With an `account`, its registered `address` counts too.
    """
    if account and "@" not in (address or ""):
        raise InputError(
            f"where the portal sends its letters is not known: pk account set {account} --set registered_email=ADDRESS"
        )
    if not settings.mail_server:
        raise InputError(
            f"no letter could be believed: set mail_server in {settings.config_file} to the name that your mail server "
            "gives itself in Authentication-Results"
        )
    if settings.mail_host:
        if not settings.mail_user:
            raise InputError(f"set mail_user in {settings.config_file}: whose mailbox on {settings.mail_host} it is")
        return f"{settings.mail_user} on {settings.mail_host}"
    if not (settings.mail_folder / "new").is_dir():
        raise InputError(
            f"{settings.mail_folder} is no Maildir: have the portals' letters delivered there (mail_folder), or name "
            "your mail server (mail_host)"
        )
    return str(settings.mail_folder)


def try_mailbox(settings: Settings) -> str:
    """Sign in to the mailbox that the settings name, and say how it stands. Raises `CodeNotReceived`."""
    mailbox = ImapMailbox(mail_login(settings, load_key(settings.key_file)))
    return f"{mailbox.name}: {mailbox.stand()}"
