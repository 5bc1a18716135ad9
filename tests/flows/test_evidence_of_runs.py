"""Evidence in a real browser: what is in it when opened, what is not, and that a good run pays nothing for it."""

from __future__ import annotations

import dataclasses
import io
import json
import time
import zipfile

import pytest
from asking import ask, order
from house import House, question
from playwright.async_api import Page

from bots.desk import Failure
from bots.evidence import witness as witness_module
from bots.evidence.packing import spellings
from bots.evidence.plan import Wish
from bots.evidence.witness import Witness
from bots.exhibits import evidence_of, find_evidence, read_exhibit
from bots.runner import runner as runner_module
from bots.sealing import unseal
from flows.session import Session
from payers.portals.availity import PORTAL


def opened(house: House, run_id: str) -> tuple[dict, zipfile.ZipFile]:
    row = find_evidence(house.inventory, evidence_of(house.inventory, run_id))
    data = unseal(read_exhibit(house.settings.evidence_folder, row), house.key)
    archive = zipfile.ZipFile(io.BytesIO(data))
    return json.loads(archive.read("evidence.json")), archive


def everything_in(archive: zipfile.ZipFile) -> bytes:
    """All parts, those of a trace inside it too."""
    found = b""
    for name in archive.namelist():
        data = archive.read(name)
        found += everything_in(zipfile.ZipFile(io.BytesIO(data))) if name.endswith(".zip") else data
    return found


def wishing(house: House, wish: Wish) -> None:
    house.settings = house.settings.model_copy(update={"evidence": str(wish)})


TEXTS = {"page.html", "accessibility.txt", "console.txt", "network.jsonl", "evidence.json"}


async def test_a_failure_leaves_what_was_seen_sealed(house: House) -> None:
    name, user = house.account()
    order(house, "availity", user, "captcha", "login")
    run, _ = await ask(house, name, flow="login")
    assert run.failure and run.failure.error == "CaptchaShown"
    about, archive = opened(house, run.head.run_id)
    assert (about["why"], about["failure"]["error"], about["left_out"]) == ("failure", "CaptchaShown", [])
    assert {*TEXTS, "screenshot.png"} <= set(archive.namelist())
    assert archive.read("screenshot.png").startswith(b"\x89PNG")
    assert about["steps"]
    (file,) = house.settings.evidence_folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    assert house.pk("runs", "--json").stdout.count(f'"evidence": "{file.stem}"') == 1


def timed(monkeypatch: pytest.MonkeyPatch, *methods: str) -> list[float]:
    """How long the witness takes each time, in seconds."""
    spent: list[float] = []

    def wrapped(real):
        async def call(*given, **named):
            began = time.perf_counter()
            try:
                return await real(*given, **named)
            finally:
                spent.append(time.perf_counter() - began)

        return call

    for method in methods:
        monkeypatch.setattr(Witness, method, wrapped(getattr(Witness, method)))
    return spent


async def test_a_failure_behind_the_password_is_seen_without_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    name, user = house.account()
    order(house, "availity", user, "captcha", "home")
    spent, began = timed(monkeypatch, "glance", "ended"), time.perf_counter()
    run, _ = await ask(house, name, flow="login")
    assert sum(spent) <= 0.15 * (time.perf_counter() - began - sum(spent))  # some 2 % as a rule
    assert len(spent) == 2
    assert run.failure and run.failure.error == "CaptchaShown"
    about, archive = opened(house, run.head.run_id)
    assert about["left_out"] == ["screenshot: a private step was open"]
    assert set(archive.namelist()) >= TEXTS and "screenshot.png" not in archive.namelist()
    assert b"Verify you are human" in archive.read("page.html")
    network = [json.loads(line) for line in archive.read("network.jsonl").splitlines()]
    assert {"POST", "GET"} <= {each["method"] for each in network}
    assert all(each["host"] and "?" not in each["path"] for each in network)
    secret = house.vault.get(name).password.get_secret_value()
    assert not [word for word in spellings(secret) if word.encode() in everything_in(archive)]


async def test_a_good_run_calls_the_browser_no_more_often_for_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    async def look(page: Page, pack: object) -> None:
        looked.append(page.url)

    monkeypatch.setattr(witness_module, "look", look)
    for method in ("screenshot", "content", "requests", "console_messages", "aria_snapshot"):
        monkeypatch.setattr(Page, method, lambda *given, method=method: looked.append(method))
    name, _ = house.account()
    member = house.world.members("availity", "active")[0]
    run, _ = await ask(house, name, question(member))
    assert (run.failure, looked, evidence_of(house.inventory, run.head.run_id)) == (None, [], "")
    assert not house.settings.evidence_folder.exists()


async def test_a_trace_begins_after_the_sign_in_and_knows_nothing_of_it(house: House) -> None:
    wishing(house, Wish.TRACE)
    name, _ = house.account()
    run, answers = await ask(house, name, question(house.world.members("availity", "active")[0]))
    assert run.failure is None
    assert not isinstance(answers[0], Failure)
    about, archive = opened(house, run.head.run_id)
    assert (about["why"], about["left_out"]) == ("asked", [])
    trace = zipfile.ZipFile(io.BytesIO(archive.read("trace.zip")))
    assert "trace.trace" in trace.namelist()
    actions = trace.read("trace.trace")
    assert b'"method":"fill"' in actions and b"frame-snapshot" not in actions
    assert b"/login" not in actions
    held = everything_in(archive)
    secret = house.vault.get(name)
    needles = spellings(secret.password.get_secret_value())
    assert not [word for word in needles if word.encode() in held]


async def types_and_breaks(session: Session) -> None:
    await session.page.set_content("<input id=a><p>Wilhelmina</p>")
    async with session.step("enter the password", private=True):
        await session.page.locator("#a").fill((await session.password()).get_secret_value())
        raise ZeroDivisionError("Brok3n-in$step")


async def test_no_picture_is_taken_while_a_private_step_is_open(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "find_portal", lambda name: dataclasses.replace(PORTAL, login=types_and_breaks))
    name, _ = house.account(password="Brok3n-in$step")
    with pytest.raises(ZeroDivisionError):
        async with house.runner() as runner:
            await runner.run(name, "login")
    (row,) = house.inventory.rows("SELECT * FROM evidence")
    about, archive = opened(house, row["run_id"])
    assert (row["why"], row["error"]) == ("defect", "ZeroDivisionError")
    assert about["left_out"] == ["screenshot: a private step was open"]
    held = everything_in(archive)
    assert b"Wilhelmina" in held
    assert not [word for word in spellings("Brok3n-in$step") if word.encode() in held]


async def opens_a_code_page(session: Session) -> None:
    await session.page.set_content("<label>Code <input id=a></label><input type=password value=k3pt-by-the-page>")
    async with session.step("enter the code", private=True):
        code = (await session.password()).get_secret_value()
        await session.page.locator("#a").fill(code)
    async with session.step("look"):
        await session.page.locator("#never").click(timeout=300)


async def test_a_page_that_shows_a_secret_is_kept_without_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "find_portal", lambda name: dataclasses.replace(PORTAL, login=opens_a_code_page))
    name, _ = house.account(password="Sh0wn-on$page")
    async with house.runner() as runner:
        run = await runner.run(name, "login")
    assert run.failure
    about, archive = opened(house, run.head.run_id)
    held = everything_in(archive)
    assert about["left_out"] == ["screenshot: a secret is on the page"]
    assert b"Sh0wn" not in held
    assert b"k3pt-by-the-page" not in held
    assert b"Code" in held


def test_a_witness_without_a_plan_does_nothing() -> None:
    assert Witness({}, set()).private is False
