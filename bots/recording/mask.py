"""Synthetic values of the same shape: digits for digits, letters for letters, a date for a date, money for money.

Within one mask the same original always gives the same value, so that what a reader compares still agrees; dates and
amounts keep their order. Letters become consonants and dates lie in 1900 to 1919, so that no synthetic value can be
somebody's by chance, and anybody sees that it is none. Without the key, which is thrown away, nothing leads back.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta

from flows.parties import check_npi

CONSONANTS = "bcdfghjklmnpqrstvwxz"
LONG = 20  # signs at once
FIRST_DAY, DAYS = date(1900, 1, 1), 7300
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_MONTH = rf"(?:{_MONTHS}|{'|'.join(name[:3] for name in _MONTHS.split('|'))})"
_NUMBERS = r"\d{1,2}(?P<sign>[/-])\d{1,2}(?P=sign)\d{4}|\d{4}-\d{2}-\d{2}"
DATE = rf"(?<![\w/])(?:{_NUMBERS}|{_MONTH} \d{{1,2}}, \d{{4}})(?![\w/])"
MONEY = r"(?<![\w.,])(?:\$\s*)?-?\$?\d[\d,]*\.\d\d(?![\w%])|\$\s*-?\d[\d,]*(?:\.\d)?(?![\w%])"
PERCENT = r"(?<![\w.])\d{1,3}(?:\.\d+)?(?=\s*%)"
VALUES = re.compile(
    rf"(?P<date>{DATE})|(?P<money>{MONEY})|(?P<percent>{PERCENT})|(?P<letters>[^\W\d_]+)|(?P<digits>\d+)"
)
FORMS = ("%m/%d/%Y", "%Y-%m-%d", "%m-%d-%Y", "%B %d, %Y", "%b %d, %Y")


class Mask:
    """The synthetic values of one page. `originals` is all that will be asked for: dates and amounts are ranked."""

    def __init__(self, originals: Iterable[str], key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        texts = [plain_signs(text) for text in originals]
        found = [match for text in texts for match in VALUES.finditer(text)]
        days = {day for match in found if match["date"] and (day := _day(match["date"]))}
        self._days = dict(zip(sorted(days), self._drawn("days", DAYS, len(days)), strict=True))
        amounts = {_digits(match["money"]) for match in found if match["money"]}
        self._amounts: dict[str, str] = {}
        for length in {len(each) for each in amounts}:
            same = sorted(each for each in amounts if len(each) == length and each.strip("0"))
            lowest = 10 ** (length - 1) if all(each[0] != "0" for each in same) else 1
            drawn = self._drawn(f"amounts {length}", 10**length - lowest, len(same))
            self._amounts |= {each: f"{lowest + new:0{length}}" for each, new in zip(same, drawn, strict=True)}

    def text(self, text: str) -> str:
        """`text` with another value in the place of each."""
        return VALUES.sub(self._other, plain_signs(text))

    def _other(self, match: re.Match[str]) -> str:
        value = match[0]
        if match["date"] and (day := _day(value)):
            return _like(value, FIRST_DAY + timedelta(days=self._days[day]))
        if match["money"]:
            return _put_digits(value, self._amounts.get(_digits(value), _digits(value)))
        if match["percent"]:
            return value if not value.strip("0.") or value == "100" else _put_digits(value, self._share(value))
        return WORDS.sub(lambda each: self._run(each[0]), value)

    def _run(self, run: str) -> str:
        return self._letters(run) if run[0].isalpha() else self._digits(run)

    def _letters(self, run: str) -> str:
        """What begins alike goes on to begin alike: an initial, or a name that was cut off, stays one."""
        plain = run.casefold()
        labels = [plain[max(0, end - LONG) : end] for end in range(1, len(run) + 1)]
        signs = [CONSONANTS[self._number(label, len(CONSONANTS))] for label in labels]
        return "".join(new.upper() if old.isupper() else new for old, new in zip(run, signs, strict=True))

    def _digits(self, run: str) -> str:
        return "".join(self._few_digits(run[start : start + LONG]) for start in range(0, len(run), LONG))

    def _few_digits(self, run: str) -> str:
        for again in range(100):
            number = self._number(f"{run} {again}", 10 ** len(run))
            found = f"{number:0{len(run)}}"
            if run[0] != "0" and found[0] == "0":
                found = f"{1 + number % 9}{found[1:]}"
            if _is_npi(run):
                found = _with_check_digit(f"1{found[1:-1]}")
            if found != run:
                break
        return found

    def _share(self, value: str) -> str:
        digits = _digits(value)
        lowest = 10 ** (len(digits) - 1)
        return str(lowest + self._number(f"share {value}", 9 * lowest)).rjust(len(digits), "0")[: len(digits)]

    def _drawn(self, label: str, below: int, many: int) -> list[int]:
        """So many different numbers, sorted; some may be the same when there are hardly as many."""
        found: set[int] = set()
        if many * 2 > below:
            return sorted(self._number(f"{label} {turn}", below) for turn in range(many))
        turn = 0
        while len(found) < many:
            found.add(self._number(f"{label} {turn}", below))
            turn += 1
        return sorted(found)

    def _number(self, label: str, below: int) -> int:
        return int.from_bytes(hmac.digest(self._key, label.encode(), "sha256")) % below


WORDS = re.compile(r"[^\W\d_]+|\d+")


def plain_signs(text: str) -> str:
    """`text` with letters, digits, punctuation and spaces only, each of one sign."""
    return "".join(sign for each in unicodedata.normalize("NFC", text) if (sign := _plain_sign(each)))


def _plain_sign(sign: str) -> str:
    kind = unicodedata.category(sign)
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    if kind[0] == "L":
        return sign if len(sign.casefold()) == 1 else "x"
    if kind[0] == "N":
        return "0"
    return sign if kind[0] in "PSZ" or sign in "\n\t" else ""


def _day(text: str) -> date | None:
    for form in FORMS:
        with suppress(ValueError):
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a calendar date has no zone
    return None


def _like(text: str, day: date) -> str:
    """`day` as `text` spells one."""
    if text[0].isalpha():
        short = text.partition(" ")[0] in {name[:3] for name in _MONTHS.split("|")}
        return f"{day:%b} {day.day}, {day.year}" if short else f"{day:%B} {day.day}, {day.year}"
    sign = "/" if "/" in text else "-"
    first, second, _ = text.split(sign)
    if len(first) == 4:
        return day.isoformat()
    month = f"{day.month:02}" if len(first) == 2 else str(day.month)
    return sign.join((month, f"{day.day:02}" if len(second) == 2 else str(day.day), str(day.year)))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _put_digits(text: str, digits: str) -> str:
    given = iter(digits)
    return "".join(next(given) if sign.isdigit() else sign for sign in text)


def _is_npi(text: str) -> bool:
    with suppress(ValueError):
        return len(text) == 10 and bool(check_npi(text))
    return False


def _with_check_digit(nine: str) -> str:
    return next(f"{nine}{digit}" for digit in range(10) if _is_npi(f"{nine}{digit}"))
