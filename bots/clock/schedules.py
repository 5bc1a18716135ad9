"""Reading `schedules.yaml`: its rows with their accounts, and what is wrong with the others, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bots.clock.choosing import Choice
from bots.clock.rows import OF_ACCOUNTS, OF_LISTS, OF_THE_HOUSE, Schedule
from bots.clock.yaml_rows import LineError, compose, entries, line_of, text_of
from bots.inventory import Inventory
from flows.errors import InputError

KEYS = (
    "flow",
    "accounts",
    "cron",
    "every",
    "zone",
    "window",
    "late",
    "jitter",
    "ready_by",
    "list",
    "select",
    "older_than_days",
    "up_to",
)
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = {"list": "file"}  # keys whose field has another name


@dataclass(frozen=True)
class Loaded:
    """What the file holds. `names` are those of all its rows, also of those with `problems`, which are left out."""

    rows: tuple[Schedule, ...] = ()
    problems: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


def load_schedules(path: Path, inventory: Inventory) -> list[Schedule]:
    """The rows of `path`, with their accounts looked up. InputError names file, line and what was expected."""
    found = read_schedules(path, inventory)
    if found.problems:
        raise InputError(found.problems[0])
    return list(found.rows)


def read_schedules(path: Path, inventory: Inventory) -> Loaded:
    """The rows that are right, and one line for each that is not. Raises nothing about the file's content."""
    try:
        top = compose(path)
        pairs = entries(top, "rows, each a name with flow, accounts, cron and zone below it") if top else []
    except LineError as wrong:
        return Loaded(problems=(f"{path}, line {wrong.line}: {wrong}",))
    except InputError as wrong:
        return Loaded(problems=(str(wrong),))
    choice = Choice.of(inventory)
    rows, problems = [], []
    for key, row in pairs:
        try:
            rows.append(_schedule(key, row, choice))
        except LineError as wrong:
            problems.append(f"{path}, line {wrong.line}: {wrong}")
    return Loaded(tuple(rows), tuple(problems), frozenset(str(key.value) for key, _ in pairs))


def _schedule(key: yaml.ScalarNode, row: yaml.Node, choice: Choice) -> Schedule:
    name = str(key.value)
    given = {entry.value: (line_of(entry), value) for entry, value in entries(row, f"{', '.join(KEYS)} below {name}")}
    _check_keys(name, line_of(key), given)
    texts = {
        FIELDS.get(word, word): text_of(node, name, word) for word, (_, node) in given.items() if word != "accounts"
    }
    try:
        schedule = Schedule.model_validate({"name": name, "line": line_of(key), **texts})
    except ValidationError as error:
        raise _told(name, error, {word: line for word, (line, _) in given.items()}, line_of(key)) from None
    if schedule.timing.first_after(_SOME_DAY) is None:
        line = given["window"][0]
        raise LineError(line, f"{name}: window: {schedule.timing.words()} never comes due inside its window")
    if schedule.flow not in OF_ACCOUNTS:
        return schedule
    return schedule.model_copy(update={"accounts": choice.accounts(schedule, given["accounts"][1])})


def _check_keys(name: str, line: int, given: Mapping[str, tuple[int, yaml.Node]]) -> None:
    for word, (where, _) in given.items():
        if word not in KEYS:
            raise LineError(where, f"{name}: {word!r} is not a key of a row; the keys are {', '.join(KEYS)}")
    if missing := list(_missing(given)):
        raise LineError(line, f"{name}: {', '.join(missing)} not given")


def _missing(given: Mapping[str, tuple[int, yaml.Node]]) -> Iterator[str]:
    flow = str(given["flow"][1].value) if "flow" in given else ""
    for_accounts = flow not in (*OF_LISTS, *OF_THE_HOUSE)
    wanted = (("flow",), ("accounts",) if for_accounts else (), ("cron", "every"), ("zone",))
    for keys in wanted:
        if keys and not any(key in given for key in keys):
            yield " or ".join(keys)
    if not for_accounts and "accounts" in given:
        raise LineError(given["accounts"][0], f"accounts: {flow} is not run per account; leave accounts out")


def _told(name: str, error: ValidationError, lines: Mapping[str, int], row: int) -> LineError:
    problem: Any = error.errors(include_url=False, include_input=False)[0]
    field = str(problem["loc"][0]) if problem["loc"] else ""
    word = next((key for key, renamed in FIELDS.items() if renamed == field), field)
    told = f"{word}: " if word else ""
    return LineError(lines.get(word, row), f"{name}: {told}{problem['msg'].removeprefix('Value error, ')}")
