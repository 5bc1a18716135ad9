"""Who may do what: people.toml, and that no command does more than read for somebody who may not."""

from __future__ import annotations

import hashlib
import inspect
import os
import pwd
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from typer.testing import CliRunner

from bots import now
from bots.cli.app import app
from bots.cli.office import office
from bots.defaults import default_files
from bots.inventory import Inventory
from bots.people import RIGHTS, Action, Person, Role, load_people, may, who
from flows.errors import InputError

PEOPLE = """
[people.ann]
name = "Ann Example"
users = ["ann", "root"]
roles = ["operator", "custodian"]

[people.bo]
name = "Bo Sample"
users = ["bo"]
roles = ["operator"]

[people.cy]
name = "Cy Pattern"
users = ["cy"]
roles = ["viewer"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.toml"
    path.write_text(PEOPLE)
    return path


def test_users_are_known_by_their_person(file: Path) -> None:
    people = load_people(file)
    ann = Person("Ann Example", frozenset({Role.OPERATOR, Role.CUSTODIAN}))
    assert people.find("ann") == people.find("root") == ann
    assert people.find("mallory") == Person("mallory", frozenset())
    assert people.words() == "3 people listed; who is not may only read"


@pytest.mark.parametrize("text", [None, "", "# nobody\n", "[people]\n"])
def test_while_nobody_is_listed_everybody_may_do_everything(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "people.toml"
    if text is not None:
        path.write_text(text)
    people = load_people(path)
    assert people.find("anybody") == Person("anybody", frozenset(Role))
    assert all(may(people.find("anybody"), action) for action in RIGHTS)
    assert "every user who opens this data folder acts with every right" in people.words()


def test_the_shipped_file_lists_nobody_and_its_example_is_right(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    shipped = default_files()["people.toml"].decode()
    path.write_text(shipped)
    assert load_people(path).by_user == {}
    example = shipped[shipped.index("# [people.ann]") :].replace("# ", "")
    path.write_text(example)
    assert load_people(path).find("root").name == "Ann Example"
    assert all(f"#   {role} " in shipped for role in Role)


def entry(name: str = '"Ann"', users: str = '["ann"]', roles: str = '["viewer"]') -> str:
    return f"[people.ann]\nname = {name}\nusers = {users}\nroles = {roles}\n"


WRONG = {
    "no toml": ("[people.ann\n", "not valid TOML at line 1"),
    "another table": ("[persons.ann]\n", "persons is not known here"),
    "people is no table": ("people = 3\n", "people: expected tables"),
    "a person is no table": ("[people]\nann = 3\n", "people.ann: expected a table with name, users, roles"),
    "unknown key": (entry() + "role = 1\n", "people.ann.role is not known"),
    "no name": ("[people.ann]\nusers = ['a']\nroles = ['viewer']\n", "people.ann.name: expected a name"),
    "blank name": (entry(name='" "'), "people.ann.name: expected a name"),
    "a part of the program": (entry(name='"service"'), "people.ann.name: service is what the audit trail calls"),
    "no users": (entry(users="[]"), "people.ann.users: expected a list of users"),
    "one user without brackets": (entry(users='"ann"'), "people.ann.users: expected a list of users"),
    "a number for a user": (entry(users="[0]"), "people.ann.users: expected a list of users"),
    "no roles": (entry(roles="[]"), "people.ann.roles: expected a list of roles among viewer, biller"),
    "unknown role": (entry(roles='["admin"]'), "people.ann.roles: 'admin' is no role; expected roles among viewer"),
    "one user twice": (
        entry() + '[people.bo]\nname = "Bo"\nusers = ["ann"]\nroles = ["viewer"]\n',
        "people.bo.users: ann is a user of Ann already",
    ),
    "one name twice": (
        entry() + '[people.bo]\nname = "Ann"\nusers = ["bo"]\nroles = ["viewer"]\n',
        "people.bo.name: Ann is listed already",
    ),
}


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "people.toml"
    path.write_text(text)
    with pytest.raises(InputError) as told:
        load_people(path)
    assert str(told.value).startswith(f"{path}: ")
    assert words in str(told.value)


def test_a_file_that_is_no_text_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "people.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        load_people(path)


def test_sudo_wins_over_the_user_and_the_environment_over_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setenv("USER", "forged")
    monkeypatch.setenv("LOGNAME", "forged")
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert who() == me
    monkeypatch.setenv("SUDO_USER", "ann")
    assert who() == "ann"


# Operations, section 6: what each role may.
MAY = {
    Role.VIEWER: set(),
    Role.BILLER: {"ask payers"},
    Role.OPERATOR: {
        "send the report",
        "sign in to a portal",
        "change the inventory",
        "freeze or unfreeze an account",
        "look after incidents",
        "pause or resume a portal",
        "stop or start the worker",
        "open evidence",
        "purge what is kept",
    },
    Role.CUSTODIAN: {"store a secret", "change a password"},
    Role.COMPLIANCE: {"decide on a permission", "purge the archive", "hand out evidence", "decide on a hold"},
    Role.AUDITOR: set(),
}


@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_it_is_for(role: Role) -> None:
    assert {action for action in RIGHTS if may(Person("x", frozenset({role})), action)} == MAY[role]


def test_every_action_has_its_right() -> None:
    assert set(RIGHTS) == set(get_args(Action))


def test_a_refusal_says_whom_to_ask(file: Path) -> None:
    people = load_people(file)
    refused = {
        ("cy", "stop or start the worker"): "Cy Pattern may not stop or start the worker: "
        "ask Ann Example or Bo Sample with role operator",
        ("bo", "store a secret"): "Bo Sample may not store a secret: ask Ann Example with role custodian",
        ("mallory", "store a secret"): f"mallory (not listed in {file}) may not store a secret: "
        "ask Ann Example with role custodian",
        ("ann", "ask payers"): f"Ann Example may not ask payers: nobody in {file} has role biller yet",
    }
    for (user, action), words in refused.items():
        with pytest.raises(InputError) as told:
            people.check(user, action)  # type: ignore[arg-type]
        assert str(told.value) == words
    assert people.check("ann", "store a secret").name == "Ann Example"


# Every command: it reads only, or it asks who is there before it touches anything.

READING = {
    "account list",
    "account show",
    "audit list",
    "audit verify",
    "check",
    "codes check",
    "delivery list",
    "doctor",
    "due",
    "held list",
    "era check",
    "evidence list",
    "hold list",
    "era list",
    "era missing",
    "era show",
    "incident list",
    "inventory export",
    "incident show",
    "organization list",
    "payers",
    "provider list",
    "runs",
    "schedule check",
    "schedule list",
    "schedule next",
    "sign-off list",
    "status-token",
    "today",
    "vault check",
    "vault list",
    "why",
}
# They come before there are people, stand apart from the data folder, or do what schedules.yaml says as "service".
FOR_NOBODY = {"init", "demo", "new-portal", "sandbox", "serve", "codes listen"}
FOR_NOBODY |= {"recordings accept", "recordings list", "diff-page"}  # of the source checkout
CHANGING = {
    "account add": ["b", "--portal", "availity", "--user-id", "u"],
    "account freeze": ["a", "--because", "x"],
    "account import": ["file.csv"],
    "account permit": ["a", "--by", "x", "--document", "x", "--review-on", "2027-01-01"],
    "account refused-by-hand": ["a", "--because", "x"],
    "account set": ["a", "--owner", "x"],
    "account signed-in": ["a", "--because", "x"],
    "account unfreeze": ["a", "--because", "x"],
    "assist": ["a"],
    "backup": [],
    "claim-status": ["--payer", "aetna"],
    "codes backup": ["a"],
    "codes set": ["mailbox"],
    "delivery check": ["on-call"],
    "delivery set": ["smtp"],
    "eligibility": ["--payer", "aetna"],
    "held discard": ["INC-0001", "--because", "x"],
    "held release": ["INC-0001", "--because", "x"],
    "era fetch": ["--payer", "aetna"],
    "era bank": ["file.csv"],
    "era dismiss": ["1", "--because", "x"],
    "era purge": ["--because", "x"],
    "era release": ["1", "--because", "x"],
    "era seen": ["folder"],
    "evidence export": ["E-00000000", "--because", "x", "--out", "copy.age"],
    "evidence open": ["E-00000000", "--because", "x"],
    "evidence purge": [],
    "hold add": ["a", "--because", "x"],
    "hold release": ["1", "--because", "x"],
    "purge": [],
    "incident close": ["INC-0001", "--because", "x"],
    "incident snooze": ["INC-0001", "--until", "2027-01-01"],
    "incident take": ["INC-0001"],
    "inventory import": ["file.csv"],
    "organization add": ["Example", "--tin", "000004471"],
    "password change": ["a"],
    "password recover": ["a"],
    "password settle": ["a"],
    "portal pause": ["availity", "--because", "x"],
    "portal resume": ["availity", "--because", "x"],
    "provider add": ["2000001018"],
    "record": ["a", "login"],
    "restore": [],
    "run": ["mornings"],
    "report": ["--send"],
    "sign-in": ["a"],
    "start": ["--because", "x"],
    "stop": ["--because", "x"],
    "vault access": ["team"],
    "vault import": ["file.csv"],
    "vault move": ["a", "--to", "team"],
    "vault rekey": [],
    "vault set": ["a"],
}


def commands(tree: typer.Typer, above: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for command in tree.registered_commands:
        assert command.callback
        yield above + (command.name or command.callback.__name__), command.callback
    for group in tree.registered_groups:
        assert group.typer_instance
        yield from commands(group.typer_instance, f"{above}{group.name} ")


COMMANDS = dict(commands(app))


def test_every_command_is_one_that_reads_or_one_that_asks_who_is_there() -> None:
    assert set(COMMANDS) == READING | FOR_NOBODY | set(CHANGING)
    asks = {name for name, callback in COMMANDS.items() if "office.acting(" in inspect.getsource(callback)}
    assert asks == set(CHANGING)


class Desk:
    """A data folder with one account, and commands that one user gives."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self._patch = home, monkeypatch
        monkeypatch.setenv("PORTALKEEPER_HOME", str(home))
        monkeypatch.setattr(now, "use_sandbox_clock", lambda path: None)
        self.run("root", "init")
        self.run("root", "account", "add", "a", "--portal", "availity", "--user-id", "u")
        self.run("root", "vault", "set", "a", given="a-Secret1\n")
        self.inventory = Inventory(home / "inventory.db")

    def register(self) -> None:
        (self.home / "config" / "people.toml").write_text(PEOPLE)

    def run(self, user: str, *arguments: str, given: str = "") -> Any:
        office.__dict__.clear()  # what the last command had opened
        self._patch.setenv("SUDO_USER", user)
        return CliRunner().invoke(app, list(arguments), input=given)

    def state(self) -> tuple[list[Any], dict[str, str]]:
        """The inventory's content and every file beside it."""
        tables = [row["name"] for row in self.inventory.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [self.inventory.rows(f'SELECT * FROM "{table}"') for table in sorted(tables)]
        files = [path for path in sorted(self.home.rglob("*")) if path.is_file() and "inventory.db" not in path.name]
        return rows, {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield Desk(tmp_path / "home", monkeypatch)
    office.__dict__.clear()


@pytest.mark.parametrize("user", ["mallory", "cy"])
@pytest.mark.parametrize("command", CHANGING)
def test_who_may_not_changes_nothing(desk: Desk, command: str, user: str) -> None:
    desk.register()
    before = desk.state()
    refused = desk.run(user, *command.split(), *CHANGING[command], given="another-Secret2\n")
    assert isinstance(refused.exception, InputError), refused.output
    assert " may not " in str(refused.exception)
    assert desk.state() == before


@pytest.mark.parametrize("command", ["account list", "check a", "due", "payers", "report", "runs", "audit verify"])
def test_anybody_may_read(desk: Desk, command: str) -> None:
    desk.register()
    read = desk.run("mallory", *command.split())
    assert read.exception is None or isinstance(read.exception, SystemExit), read.exception


def test_the_trail_names_the_person_and_not_the_user(desk: Desk) -> None:
    assert desk.run("dana", "account", "freeze", "a", "--because", "x").exit_code == 0
    desk.register()
    assert desk.run("ann", "account", "unfreeze", "a", "--because", "x").exit_code == 0
    names = [row["who"] for row in desk.inventory.rows("SELECT who FROM audit ORDER BY id")]
    assert (names[0], names[-1]) == ("root", "Ann Example")
    assert "dana" in names


def test_a_list_that_can_not_be_read_stops_what_changes_and_lets_read(desk: Desk) -> None:
    (desk.home / "config" / "people.toml").write_text("[people.ann]\n")
    assert isinstance(desk.run("ann", "stop", "--because", "x").exception, InputError)
    assert desk.run("ann", "account", "list").exit_code == 0
