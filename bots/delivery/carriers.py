"""The ways out: mail over STARTTLS, a folder, a webhook. Each blocks until the letter has arrived, or says why not."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from pydantic import SecretStr

from bots import now
from bots.codes.secrets import ChannelSecrets
from bots.delivery.config import Mail, Plan
from bots.delivery.outbox import Carrier, Letter, NotSent, Way
from bots.disk import write_durably
from bots.sealing import Key, load_key
from bots.settings import Settings
from flows.errors import InputError

SECRETS = ("smtp", "webhook")
SECONDS = 30
SIGNATURE = "X-Portalkeeper-Signature"
_NEVER = range(550, 555)  # the mailbox is not there, or takes nothing from us; 530 and the like are ours to mend
_UNPRINTABLE = re.compile(r"[^ -~]+")


def secrets_of(settings: Settings, key: Key) -> ChannelSecrets:
    """The sealed secrets of the ways out."""
    return ChannelSecrets(settings.delivery_folder, key, SECRETS, "pk delivery set")


def carriers_of(settings: Settings, plan: Plan) -> dict[Way, Carrier]:
    """Who carries what; nothing is contacted and no secret opened before a letter goes."""

    def secret(channel: str) -> Callable[[], SecretStr]:
        return lambda: secrets_of(settings, load_key(settings.key_file)).get(channel)

    return {"mail": by_mail(plan.mail, secret("smtp")), "folder": to_folder, "webhook": to_webhook(secret("webhook"))}


def by_mail(mail: Mail, secret: Callable[[], SecretStr]) -> Carrier:
    """A carrier by SMTP. Neither the password nor a letter goes over a line without TLS and a certificate that fits."""

    def carry(letter: Letter) -> None:
        if not (mail.host and mail.sender):
            raise NotSent(f"no mail server is named for {letter.target} (mail.host, mail.sender)")
        try:
            with smtplib.SMTP(mail.host, mail.port, local_hostname=socket.gethostname(), timeout=SECONDS) as server:
                server.starttls(context=ssl.create_default_context(cafile=mail.authority))
                if mail.user:
                    server.login(mail.user, secret().get_secret_value())
                server.send_message(_message(letter, mail.sender), mail.sender, [letter.target])
        except (smtplib.SMTPException, OSError, InputError) as error:
            words, for_good = _told(error)
            raise NotSent(f"{letter.target} by {mail.host}: {words}", for_good=for_good) from None

    return carry


def _told(error: Exception) -> tuple[str, bool]:
    """What went wrong in words, and whether the recipient is refused for good."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()))
            return f"the mail server refuses the recipient ({code} {_cut(said)})", code in _NEVER
        case smtplib.SMTPAuthenticationError():
            return f"the mail server refuses the login ({error.smtp_code}): pk delivery set smtp", False
        case smtplib.SMTPNotSupportedError():
            return "the mail server offers no STARTTLS, or no login after it; nothing was sent", False
        case smtplib.SMTPResponseException():
            of_letter = isinstance(error, smtplib.SMTPDataError) and error.smtp_code in _NEVER
            return f"the mail server says {error.smtp_code} {_cut(error.smtp_error)}", of_letter
        case ssl.SSLCertVerificationError():
            return f"the mail server's certificate is not believed: {error.verify_message}", False
        case InputError():
            return str(error), False
    return f"no connection to the mail server ({type(error).__name__})", False


def _cut(said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return _UNPRINTABLE.sub(" ", text)[:120].strip()


def _message(letter: Letter, sender: str) -> EmailMessage:
    """The mail. Its id is the letter's, so that one sent twice across a crash is known as the same."""
    message = EmailMessage()
    made = datetime.fromisoformat(letter.made_at)
    message["Subject"] = letter.subject
    message["From"], message["To"] = sender, letter.target
    message["Date"] = format_datetime(made)
    message["Message-ID"] = f"<{made:%Y%m%d%H%M%S}.{letter.id}.{letter.kind}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    if letter.page:
        name = f"portals-{made:%Y-%m-%d}.html"
        message.add_attachment(letter.page.encode(), maintype="text", subtype="html", filename=name)
    return message


def to_folder(letter: Letter) -> None:
    """Write the page into a folder, such as a share; the folder has to be there, for a share may be unmounted."""
    folder = Path(letter.target)
    try:
        if not folder.is_dir():
            raise NotSent(f"{folder} is not there")
        write_durably(folder / Path(letter.body).name, letter.page.encode(), mode=0o640)
    except (OSError, InputError) as error:
        words = str(error) if isinstance(error, InputError) else error.strerror
        raise NotSent(f"{folder}: {words}") from None


def to_webhook(secret: Callable[[], SecretStr]) -> Carrier:
    """A carrier by HTTPS: JSON, signed over time and body with HMAC-SHA256. Follows no redirect."""

    def carry(letter: Letter) -> None:
        import httpx

        body = (
            letter.body if letter.body.startswith("{") else json.dumps({"subject": letter.subject, "text": letter.body})
        )
        try:
            headers = {SIGNATURE: signature(secret(), body, int(now.utc().timestamp()))}
            headers |= {"Content-Type": "application/json", "Idempotency-Key": f"{letter.kind}-{letter.id}"}
            answer = httpx.post(letter.target, content=body.encode(), headers=headers, timeout=SECONDS)
        except (httpx.HTTPError, InputError) as error:
            words = str(error) if isinstance(error, InputError) else f"no connection ({type(error).__name__})"
            raise NotSent(f"the webhook: {words}") from None
        if not answer.is_success:
            raise NotSent(f"the webhook answers {answer.status_code}")

    return carry


def signature(secret: SecretStr, body: str, at: int) -> str:
    """`t=SECONDS,v1=HEX`: the HMAC-SHA256 of `SECONDS.BODY`. The receiver compares it, and the time with its own."""
    signed = hmac.new(secret.get_secret_value().encode(), f"{at}.{body}".encode(), hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"
