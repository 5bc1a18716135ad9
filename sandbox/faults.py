"""Faults to order: what goes wrong, where, for whom and how often."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.policy import InputError, flag, number, one_of, text, whole

_PASSWORDS = ("change_post", "forgot_post", "reset_post")
_INQUIRIES = ("eligibility", "lookup", "claims", "claim_lookup", "eras", "era_lookup", "era_file")
STEPS = ("login", "login_post", "answer_post", "code_post", "home", *_INQUIRIES, "change", *_PASSWORDS)
_PAGES = (*STEPS, "any")
_CUTS = ("login", "login_post", "answer_post", "code_post", "home", *_INQUIRIES[1::2], "era_file", *_PASSWORDS)
_FORMS = ("login", "eligibility", "claims", "eras")
_LOOKUPS = ("lookup", "claim_lookup", "era_lookup")


def _first(place: str, places: tuple[str, ...]) -> tuple[str, ...]:
    return (place, *(each for each in places if each != place))


# kind -> the places it can happen at; the first one is meant when none is named
PLACES: dict[str, tuple[str, ...]] = {
    "server_error": _PAGES,
    "maintenance": _PAGES,
    "unknown_page": _first("home", _PAGES),
    "captcha": _PAGES,
    "access_blocked": _PAGES,
    "hang": _first("lookup", _CUTS),
    "slow_answer": _LOOKUPS,
    "cut_before": _first("login_post", _CUTS),
    "cut_after": _first("login_post", _CUTS),
    "changed_labels": _FORMS,
    "changed_ids": _FORMS,
    "other_heading": _FORMS,
    "hidden_banner": ("home", "login"),
    "extra_banner": ("home", *_FORMS),
    "other_member": _LOOKUPS,
    "other_organization": _LOOKUPS,
    "stale_result": _LOOKUPS,
    "half_stale": _LOOKUPS,
    "nobody_covered": _LOOKUPS,
    "nobody_known": _LOOKUPS,
    "empty_result": _LOOKUPS,
    "outage_text": _LOOKUPS,
    "session_text": _LOOKUPS,
    "empty_file": ("era_file",),
    "truncated_file": ("era_file",),
    "login_page_file": ("era_file",),
    "cut_file": ("era_file",),
    "payer_down": _LOOKUPS,
    "dropped_characters": ("eligibility", "claims", "login"),
    "end_session": ("session",),
    "redraw_refusal": ("login_post", "change_post", "reset_post"),
    "code_used": ("code_post",),
    "agreement": ("sign_in",),
    "terms": ("sign_in", "login"),
    "security_question": ("sign_in",),
    "mail_delay": ("mail",),
    "mail_lost": ("mail",),
    "text_lost": ("text",),
    "self_submitting_code": ("login",),
}
CONNECTIONS = ("any", "fresh", "reused")
_NAMES = ("portal", "user", "kind", "at", "times", "seconds", "connection", "applied")
_DEFAULT_SECONDS = {"hang": 60.0, "slow_answer": 5.0, "mail_delay": 30.0}


@dataclass
class Fault:
    """One ordered fault; `times` counts down to 0, None lasts until it is deleted."""

    id: str
    portal: str
    kind: str
    at: str
    user: str | None
    times: int | None
    seconds: float
    connection: str
    applied: bool
    triggered: int = 0

    def fits(self, at: str, user: str | None) -> bool:
        """Whether it is meant for this place and user."""
        return self.at in (at, "any") and self.user in (None, user)

    def public(self) -> dict[str, Any]:
        """The fault as the control interface shows it."""
        return asdict(self)


class Faults:
    """The faults that are waiting."""

    def __init__(self) -> None:
        self._waiting: dict[str, Fault] = {}
        self._next = 1

    def order(self, portals: tuple[str, ...], wanted: Mapping[str, Any]) -> Fault:
        """Read an order; InputError says what is wrong with it."""
        unknown = sorted(set(wanted) - set(_NAMES))
        if unknown:
            raise InputError(f"unknown names {', '.join(unknown)}; known: {', '.join(_NAMES)}")
        kind = one_of("kind", wanted.get("kind"), tuple(PLACES))
        user, times = wanted.get("user"), wanted.get("times", 1)
        fault = Fault(
            id=f"fault-{self._next}",
            portal=one_of("portal", wanted.get("portal"), portals),
            kind=kind,
            at=one_of("at", wanted.get("at", PLACES[kind][0]), PLACES[kind]),
            user=None if user is None else text("user", user),
            times=None if times is None else whole("times", times, least=1),
            seconds=number("seconds", wanted.get("seconds", _DEFAULT_SECONDS.get(kind, 0))),
            connection=one_of("connection", wanted.get("connection", "any"), CONNECTIONS),
            applied=flag("applied", wanted.get("applied", True)),
        )
        self._next += 1
        self._waiting[fault.id] = fault
        return fault

    def take(self, portal: str, kind: str, at: str, user: str | None, *, reused: bool = True) -> Fault | None:
        """The waiting fault for this moment, counted as happened; None when all is well."""
        for fault in self._waiting.values():
            right = fault.portal == portal and fault.kind == kind and fault.fits(at, user)
            if right and fault.connection in ("any", "reused" if reused else "fresh"):
                return self._spend(fault)
        return None

    def wants_fresh(self, portal: str) -> bool:
        """Whether a waiting fault needs requests of this portal to arrive on new connections."""
        return any(each.portal == portal and each.connection == "fresh" for each in self._waiting.values())

    def all(self) -> list[Fault]:
        """Every waiting fault, oldest first."""
        return list(self._waiting.values())

    def cancel(self, wanted: str | None = None) -> int:
        """Forget one fault (InputError if there is none of that id) or all; how many."""
        if wanted is None:
            count = len(self._waiting)
            self._waiting.clear()
            return count
        if self._waiting.pop(wanted, None) is None:
            raise InputError(f"no fault {wanted!r} is waiting")
        return 1

    def _spend(self, fault: Fault) -> Fault:
        fault.triggered += 1
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                del self._waiting[fault.id]
        return fault
