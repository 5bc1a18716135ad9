"""Which payer a word means: a code of the billing system, our name, an electronic payer id or a title."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from bots.worklist.table import read_table
from flows.errors import InputError
from flows.parties import Payer

NOT_BY_PORTAL = "not by portal"
"""Instead of a payer in the alias file: rows with this code are never asked here."""

ALIAS_FILE = "config/payer_aliases.csv"
_LONGEST_CODE = 40


def load_aliases(path: Path) -> dict[str, str]:
    """Read the columns `code,payer`: codes in lower case, each with a payer's name or *not by portal*.

    Lines that begin with # are comments. InputError names the line and what was expected.
    """
    table = read_table(path, known=("code", "payer").__contains__, comments=True)
    if sorted(heading.strip().casefold() for heading in table.headings) != ["code", "payer"]:
        raise InputError(f"{path}, line {table.line}: expected the headings code,payer")
    swapped = table.headings[0].strip().casefold() == "payer"
    aliases: dict[str, str] = {}
    for line, cells in table.rows:
        code, payer = (cell.strip() for cell in (reversed(cells) if swapped else cells))
        if not code or not payer:
            raise InputError(f'{path}, line {line}: expected a code and a payer (or "{NOT_BY_PORTAL}"), one is empty')
        if code.casefold() in aliases:
            raise InputError(f'{path}, line {line}: the code "{code}" is listed twice; keep one of the lines')
        aliases[code.casefold()] = payer
    return aliases


def find_payer(text: str, payers: Mapping[str, Payer], aliases: Mapping[str, str]) -> tuple[Payer, str]:
    """Return the payer that `text` means, and by what it was taken, such as *payer id 60054*.

    The billing system's own codes come first, then names, then payer ids and titles. InputError if there is none,
    if several have that payer id or title, or if the code is marked *not by portal*.
    """
    wanted = text.strip().casefold()
    by_name = {name.casefold(): payer for name, payer in payers.items()}
    if alias := aliases.get(wanted):
        return _by_alias(text.strip(), alias, by_name), f"alias {text.strip()}"
    if payer := by_name.get(wanted):
        return payer, f"name {payer.name}"
    found = {payer.name: (payer, way) for payer in payers.values() for way in _ways(payer, wanted)}
    if not found:
        raise InputError(_unknown(text.strip(), by_name, aliases))
    if len(found) > 1:
        names = ", ".join(sorted(found))
        raise InputError(f'payer "{text.strip()}" can be {names}; say which one in {ALIAS_FILE}')
    return next(iter(found.values()))


def is_marked(text: str, aliases: Mapping[str, str]) -> bool:
    """Whether somebody has said that rows with this code are never asked here."""
    return aliases.get(text.strip().casefold(), "").casefold() == NOT_BY_PORTAL


def _ways(payer: Payer, wanted: str) -> list[str]:
    ways = [f"payer id {code}" for code in payer.payer_ids if code.casefold() == wanted]
    return ways or ([f"title {payer.title}"] if payer.title.casefold() == wanted else [])


def _by_alias(code: str, alias: str, by_name: Mapping[str, Payer]) -> Payer:
    if alias.casefold() == NOT_BY_PORTAL:
        raise InputError(f'payer "{code}" is marked "{NOT_BY_PORTAL}" in {ALIAS_FILE}')
    if payer := by_name.get(alias.casefold()):
        return payer
    raise InputError(f'{ALIAS_FILE} sends "{code}" to "{alias}", which is no payer here; correct that line')


def _unknown(code: str, by_name: Mapping[str, Payer], aliases: Mapping[str, str]) -> str:
    if len(code) > _LONGEST_CODE or not code.isprintable():
        return "payer is no code or name of a payer; look for shifted columns"
    words = {**by_name, **{payer.title.casefold(): payer for payer in by_name.values()}}
    near = {words[word].name for word in get_close_matches(code.casefold(), words, n=3)}
    hint = f"; did you mean {' or '.join(sorted(near))}?" if near else ""
    return f'payer "{code}" is not mapped{hint}; add it to {ALIAS_FILE}, or mark it "{NOT_BY_PORTAL}" there'
