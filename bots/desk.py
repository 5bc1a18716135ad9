"""What coordinator and worker say to each other: orders out, calls to the Desk back.

All of it survives JSON, so that coordinator and worker need not be one process. No record here holds a
password, a code or a cookie in clear.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from flows.claim_status import ClaimStatusAnswer, ClaimStatusInquiry
from flows.eligibility import EligibilityAnswer, EligibilityInquiry
from flows.era_download import Allowed, EraDownloadAnswer, EraDownloadInquiry, KeptEra, ListedPayment
from flows.errors import PortalkeeperError, error_classes
from flows.parties import Account, Payer, Record

PatientInquiry = EligibilityInquiry | ClaimStatusInquiry
"""What can be asked about a patient."""

Inquiry = PatientInquiry | EraDownloadInquiry
"""What can be asked. In JSON the fields tell which it is: each has required ones that the other refuses."""

PatientAnswer = EligibilityAnswer | ClaimStatusAnswer
"""What can be answered about a patient."""

Answer = PatientAnswer | EraDownloadAnswer
"""What can be answered; told apart in JSON as inquiries are."""


class Question(Record):
    """One inquiry of an order, with the payer it is for."""

    payer: Payer
    inquiry: Inquiry


class Order(Record):
    """What one session shall do: sign in, then ask `questions` of one flow (none for *login*).

    `fresh` forgets the kept session. `epoch` is that of the lease; every Desk call carries it. `passwords` is the
    ceiling of password submissions. `budget_seconds` ends the order between two questions.
    """

    schema_version: int = 1
    run_id: str
    epoch: int
    account: Account
    address: str
    flow: str
    questions: tuple[Question, ...] = ()
    fresh: bool = False
    passwords: int = 1
    budget_seconds: float = 300


class Verdict(StrEnum):
    """What became of a submitted secret.

    *unknown* and *open* count as possible failures; *not_submitted* means that no request left the browser
    and the page is closed.
    """

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SUBMITTED = "not_submitted"


class Grant(Record):
    """Leave to submit a secret once; `attempt` is the ledger row that is open now."""

    attempt: int


class Failure(Record):
    """Why no answer was obtained: the error's class name, our words, and where on the portal.

    `phrase` is the id of a listed phrase. Never portal text.
    """

    error: str
    message: str
    phrase: str | None = None
    screen: str | None = None
    locator: str | None = None

    @classmethod
    def of(cls, error: PortalkeeperError) -> Failure:
        """The record of `error`."""
        return cls(
            error=type(error).__name__,
            message=str(error),
            phrase=error.phrase,
            screen=error.screen,
            locator=error.locator,
        )

    def to_error(self) -> PortalkeeperError:
        """The error again, to be raised on this side."""
        cls = error_classes()[self.error]
        return cls(self.message, phrase=self.phrase, screen=self.screen, locator=self.locator)


class Candidate(StrEnum):
    """Which of an account's passwords a sign-in used: the one in force, or a new one that may be."""

    CURRENT = "current"
    PENDING = "pending"


class SignIn(StrEnum):
    """How a session came to be signed in."""

    NONE = "none"
    STORED = "stored"
    PASSWORD = "password"  # noqa: S105 - the name of a way in


class Outcome(Record):
    """The summary of an order. `failure` is what ended it early; single questions' failures went to the Desk.

    `asked` counts the questions that are finished, `unwanted` those passed over; `in_flight` tells that the next one
    had been begun.
    """

    sign_in: SignIn = SignIn.NONE
    asked: int = 0
    answered: int = 0
    unwanted: int = 0
    failure: Failure | None = None
    in_flight: bool = False
    candidate: Candidate = Candidate.CURRENT
    steps: dict[str, float] = Field(default_factory=dict)


class EvidenceHead(Record):
    """What is known of evidence without opening it. `sha256` is that of what was sealed. No member data."""

    why: str
    flow: str
    sha256: str
    screen: str | None = None
    error: str | None = None
    sealed_for: tuple[str, ...] = ()


class Desk(Protocol):
    """The coordinator's side of the conversation while an order is worked on.

    Each call returns only when the coordinator has committed. Each raises `WorkerLost` when the order's epoch
    is stale.
    """

    async def grant_password(self, fingerprint: str, *, proved: bool) -> Grant:
        """Open an attempt with the password of that fingerprint, or raise `AccountHeld`.

        `proved` says that the portal took this password earlier in the session: it is typed into a change form.
        """

    async def grant_answer(self, fingerprint: str) -> Grant:
        """Open an attempt with the security answer of that fingerprint, or raise `SecurityQuestionAsked`."""

    async def refused(self) -> frozenset[str]:
        """The fingerprints of the passwords that were refused since the last good sign-in."""

    async def close_attempt(self, attempt: int, verdict: Verdict, submissions: int) -> None:
        """Record the verdict of an attempt, and how many submissions may have reached the portal (0, 1 or 2)."""

    async def grant_letter(self) -> None:
        """Count a letter that the portal is asked for, or raise `AccountHeld`."""

    async def ask_for_code(self) -> None:
        """Count a one-time code that the portal is about to send, or raise `AccountHeld`."""

    async def grant_code(self, time_step: int | None, fingerprint: str | None = None) -> Grant:
        """Spend a code: a time step of the account's authenticator, or another one by its fingerprint.

        Raises `CodesExhausted` if it was spent before.
        """

    async def last_time_step(self) -> int | None:
        """The newest time step ever spent for this account."""

    async def stored_state(self) -> str | None:
        """The sealed signed-in state kept for this account, if any."""

    async def signed_in(self, how: SignIn) -> None:
        """The session reached Home."""

    async def keep_state(self, sealed: str) -> None:
        """Keep the sealed signed-in state for the next run."""

    async def drop_state(self) -> None:
        """The kept state is worth nothing any more."""

    async def wanted(self, index: int) -> bool:
        """Whether question `index` is still to be asked."""

    async def answered(self, index: int, result: Answer | Failure) -> None:
        """Question `index` is finished; the result is on disk when this returns."""

    async def listed(self, payer: str, payments: tuple[ListedPayment, ...]) -> Allowed:
        """Record what a payer's list of payments shows; what may be done with them."""

    async def kept(self, payer: str, era: KeptEra, sealed: str) -> None:
        """Put a sealed file (base64) on disk. Does not return before it is there: it may be the only copy."""

    async def notice(self, kind: str, words: str) -> None:
        """Something worth knowing that is no failure. `words` hold no portal text."""

    async def passed(self, looks: Mapping[str, Mapping[str, str]]) -> None:
        """How the screens looked that a run passed which did not fail: by screen and locator, without texts."""

    async def keep_evidence(self, head: EvidenceHead, sealed: str) -> str:
        """Put sealed evidence (base64) on disk; its id. Raises `InputError` when there is no room for it."""
