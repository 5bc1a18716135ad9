"""UnitedHealthcare's document library, as far as payments go: a search, a list in pages, 835s one or many at once."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.accounts import Account
from sandbox.remit_inquiries import RemitsAsked, RemitsOutcome, file_answer, remits_answered, rows_of
from sandbox.remits import Row
from sandbox.sessions import Session
from sandbox.uhc.answer import dollars
from sandbox.uhc.claims_answer import us_date
from sandbox.web import Step, read_json, unauthorized, us_day, word
from sandbox.world import World

if TYPE_CHECKING:
    from sandbox.uhc.site import Uhc

ROWS_A_PAGE = 10
_PAYER = "87726"
_CHECK = "Please check your entries and try again."
_NONE = "No documents found"
_DOWN = "This information is temporarily unavailable. Please try again later."
_TYPES = {"ACH": "EFT", "CHK": "Check", "NON": "Non-payment"}


class UhcDocuments:
    """The services behind #/documents."""

    def __init__(self, world: World, site: "Uhc") -> None:
        self._world = world
        self._site = site

    async def options(self, request: Request) -> Response:
        """What the search needs: providers of the chosen tax number."""
        session = self._site.session_of(request)
        if session is None:
            return unauthorized()
        account = self._site.account_of(session)
        step = self._step(request, session, "eras")

        async def work() -> Response:
            if "era" not in account.roles:
                return JSONResponse({"message": "You do not have access."}, 403)
            tin = self._site.tin(account)
            providers = [each for each in self._site.asking(account).providers if each.tin == tin]
            return JSONResponse(
                {
                    "providers": [{"npi": each.npi, "label": each.label} for each in providers],
                    "changedLabels": step.take("changed_labels") is not None,
                    "changedIds": step.take("changed_ids") is not None,
                }
            )

        return await step.run(work)

    async def search(self, request: Request) -> Response:
        """Take a search; the list is fetched from where Location says."""
        session = self._site.session_of(request)
        if session is None:
            return unauthorized()
        asked = self._read(self._site.account_of(session), await read_json(request))
        if asked is None:
            return JSONResponse({"message": _CHECK}, 400)
        step = self._step(request, session, "era_lookup")

        async def work() -> Response:
            number = remits_answered(step, session, asked)
            return JSONResponse({"id": number}, 202, {"Location": f"/api/documents/search/{number}"})

        return await step.run(work)

    async def result(self, request: Request) -> Response:
        """One page of the list, or 202 while it is being fetched."""
        session = self._site.session_of(request)
        if session is None:
            return unauthorized()
        outcome = _outcome(session, request)
        if outcome is None:
            return JSONResponse({"message": _CHECK}, 404)
        if not outcome.is_due():
            return JSONResponse({}, 202)
        if outcome.why or outcome.down:
            return JSONResponse({"message": outcome.why or _DOWN})
        rows = self._rows(request, session, outcome)
        place = int(request.query_params.get("page", "0"))
        shown = rows[place * ROWS_A_PAGE : (place + 1) * ROWS_A_PAGE]
        none = "" if rows or outcome.silent else _NONE
        said = {"summary": _summary(outcome), "outage": outcome.outage, "none": none, "silent": outcome.silent}
        pages = max(1, -(-len(rows) // ROWS_A_PAGE))
        return JSONResponse(
            said | {"rows": [_row(e) for e in shown], "total": len(rows), "page": place, "pages": pages}
        )

    async def files(self, request: Request) -> Response:
        """The 835 of one payment, or those of several in a zip."""
        session = self._site.session_of(request)
        if session is None:
            return unauthorized()
        step, outcome = self._step(request, session, "era_file"), _outcome(session, request)
        wanted = request.query_params.get("numbers", "").split(",")
        there = {each.number: each for each in self._rows(request, session, outcome)} if outcome else {}
        chosen = [there[each] for each in wanted if each in there and there[each].offered]

        async def work() -> Response:
            whole = len(chosen) == len(wanted)
            return file_answer(step, session, chosen) if whole else JSONResponse({"message": _CHECK}, 404)

        return await step.run(work)

    def _step(self, request: Request, session: Session, at: str) -> Step:
        return Step(self._world, self._site.portal, request, at, session.user)

    def _rows(self, request: Request, session: Session, outcome: RemitsOutcome) -> list[Row]:
        return rows_of(self._site.portal.remits, self._step(request, session, "era_lookup"), session, outcome)

    def _read(self, account: Account, body: dict[str, Any]) -> RemitsAsked | None:
        """The search, or None when something is missing or wrong."""
        organization, npi = self._site.asking(account), word(body, "npi")
        first, last = us_day(word(body, "fromDate")), us_day(word(body, "toDate"))
        if not (first and last) or (npi and organization.provider(npi) is None):
            return None
        return RemitsAsked(_PAYER, organization, self._site.tin(account), first, last, npi)


def _outcome(session: Session, request: Request) -> RemitsOutcome | None:
    outcome = session.answers.get(request.path_params["id"])
    return outcome if isinstance(outcome, RemitsOutcome) else None


def _summary(outcome: RemitsOutcome) -> list[tuple[str, str]]:
    asked = outcome.asked
    return [
        ("Organization", asked.organization.name),
        ("Tax ID", asked.tin),
        ("NPI", asked.npi or "All providers"),
        ("Payment dates", f"{us_date(asked.first)} - {us_date(asked.last)}"),
        ("Transaction ID", outcome.transaction),
    ]


def _row(row: Row) -> dict[str, Any]:
    payment = row.payment
    status = "Pending" if not row.offered else "Viewed" if row.had.marked else "New"
    cells = [
        payment.trace,
        us_date(payment.paid_on),
        dollars(f"{row.file.amount:.2f}"),
        _TYPES[payment.method],
        payment.payee.tin,
        payment.payee.npi,
        us_date(payment.posted_on),
        status,
    ]
    return {"number": row.number, "cells": cells, "offered": row.offered}
