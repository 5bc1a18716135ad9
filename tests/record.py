"""Record what the sandbox's portals look like, and what must be read from that: `python -m tests.record`.

Writes `recordings/pages/PORTAL/SCREEN--CASE.html`, without scripts, styles and addresses, and beside it a `.json` with
the question and its reading. What differs from run to run is masked, so that a diff shows a changed page or a changed
reading and nothing else. Read the diff before committing it: it is what the readers will be held to.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bots.browser import Host, find_browser
from bots.desk import Failure
from flows.claim_status import ClaimStatusAnswer, ClaimStatusInquiry
from flows.eligibility import EligibilityAnswer, EligibilityInquiry
from flows.errors import PortalkeeperError
from flows.parties import Account, Member, Organization, Payer, Person, Provider, Relationship
from payers.model import Portal
from payers.registry import listed_payers, portals
from sandbox.practice import Practice, running

if TYPE_CHECKING:
    from playwright.async_api import Frame, Page

PAGES = Path(__file__).parents[1] / "recordings" / "pages"
DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ORGANIZATION = Organization(name="Example Valley Medical Group", tin="000004471")
PROVIDER = Provider(npi="2000001018")
# in this order: an account's name counts those made before it
PAYERS = {
    "availity": "aetna",
    "uhc": "united-healthcare",
    "epaces": "new-york-medicaid",
    "medi_cal": "medi-cal",
    "tmhp": "texas-medicaid",
}
MEDICAID = ("epaces", "medi_cal")
CLAIMS = 3  # of the Medicaid member whose claims are recorded
RELATIONSHIPS = {"self": Relationship.SELF, "spouse": Relationship.SPOUSE, "child": Relationship.CHILD}
# the page as it stands, with what fields hold, and without whatever acts, decorates or leads elsewhere
SNAPSHOT = """() => {
  const copy = document.documentElement.cloneNode(true);
  const fields = document.querySelectorAll("input, option");
  copy.querySelectorAll("input, option").forEach((field, index) => {
    const live = fields[index];
    if (live.tagName === "OPTION") field.toggleAttribute("selected", live.selected);
    else if (live.type !== "password") field.setAttribute("value", live.value);
  });
  copy.querySelectorAll("script, style, link, meta, iframe, noscript").forEach((element) => element.remove());
  for (const element of copy.querySelectorAll("*")) {
    for (const { name } of [...element.attributes]) {
      if (/^(on.*|style|href|src|srcset|srcdoc|action)$/.test(name)) element.removeAttribute(name);
    }
  }
  return copy.outerHTML;
}"""
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
        return SecretStr(self._made["password"])

    async def new_password(self) -> SecretStr:
        return SecretStr(self._made["new_password"])

    async def code(self) -> SecretStr:
        self._practice.to_mid_step()
        return SecretStr(self._practice.code(self._made))

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

    async def notice(self, kind: str, words: str = "") -> None:
        pass


class Recorder:
    """Goes through one portal and keeps its screens."""

    def __init__(self, practice: Practice, host: Host, portal: Portal, folder: Path) -> None:
        self._practice = practice
        self._host = host
        self._portal = portal
        self._folder = folder / portal.name
        self._payer = listed_payers()[PAYERS[portal.name]].payer

    async def record(self) -> None:
        """Everything of this portal."""
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._sign_in_refused()
        made = self._practice.account(self._portal.name)
        async with self._seat(made) as seat:
            await self._portal.login(seat)
            await self._keep(seat.page, "home", "signed-in", {"flow": "login", "outcome": "good", "reads": {}})
            for case, member in self._cases().items():
                if case == "outage":
                    fault = {"portal": self._portal.name, "user": made["user"], "kind": "outage_text"}
                    self._practice.post("/faults", **fault)
                await self._ask(seat, case, member)
            await (self._ask_medicaid_claims if self._portal.name in MEDICAID else self._ask_claims)(seat)
        await self._change_passwords()
        await self._recover_passwords()

    async def _change_passwords(self) -> None:
        """A new password that the portal takes, and one that it does not."""
        if self._portal.password_reset is None:
            return
        for case, outcome, new in (("changed", "good", "N3w-pass$word"), ("new-refused", "refused", "short")):
            made = self._practice.account(self._portal.name)
            async with self._seat(made | {"new_password": new}) as seat:
                await self._portal.login(seat)
                said: dict[str, Any] = {"flow": "password_reset", "outcome": outcome, "reads": {}}
                seat.leaving = partial(self._keep_change, seat, case, said)
                try:
                    await self._portal.password_reset(seat)
                except PortalkeeperError as error:
                    said["reads"] = reading(error)
                await seat.before_leaving()

    async def _keep_change(self, seat: Seat, case: str, said: dict[str, Any]) -> None:
        await self._keep(application(seat.page), "change", case, said)

    async def _recover_passwords(self) -> None:
        """A password recovered by a letter, and a letter that is worth nothing any more."""
        if self._portal.password_recovery is None:
            return
        made = self._practice.account(self._portal.name) | {"new_password": "N3w-pass$word"}
        for case, outcome in (("done", "good"), ("refused", "refused")):
            async with self._seat(made) as seat:
                reads: dict[str, Any] = {}
                try:
                    await self._portal.password_recovery(seat)
                except PortalkeeperError as error:
                    reads = reading(error)
                made["letter"] = (await seat.letter()).get_secret_value()
                said = {"flow": "password_recovery", "outcome": outcome, "reads": reads}
                await self._keep(seat.page, "reset", case, said)

    @asynccontextmanager
    async def _seat(self, made: dict[str, Any]) -> AsyncIterator[Seat]:
        async with self._host.context(None) as (context, _):
            yield Seat(await context.new_page(), self._practice, made, self._payer)

    async def _sign_in_refused(self) -> None:
        made = self._practice.account(self._portal.name)
        async with self._seat(made | {"password": "Wr0ng-pass$1"}) as seat:
            try:
                await self._portal.login(seat)
            except PortalkeeperError as error:
                said = {"flow": "login", "outcome": "refused", "reads": reading(error)}
                await self._keep(seat.page, "alert", "password-refused", said)

    def _cases(self) -> dict[str, dict[str, Any]]:
        members = [each for each in self._practice.get("/members") if each["payer_name"] == self._payer.title]
        subscribers = [each for each in members if not each["subscriber"]]
        dependents = [each for each in members if each["subscriber"]]

        def first(coverage: str) -> dict[str, Any]:
            return next(each for each in subscribers if each["expects"]["coverage"] == coverage)

        dependents = [each for each in members if each["subscriber"]][:1]
        return {
            "active": first("active"),
            "inactive": first("inactive"),
            **({"dependent": dependents[0]} if dependents else {}),
            "not-found": first("not_found"),
            "rejected": first("rejected"),
            "payer-down": first("payer_down"),
            "outage": first("active"),
        }

    async def _ask(self, seat: Seat, case: str, member: dict[str, Any]) -> None:
        inquiry = question(member)
        if self._portal.eligibility is None:
            return
        try:
            found: EligibilityAnswer | PortalkeeperError = await self._portal.eligibility(seat, inquiry)
        except PortalkeeperError as error:
            found = error
        check_against_the_world(found, member, case)
        said = {
            "flow": "eligibility",
            "outcome": "good" if case in ("active", "inactive", "dependent") else "refused",
            "payer": self._payer.name,
            "inquiry": inquiry.model_dump(mode="json"),
            "reads": reading(found),
        }
        await self._keep(application(seat.page), "result", case, said)

    async def _ask_claims(self, seat: Seat) -> None:
        """Claims, one page each, the list of several, and what is shown in the place of claims."""
        if self._portal.claim_status is None:
            return
        for status in ("pending", "paid", "partly_paid", "denied"):
            claim = self._claims(status)[0]
            await self._keep_claim(seat, f"{status.replace('_', '-')}", claim)
        mine = self._claims()
        several = next([one, other] for one, other in pairwise(mine) if one["member_id"] == other["member_id"])
        await self._keep_claims(seat, "several", several)
        await self._keep_claims(seat, "none", several, year=2020)
        await self._keep_claims(seat, "unknown-member", several, member_id="W990000001")
        for case, kind in (("payer-down", "payer_down"), ("outage", "outage_text")):
            self._practice.post("/faults", portal=self._portal.name, user=seat.account.username, kind=kind)
            await self._keep_claims(seat, case, several)

    def _claims(self, *statuses: str) -> list[dict[str, Any]]:
        about = (self._payer.payer_ids[0], PROVIDER.npi)
        claims = [each for each in self._practice.get("/claims") if (each["payer"], each["npi"]) == about]
        return [each for each in claims if not statuses or each["expects"]["status"] in statuses]

    async def _keep_claim(self, seat: Seat, case: str, claim: dict[str, Any]) -> None:
        """The page of one claim, as it stands when it has been read."""
        module = importlib.import_module(f"payers.portals.{self._portal.name}.claim_status")
        read_claim, inquiry = module.read_claim, self._claim_question([claim])

        async def kept(screen: object, number: str, *given: object) -> object:
            found = await read_claim(screen, number, *given)
            said = {"flow": "claim_status", "outcome": "good", "payer": self._payer.name, "number": number}
            said |= {
                "inquiry": inquiry.model_dump(mode="json"),
                "reads": found.model_dump(mode="json", exclude_defaults=True),
            }
            await self._keep(application(seat.page), "claim", case, said)
            return found

        module.read_claim = kept
        try:
            [found] = (await module.ask(seat, inquiry)).claims
        finally:
            module.read_claim = read_claim
        if (found.status, str(found.billed)) != (claim["expects"]["status"], claim["expects"]["billed"]):
            raise SystemExit(f"{case}: read {found}, but the sandbox expects {claim['expects']}")

    async def _keep_claims(self, seat: Seat, case: str, claims: list[dict[str, Any]], **changes: Any) -> None:
        """The page that lists claims, or says why there are none."""
        inquiry, module = self._claim_question(claims, **changes), f"payers.portals.{self._portal.name}.claim_status"
        try:
            found: ClaimStatusAnswer | PortalkeeperError = await importlib.import_module(module).ask(seat, inquiry)
        except PortalkeeperError as error:
            found = error
        expected = len(claims) if case == "several" else 0
        if isinstance(found, ClaimStatusAnswer) and len(found.claims) != expected:
            raise SystemExit(f"{case}: read {len(found.claims)} claims, but the sandbox expects {expected}")
        outcome = "good" if case == "several" else "refused"
        reads = reading(found)
        if isinstance(found, ClaimStatusAnswer) and found.claims:
            del reads["claims"]  # each has a page of its own
            reads["numbers"] = [each.payer_claim_number for each in found.claims]
        said = {"flow": "claim_status", "outcome": outcome, "payer": self._payer.name}
        said |= {"inquiry": inquiry.model_dump(mode="json"), "reads": reads}
        await self._keep(application(seat.page), "claims", case, said)

    def _claim_question(
        self, claims: list[dict[str, Any]], year: int | None = None, member_id: str = ""
    ) -> ClaimStatusInquiry:
        about = ("payer", "member_id", "patient")
        members = self._practice.get("/members")
        member = next(each for each in members if all(each[name] == claims[0][name] for name in about))
        days = [date.fromisoformat(each["expects"][end]) for each in claims for end in ("service_from", "service_to")]
        if year:
            days = [day.replace(year=year) for day in days]
        asked = question(member | {"member_id": member_id or member["member_id"]})
        return ClaimStatusInquiry(
            organization=ORGANIZATION,
            provider=PROVIDER,
            member=asked.member,
            service_from=min(days),
            service_to=max(days),
        )

    async def _ask_medicaid_claims(self, seat: Seat) -> None:
        """A member with claims, one without, and an outage in the place of the answer."""
        if self._portal.claim_status is None:
            return
        mine = [each for each in self._practice.get("/members") if each["payer_name"] == self._payer.title]
        filed = self._practice.get("/medicaid-claims")
        numbers = Counter(each["member_id"] for each in filed)
        paid = {each["member_id"] for each in filed if each["trace"]}
        covered = [each for each in mine if each["expects"]["coverage"] == "active"]
        some = next(each for each in covered if numbers[each["member_id"]] == CLAIMS and each["member_id"] in paid)
        none = next(each for each in covered if not numbers[each["member_id"]])
        for case, member in (("found", some), ("none", none), ("outage", some)):
            if case == "outage":
                fault = {"portal": self._portal.name, "kind": "outage_text", "at": "claim_lookup"}
                self._practice.post("/faults", **fault)
            inquiry = medicaid_question(member)
            try:
                found: ClaimStatusAnswer | PortalkeeperError = await self._portal.claim_status(seat, inquiry)
            except PortalkeeperError as error:
                found = error
            count = len(found.claims) if isinstance(found, ClaimStatusAnswer) else None
            if count != {"found": CLAIMS, "none": 0}.get(case):
                raise SystemExit(f"{case}: read {reading(found)}")
            said = {
                "flow": "claim_status",
                "outcome": "good" if case == "found" else "refused",
                "payer": self._payer.name,
                "inquiry": inquiry.model_dump(mode="json"),
                "reads": reading(found),
            }
            await self._keep(application(seat.page), "claims", case, said)

    async def _keep(self, page: Page | Frame, screen: str, case: str, said: dict[str, Any]) -> None:
        html = re.sub(r"\s*\n\s*", "\n", re.sub(BLOCKS, "\n", await page.evaluate(SNAPSHOT)))
        file = self._folder / f"{screen}--{case}"
        file.with_suffix(".html").write_text(f"<!doctype html>\n{masked(html.strip())}\n")
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


def medicaid_question(member: dict[str, Any]) -> ClaimStatusInquiry:
    """The question about one synthetic member's claims of the year."""
    return ClaimStatusInquiry(
        organization=ORGANIZATION,
        provider=PROVIDER,
        member=Member(member_id=member["member_id"], patient=Person.model_validate(member["patient"])),
        service_from=date(2026, 1, 1),
        service_to=DAY,
    )


def reading(found: EligibilityAnswer | ClaimStatusAnswer | PortalkeeperError) -> dict[str, Any]:
    """What was read, or why nothing was, as it stands in the JSON file."""
    if isinstance(found, PortalkeeperError):
        return Failure.of(found).model_dump(mode="json", exclude_none=True)
    return found.model_dump(mode="json", exclude_defaults=True)


def check_against_the_world(found: EligibilityAnswer | PortalkeeperError, member: dict[str, Any], case: str) -> None:
    """A reading is only kept if it is what the sandbox says is right."""
    expected = member["expects"]
    if isinstance(found, PortalkeeperError):
        right = (case in ("payer-down", "outage")) and type(found).__name__ == "PayerUnavailable"
    else:
        right = found.coverage == expected["coverage"] and found.reject_code == expected["reject_code"]
        right = right and found.plan_name in _plan_words(expected, case)
    if not right:
        raise SystemExit(f"{case}: read {reading(found)}, but the sandbox expects {expected}")


def _plan_words(expected: dict[str, Any], case: str) -> tuple[str | None, ...]:
    """How a page may spell the plan; of somebody who is not covered it may say none."""
    name = expected.get("plan_name")
    return name, name and name.upper(), *([None] if case == "inactive" else [])


def masked(text: str) -> str:
    """`text` without what differs from run to run."""
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    numbers = {
        uuid: f"00000000-0000-4000-8000-{number:012d}" for number, uuid in enumerate(dict.fromkeys(UUID.findall(text)))
    }
    return UUID.sub(lambda found: numbers[found[0]], text)


async def main(folder: Path) -> None:
    """Record every portal into `folder`."""
    with running("--seed", "1") as practice:
        practice.post("/clock", advance_seconds=NOON.timestamp() - practice.now())
        host = await Host.start(find_browser(None))
        try:
            for name in PAYERS:
                await Recorder(practice, host, portals()[name], folder).record()
        finally:
            await host.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGES))
