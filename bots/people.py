"""Who is at the keyboard, and what that person may do: `config/people.toml`, looked up by the user of the system.

Reading needs no right. As long as nobody is registered, every user of the system acts with every right.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from bots.toml_files import read_table
from flows.errors import InputError

FILE = "people.toml"
NOT_PEOPLE = ("service", "worker", "vault")  # who else the audit trail names


class Role(StrEnum):
    """What somebody is to the worker. One person may have several."""

    VIEWER = "viewer"
    BILLER = "biller"
    OPERATOR = "operator"
    CUSTODIAN = "custodian"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"


Action = Literal[
    "ask payers",
    "sign in to a portal",
    "change the inventory",
    "freeze or unfreeze an account",
    "look after incidents",
    "pause or resume a portal",
    "stop or start the worker",
    "store a secret",
    "change a password",
    "decide on a permission",
    "purge the archive",
    "send the report",
    "open evidence",
    "hand out evidence",
    "purge what is kept",
    "decide on a hold",
]

RIGHTS: Mapping[Action, Role] = {
    "ask payers": Role.BILLER,
    "sign in to a portal": Role.OPERATOR,
    "change the inventory": Role.OPERATOR,
    "freeze or unfreeze an account": Role.OPERATOR,
    "look after incidents": Role.OPERATOR,
    "pause or resume a portal": Role.OPERATOR,
    "stop or start the worker": Role.OPERATOR,
    "store a secret": Role.CUSTODIAN,
    "change a password": Role.CUSTODIAN,
    "decide on a permission": Role.COMPLIANCE,
    "purge the archive": Role.COMPLIANCE,
    "send the report": Role.OPERATOR,
    "open evidence": Role.OPERATOR,
    "hand out evidence": Role.COMPLIANCE,
    "purge what is kept": Role.OPERATOR,
    "decide on a hold": Role.COMPLIANCE,
}


@dataclass(frozen=True)
class Person:
    """Somebody by the name that the audit trail keeps, with their roles."""

    name: str
    roles: frozenset[Role] = frozenset()


def may(person: Person, action: Action) -> bool:
    """Whether one of the person's roles allows it."""
    return RIGHTS[action] in person.roles


@dataclass(frozen=True)
class People:
    """Everybody who is registered, by user of the system. `file` is where they are listed."""

    file: Path
    by_user: Mapping[str, Person]

    def find(self, user: str) -> Person:
        """The person behind a user. An unknown one has no role, or every role while nobody is registered."""
        return self.by_user.get(user, Person(user, frozenset() if self.by_user else frozenset(Role)))

    def check(self, user: str, action: Action) -> Person:
        """The person behind `user`. Raises `InputError` that says whom to ask, unless they may do it."""
        person = self.find(user)
        if may(person, action):
            return person
        unknown = "" if user in self.by_user else f" (not listed in {self.file})"
        raise InputError(f"{person.name}{unknown} may not {action}: {self._whom_to_ask(RIGHTS[action])}")

    def _whom_to_ask(self, role: Role) -> str:
        names = sorted({person.name for person in self.by_user.values() if role in person.roles})
        if not names:
            return f"nobody in {self.file} has role {role} yet"
        return f"ask {' or '.join(names)} with role {role}"

    def words(self) -> str:
        """Who is registered, in one line."""
        count = len(set(self.by_user.values()))
        if not count:
            return f"nobody is listed in {self.file} yet: every user who opens this data folder acts with every right"
        return f"{count} {'person' if count == 1 else 'people'} listed; who is not may only read"


def who(environment: Mapping[str, str] = os.environ) -> str:
    """The user of the system who acts: whoever called sudo, else the user this process runs as.

    LOGNAME and USER are not believed: anybody may set them.
    """
    if caller := environment.get("SUDO_USER"):
        return caller
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


def load_people(file: Path) -> People:
    """The people listed in `file`; nobody when there is no such file.

    Raises `InputError` that names the file, the line or key, and what was expected.
    """
    table = read_table(file)
    if unknown := sorted(set(table) - {"people"}):
        raise InputError(f"{file}: {unknown[0]} is not known here; write [people.NICKNAME]")
    entries = table.get("people", {})
    if not isinstance(entries, dict):
        raise InputError(f"{file}: people: expected tables such as [people.ann]")
    by_user: dict[str, Person] = {}
    for nickname, entry in entries.items():
        _add(by_user, file, f"people.{nickname}", entry)
    return People(file, by_user)


KEYS = ("name", "users", "roles")


def _add(by_user: dict[str, Person], file: Path, key: str, entry: Any) -> None:
    if not isinstance(entry, dict):
        raise InputError(f"{file}: {key}: expected a table with {', '.join(KEYS)}")
    if unknown := sorted(set(entry) - set(KEYS)):
        raise InputError(f"{file}: {key}.{unknown[0]} is not known; the keys are {', '.join(KEYS)}")
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        raise InputError(f'{file}: {key}.name: expected a name such as "Ann Example"')
    if name in NOT_PEOPLE:
        raise InputError(f"{file}: {key}.name: {name} is what the audit trail calls a part of the program")
    if name in {person.name for person in by_user.values()}:
        raise InputError(f"{file}: {key}.name: {name} is listed already; names are given once")
    person = Person(name, frozenset(_roles(file, key, entry.get("roles"))))
    for user in _words(file, f"{key}.users", entry.get("users"), 'users of this system such as ["ann"]'):
        if other := by_user.get(user):
            raise InputError(f"{file}: {key}.users: {user} is a user of {other.name} already")
        by_user[user] = person


def _roles(file: Path, key: str, given: Any) -> list[Role]:
    expected = f"roles among {', '.join(Role)}"
    words = _words(file, f"{key}.roles", given, expected)
    if unknown := [word for word in words if word not in set(Role)]:
        raise InputError(f"{file}: {key}.roles: {unknown[0]!r} is no role; expected {expected}")
    return [Role(word) for word in words]


def _words(file: Path, key: str, given: Any, expected: str) -> list[str]:
    """A list of one word or more."""
    if not isinstance(given, list) or not given or not all(isinstance(word, str) and word.strip() for word in given):
        raise InputError(f"{file}: {key}: expected a list of {expected}")
    return given
