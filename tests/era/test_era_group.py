"""The commands about ERAs: what they print, how they end, and that they say in one line what can't be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from catalogue import CATALOGUE, ONE, changed
from era_house import SOURCE, House
from making import Pay, remittance
from typer.testing import CliRunner

from bots.cli.app import app
from bots.cli.office import office
from flows.errors import InputError


class Desk(House):
    """A house with its commands."""

    def run(self, *arguments: str | Path) -> Any:
        office.__dict__.clear()
        return CliRunner().invoke(app, ["era", *map(str, arguments)])

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.run(*arguments, "--json").stdout)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("PORTALKEEPER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("bots.now.use_sandbox_clock", lambda path: None)
    yield Desk(tmp_path / "home")
    office.__dict__.clear()


def test_list_and_show_tell_what_became_of_a_payment(desk: Desk) -> None:
    assert "no ERA was received" in desk.run("list").stdout
    desk.intake.take_in(ONE, SOURCE)
    desk.intake.take_in(CATALOGUE["a test"][0].replace(b"900000001", b"900000008"), SOURCE)
    assert [(row["trace"], row["state"]) for row in desk.json("list")] == [
        ("900000008", "held"),
        ("900000001", "passed"),
    ]
    assert desk.json("list", "--payer", "humana") == []
    (shown,) = desk.json("show", "900000001")
    assert (shown["amount"], shown["file"], shown["account"]) == ("2092.48", desk.dropped()[0].name, SOURCE.account)
    assert "test_file: the sender marked it as a test" in desk.run("show", "900000008").stdout
    assert isinstance(desk.run("show", "nothing").exception, InputError)


def test_missing_ends_with_4_when_something_is_late(desk: Desk) -> None:
    assert (desk.run("missing").exit_code, desk.run("missing").stdout) == (0, "nothing is missing\n")
    (taken,) = desk.intake.take_in(CATALOGUE["a test"][0], SOURCE)
    ended = desk.run("missing")
    assert ended.exit_code == 4
    assert "HELD" in ended.stdout
    assert desk.json("missing")[0]["kind"] == "held"
    assert desk.run("dismiss", str(taken.id), "--because", "a test").exit_code == 0
    assert desk.run("missing").exit_code == 0


def test_release_gives_a_held_payment_to_billing_with_a_reason(desk: Desk) -> None:
    desk.intake.take_in(ONE, SOURCE)
    (taken,) = desk.intake.take_in(changed(r"CAS\*CO\*45", "CAS*CO*97"), SOURCE)
    assert isinstance(desk.run("release", str(taken.id), "--because", " ").exception, InputError)
    assert desk.run("release", str(taken.id), "--because", "confirmed").exit_code == 0
    assert len(desk.dropped()) == 2
    assert isinstance(desk.run("release", str(taken.id), "--because", "again").exception, InputError)


def test_seen_notes_what_came_another_way_and_names_what_it_can_not_read(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "clearinghouse"
    folder.mkdir()
    (folder / "one.835").write_bytes(remittance(Pay(), control=9, element="|"))
    (folder / "page.835").write_bytes(b"<html></html>")
    ended = desk.run("seen", folder)
    assert ended.exit_code == 2
    assert ended.stdout.splitlines() == ["payments noted: 1; of them here before: 0", f"{folder}/page.835: web_page"]
    assert desk.intake.take_in(ONE, SOURCE)[0].copy == "same"
    assert desk.dropped() == []
    assert isinstance(desk.run("seen", tmp_path / "nowhere").exception, InputError)
    assert len(list((desk.home / "era").rglob("*.age"))) == 1  # what came another way is not ours to keep


def test_bank_reads_deposits(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "bank.csv"
    file.write_text("date,trace,amount\n2026-11-03,900000001,2092.48\n2026-11-03,,3.00\n")
    assert (
        desk.run("bank", file).stdout == "deposits with a trace number: 1, new: 1, with their 835: 0; without one: 1\n"
    )
    assert desk.json("bank", file) == {"deposits": 1, "new": 0, "matched": 0, "without_trace": 1}
    file.write_text("a,b\n1,2\n")
    assert isinstance(desk.run("bank", file).exception, InputError)


def test_the_shipped_files_change_nothing_and_their_examples_are_right(tmp_path: Path) -> None:
    from bots.defaults import default_files
    from bots.era.config import Drop, EraConfig, load_config
    from bots.era.routes import Route, load_routes

    shipped = {name: content.decode() for name, content in default_files().items()}
    toml, routes = tmp_path / "era.toml", tmp_path / "era_routes.csv"
    toml.write_text(shipped["era.toml"])
    assert (
        load_config(toml, tmp_path)
        == load_config(tmp_path / "none", tmp_path)
        == EraConfig(Drop(tmp_path / "era/drop"))
    )
    lines = [line.removeprefix("# ") for line in shipped["era.toml"].splitlines()]
    settings = [line for line in lines if " = " in line or line.startswith("[")]
    toml.write_text("\n".join(settings))
    config = load_config(toml, tmp_path)
    assert config.drop_for("000004471") == Drop(Path("/srv/billing/west/in"), group="billing")
    assert (config.drop, config.late_after, config.pick_up_within) == (Drop(tmp_path / "era/drop"), 4, 2)

    routes.write_text(shipped["era_routes.csv"])
    assert load_routes(routes).lines == ()
    examples = [
        line.split("Example:")[1].strip() for line in shipped["era_routes.csv"].splitlines() if "Example:" in line
    ]
    routes.write_text("\n".join([shipped["era_routes.csv"].splitlines()[-1], *examples]))
    found = load_routes(routes)
    assert found.find(["aetna", "60054"], ["000004471"]) is Route.PORTAL
    assert found.find(["aetna", "60054"], ["000000001"]) is Route.CLEARINGHOUSE
    assert found.find(["humana"], ["000004471"]) is None


def test_doctor_looks_at_the_drop_folder(desk: Desk) -> None:
    from bots.doctor import _eras

    assert _eras(desk.settings).endswith("era/drop; 0 routes")
    desk.intake.take_in(ONE, SOURCE)
    desk.folder.chmod(0o755)
    with pytest.raises(InputError, match="can be read by everybody"):
        _eras(desk.settings)
    desk.config('[drop]\nfolder = "/srv/Dropbox/era"\n')
    with pytest.raises(InputError, match="dropbox copies away"):
        _eras(desk.settings)


def test_the_next_start_finishes_what_was_left(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from bots.era import intake
    from bots.recovery import recover

    assert recover(desk.inventory, desk.settings).words() == ""
    with monkeypatch.context() as patch:
        patch.setattr(intake.Intake, "_enter", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.intake.take_in(ONE, SOURCE)
    assert desk.dropped() == []
    assert "1 ERAs taken in to the end" in recover(desk.inventory, desk.settings).words()
    assert [path.read_bytes() for path in desk.dropped()] == [ONE]
    assert [row["account"] for row in desk.manifest()] == [SOURCE.account]
