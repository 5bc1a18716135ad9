"""Evidence without a browser: for whom it is sealed, where it lies, who opens it, and that a trace stops for sure."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyrage
import pytest
from playwright.async_api import Error
from typer.testing import CliRunner

from bots import now
from bots.cli.app import app
from bots.cli.office import office
from bots.desk import EvidenceHead, Failure, Order
from bots.evidence.config import load_config
from bots.evidence.packing import Pack, spellings
from bots.evidence.plan import OWN, Plan, Wish, plan_of
from bots.evidence.tracing import Trace
from bots.evidence.witness import Witness
from bots.exhibits import Exhibits, evidence_of, find_evidence, read_exhibit
from bots.inventory import Inventory
from bots.sealing import create_key, public_key, seal, seal_for, unseal
from bots.settings import load
from flows.errors import InputError, WorkerLost
from flows.parties import Account

SECRET = 'p"a<ss>&w/ord é$1'


def pair() -> tuple[str, str]:
    """A private and its public key, as age-keygen makes them."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


PUBLIC = pair()[1]  # never in a test's id: each process has its own


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[recipients]\nops = "age1KEYx"', "recipients.ops: expected a public key"),
        ('[recipients]\nops = ""', "recipients.ops: expected a public key"),
        ("[recipients]\nops = 1", "recipients.ops: expected a public key"),
        ("recipients = 3", "recipients: expected a table"),
        ('[receivers]\nops = "age1KEY"', "receivers is not known"),
        ("[limits]\nmegabytes = 2", "limits.megabytes is not known"),
        ("[limits]\nfolder_megabytes = 0", "limits.folder_megabytes: expected a whole number"),
        ("[limits]\nfolder_megabytes = true", "limits.folder_megabytes: expected a whole number"),
        ("[recipients", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_by_its_key(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "evidence.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=says):
        load_config(file)


def test_a_private_key_is_refused_and_not_repeated(tmp_path: Path) -> None:
    private, _ = pair()
    file = tmp_path / "evidence.toml"
    file.write_text(f'[recipients]\nops = "{private}"')
    with pytest.raises(InputError, match="private key") as told:
        load_config(file)
    assert private not in str(told.value)


def test_every_recipient_opens_it_and_the_worker_does_not(tmp_path: Path) -> None:
    """With recipients named, a stolen data folder with its key reads no evidence."""
    (ops, ops_public), (escrow, escrow_public), own = pair(), pair(), create_key(tmp_path / "vault.key")
    sealed = seal_for(b"seen", [ops_public, escrow_public])
    for private in (ops, escrow):
        assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(private)]) == b"seen"
    with pytest.raises(InputError):
        unseal(sealed, own)
    assert unseal(seal_for(b"seen", [public_key(own)]), own) == b"seen"


def test_the_plan_seals_for_the_named_or_else_for_the_folder(tmp_path: Path) -> None:
    settings, key = load(tmp_path), create_key(tmp_path / "vault.key")
    assert plan_of(settings, key).recipients == {OWN: public_key(key)}
    settings.config.mkdir()
    (settings.config / "evidence.toml").write_text(f'[recipients]\nops = "{PUBLIC}"\n[limits]\neach_megabytes = 1')
    plan = plan_of(settings, key)
    assert (plan.recipients, plan.each_bytes, plan.wish) == ({"ops": PUBLIC}, 1_000_000, Wish.FAILURE)


@pytest.mark.parametrize("spelling", sorted(spellings(SECRET)))
def test_no_spelling_of_a_secret_is_packed(spelling: str) -> None:
    pack = Pack([SECRET], 10_000)
    pack.add_text("page.html", f"<b>{spelling}</b>")
    archive = zipfile.ZipFile(io.BytesIO(pack.zipped({"page": spelling})))
    assert archive.read("page.html").decode() == "<b>…</b>"
    assert json.loads(archive.read("evidence.json"))["page"] == "…"


def test_what_is_too_large_is_left_out_and_told() -> None:
    pack = Pack([], 100)
    pack.add("trace.zip", b"x" * 90)
    pack.add("page.html", b"x" * 11)
    archive = zipfile.ZipFile(io.BytesIO(pack.zipped({})))
    assert set(archive.namelist()) == {"evidence.json", "trace.zip"}
    assert json.loads(archive.read("evidence.json"))["left_out"] == ["page.html: too large (11 bytes)"]


ORDER = Order(
    run_id="r-1",
    epoch=1,
    account=Account(name="a", portal="availity", username="u"),
    address="https://portal.example",
    flow="eligibility",
)


class NoDesk:
    """Keeps nothing."""


class Tracing:
    """A browser's tracing that fails at stopping, so many times."""

    def __init__(self, failures: list[Exception]) -> None:
        self.failures, self.on = failures, False

    async def start(self, **_: object) -> None:
        self.on = True

    async def stop(self, path: Path | None = None) -> None:
        self.on = False
        if self.failures:
            raise self.failures.pop(0)


def page(tracing: Tracing, secret_field: bool = False) -> Any:
    async def evaluate(script: str) -> bool:
        return secret_field

    return SimpleNamespace(context=SimpleNamespace(tracing=tracing), frames=[SimpleNamespace(evaluate=evaluate)])


@pytest.mark.parametrize(
    ("failures", "lost"),
    [
        ([Error("no space left")], False),
        ([Error("no space left"), Error("Must start tracing before stopping")], False),
        ([Error("no space left"), Error("Target closed")], False),
        ([Error("no space left"), Error("it goes on")], True),
        ([Error("no space left"), TimeoutError()], True),
    ],
    ids=str,
)
async def test_nothing_secret_follows_a_trace_that_may_go_on(
    tmp_path: Path, failures: list[Exception], lost: bool
) -> None:
    trace = Trace(tmp_path)
    await trace.begin(page(Tracing(failures)))
    if not lost:
        await trace.end()
        return
    with pytest.raises(WorkerLost):
        await trace.end()


@pytest.mark.parametrize("private", [True, False])
async def test_a_trace_is_off_before_a_private_step_and_stays_off(tmp_path: Path, private: bool) -> None:
    tracing = Tracing([])
    witness = Witness({}, set())
    witness.attend(NoDesk(), Plan(Wish.TRACE, {}, 1), tmp_path)  # type: ignore[arg-type]
    async with witness.watching(page(tracing), ORDER):
        await witness.begin_trace(page(tracing))
        assert tracing.on
        await witness.step(private)
        assert tracing.on is not private
        await witness.step(False)
        assert tracing.on is not private


async def test_a_private_step_does_not_begin_while_the_trace_goes_on(tmp_path: Path) -> None:
    witness = Witness({}, set())
    witness.attend(NoDesk(), Plan(Wish.TRACE, {}, 1), tmp_path)  # type: ignore[arg-type]
    stuck = page(Tracing([Error("x"), Error("it goes on")]))
    async with witness.watching(stuck, ORDER):
        await witness.begin_trace(stuck)
        with pytest.raises(WorkerLost):
            await witness.step(True)


async def test_no_trace_is_taken_of_a_change_of_the_password(tmp_path: Path) -> None:
    tracing = Tracing([])
    witness = Witness({}, set())
    witness.attend(NoDesk(), Plan(Wish.TRACE, {}, 1), tmp_path)  # type: ignore[arg-type]
    async with witness.watching(page(tracing), ORDER.model_copy(update={"flow": "password_reset"})):
        await witness.begin_trace(page(tracing))
    assert not tracing.on


class RecordingDesk:
    """Keeps what it is told, or has no room."""

    def __init__(self, room: bool = True) -> None:
        self.room = room
        self.kept: list[EvidenceHead] = []

    async def keep_evidence(self, head: EvidenceHead, sealed: str) -> str:
        if not self.room:
            raise InputError("no room")
        self.kept.append(head)
        return "E-1"


def closed_page() -> Any:
    return SimpleNamespace(is_closed=lambda: True, url="https://portal.example/home?member=1")


async def witnessed(wish: Wish, desk: RecordingDesk) -> None:
    """Drift, failures of questions, the guard's own word, and an order that ends badly."""
    witness, shown = Witness({}, set()), closed_page()
    witness.attend(desk, Plan(wish, {"ops": PUBLIC}, 10_000), None)  # type: ignore[arg-type]
    async with witness.watching(SimpleNamespace(page=shown), ORDER):
        await witness.noticed(shown, "password expires in days")
        await witness.noticed(shown, "drift")
        await witness.failed(shown, Failure(error="AnswerUnreadable", message="x", screen="Result"))
        await witness.failed(shown, Failure(error="InputError", message="x"))
        await witness.ended(shown, Failure(error="AccountHeld", message="x"))
        for _ in range(9):
            await witness.ended(shown, Failure(error="PortalChanged", message="x"))


async def test_drift_and_failures_are_kept_but_not_without_end() -> None:
    desk = RecordingDesk()
    await witnessed(Wish.FAILURE, desk)
    assert [(head.why, head.error) for head in desk.kept[:2]] == [("drift", None), ("failure", "AnswerUnreadable")]
    assert {head.error for head in desk.kept[2:]} == {"PortalChanged"}
    assert len(desk.kept) == 5
    assert desk.kept[1].screen == "Result"


async def test_nothing_is_kept_where_none_is_wanted_and_no_run_fails_for_want_of_room() -> None:
    desk = RecordingDesk()
    await witnessed(Wish.NONE, desk)
    assert desk.kept == []
    await witnessed(Wish.FAILURE, RecordingDesk(room=False))


@pytest.mark.parametrize(("folder", "secret_field"), [(None, False), (Path("x"), True)])
async def test_a_trace_begins_in_memory_and_on_a_page_without_secret_fields_only(
    folder: Path | None, secret_field: bool
) -> None:
    pack, trace = Pack([], 1000), Trace(folder)
    await trace.begin(page(Tracing([Error("it was begun")] * 3), secret_field))
    await trace.add_to(pack)
    assert pack.left_out == [f"trace: {trace.why_not}"]
    assert trace.why_not


async def test_a_trace_that_holds_a_secret_after_all_is_dropped(tmp_path: Path) -> None:
    trace = Trace(tmp_path)
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trace.network", f"cookie={SECRET}")
    trace._files.append(tmp_path / "t.zip")
    pack = Pack([SECRET], 1_000_000)
    await trace.add_to(pack)
    assert pack.left_out == ["trace.zip: a secret that was typed is in it"]
    assert list(tmp_path.iterdir()) == []


class Seat:
    """A data folder with one piece of evidence, and commands."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        monkeypatch.setenv("PORTALKEEPER_HOME", str(home))
        monkeypatch.setattr(now, "use_sandbox_clock", lambda path: None)
        assert self.run("init").exit_code == 0
        self.inventory = Inventory(home / "inventory.db")
        self.data = Pack([], 1000)
        self.data.add_text("page.html", "<p>Wilhelmina Needleworth</p>")
        self.zip = self.data.zipped({"run_id": "r-1"})

    def keep(self, most: int = 10_000) -> str:
        head = EvidenceHead(why="failure", flow="login", sha256=hashlib.sha256(self.zip).hexdigest(), screen="Home")
        kept = Exhibits(self.inventory, self.home / "evidence", "a", "availity", most)
        return kept.keep("r-1", head, seal(self.zip, office.key))

    def run(self, *arguments: str, given: str = "") -> Any:
        office.__dict__.clear()
        return CliRunner().invoke(app, list(arguments), input=given)

    def trail(self) -> list[tuple[str, str]]:
        rows = self.inventory.rows("SELECT action, details FROM audit WHERE action LIKE 'evidence%'")
        return [(row["action"], row["details"]) for row in rows]


@pytest.fixture
def seat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    yield Seat(tmp_path / "home", monkeypatch)
    office.__dict__.clear()


def test_opening_shows_it_in_memory_and_wipes_it_and_is_in_the_trail(
    seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, seen = seat.keep(), []
    monkeypatch.delenv("DISPLAY", raising=False)

    class Looking(io.StringIO):
        def readline(self, size: int = -1) -> str:  # type: ignore[override]
            folder = Path(json.loads(printed())["folder"])
            seen.append((folder, (folder / "page.html").read_text(), folder.stat().st_mode & 0o777))
            return "\n"

    said: list[str] = []
    printed: Callable[[], str] = lambda: said[-1]  # noqa: E731
    monkeypatch.setattr("bots.cli.evidence.print_done", lambda words, json, **facts: said.append(dumped(facts)))
    monkeypatch.setattr("bots.cli.evidence.sys", SimpleNamespace(stdin=Looking(), executable="false"))
    ended = seat.run("evidence", "open", name, "--because", "repair", "--json")
    assert ended.exit_code == 0, ended.exception
    ((folder, text, mode),) = seen
    assert (text, mode, folder.exists()) == ("<p>Wilhelmina Needleworth</p>", 0o700, False)
    assert seat.trail() == [("evidence open", f"{name} of run r-1, sha256 {hashlib.sha256(seat.zip).hexdigest()}")]


def dumped(facts: dict[str, Any]) -> str:
    return json.dumps(facts, default=str)


def test_exporting_seals_it_for_somebody_else(seat: Seat, tmp_path: Path) -> None:
    name, (private, public), out = seat.keep(), pair(), tmp_path / "out.age"
    ended = seat.run("evidence", "export", name, "--because", "for the vendor", "--out", str(out), "--to", public)
    assert ended.exit_code == 0, ended.exception
    assert pyrage.decrypt(out.read_bytes(), [pyrage.x25519.Identity.from_str(private)]) == seat.zip
    assert out.stat().st_mode & 0o777 == 0o600
    ((action, details),) = seat.trail()
    assert (action, public in details) == ("evidence export", True)
    again = seat.run("evidence", "export", name, "--because", "x", "--out", str(out))
    assert "exists already" in str(again.exception)


def test_what_was_changed_on_disk_is_not_opened(seat: Seat) -> None:
    name = seat.keep()
    file = seat.home / "evidence" / f"{name}.age"
    file.write_bytes(seal(b"other", office.key))
    refused = seat.run("evidence", "open", name, "--because", "x")
    assert "is not the file that was put there" in str(refused.exception)
    assert seat.trail() == []
    file.unlink()
    with pytest.raises(InputError, match="is gone"):
        read_exhibit(seat.home / "evidence", find_evidence(seat.inventory, name))


@pytest.mark.parametrize("name", ["E-ffffffff", "nonsense", ""])
def test_no_such_evidence(seat: Seat, name: str) -> None:
    refused = seat.run("evidence", "open", name, "--because", "x")
    assert "no evidence is called" in str(refused.exception)


def test_an_opening_without_a_reason_is_refused(seat: Seat) -> None:
    refused = seat.run("evidence", "open", seat.keep(), "--because", " ")
    assert "say why" in str(refused.exception)
    assert seat.trail() == []


def test_a_full_folder_refuses_what_is_new_and_keeps_what_is_there(seat: Seat) -> None:
    name = seat.keep()
    with pytest.raises(InputError, match="pk evidence purge"):
        seat.keep(most=len((seat.home / "evidence" / f"{name}.age").read_bytes()) + 10)
    assert evidence_of(seat.inventory, "r-1") == name
    assert len(list((seat.home / "evidence").iterdir())) == 1


def test_the_list_shows_it_and_holds_nothing_of_it(seat: Seat) -> None:
    name = seat.keep()
    shown = seat.run("evidence", "list", "--json").stdout
    assert json.loads(shown)[0]["id"] == name
    assert b"Needleworth" not in shown.encode() + b"".join(
        path.read_bytes() for path in seat.home.rglob("*") if path.is_file()
    )
