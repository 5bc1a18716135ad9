"""Reading the order to create or change an account: every field checked before any is taken."""

from collections.abc import Callable
from typing import Any

from sandbox.accounts import METHODS, ROLES, Account
from sandbox.organizations import ORGANIZATIONS, REGIONS
from sandbox.policy import InputError, flag, moment, one_of, text
from sandbox.totp import is_secret
from sandbox.world import Portal, World, default_account


def portal_named(world: World, name: object) -> Portal:
    """The portal called `name`."""
    return world.portals[one_of("portal", name, tuple(world.portals))]


def apply_account(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Create or change the account a body names, and show it."""
    wanted = dict(body)
    portal = portal_named(world, wanted.pop("portal", None))
    user = text("user", wanted.pop("user", None))
    checked = {name: _checked(name, value) for name, value in wanted.items()}
    if checked.get("security_questions") and portal.id != "availity":
        raise InputError("only availity asks security questions")
    account = portal.accounts.get(user)
    if account is None:
        # Like the first default account: both organizations, a secret of 32 characters.
        account = default_account(world.seed, portal.id, user, 0, world.clock.now())
        portal.accounts[user] = account
        portal.note(user, "account_created")
    _take_over(portal, account, checked)
    open_sessions = portal.sessions.open_counts().get(user, 0)
    return {"portal": portal.id, "user": user, **account.public(), "open_sessions": open_sessions}


def _take_over(portal: Portal, account: Account, checked: dict[str, Any]) -> None:
    locked, disabled = checked.pop("locked", account.locked), checked.pop("disabled", account.disabled)
    if "password" in checked:
        account.take_password(checked.pop("password"), portal.clock.now())
        portal.note(account.user, "password_changed", by="order")
    if account.disabled and not disabled:
        account.last_sign_in_at = portal.clock.now()
    account.disabled = disabled
    for name, value in checked.items():
        setattr(account, name, value)
    if locked and not account.locked:
        account.locked = True
        portal.note(account.user, "locked", because="order")
    if account.locked and not locked:
        account.unlock()
        portal.note(account.user, "unlocked")


def _secret(name: str, value: object) -> str:
    secret = text(name, value)
    if not is_secret(secret):
        raise InputError(f"{name} must be base32 without spaces, such as 16 or 32 of A-Z and 2-7")
    return secret


def _list_of(allowed: tuple[str, ...]) -> Callable[[str, object], list[str]]:
    def read(name: str, value: object) -> list[str]:
        if not isinstance(value, list):
            raise InputError(f"{name} must be a list")
        return [one_of(f"each of {name}", each, allowed) for each in value]

    return read


def _organizations(name: str, value: object) -> list[str]:
    if not isinstance(value, list):
        raise InputError(f"{name} must be a list")
    by_name = {each.name: each.id for each in ORGANIZATIONS}
    known = (*by_name.values(), *by_name)
    named = [one_of(f"each of {name}", each, known) for each in value]
    return [by_name.get(each, each) for each in named]


def _texts(name: str, value: object) -> list[str]:
    if not isinstance(value, list):
        raise InputError(f"{name} must be a list")
    return [text(f"each of {name}", each) for each in value]


def _questions(name: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise InputError(f"{name} must be an object of questions and answers")
    return {text("each question", question): text("each answer", answer) for question, answer in value.items()}


_READERS: dict[str, Callable[[str, object], Any]] = {
    "password": text,
    "totp_secret": _secret,
    "password_set_at": moment,
    "last_sign_in_at": moment,
    "locked": flag,
    "disabled": flag,
    "display_name": text,
    "organizations": _organizations,
    "region": lambda name, value: one_of(name, value, tuple(REGIONS)),
    "email": text,
    "phone": text,
    "methods": _list_of(METHODS),
    "roles": _list_of(ROLES),
    "backup_codes": _texts,
    "security_questions": _questions,
}


def _checked(name: str, value: object) -> Any:
    if name not in _READERS:
        raise InputError(f"unknown name {name!r}; known: {', '.join(_READERS)}")
    return _READERS[name](name, value)
