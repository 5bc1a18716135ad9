"""The outline of a page, one line an element or text, and what differs between two: structure and known labels only."""

from __future__ import annotations

import re
from difflib import unified_diff
from html import unescape

from bots.recording.scrubber import VOID, scrub
from bots.recording.vocabulary import WORD, Vocabulary, vocabulary_of

_ATTRIBUTES = re.compile(r' (id|name|role|type|data-testid)="([^"]*)"')
# of a page that the scrubber has written, in which every sign of markup inside a value is escaped
_PIECES = re.compile(r"<(?P<end>/)?(?P<tag>[a-z]\w*)(?P<attributes>[^>]*)>|(?P<text>[^<]+)")
UNKNOWN = "…"


def differences(recorded: str, seen: str, portal: str) -> list[str]:
    """The lines that went (-) and came (+), each with three around it; none when the pages have the same outline."""
    vocabulary = vocabulary_of(portal)
    before, after = (outline(html, vocabulary) for html in (recorded, seen))
    return [line for line in unified_diff(before, after, lineterm="", n=3) if not line.startswith(("---", "+++"))]


def outline(html: str, vocabulary: Vocabulary) -> list[str]:
    """The lines of a page, scrubbed or not; what is no known word is `…`."""
    lines, depth = [], 0
    for match in _PIECES.finditer(scrub(html, vocabulary).html):
        tag, text = match["tag"], " ".join(unescape(match["text"] or "").split())
        if match["end"]:
            depth -= 1
        elif tag:
            told = (f" {name}={_known(value, vocabulary)}" for name, value in _ATTRIBUTES.findall(match["attributes"]))
            lines.append(f"{'  ' * depth}<{tag}{''.join(told)}>")
            depth += tag not in VOID
        elif text:
            words = " ".join(text[start:end] for start, end in vocabulary.spans(text))
            lines.append(f"{'  ' * depth}{words or UNKNOWN}")
    return lines


def _known(value: str, vocabulary: Vocabulary) -> str:
    return WORD.sub(lambda word: word[0] if vocabulary.knows(word[0]) else UNKNOWN, unescape(value))
