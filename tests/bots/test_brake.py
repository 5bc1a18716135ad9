"""The brake, pauses, repairs and canaries, over a real inventory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from office import LIMITS, Office, portal

from bots import guard, now
from bots.brake import NotNow, after_run, check_portal
from bots.desk import Failure, Verdict
from bots.incidents import Kind, close_incident, open_incident, open_ones, release_brake
from bots.inventory import stamp
from bots.inventory.audit import verify
from flows.errors import AccountHeld, InputError

OUTAGE = Failure(error="PortalUnavailable", message="down")
CHANGED = Failure(error="ScreenNotRecognised", message="changed", screen="Home")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def refuse(office: Office, *names: str) -> None:
    for name in names:
        held = office.add(name)
        office.attempt(f"pw-{name}", Verdict.REFUSED, held=held)


def brakes(office: Office) -> int:
    return len(open_ones(office.inventory, Kind.BRAKE))


def test_three_refused_accounts_stop_everything(office: Office) -> None:
    refuse(office, "x", "y")
    assert brakes(office) == 0
    refuse(office, "z")
    assert brakes(office) == 1
    with pytest.raises(AccountHeld, match="pk start"):
        office.grant("good")


def test_no_more_are_on_their_way_than_the_brake_can_bear(office: Office) -> None:
    refuse(office, "x")
    first, second, third = (office.add(name) for name in ("p", "q", "r"))
    office.grant("1", held=first)
    attempt = office.grant("2", held=second)
    with pytest.raises(NotNow):
        office.grant("3", held=third)
    office.close(attempt, Verdict.ACCEPTED, held=second)
    assert office.grant("3", held=third)


def test_a_stale_vault_costs_three_refusals_however_many_accounts(office: Office) -> None:
    refused = 0
    for number in range(200):
        where = portal(("availity", "uhc", "north", "south", "west")[number % 5])
        held = office.add(f"s{number}", where.name)
        try:
            office.attempt(f"old-{number}", Verdict.REFUSED, held=held, where=where)
            refused += 1
        except AccountHeld:
            continue
    assert refused == 3


def test_after_the_brake_one_password_per_portal_goes_first(office: Office) -> None:
    refuse(office, "x", "y", "z")
    with office.inventory.write() as db:
        release_brake(db, ["availity", "uhc"], by="Ann", because="vault restored")
    first, second = office.add("p"), office.add("q")
    other = office.add("r", "uhc")
    with office.inventory.write() as db:
        for name in "pqr":
            db.table("runs").insert(run_row(f"run-{name}", name))
    office.grant("1", held=first)
    with pytest.raises(NotNow):
        office.grant("2", held=second)
    assert office.grant("3", portal("uhc"), held=other)  # another portal has a canary of its own
    office.sign_in(first)
    assert office.grant("2", held=second)


def test_the_brake_goes_on_again_at_once_when_the_first_password_is_refused(office: Office) -> None:
    refuse(office, "x", "y", "z")
    with office.inventory.write() as db:
        release_brake(db, ["availity"], by="Ann", because="vault restored")
    refuse(office, "p")
    assert brakes(office) == 1


def run_row(run_id: str, account: str, error: str | None = None, ended: bool = False) -> dict[str, object]:
    at = stamp(now.utc())
    return {
        "id": run_id,
        "account": account,
        "portal": "availity",
        "flow": "login",
        "source": "command",
        "by": "test",
        "module_version": "1",
        "started_at": at,
        "ended_at": at if ended else None,
        "questions": 0,
        "error": error,
    }


def end(office: Office, account: str, failure: Failure | None) -> None:
    run_id = f"end-{account}"
    with office.inventory.write() as db:
        db.table("runs").insert(run_row(run_id, account, failure.error if failure else None, ended=True), replace=True)
    after_run(office.inventory, "availity", "login", run_id, failure, LIMITS)


def test_a_changed_page_stops_that_flow_on_that_portal_only(office: Office) -> None:
    end(office, "a", CHANGED)
    with pytest.raises(AccountHeld, match="waits for a repair"):
        check_portal(office.inventory, "availity", "login", "run-2")
    check_portal(office.inventory, "availity", "eligibility", "run-2")
    check_portal(office.inventory, "uhc", "login", "run-2")


def test_several_accounts_failing_alike_are_one_incident(office: Office) -> None:
    end(office, "a", OUTAGE)
    end(office, "b", OUTAGE)
    check_portal(office.inventory, "availity", "login", "run-2")
    end(office, "c", OUTAGE)
    end(office, "d", OUTAGE)
    assert len(open_ones(office.inventory, Kind.PAUSE)) == 1
    with pytest.raises(AccountHeld, match="is paused"):
        check_portal(office.inventory, "availity", "login", "run-2")


def test_a_blocked_address_pauses_the_portal_at_once(office: Office) -> None:
    end(office, "a", Failure(error="AccessBlocked", message="403"))
    assert len(open_ones(office.inventory, Kind.PAUSE)) == 1


def test_a_pause_ends_by_itself_with_one_run_first(office: Office) -> None:
    for name in "abc":
        end(office, name, OUTAGE)
    with office.inventory.write() as db:
        db.execute("UPDATE incidents SET until = '2020-01-01T00:00:00.000+00:00'")
        for name in ("p", "q"):
            db.table("runs").insert(run_row(f"run-{name}", name))
    office.add("p")
    office.add("q")
    check_portal(office.inventory, "availity", "login", "run-p")
    with pytest.raises(NotNow):
        check_portal(office.inventory, "availity", "login", "run-q")
    after_run(office.inventory, "availity", "login", "run-p", None, LIMITS)
    check_portal(office.inventory, "availity", "login", "run-q")
    assert open_ones(office.inventory) == []


def test_a_canary_that_fails_pauses_again(office: Office) -> None:
    for name in "abc":
        end(office, name, OUTAGE)
    with office.inventory.write() as db:
        close_incident(db, open_ones(db, Kind.PAUSE)[0], by="Ann", because="back")
    check_portal(office.inventory, "availity", "login", "run-p")
    after_run(office.inventory, "availity", "login", "run-p", OUTAGE, LIMITS)
    with pytest.raises(AccountHeld, match="is paused"):
        check_portal(office.inventory, "availity", "login", "run-q")


def test_a_canary_that_died_is_replaced(office: Office) -> None:
    end(office, "a", CHANGED)
    with office.inventory.write() as db:
        close_incident(db, open_ones(db, Kind.REPAIR)[0], by="Ann", because="repaired")
        db.table("runs").insert(run_row("run-dead", "dead"))  # never ended, and nobody holds its lease
        db.table("runs").insert(run_row("run-a", "a"))  # `a` holds its lease
    check_portal(office.inventory, "availity", "login", "run-dead")
    check_portal(office.inventory, "availity", "login", "run-a")
    assert [entry["run_id"] for entry in open_ones(office.inventory, Kind.CANARY)] == ["run-a"]
    with pytest.raises(NotNow):
        check_portal(office.inventory, "availity", "login", "run-next")


def test_every_opening_and_closing_is_in_the_audit_trail(office: Office) -> None:
    end(office, "a", CHANGED)
    with office.inventory.write() as db:
        close_incident(db, open_ones(db, Kind.REPAIR)[0], by="Ann", because="repaired")
    actions = [row["action"] for row in office.inventory.rows("SELECT action FROM audit ORDER BY id")]
    assert actions[-3:] == ["open repair", "close repair", "open canary"]
    assert verify(office.inventory).problem == ""


def test_the_same_incident_is_opened_once(office: Office) -> None:
    with office.inventory.write() as db:
        assert open_incident(db, Kind.BRAKE, OUTAGE, by="a")
        assert open_incident(db, Kind.BRAKE, OUTAGE, by="b") is None


def test_nothing_to_start(office: Office) -> None:
    with pytest.raises(InputError, match="nothing is stopped"), office.inventory.write() as db:
        release_brake(db, [], by="Ann", because="x")


def test_the_report_and_the_check_tell_that_everything_is_stopped(office: Office) -> None:
    from bots.brake import check_stopped
    from bots.report import gather, render_text

    refuse(office, "x", "y", "z")
    with pytest.raises(AccountHeld, match="pk start"):
        check_stopped(office.inventory)
    text = render_text(gather(office.inventory, [], datetime.now(UTC), service_running=True))
    assert "ALL SIGN-INS  STOPPED" in text
    assert "pk start --because" in text


def sign_in_at(
    office: Office, monkeypatch: pytest.MonkeyPatch, hour: float, verdict: Verdict = Verdict.ACCEPTED
) -> None:
    """Ask for one submission, so many hours after Monday noon, where three a day are allowed."""
    at = datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(hours=hour)
    monkeypatch.setattr(now, "utc", lambda: at)
    limits, run_id = replace(LIMITS, sign_ins_per_day=3), "run-a"
    grant = guard.grant_password(office.inventory, office.held, run_id, "A", portal(), limits, automatic=False)
    guard.close_attempt(office.inventory, office.held, run_id, grant.attempt, verdict, 1, limits)


def test_an_account_signs_in_by_password_so_often_a_day(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for hour in (0, 1, 5):
        sign_in_at(office, monkeypatch, hour)
    with pytest.raises(AccountHeld, match=r"held until Tue 12:00 UTC: .* 3 times in 24 hours \(sign_ins_per_day\)"):
        sign_in_at(office, monkeypatch, 23)
    sign_in_at(office, monkeypatch, 24)
    with pytest.raises(AccountHeld, match="held until Tue 13:00 UTC"):
        sign_in_at(office, monkeypatch, 24.5)


def test_what_was_not_submitted_is_no_sign_in(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for hour in range(5):
        sign_in_at(office, monkeypatch, hour, Verdict.NOT_SUBMITTED)
    assert len(office.inventory.rows("SELECT 1 FROM ledger WHERE verdict = 'not_submitted'")) == 5
