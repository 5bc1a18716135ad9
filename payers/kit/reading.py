"""Reading what a screen shows: phrases, dates, money, tables and forms."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from flows.eligibility import Match
from flows.errors import AnswerUnreadable
from flows.parties import Member

if TYPE_CHECKING:
    from playwright.async_api import Locator

LOOKS = 20
T = TypeVar("T")
P = ParamSpec("P")


class Written(Protocol):
    """A screen whose `text` holds all that is read from it."""

    @property
    def text(self) -> Locator:
        """The part of the page with what is read."""


W = TypeVar("W", bound=Written)


def phrase_in(text: str, phrases: Mapping[str, str]) -> str | None:
    """The id of the listed phrase that `text` holds, ignoring case and spacing; the longest when several do."""
    plain = " ".join(text.split()).casefold()
    found = [name for name, words in phrases.items() if words.casefold() in plain]
    return max(found, key=lambda name: len(phrases[name]), default=None)


def read_date(text: str, label: str) -> date:
    """A US or ISO date. Raises `AnswerUnreadable` naming `label`."""
    cleaned = text.strip()
    for form in ("%m/%d/%Y", "%Y-%m-%d", "%b %d, %Y", "%B %d, %Y"):
        try:
            return datetime.strptime(cleaned, form).date()  # noqa: DTZ007 - a calendar date has no zone
        except ValueError:
            continue
    raise AnswerUnreadable(f"{label} is not a date", locator=label)


_AGE = re.compile(r"\b(\d+|an?|a few) (second|minute|hour|day)s? ago\b", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


def read_age(text: str) -> tuple[int, int] | None:
    """How long ago, and how exactly that is said, in seconds: `1 hour ago` is 3600 by 3600. None for other words."""
    found = _AGE.search(text)
    if found is None:
        return None
    count, unit = found[1].lower(), found[2].lower()
    if unit == "second":
        return 0, 60
    return (int(count) if count.isdigit() else 1) * _SECONDS[unit], _SECONDS[unit]


_MONEY = re.compile(r"^-?\$?\s*-?[\d,]+(\.\d{1,2})?$")


def read_money(text: str, label: str) -> Decimal:
    """US dollars such as `$1,250.00`. Raises `AnswerUnreadable` naming `label`."""
    cleaned = text.strip()
    if not _MONEY.match(cleaned):
        raise AnswerUnreadable(f"{label} is not an amount of money", locator=label)
    try:
        return Decimal(re.sub(r"[$,\s]", "", cleaned)).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise AnswerUnreadable(f"{label} is not an amount of money", locator=label) from None


def read_percent(text: str, label: str) -> Decimal:
    """A share such as `20%`, 0 to 100. Raises `AnswerUnreadable` naming `label`."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*%", text.strip())
    if not match or Decimal(match[1]) > 100:
        raise AnswerUnreadable(f"{label} is not a percentage", locator=label)
    return Decimal(match[1])


def required(values: Mapping[str, str], label: str, screen: str) -> str:
    """The value beside `label`. Raises `AnswerUnreadable` when the page shows none."""
    value = values.get(label, "").strip()
    if not value:
        raise AnswerUnreadable(f"{screen} shows no {label}", screen=screen, locator=label)
    return value


def check_asked(shown: Mapping[str, str], asked: Mapping[str, str], screen: str) -> None:
    """Raise `AnswerUnreadable` unless the page shows, beside each label, what was asked."""
    for label, wanted in asked.items():
        if required(shown, label, screen) != wanted:
            raise AnswerUnreadable(f"the answer is for another {label} than asked", screen=screen, locator=label)


def date_in(shown: Mapping[str, str], label: str) -> date | None:
    """The date beside `label`, if the page shows one."""
    text = shown.get(label, "").strip()
    return read_date(text, label) if text else None


def money_in(shown: Mapping[str, str], label: str) -> Decimal | None:
    """The amount beside `label`, if the page shows one."""
    text = shown.get(label, "").strip()
    return read_money(text, label) if text else None


async def steady(text: Locator, read: Callable[[], Awaitable[T]]) -> T:
    """What `read` reads, once `text` was the same before and after. Raises `AnswerUnreadable` if it never is."""
    before = await text.text_content()
    for _ in range(LOOKS):
        found = await read()
        after = await text.text_content()
        if after == before:
            return found
        before = after
    raise AnswerUnreadable("the page keeps changing while it is read")


def steadily(read: Callable[Concatenate[W, P], Awaitable[T]]) -> Callable[Concatenate[W, P], Awaitable[T]]:
    """`read`, a reader of a screen, with all that it reads on the page at one time (`steady`)."""

    @wraps(read)
    async def reader(screen: W, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await steady(screen.text, lambda: read(screen, *args, **kwargs))

    return reader


async def cells(rows: Locator) -> list[list[str]]:
    """The texts of rows, child by child, in one look."""
    found: list[list[str]] = await rows.evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent.trim()))"
    )
    return found


async def pairs(rows: Locator) -> dict[str, str]:
    """The texts of rows that are a label and a value: {label: value}."""
    return {row[0].rstrip(":"): row[1] for row in await cells(rows) if len(row) > 1}


async def texts_by_test_id(items: Locator) -> dict[str, str]:
    """The texts of elements by their test ids, in one look."""
    found: dict[str, str] = await items.evaluate_all(
        "items => Object.fromEntries(items.map(item => [item.dataset.testid, item.textContent.trim()]))"
    )
    return found


async def input_values(inputs: Locator) -> dict[str, str]:
    """What inputs hold, by id or else name, in one look."""
    found: dict[str, str] = await inputs.evaluate_all(
        "inputs => Object.fromEntries(inputs.map(input => [input.id || input.name, input.value]))"
    )
    return found


async def option_values(options: Locator) -> list[str]:
    """The values of a list's options, in one look."""
    found: list[str] = await options.evaluate_all("options => options.map(option => option.value)")
    return found


def offered(choices: Sequence[str], screen: str, locator: str) -> Sequence[str]:
    """What a list offers, at least something: a list without any is a page that changed, not an account that lacks a
    role. Raises `AnswerUnreadable`.
    """
    if not choices:
        raise AnswerUnreadable("the form offers nothing to choose; nothing was sent", screen=screen, locator=locator)
    return choices


def table_rows(rows: Sequence[list[str]], columns: list[str]) -> list[list[str]]:
    """The rows of tables that have exactly these columns, without the header rows.

    Raises `AnswerUnreadable` when there are other columns: a number under another heading is another number.
    """
    body = [row for row in rows if row != columns]
    if (rows and rows[0] != columns) or any(len(row) != len(columns) for row in body):
        raise AnswerUnreadable("a table has other columns", locator="columns")
    return body


def whose_page(asked: Member, shown: Mapping[str, str | None]) -> Match:
    """Whether the person shown is the patient asked for.

    `shown` may hold member_id, last_name, first_name and birth_date (ISO); what is absent is not compared. A first
    name may be an initial or cut off. Nothing shown is *not shown*.
    """
    patient = asked.patient
    wanted = {
        "member_id": asked.member_id,
        "last_name": patient.last_name,
        "first_name": patient.first_name,
        "birth_date": patient.birth_date.isoformat(),
    }
    compared = {name: value for name, value in shown.items() if value}
    if not compared:
        return Match.NOT_SHOWN
    same = all(_same(value, wanted[name], cut=name == "first_name") for name, value in compared.items())
    return Match.EXACT if same else Match.DIFFERS


def _same(shown: str, wanted: str, *, cut: bool) -> bool:
    left, right = (re.sub(r"[^a-z0-9]", "", text.casefold()) for text in (shown, wanted))
    return left == right or (cut and bool(left) and bool(right) and (left.startswith(right) or right.startswith(left)))
