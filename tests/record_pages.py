"""What recordings are made with: a session without a guard, a synthetic question, and a page put on disk."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bots.desk import Failure
from flows.claim_status import ClaimStatusAnswer
from flows.eligibility import EligibilityAnswer, EligibilityInquiry
from flows.era_download import Allowed, KeptEra, ListedPayment
from flows.errors import PortalkeeperError
from flows.parties import Account, CodeWay, Member, Organization, Payer, Person, Provider, Relationship
from payers.model import Portal
from sandbox.okta.visit import KEPT
from sandbox.practice import Practice

if TYPE_CHECKING:
    from playwright.async_api import Download, Frame, Page

DAY = date(2026, 11, 23)
NOON = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC)
ORGANIZATION = Organization(name="Example Valley Medical Group", tin="000004471")
PROVIDER = Provider(npi="2000001018")
RELATIONSHIPS = {"self": Relationship.SELF, "spouse": Relationship.SPOUSE, "child": Relationship.CHILD}
SNAPSHOT = (Path(__file__).parents[1] / "recordings" / "snapshot.js").read_text()
BLOCKS = r"(?=<(?:head|title|body|div|main|header|section|form|p|h\d|ul|li|table|thead|tbody|tr|label|select|option)\b)"
MASKS = (
    (re.compile(r"\b\d{19,}\b"), lambda found: "0" * len(found[0])),  # transaction numbers
    (re.compile(r"\b\d\d:\d\d:\d\d [AP]M\b"), lambda found: "12:00:00 PM"),
    (re.compile(r'(?<=value=")\d{6}(?=")'), lambda found: "000000"),  # codes
    (re.compile(r'(?<=")input\d+(?=")'), lambda found: "input0"),  # Okta's ids are new at each render
    (re.compile(r'(?<=id="__VIEWSTATE" value=")[^"]+'), lambda found: "0"),
)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Seat:
    """What `flows.session.Session` promises, without a guard: for synthetic accounts only."""

    def __init__(self, page: Page, practice: Practice, made: dict[str, Any], payer: Payer) -> None:
        self.page = page
        self.address = practice.url(made["portal"])
        self.account = Account(name="recorded", portal=made["portal"], username=made["user"])
        self.payer = payer
        self.leaving: Callable[[], Awaitable[None]] | None = None
        self._practice = practice
        self._made = made

    async def password(self) -> SecretStr:
        if self._made.get("slow"):  # until the portal has forgotten who waits here
            await self.page.evaluate(
                "async many => { for (let i = 0; i < many; i++) await fetch(location.href) }", KEPT
            )
        return SecretStr(self._made["password"])

    async def answer_prompt(self) -> None:
        given = f"{self.account.username}:{self._made['password']}"
        await self.page.set_extra_http_headers({"Authorization": f"Basic {b64encode(given.encode()).decode()}"})

    async def new_password(self) -> SecretStr:
        return SecretStr(self._made["new_password"])

    async def expect_code(self, way: CodeWay) -> None:
        pass

    async def code(self, way: CodeWay = CodeWay.AUTHENTICATOR) -> SecretStr:
        self._practice.to_mid_step()
        return SecretStr(self._practice.code(self._made))

    def submitted(self) -> bool:
        return False

    async def security_answer(self, question: str) -> SecretStr:
        return SecretStr(self._made["security_questions"][question])

    async def expect_letter(self) -> None:
        pass

    async def letter(self) -> SecretStr:
        letters = self._practice.get(f"/mail?portal={self._made['portal']}&user={self._made['user']}")
        return SecretStr(self._made.get("letter") or letters[-1]["link"] or letters[-1]["code"])

    @asynccontextmanager
    async def step(self, name: str, *, private: bool = False) -> AsyncIterator[None]:
        if name == "sign out":
            await self.before_leaving()
        yield

    async def before_leaving(self) -> None:
        """Look at the page once more, if that is still to be done."""
        if leaving := self.leaving:
            self.leaving = None
            await leaving()

    async def listed(self, payments: Sequence[ListedPayment]) -> Allowed:
        return Allowed(fetch=tuple(range(len(payments))))

    async def keep(self, download: Download, *payments: ListedPayment) -> KeptEra:
        data = (await download.path()).read_bytes()
        return KeptEra(sha256=hashlib.sha256(data).hexdigest(), size=len(data), payments=payments)

    async def notice(self, kind: str, words: str = "") -> None:
        pass


class Book:
    """The recordings of one portal."""

    def __init__(self, practice: Practice, portal: Portal, payer: Payer, folder: Path) -> None:
        self.practice = practice
        self.portal = portal
        self.payer = payer
        self._folder = folder / portal.name
        self._folder.mkdir(parents=True, exist_ok=True)

    async def keep(self, page: Page | Frame, screen: str, case: str, said: dict[str, Any]) -> None:
        """Put a page on disk, and beside it what was asked and read."""
        self.write(screen, case, await page.evaluate(SNAPSHOT), said)

    def write(self, screen: str, case: str, html: str, said: dict[str, Any]) -> None:
        """Put the HTML of a page on disk, and beside it what was asked and read."""
        html = re.sub(r"\s*\n\s*", "\n", re.sub(BLOCKS, "\n", html))
        file = self._folder / f"{screen}--{case}"
        file.with_suffix(".html").write_text(f"<!doctype html>\n{masked(html.strip())}\n")
        said = {"recorded": f"sandbox {DAY} {self.portal.version}", **said}
        file.with_suffix(".json").write_text(masked(json.dumps(said, indent=2)) + "\n")


def application(page: Page) -> Frame:
    """The frame in which the portal's applications open."""
    return next((each for each in page.frames if each.name == "newBody"), page.main_frame)


def question(member: dict[str, Any]) -> EligibilityInquiry:
    """The question about one synthetic member, for the day of the recordings."""
    subscriber = Person.model_validate(member["subscriber"]) if member["subscriber"] else None
    return EligibilityInquiry(
        organization=ORGANIZATION,
        provider=PROVIDER,
        member=Member(
            member_id=member["member_id"],
            patient=Person.model_validate(member["patient"]),
            relationship=RELATIONSHIPS[member["relationship"]],
            subscriber=subscriber,
        ),
        service_date=DAY,
    )


def reading(found: EligibilityAnswer | ClaimStatusAnswer | PortalkeeperError) -> dict[str, Any]:
    """What was read, or why nothing was, as it stands in the JSON file."""
    if isinstance(found, PortalkeeperError):
        return Failure.of(found).model_dump(mode="json", exclude_none=True)
    return found.model_dump(mode="json", exclude_defaults=True)


def masked(text: str) -> str:
    """`text` without what differs from run to run."""
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    numbers = {
        uuid: f"00000000-0000-4000-8000-{number:012d}" for number, uuid in enumerate(dict.fromkeys(UUID.findall(text)))
    }
    return UUID.sub(lambda found: numbers[found[0]], text)
