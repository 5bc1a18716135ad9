"""What a portal allows: one record per portal, every value changeable while the world runs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

SIGN_IN_PAGES = ("light", "gen2", "gen3", "classic", "basic")
SESSION_RULES = ("newest_wins", "oldest_wins", "refused", "many")
_FROM_ZERO = ("password_user_run", "password_history", "era_days", "era_span_days", "era_old_days")
_OWN: dict[str, dict[str, Any]] = {
    "tmhp": {
        "password_max_length": 72,
        "password_max_age_days": 60.0,
        "sessions": "many",
        "era_consumed": True,
        "era_old_days": 30,
    },
    "uhc": {
        "password_max_length": 100,
        "forbidden_characters": "&",
        "era_days": 395,
        "era_span_days": 90,
        "era_marks_itself": True,
    },
    "epaces": {"password_max_length": 16, "sessions": "refused"},
    "medi_cal": {"password_max_length": 64},
}


class InputError(ValueError):
    """Something asked of the world that cannot be; the message says what would be right."""


@dataclass
class Policy:
    """The published and unpublished rules of one portal; the password rule is Availity's."""

    lockout_threshold: int = 3
    lock_told: bool = True
    security_questions: bool = False
    code_refusal_limit: int = 5
    session_idle_minutes: float = 20.0
    session_hours: float = 8.0
    sessions: str = "newest_wins"
    answer_seconds: float = 0.15
    announcements: bool = True
    maintenance_announced: bool = False
    cookie_banner: bool = True
    telemetry: bool = True
    password_min_length: int = 8
    password_max_length: int = 15
    special_characters: str = "-@#$%*"
    forbidden_characters: str = ""
    password_user_run: int = 5
    password_max_age_days: float = 60.0
    password_warning_days: float = 5.0
    password_min_age_days: float = 0.0
    password_history: int = 5
    change_told: bool = True
    inactivity_days: float = 0.0
    reset_link_hours: float = 24.0
    reset_links_a_day: int = 5
    sign_in_page: str = "light"
    last_sign_in_shown: bool = True
    era_days: int = 0
    era_span_days: int = 0
    era_old_days: int = 0
    era_consumed: bool = False
    era_marks_itself: bool = False

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Take over `wanted`, all of it or (InputError) nothing."""
        checked = {name: self._checked(name, value) for name, value in wanted.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def _checked(self, name: str, value: object) -> object:
        if name not in {field.name for field in fields(self)}:
            known = ", ".join(field.name for field in fields(self))
            raise InputError(f"unknown policy {name!r}; known: {known}")
        if name == "sessions":
            return one_of(name, value, SESSION_RULES)
        if name == "sign_in_page":
            return one_of(name, value, SIGN_IN_PAGES)
        if isinstance(getattr(self, name), bool):
            return flag(name, value)
        if isinstance(getattr(self, name), int):
            return whole(name, value, least=0 if name in _FROM_ZERO else 1)
        if isinstance(getattr(self, name), str):
            return characters(name, value)
        return number(name, value)


def policy_for(portal: str) -> Policy:
    """The rules of a portal in a new world."""
    if portal == "availity":
        return Policy()
    rest = Policy(special_characters="", password_user_run=0, password_max_age_days=0.0)
    rest.change(_OWN[portal])
    return rest


def one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """`value` when it is one of the allowed words."""
    if value not in allowed:
        raise InputError(f"{name} must be one of {', '.join(allowed)}")
    return str(value)


def flag(name: str, value: object) -> bool:
    """`value` when it is true or false."""
    if not isinstance(value, bool):
        raise InputError(f"{name} must be true or false")
    return value


def whole(name: str, value: object, least: int = 0) -> int:
    """`value` when it is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(f"{name} must be a whole number of at least {least}")
    return value


def number(name: str, value: object, *, negative: bool = False) -> float:
    """`value` when it is a finite number (not below 0 unless `negative`)."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e11
    if not fits or (not negative and value < 0):  # type: ignore[operator]
        raise InputError(f"{name} must be a number" + ("" if negative else " of at least 0"))
    return float(value)  # type: ignore[arg-type]


def characters(name: str, value: object) -> str:
    """`value` when it is a string, empty or not."""
    if not isinstance(value, str):
        raise InputError(f"{name} must be a text")
    return value


def moment(name: str, value: object) -> float:
    """Seconds since the epoch of an ISO 8601 date and time with its offset."""
    try:
        read = datetime.fromisoformat(text(name, value))
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise InputError(f"{name} must be a date and time with its offset, such as 2026-03-01T08:00:00+00:00")
    return read.timestamp()


def text(name: str, value: object) -> str:
    """`value` when it is a non-empty string."""
    if not isinstance(value, str) or not value:
        raise InputError(f"{name} must be a non-empty text")
    return value
