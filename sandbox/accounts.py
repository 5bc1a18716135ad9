"""Accounts of the simulated portals: what is known of each, and what the portal counted."""

import random
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.clock import written

METHODS = ("authenticator", "text", "backup")
ROLES = ("eligibility", "claim_status", "era")
_SPECIAL = "-@#$%*"
_LOWER = "abcdefghijkmnpqrstuvwxyz"
_UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "23456789"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass
class Tally:
    """What the portal saw of one account. Names are part of the control interface."""

    password_submissions: int = 0
    password_refusals: int = 0
    refused_password_repeats: int = 0
    code_submissions: int = 0
    code_refusals: int = 0
    questions_asked: int = 0
    answer_submissions: int = 0
    answer_refusals: int = 0
    change_submissions: int = 0
    change_refusals: int = 0
    password_changes: int = 0
    reset_requests: int = 0
    links_sent: int = 0
    links_used: int = 0
    codes_sent: int = 0
    reset_code_submissions: int = 0
    reset_code_refusals: int = 0
    sign_ins: int = 0
    sign_ins_elsewhere: int = 0
    lookups: int = 0
    claim_lookups: int = 0
    era_searches: int = 0
    era_downloads: int = 0
    lock_count: int = 0
    sessions_ended_by_newer: int = 0
    sessions_ended_by_choice: int = 0
    sessions_of_others_ended: int = 0
    sessions_refused: int = 0
    sign_outs: int = 0
    max_open_sessions: int = 0
    password_submissions_by_value: dict[str, int] = field(default_factory=dict)


@dataclass
class Reset:
    """A way to a new password that was sent by mail: a link's token, or what a code was exchanged for."""

    user: str
    issued: float
    used: bool = False


@dataclass
class ResetCode:
    """A six-digit code sent by mail, the account's newest."""

    code: str
    issued: float
    refusals: int = 0


@dataclass
class Account:
    """One login on one portal."""

    user: str
    password: str
    totp_secret: str
    display_name: str
    organizations: list[str]
    region: str
    email: str
    phone: str
    password_set_at: float
    last_sign_in_at: float
    sign_in_times: list[float] = field(default_factory=list)
    methods: list[str] = field(default_factory=lambda: list(METHODS))
    roles: list[str] = field(default_factory=lambda: list(ROLES))
    backup_codes: list[str] = field(default_factory=list)
    security_questions: dict[str, str] = field(default_factory=dict)
    locked: bool = False
    disabled: bool = False
    tally: Tally = field(default_factory=Tally)
    remembered: dict[str, str] = field(default_factory=dict)
    refused_in_a_row: int = 0
    refused_codes_in_a_row: int = 0
    refused_values: set[str] = field(default_factory=set)
    used_steps: set[int] = field(default_factory=set)
    texted_code: str | None = None
    trusted_devices: set[str] = field(default_factory=set)
    former_passwords: list[str] = field(default_factory=list)
    links_sent_at: list[float] = field(default_factory=list)
    reset_code: ResetCode | None = None

    def lock(self) -> None:
        """Lock the account; counted once per lock."""
        if not self.locked:
            self.locked = True
            self.tally.lock_count += 1

    def take_password(self, password: str, now: float) -> None:
        """From now on this is the password; the old one is remembered."""
        self.former_passwords.append(self.password)
        self.password, self.password_set_at = password, now
        self.refused_values.discard(password)

    def unlock(self) -> None:
        """Open the account again with fresh counters: the help desk does, and a reset by mail."""
        self.locked = False
        self.refused_in_a_row = 0
        self.refused_codes_in_a_row = 0

    def public(self) -> dict[str, Any]:
        """The account as the control interface shows it."""
        own = {
            "password": self.password,
            "totp_secret": self.totp_secret,
            "password_set_at": written(self.password_set_at),
            "last_sign_in_at": written(self.last_sign_in_at),
            "locked": self.locked,
            "disabled": self.disabled,
            "display_name": self.display_name,
            "organizations": self.organizations,
            "region": self.region,
            "email": self.email,
            "phone": self.phone,
            "methods": self.methods,
            "roles": self.roles,
            "backup_codes": self.backup_codes,
            "security_questions": self.security_questions,
            "texted_code": self.texted_code,
            "refused_in_a_row": self.refused_in_a_row,
        }
        return own | asdict(self.tally)


def new_password(draw: random.Random) -> str:
    """Twelve characters of all four classes, by the rule Availity publishes (8 to 15)."""
    must = [draw.choice(kind) for kind in (_LOWER, _UPPER, _DIGITS, _SPECIAL)]
    rest = [draw.choice(_LOWER + _UPPER + _DIGITS) for _ in range(8)]
    letters = must + rest
    draw.shuffle(letters)
    return "".join(letters)


def new_secret(draw: random.Random, length: int) -> str:
    """A base32 secret for an authenticator app."""
    return "".join(draw.choice(_BASE32) for _ in range(length))


def new_backup_codes(draw: random.Random) -> list[str]:
    """Ten single-use codes, as handed out at enrolment."""
    return [f"{draw.randrange(10**8):08d}" for _ in range(10)]
