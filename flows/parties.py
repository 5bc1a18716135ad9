"""Who takes part: payers, accounts, organizations, providers, patients and subscribers."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from flows.errors import InputError


class Record(BaseModel):
    """A value that does not change and knows all its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def check_npi(value: str) -> str:
    """Return `value` if it is an NPI: ten digits, the last the Luhn check digit over 80840 + NPI (45 CFR 162.406)."""
    if len(value) != 10 or not (value.isascii() and value.isdigit()):
        raise ValueError("an NPI has ten digits")
    total = 24  # what the prefix 80840 adds to the sum
    for position, digit in enumerate(reversed(value)):
        doubled = int(digit) * (2 if position % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    if total % 10:
        raise ValueError("the NPI's check digit is wrong; look for a mistyped digit")
    return value


def check_tin(value: str) -> str:
    """Return the nine digits of a federal tax id, with or without its dash."""
    digits = value.replace("-", "")
    if len(digits) != 9 or not (digits.isascii() and digits.isdigit()):
        raise ValueError("a TIN has nine digits")
    return digits


def check_birth_date(value: date) -> date:
    """Return `value` if a living person can have been born then; the future is checked by whoever knows today."""
    if value.year < 1890:
        raise ValueError("nobody alive was born then")
    return value


Npi = Annotated[str, AfterValidator(check_npi)]
Tin = Annotated[str, AfterValidator(check_tin)]
BirthDate = Annotated[date, AfterValidator(check_birth_date)]


class Payer(Record):
    """A health plan: its name here, its full name, its electronic payer ids (the first is the one portals list)."""

    name: str
    title: str
    payer_ids: tuple[str, ...] = ()


class CodeWay(StrEnum):
    """By which way a one-time code reaches the worker; a person reads one wherever the other ways have none."""

    AUTHENTICATOR = "authenticator"
    EMAIL = "email"
    SMS = "sms"
    BACKUP = "backup"
    PERSON = "person"


def code_ways(text: str | None) -> tuple[CodeWay, ...]:
    """The ways of an account, the preferred first, from names between commas; the authenticator if there are none.

    Raises `InputError` for other words.
    """
    names = (text or CodeWay.AUTHENTICATOR).replace(",", " ").split()
    if wrong := [name for name in names if name not in set(CodeWay)]:
        raise InputError(f"{wrong[0]} is no way for codes; there are: {', '.join(CodeWay)}")
    return tuple(dict.fromkeys(CodeWay(name) for name in names))


class Account(Record):
    """One login on one portal, as a flow may know it; `email` is where the portal sends its letters, `phone` its texts.

    `code_ways` are the ways by which its one-time codes come, the preferred first.
    """

    name: str
    portal: str
    username: str = Field(repr=False)
    email: str = Field(default="", repr=False)
    phone: str = Field(default="", repr=False)
    code_ways: tuple[CodeWay, ...] = (CodeWay.AUTHENTICATOR,)


class Organization(Record):
    """The provider organization that asks, by the exact name the portal lists, with its TIN."""

    name: str
    tin: Tin


class Provider(Record):
    """The provider in whose name is asked."""

    npi: Npi
    name: str = ""


class Relationship(StrEnum):
    """The patient's relationship to the subscriber (X12 individual relationship code)."""

    SELF = "18"
    SPOUSE = "01"
    CHILD = "19"
    OTHER = "G8"


class Person(Record):
    """A natural person; hidden in representations, for it is PHI."""

    last_name: str = Field(min_length=1, repr=False)
    first_name: str = Field(min_length=1, repr=False)
    birth_date: BirthDate = Field(repr=False)
    sex: str = Field(default="", pattern="^[FMU]?$", repr=False)


class Member(Record):
    """The patient, and the subscriber through whom the patient is insured.

    `subscriber` is given exactly when the patient is somebody else (`relationship` is not *self*).
    """

    member_id: str = Field(min_length=2, max_length=80, repr=False)
    patient: Person = Field(repr=False)
    relationship: Relationship = Relationship.SELF
    subscriber: Person | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _subscriber_fits(self) -> Member:
        if self.relationship is Relationship.SELF and self.subscriber is not None:
            raise ValueError("relationship is self, but a subscriber is given")
        return self
