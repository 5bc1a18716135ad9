"""The scrubber: markup and the portal's own words go through, every other value becomes a synthetic one.

An allow-list all through: the page is written anew from what is known. Elements that act, load or lead elsewhere go
with all that is in them, and so do comments; attributes stay by name, and their values only as far as they are words
of markup or of the portal's module (`bots.recording.vocabulary`). Nothing is ever taken over because it looks harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bots.recording.mask import VALUES, WORDS, Mask, plain_signs
from bots.recording.vocabulary import PART, WORD, Vocabulary

VOID = frozenset({"br", "hr", "input", "col", "wbr"})
# fmt: off
TAGS = VOID | frozenset({
    "html", "head", "title", "body", "main", "header", "footer", "nav", "aside", "section", "article", "div", "span",
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "colgroup",
    "thead", "tbody", "tfoot", "tr", "th", "td", "form", "fieldset", "legend", "label", "select", "optgroup", "option",
    "textarea", "button", "output", "a", "b", "i", "strong", "em", "small", "u", "s", "sub", "sup", "pre", "code",
    "details", "summary", "dialog", "time", "abbr", "address", "blockquote", "center", "font", "mark", "progress",
})
GONE = frozenset({
    "script", "style", "link", "meta", "base", "noscript", "template", "iframe", "frame", "frameset", "object", "embed",
    "applet", "param", "img", "picture", "source", "svg", "math", "canvas", "video", "audio", "track", "map", "area",
    "slot", "portal",
})
SAID = frozenset({"value", "title", "placeholder", "alt", "label", "summary", "abbr"} | {
    f"aria-{name}" for name in ("label", "valuetext", "valuenow", "description", "placeholder", "roledescription")
})
NAMED = frozenset({"id", "class", "name", "for", "headers", "data-testid", "data-test", "data-test-id"} | {
    f"aria-{name}" for name in ("labelledby", "describedby", "controls", "owns", "errormessage", "activedescendant")
})
WORDED = frozenset({"type", "role", "scope", "dir", "autocomplete", "inputmode", "contenteditable", "open"} | {
    f"aria-{name}" for name in (
        "hidden", "busy", "expanded", "selected", "checked", "disabled", "required", "readonly", "invalid", "modal",
        "live", "sort", "current", "haspopup", "autocomplete", "multiline", "pressed", "orientation", "level", "atomic",
    )
})
WORTH = frozenset(
    """
    true false mixed page step date time off on list both inline none all polite assertive ascending descending menu
    listbox tree grid dialog horizontal vertical additions text password email tel number search url submit button reset
    checkbox radio hidden file range row col rowgroup colgroup ltr rtl numeric decimal alert alertdialog application
    article banner cell columnheader combobox complementary contentinfo definition document feed figure form gridcell
    group heading img link listitem log main marquee menubar menuitem menuitemcheckbox menuitemradio navigation note
    option presentation progressbar radiogroup region rowheader scrollbar searchbox separator slider spinbutton status
    switch tab table tablist tabpanel term textbox timer toolbar tooltip treegrid treeitem 1 2 3 4 5 6
""".split()  # noqa: SIM905 - sixty lines otherwise
)
EMPTY = frozenset({"hidden", "disabled", "checked", "selected", "readonly", "required", "multiple", "novalidate"})
# fmt: on
SPAN = ("colspan", "rowspan")
PUBLIC = frozenset({"service_type", "relationship", "sex", "state"})


@dataclass(frozen=True)
class Scrubbed:
    """A page without anybody's data, and the question to it in the same synthetic values."""

    html: str
    asked: Any = None


def scrub(
    html: str, vocabulary: Vocabulary, *, asked: Any = None, private: Iterable[str] = (), key: bytes | None = None
) -> Scrubbed:
    """The page with synthetic values; `asked` is the question as JSON has it, and gets the same ones.

    No word that stands in `private` stays, though it were one of the portal's own: a patient may be called Page.
    `key` is for tests; a recording's is drawn and forgotten.
    """
    root = LexborHTMLParser(html).root
    nodes = list(_nodes(root)) if root else []
    known = {run.casefold() for text in private for run in WORDS.findall(plain_signs(text)) if len(run) > 1}
    mask = Mask([*_said(nodes), *_strings(asked)], key)
    page = _Page(vocabulary, mask, frozenset(known))
    written = "".join(page.written(root)) if root else ""
    return Scrubbed(f"<!doctype html>\n{written}\n", _masked(asked, page))


class _Page:
    """Writes one page anew."""

    def __init__(self, vocabulary: Vocabulary, mask: Mask, private: frozenset[str]) -> None:
        self._vocabulary = vocabulary
        self._mask = mask
        self._private = private

    def written(self, root: LexborNode) -> Iterator[str]:
        """The markup of an element with all that is in it; without recursion, for pages may be nested deeply."""
        left: list[LexborNode | str] = [root]
        while left:
            node = left.pop()
            if isinstance(node, str):
                yield node
            elif node.tag == "-text":
                yield escape(self.text(node.text_content or ""), quote=False)
            elif (tag := _tag(node)) is not None:
                yield f"<{tag}{''.join(self._attributes(node.attributes))}>"
                if tag not in VOID:
                    left += [f"</{tag}>", *reversed(list(_children(node)))]

    def text(self, text: str) -> str:
        """`text` with the portal's own words in it, and nothing else as it was."""
        clean, parts, end = plain_signs(text), [], 0
        for start, stop in self._vocabulary.spans(clean):
            if self._private.isdisjoint(run.casefold() for run in WORDS.findall(clean[start:stop])):
                parts += [self._mask.text(clean[end:start]), clean[start:stop]]
                end = stop
        return "".join([*parts, self._mask.text(clean[end:])])

    def _attributes(self, given: Mapping[str, str | None]) -> Iterator[str]:
        for name, value in given.items():
            if (kept := self._attribute(name, value or "")) is not None:
                yield f' {name}="{escape(kept)}"' if kept else f' {name}=""'

    def _attribute(self, name: str, value: str) -> str | None:
        """What stays of an attribute; none when it goes."""
        if name in EMPTY:
            return ""
        if name in SAID:
            return self.text(value)
        if name in NAMED or name in self._vocabulary.attributes:
            return WORD.sub(lambda word: self._name(word[0]), plain_signs(value))
        if name in WORDED:
            return value if value.casefold() in WORTH or not value else None
        if name in SPAN or name == "tabindex":
            return value if re.fullmatch(r"-?\d{1,2}", value) else None
        return None

    def _name(self, word: str) -> str:
        """A word of an id or class: the module's own stays, or what is one of a word like `claimNumber`."""
        if self._known(word):
            return word
        return PART.sub(lambda part: part[0] if self._known(part[0]) else self._mask.text(part[0]), self._rest(word))

    def _known(self, word: str) -> bool:
        return self._vocabulary.knows(word) and word.casefold() not in self._private

    def _rest(self, word: str) -> str:
        """`word` without letters that no part of it could hold."""
        return word if word.isascii() else self._mask.text(word)


def _tag(node: LexborNode) -> str | None:
    """By which name an element is written; none when it goes. One that HTML does not have may be data, too."""
    tag = node.tag or ""
    if tag in GONE or not tag[:1].isalpha():
        return None
    return tag if tag in TAGS else "div"


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _nodes(root: LexborNode) -> Iterator[LexborNode]:
    """All that stays of a page."""
    left = [root]
    while left:
        node = left.pop()
        yield node
        if node.tag == "-text" or _tag(node) is not None:
            left += _children(node)


def _said(nodes: Iterable[LexborNode]) -> Iterator[str]:
    for node in nodes:
        if node.tag == "-text":
            yield node.text_content or ""
        else:
            yield from (value for value in node.attributes.values() if value and VALUES.search(value))


def _strings(asked: Any) -> Iterator[str]:
    match asked:
        case str():
            yield asked
        case dict():
            yield from (text for each in asked.values() for text in _strings(each))
        case list() | tuple():
            yield from (text for each in asked for text in _strings(each))


def _masked(asked: Any, page: _Page, name: str = "") -> Any:
    """A question with the values that its page has now."""
    match asked:
        case str() if name not in PUBLIC:
            return page.text(asked)
        case dict():
            return {key: _masked(value, page, key) for key, value in asked.items()}
        case list():
            return [_masked(each, page, name) for each in asked]
    return asked
