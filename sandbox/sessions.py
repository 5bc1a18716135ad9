"""Sessions of one portal: opened at sign-in, ended by the user, by time or by another sign-in."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.policy import Policy

EXPIRED, QUESTION, CODE, TERMS = "expired", "question", "code", "terms"
EXPIRING, BUSY, HOME = "expiring", "busy", "home"
BROWSER = "browser"


@dataclass
class Session:
    """One browser's way through a portal; `stage` says how far it has come."""

    user: str
    opened: float
    seen: float
    stage: str = CODE
    opened_by: str = BROWSER
    method: str = "authenticator"
    announced: bool = False
    terms: bool = False
    agreement: bool = False
    second_step: bool = True
    question: str = ""
    warned: bool = False
    signed_in_at: float = 0.0
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    bearer: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    last_answer: Any = None
    last_claims: Any = None
    last_remits: Any = None
    answers: dict[str, Any] = field(default_factory=dict)


class Sessions:
    """The living sessions of a portal, found by token."""

    def __init__(self, clock: Clock, policy: Policy, ended: Callable[[Session, str], None]) -> None:
        self._clock = clock
        self._policy = policy
        self._ended = ended
        self._living: dict[str, Session] = {}

    def begin(self, user: str, opened_by: str = BROWSER) -> Session:
        """A new session that has not passed its second step yet."""
        now = self._clock.now()
        session = Session(user=user, opened=now, seen=now, opened_by=opened_by)
        self._living[session.token] = session
        return session

    def find(self, token: str | None) -> Session | None:
        """The living session of `token`; an expired one is ended on the way."""
        session = self._living.get(token or "")
        if session is None or self._expire(session):
            return None
        return session

    def touch(self, session: Session) -> None:
        """The user did something: the idle time starts again."""
        session.seen = self._clock.now()

    def end(self, session: Session, reason: str) -> None:
        """End a session; ending it twice is nothing."""
        if self._living.pop(session.token, None) is not None:
            self._ended(session, reason)

    def open_of(self, user: str) -> list[Session]:
        """Sessions of `user` that are signed in and alive now, oldest first."""
        mine = [each for each in self._alive() if each.user == user]
        return [each for each in mine if each.stage == HOME]

    def open_counts(self) -> dict[str, int]:
        """How many sessions each user has open."""
        counts: dict[str, int] = {}
        for each in self._alive():
            counts[each.user] = counts.get(each.user, 0) + (each.stage == HOME)
        return counts

    def end_all(self, user: str, reason: str) -> int:
        """End every session of `user`; how many were open."""
        count = len(self.open_of(user))
        for session in [each for each in self._living.values() if each.user == user]:
            self.end(session, reason)
        return count

    def _alive(self) -> Iterator[Session]:
        return (each for each in list(self._living.values()) if not self._expire(each))

    def _expire(self, session: Session) -> bool:
        idle = self._clock.now() - session.seen > self._policy.session_idle_minutes * 60
        old = self._clock.now() - session.opened > self._policy.session_hours * 3600
        if idle or old:
            self.end(session, "idle" if idle else "too old")
        return idle or old
