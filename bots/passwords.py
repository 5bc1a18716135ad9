"""New passwords by a portal's published rules: random, ASCII only, 20 characters or as many as the portal takes."""

from __future__ import annotations

import secrets
import string

from pydantic import SecretStr

from flows.errors import InputError
from payers.model import PasswordRules

LENGTH = 24
TRIES = 1000
CAUTIOUS = PasswordRules(shortest=8, longest=16)  # where nothing is published: what nearly every site takes


def new_password(rules: PasswordRules | None, user_id: str) -> SecretStr:
    """A password that `rules` allow for `user_id`, never with its letters in it.

    Raises `InputError` when no password can meet the rules.
    """
    rules = rules or CAUTIOUS
    length = max(rules.shortest, min(rules.longest, LENGTH))
    alphabet = string.ascii_letters + string.digits + rules.specials
    if not _can_be_met(rules, length):
        raise InputError("no password can meet the rules of this portal's policy; correct its password_rules")
    for _ in range(TRIES):
        candidate = "".join(secrets.choice(alphabet) for _ in range(length))
        if broken_rule(candidate, rules, user_id) is None:
            return SecretStr(candidate)
    raise InputError("no password that meets the portal's rules was found; correct its password_rules")


def broken_rule(password: str, rules: PasswordRules, user_id: str) -> str | None:
    """The rule that `password` breaks, in words without the password; none when it is good."""
    if not rules.shortest <= len(password) <= rules.longest:
        return f"it has to have {rules.shortest} to {rules.longest} characters"
    wanted = (
        (rules.needs_digit, string.digits, "a digit"),
        (rules.needs_upper, string.ascii_uppercase, "an upper-case letter"),
        (rules.needs_lower, string.ascii_lowercase, "a lower-case letter"),
        (rules.needs_special, rules.specials, f"one of {rules.specials}"),
    )
    for needed, characters, name in wanted:
        if needed and not set(password) & set(characters):
            return f"it needs {name}"
    if set(password) - set(string.ascii_letters + string.digits + rules.specials):
        return "it holds a character that the portal does not take"
    if _holds_user_id(password.casefold(), user_id.casefold(), rules.user_id_run):
        return "it holds the user id, or a part of it"
    return None


def _can_be_met(rules: PasswordRules, length: int) -> bool:
    needed = rules.needs_digit + rules.needs_upper + rules.needs_lower + rules.needs_special
    return (
        rules.shortest <= length <= rules.longest
        and length >= needed
        and (bool(rules.specials) or not rules.needs_special)
    )


def _holds_user_id(password: str, user_id: str, run: int) -> bool:
    size = min(run or len(user_id), len(user_id))
    parts = (user_id[start : start + size] for start in range(len(user_id) - size + 1))
    return bool(user_id) and any(part in password for part in parts)
