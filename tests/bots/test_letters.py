"""A letter is believed by its signature, its date and where its link leads; anybody can write the rest."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from bots import now
from bots.codes.inbox import Inbox, Maildir, Mark
from flows.errors import CodeNotReceived
from payers.model import Letter

PORTAL = "https://portal.example.com"
LINK = "https://id.example.com/reset?token=abc&x=1"
BY_LINK = Letter(domains=frozenset({"example.com"}), subject="Reset your password", link="reset")
BY_CODE = Letter(domains=frozenset({"example.com"}), subject="Access Code", code_digits=6)
SIGNED = "mx.practice.example; spf=pass; dkim=pass (2048-bit key) header.d=mail.example.com"


def deliver(folder: Path, text: str = LINK, **headers: str) -> None:
    letter = EmailMessage()
    standing = {
        "Authentication-Results": SIGNED,
        "From": "Portal <noreply@example.com>",
        "To": "Billing <billing@practice.example>",
        "Subject": "Please reset your password" if "reset" in text else "Your Access Code",
        "Date": format_datetime(now.utc()),
    }
    for name, value in {**standing, **{key.replace("_", "-"): value for key, value in headers.items()}}.items():
        if name == "Content-Type":
            continue
        letter[name] = value
    charset = headers.get("Content_Type")
    letter.set_content(text)
    if charset:
        letter.replace_header("Content-Type", charset)
    (folder / "new" / f"letter-{len(list((folder / 'new').iterdir()))}").write_bytes(letter.as_bytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


async def found(folder: Path, wanted: Letter = BY_LINK, mark: Mark | None = None) -> str:
    inbox = Inbox(Maildir(folder), "mx.practice.example")
    letter = await inbox.wait(wanted, "billing@practice.example", PORTAL, mark or Mark(now.utc(), frozenset()), 0.1)
    return letter.get_secret_value()


async def test_takes_link_and_code_of_believed_letters(folder: Path) -> None:
    deliver(folder, f"Somebody asked to reset it.\n{LINK}\nor sign in: {PORTAL}/home")
    deliver(folder, "The code is 123456, for 10 minutes. Call 8005551212.")
    assert await found(folder) == LINK
    assert await found(folder, BY_CODE) == "123456"


@pytest.mark.parametrize(
    ("text", "headers", "why"),
    [
        (LINK, {"Authentication_Results": "mx.practice.example; dkim=fail header.d=example.com"}, "not signed"),
        (LINK, {"Authentication_Results": "mx.stranger.example; dkim=pass header.d=example.com"}, "not signed"),
        (LINK, {"Authentication_Results": "mx.practice.example; dkim=pass header.d=notexample.com"}, "not signed"),
        (LINK, {"Authentication_Results": "mx.practice.example; spf=pass"}, "not signed"),
        (LINK, {"Date": format_datetime(now.utc() - timedelta(minutes=10))}, "before it was asked for"),
        (LINK, {"Date": "yesterday"}, "date can't be read"),
        (LINK.replace("id.example.com", "example.com.stranger.net"), {}, "another host (example.com.stranger.net)"),
        (LINK.replace("https", "http"), {}, "another host"),
        (LINK.replace("id.example.com", "id.example.com@stranger.net"), {}, "another host"),
        ("reset it yourself", {}, "no link"),
        (f"{LINK} {LINK}2", {}, "several links"),
        (LINK, {"Content_Type": 'text/plain; charset="made-up"'}, "can't be read"),
    ],
)
async def test_says_why_a_letter_is_not_used(folder: Path, text: str, headers: dict[str, str], why: str) -> None:
    deliver(folder, text, **headers)
    with pytest.raises(CodeNotReceived) as told:
        await found(folder)
    assert why in str(told.value)


@pytest.mark.parametrize("headers", [{"To": "other@practice.example"}, {"Subject": "Your statement"}])
async def test_other_letters_are_not_mentioned(folder: Path, headers: dict[str, str]) -> None:
    deliver(folder, LINK, **headers)
    with pytest.raises(CodeNotReceived) as told:
        await found(folder)
    assert "not used" not in str(told.value)


async def test_a_second_line_of_results_is_not_believed(folder: Path) -> None:
    """The practice's server puts its own on top; what stands below may come from anybody."""
    deliver(folder, LINK, Authentication_Results="mx.practice.example; dkim=none")
    path = next((folder / "new").iterdir())
    top, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(top + b"\nAuthentication-Results: " + SIGNED.encode() + b"\n" + rest)
    with pytest.raises(CodeNotReceived, match="not signed"):
        await found(folder)


async def test_two_codes_are_none(folder: Path) -> None:
    deliver(folder, "123456 or 654321")
    with pytest.raises(CodeNotReceived, match="2 codes"):
        await found(folder, BY_CODE)


async def test_a_letter_that_was_there_is_not_the_one_asked_for(folder: Path) -> None:
    deliver(folder)
    with pytest.raises(CodeNotReceived):
        await found(folder, mark=await Inbox(Maildir(folder), "").mark())
