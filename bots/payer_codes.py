"""Which codes of payers may be written down. The payer column is typed by people, and may hold anything.

A column that has shifted puts a name, a member id or a date there. So nothing is kept that could be one: a code is made
of words that only insurance uses, of payer ids and a few digits. All else is *an unlisted payer code*.
"""

from __future__ import annotations

import re

LONGEST = 40
MOST_DIGITS = 5  # as many as an electronic payer id has; dates, member ids, NPIs, TINs and SSNs have more
_SIGNS = re.compile(r"[ &/._+-]+")
_DATED = re.compile(r"[0-9][/.-][0-9]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TELLING = _words(
    """hmo ppo epo pos mcr mcd medicare medicaid medical chip mapd mmp dsnp snp ffs tpa bcbs bcbstx bcbsfl hmsa uhc
    bluecross blueshield aetna cigna humana anthem aarp tricare champva wellcare ambetter amerigroup ins insurance
    medigap medsupp healthplan healthcare wcomp"""
)
_BESIDE = _words(
    """plan plus health care choice adv advantage basic blue cross shield community commercial comm group open access
    network net out in of the and part state federal fed gov dual special needs supp supplement supplemental secondary
    primary dental vision behavioral a b d ca fl ga il nj ny oh pa tx wa"""
)
"""Words that may be names by themselves, and none beside a telling one."""


def harmless(text: str) -> str:
    """The code as it may be kept, in capitals; empty for one that could be a name, a member id or a date."""
    code = " ".join(text.upper().split())
    if len(code) > LONGEST or not code.isascii() or _DATED.search(code):
        return ""
    if sum(sign.isdigit() for sign in code) > MOST_DIGITS:
        return ""
    words = [word for word in _SIGNS.split(code.casefold()) if word]
    telling = any(_letters(word) in _TELLING for word in words) or all(_is_code(word) for word in words)
    return code if words and telling and all(_is_known(word) for word in words) else ""


def _letters(word: str) -> str:
    return word.strip("0123456789")


def _is_known(word: str) -> bool:
    """Whether a word stands in a list, has no letters, or is a code."""
    return _letters(word) in _TELLING | _BESIDE | {""} or _is_code(word)


def _is_code(word: str) -> bool:
    """An electronic payer id, such as 60054 or SX107: too short for a person's number."""
    return bool(re.fullmatch(r"[0-9]{5}|[a-z]{2}[0-9]{3}", word))
