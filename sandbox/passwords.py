"""The life of a password: what a new one must look like, how old it may become, which may not come back."""

import math
import re
from dataclasses import dataclass

from sandbox.accounts import Account
from sandbox.policy import Policy

DAY = 86_400


@dataclass(frozen=True)
class Condition:
    """One line under *Your new password must contain*; the pattern is read by the page's script too."""

    words: str
    pattern: str

    def met(self, password: str) -> bool:
        """Whether this password fulfils it."""
        return re.search(self.pattern, password) is not None


def conditions(policy: Policy, user: str) -> list[Condition]:
    """What a portal asks of a new password of this user."""
    least, most = policy.password_min_length, policy.password_max_length
    lines = [
        Condition(f"{least} to {most} characters", f"^(?=.{{{least}}})(?!.{{{most + 1}}})"),
        Condition("at least one number", "[0-9]"),
        Condition("at least one uppercase letter", "[A-Z]"),
        Condition("at least one lowercase letter", "[a-z]"),
    ]
    if specials := policy.special_characters:
        lines.append(Condition(f"at least one special character: {' '.join(specials)}", f"[{re.escape(specials)}]"))
    forbidden = policy.forbidden_characters
    words = f"no spaces and none of {' '.join(forbidden)}" if forbidden else "no spaces"
    lines.append(Condition(words, rf"^[^\s{re.escape(forbidden)}]*$"))
    if policy.password_user_run:
        words = f"no {policy.password_user_run} characters in a row of your user ID"
        lines.append(Condition(words, _without_runs(user, policy.password_user_run)))
    return lines


def unmet(policy: Policy, user: str, password: str) -> list[str]:
    """The conditions this password leaves open, in the portal's words."""
    return [each.words for each in conditions(policy, user) if not each.met(password)]


def used_before(policy: Policy, account: Account, password: str) -> bool:
    """Whether it is among the last passwords, the one in force counted."""
    last = [*account.former_passwords, account.password]
    return policy.password_history > 0 and password in last[-policy.password_history :]


def is_too_young(policy: Policy, account: Account, now: float) -> bool:
    """Whether the password in force may not be changed yet."""
    return now - account.password_set_at < policy.password_min_age_days * DAY


def days_left(policy: Policy, account: Account, now: float) -> float | None:
    """Days until the password expires, below zero when it has; None when passwords don't."""
    if not policy.password_max_age_days:
        return None
    return policy.password_max_age_days - (now - account.password_set_at) / DAY


def is_expired(policy: Policy, account: Account, now: float) -> bool:
    """Whether the password must be changed before anything else."""
    left = days_left(policy, account, now)
    return left is not None and left <= 0


def warned_days(policy: Policy, account: Account, now: float) -> int | None:
    """The days a warning names, counted up; None when it is too early to warn."""
    left = days_left(policy, account, now)
    return math.ceil(left) if left is not None and left <= policy.password_warning_days else None


def is_dormant(policy: Policy, account: Account, now: float) -> bool:
    """Whether nobody has signed in for longer than the portal allows."""
    idle = now - account.last_sign_in_at
    return policy.inactivity_days > 0 and idle > policy.inactivity_days * DAY


def _without_runs(user: str, length: int) -> str:
    # Written letter by letter in both cases: the script's patterns know no inline flag.
    runs = {user[start : start + length] for start in range(max(1, len(user) - length + 1))}
    written = ("".join(_either_case(each) for each in run) for run in sorted(runs))
    return f"^(?!.*(?:{'|'.join(written)})).*$"


def _either_case(letter: str) -> str:
    return f"[{letter.lower()}{letter.upper()}]" if letter.isalpha() else re.escape(letter)
