"""Nothing that is not known to be the portal's own word gets through the scrubber; what readers compare still agrees."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bots.recording.mask import Mask
from bots.recording.outline import differences
from bots.recording.scrubber import TAGS, scrub
from bots.recording.vocabulary import Vocabulary, vocabulary_of
from flows.parties import check_npi

AVAILITY = vocabulary_of("availity")
KEY = b"k" * 32
PAGE = """<!doctype html><html lang="{name}"><head><title>{name} - {number}</title><meta content="{name}">
<script type="application/json">{json}</script><style>.x::after {{ content: "{name}" }}</style></head>
<body class="{name} is-{number}" onload="show('{name}')" style="--who: {name}" {attribute}="{name}" x-{attribute}>
<!-- {name} {born} --><!--[if IE]>{name}<![endif]--><noscript>{name}</noscript><template><p>{name}</p></template>
<h1>Member ID: {number}</h1><p title="{name}">{name}, born {born} ({us})</p><p>{spoken} of {name}{number}</p>
<a href="https://portal.example/{name}?dob={born}" id="row-{name}-{number}" data-testid="{name}{number}">{name}</a>
<img alt="{name}" src="/{number}.png"><svg><title>{name}</title><text>{number}</text></svg><math><mi>{name}</mi></math>
<iframe srcdoc="<p>{name}</p>" title="{name}"></iframe><object data="{name}">{name}</object>
<input name="{name}" value="{number}" placeholder="{name}" type="{name}" pattern="{number}" list="{name}">
<select aria-label="{name}"><optgroup label="{name}"><option value="{number}">{name}</option></optgroup>
<option selected value="{born}">Active Coverage {name}</option></select><datalist><option>{name}</option></datalist>
<textarea data-who="{name}">{json}</textarea><pre>{json}</pre><{tag} {attribute}="{number}">{name}</{tag}>
<table><tr><td headers="{name}">{name}<td abbr="{name}" colspan="{number}">{number}</table>
<b>{head}</b><i>{tail}</i> <span role="{name}" aria-valuetext="{name}" aria-valuenow="{number}" tabindex="{number}">
<p>Your password will expire in {number} days. &lt;b&gt;{name}&lt;/b&gt; {name}&nbsp;{name}&#x2014;{name}</p>
<p>{wide}</p><ruby>{name}<rt>{name}</rt></ruby><{name}>{name}</{name}><?{name} {number}?><![CDATA[{name}]]>
</body></html><!-- {number} -->"""
LETTERS = "abcdefghijklmnopqrstuvwxyzáéíóúñüöøčşłàжитα"
NAMES = st.text(LETTERS, min_size=5, max_size=14).filter(lambda name: re.search("[aeiouyáéíóúüöøàиα]", name))
NUMBERS = st.integers(10**6, 10**12).map(str)
BORN = st.dates(date(1921, 1, 1), date(2026, 12, 31))


def page_about(name: str, number: str, born: date) -> str:
    words = {"name": name, "dob": born.isoformat(), "id": number, "list": [{"who": f"{name} {number}"}]}
    return PAGE.format(
        name=name.title(),
        number=number,
        born=born.isoformat(),
        us=f"{born:%m/%d/%Y}",
        spoken=f"{born:%B} {born.day}, {born.year}",
        json=json.dumps(words),
        attribute=f"data-{''.join(filter(str.isascii, name)) or 'x'}",
        tag=f"x-{''.join(filter(str.isascii, name)) or 'x'}",
        head=name.title()[:-1],
        tail=number[:-1],
        wide="".join(chr(ord(sign) + 0xFEE0) for sign in number),
    )


def survivors(html: str, values: list[str]) -> list[str]:
    """Which of the values are in the page, however they are spelled."""
    text = unicodedata.normalize("NFKD", html).casefold()
    return [each for each in values if unicodedata.normalize("NFKD", each).casefold() in text]


@settings(deadline=None, max_examples=80)
@given(name=NAMES, number=NUMBERS, born=BORN)
@example(name="quasimoto", number="002720651", born=date(1950, 1, 4))
@example(name="o'brien-smythe", number="123456789012", born=date(1930, 12, 31))
def test_nobodys_data_survives(name: str, number: str, born: date) -> None:
    neutral = scrub(page_about("zzzzz", "0000000", date(1900, 1, 1)), AVAILITY, key=KEY).html
    known = {*AVAILITY.names, *AVAILITY.phrases, *TAGS}  # those stay, whoever is called so
    assume(not survivors(neutral, [name, name[:-1]]) and not {name, name[:-1]} & known)
    scrubbed = scrub(page_about(name, number, born), AVAILITY, key=KEY).html
    days = [born.isoformat(), f"{born:%m/%d/%Y}", f"{born:%B} {born.day}, {born.year}"]
    assert survivors(scrubbed, [name, name[:-1], number, number[:-1], *days]) == []
    assert not re.search(r"<!--|<script|https?:|\s(?:on\w+|style|href|src|data-(?!testid)[\w-]+)=", scrubbed)


def test_the_portals_own_words_and_markup_stay() -> None:
    scrubbed = scrub(page_about("quasimoto", "002720651", date(1950, 1, 4)), AVAILITY, key=KEY).html
    assert "<h1>Member ID: " in scrubbed
    assert ">Active Coverage " in scrubbed
    assert re.search(r"<p>Your password will expire in \d{9} ", scrubbed)
    assert re.search(r"<table><tbody><tr><td [^>]*>\w+</td><td [^>]*>\d{9}\s*</td>", scrubbed)


@pytest.mark.parametrize("name", ["Page", "Active Coverage", "Paid", "Organization"])
def test_a_word_of_the_portal_that_is_also_somebodys_name_goes_where_it_is_known(name: str) -> None:
    html = f'<p id="row-{name}">{name}</p><p title="{name}">Member ID: {name}</p>'
    assert survivors(scrub(html, AVAILITY, private=[name], key=KEY).html, name.split()) == []


def test_another_key_gives_other_values_and_none_leads_back() -> None:
    html = "<p>Beatrix Quasimoto, 01/04/1950, W002720651</p>"
    assert len({scrub(html, AVAILITY).html for _ in range(5)}) == 5


def test_the_question_is_synthetic_as_its_page_is() -> None:
    asked = {
        "member": {"member_id": "W002720651", "patient": {"last_name": "Quasimoto", "birth_date": "1950-01-04"}},
        "provider": {"npi": "2000001018"},
        "service_type": "30",
    }
    scrubbed = scrub("<p>QUASIMOTO, B</p><i>01/04/1950</i><b>W002720651</b><u>2000001018</u>", AVAILITY, asked=asked)
    member = scrubbed.asked["member"]
    assert member["patient"]["last_name"].upper() in scrubbed.html
    assert member["member_id"] in scrubbed.html
    year, month, day = member["patient"]["birth_date"].split("-")
    assert f"{month}/{day}/{year}" in scrubbed.html
    assert check_npi(scrubbed.asked["provider"]["npi"]) in scrubbed.html
    assert scrubbed.asked["service_type"] == "30"
    assert survivors(str(scrubbed), ["quasimoto", "002720651", "1950", "2000001018"]) == []


def test_a_value_has_the_same_shape() -> None:
    texts = ["03/04/2025", "Mar 4, 2025", "$1,250.00", "$0.00", "20%", "Co-99 x7", "2000001018", "13/45/2020", "$9.10"]
    mask = Mask(texts, KEY)
    shapes = [re.sub("[A-Z]", "A", re.sub("[a-z]", "a", re.sub(r"\d", "9", mask.text(each)))) for each in texts]
    assert shapes[0] == "99/99/9999"
    assert re.fullmatch("Aaa 99?, 9999", shapes[1])
    assert shapes[2:] == ["$9,999.99", "$9.99", "99%", "Aa-99 a9", "9999999999", "99/99/9999", "$9.99"]
    assert mask.text("$0.00") == "$0.00"
    assert check_npi(mask.text("2000001018"))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.dates(date(1900, 1, 1), date(2099, 12, 31)), min_size=2, max_size=40, unique=True))
def test_days_keep_their_order(days: list[date]) -> None:
    mask = Mask([day.isoformat() for day in days], KEY)
    assert sorted(days) == sorted(days, key=lambda day: mask.text(day.isoformat()))
    us = [mask.text(f"{day:%m/%d/%Y}") for day in days]
    assert [f"{text[6:]}-{text[:2]}-{text[3:5]}" for text in us] == [mask.text(day.isoformat()) for day in days]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 99_999), min_size=2, max_size=40, unique=True))
def test_amounts_keep_their_order(cents: list[int]) -> None:
    texts = {each: f"${each // 100:,}.{each % 100:02}" for each in cents}
    mask = Mask(texts.values(), KEY)
    new = {each: float(mask.text(text).strip("$").replace(",", "")) for each, text in texts.items()}
    assert sorted(cents) == sorted(cents, key=lambda each: (new[each], each))


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("2 claims found", True),
        ("2000 claims found", False),
        ("1–2 of 2", True),
        ("Member ID:", True),
        ("Paid", True),
        ("Paid Quasimoto", False),
        ("NPI: 2000001018", False),
        ("F1", True),
        ("Room F1", False),
    ],
)
def test_which_words_stay(text: str, stays: bool) -> None:
    vocabulary = Vocabulary.of(
        ["Member ID", "Paid", "NPI", "F1"], [r"\d{1,3} claims? found", r"\d{1,3}–\d{1,3} of \d{1,3}"]
    )
    assert (f"<p>{text}</p>" in scrub(f"<p>{text}</p>", vocabulary, key=KEY).html) is stays


@pytest.mark.parametrize(
    "html", ["", "   ", "no markup", "<", "<p" * 9000, "<div>" * 20_000, "<p>" + "9" * 100_000, "\0\ud800"]
)
def test_whatever_is_no_page_is_no_trouble(html: str) -> None:
    assert scrub(html, AVAILITY, key=KEY).html.startswith("<!doctype html>")


def test_a_difference_of_pages_shows_structure_and_labels_only() -> None:
    seen = (
        "<main><h1>Eligibility</h1><table><tr><th>Member ID</th><td id='memberId'>W002720651</td></tr></table></main>"
    )
    other = seen.replace("W002720651", "Beatrix Quasimoto")
    assert differences(seen, other, "availity") == []
    moved = other.replace("Member ID", "Quasimoto No.").replace("<h1>", "<p>Beatrix</p><h1>")
    lines = differences(seen, moved, "availity")
    assert any(line.startswith("-") and line.endswith("Member ID") for line in lines)
    assert any(line.startswith("+") and line.endswith("<p>") for line in lines)
    assert survivors("\n".join(lines), ["quasimoto", "beatrix", "W002720651"]) == []
