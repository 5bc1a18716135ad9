"""Lists of logins come in whole or not at all, and secrets move from store to store without a gap."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from managers import Connect
from pydantic import SecretStr
from typer.testing import CliRunner

from bots import now
from bots.cli.app import app
from bots.cli.office import office
from bots.vault import moving
from bots.vault.places import load_places
from flows.errors import InputError, PortalkeeperError, VaultUnavailable

TOTP = "JBSWY3DPEHPK3PXP"
EXPORTS = {
    "1password": "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes\n"
    "West login,https://www.availity.com,ann.w,needle-1,otpauth://totp/x?secret={totp},false,false,,\n"
    "Wi-Fi,,,,,false,false,,a note\n",
    "lastpass": "url,username,password,totp,extra,name,grouping,fav\n"
    "https://www.availity.com,ann.w,needle-1,{totp},,West login,Payers,0\n",
    "bitwarden": "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\n"
    "Payers,,login,West login,,,0,https://www.availity.com,ann.w,needle-1,{totp}\n",
    "keepassxc": '"Group","Title","Username","Password","URL","Notes","TOTP","Icon"\n'
    '"Root","West login","Ann.W","needle-1","https://www.availity.com","two\nlines","{totp}","0"\n',
    "keepass": '"Account","Login Name","Password","Web Site","Comments"\n"west","somebody","needle-1","x",""\n',
}


class Desk:
    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        monkeypatch.setenv("PORTALKEEPER_HOME", str(home))
        monkeypatch.setattr(now, "use_sandbox_clock", lambda path: None)
        self.run("init")
        self.run("account", "add", "west", "--portal", "availity", "--user-id", "ann.w")

    def run(self, *arguments: str, given: str = "") -> Any:
        office.__dict__.clear()
        done = CliRunner().invoke(app, list(arguments), input=given)
        if isinstance(done.exception, PortalkeeperError):
            raise done.exception
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def list_of(self, text: str) -> Path:
        file = self.home / "list.csv"
        file.write_text(text.replace("{totp}", TOTP))
        return file

    def store_in(self, server: Connect) -> None:
        lines = [f"{name} = {json.dumps(value)}" for name, value in server.table.items()]
        (self.home / "config" / "vaults.toml").write_text("\n".join(["[vaults.team]", *lines, ""]))
        self.run("vault", "access", "team", given=f"{server.server.token}\n")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield Desk(tmp_path / "home", monkeypatch)
    office.__dict__.clear()


@pytest.fixture
def team(desk: Desk) -> Iterator[Connect]:
    server = Connect()
    desk.store_in(server)
    yield server
    server.stop()


@pytest.mark.parametrize("export", EXPORTS)
def test_each_managers_export_is_understood(desk: Desk, export: str) -> None:
    file = desk.list_of(EXPORTS[export])
    done = desk.run("vault", "import", str(file), "--shred")
    assert "needle" not in done.output
    assert office.vault.get("west").password == SecretStr("needle-1")
    assert office.vault.totp_secret("west") == (None if export == "keepass" else SecretStr(TOTP))
    assert not file.exists()
    [entry] = office.inventory.rows("SELECT details FROM audit WHERE action = 'vault set'")
    assert entry["details"] == "password"


def test_without_a_word_the_file_stays_and_is_told(desk: Desk) -> None:
    file = desk.list_of(EXPORTS["lastpass"])
    assert "still holds passwords in clear: delete it" in desk.run("vault", "import", str(file)).output
    assert file.exists()


HEAD = "name,url,username,password,totp\n"
WRONG = {
    "no passwords": ("name,username\nwest,ann.w\n", "no column of passwords"),
    "nobody's": (HEAD + "x,,other,needle,\n", "none of its 1 logins is that of an account"),
    "two for one account": (HEAD + "a,,ann.w,needle,\nb,,ann.w,needle-2,\n", "lines 2 and 3 are both about west"),
    "untypable": (HEAD + 'west,,ann.w,"needle\n",\n', "line 3: the password holds a line break"),
    "no authenticator secret": (HEAD + "west,,ann.w,needle,123456\n", "line 2: not an authenticator secret"),
    "no CSV": (HEAD + 'west,,ann.w,"needle"x,\n', "line 2: not CSV"),
}


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_unseen_and_nothing_is_stored(desk: Desk, text: str, words: str) -> None:
    file = desk.list_of(text)
    with pytest.raises(InputError) as told:
        desk.run("vault", "import", str(file), "--shred")
    assert words in str(told.value)
    assert "needle" not in str(told.value)
    assert office.vault.names() == []
    assert file.exists()


def test_one_user_id_on_two_portals_is_told_apart_by_the_address(desk: Desk) -> None:
    desk.run("account", "add", "uhc-west", "--portal", "uhc", "--user-id", "ann.w")
    from payers.registry import find_portal

    for portal, word in (("availity", "one"), ("uhc", "two")):
        host = find_portal(portal).address
        desk.run("vault", "import", str(desk.list_of(f"{HEAD}x,{host}/login,ann.w,{word},\n")))
    assert office.vault.get("west").password == SecretStr("one")
    assert office.vault.get("uhc-west").password == SecretStr("two")


def test_secrets_move_into_a_manager_and_back_with_all_that_is_known(desk: Desk, team: Connect) -> None:
    for password in ("older", "0ld-needle"):
        desk.run("vault", "set", "west", given=f"{password}\n")
    desk.run("vault", "set", "west", "--totp", given=f"{TOTP}\n")
    desk.run("vault", "move", "west", "--to", "team", "--item", "Payers {account}")
    assert [item["title"] for item in team.server.items.values()] == ["Payers west"]
    assert not (desk.home / "vault" / "west.age").exists()
    [item] = team.server.items
    assert team.seen(item)["username"] == "ann.w"
    assert desk.run("vault", "check", "--all").exit_code == 0
    there = office.vault.get("west")
    assert (there.password, there.totp_secret) == (SecretStr("0ld-needle"), SecretStr(TOTP))
    assert [old.password for old in there.history] == [SecretStr("older")]
    desk.run("vault", "set", "west", given="newer\n")
    assert team.seen(item)["password"] == "newer"
    desk.run("vault", "move", "--all", "--to", "embedded")
    assert load_places(desk.home / "config" / "vaults.toml").accounts == {}
    assert office.vault.get("west").password == SecretStr("newer")
    assert office.vault.totp_secret("west") == SecretStr(TOTP)


def test_a_list_goes_into_a_manager(desk: Desk, team: Connect) -> None:
    desk.run("vault", "import", str(desk.list_of(EXPORTS["lastpass"])), "--to", "team")
    [item] = team.server.items
    assert (team.seen(item)["password"], office.vault.get("west").password) == ("needle-1", SecretStr("needle-1"))
    assert office.vault.totp_secret("west") == SecretStr(TOTP)


def forgets(team: Connect, patch: pytest.MonkeyPatch) -> None:
    real = team.server._create
    patch.setattr(team.server, "_create", lambda given: real(given | {"fields": given["fields"][:1]}))


def dies(team: Connect, patch: pytest.MonkeyPatch) -> None:
    def killed(*given: object) -> None:
        raise VaultUnavailable("killed here")

    patch.setattr(moving, "put_place", killed)


@pytest.mark.parametrize("fault", [forgets, dies])
def test_a_move_that_fails_leaves_the_secrets_where_they_were(
    desk: Desk, team: Connect, fault: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.run("vault", "set", "west", given="0ld-needle\n")
    with monkeypatch.context() as patch:
        fault(team, patch)
        with pytest.raises(VaultUnavailable):
            desk.run("vault", "move", "west", "--to", "team")
    assert office.vault.get("west").password == SecretStr("0ld-needle")
    assert load_places(desk.home / "config" / "vaults.toml").accounts == {}


def test_a_vault_that_is_open_follows_a_move(desk: Desk, team: Connect) -> None:
    desk.run("vault", "set", "west", given="0ld-needle\n")
    service = office.vault
    desk.run("vault", "move", "west", "--to", "team")
    service.put("west", password=SecretStr("by the service"))
    [item] = team.server.items
    assert team.seen(item)["password"] == "by the service"
