"""Reading the order to put a letter of one's own into the mailbox."""

from typing import Any

from sandbox.account_orders import portal_named
from sandbox.letters import Letter
from sandbox.policy import InputError, number, one_of, text
from sandbox.world import World

_NAMES = ("portal", "user", "link", "code", "from", "to", "subject", "age_seconds", "dkim")
_DKIM = ("pass", "fail", "none")


def ordered_letter(world: World, body: dict[str, Any]) -> Letter:
    """A letter as ordered: to an account unless `to` says otherwise, from a stranger unless `from` does."""
    unknown = sorted(set(body) - set(_NAMES))
    if unknown:
        raise InputError(f"unknown names {', '.join(unknown)}; known: {', '.join(_NAMES)}")
    portal, user = portal_named(world, body.get("portal")), text("user", body.get("user"))
    account = portal.accounts.get(user)
    if account is None:
        raise InputError(f"no account {user!r} on {portal.id}")
    return Letter(
        portal=portal.id,
        user=user,
        sender=_line("from", body.get("from", "Account Security <noreply@stranger.example>")),
        to=_line("to", body.get("to", account.email)),
        subject=_line("subject", body.get("subject", "Reset your password")),
        at=world.clock.now() - number("age_seconds", body.get("age_seconds", 0), negative=True),
        home=portal.url,
        greeting=f"We received a request to reset the password of {user}.",
        link=_line("link", body["link"]) if "link" in body else None,
        code=_line("code", body["code"]) if "code" in body else None,
        dkim=one_of("dkim", body.get("dkim", "none"), _DKIM),
    )


def _line(name: str, value: object) -> str:
    line = text(name, value)
    if not line.isprintable():
        raise InputError(f"{name} must be one line of text")
    return line
