"""Bad input: one clear line that says what to do, its exit code, no traceback, nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import NPI, ORGANIZATION, House

ONE = {"member_id": "W1", "patient_last_name": "A", "patient_first_name": "B", "patient_birth_date": "1950-01-04"}
HEADINGS = "reference,payer,organization,provider_npi,member_id,patient_last_name,patient_first_name,patient_birth_date,service_date"
GOOD = f"R1,aetna,{ORGANIZATION.name},{NPI},W002720651,A,B,1950-01-04,2026-11-23"


def refused(ended: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert ended.returncode == code, ended
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    for word in words:
        assert word in ended.stderr, ended.stderr


def batch(tmp_path: Path, *lines: str, start: bytes = b"") -> str:
    file = tmp_path / "in.csv"
    file.write_bytes(start + "\n".join(lines).encode())
    return str(file)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sign-in", "nobody"], "no account is called"),
        (["check", "nobody"], "no account is called"),
        (["account", "show", "nobody"], "no account is called"),
        (["account", "unfreeze", "nobody", "--because", "x"], "no account is called"),
        (["vault", "set", "nobody"], "no account is called"),
        (["account", "add", "x", "--portal", "nowhere", "--user-id", "u"], "no portal is called"),
        (["account", "add", "Bad Name", "--portal", "availity", "--user-id", "u"], "lower-case letters"),
        (
            ["account", "add", "x", "--portal", "availity", "--user-id", "u", "--address", "http://portal.example"],
            "https",
        ),
        (["account", "add", "x", "--portal", "availity", "--user-id", "u", "--organization", "Nobody"], "TIN"),
        (["account", "add", "x", "--portal", "availity", "--user-id", "u", "--set", "shoe_size=9"], "not columns"),
        (
            ["account", "add", "x", "--portal", "availity", "--user-id", "u", "--set", "automation=permitted"],
            "worker only",
        ),
        (["provider", "add", "2000001019"], "check digit"),
        (["provider", "add", "123"], "ten digits"),
        (["organization", "add", "X", "--tin", "12"], "nine digits"),
        (["eligibility"], "--payer"),
        (["eligibility", "--batch", "/nowhere.csv"], "/nowhere.csv"),
        (["account", "import", "/nowhere.csv"], "/nowhere.csv"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else None,
)
def test_what_can_not_be_is_said_in_one_line(house: House, arguments: list[str], words: str) -> None:
    refused(house.pk(*arguments), 2, words)


def test_unknown_payer(house: House) -> None:
    house.account()
    refused(house.pk("eligibility", "--payer", "atena", "--provider", NPI, given=json.dumps(ONE)), 2, "aetna")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"patient_birth_date": "1950-02-30"}, "patient_birth_date"),
        ({"patient_birth_date": "2050-01-01"}, "future"),
        ({"provider_npi": "2000001019"}, "check digit"),
        ({"shoe_size": "9"}, "shoe_size"),
        ({"member_id": ""}, "member_id"),
    ],
)
def test_one_question_that_can_not_be_asked(house: House, change: dict[str, str], words: str) -> None:
    _, user = house.account()
    line = json.dumps({"provider_npi": NPI, "organization": ORGANIZATION.name, **ONE, **change})
    refused(house.pk("eligibility", "--payer", "aetna", given=line), 2, words)
    assert house.world.account("availity", user)["password_submissions"] == 0


def test_json_that_is_none(house: House) -> None:
    house.account()
    refused(house.pk("eligibility", "--payer", "aetna", "--provider", NPI, given="not json"), 2, "JSON line")


def test_no_account_or_two_for_a_question(house: House) -> None:
    line = json.dumps({**ONE, "organization": ORGANIZATION.name})
    asked = ("eligibility", "--payer", "aetna", "--provider", NPI)
    refused(house.pk(*asked, given=line), 2, "no account asks", "pk account add")
    first, _ = house.account()
    second, _ = house.account()
    refused(house.pk(*asked, given=line), 2, "more than one account", first, second, "--account")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "empty"),
        ([HEADINGS], "headings only"),
        (["reference,payer", "R1,aetna"], "provider_npi"),
        ([HEADINGS, GOOD + ",extra"], "line 2"),
        ([HEADINGS, GOOD, GOOD], "reference"),
    ],
)
def test_files_that_are_refused_whole(house: House, tmp_path: Path, lines: list[str], words: str) -> None:
    house.account()
    out = tmp_path / "out.csv"
    ended = house.pk("eligibility", "--batch", batch(tmp_path, *lines), "--out", str(out))
    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert words in ended.stderr
    assert not out.exists()


def test_a_row_without_a_route_is_named_and_the_file_still_read(house: House, tmp_path: Path) -> None:
    rows = [GOOD, GOOD.replace("R1", "R2").replace("1950-01-04", "1950-13-01")]
    out = tmp_path / "out.csv"
    ended = house.pk(
        "eligibility", "--batch", batch(tmp_path, HEADINGS, *rows, start=b"\xef\xbb\xbf"), "--out", str(out)
    )
    assert ended.returncode == 3
    assert "line 2: no account asks" in ended.stderr
    assert "line 3: patient_birth_date" in ended.stderr
    assert out.read_text().count("not_asked") == 2


def test_the_preview_contacts_nobody(house: House, tmp_path: Path) -> None:
    _, user = house.account()
    ended = house.pk("eligibility", "--batch", batch(tmp_path, HEADINGS, GOOD), "--preview")
    assert ended.returncode == 0, ended.stderr
    assert "nobody was contacted" in ended.stdout
    assert house.world.account("availity", user)["password_submissions"] == 0


def test_vault_troubles(house: House, tmp_path: Path) -> None:
    name, user = house.account()
    entry = house.settings.vault_folder / f"{name}.age"
    whole = entry.read_bytes()
    entry.unlink()
    refused(house.pk("sign-in", name), 2, f"pk vault set {name}")
    entry.write_bytes(whole[:100])
    refused(house.pk("sign-in", name), 2, "damaged")
    entry.write_bytes(whole)
    house.settings.key_file.rename(tmp_path / "away")
    refused(house.pk("sign-in", name), 2, "vault.key")
    other = tmp_path / "other"
    subprocess.run(
        house.command("init"), env={**house.env, "PORTALKEEPER_HOME": str(other)}, check=True, capture_output=True
    )
    shutil.copy(other / "vault.key", house.settings.key_file)
    refused(house.pk("sign-in", name), 2, "key")
    assert house.world.account("availity", user)["password_submissions"] == 0


def test_a_truncated_inventory(house: House) -> None:
    name, _ = house.account()
    house.inventory.close()
    for extra in house.home.glob("inventory.db-*"):
        extra.unlink()
    house.settings.database.write_bytes(house.settings.database.read_bytes()[:5000])
    refused(house.pk("account", "show", name), 2, "damaged")
    doctor = house.pk("doctor")
    assert doctor.returncode == 2
    assert "FIX  inventory" in doctor.stdout


def test_no_data_folder(tmp_path: Path) -> None:
    env = {**os.environ, "PORTALKEEPER_HOME": str(tmp_path / "none")}
    ended = subprocess.run(
        [*House.command(None, "account", "list")], env=env, capture_output=True, text=True, timeout=30
    )
    refused(ended, 2, "portalkeeper init")


def test_no_browser(house: House) -> None:
    name, _ = house.account()
    house.env["PORTALKEEPER_BROWSER_EXECUTABLE"] = "/nowhere/chromium"
    refused(house.pk("sign-in", name), 2, "/nowhere/chromium")


def test_a_browser_that_is_none(house: House) -> None:
    name, user = house.account()
    house.env["PORTALKEEPER_BROWSER_EXECUTABLE"] = "/bin/false"
    refused(house.pk("sign-in", name), 2, "does not start")
    assert "FIX  browser: the browser /bin/false does not start" in house.pk("doctor").stdout
    assert house.world.account("availity", user)["password_submissions"] == 0


def test_a_portal_that_can_not_be_reached(house: House) -> None:
    name, _ = house.account()
    with house.inventory.write() as db:
        db.table("accounts").update(name, {"address": "http://availity.localhost:9"})
    refused(house.pk("sign-in", name), 13, "can't be reached")


def test_a_real_portal_needs_a_permission(house: House) -> None:
    name, _ = house.account()
    with house.inventory.write() as db:
        db.table("accounts").update(name, {"address": None})
    (house.home / "sandbox-clock.json").unlink()
    refused(house.pk("sign-in", name), 10, "pk account permit")


def test_a_moved_clock_and_a_real_portal_do_not_go_together(house: House) -> None:
    name, _ = house.account()
    with house.inventory.write() as db:
        db.table("accounts").update(name, {"address": None})
    refused(house.pk("sign-in", name), 2, "sandbox")


def test_a_full_disk_while_answers_are_written(house: House, tmp_path: Path) -> None:
    house.account()
    ended = house.pk("eligibility", "--batch", batch(tmp_path, HEADINGS, GOOD), "--out", "/dev/full/out.csv")
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip("a disk of one's own needs the right to mount one")
    yield place
    subprocess.run(["umount", place], check=True)


def on_disk(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PORTALKEEPER_HOME": str(home)}
    command = [sys.executable, "-m", "bots", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=30)


def test_a_full_disk_and_a_read_only_one(small_disk: Path) -> None:
    home = small_disk / "home"
    assert on_disk(home, "init").returncode == 0
    assert on_disk(home, "organization", "add", "A", "--tin", "000004471").returncode == 0
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    refused(on_disk(home, "organization", "add", "B", "--tin", "000004472"), 2, "disk is full")
    filler.unlink()
    assert on_disk(home, "organization", "add", "B", "--tin", "000004472").returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    refused(on_disk(home, "organization", "add", "C", "--tin", "000004473"), 2, "mounted for writing")
    assert "FIX  data folder" in on_disk(home, "doctor").stdout


def test_doctor_is_content_with_a_good_house(house: House) -> None:
    house.account()
    ended = house.pk("doctor")
    assert ended.returncode == 0, ended.stdout
    assert "FIX" not in ended.stdout


def test_errors_as_json(house: House) -> None:
    ended = house.pk("sign-in", "nobody", "--json")
    assert ended.returncode == 2
    assert json.loads(ended.stdout)["error"] == "InputError"


def test_a_defect_shows_no_traceback(house: House, tmp_path: Path) -> None:
    ended = house.pk("account", "import", str(tmp_path))
    refused(ended, 2, "can't be read")
