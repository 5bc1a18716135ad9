"""Work lists by schedule: which rows are asked, what is known of them, and what a kill or a sign-off changes."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bots import now
from bots.clock import Schedule
from bots.clock.office_days import OfficeDays
from bots.defaults import CONFIG_FILES, default_files
from bots.desk import Failure, Question, SignIn
from bots.inventory import Inventory
from bots.lists import ListsOfARow, files_of
from bots.runner import RunHead, RunResult
from bots.runner.runs import end_run, start_run
from bots.settings import Settings
from bots.sign_offs import sign_off, why_not_unattended
from bots.vault import Vault
from flows.claim_status import ClaimStatusAnswer, ClaimStatusInquiry, Status
from flows.eligibility import Coverage, EligibilityAnswer, EligibilityInquiry, Match
from flows.errors import InputError
from payers.registry import portals

WEDNESDAY_NIGHT = datetime(2026, 11, 26, 3, tzinfo=UTC)  # 22:00 on the 25th in New York, before Thanksgiving
NEEDLE = "Needleton"
HEAD = "reference,payer,provider_npi,member_id,patient_last_name,patient_first_name,patient_birth_date,service_date"
CLAIMS = (
    "reference,payer,organization,billing_npi,member_id,patient_last_name,patient_first_name,patient_birth_date,"
    "service_from,submitted_on"
)


class Portals:
    """A runner whose portals answer at once."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.asked: list[str] = []
        self.failure: Failure | None = None
        self.die_after = 10_000

    async def run(
        self, account: str, flow: str, questions: Sequence[Question], *, record: Any, wanted: Any
    ) -> RunResult:
        head = RunHead(f"{account}-{len(self.asked)}", account, "availity", "1")
        start_run(self.inventory, head, flow=flow, source="service", by="service", questions=len(questions))
        for index, question in enumerate(questions):
            if len(self.asked) == self.die_after:
                raise KeyboardInterrupt
            inquiry = cast(Any, question.inquiry)
            self.asked.append(inquiry.member.member_id)
            record(head, index, self.answer(inquiry))
            if self.failure:
                break
        end_run(self.inventory, head, SignIn.STORED, self.failure, {})
        return RunResult(head, SignIn.STORED, len(self.asked), len(self.asked), self.failure)

    def answer(self, inquiry: Any) -> Any:
        shared = {"match": Match.EXACT, "portal_words": "words", "asked_at": now.utc(), "as_of": date(2026, 11, 25)}
        shared |= {"organization": inquiry.organization.name, "provider_npi": inquiry.provider.npi}
        if isinstance(inquiry, EligibilityInquiry):
            coverage = Coverage.INACTIVE if inquiry.member.member_id.endswith("9") else Coverage.ACTIVE
            wanted = {k: v for k, v in shared.items() if k in EligibilityAnswer.model_fields}
            return EligibilityAnswer(coverage=coverage, **wanted)
        assert isinstance(inquiry, ClaimStatusInquiry)
        return ClaimStatusAnswer(
            claims=(),
            status=Status.NOT_ON_FILE,
            **{k: v for k, v in shared.items() if k in ClaimStatusAnswer.model_fields},
        )


class Desk:
    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        self.inventory = Inventory(home / "inventory.db")
        self.portals = Portals(self.inventory)
        self.settings.config.mkdir()
        for name in CONFIG_FILES:
            (self.settings.config / name).write_bytes(default_files()[name])
        with self.inventory.write() as db:
            db.execute("INSERT INTO organizations VALUES ('Example Clinic', '000004471')")
            db.execute("INSERT INTO accounts (name, portal, kind, user_id) VALUES ('east', 'availity', 'worker', 'u')")
            db.execute("INSERT INTO account_scope VALUES ('east', 'Example Clinic', '000004471', '', '')")

    def lists(self, **more: Any) -> ListsOfARow:
        vault = cast(Vault, SimpleNamespace(keyed_hash=bytes.hex))
        return ListsOfARow(self.settings, self.inventory, vault, self.portals, **more)

    def ask(self, schedule: Schedule, at: datetime = WEDNESDAY_NIGHT, **more: Any) -> str | None:
        return asyncio.run(self.lists(**more).ask(schedule, at, OfficeDays()))

    def write(self, name: str, head: str, *lines: str) -> Path:
        file = self.settings.home / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join([head, *lines]) + "\n")
        return file

    def patients(self, *days: str, name: str = "patients.csv", column: str = "") -> Path:
        lines = [f"R{n},aetna,1234567893,W000{n},{NEEDLE},Zaphira,{1950 + n}-01-02,{day}" for n, day in enumerate(days)]
        return self.write(name, HEAD.replace("service_date", column or "service_date"), *lines)

    def known(self) -> list[dict[str, Any]]:
        return self.inventory.rows("SELECT * FROM worklists ORDER BY file")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(now, "utc", lambda: WEDNESDAY_NIGHT)
    found = Desk(tmp_path)
    yield found
    found.inventory.close()


def row(file: str, flow: str = "eligibility", **more: Any) -> Schedule:
    given = {"name": "tonight", "flow": flow, "file": file, "cron": "0 22 * * *", "zone": "America/New_York"}
    return Schedule.model_validate(given | more)


TOMORROW = row("patients.csv", select="next_business_day", ready_by="06:30")


def test_the_next_business_days_patients_are_asked_and_counted(desk: Desk) -> None:
    desk.patients("2026-11-25", "2026-11-27", "11/27/2026", "2026-11-28", "2026-11-26", "2026-11-30")
    assert desk.ask(TOMORROW) is None
    assert desk.portals.asked == ["W0001", "W0002", "W0004"]
    [found] = desk.known()
    assert (found["schedule"], found["day"], found["file"]) == ("tonight", "2026-11-25", "patients.csv")
    assert (found["planned"], found["answered"], found["not_asked"]) == (3, 3, 0)
    assert found["chosen"] == "patients up to Fri 27 Nov" and json.loads(found["words"]) == {"active": 3}
    assert found["ready_at"] and found["ready_by"] == "2026-11-26T11:30:00.000+00:00"
    answers = desk.settings.home / found["answers"]
    assert answers == desk.settings.answers_folder / "2026-11-25" / "tonight.answers.csv"
    assert [line["outcome"] for line in csv.DictReader(answers.open())] == ["answered"] * 3
    assert (answers.stat().st_mode & 0o777, answers.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_no_member_data_is_in_the_inventory(desk: Desk) -> None:
    desk.patients("2026-11-27", "", "tomorrow")
    desk.ask(TOMORROW)
    assert desk.known()[0]["answered"] == 1
    assert NEEDLE.encode() not in (desk.settings.home / "inventory.db").read_bytes()
    tables = [found["name"] for found in desk.inventory.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert NEEDLE not in str([desk.inventory.rows(f'SELECT * FROM "{table}"') for table in tables])


# --- the month


NEW_MONTH = row("patients.csv", name="first", select="new_month", cron="0 4 1 * *")
MONTHLY = "R{0},{1},1234567893,W000{0},Sample,Ann,1950-01-02,{2}"


def at(monkeypatch: pytest.MonkeyPatch, text: str) -> datetime:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    monkeypatch.setattr(now, "utc", lambda: moment)
    return moment


@pytest.fixture
def month(desk: Desk) -> Desk:
    """Patients of two payers over the turn of a month; texas-medicaid is asked through an account of its own."""
    with desk.inventory.write() as db:
        db.execute("INSERT INTO accounts (name, portal, kind, user_id) VALUES ('south', 'tmhp', 'worker', 'u')")
        db.execute("INSERT INTO account_scope VALUES ('south', 'Example Clinic', '000004471', '', '')")
    days = ("2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03")
    lines = [MONTHLY.format(n, "texas-medicaid", day) for n, day in enumerate(days)]
    desk.write("patients.csv", HEAD, *lines, MONTHLY.format(8, "aetna", days[1]), MONTHLY.format(7, "???", days[1]))
    return desk


def test_medicaid_is_asked_again_when_its_month_has_begun(month: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    month.ask(TOMORROW, at(monkeypatch, "2026-11-30T22:00-05:00"))
    assert month.portals.asked == ["W0001", "W0008"]
    first = at(monkeypatch, "2026-12-01T04:00-05:00")  # six hours later, well within 24
    assert month.ask(NEW_MONTH, first) is None
    assert month.portals.asked[2:] == [
        "W0001",
        "W0002",
    ]  # today's and those up to the next business day, no other payer
    [found] = [entry for entry in month.known() if entry["schedule"] == "first"]
    assert (found["planned"], found["answered"]) == (2, 2)
    assert found["chosen"] == "Medicaid patients of Wed 02 Dec, whose month has begun"
    month.ask(NEW_MONTH, first)  # as after a kill: what was had in the new month stays
    month.ask(row("patients.csv"), first)
    assert month.portals.asked[4:] == ["W0000", "W0003"]


def test_an_answer_of_the_evening_before_is_good_until_midnight_where_the_list_is_asked(
    month: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.ask(TOMORROW, at(monkeypatch, "2026-11-30T20:00-05:00"))
    month.ask(TOMORROW, at(monkeypatch, "2026-11-30T23:59-05:00"))  # 1 December in UTC
    assert month.portals.asked == ["W0001", "W0008"]
    month.ask(row("patients.csv"), at(monkeypatch, "2026-12-01T00:00-05:00"))
    assert month.portals.asked[2:] == ["W0000", "W0001", "W0002", "W0003"]  # aetna is not granted by the month


@pytest.mark.parametrize("cron", ["0 1 * * *", "0 1 2 * *", "0 1 1,15 * *"])
def test_a_new_month_begins_on_the_first(cron: str) -> None:
    with pytest.raises(ValueError, match="expected a cron of the 1st"):
        row("patients.csv", select="new_month", cron=cron)


def test_the_time_of_an_appointment_wins_and_a_day_that_can_not_be_read_stays_in(desk: Desk) -> None:
    head = f"{HEAD},appointment_at"
    line = "R{0},aetna,1234567893,W000{0},Sample,Ann,1950-01-02,{1},{2}"
    desk.write(
        "patients.csv",
        head,
        line.format(1, "2026-11-25", "2026-11-27 08:30"),
        line.format(2, "2026-11-27", "2026-12-04T08:30"),
        line.format(3, "soon", ""),
    )
    desk.ask(TOMORROW)
    assert desk.portals.asked == ["W0001"]
    [found] = desk.known()
    assert (found["planned"], found["answered"], found["not_asked"]) == (2, 1, 1)


def test_claims_are_asked_from_their_age_on(desk: Desk) -> None:
    line = "R{0},aetna,,1234567893,W000{0},Sample,Ann,1950-01-02,2026-10-01,{1}"
    days = ("2026-11-11", "2026-11-12", "11/01/2026", "")
    desk.write("claims.csv", CLAIMS, *(line.format(n, day) for n, day in enumerate(days)))
    desk.ask(row("claims.csv", "claim_status", older_than_days=14))
    assert desk.portals.asked == ["W0000", "W0002"]
    [found] = desk.known()
    assert (found["planned"], found["answered"], found["not_asked"]) == (3, 2, 1)
    answers = csv.DictReader((desk.settings.home / found["answers"]).open())
    assert "submitted_on is empty" in [line["reason_not_answered"] for line in answers][2]


def test_after_a_kill_only_what_has_no_answer_is_asked(desk: Desk) -> None:
    desk.patients(*["2026-11-27"] * 6)
    desk.portals.die_after = 4
    with pytest.raises(KeyboardInterrupt):
        desk.ask(TOMORROW)
    [killed] = desk.known()
    assert (killed["planned"], killed["ready_at"]) == (6, None)
    desk.portals.die_after = 10_000
    assert desk.ask(TOMORROW) is None
    assert sorted(desk.portals.asked) == [f"W000{n}" for n in range(6)]
    [found] = desk.known()
    assert (found["planned"], found["answered"]) == (6, 6) and found["ready_at"]
    assert found["started_at"] == killed["started_at"]


def test_what_a_run_left_open_is_told_with_its_cause(desk: Desk) -> None:
    desk.patients(*["2026-11-27"] * 3)
    desk.portals.failure = Failure(error="InvalidCredentials", message="the password was refused")
    words = desk.ask(TOMORROW)
    assert words and words.startswith("2 of 3 rows have no answer. account east: InvalidCredentials")
    [found] = desk.known()
    assert (found["answered"], found["held"]) == (1, 2)


def test_a_folder_is_asked_file_by_file_without_the_answers_in_it(desk: Desk) -> None:
    desk.patients("2026-11-27", name="lists/a.csv")
    desk.patients("2026-11-27", "2026-11-27", name="lists/b.csv")
    for word in ("answers", "benefits", "lines"):
        desk.write(f"lists/a.{word}.csv", "reference")
    folder = row("lists", select="next_business_day")
    assert [file.name for file in files_of(desk.settings, folder)] == ["a.csv", "b.csv"]
    desk.write("lists/c.csv", "reference,payer", "R1,aetna")
    words = desk.ask(folder)
    assert words and words.startswith("c.csv: ") and "required columns" in words
    assert [(found["file"], found["planned"]) for found in desk.known()] == [("a.csv", 1), ("b.csv", 2), ("c.csv", 0)]
    assert "required columns" in desk.known()[2]["cause"]
    assert {Path(found["answers"]).name for found in desk.known()} >= {"tonight.a.answers.csv", "tonight.b.answers.csv"}


@pytest.mark.parametrize("file", ["nowhere.csv", "empty"])
def test_a_list_that_is_not_there_is_told(desk: Desk, file: str) -> None:
    (desk.settings.home / "empty").mkdir()
    with pytest.raises(InputError, match=r"(no such file or folder|holds no CSV file).*tonight"):
        desk.ask(row(file))


def test_a_list_that_is_too_large_waits_for_somebodys_word(desk: Desk) -> None:
    desk.patients(*["2026-11-27"] * 6)
    words = desk.ask(row("patients.csv", up_to=5))
    assert words and "6 questions" in words and "pk run tonight --yes" in words
    assert desk.portals.asked == [] and "6 questions" in desk.known()[0]["cause"]
    object.__setattr__(desk.settings, "lookups_per_day", 7)  # 6 are more than 80 in 100 of them
    assert desk.ask(row("patients.csv"))
    assert desk.ask(row("patients.csv", up_to=6)) is None
    assert len(desk.portals.asked) == 6


# --- signed off


def refused(desk: Desk, account: str = "east", flow: str = "eligibility") -> str:
    return why_not_unattended(desk.inventory, desk.settings, account, flow)


def test_a_list_leaves_out_accounts_that_nobody_signed_off(desk: Desk) -> None:
    desk.patients("2026-11-27")
    words = desk.ask(TOMORROW, hindrance=lambda account, flow: refused(desk, account, flow))
    assert words and "eligibility is not signed off for east" in words and "--watch" in words
    assert desk.portals.asked == [] and desk.known()[0]["held"] == 1
    sign_off(desk.inventory, "east", "eligibility", portals()["availity"].version, by="Ann")
    assert desk.ask(TOMORROW, hindrance=lambda account, flow: refused(desk, account, flow)) is None


def test_a_sign_off_is_of_account_flow_and_version(desk: Desk) -> None:
    version = portals()["availity"].version
    assert "not signed off" in refused(desk)
    sign_off(desk.inventory, "east", "eligibility", version, by="Ann")
    assert refused(desk) == ""
    assert "not signed off" in refused(desk, flow="claim_status")
    assert "pk sign-in east --watch" in refused(desk, flow="keep")
    [entry] = desk.inventory.rows("SELECT who, action, details FROM audit")
    assert entry == {"who": "Ann", "action": "sign off", "details": f"eligibility {version}"}


def test_a_sandbox_needs_no_sign_off(desk: Desk) -> None:
    with desk.inventory.write() as db:
        db.execute("UPDATE accounts SET address = 'http://availity.localhost:8101'")
    assert refused(desk) == ""


def test_after_a_new_version_one_account_goes_first_for_a_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.inventory.write() as db:
        db.execute("INSERT INTO accounts (name, portal, kind, user_id) VALUES ('west', 'availity', 'worker', 'u')")
    for account in ("east", "west"):
        sign_off(desk.inventory, account, "eligibility", "an older one", by="Ann")
    assert refused(desk) == ""
    assert "east runs eligibility first, for a day" in refused(desk, "west")
    head = RunHead("r1", "east", "availity", portals()["availity"].version)
    start_run(desk.inventory, head, flow="eligibility", source="service", by="service", questions=1)
    end_run(desk.inventory, head, SignIn.STORED, None, {})
    assert refused(desk, "west")
    monkeypatch.setattr(now, "utc", lambda: datetime(2026, 11, 27, 3, 1, tzinfo=UTC))
    assert refused(desk, "west") == ""
