"""The guard's two rules and the lease, over a real inventory, without a browser."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
from office import LIMITS, Office, portal

from bots import freezes, guard, now
from bots.desk import Failure, Verdict
from bots.inventory import Inventory
from bots.lease import lease
from flows.errors import AccountFrozen, AccountHeld, CodesExhausted, InputError, WorkerLost
from payers.model import Policy

THREE = Policy(lockout_threshold=3)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_refused_password_is_never_granted_again(office: Office) -> None:
    office.attempt("A", Verdict.REFUSED)
    with pytest.raises(AccountFrozen):
        office.grant("A")
    assert office.grant("B")


def test_a_then_b_then_a_stays_frozen(office: Office) -> None:
    office.attempt("A", Verdict.REFUSED)
    office.attempt("B", Verdict.NOT_SUBMITTED)
    with pytest.raises(AccountFrozen):
        office.grant("A")


def test_another_password_does_not_refill_the_budget(office: Office) -> None:
    office.attempt("A", Verdict.REFUSED)
    office.attempt("B", Verdict.REFUSED)
    with pytest.raises(AccountHeld, match="kept for a person"):
        office.grant("C")


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.REFUSED])
def test_two_submissions_in_one_use_the_budget_up(office: Office, verdict: Verdict) -> None:
    office.attempt("A", verdict, submissions=2)
    with pytest.raises(AccountHeld):
        office.grant("B")


def test_an_attempt_that_is_open_counts(office: Office) -> None:
    office.attempt("A", Verdict.ACCEPTED)
    office.grant("A")
    office.grant("A")
    with pytest.raises(AccountHeld):
        office.grant("A")


def test_what_was_not_submitted_does_not_count(office: Office) -> None:
    for _ in range(5):
        office.attempt("A", Verdict.NOT_SUBMITTED, submissions=0)
    assert office.grant("A")


def test_only_a_good_sign_in_or_a_person_starts_the_count_again(office: Office) -> None:
    office.attempt("A", Verdict.REFUSED)
    office.attempt("B", Verdict.ACCEPTED)  # taken, but no home screen yet
    assert guard.standing(office.inventory, "a", THREE).possible_failures == 1
    office.sign_in()
    assert guard.standing(office.inventory, "a", THREE).possible_failures == 0
    office.attempt("C", Verdict.REFUSED)
    freezes.unfreeze(office.inventory, "a", by="Ann", because="the help desk reset it")
    assert guard.standing(office.inventory, "a", THREE).possible_failures == 0


@pytest.mark.parametrize(("threshold", "granted"), [(None, 2), (3, 2), (5, 4), (6, 5), (2, 1), (1, 0)])
def test_the_last_try_before_the_lock_is_never_granted(office: Office, threshold: int | None, granted: int) -> None:
    where = portal(threshold=threshold)
    for number in range(granted):
        office.attempt(str(number), Verdict.UNKNOWN, where=where)
    with pytest.raises(AccountHeld):
        office.grant("one more", where)


def test_the_service_submits_at_most_once_an_hour_while_a_verdict_is_missing(office: Office) -> None:
    office.attempt("A", Verdict.ACCEPTED)
    office.attempt("A", Verdict.UNKNOWN)
    with pytest.raises(AccountHeld, match="one an hour"):
        office.grant("A", automatic=True)
    assert office.grant("A", automatic=False)


def test_a_code_spent_by_a_clock_set_wrong_does_not_stop_the_next(office: Office) -> None:
    step = int(now.utc().timestamp()) // 30
    guard.grant_code(office.inventory, office.held, "run", step, THREE)
    guard.grant_code(office.inventory, office.held, "run", step + 120, THREE)
    assert guard.last_time_step(office.inventory, "a") in (step, step + 1)
    assert guard.grant_code(office.inventory, office.held, "run", step + 1, THREE)


def test_a_proved_password_in_a_change_form_counts_once_though_it_was_sent_twice(office: Office) -> None:
    grant = guard.grant_password(
        office.inventory, office.held, "run-a", "A", portal(), LIMITS, automatic=False, proved=True
    )
    office.close(grant.attempt, Verdict.REFUSED, submissions=2)
    assert guard.standing(office.inventory, "a", THREE).possible_failures == 1


@pytest.mark.parametrize(("published", "refused"), [(None, 2), (5, 2), (2, 1)])
def test_refused_codes_stop_before_the_portal_locks_for_them(
    office: Office, published: int | None, refused: int
) -> None:
    policy = Policy(lockout_threshold=3, code_threshold=published)
    for number in range(refused):
        grant = guard.grant_code(office.inventory, office.held, "run-a", 100 + number, policy)
        office.close(grant.attempt, Verdict.REFUSED)
    with pytest.raises(AccountHeld, match="one-time codes were refused"):
        guard.grant_code(office.inventory, office.held, "run-a", 200, policy)


def test_a_time_step_is_spent_once(office: Office) -> None:
    guard.grant_code(office.inventory, office.held, "run", 100, THREE)
    for used in (100, 99):
        with pytest.raises(CodesExhausted):
            guard.grant_code(office.inventory, office.held, "run", used, THREE)
    assert guard.grant_code(office.inventory, office.held, "run", 101, THREE)


def test_two_refused_codes_hold_the_account(office: Office) -> None:
    for step in (1, 2):
        grant = guard.grant_code(office.inventory, office.held, "run", step, THREE)
        office.close(grant.attempt, Verdict.REFUSED)
    with pytest.raises(AccountHeld, match="codes were refused"):
        guard.grant_code(office.inventory, office.held, "run", 3, THREE)
    with pytest.raises(AccountHeld, match="codes were refused"):
        office.grant("A")


@pytest.mark.parametrize(
    "error", ["AccountLocked", "AccountDisabled", "ActionRequired", "PermissionMissing", "CaptchaShown"]
)
def test_what_only_a_person_can_mend_freezes(office: Office, error: str) -> None:
    assert freezes.freeze_for(office.inventory, "a", Failure(error=error, message="x"), run_id="run", fingerprint="A")
    with pytest.raises(AccountFrozen, match="unfreeze"):
        office.grant("B")  # another password does not help
    freezes.unfreeze(office.inventory, "a", by="Ann", because="done")
    assert office.grant("B")


@pytest.mark.parametrize(
    "error", ["PortalUnavailable", "PayerUnavailable", "PasswordExpired", "ScreenNotRecognised", "AccountBusy"]
)
def test_an_outage_freezes_nobody(office: Office, error: str) -> None:
    assert not freezes.freeze_for(
        office.inventory, "a", Failure(error=error, message="x"), run_id="run", fingerprint="A"
    )
    assert office.grant("A")


def test_a_reason_is_wanted(office: Office) -> None:
    with pytest.raises(InputError):
        freezes.unfreeze(office.inventory, "a", by="Ann", because=" ")


def test_a_lease_that_was_followed_grants_nothing(office: Office) -> None:
    paused = office.held
    office.held = office.lease()
    for call in (
        lambda: office.grant("A", held=paused),
        lambda: guard.grant_code(office.inventory, paused, "run", 1, THREE),
        lambda: office.close(1, Verdict.ACCEPTED, held=paused),
    ):
        with pytest.raises(WorkerLost):
            call()
    assert office.grant("A")


def test_a_decision_is_fast(office: Office) -> None:
    started = time.perf_counter()
    for _ in range(100):
        guard.standing(office.inventory, "a", THREE)
    assert (time.perf_counter() - started) / 100 < 0.01


async def test_one_at_a_time_in_line(office: Office) -> None:
    order: list[str] = []

    async def work(name: str, seconds: float) -> None:
        async with lease(office.inventory, office.folder, "a", run_id=name, wait_seconds=20):
            order.append(f"{name} in")
            await asyncio.sleep(seconds)
            order.append(f"{name} out")

    await asyncio.gather(*(work(str(number), 0.05) for number in range(4)))
    assert [word.split()[0] for word in order[::2]] == [word.split()[0] for word in order[1::2]]
    assert len(order) == 8


async def test_the_holder_sees_that_somebody_waits_and_who_waits_is_told(office: Office) -> None:
    told: list[str] = []
    async with lease(office.inventory, office.folder, "a", run_id="1", wait_seconds=1) as held:
        assert not held.wanted()

        async def second() -> None:
            async with lease(office.inventory, office.folder, "a", run_id="2", wait_seconds=20, on_wait=told.append):
                pass

        task = asyncio.create_task(second())
        while not told:
            await asyncio.sleep(0.01)
        assert held.wanted()
        assert str(os.getpid()) in told[0]
    await asyncio.wait_for(task, 10)


async def test_waiting_ends_with_the_name_of_the_holder(office: Office) -> None:
    async with lease(office.inventory, office.folder, "a", run_id="1", wait_seconds=1):
        with pytest.raises(AccountHeld, match=f"process {os.getpid()}"):
            async with lease(office.inventory, office.folder, "a", run_id="2", wait_seconds=0.2):
                pytest.fail("two held one lease")


def _hold(folder: Path, ready: object) -> None:

    async def forever() -> None:
        inventory = Inventory(folder / "inventory.db")
        async with lease(inventory, folder / "leases", "a", run_id="dead", wait_seconds=5):
            ready.set()  # type: ignore[attr-defined]
            await asyncio.sleep(60)

    asyncio.run(forever())


async def test_a_killed_holder_frees_the_account_and_its_epoch_is_over(office: Office, tmp_path: Path) -> None:
    ready = multiprocessing.Event()
    process = multiprocessing.Process(target=_hold, args=(tmp_path, ready))
    process.start()
    assert ready.wait(20)
    dead = office.inventory.row("SELECT epoch FROM leases WHERE account = 'a'")
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join(10)
    async with lease(office.inventory, office.folder, "a", run_id="next", wait_seconds=5) as held:
        assert dead is not None
        assert held.epoch == dead["epoch"] + 1


def test_a_decision_reads_no_whole_ledger(office: Office) -> None:
    asked: list[str] = []
    connection = office.inventory._db.conn
    connection.set_trace_callback(asked.append)
    office.grant("p")
    connection.set_trace_callback(None)
    selects = [sql for sql in asked if sql.lstrip().startswith("SELECT") and "ledger" in sql]
    plans = [row["detail"] for sql in selects for row in office.inventory.rows(f"EXPLAIN QUERY PLAN {sql}")]
    assert len(selects) > 3
    assert [plan for plan in plans if plan.startswith("SCAN ledger")] == []
