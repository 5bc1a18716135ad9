"""The record every portal fills in, and the policy it publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from flows.claim_status import CheckClaimStatus
from flows.eligibility import CheckEligibility
from flows.era_download import DownloadEras
from flows.login import Login
from flows.password_reset import RecoverPassword, ResetPassword


@dataclass(frozen=True, kw_only=True)
class PasswordRules:
    """What a portal publishes about passwords it takes. `specials` are the special characters it allows.

    `user_id_run` is how many characters of the user id in a row a password may not hold (0: no such rule; the
    whole user id never may).
    """

    shortest: int
    longest: int
    specials: str = ""
    needs_digit: bool = True
    needs_upper: bool = True
    needs_lower: bool = True
    needs_special: bool = False
    user_id_run: int = 0


class AccountState(StrEnum):
    """In what way an account is out of use, as far as the way back differs."""

    LOCKED = "locked"
    DISABLED = "disabled"
    PASSWORD = "password refused or expired"  # noqa: S105 - the name of a state
    CODE = "code lost"


@dataclass(frozen=True, kw_only=True)
class WayBack:
    """How a portal says that an account comes back: who does it, how, whom to call, and what to have ready."""

    who: str
    how: str
    phone: str = ""
    hours: str = ""
    have_ready: str = ""
    source: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """How a letter of a portal is known: `subject` stands in its subject, it is from `domains`, and signed by them.

    It carries a link, in which `link` stands, to one of the domains; or, without `link`, a code of `code_digits`.
    """

    domains: frozenset[str]
    subject: str
    link: str = ""
    code_digits: int = 0


def _told(things: str, deeds: str) -> tuple[str, ...]:
    return tuple(
        f"{thing} ... {was} {done}"
        for thing in things.split(", ")
        for was in ("has been", "was")
        for done in deeds.split()
    )


@dataclass(frozen=True, kw_only=True)
class ChangeNotice:
    """By which words a letter of a portal tells that a password, or what else an account is known by, was changed.

    One of them stands in its subject or text; *...* is for some words between. What is here is usual English: no portal
    publishes such a letter, and none was seen (2026-11-29). Whoever sees one corrects it in the portal's module.
    """

    password: tuple[str, ...] = (
        *_told("your password, the password for, the password of", "changed reset updated"),
        "password changed",
        "password change confirmation",
        "changed your password",
    )
    profile: tuple[str, ...] = (
        *_told("your email, your e-mail, your phone number, your mobile number", "changed updated removed"),
        *_told("your profile, your account information, your contact information, your user id", "changed updated"),
        *_told("authenticator, your verification method", "changed reset added removed enrolled"),
        "your security questions ... have been changed",
        "your security questions ... were changed",
        "profile updated",
        "profile changed",
        "authenticator enrolled",
        "authenticator reset",
    )


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A portal's published clocks and limits; `None` where nothing is published (never a guess).

    Days and minutes as the portal counts them. `lockout_threshold` refused passwords in a row lock, `code_threshold`
    refused codes; `lock_minutes` later the portal takes a lock off by itself. `era_span_days` is the longest span of
    days that one search for payments takes, `era_days` how far back files are offered. Since `no_new_texts_since` no
    telephone is enrolled for codes any more; those that are go on. `sources` names where each number was read.
    `ways_back` has the states for which a way back is published.
    """

    lockout_threshold: int | None = None
    lock_minutes: int | None = None
    code_threshold: int | None = None
    password_min_age_days: int | None = None
    password_max_age_days: int | None = None
    password_warning_days: int | None = None
    inactivity_days: int | None = None
    single_session: bool | None = None
    no_new_texts_since: date | None = None
    era_span_days: int | None = None
    era_days: int | None = None
    password_rules: PasswordRules | None = None
    ways_back: Mapping[AccountState, WayBack] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Portal:
    """A site one signs in to. A flow the portal does not offer is `None`.

    `address` is the origin of the real site. `version` names this module's state; it changes whenever the
    module does. `phrases` maps a phrase id to the portal's fixed words, which are the only portal words that
    may leave a run. `telemetry` lists hosts, or paths, that may be written to while a secret is on the page.
    `proof` says per flow how it was proved, *simulated*, *recorded* or *live*, with the date; or *not begun*.
    `shows_last_sign_in` where the portal says when somebody last signed in, and `login` hands that on.
    `sign_out` ends the worker's own session, where a fresh sign-in beside it would be refused.
    `reset_letter` is the one about a forgotten password, `code_letter` the one with a code to sign in; `text_digits`
    is how long a code is that comes as a text message; `change_notice` is how it tells of changes by mail.
    `alternative` names an official interface for part of this, where one exists.
    """

    name: str
    title: str
    address: str
    version: str
    policy: Policy
    login: Login
    shows_last_sign_in: bool = False
    sign_out: Login | None = None
    eligibility: CheckEligibility | None = None
    claim_status: CheckClaimStatus | None = None
    era_download: DownloadEras | None = None
    password_reset: ResetPassword | None = None
    password_recovery: RecoverPassword | None = None
    reset_letter: Letter | None = None
    code_letter: Letter | None = None
    text_digits: int = 0
    change_notice: ChangeNotice = ChangeNotice()
    phrases: Mapping[str, str] = field(default_factory=dict)
    telemetry: frozenset[str] = frozenset()
    alternative: str = ""
    proof: Mapping[str, str] = field(default_factory=dict)

    @property
    def letters(self) -> tuple[Letter, ...]:
        """Those that are known; from their domains the portal writes."""
        return tuple(letter for letter in (self.reset_letter, self.code_letter) if letter)

    def offers(self) -> tuple[str, ...]:
        """The names of the flows that this portal offers."""
        return tuple(name for name in FLOWS if getattr(self, name) is not None)


FLOWS = ("login", "eligibility", "claim_status", "era_download", "password_reset", "password_recovery")
