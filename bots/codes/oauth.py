"""Access tokens for mailboxes that take no password (OAuth 2, RFC 6749): Exchange Online, Google Workspace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from pydantic import SecretStr

from bots.settings import is_loopback
from flows.errors import CodeNotReceived

_SECONDS = 20


@dataclass(frozen=True)
class Application:
    """What asks for the tokens: `address` gives them, to the application `client`, for `scope`."""

    address: str
    client: str
    scope: str

    def access_token(self, secret: SecretStr) -> str:
        """A fresh token. `secret` is the application's own; or, behind `refresh:`, a refresh token."""
        given = secret.get_secret_value()
        fields = {"client_id": self.client, "scope": self.scope}
        if given.startswith("refresh:"):
            fields |= {"grant_type": "refresh_token", "refresh_token": given.removeprefix("refresh:")}
        else:
            fields |= {"grant_type": "client_credentials", "client_secret": given}
        if not self.address.startswith("https://") and not is_loopback(self.address):
            raise CodeNotReceived("mail_oauth_address must be https")
        try:
            with urlopen(Request(self.address, urlencode(fields).encode()), timeout=_SECONDS) as answer:  # noqa: S310
                return str(json.load(answer)["access_token"])
        except (URLError, OSError, ValueError, KeyError, TypeError) as error:
            said = getattr(error, "code", type(error).__name__)
            raise CodeNotReceived(f"no access token for the mailbox ({said}): pk codes set mailbox") from None
