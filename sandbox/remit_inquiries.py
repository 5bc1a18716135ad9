"""A search for payments under way, and a file on its way: as they should be, and as the ordered faults have them."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sandbox.inquiries import KEPT
from sandbox.organizations import ORGANIZATIONS, Organization
from sandbox.remits import FAULTS, Remits, Row, spoiled, zipped
from sandbox.sessions import Session
from sandbox.web import Step
from sandbox.wire import wire_of

_FLUSH_SECONDS = 0.05


@dataclass(frozen=True)
class RemitsAsked:
    """Which payments: of one payer, to one tax number, on some days; to one payee where `npi` says so."""

    payer: str
    organization: Organization
    tin: str
    first: date
    last: date
    npi: str = ""


@dataclass(frozen=True)
class RemitsOutcome:
    """What a list shows. `why` refuses the search; `down` is a payer that does not answer."""

    asked: RemitsAsked
    due: float
    transaction: str
    numbers: tuple[str, ...]
    why: str = ""
    down: bool = False
    outage: bool = False
    silent: bool = False

    def is_due(self) -> bool:
        """Whether the answer is there. Real time: a jump of the clock hurries nobody."""
        return time.monotonic() >= self.due


def remits_answered(step: Step, session: Session, asked: RemitsAsked) -> str:
    """Search, as the ordered faults have it; the number to fetch the list by."""
    portal, account = step.portal, step.portal.account(session)
    account.tally.era_searches += 1
    portal.note(session.user, "era_search", payer=asked.payer, tin=asked.tin, npi=asked.npi)
    outcome = _disturbed(step, session, _outcome(step, session, asked))
    number = secrets.token_hex(8)
    while len(session.answers) >= KEPT:
        session.answers.pop(next(iter(session.answers)))
    session.answers[number] = outcome
    session.last_remits = outcome
    return number


def rows_of(remits: Remits, step: Step, session: Session, outcome: RemitsOutcome) -> list[Row]:
    """The rows of a list as they stand now: a file may have been taken since."""
    asked = outcome.asked
    account = step.portal.account(session)
    rows = remits.rows(account, asked.payer, asked.tin, asked.first, asked.last, asked.npi)
    return [each for each in rows if each.number in outcome.numbers]


def _outcome(step: Step, session: Session, asked: RemitsAsked) -> RemitsOutcome:
    remits, account = step.portal.remits, step.portal.account(session)
    why = remits.refusal(asked.first, asked.last)
    rows = [] if why else remits.rows(account, asked.payer, asked.tin, asked.first, asked.last, asked.npi)
    slow = step.take("slow_answer")
    return RemitsOutcome(
        asked=asked,
        due=time.monotonic() + step.portal.policy.answer_seconds + (slow.seconds if slow else 0),
        transaction=step.world.transaction(),
        numbers=tuple(each.number for each in rows),
        why=why,
    )


def _disturbed(step: Step, session: Session, outcome: RemitsOutcome) -> RemitsOutcome:
    if step.take("payer_down"):
        return replace(outcome, numbers=(), down=True)
    if step.take("stale_result"):
        return replace(session.last_remits or _of_another(outcome), due=outcome.due)
    if step.take("other_organization"):
        return _of_another(outcome)
    if step.take("outage_text"):
        return replace(outcome, outage=True)
    if step.take("empty_result"):
        return replace(outcome, numbers=(), silent=True)
    return outcome


def _of_another(outcome: RemitsOutcome) -> RemitsOutcome:
    """The same question, answered for the other organization."""
    other = next(each for each in ORGANIZATIONS if each.id != outcome.asked.organization.id)
    return replace(outcome, asked=replace(outcome.asked, organization=other, tin=other.tins[0], npi=""))


def file_answer(step: Step, session: Session, rows: Sequence[Row]) -> Response:
    """The file of one row, or of several in a zip, under a name that says nothing."""
    remits, account = step.portal.remits, step.portal.account(session)
    for row in rows:
        step.portal.note(session.user, "era_download", trace=row.payment.trace, revision=row.payment.revision)
    bodies = [remits.take(account, row) for row in rows]
    fault = next((kind for kind in FAULTS if step.take(kind)), "")
    body = spoiled(bodies[0] if len(bodies) == 1 else zipped(rows), fault)
    name = f"remit_{secrets.token_hex(4)}.{'835' if len(rows) == 1 else 'zip'}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    if fault == "cut_file":
        headers["Content-Length"] = str(len(body))
        return StreamingResponse(_half(step.request, body), headers=headers, media_type="application/octet-stream")
    kind = "text/html" if fault == "login_page_file" else "application/octet-stream"
    return Response(body, headers=headers, media_type=kind)


async def _half(request: Request, body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2]
    await asyncio.sleep(_FLUSH_SECONDS)
    wire_of(request.scope).transport.abort()
