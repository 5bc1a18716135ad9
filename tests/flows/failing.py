"""What can go wrong at any portal, as tables, and what must be seen of it on both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from asking import Result, ask, control, ledger, order
from house import House, question

from bots import guard
from bots.desk import Failure, Question
from flows.eligibility import EligibilityAnswer
from flows.errors import PortalChanged, error_classes
from payers.registry import portals

WRONG = "Wr0ng-pass$1"
OTHER_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@dataclass(frozen=True)
class Fault:
    """A fault at a place of the sign-in, and the error class and the count of passwords it must lead to."""

    kind: str
    at: str
    error: str
    passwords: int = 1

    def __str__(self) -> str:
        return f"{self.kind}-at-{self.at}"


# a password that left the browser counts whatever is shown then, so `passwords` is what the portal may have counted
SIGN_IN_FAULTS = (
    Fault("maintenance", "login", "PortalUnavailable", 0),
    Fault("server_error", "login", "PortalUnavailable", 0),
    Fault("captcha", "login", "CaptchaShown", 0),
    Fault("access_blocked", "login", "AccessBlocked", 0),
    Fault("changed_ids", "login", "ScreenNotRecognised", 0),
    Fault("changed_labels", "login", "PortalChanged", 0),
    Fault("maintenance", "login_post", "PortalUnavailable"),
    Fault("server_error", "login_post", "PortalUnavailable"),
    Fault("captcha", "login_post", "CaptchaShown"),
    Fault("access_blocked", "login_post", "AccessBlocked"),
    Fault("unknown_page", "login_post", "ScreenNotRecognised"),
    Fault("server_error", "code_post", "PortalUnavailable"),
    Fault("captcha", "home", "CaptchaShown"),
    Fault("unknown_page", "home", "ScreenNotRecognised"),
    Fault("terms", "sign_in", "ActionRequired"),
)


async def sign_in_meets(house: House, portal: str, fault: Fault) -> None:
    """The run ends as the table says, no password goes out twice, and the ledger holds what the portal saw."""
    name, user = house.account(portal)
    order(house, portal, user, fault.kind, fault.at)
    run, _ = await ask(house, name, flow="login")
    assert run.failure is not None
    assert run.failure.error == fault.error, run.failure
    seen = house.world.account(portal, user)
    assert seen["password_submissions"] == fault.passwords
    assert (seen["locked"], seen["sign_ins"] > 1) == (False, False)
    counted = sum(submissions for kind, _, submissions in ledger(house, name) if kind == "password")
    assert counted == fault.passwords
    if issubclass(error_classes()[fault.error], PortalChanged):
        assert run.failure.screen or run.failure.locator, run.failure
    else:
        assert run.failure.screen


@dataclass(frozen=True)
class Refusal:
    """A sign-in that the portal refuses, and what a first and a second run must say of it."""

    name: str
    first: str
    second: str
    passwords: int = 1
    codes: int = 0
    verdict: str = "refused"
    prepare: Callable[[House, str, str], None] = field(default=lambda house, portal, user: None)
    password: str | None = None
    rules: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def _lock(house: House, portal: str, user: str) -> None:
    house.world.post("/accounts", portal=portal, user=user, locked=True)


def _disable(house: House, portal: str, user: str) -> None:
    house.world.post("/accounts", portal=portal, user=user, disabled=True)


def _other_secret(house: House, portal: str, user: str) -> None:
    house.world.post("/accounts", portal=portal, user=user, totp_secret=OTHER_SECRET)


def _redraw(house: House, portal: str, user: str) -> None:
    order(house, portal, user, "redraw_refusal")


REFUSALS = (
    Refusal("wrong-password", "InvalidCredentials", "AccountFrozen", password=WRONG),
    Refusal("locked-and-told", "AccountLocked", "AccountFrozen", verdict="unknown", prepare=_lock),
    Refusal("disabled", "AccountDisabled", "AccountFrozen", verdict="unknown", prepare=_disable),
    Refusal("locked-untold", "InvalidCredentials", "AccountFrozen", prepare=_lock, rules={"lock_told": False}),
    Refusal("wrong-secret", "CodeRejected", "AccountHeld", codes=2, verdict="accepted", prepare=_other_secret),
    Refusal("redrawn", "ScreenNotRecognised", "AccountHeld", verdict="unknown", prepare=_redraw, password=WRONG),
)


async def sign_in_is_refused(
    house: House, portal: str, refusal: Refusal, policies: Callable[..., None], *, second_by: str = "service"
) -> None:
    """The secret goes out as often as the table says in the first run, and never again in a second one."""
    if refusal.rules:
        policies(portal, **refusal.rules)
    name, user = house.account(portal, password=refusal.password)
    refusal.prepare(house, portal, user)
    first, _ = await ask(house, name, flow="login")
    seen = house.world.account(portal, user)
    assert first.failure is not None
    assert first.failure.error == refusal.first, first.failure
    assert (seen["password_submissions"], seen["code_submissions"]) == (refusal.passwords, refusal.codes)
    assert [row for row in ledger(house, name) if row[0] == "password"] == [("password", refusal.verdict, 1)]
    second, _ = await ask(house, name, flow="login", source=second_by)
    assert second.failure is not None
    assert second.failure.error == refusal.second, second.failure
    assert house.world.account(portal, user)["password_submissions"] == refusal.passwords
    assert house.world.account(portal, user)["code_submissions"] == refusal.codes
    assert house.world.account(portal, user)["lock_count"] == 0


async def unknown_user(house: House, portal: str, error: str, submissions: int) -> None:
    """The portal knows no such user: the account stops, and nothing is tried twice."""
    before = house.world.get("/state")["portals"][portal]["unknown_user_submissions"]
    name, user = house.account(portal)
    control(house, "DELETE", "/accounts", portal=portal, user=user)
    first, _ = await ask(house, name, flow="login")
    second, _ = await ask(house, name, flow="login")
    assert first.failure and second.failure
    assert (first.failure.error, second.failure.error) == (error, "AccountFrozen")
    after = house.world.get("/state")["portals"][portal]["unknown_user_submissions"]
    assert after - before == submissions
    assert guard.standing(house.inventory, name, portals()[portal].policy).possible_failures == submissions


async def signed_in_elsewhere(house: House, portal: str, policies: Callable[..., None]) -> None:
    """Somebody else's session is left alone."""
    policies(portal, sessions="refused")
    name, user = house.account(portal)
    house.world.post("/sessions", portal=portal, user=user)
    run, _ = await ask(house, name, flow="login")
    seen = house.world.account(portal, user)
    assert run.failure and run.failure.error == "AccountBusy"
    assert (seen["sessions_refused"], seen["sessions_of_others_ended"], seen["sign_ins"]) == (1, 0, 0)
    assert (seen["open_sessions"], seen["password_submissions"]) == (1, 1)
    again, _ = await ask(house, name, flow="login")
    assert again.failure and again.failure.error == "AccountBusy"
    assert house.world.account(portal, user)["password_submissions"] == 1


# what one question meets -> the failure that is only its own; the next question is answered
ROW_FAULTS = {
    "payer_down": "PayerUnavailable",
    "outage_text": "PayerUnavailable",
    "other_member": "AnswerUnreadable",
    "other_organization": "AnswerUnreadable",
    "stale_result": "AnswerUnreadable",
    "empty_result": "AnswerUnreadable",
    "slow_answer": None,
}


async def questions_meet(house: House, portal: str) -> None:
    """Every second question about a member meets a fault; those between are answered, and rightly."""
    members = house.world.members(portal, "active")[1 : 2 + 2 * len(ROW_FAULTS)]
    results = await between_faults(house, portal, "eligibility", [question(member) for member in members], ROW_FAULTS)
    for member, result in zip(members, results, strict=True):
        if isinstance(result, EligibilityAnswer):
            assert (result.returned_member_id or member["member_id"], result.match) == (member["member_id"], "exact")


async def between_faults(
    house: House, portal: str, flow: str, questions: Sequence[Question], faults: Mapping[str, str | None]
) -> list[Result]:
    """Order each of `faults` for every second of `questions`; what became of all, checked against what must."""
    name, user = house.account(portal, signed_in=True)
    kinds = list(faults)

    def disturb_next(index: int) -> None:
        if index % 2 == 0 and index // 2 < len(kinds):
            kind = kinds[index // 2]
            order(house, portal, user, kind, **({"seconds": 1.5} if kind == "slow_answer" else {}))

    run, results = await ask(house, name, *questions, flow=flow, after=disturb_next)
    assert run.failure is None
    said = [result.error if isinstance(result, Failure) else None for result in results]
    assert dict(zip(kinds, said[1::2], strict=True)) == faults
    assert said[::2] == [None] * (len(faults) + 1)
    seen = house.world.account(portal, user)
    assert (seen["lookups"], seen["password_submissions"]) == (len(questions), 0)
    return results


# what ends the run: the portal as a whole is in the way, or looks different
RUN_FAULTS = (
    Fault("maintenance", "lookup", "PortalUnavailable"),
    Fault("server_error", "lookup", "PortalUnavailable"),
    Fault("captcha", "lookup", "CaptchaShown"),
    Fault("access_blocked", "lookup", "AccessBlocked"),
    Fault("unknown_page", "lookup", "ScreenNotRecognised"),
    Fault("server_error", "eligibility", "PortalUnavailable"),
    Fault("unknown_page", "eligibility", "ScreenNotRecognised"),
    Fault("changed_ids", "eligibility", "ScreenNotRecognised"),
    Fault("changed_labels", "eligibility", "PortalChanged"),
)


async def the_run_meets(house: House, portal: str, fault: Fault) -> None:
    """The run ends without an answer, and says what was in the way or which part of the page it misses."""
    name, user = house.account(portal, signed_in=True)
    order(house, portal, user, fault.kind, fault.at)
    member = house.world.members(portal, "active")[0]
    run, results = await ask(house, name, question(member))
    assert run.failure is not None
    assert run.failure.error == fault.error, run.failure
    assert run.failure.screen or run.failure.locator, run.failure
    assert not any(isinstance(result, EligibilityAnswer) for result in results)
    seen = house.world.account(portal, user)
    # maintenance and its like stand in front of the application, which then sees no inquiry
    assert seen["lookups"] == (1 if (fault.kind, fault.at) == ("server_error", "lookup") else 0)
    assert seen["password_submissions"] == 0


async def permission_is_missing(house: House, portal: str) -> None:
    """An account without the role asks nothing."""
    name, user = house.account(portal, roles=["claim_status"], signed_in=True)
    run, results = await ask(house, name, question(house.world.members(portal, "active")[0]))
    assert (run.failure and run.failure.error, results) == ("PermissionMissing", [])
    assert house.world.account(portal, user)["lookups"] == 0


async def session_ends_between_questions(house: House, portal: str) -> None:
    """The worker signs in once more and completes the answers."""
    name, user = house.account(portal)
    members = house.world.members(portal, "active")[:3]

    def end_after_first(index: int) -> None:
        if index == 0 and house.world.account(portal, user)["sign_ins"] == 1:
            order(house, portal, user, "end_session")

    run, results = await ask(house, name, *map(question, members), after=end_after_first)
    assert run.failure is None
    assert [type(result) for result in results] == [EligibilityAnswer] * 3
    assert [getattr(result, "returned_member_id", "") for result in results] == [each["member_id"] for each in members]
    seen = house.world.account(portal, user)
    assert (seen["sign_ins"], seen["password_submissions"], seen["code_submissions"]) == (2, 2, 2)
    assert seen["lookups"] == 3
