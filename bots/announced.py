"""Maintenance that a portal announces: a proposal to a person, who reads it there and declares it.

Only that it is announced is read, by phrases that the portal's module lists; hours and days are not. No run is moved
for it.
"""

from __future__ import annotations

from payers.kit import phrase_in
from payers.model import Portal

ANNOUNCED = "maintenance announced"  # the kind of notice; its words are the phrase's id
PREFIX = "maintenance"  # of the ids of phrases that announce it


def maintenance_in(words: str, portal: Portal) -> str | None:
    """The id of the listed phrase by which the words announce maintenance; none where they don't."""
    return phrase_in(words, {name: text for name, text in portal.phrases.items() if name.startswith(PREFIX)})
