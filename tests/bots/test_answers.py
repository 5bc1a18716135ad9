"""Security answers in the vault, in the guard's budget, and by the command line; without a browser."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from office import Office
from pydantic import SecretStr
from test_people import Desk

from bots import answers, freezes, guard, now
from bots.cli.office import office as command_office
from bots.cli.vault import _asked_answers
from bots.desk import Failure, Verdict
from bots.gate import values
from bots.incidents import Kind, begin_canary, open_ones
from bots.inventory.audit import verify
from bots.sealing import Key, create_key, write_sealed
from bots.vault import Vault, create_vault
from bots.vault.credential import encode
from flows.errors import AccountHeld, InputError, SecurityQuestionAsked
from payers.model import Policy

THREE = Policy(lockout_threshold=3)
PET, TOWN = "What was the name of your first pet?", "In which town were you born?"


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return create_key(tmp_path / "vault.key")


@pytest.fixture
def vault(tmp_path: Path, key: Key) -> Vault:
    made = create_vault(tmp_path / "vault", key)
    made.put("a", password=SecretStr("one"))
    return made


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield Desk(tmp_path / "home", monkeypatch)
    command_office.__dict__.clear()


def put(vault: Vault, **given: str) -> dict[str, str]:
    names = {"pet": PET, "town": TOWN}
    kept = vault.put("a", security_answers={names.get(name, name): SecretStr(text) for name, text in given.items()})
    return {question: answer.get_secret_value() for question, answer in kept.security_answers.items()}


def test_an_answer_is_kept_to_the_letter_and_found_by_its_question(vault: Vault) -> None:
    assert put(vault, pet="  Réx the 2nd ") == {PET: "  Réx the 2nd "}
    for asked in (PET, PET.upper(), PET.rstrip("?"), "\n What  was\tthe name of your first pet ? "):
        assert vault.get("a").answer_to(asked) == SecretStr("  Réx the 2nd "), asked
    for asked in (TOWN, "What was the name of your second pet?", "", "?"):
        assert vault.get("a").answer_to(asked) is None, asked


def test_answers_are_added_replaced_and_taken_out(vault: Vault) -> None:
    put(vault, pet="Rex", town="Springfield")
    assert put(vault, **{PET.lower(): "Max"}) == {PET.lower(): "Max", TOWN: "Springfield"}
    assert put(vault, pet="") == {TOWN: "Springfield"}
    kept = vault.put("a", password=SecretStr("two"))
    assert (kept.answer_to(TOWN), kept.password) == (SecretStr("Springfield"), SecretStr("two"))


@pytest.mark.parametrize(("question", "answer"), [(" ? ", "needle"), ("needle\n?", "x"), (PET, "needle\r")])
def test_what_can_not_be_an_answer_is_refused_unseen(vault: Vault, question: str, answer: str) -> None:
    with pytest.raises(InputError, match="nothing was stored") as told:
        vault.put("a", security_answers={question: SecretStr(answer)})
    assert "needle" not in str(told.value)
    assert vault.check("a").security_answers == 0


def test_an_entry_from_before_there_were_answers_opens(vault: Vault, key: Key) -> None:
    older = json.loads(encode(vault.get("a")))
    del older["security_answers"]
    write_sealed(vault.folder / "a.age", json.dumps(older).encode(), key)
    assert (vault.get("a").security_answers, vault.check("a").problem) == ({}, "")


def test_the_fingerprint_knows_account_question_and_answer(vault: Vault) -> None:
    rex = SecretStr("Rex")
    found = vault.answer_fingerprint("a", PET, rex)
    assert found == vault.answer_fingerprint("a", PET.upper().rstrip("?"), rex)
    others = [("b", PET, rex), ("a", TOWN, rex), ("a", PET, SecretStr("rex"))]
    assert found not in {vault.fingerprint("a", rex), *(vault.answer_fingerprint(*other) for other in others)}
    put(vault, pet="Rex")
    assert vault.answer_fingerprints("a") == {found}


def test_a_credential_shows_no_answer(vault: Vault) -> None:
    put(vault, pet="needle")
    kept = vault.get("a")
    for text in (repr(kept), str(kept.model_dump()), kept.model_dump_json(), str(vault.check("a"))):
        assert "needle" not in text


def grant(office: Office, answer: str) -> int:
    return answers.grant_answer(office.inventory, office.held, "run-a", answer, THREE).attempt


def test_an_answer_that_was_refused_is_never_granted_again(office: Office) -> None:
    office.close(grant(office, "A"), Verdict.REFUSED)
    with pytest.raises(SecurityQuestionAsked, match="refused before"):
        grant(office, "A")
    assert grant(office, "B")
    assert office.inventory.rows("SELECT 1 FROM incidents") == []  # one account's trouble, no brake


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.UNKNOWN])
def test_answers_and_passwords_have_one_budget(office: Office, verdict: Verdict) -> None:
    office.close(grant(office, "A"), verdict)
    assert guard.standing(office.inventory, "a", THREE).possible_failures == 1
    office.attempt("password", Verdict.UNKNOWN)
    with pytest.raises(AccountHeld, match="kept for a person"):
        office.grant("another password")
    with pytest.raises(SecurityQuestionAsked, match="one failure too many"):
        grant(office, "B")


def test_an_answer_of_a_run_that_died_counts(office: Office) -> None:
    grant(office, "A")
    grant(office, "A")
    assert guard.standing(office.inventory, "a", THREE).possible_failures == 2
    with pytest.raises(SecurityQuestionAsked):
        grant(office, "A")


def test_an_answer_that_was_taken_once_may_be_tried_after_an_outage(office: Office) -> None:
    office.close(grant(office, "A"), Verdict.ACCEPTED)
    office.sign_in()
    office.close(grant(office, "A"), Verdict.UNKNOWN)
    office.close(grant(office, "A"), Verdict.UNKNOWN)
    with pytest.raises(SecurityQuestionAsked):
        grant(office, "A")


def test_a_good_sign_in_starts_the_count_again(office: Office) -> None:
    office.close(grant(office, "A"), Verdict.REFUSED)
    office.sign_in()
    standing = guard.standing(office.inventory, "a", THREE)
    assert (standing.possible_failures, standing.refused) == (0, frozenset())


def test_the_brake_stops_answers_too_and_freezes_nobody(office: Office) -> None:
    for name in ("b", "c", "d"):
        office.attempt("A", Verdict.REFUSED, held=office.add(name))
    with pytest.raises(AccountHeld, match="all sign-ins are stopped"):
        grant(office, "A")


def test_a_refused_answer_of_the_first_password_after_the_brake_brings_no_brake(office: Office) -> None:
    with office.inventory.write() as db:
        begin_canary(db, "availity", None, because="x", by="Ann", kind=Kind.FIRST_PASSWORD)
    office.attempt("password", Verdict.ACCEPTED)
    office.close(grant(office, "A"), Verdict.REFUSED)
    assert [incident["kind"] for incident in open_ones(office.inventory)] == [Kind.FIRST_PASSWORD]


@pytest.mark.parametrize(("stored", "frozen"), [({"A", "B"}, True), ({"B"}, False), (set(), False)])
def test_the_freeze_ends_when_the_refused_answer_has_left_the_vault(
    office: Office, stored: set[str], frozen: bool
) -> None:
    failure = Failure(error="SecurityQuestionAsked", message="x")
    assert freezes.freeze_for(office.inventory, "a", failure, run_id="run-a", fingerprint="A")
    with office.inventory.write() as db:
        answers.lift_freeze(db, "a", stored, by="Ann")
    assert (guard.standing(office.inventory, "a", THREE).freeze is not None) is frozen


def test_another_freeze_stays(office: Office) -> None:
    freezes.freeze_for(
        office.inventory, "a", Failure(error="AccountLocked", message="x"), run_id="run-a", fingerprint="A"
    )
    with office.inventory.write() as db:
        answers.lift_freeze(db, "a", {"B"}, by="Ann")
    assert guard.standing(office.inventory, "a", THREE).freeze


def test_an_everyday_word_is_looked_for_as_a_value() -> None:
    sent = ('{"answer":"red"}', "answer=red", "a=1&answer=red&b=2", "\r\n\r\nred\r\n--")
    assert all(any(word in body for word in values("red")) for body in sent)
    assert not any(word in other for word in values("red") for other in ("/redirect", '{"id":"redraw"}', "shared=1"))
    assert any(word in "answer=Saint+Mary%27s" for word in values("Saint Mary's"))
    assert any(word in '{"answer":"Zoë \\"Z\\""}' for word in values('Zoë "Z"'))


def lines(**given: str) -> str:
    names = {"pet": PET, "town": TOWN}
    return "".join(json.dumps({"question": names[name], "answer": answer}) + "\n" for name, answer in given.items())


def test_the_command_stores_answers_and_keeps_the_inventory_in_step(desk: Desk) -> None:
    today = now.utc().astimezone().date()
    done = desk.run("root", "vault", "set", "a", "--security-answers", given=lines(pet=" Needle", town="needle"))
    assert done.exit_code == 0, done.output
    kept = desk.inventory.row("SELECT * FROM accounts")
    assert kept
    assert kept["security_answers_stored"] == 2
    assert date.fromisoformat(kept["security_answers_confirmed_on"]) == today
    checked = desk.run("root", "vault", "check", "--json")
    assert json.loads(checked.output)[0]["security_answers"] == 2
    desk.run("root", "vault", "set", "a", "--security-answers", given=lines(pet="", town=""))
    gone = desk.inventory.row("SELECT security_answers_stored AS n, security_answers_confirmed_on AS day FROM accounts")
    assert gone == {"n": 0, "day": None}
    trail = desk.inventory.rows("SELECT details FROM audit WHERE action = 'vault set'")
    assert [entry["details"] for entry in trail] == ["password", "security answers", "security answers"]
    assert verify(desk.inventory).problem == ""
    shown = done.output + checked.output + str(desk.state()[0])
    assert not any(needle in shown for needle in ("Needle", "needle", "first pet", "born"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_questions_are_asked_for_and_answers_stay_unseen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unseen = iter([" Needle", "needle "])
    monkeypatch.setattr("sys.stdin", Terminal(f"{PET}\n {TOWN} \n\n"))
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(unseen))
    assert _asked_answers() == {PET: SecretStr(" Needle"), TOWN: SecretStr("needle ")}
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "needle" not in shown.err.lower()


WRONG = {
    "no JSON": "needle\n",
    "no answer": '{"question": "needle"}\n',
    "more than that": '{"question": "needle", "answer": "x", "pet": "y"}\n',
    "a number": '{"question": "needle", "answer": 7}\n',
    "nothing": "",
}


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG)
def test_what_can_not_be_read_is_told_unseen_and_stores_nothing(desk: Desk, given: str) -> None:
    wrong = desk.run("root", "vault", "set", "a", "--security-answers", given=given and lines(pet="Rex") + given)
    assert isinstance(wrong.exception, InputError)
    assert ("line 2: " in str(wrong.exception)) == bool(given)
    assert "needle" not in str(wrong.exception)
    kept = desk.inventory.row("SELECT security_answers_stored AS n FROM accounts")
    assert kept == {"n": None}


def test_the_command_ends_the_freeze_and_says_so_in_the_trail(desk: Desk) -> None:
    failure = Failure(error="SecurityQuestionAsked", message="the portal asks")
    freezes.freeze_for(desk.inventory, "a", failure, run_id="run", fingerprint=None)
    why = desk.run("root", "why", "a")
    assert "pk vault set a --security-answers" in why.output
    assert "pk assist a" in why.output
    desk.run("root", "vault", "set", "a", "--security-answers", given=lines(pet="Rex"))
    assert guard.standing(desk.inventory, "a", THREE).freeze is None
    [closed] = desk.inventory.rows("SELECT because FROM audit WHERE action = 'close freeze'")
    assert closed["because"] == "the vault holds other security answers"
