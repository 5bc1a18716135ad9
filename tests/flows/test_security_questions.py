"""Security questions at Availity: answered once, counted with the passwords, never repeated, never told."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from asking import ask, codes_at_once, ledger, order, policies
from house import House
from pydantic import SecretStr

from bots import guard
from bots.logs import start_logging
from bots.runner import run as runs
from bots.runner import runner as runner_module
from flows.session import Session
from payers.portals.availity import PORTAL
from payers.portals.availity.sign_in import SHELL

__all__ = ["codes_at_once", "policies"]

pytestmark = pytest.mark.usefixtures("codes_at_once")

PET, TOWN, SCHOOL = "First pet n33dle?", "Town of birth n33dle?", "First school n33dle?"
RIGHT = {PET: "web", TOWN: " Sàlt Lake City", SCHOOL: 'St. "Mary\'s" & Co'}


@pytest.fixture(autouse=True)
def impatience(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time-outs, and no second try of a run."""
    monkeypatch.setattr(runs, "TRIES", 1)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": 6})


def asked(house: House, stored: dict[str, str], times: int | None = 1, **changes: object) -> tuple[str, str]:
    """An account that is asked a question at its sign-in, with these answers in the vault."""
    name, user = house.account(security_questions=RIGHT, **changes)
    house.vault.put(name, security_answers={question: SecretStr(answer) for question, answer in stored.items()})
    order(house, "availity", user, "security_question", times=times)
    return name, user


def counted(house: House, user: str) -> tuple[int, int, int, bool]:
    """Passwords, answers and refused answers that the portal saw, and whether it locked."""
    seen = house.world.account("availity", user)
    return seen["password_submissions"], seen["answer_submissions"], seen["answer_refusals"], seen["locked"]


def failures(house: House, name: str) -> int:
    return guard.standing(house.inventory, name, PORTAL.policy).possible_failures


async def test_a_question_is_answered_once_and_the_sign_in_goes_on(house: House) -> None:
    """Three sign-ins, three questions, worded otherwise in the vault."""
    stored = {PET.upper().rstrip("?"): RIGHT[PET], f" {TOWN} ": RIGHT[TOWN], SCHOOL: RIGHT[SCHOOL]}
    name, user = asked(house, stored, times=None)
    for number in (1, 2, 3):
        async with house.runner() as runner:
            run = await runner.run(name, "login", fresh=True)
        assert run.failure is None, (number, run.failure)
        assert counted(house, user) == (number, number, 0, False)
    attempts = [(kind, verdict) for kind, verdict, _ in ledger(house, name)]
    assert attempts == [(kind, "accepted") for kind in ("password", "answer", "code", "signed_in")] * 3


async def test_an_answer_that_is_part_of_the_next_address_does_not_stop_the_page(house: House) -> None:
    name, user = asked(house, {PET: RIGHT[PET]}, methods=[])
    run, _ = await ask(house, name, flow="login")
    assert run.failure is None
    assert RIGHT[PET] in SHELL
    assert counted(house, user) == (1, 1, 0, False)


async def test_a_refused_answer_freezes_and_never_goes_out_again(house: House) -> None:
    name, user = asked(house, {PET: "Web"}, times=None)
    first, _ = await ask(house, name, flow="login")
    assert first.failure
    assert (first.failure.error, first.failure.phrase) == ("SecurityQuestionAsked", "answer_refused")
    assert ledger(house, name) == [("password", "accepted", 1), ("answer", "refused", 1)]
    second, _ = await ask(house, name, flow="login", source="service")
    assert second.failure
    assert second.failure.error == "AccountFrozen"
    assert f"pk vault set {name} --security-answers" in second.failure.message
    assert counted(house, user) == (1, 1, 1, False)


async def test_another_answer_in_the_vault_lifts_the_freeze_and_the_first_one_brings_it_back(house: House) -> None:
    name, user = asked(house, {PET: "Web", TOWN: RIGHT[TOWN]}, times=None)
    await ask(house, name, flow="login")
    for stored in ({TOWN: "elsewhere"}, {PET: "Web"}):  # the refused one is still there
        house.pk("vault", "set", name, "--security-answers", given=lines(stored))
        assert guard.standing(house.inventory, name, PORTAL.policy).freeze
    house.pk("vault", "set", name, "--security-answers", given=lines({PET: "green", TOWN: RIGHT[TOWN]}))
    house.pk("vault", "set", name, "--security-answers", given=lines({PET: "Web", TOWN: "Web"}))
    for _ in range(2):  # the town, then the school, of which the vault knows nothing
        again, _ = await ask(house, name, flow="login")
        assert again.failure
    house.pk("vault", "set", name, "--security-answers", given=lines(RIGHT))
    assert counted(house, user) == (2, 2, 2, False)
    last, _ = await ask(house, name, flow="login")
    assert last.failure
    assert (last.failure.error, counted(house, user)) == ("AccountHeld", (2, 2, 2, False))


def lines(answers: dict[str, str]) -> str:
    return "".join(json.dumps({"question": question, "answer": answer}) + "\n" for question, answer in answers.items())


async def test_the_right_answer_after_a_wrong_one_signs_in(house: House) -> None:
    name, user = asked(house, {PET: "Web"}, times=None)
    await ask(house, name, flow="login")
    assert house.pk("vault", "set", name, "--security-answers", given=lines(RIGHT)).returncode == 0
    again, _ = await ask(house, name, flow="login")
    assert again.failure is None
    assert counted(house, user) == (2, 2, 1, False)
    assert failures(house, name) == 0


async def test_a_question_without_an_answer_goes_to_a_person_and_costs_nothing(house: House) -> None:
    name, user = asked(house, {TOWN: RIGHT[TOWN]}, times=None)
    run, _ = await ask(house, name, flow="login")
    assert run.failure
    assert run.failure.error == "SecurityQuestionAsked"
    assert "no answer" in run.failure.message
    assert (counted(house, user), failures(house, name)) == ((1, 0, 0, False), 0)
    second, _ = await ask(house, name, flow="login")
    assert second.failure
    assert second.failure.error == "AccountFrozen"
    house.pk("vault", "set", name, "--security-answers", given=lines(RIGHT))
    third, _ = await ask(house, name, flow="login")
    assert (third.failure, counted(house, user)) == (None, (2, 1, 0, False))


@pytest.mark.parametrize("kind", ["server_error", "cut_after"])
async def test_an_answer_without_a_verdict_counts_and_is_not_repeated(house: House, kind: str) -> None:
    name, user = asked(house, RIGHT, times=None)
    order(house, "availity", user, kind, "answer_post")
    run, _ = await ask(house, name, flow="login")
    assert run.failure
    assert run.failure.error == "PortalUnavailable", run.failure
    assert ledger(house, name) == [("password", "accepted", 1), ("answer", "unknown", 1)]
    assert counted(house, user) == (1, 1, 0, False)
    assert failures(house, name) == 1


async def test_a_lock_at_the_answer_is_told_as_one(house: House, policies: Callable[..., None]) -> None:
    policies("availity", lockout_threshold=1)
    name, _ = asked(house, {PET: "Web"})
    run, _ = await ask(house, name, flow="login")
    assert run.failure
    assert run.failure.error == "AccountLocked"
    assert ledger(house, name)[-1] == ("answer", "unknown", 1)


async def test_a_second_question_in_one_sign_in_tells_that_the_answer_was_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asks_twice(session: Session) -> None:
        async with session.step("answer", private=True):
            await session.security_answer(PET)
            await session.page.goto(f"{session.address}/?answer=web")
            await session.security_answer(TOWN)

    monkeypatch.setattr(runner_module, "find_portal", lambda name: dataclasses.replace(PORTAL, login=asks_twice))
    name, _ = asked(house, RIGHT)
    run, _ = await ask(house, name, flow="login")
    assert run.failure
    assert run.failure.error == "SecurityQuestionAsked"
    assert ledger(house, name) == [("answer", "refused", 1)]


async def test_an_answer_outside_a_private_step_is_a_defect(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def reads_it_openly(session: Session) -> None:
        async with session.step("look around"):
            await session.security_answer(PET)

    monkeypatch.setattr(runner_module, "find_portal", lambda name: dataclasses.replace(PORTAL, login=reads_it_openly))
    name, _ = asked(house, RIGHT)
    with pytest.raises(RuntimeError, match="private step"):
        await ask(house, name, flow="login")
    assert ledger(house, name) == []


async def test_neither_question_nor_answer_is_told_anywhere(
    house: House, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A good answer, a refused one, one without a verdict and an unknown question leave nothing behind."""
    start_logging(tmp_path / "log", "debug")
    secret = "N33dle in hay"
    for stored, fault in (({PET: secret}, ""), ({PET: f"{secret}!"}, ""), ({PET: secret}, "server_error"), ({}, "")):
        name, user = house.account(security_questions={PET: secret})
        assert house.pk("vault", "set", name, "--security-answers", given=lines(stored)).returncode == (not stored) * 2
        order(house, "availity", user, "security_question")
        if fault:
            order(house, "availity", user, fault, "answer_post")
        run, _ = await ask(house, name, flow="login")
        print(run, house.pk("why", name), house.pk("vault", "check", name), house.pk("report"))
    structlog.reset_defaults()
    house.inventory.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    out = capfd.readouterr()
    places = {"output": out.out + out.err}
    places |= {
        str(file): file.read_bytes().decode("latin-1")
        for folder in (house.home, tmp_path)
        for file in folder.rglob("*")
        if file.is_file()
    }
    assert {"SecurityQuestionAsked", "PortalUnavailable"} <= set(places["output"].replace("'", " ").split())
    assert [place for place, text in places.items() if "33dle" in text] == []
