"""Taking the screens that a run passes. What is not scrubbed yet stays in memory, and goes with the run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bots.desk import Answer, Failure, Question
from bots.recording.book import CHECKOUT, Recording, new_recording
from bots.recording.scrubber import scrub
from bots.recording.vocabulary import vocabulary_of
from flows.claim_status import ClaimStatusAnswer, ClaimStatusInquiry
from flows.eligibility import EligibilityAnswer
from flows.era_download import EraDownloadAnswer
from flows.errors import InputError

if TYPE_CHECKING:
    from playwright.async_api import Page

SNAPSHOT = CHECKOUT / "recordings" / "snapshot.js"
MOST_BYTES = 8 * 1024 * 1024
# screens that a reader reads, by the name that their recordings have
READ = {"Result": "result", "ClaimResults": "claims", "ClaimResult": "claims", "ClaimDetail": "claim"}
READ |= {"Payments": "payments", "OldFiles": "payments"}
CHANGED = ("ChangeAnswer", "Changed")
ALERTS = ("Alert", "SignInAlert", "SignInMessage")


@dataclass(frozen=True)
class Taken:
    """A page as it was shown, and the frame it was in."""

    html: str
    frame: str
    screen: str
    module: str


class Taker:
    """Looks on, and keeps the last state of each screen that is passed."""

    def __init__(self) -> None:
        self._script = SNAPSHOT.read_text(encoding="utf-8")
        self._shown: object | None = None
        self.taken: dict[str, Taken] = {}

    async def __call__(self, page: Page, screen: object | None) -> None:
        """Take the screen that came, or once more the one that has been worked with."""
        from playwright.async_api import Error

        self._shown = screen or self._shown
        if self._shown is None or len(signature(type(self._shown)).parameters) != 1:
            return  # a row of a list and the like, which is no screen by itself
        with suppress(Error):  # the page goes on, whoever looks at it
            if (found := await self._look(self._shown)) and len(found.html) < MOST_BYTES:
                self.taken[found.screen] = found

    async def _look(self, screen: Any) -> Taken | None:
        part = screen.landmark.filter(visible=True)
        if not await part.count():
            return None
        frame = await (await part.first.element_handle(timeout=1000)).owner_frame()
        if frame is None:
            return None
        name = (await (await frame.frame_element()).get_attribute("id") or "") if frame.parent_frame else ""
        module = type(screen).__module__.removeprefix("payers.")
        return Taken(await frame.evaluate(self._script), name, type(screen).__name__, module)


@dataclass(frozen=True)
class Asked:
    """What a run was for, and how it ended."""

    portal: str
    flow: str
    question: Question | None
    result: Answer | Failure | None
    private: tuple[str, ...]
    recorded: str
    case: str = ""


def keep(taker: Taker, asked: Asked, pages: Path) -> list[Recording]:
    """Scrub what was taken, and put it into the folder of recordings. Raises `InputError` if something got through."""
    kept = []
    for taken in taker.taken.values():
        screen, case, said = _said(taken, asked)
        question = {name: said[name] for name in ("inquiry", "number") if name in said}
        private = [*asked.private, *people(asked.question.inquiry.model_dump(mode="json") if asked.question else {})]
        scrubbed = scrub(taken.html, vocabulary_of(asked.portal), asked=question, private=private)
        if left := survivors(scrubbed.html, private):
            raise InputError(f"{len(left)} private values are still on the scrubbed {screen}: it was not written")
        kept.append(new_recording(asked.portal, screen, case, scrubbed.html, said | scrubbed.asked, pages))
    return kept


def survivors(html: str, private: list[str]) -> list[str]:
    """Those of the values that are on the page; what is shorter than four signs may be there by chance."""
    return [each for each in private if len(each) > 3 and each.casefold() in html.casefold()]


def people(inquiry: Any, name: str = "") -> Iterator[str]:
    """What tells who a question is about."""
    if isinstance(inquiry, dict):
        for key, value in inquiry.items():
            yield from people(value, key)
    elif isinstance(inquiry, str) and name in ("member_id", "last_name", "first_name", "birth_date"):
        yield inquiry


def _said(taken: Taken, asked: Asked) -> tuple[str, str, dict[str, Any]]:
    """The names of screen and case, and what the `.json` says."""
    said: dict[str, Any] = {"recorded": asked.recorded, **({"frame": taken.frame} if taken.frame else {})}
    if taken.screen in ALERTS:
        return "alert", asked.case or "refused", said | {"flow": "login", "outcome": "refused"}
    if taken.screen == "Home":
        return "home", asked.case or "signed-in", said | {"flow": "login", "outcome": "good"}
    inquiry = asked.question.inquiry if asked.question else None
    number = inquiry.payer_claim_number if isinstance(inquiry, ClaimStatusInquiry) else None
    if taken.screen in CHANGED:
        outcome = "refused" if isinstance(asked.result, Failure) else "good"
        case = "new-refused" if outcome == "refused" else "changed"
        return "change", asked.case or case, said | {"flow": "password_reset", "outcome": outcome}
    if asked.question is None or taken.screen not in READ or (taken.screen == "ClaimDetail" and not number):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", taken.screen).lower()
        place = {"flow": "screen", "outcome": "passed", "screen": f"{taken.module}.{taken.screen}"}
        return name, asked.case or "passed", said | place
    outcome, case = _outcome(asked.result)
    said |= {"flow": asked.flow, "outcome": outcome, "payer": asked.question.payer.name}
    said["inquiry"] = asked.question.inquiry.model_dump(mode="json")
    if taken.screen == "ClaimDetail":
        said["number"] = number
    if taken.screen == "OldFiles":
        said["screen"] = taken.screen
    return READ[taken.screen], asked.case or case, said


def _outcome(result: Answer | Failure | None) -> tuple[str, str]:
    """Whether the portal gave an answer of substance, and what to call it."""
    match result:
        case EligibilityAnswer(coverage=coverage):
            word = str(coverage).replace("_", "-")
            return ("good" if word in ("active", "inactive") else "refused"), word
        case ClaimStatusAnswer(claims=claims):
            return ("good", "found") if claims else ("refused", "none")
        case EraDownloadAnswer(listed=listed):
            return ("good", "several") if listed else ("refused", "none")
        case Failure(error=error, phrase=phrase):
            return "refused", (phrase or re.sub(r"(?<=[a-z])(?=[A-Z])", "-", error).lower()).replace("_", "-")
    return "refused", "unknown"
