"""Promise 3, attacked: what was typed never comes out again in errors, logs, inventory or leftovers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import structlog
from house import House
from pydantic import SecretStr

from bots.logs import start_logging
from bots.runner import runner as runner_module
from flows.errors import InvalidCredentials
from flows.session import Session
from payers.portals.availity import PORTAL
from payers.portals.availity.screens import SignInAlert
from payers.portals.availity.sign_in import _explain

NEEDLE = "N33dle-in$hay"
TOKEN = "tok3n-n33dle-f0r-reset"


async def types_into_a_disabled_field(session: Session) -> None:
    await session.page.set_content("<input id=password disabled>")
    async with session.step("enter the password", private=True):
        await session.page.locator("#password").fill((await session.password()).get_secret_value(), timeout=500)


async def opens_a_link_with_a_token(session: Session) -> None:
    async with session.step("use the reset link", private=True):
        await session.page.goto(f"http://127.0.0.1:1/reset?token={TOKEN}")


async def presses_a_key_of_the_secret(session: Session) -> None:
    async with session.step("enter the password", private=True):
        await session.page.keyboard.press((await session.password()).get_secret_value())


async def waits_for_a_text_with_the_secret(session: Session) -> None:
    async with session.step("enter the password", private=True):
        secret = (await session.password()).get_secret_value()
        await session.page.get_by_text(secret).click(timeout=500)


@pytest.mark.parametrize(
    "login",
    [
        types_into_a_disabled_field,
        opens_a_link_with_a_token,
        presses_a_key_of_the_secret,
        waits_for_a_text_with_the_secret,
    ],
)
async def test_errors_hold_nothing_that_was_typed(
    house: House, login, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(runner_module, "find_portal", lambda name: dataclasses.replace(PORTAL, login=login))
    start_logging(tmp_path / "log", "debug")
    name, _ = house.account(password=NEEDLE)
    async with house.runner() as runner:
        run = await runner.run(name, "login")
    structlog.reset_defaults()
    assert run.failure is not None
    house.inventory.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    out = capfd.readouterr()
    places = {"stdout": out.out, "stderr": out.err, "failure": run.failure.model_dump_json()}
    places |= {
        str(file): file.read_bytes().decode("latin-1")
        for folder in (house.home, tmp_path)
        for file in folder.rglob("*")
        if file.is_file()
    }
    leaks = [place for place, text in places.items() if NEEDLE in text or TOKEN in text or "33dle" in text]
    assert leaks == []


async def test_unlisted_words_of_the_portal_stay_in_the_run(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal that quotes user id and name must not reach the inventory."""
    patient = "Wilhelmina Needleworth 1950-01-04"

    async def quotes_a_patient(session: Session) -> None:
        await session.page.set_content(
            f"<main><div role=alert><div class=MuiAlert-message>Sorry {patient} {session.account.username}</div></div></main>"
        )
        await _explain(SignInAlert(session.page))

    monkeypatch.setattr(runner_module, "find_portal", lambda name: dataclasses.replace(PORTAL, login=quotes_a_patient))
    name, user = house.account()
    async with house.runner() as runner:
        run = await runner.run(name, "login")
    assert run.failure and run.failure.error == "ScreenNotRecognised"
    row = house.inventory.row("SELECT * FROM runs WHERE id = ?", (run.head.run_id,))
    assert "Needleworth" not in str(row)
    assert user not in str(row)


async def test_a_secret_outside_a_private_step_is_a_defect(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def reads_it_openly(session: Session) -> None:
        async with session.step("look around"):
            await session.password()

    monkeypatch.setattr(runner_module, "find_portal", lambda name: dataclasses.replace(PORTAL, login=reads_it_openly))
    name, _ = house.account()
    with pytest.raises(RuntimeError, match="private step"):
        async with house.runner() as runner:
            await runner.run(name, "login")
    assert house.inventory.rows("SELECT * FROM ledger") == []


async def test_the_vault_and_the_kept_session_are_sealed(house: House) -> None:
    name, _ = house.account()
    secret = house.vault.get(name)
    async with house.runner() as runner:
        assert (await runner.run(name, "login")).failure is None
    kept = house.settings.state_folder / f"{name}.age"
    assert kept.stat().st_mode & 0o077 == 0
    needles = [secret.password.get_secret_value()]
    needles += [secret.totp_secret.get_secret_value()] if secret.totp_secret else []
    house.inventory.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in house.home.rglob("*"):
        if file.is_file():
            text = file.read_bytes().decode("latin-1")
            assert not [needle for needle in needles if needle in text], file
            assert "AVSESSION" not in text.upper() or file == kept


def test_a_secret_is_never_taken_from_the_command_line(house: House) -> None:
    name, _ = house.account()
    refused = house.pk("vault", "set", name, "--password", NEEDLE)
    assert refused.returncode == 2
    given = house.pk("vault", "set", name, given=f"{NEEDLE}\n")
    assert given.returncode == 0
    assert house.vault.get(name).password == SecretStr(NEEDLE)
    assert NEEDLE not in given.stdout + given.stderr


async def test_a_refusal_reaches_the_inventory_as_a_phrase_id(house: House) -> None:
    name, _ = house.account(password=NEEDLE)
    async with house.runner() as runner:
        run = await runner.run(name, "login")
    assert run.failure and run.failure.error == InvalidCredentials.__name__
    row = house.inventory.row("SELECT phrase, message FROM runs WHERE id = ?", (run.head.run_id,))
    assert row and row["phrase"] in PORTAL.phrases
