"""What every question has, from one row's cells: who asks, whom, about whom; or the one sentence that says why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import TypeVar

from pydantic import ValidationError

from bots.worklist.dates import read_date
from bots.worklist.payer_names import find_payer, is_marked
from flows.errors import InputError
from flows.parties import Member, Organization, Payer, Person, Provider, Record, Relationship

_R = TypeVar("_R", bound=Record)
Day = date
_Found = tuple[Payer, str] | str

_RELATIONSHIPS = {
    **{relationship.name.casefold(): relationship for relationship in Relationship},
    **{relationship.value.casefold(): relationship for relationship in Relationship},
    "": Relationship.SELF,
}
_SEXES = {"": "", "f": "F", "female": "F", "m": "M", "male": "M", "u": "U", "unknown": "U"}
_SUBSCRIBER = ("subscriber_last_name", "subscriber_first_name", "subscriber_birth_date")
_MEMBER_ID = re.compile(r"(?=.*[0-9])[A-Za-z0-9 ./*_-]+")
_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)


class RowProblem(ValueError):
    """Why a row can't be asked: one sentence that names the column and quotes no patient data."""


class PayerNotMapped(RowProblem):
    """No payer is known by the row's word, and nobody has said that it is never asked here."""


@dataclass(frozen=True, slots=True)
class QuestionReader:
    """Turns the cells of rows into parts of questions. Cells are by contract column; one the file lacks is empty."""

    payers: Mapping[str, Payer]
    aliases: Mapping[str, str]
    organizations: Sequence[Organization]
    date_formats: Sequence[str]
    today: date
    _found: dict[str, _Found] = field(default_factory=dict, init=False)

    @property
    def taken(self) -> dict[str, tuple[Payer, str]]:
        """The payer each word of the file was taken for, and by what."""
        return {text: found for text, found in self._found.items() if not isinstance(found, str)}

    def payer(self, cells: Mapping[str, str]) -> Payer:
        """Return the payer of the row."""
        text = _filled(cells, "payer")
        if text not in self._found:
            try:
                self._found[text] = find_payer(text, self.payers, self.aliases)
            except InputError as error:
                self._found[text] = str(error)
        found = self._found[text]
        if isinstance(found, str):
            raise RowProblem(found) if is_marked(text, self.aliases) else PayerNotMapped(found)
        return found[0]

    def organization(self, cells: Mapping[str, str]) -> Organization:
        """Return the organization that asks."""
        text = cells.get("organization", "")
        if not text and len(self.organizations) == 1:
            return self.organizations[0]
        text = _filled(cells, "organization").casefold()
        found = [one for one in self.organizations if text == one.name.casefold() or text.replace("-", "") == one.tin]
        if len(found) > 1:
            raise RowProblem("organization fits several registered ones; write its tax id (nine digits) instead")
        if not found:
            names = {one.name.casefold(): one.name for one in self.organizations}
            near = [names[name] for name in get_close_matches(text, names, n=1)]
            hint = f"; did you mean {near[0]}?" if near else "; see the list of organizations"
            raise RowProblem(f"organization is not registered by that name or tax id{hint}")
        return found[0]

    def provider(self, cells: Mapping[str, str], column: str) -> Provider:
        """Return the provider whose NPI is in `column`."""
        return made(Provider, {"npi": column}, npi=_filled(cells, column))

    def member(self, cells: Mapping[str, str]) -> Member:
        """Return the patient, and through whom they are insured."""
        relationship = _RELATIONSHIPS.get(cells.get("relationship", "").casefold())
        if relationship is None:
            raise RowProblem("relationship must be self, spouse, child or other, or 18, 01, 19 or G8")
        patient = self._person(cells, "patient")
        return made(
            Member,
            {"member_id": "member_id"},
            member_id=_member_id(cells),
            patient=patient,
            relationship=relationship,
            subscriber=self._subscriber(cells, relationship, patient),
        )

    def _subscriber(self, cells: Mapping[str, str], relationship: Relationship, patient: Person) -> Person | None:
        if not any(cells.get(column) for column in _SUBSCRIBER):
            return None
        if relationship is not Relationship.SELF:
            return self._person(cells, "subscriber")
        # Billing systems repeat the patient here. Somebody else in these columns means the relationship is wrong.
        texts = [cells.get(column, "").casefold() for column in _SUBSCRIBER]
        same = [patient.last_name.casefold(), patient.first_name.casefold()]
        if any(given and given != name for given, name in zip(texts[:2], same, strict=True)) or (
            texts[2] and self.date(cells, "subscriber_birth_date") != patient.birth_date
        ):
            raise RowProblem("relationship is self or empty, but the subscriber columns hold somebody else")
        return None

    def _person(self, cells: Mapping[str, str], who: str) -> Person:
        sex = _SEXES.get(cells.get(f"{who}_sex", "").casefold())
        if sex is None:
            raise RowProblem(f"{who}_sex must be F, M or U")
        born = self.date(cells, f"{who}_birth_date")
        if born > self.today:
            raise RowProblem(f"{who}_birth_date lies in the future")
        return made(
            Person,
            {"birth_date": f"{who}_birth_date"},
            last_name=_filled(cells, f"{who}_last_name"),
            first_name=_filled(cells, f"{who}_first_name"),
            birth_date=born,
            sex=sex,
        )

    def date(self, cells: Mapping[str, str], column: str) -> date:
        """Return the day in `column`."""
        text = _filled(cells, column)
        try:
            return read_date(text, self.date_formats)
        except ValueError as error:
            raise RowProblem(f"{column} {error}") from None

    def day_in(self, cells: Mapping[str, str], column: str) -> Day | None:
        """Return the day in `column`, which may have a time of the day after it; none when none can be read."""
        try:
            return read_date(re.split(r"[T ]", cells.get(column, ""))[0], self.date_formats)
        except ValueError:
            return None


def _filled(cells: Mapping[str, str], column: str) -> str:
    text = cells.get(column, "")
    if not text:
        raise RowProblem(f"{column} is empty")
    return text


def check_unrounded(text: str, column: str) -> None:
    """Raise `RowProblem` for a number that a spreadsheet wrote as 1.2E+11."""
    if _ROUNDED.fullmatch(text):
        raise RowProblem(f"{column} was rounded by a spreadsheet; format that column as text and export it again")


def _member_id(cells: Mapping[str, str]) -> str:
    text = _filled(cells, "member_id")
    check_unrounded(text, "member_id")
    if not _MEMBER_ID.fullmatch(text):
        raise RowProblem("member_id must have a digit, and only letters, digits, blanks and . / * _ -")
    return text


def made(record: Callable[..., _R], columns: Mapping[str, str], **values: object) -> _R:
    """Build the record, whose fields `columns` says which columns they came from, unless they are called alike.

    What it refuses is said by column and rule; pydantic's own message would quote the value."""
    try:
        return record(**values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    column = columns.get(str(first["loc"][0]), str(first["loc"][0])) if first["loc"] else "row"
    rule = str(first.get("ctx", {}).get("error") or first["msg"][:1].lower() + first["msg"][1:])
    raise RowProblem(f"{column} is not accepted: {rule}")
