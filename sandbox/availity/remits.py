"""Availity's remittance viewer: the search by payment, the list in pages, the 835 of a payment, and its mark."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.availity import paths
from sandbox.availity.answer import money, us_date
from sandbox.availity.shell import envelope
from sandbox.availity.visit import asking, page, portal_of, session_of
from sandbox.bundle import Asset
from sandbox.members import PAYERS
from sandbox.policy import InputError
from sandbox.remit_inquiries import RemitsAsked, RemitsOutcome, file_answer, remits_answered, rows_of
from sandbox.remits import Row
from sandbox.sessions import Session
from sandbox.web import Step, read_json, unauthorized, us_day, word
from sandbox.world import World

ROWS_A_PAGE = 10
_NOTHING = "We did not find remittance data matching your search criteria"
_DOWN = "Unable to respond at current time. Please try again later."
_METHODS = {"ACH": "EFT", "CHK": "Check", "NON": "Non-Payment"}


class RemitsApp:
    """The application inside the shell's frame."""

    def __init__(self, world: World, script: Asset) -> None:
        self._world = world
        self._script = script

    def routes(self) -> list[Route]:
        """The page and its services."""
        return [
            Route(paths.REMITS, self.frame),
            Route("/api/internal/v1/tax-ids", self.tax_ids),
            Route(paths.REMITTANCES, self.search, methods=["POST"]),
            Route(paths.REMITTANCES + "/{id}", self.result),
            Route(paths.REMITTANCES + "/{id}/files/{number}", self.file),
            Route(paths.REMITTANCES + "/{id}/files/{number}", self.mark, methods=["PUT"]),
        ]

    async def frame(self, request: Request) -> Response:
        """The application's page."""
        session = session_of(self._world, request)
        if session is None:
            return RedirectResponse(f"{paths.LOGIN}#/logout", status_code=302)
        step = Step(self._world, portal_of(self._world), request, "eras", session.user)

        async def work() -> Response:
            settings = {
                "changedLabels": step.take("changed_labels") is not None,
                "changedIds": step.take("changed_ids") is not None,
            }
            return page("remits.html", self._script, settings)

        return await step.run(work)

    async def tax_ids(self, request: Request) -> Response:
        """The tax numbers of one organization."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        chosen = asking(portal_of(self._world).account(session), request.query_params.get("customerId", ""))
        return JSONResponse(envelope("taxIds", [{"id": each, "taxId": each} for each in chosen.tins]))

    async def search(self, request: Request) -> Response:
        """Take a search; the list is fetched from where Location says."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        body = await read_json(request)
        asked = self._read(session, body)
        account = portal_of(self._world).account(session)
        account.remembered |= {name: word(body, name) for name in ("organization", "payer")}
        step = self._step(request, session, "era_lookup")

        async def work() -> Response:
            number = remits_answered(step, session, asked)
            return JSONResponse({"id": number}, 202, {"Location": f"{paths.REMITTANCES}/{number}"})

        return await step.run(work)

    async def result(self, request: Request) -> Response:
        """One page of the list, or 202 while it is being fetched."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        outcome = _outcome(session, request)
        if outcome is None:
            return _unknown()
        if not outcome.is_due():
            return JSONResponse({}, 202, {"Location": request.url.path})
        if outcome.why or outcome.down:
            return JSONResponse({"message": outcome.why or _DOWN})
        if not outcome.numbers and not outcome.silent:
            return JSONResponse({"message": _NOTHING, "summary": _summary(outcome)})
        rows = self._rows(request, session, outcome)
        first = int(request.query_params.get("page", "0")) * ROWS_A_PAGE
        shown = [_row(each) for each in rows[first : first + ROWS_A_PAGE]]
        said = {"summary": _summary(outcome), "outage": outcome.outage, "rows": shown, "silent": outcome.silent}
        return JSONResponse(said | {"first": first, "total": len(rows)})

    async def file(self, request: Request) -> Response:
        """The 835 of a payment."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        step, row = self._step(request, session, "era_file"), self._wanted(request, session)

        async def work() -> Response:
            return file_answer(step, session, [row]) if row and row.offered else _unknown()

        return await step.run(work)

    async def mark(self, request: Request) -> Response:
        """Somebody has this file."""
        session = session_of(self._world, request)
        if session is None:
            return unauthorized()
        row = self._wanted(request, session)
        if row is None:
            return _unknown()
        row.had.marked = True
        portal_of(self._world).note(session.user, "era_marked", trace=row.payment.trace)
        return Response(status_code=204)

    def _step(self, request: Request, session: Session, at: str) -> Step:
        return Step(self._world, portal_of(self._world), request, at, session.user)

    def _rows(self, request: Request, session: Session, outcome: RemitsOutcome) -> list[Row]:
        return rows_of(portal_of(self._world).remits, self._step(request, session, "era_lookup"), session, outcome)

    def _wanted(self, request: Request, session: Session) -> Row | None:
        outcome, number = _outcome(session, request), request.path_params["number"]
        rows = self._rows(request, session, outcome) if outcome else []
        return next((each for each in rows if each.number == number), None)

    def _read(self, session: Session, body: dict[str, Any]) -> RemitsAsked:
        chosen = asking(portal_of(self._world).account(session), word(body, "organization"))
        first, last, tin = us_day(word(body, "from")), us_day(word(body, "to")), word(body, "taxId")
        if first is None or last is None or tin not in chosen.tins:
            raise InputError("a tax number of the organization and two days are needed")
        return RemitsAsked(word(body, "payer"), chosen, tin, first, last, word(body, "npi"))


def _outcome(session: Session, request: Request) -> RemitsOutcome | None:
    outcome = session.answers.get(request.path_params["id"])
    return outcome if isinstance(outcome, RemitsOutcome) else None


def _unknown() -> Response:
    return JSONResponse({"message": "No such remittance."}, 404)


def _summary(outcome: RemitsOutcome) -> list[tuple[str, str]]:
    asked = outcome.asked
    return [
        ("Organization", asked.organization.name),
        ("Payer", next(each.name for each in PAYERS if each.id == asked.payer)),
        ("Payer ID", asked.payer),
        ("Tax ID", asked.tin),
        ("NPI", asked.npi or "All"),
        ("Payment Dates", f"{us_date(asked.first)} - {us_date(asked.last)}"),
        ("Transaction ID", outcome.transaction),
    ]


def _row(row: Row) -> dict[str, Any]:
    payment = row.payment
    cells = [
        payment.trace,
        us_date(payment.paid_on),
        money(f"{row.file.amount:.2f}"),
        _METHODS[payment.method],
        payment.payee.tin,
        payment.payee.npi,
        us_date(payment.posted_on),
        "Downloaded" if row.had.marked else "New",
    ]
    return {"number": row.number, "cells": cells, "offered": row.offered, "marked": row.had.marked}
