"""`era fetch` as a person uses it, and by schedule, on the sandbox."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import timedelta
from pathlib import Path

import fetching
import pytest
from asking import order
from house import NPI, ORGANIZATION, House

from bots.keeping import Keeper
from bots.landing import MEMORY


def fetched(house: House, *arguments: str) -> list[dict[str, object]]:
    done = house.pk("era", "fetch", *arguments, "--json")
    assert done.returncode == 0, (done.stdout, done.stderr)
    rows: list[dict[str, object]] = json.loads(done.stdout)
    return rows


def days(house: House, count: int) -> list[str]:
    last = fetching.today(house)
    return ["--since", f"{last - timedelta(days=count - 1)}", "--until", f"{last}"]


def test_a_payer_is_fetched_for_one_payee(house: House) -> None:
    name, user = house.account()
    arguments = ["--payer", "60054", "--organization", ORGANIZATION.tin, "--provider", NPI, *days(house, 21)]
    [row] = fetched(house, *arguments)
    rows = fetching.offered(house, "availity", user, fetching.era_question(house, "availity", 21, npi=NPI))
    fetching.check_kept(house, rows)
    assert (row["account"], row["payer"], row["npi"], row["listed"], row["kept"]) == (
        name, "aetna", NPI, len(rows), len(rows),
    )  # fmt: skip
    assert {file["sha256"] for file in row["files"]} == {each["sha256"] for each in fetching.kept(house)}
    [again] = fetched(house, *arguments)
    assert (again["listed"], again["kept"]) == (len(rows), 0)
    told = house.pk("era", "fetch", *arguments)
    assert (told.returncode, "LISTED" in told.stdout, "0 fetched of" in told.stderr) == (0, True, True)
    assert house.world.account("availity", user)["era_downloads"] == len(rows)


def test_an_account_is_fetched_for_all_its_payees(house: House) -> None:
    name, user = house.account("tmhp")
    rows = fetched(house, name, *days(house, 14))
    assert [(row["payer"], row["tin"]) for row in rows] == [
        ("texas-medicaid", "000007312"), ("texas-medicaid", ORGANIZATION.tin),
    ]  # fmt: skip
    assert all(row["kept"] == row["listed"] != 0 for row in rows)
    seen = house.world.account("tmhp", user)
    assert (seen["era_downloads"], seen["password_submissions"]) == (sum(int(str(row["kept"])) for row in rows), 1)


def test_what_can_not_be_asked_is_said_and_nobody_is_contacted(house: House) -> None:
    epaces, _ = house.account("epaces")
    _, user = house.account()
    house.account()
    for arguments, words in (
        (["--payer", "nobody"], "nobody"),
        (["--payer", "new-york-medicaid"], "no account fetches that"),
        ([epaces], "offers no era_download"),
        (["--since", "yesterday"], "--since 'yesterday' is not a day"),
        (["--payer", "aetna", "--since", "2026-02-02", "--until", "2026-02-01"], "is before --since"),
        (["--organization", "Nobody"], "is not exactly one of"),
        (["--payer", "aetna"], "more than one account fetches aetna"),
    ):
        done = house.pk("era", "fetch", *arguments)
        assert (done.returncode, words in done.stderr) == (2, True), (arguments, done.stderr)
    assert house.world.account("availity", user)["password_submissions"] == 0


def test_exit_codes_say_what_is_missing(house: House) -> None:
    name, user = house.account("tmhp")
    arguments = [name, "--organization", ORGANIZATION.tin, *days(house, 14)]
    order(house, "tmhp", user, "payer_down", "era_lookup")
    down = house.pk("era", "fetch", *arguments)
    assert (down.returncode, "PayerUnavailable" in down.stderr) == (13, True)
    order(house, "tmhp", user, "empty_file", times=None)
    empty = house.pk("era", "fetch", *arguments)
    assert (empty.returncode, "an empty file came" in empty.stdout) == (3, True)
    house.world.clear_faults()
    order(house, "tmhp", user, "payer_down", "era_lookup")
    both = house.pk("era", "fetch", name, *days(house, 14))
    assert (both.returncode, "PayerUnavailable" in both.stdout) == (3, True)
    assert fetching.kept(house)


async def test_the_service_fetches_by_schedule(house: House) -> None:
    name, user = house.account("tmhp")
    async with house.runner("service") as runner:
        keeper = Keeper(runner, house.inventory, house.vault, house.settings)
        done = await keeper.run(name, "era_download")
        order(house, "tmhp", user, "payer_down", "era_lookup")
        down = await keeper.run(name, "era_download")
    assert done.failure is None
    assert (down.failure and down.failure.error) == "PayerUnavailable"
    assert len(fetching.kept(house)) == house.world.account("tmhp", user)["era_downloads"] > 12


@pytest.mark.slow
@pytest.mark.parametrize(("after", "delay"), [(1, 0.0), (2, 0.05), (3, 0.15), (5, 0.3)])
def test_a_killed_fetch_loses_no_file_of_a_portal_that_gives_it_once(house: House, after: int, delay: float) -> None:
    """SIGKILL while files are coming: the next fetch has every file on disk exactly once."""
    name, user = house.account("tmhp")
    arguments = ["era", "fetch", name, "--organization", ORGANIZATION.tin, *days(house, 56)]
    process = house.start(*arguments)
    while process.poll() is None and house.world.account("tmhp", user)["era_downloads"] < after:
        time.sleep(0.01)  # polls for the moment of the attack
    time.sleep(delay)
    process.kill()
    process.communicate(timeout=60)
    before = house.world.account("tmhp", user)["era_downloads"]
    rows = fetching.offered(house, "tmhp", user, fetching.era_question(house, "tmhp", 56))
    assert after <= before
    done = house.pk(*arguments)
    assert done.returncode == 0, done.stderr
    fetching.check_kept(house, rows)
    seen = house.world.account("tmhp", user)
    assert seen["era_downloads"] <= len(rows) + 1
    assert seen["password_submissions"] == 1
    assert not house.inventory.rows("SELECT * FROM incidents")


def test_nothing_of_a_patient_is_in_clear_after_a_fetch(house: House) -> None:
    """But in billing's folder: not in inventory, log, manifest or archive, and no download stays behind in memory."""
    name, _ = house.account("tmhp")
    assert fetched(house, name, "--organization", ORGANIZATION.tin, *days(house, 14))
    files = fetching.kept(house)
    needles = {
        part
        for row in files
        for segment in row["bytes"].split(b"~")
        if segment.strip().startswith(b"NM1*QC*")
        for part in (segment.split(b"*")[3], segment.split(b"*")[9])
    }
    assert len(needles) > 2
    house.inventory.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    found = [
        (file.name, needle)
        for file in house.home.rglob("*")
        if file.is_file() and file.suffix != ".835"
        for needle in needles
        if needle in file.read_bytes()
    ]
    assert found == []
    there = {digest(file) for file in MEMORY.glob("portalkeeper-*/**/*")}
    assert there & {row["sha256"] for row in files} == set()


def digest(file: Path) -> str:
    """The hash of a file; other tests' downloads come and go beside ours."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""
