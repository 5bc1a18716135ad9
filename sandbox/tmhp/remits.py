"""TMHP's Electronic Remittance Advice: weekly files that are given out once, and a folder for those that were."""

from collections.abc import Callable
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.accounts import Account
from sandbox.organizations import Organization, organization
from sandbox.pages import Pages
from sandbox.remit_inquiries import RemitsAsked, RemitsOutcome, file_answer, remits_answered, rows_of
from sandbox.remits import Row
from sandbox.sessions import Session
from sandbox.web import Step, us_day
from sandbox.world import Portal, World

HOME = "/era/remittances"
_PAYER = "texas-medicaid"
_ALL = "all"
_NONE = "No remittances were found for these dates."
_DOWN = "Unable to respond at current time. Please try again later."
_OUTAGE = "This transaction could not be processed. The system is unavailable."
_INCOMPLETE = "Provider, From Date and To Date are required."


class TmhpRemits:
    """The pages behind /era."""

    def __init__(
        self, world: World, session_of: Callable[[Request], Session | None], ended: Callable[[], Response]
    ) -> None:
        self._world = world
        self._session_of = session_of
        self._ended = ended
        self._pages = Pages("tmhp")

    async def home(self, request: Request) -> Response:
        """The form; with a search in the address, what was found below it."""
        session = self._session_of(request)
        if session is None:
            return self._ended()
        account, given = self._portal.account(session), dict(request.query_params)
        step = self._step(request, session, "era_lookup" if given else "eras")

        async def work() -> Response:
            if "era" not in account.roles:
                return self._pages.show("no_access.html")
            if not given:
                return self._show(account, step)
            outcome = self._outcome(step, session, given)
            if outcome is None:
                return self._show(account, None, given=given, message=_INCOMPLETE)
            return self._found(account, step, session, given, outcome)

        return await step.run(work)

    async def file(self, request: Request) -> Response:
        """The file of one payment: from the list it can be had once, from the old files for some days."""
        session = self._session_of(request)
        if session is None:
            return self._ended()
        step = self._step(request, session, "era_file")
        row = self._portal.remits.row(self._portal.account(session), request.query_params.get("number", ""))

        async def work() -> Response:
            return file_answer(step, session, [row]) if row and row.offered else Response("Gone\n", status_code=410)

        return await step.run(work)

    def _outcome(self, step: Step, session: Session, given: dict[str, str]) -> RemitsOutcome | None:
        """The search in the address; looking into the other folder is none of its own."""
        npi, _, tin = given.get("provider", "").partition("-")
        found = [of for of in _asking(self._portal.account(session)) if tin in of.tins]
        first, last = us_day(given.get("from", "")), us_day(given.get("to", ""))
        if not (found and first and last):
            return None
        if given.get("folder") == "old" and isinstance(session.last_remits, RemitsOutcome):
            return session.last_remits
        asked = RemitsAsked(_PAYER, found[0], tin, first, last, "" if npi == _ALL else npi)
        outcome: RemitsOutcome = session.answers[remits_answered(step, session, asked)]
        return outcome

    def _found(
        self, account: Account, step: Step, session: Session, given: dict[str, str], outcome: RemitsOutcome
    ) -> Response:
        if outcome.why or outcome.down:
            return self._show(account, None, given=given, message=outcome.why or _DOWN)
        rows = rows_of(self._portal.remits, step, session, outcome)
        old = given.get("folder") == "old"
        shown = [_row(each) for each in rows if not old or (each.old and each.offered)]
        said: dict[str, Any] = {"asked": _asked(outcome), "old": old, "rows": shown, "silent": outcome.silent}
        if outcome.outage:
            return self._show(account, None, given=given, outage=_OUTAGE, **said | {"rows": [], "silent": True})
        nothing = "" if rows or outcome.silent else _NONE
        return self._show(account, None, given=given, nothing=nothing, **said)

    def _show(self, account: Account, step: Step | None, **said: object) -> Response:
        providers = [
            (f"{_ALL}-{tin}", f"All providers - {of.name} ({tin})") for of in _asking(account) for tin in of.tins
        ]
        providers += [
            (f"{each.npi}-{each.tin}", f"{each.npi} - {each.name} - {of.name} ({each.tin})")
            for of in _asking(account)
            for each in of.providers
        ]
        return self._pages.show(
            "remittances.html",
            name=account.display_name,
            providers=providers,
            changed_labels=step is not None and step.take("changed_labels") is not None,
            changed_ids=step is not None and step.take("changed_ids") is not None,
            **{"given": {}} | said,
        )

    def _step(self, request: Request, session: Session, at: str) -> Step:
        return Step(self._world, self._portal, request, at, session.user)

    @property
    def _portal(self) -> Portal:
        return self._world.portals["tmhp"]


def _asking(account: Account) -> list[Organization]:
    return [found for each in account.organizations if (found := organization(each))]


def _asked(outcome: RemitsOutcome) -> list[tuple[str, str]]:
    asked = outcome.asked
    return [
        ("Organization", asked.organization.name),
        ("Tax ID", asked.tin),
        ("NPI", asked.npi or "All"),
        ("R&S Dates", f"{_us(asked.first)} - {_us(asked.last)}"),
        ("Transaction ID", outcome.transaction),
    ]


def _row(row: Row) -> dict[str, Any]:
    payment = row.payment
    status = "Not yet available" if row.late else "Downloaded" if row.had.marked else "New"
    return {
        "number": row.number,
        "file": row.offered,
        "old": row.old,
        "cells": [
            _us(payment.posted_on),
            payment.trace,
            _us(payment.paid_on),
            f"${row.file.amount:,.2f}",
            payment.method,
            payment.payee.tin,
            payment.payee.npi,
            status,
        ],
    }


def _us(day: date) -> str:
    return f"{day:%m/%d/%Y}"
