"""Promise 3 over every flow of every portal: good, failing and broken runs, and a kill, leave nothing in clear."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import structlog
from asking import Result, ask, order
from house import House, question
from killing import codes_in_a_row
from needles import arguments_of
from planting import MEDICAID, WITH_RECOVERY, Planted, about_a_claim, about_eras

from bots import morning, report
from bots.attempts import Attempts
from bots.challenge import Challenge
from bots.desk import Question
from bots.exhibits import evidence_of
from bots.logs import start_logging
from bots.runner.password_change import change_password
from bots.runner.password_recovery import recover_password
from bots.runner.runner import RunResult

__all__ = ["codes_in_a_row"]
pytestmark = pytest.mark.usefixtures("codes_in_a_row")

PORTALS = ("availity", "uhc", "tmhp", "epaces", "medi_cal")


class Trouble(Exception):
    """A defect whose words hold the secret."""


@dataclass
class Walk:
    """One house of one portal through all flows, and what must not be found of it."""

    house: House
    portal: str
    planted: Planted

    def account(self, **changes: Any) -> tuple[str, str]:
        """An account whose secrets are planted."""
        name, user = self.house.account(self.portal, **changes)
        self.planted.of_account(self.portal, name, user)
        return name, user

    async def ask(self, name: str, flow: str, *questions: Question) -> tuple[RunResult, list[Result]]:
        """One run, and its answers planted."""
        run, results = await ask(self.house, name, *questions, flow=flow)
        self.planted.of_results(results)
        return run, results

    async def renewed(self, name: str, user: str, *, forgotten: bool = False) -> RunResult:
        """A new password, by the old one or by a letter; all that came up is planted."""
        house = self.house
        house.world.advance(90)  # past the codes that were used
        async with house.runner() as runner:
            parts = (runner, house.inventory, house.vault)
            if forgotten:
                result = await recover_password(*parts, house.settings, name, by="Ann")
            else:
                result = await change_password(*parts, name, by="Ann")
        self.planted.of_account(self.portal, name, user)
        return result


@pytest.fixture(params=PORTALS)
def walk(
    house: House, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Walk]:
    house.settings = house.settings.model_copy(update={"evidence": "trace", "brake_refusals": 1000})
    start_logging(tmp_path / "log", "debug")
    planted = Planted(house)
    planted.note_what_is_typed(monkeypatch)
    yield Walk(house, request.param, planted)
    structlog.reset_defaults()


@pytest.mark.sampled(2)
async def test_every_flow_leaves_nothing_in_clear(
    walk: Walk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    house, portal, planted = walk.house, walk.portal, walk.planted
    name, user = walk.account()
    member = house.world.members(portal, "active")[0]
    planted.of_member(member)
    asked = {"eligibility": question(member), "claim_status": about_a_claim(house, portal, planted)}
    asked["era_download"] = about_eras(house, portal, user)
    for flow, each in asked.items():
        if each:
            await _well_and_badly(walk, name, user, flow, each)
    planted.of_account(portal, name, user)
    assert (await walk.renewed(name, user)).failure is None
    await _change_without_an_answer(walk)
    if portal in WITH_RECOVERY:
        locked, its_user = walk.account(locked=True)
        assert (await walk.renewed(locked, its_user, forgotten=True)).failure is None
    await _refused(walk)
    await _broken(walk, monkeypatch)
    structlog.reset_defaults()
    files = planted.of_files()
    planted.typed()
    out = capfd.readouterr()
    page = morning.make_report(house.settings, house.inventory, house.vault, service_running=False)
    said = {"standard output": out.out, "standard error": out.err, "report": report.render_text(page)}
    assert planted.found_in(tmp_path, said=said | {"page": report.render_html(page)}) == []
    assert (files > 0) is (asked["era_download"] is not None)
    assert planted.kinds() >= _must_be_planted(portal, asked)


# what a question meets: a changed page, and a payer that gives no answer
MEETS = {
    "eligibility": ("unknown_page", "lookup", "ScreenNotRecognised"),
    "claim_status": ("outage_text", "claim_lookup", "PayerUnavailable"),
    "era_download": ("unknown_page", "era_lookup", "ScreenNotRecognised"),
}


async def _well_and_badly(walk: Walk, name: str, user: str, flow: str, asked: Question) -> None:
    """A run with its trace, and one that ends at a page which is no answer."""
    run, _ = await walk.ask(name, flow, asked)
    assert run.failure is None, run.failure
    assert evidence_of(walk.house.inventory, run.head.run_id)
    kind, place, error = MEETS[flow]
    place = place if walk.portal in MEDICAID else place.replace("claim_", "")
    order(walk.house, walk.portal, user, kind, place)
    with pytest.MonkeyPatch.context() as patch:
        wait_less(patch)
        run, results = await walk.ask(name, flow, asked)
    failure = run.failure or results[0]
    assert getattr(failure, "error", "") == error, failure
    assert evidence_of(walk.house.inventory, run.head.run_id)


def wait_less(patch: pytest.MonkeyPatch) -> None:
    """For pages that never come."""
    for name, module in list(sys.modules.items()):
        if name.startswith("payers."):
            for each, seconds in vars(module).items():
                if each.endswith("_SECONDS") and isinstance(seconds, int) and seconds > 4:
                    patch.setattr(module, each, 4)


async def _change_without_an_answer(walk: Walk) -> None:
    """A new password that went out, and a page that only a person can pass in the place of the portal's word."""
    name, user = walk.account()
    order(walk.house, walk.portal, user, "captcha", "change_post")
    told = await walk.renewed(name, user)
    assert told.failure and told.failure.error == "CaptchaShown"
    assert walk.house.vault.get(name).pending
    assert evidence_of(walk.house.inventory, told.head.run_id)


async def _refused(walk: Walk) -> None:
    """A password that is refused."""
    name, _ = walk.account(password="N33dle-in$hay")
    run, _ = await walk.ask(name, "login")
    assert run.failure and run.failure.error == "InvalidCredentials"


async def _broken(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Defects in the private steps of a sign-in, a change and a recovery; each quotes the secret."""
    wanted: list[tuple[type, str, Callable[..., Awaitable[Any]]]] = [(Attempts, "open_password", _sign_in)]
    wanted += [] if walk.portal in MEDICAID else [(Attempts, "open_code", _sign_in)]
    wanted.append((Attempts, "open_new_password", Walk.renewed))
    if walk.portal in WITH_RECOVERY:
        wanted.append((Challenge, "letter", _forgotten))
    for owner, method, go in wanted:
        name, user = walk.account()
        with monkeypatch.context() as patch:
            patch.setattr(owner, method, _quoting(getattr(owner, method)))
            with pytest.raises(Trouble):
                await go(walk, name, user)
        walk.planted.of_account(walk.portal, name, user)


async def _sign_in(walk: Walk, name: str, user: str) -> None:
    await walk.ask(name, "login")


async def _forgotten(walk: Walk, name: str, user: str) -> None:
    await walk.renewed(name, user, forgotten=True)


def _quoting(real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def broken(self: Any, *given: Any, **named: Any) -> None:
        secret = await real(self, *given, **named) or given[0]
        raise Trouble(f"could not type {getattr(secret, 'get_secret_value', lambda: secret)()}")

    return broken


def _must_be_planted(portal: str, asked: dict[str, Question | None]) -> set[str]:
    kinds = {"password", "authenticator secret", "member id", "name", "birth date", "cookie"}
    kinds |= set() if portal in MEDICAID else {"typed"}
    kinds |= {"claim number"} if asked["claim_status"] or asked["era_download"] else set()
    kinds |= {"backup code"} if portal == "availity" else set()
    kinds |= {"availity": {"link"}, "uhc": {"mailed code"}}.get(portal, set())
    return kinds


# account's portal, flow, and where it hangs when the kill comes
IN_THE_MIDDLE = (
    ("availity", "login", "login_post"),
    ("availity", "recover", "reset_post"),
    ("uhc", "login", "code_post"),
    ("uhc", "change", "change_post"),
    ("uhc", "recover", "reset_post"),
    ("tmhp", "era_download", ""),
    ("epaces", "claim_status", "claim_lookup"),
    ("medi_cal", "eligibility", "lookup"),
)


async def test_a_kill_in_the_middle_of_every_flow_leaves_nothing(house: House, tmp_path: Path) -> None:
    """A process of its own, its temporary files and its browser's too; what lies in memory goes with the next command."""
    planted, asked = Planted(house), []
    for portal, flow, place in IN_THE_MIDDLE:
        name, user = house.account(portal, **({"locked": True} if flow == "recover" else {}))
        asked.append((name, flow, _question(house, portal, flow, user, planted)))
        planted.of_account(portal, name, user)
        if place:
            order(house, portal, user, "hang", place)
    process = _started(house, tmp_path, json.dumps(asked))
    try:
        _until(process, lambda: (house.home / "came").exists() and not house.world.get("/faults"))
        landing = _landing_of(process.pid)
        arguments = arguments_of(
            process.pid, *(each.pid for each in psutil.Process(process.pid).children(recursive=True))
        )
    finally:
        process.kill()
        out, _ = process.communicate()
    for (portal, *_), (name, *_) in zip(IN_THE_MIDDLE, asked, strict=True):
        [row] = house.inventory.rows("SELECT user_id FROM accounts WHERE name = ?", (name,))
        planted.of_account(portal, name, row["user_id"])
    assert planted.kinds() >= {"password", "link", "mailed code", "claim number", "member id", "name"}
    said = {"output": out.decode("latin-1"), "arguments": "\n".join(data.decode("latin-1") for _, data in arguments)}
    assert planted.found_in(tmp_path, said=said) == []
    assert house.pk("due").returncode in (0, 4)
    assert not landing.exists()


def _question(house: House, portal: str, flow: str, user: str, planted: Planted) -> dict[str, Any] | None:
    asked: Question | None = None
    if flow == "eligibility":
        member = house.world.members(portal, "active")[0]
        planted.of_member(member)
        asked = question(member)
    elif flow == "claim_status":
        asked = about_a_claim(house, portal, planted)
    elif flow == "era_download":
        asked = about_eras(house, portal, user)
    return asked.model_dump(mode="json") if asked else None


def _started(house: House, tmp_path: Path, asked: str) -> subprocess.Popen[bytes]:
    for folder in ("tmp", "user"):
        (tmp_path / folder).mkdir()
    places = {"TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path / "user"), "PORTALKEEPER_EVIDENCE": "trace"}
    browsers = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or str(Path.home() / ".cache" / "ms-playwright")
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("many_hanging.py"))],
        env={**house.env, **places, "PLAYWRIGHT_BROWSERS_PATH": browsers},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdin
    process.stdin.write(asked.encode())
    process.stdin.close()
    process.stdin = None
    return process


def _until(process: subprocess.Popen[bytes], done: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not done():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.1)


def _landing_of(pid: int) -> Path:
    """The folder in memory that a process has locked."""
    places = [Path(link).resolve() for link in Path(f"/proc/{pid}/fd").iterdir() if link.exists()]
    [found] = [place for place in places if place.is_dir() and place.name.startswith("portalkeeper-")]
    return found
