"""What people did by hand: it counts as the portal counts it, and nobody answers alone for their own password."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from office import Office
from test_people import Desk

from bots import by_hand, freezes, guard
from bots.cli.office import office as command_office
from bots.desk import Failure, Verdict
from bots.inventory.audit import verify
from flows.errors import AccountFrozen, AccountHeld, InputError
from payers.model import Policy

THREE = Policy(lockout_threshold=3)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(tmp_path / "home", monkeypatch)
    with desk.inventory.write() as db:
        db.table("accounts").update("a", {"address": "http://availity.localhost:1"})
    yield desk
    command_office.__dict__.clear()


def failures(office: Office) -> int:
    return guard.standing(office.inventory, "a", THREE).possible_failures


def test_a_refusal_by_hand_takes_one_try_from_the_worker(office: Office) -> None:
    by_hand.refused(office.inventory, "a", by="Ann", because="typed it twice")
    assert failures(office) == 1
    office.attempt("A", Verdict.UNKNOWN)
    with pytest.raises(AccountHeld, match="kept for a person"):
        office.grant("A")


def test_a_good_sign_in_by_hand_starts_the_count_again(office: Office) -> None:
    by_hand.refused(office.inventory, "a", by="Ann", because="x")
    office.attempt("A", Verdict.UNKNOWN)
    by_hand.signed_in(office.inventory, "a", by="Ann", because="saw the home page")
    assert failures(office) == 0
    row = office.inventory.row("SELECT last_good_sign_in_at, last_good_sign_in_by FROM accounts WHERE name = 'a'")
    assert row
    assert row["last_good_sign_in_at"]
    assert row["last_good_sign_in_by"] == "by hand"
    assert office.grant("A")


def test_what_was_refused_stays_refused_after_a_sign_in_by_hand(office: Office) -> None:
    office.attempt("A", Verdict.REFUSED)
    by_hand.signed_in(office.inventory, "a", by="Ann", because="x")
    with pytest.raises(AccountFrozen):
        office.grant("A")
    assert office.grant("B")


def test_a_lock_is_not_lifted_by_a_sign_in_by_hand(office: Office) -> None:
    locked = Failure(error="AccountLocked", message="locked")
    freezes.freeze_for(office.inventory, "a", locked, run_id="run", fingerprint="A")
    by_hand.signed_in(office.inventory, "a", by="Ann", because="x")
    with pytest.raises(AccountFrozen, match="unfreeze"):
        office.grant("A")


@pytest.mark.parametrize("record", [by_hand.signed_in, by_hand.refused])
def test_both_are_audited_and_want_a_reason(office: Office, record: object) -> None:
    with pytest.raises(InputError, match="say why"):
        record(office.inventory, "a", by="Ann", because=" ")  # type: ignore[operator]
    record(office.inventory, "a", by="Ann", because="the reason")  # type: ignore[operator]
    last = office.inventory.rows("SELECT * FROM audit ORDER BY id DESC")[0]
    assert (last["who"], last["because"], last["account"]) == ("Ann", "the reason", "a")
    assert verify(office.inventory).problem == ""


def test_refusals_by_hand_do_not_put_the_brake_on(office: Office) -> None:
    for name in ("x", "y", "z"):
        office.add(name)
        by_hand.refused(office.inventory, name, by="Ann", because="x")
    assert office.grant("A")


def use_up(desk: Desk) -> None:
    """Two refusals: what is left is a person's."""
    for _ in range(2):
        by_hand.refused(desk.inventory, "a", by="Bo Sample", because="x")


def test_nobody_unfreezes_their_own_password_on_the_last_try(desk: Desk) -> None:
    desk.register()
    desk.run("ann", "vault", "set", "a", given="a-Secret2\n")
    use_up(desk)
    own = desk.run("ann", "account", "unfreeze", "a", "--because", "sure of it")
    assert isinstance(own.exception, InputError)
    assert "somebody else unfreezes it" in str(own.exception)
    assert guard.standing(desk.inventory, "a", THREE).possible_failures == 2
    assert desk.run("bo", "account", "unfreeze", "a", "--because", "looked at it too").exit_code == 0
    assert guard.standing(desk.inventory, "a", THREE).possible_failures == 0


def test_before_the_last_try_one_person_is_enough(desk: Desk) -> None:
    desk.register()
    desk.run("ann", "vault", "set", "a", given="a-Secret2\n")
    by_hand.refused(desk.inventory, "a", by="Bo Sample", because="x")
    assert desk.run("ann", "account", "unfreeze", "a", "--because", "x").exit_code == 0


def test_an_office_that_lists_nobody_is_not_locked_out(desk: Desk) -> None:
    use_up(desk)
    assert desk.run("root", "account", "unfreeze", "a", "--because", "x").exit_code == 0


def test_unfreezing_tells_what_remains_and_who_unlocks(desk: Desk) -> None:
    use_up(desk)
    told = desk.run("root", "account", "unfreeze", "a", "--because", "x").output
    assert "1 of 3 tries remain before a lock" in told
    assert "Forgot your password?" in told
    use_up(desk)
    facts = json.loads(desk.run("root", "account", "unfreeze", "a", "--because", "x", "--json").output)
    assert facts["tries_remaining"] == 1


def test_the_commands_say_what_is_left_and_what_still_stands_in_the_way(desk: Desk) -> None:
    told = desk.run("root", "account", "refused-by-hand", "a", "--because", "typed it wrong")
    assert "1 of 2 tries left" in told.output
    desk.run("root", "account", "freeze", "a", "--because", "on leave")
    told = desk.run("root", "account", "signed-in", "a", "--because", "went well")
    assert "2 of 2 tries left" in told.output
    assert "still frozen" in told.output


@pytest.mark.parametrize("tries", [1, 2])
def test_another_password_lifts_the_freeze_and_refills_nothing(desk: Desk, tries: int) -> None:
    office = Office.__new__(Office)
    office.inventory, office.folder = desk.inventory, desk.home / "leases"
    office.held = office.lease("a")
    vault = command_office.vault
    for number in range(tries):
        desk.run("root", "vault", "set", "a", given=f"a-Wrong{number}\n")
        fingerprint = vault.fingerprint("a", vault.get("a").password)
        office.attempt(fingerprint, Verdict.REFUSED)
        failure = Failure(error="InvalidCredentials", message="refused")
        freezes.freeze_for(desk.inventory, "a", failure, run_id="run", fingerprint=fingerprint)
    assert "vault set" in desk.run("root", "check", "a").output
    desk.run("root", "vault", "set", "a", given="a-Other9\n")
    after = desk.run("root", "check", "a")
    assert guard.standing(desk.inventory, "a", THREE).possible_failures == tries
    assert (after.exit_code, "kept for a person" in after.output) == ((0, False) if tries == 1 else (15, True))
