"""The words that a portal's own module knows, which are all that may stay on a recorded page.

They are the literals of its screens, readers and phrases, and those of the sign-in that it shares. A text stays when it
is one of them as a whole; inside a longer text only what can't be a name stays: several words, a label before a colon,
and counts in words that a reader looks for.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

import payers.identity
import payers.portals
from payers.kit.claims import CATEGORIES, NO_ANSWER
from payers.registry import listed_payers

WORD = re.compile(r"[^\W_]+")
PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
SPOKEN = ("step", "notice")  # calls whose words are ours, not the portal's
_ESCAPE = re.compile(r"\\[a-zA-Z]")
_PATTERN_SIGNS = re.compile(r"\[[^\]]*\]|\\.|[()|^$*+?{}\[\].]")
_ATTRIBUTE = re.compile(r"\[(data-[\w-]+)")
_QUOTED = re.compile(r'="([^"]+)"')
_COUNT = re.compile(r"\(?\\d\+\)?")


@dataclass(frozen=True)
class Vocabulary:
    """`phrases` in plain spelling, `counts` as patterns, `names` (the words of ids, classes and test ids), and which
    `data-` attributes locators look at.
    """

    phrases: frozenset[str] = frozenset()
    counts: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    _inside: re.Pattern[str] | None = field(default=None, compare=False)

    @classmethod
    def of(cls, literals: Iterable[str], counts: Iterable[str] = ()) -> Vocabulary:
        """The vocabulary of a module with these literals."""
        literals = [*literals]
        texts = [piece for literal in literals for piece in _pieces(literal)]
        words = {word for literal in literals for word in _words_of_names(literal) if sum(map(str.isdigit, word)) < 3}
        attributes = frozenset(name for literal in literals for name in _ATTRIBUTE.findall(literal))
        phrases = frozenset(plain(text) for text in texts) - {""}
        counts = tuple(sorted(set(counts)))
        return cls(phrases, counts, frozenset(words), attributes, _inside(phrases, counts))

    def knows(self, name: str) -> bool:
        """Whether a word of an id, a class or the like is one of the module's."""
        return name.casefold() in self.names

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where in `text` known words stand, from left to right."""
        if plain(text) in self.phrases:
            return [(0, len(text))]
        found = self._inside.finditer(text) if self._inside else ()
        return [each.span() for each in found]


def _words_of_names(text: str) -> set[str]:
    """The words in `text`, and the parts of those that are written like `claimNumber`."""
    words = WORD.findall(text)
    return {part.casefold() for word in words for part in (word, *PART.findall(word))}


def plain(text: str) -> str:
    """`text` without case, outer signs and runs of spaces, as phrases are compared."""
    return " ".join(text.split()).strip(":*.").strip().casefold()


def _inside(phrases: frozenset[str], counts: tuple[str, ...]) -> re.Pattern[str] | None:
    """What stays in the midst of a longer text."""
    longest_first = sorted(phrases, key=len, reverse=True)
    spaced = {each: _bounded(r"\s+".join(map(re.escape, each.split())), each) for each in longest_first}
    several = [spaced[each] for each in longest_first if len(WORD.findall(each)) > 1]
    labels = [spaced[each] + r"\s*:" for each in longest_first if WORD.search(each)]
    ways = [*(rf"\b{each}\b" for each in counts), *several, *labels]
    return re.compile("|".join(ways), re.IGNORECASE) if ways else None


def _bounded(pattern: str, text: str) -> str:
    """`pattern` for `text` as whole words."""
    start, end = (r"\b" if WORD.match(sign) else "" for sign in (text[0], text[-1]))
    return f"{start}{pattern}{end}"


@cache
def vocabulary_of(portal: str) -> Vocabulary:
    """The vocabulary of the portal of that name."""
    texts: list[str] = [*CATEGORIES, *NO_ANSWER]
    for listed in listed_payers().values():
        if listed.portal.name == portal:
            texts += [listed.payer.title, *listed.payer.payer_ids]
    shapes: list[str] = []
    for source in _sources(portal):
        for literal in _literals(ast.parse(source)):
            (shapes if isinstance(literal, _Shape) else texts).append(literal)
    return Vocabulary.of(texts, filter(None, map(_count, shapes)))


def _sources(portal: str) -> Iterator[str]:
    """The source of the portal's modules, and of the sign-in they share with others."""
    folder = Path(next(iter(payers.portals.__path__))) / portal
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    imports = " ".join(line for text in sources.values() for line in text.splitlines() if "payers.identity" in line)
    del sources["__init__"]  # that holds nothing of a page
    yield from sources.values()
    for name in sorted(each.name for each in pkgutil.iter_modules(payers.identity.__path__)):
        if not re.search(rf"\b{name}\b", imports):
            continue
        place = Path(inspect.getfile(import_module(f"payers.identity.{name}")))
        files = sorted(place.parent.glob("*.py")) if place.stem == "__init__" else [place]
        yield from (path.read_text(encoding="utf-8") for path in files)


class _Shape(str):
    """A literal with a number in it, such as `{} claims found`."""

    __slots__ = ()


def _literals(tree: ast.AST) -> Iterator[str]:
    """The strings of a module, without docstrings, what is raised, and the names of steps."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Raise() | ast.Import() | ast.ImportFrom():
                continue
            case ast.Call(func=ast.Attribute(attr=name)) if name in SPOKEN:
                continue
            case ast.JoinedStr():
                yield _Shape(_joined(node))
                yield from _literals(node)
            case ast.Constant(value=str(text)):
                yield text
                if _COUNT.search(text):
                    yield _Shape(text)
            case _:
                yield from _literals(node)


def _joined(node: ast.JoinedStr) -> str:
    """An f-string as a pattern, each value a number."""
    parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\d+" for part in node.values]
    return "".join(parts)


def _count(pattern: str) -> str:
    """`pattern` with numbers of up to three digits; nothing when anything else could stand in it, or hardly a word."""
    pattern = pattern.removeprefix("^").removesuffix("$").removesuffix(r"\b")
    literal = _COUNT.sub(" ", pattern)
    rest = re.sub(r"\\(?=[^\w])|[()?]|(?<=[a-z])\?", "", literal)
    if (
        not _COUNT.search(pattern)
        or _ESCAPE.search(literal)
        or re.search(r"[\[\]{}*+|^$.#]", rest)
        or len("".join(WORD.findall(rest))) < 2
    ):
        return ""
    return _COUNT.sub(r"\\d{1,3}", pattern)


def _pieces(text: str) -> list[str]:
    """A literal, and where it is a pattern the plain words in it."""
    found = [text, *_QUOTED.findall(text)]
    if _PATTERN_SIGNS.search(text):
        found += [part for part in _PATTERN_SIGNS.split(text) if len(WORD.findall(part)) > 1 or len(part.strip()) > 4]
    return found
