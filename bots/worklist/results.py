"""What became of a row's question, as it is kept between question and answers file."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from bots.desk import Failure, PatientAnswer
from flows.eligibility import Match
from flows.parties import Record


class RowOutcome(StrEnum):
    """The first thing said of a row: *held* waits for a person or a clock, *not_asked* never reached a portal."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    HELD = "held"
    NOT_ASKED = "not_asked"


class Result(Record):
    """What is known of the question with `key`; one line of JSON.

    *Answered* has an answer about the person asked for and the time it was asked; everything else has a failure,
    which says why.
    """

    # A refused record must not quote the patient it was about.
    model_config = ConfigDict(hide_input_in_errors=True)

    key: str
    outcome: RowOutcome
    answer: PatientAnswer | None = Field(default=None, repr=False)
    failure: Failure | None = None
    account: str = ""
    portal: str = ""
    payer: str = ""
    run_id: str = ""
    module_version: str = ""
    asked_at: AwareDatetime | None = None
    try_again_after: AwareDatetime | None = None

    @model_validator(mode="after")
    def _answered_or_not(self) -> Result:
        answered = self.outcome is RowOutcome.ANSWERED
        if answered != (self.answer is not None) or answered == (self.failure is not None):
            raise ValueError("what is answered has an answer, everything else a failure")
        if self.answer and (self.answer.match is Match.DIFFERS or self.asked_at is None):
            raise ValueError("an answer is about the person asked for and has its time")
        return self
