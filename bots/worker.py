"""The worker: carries out one order at one portal. It knows the Desk and the vault, never the inventory."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from bots import now
from bots.desk import Answer, Desk, Failure, Inquiry, Order, Outcome, PatientAnswer, SignIn
from bots.faults import translated
from bots.session import LiveSession, Person
from flows.claim_status import ClaimStatusInquiry
from flows.eligibility import EligibilityInquiry, Match
from flows.era_download import EraDownloadInquiry
from flows.errors import AnswerUnreadable, InputError, PasswordExpired, PayerUnavailable, PortalkeeperError

ROW_FAILURES = (PayerUnavailable, AnswerUnreadable, InputError)
UNREADABLE_IN_A_ROW = 3


async def work(
    session: LiveSession,
    order: Order,
    desk: Desk,
    sign_in_place: AbstractAsyncContextManager[object],
    person: Person | None = None,
) -> Outcome:
    """Sign in, ask the order's questions one by one, and sum up.

    A question's own failure goes to the Desk and the next one is asked; any other failure ends the order.
    `sign_in_place` is held while signing in. With a `person` it is they who sign in.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + order.budget_seconds
    how, finished, answered, unwanted, unreadable, in_flight = SignIn.NONE, 0, 0, 0, 0, False
    failure: Failure | None = None
    try:
        how = await _enter(session, order, desk, sign_in_place, person)
        if order.flow == "password_reset":
            await session.reset_password()
        for index, question in enumerate(order.questions):
            if clock() > deadline:
                break
            if not await desk.wanted(index):
                unwanted += 1
                continue
            in_flight = True
            session.ask_for(question.payer)
            result = await _ask(session, order.flow, question.inquiry)
            await desk.answered(index, result)
            in_flight = False
            finished += 1
            answered += not isinstance(result, Failure)
            unreadable = unreadable + 1 if _is_unreadable(result) else 0
            if unreadable == UNREADABLE_IN_A_ROW:
                raise AnswerUnreadable(f"{unreadable} answers in a row could not be read")
    except PortalkeeperError as error:
        failure = Failure.of(error)
    return Outcome(
        sign_in=how,
        asked=finished,
        answered=answered,
        unwanted=unwanted,
        failure=failure,
        in_flight=in_flight,
        candidate=session.candidate,
        steps=session.steps,
    )


async def _enter(
    session: LiveSession,
    order: Order,
    desk: Desk,
    sign_in_place: AbstractAsyncContextManager[object],
    person: Person | None,
) -> SignIn:
    if person:
        return await _signed_in(session, desk, await session.assist(person))
    if order.flow == "password_recovery":
        await session.recover_password()
        return SignIn.NONE
    async with sign_in_place:
        return await _sign_in(session, order, desk)


async def _sign_in(session: LiveSession, order: Order, desk: Desk) -> SignIn:
    try:
        how = await session.sign_in(order.passwords)
    except PasswordExpired:
        if order.flow != "password_reset":
            raise
        return SignIn.NONE  # the change form stands in the place of home
    return await _signed_in(session, desk, how)


async def _signed_in(session: LiveSession, desk: Desk, how: SignIn) -> SignIn:
    if how is SignIn.PASSWORD:
        with translated("keep the signed-in state"):
            await desk.keep_state(await session.sealed_state())
    await desk.signed_in(how)
    return how


async def _ask(session: LiveSession, flow: str, inquiry: Inquiry) -> Answer | Failure:
    """One question's answer, or the failure that is only its own."""
    asked_at = now.utc()
    try:
        with translated(f"check {flow}"):
            answer = await _answer(session, flow, inquiry)
        if isinstance(answer, PatientAnswer) and answer.match is Match.DIFFERS:
            raise AnswerUnreadable("the page shows another member than the one asked for", screen="Result")
    except ROW_FAILURES as error:
        failure = Failure.of(error)
        await session.witness.failed(session.page, failure)
        return failure
    return answer.model_copy(update={"asked_at": asked_at})


async def _answer(session: LiveSession, flow: str, inquiry: Inquiry) -> Answer:
    """What the portal's flow of that name answers to an inquiry of its kind."""
    portal = session.portal
    match flow, inquiry:
        case "eligibility", EligibilityInquiry() if portal.eligibility:
            return await portal.eligibility(session, inquiry)
        case "claim_status", ClaimStatusInquiry() if portal.claim_status:
            return await portal.claim_status(session, inquiry)
        case "era_download", EraDownloadInquiry() if portal.era_download:
            return await portal.era_download(session, inquiry)
    raise InputError(f"{portal.title} takes no such question for {flow}")


def _is_unreadable(result: Answer | Failure) -> bool:
    return isinstance(result, Failure) and result.error == AnswerUnreadable.__name__
