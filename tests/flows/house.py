"""A billing office for a test: a data folder, accounts on the simulated portals, and the command line."""

from __future__ import annotations

import functools
import itertools
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from bots import kept_state, now, settings
from bots.desk import Question
from bots.disk import private_folder, write_durably
from bots.inventory import Inventory
from bots.inventory.accounts import Scope, add_account, add_organization, add_provider
from bots.runner import Runner
from bots.sealing import load_key
from bots.vault import create_vault
from flows.claim_status import ClaimStatusInquiry
from flows.eligibility import EligibilityInquiry
from flows.parties import Member, Organization, Payer, Person, Provider, Relationship
from payers.registry import listed_payers
from tests.flows.command_process import run_command

ORGANIZATION = Organization(name="Example Valley Medical Group", tin="000004471")
OTHER_ORGANIZATION = Organization(name="Cedar Hollow Pediatrics", tin="000007312")
NPI = "2000001018"
OTHER_NPI = "2000002016"
RELATIONSHIPS = {"self": Relationship.SELF, "spouse": Relationship.SPOUSE, "child": Relationship.CHILD}
SESSION_COOKIES = {  # of each simulated portal, and its host where that is not the portal's own
    "availity": ("AVSESSION", ""),
    "epaces": ("ASP.NET_SessionId", ""),
    "medi_cal": ("MCSESSION", ""),
    "tmhp": ("OKTASID", "iamonline.localhost"),
    "uhc": ("UHCSESSION", ""),
}
_numbers = itertools.count(1)


class World:
    """The sandbox process of this test run, by its control interface."""

    def __init__(self, ready: Mapping[str, Any], clock_file: Path) -> None:
        self.control = ready["control"]
        self.urls = {name: portal["url"] for name, portal in ready["portals"].items()}
        self.clock_file = clock_file
        self.mail_folder = clock_file.parent / "mail"

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.control + path, timeout=60) as answer:
            return json.load(answer)

    def post(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(self.control + path, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def clear_faults(self) -> None:
        urllib.request.urlopen(urllib.request.Request(self.control + "/faults", method="DELETE"), timeout=60).close()

    def advance(self, seconds: float) -> None:
        """Move the clock; a code step is 31."""
        self.post("/clock", advance_seconds=seconds)

    def account(self, portal: str, user: str) -> dict[str, Any]:
        """What the portal saw of one user."""
        found: dict[str, Any] = self.get("/state")["portals"][portal]["accounts"][user]
        return found

    def members(self, portal: str, coverage: str | None = None) -> list[dict[str, Any]]:
        """Synthetic members with what a right answer says of them."""
        return [
            member
            for member in self.get("/members")
            if member["portal"] == portal and coverage in (None, member["expects"]["coverage"])
        ]

    def claims(self, portal: str, *statuses: str, npi: str = NPI) -> list[dict[str, Any]]:
        """Synthetic claims of a provider, with what a right answer says of them."""
        return [
            claim
            for claim in self.get("/claims")
            if (claim["portal"], claim["npi"]) == (portal, npi)
            and (not statuses or claim["expects"]["status"] in statuses)
        ]


@functools.cache
def _initialised() -> TemporaryDirectory[str]:
    """A data folder as `init` leaves it, which the houses of this process are copies of."""
    made = TemporaryDirectory()
    env = {**os.environ, "PORTALKEEPER_HOME": made.name}
    subprocess.run([sys.executable, "-m", "bots", "init"], env=env, check=True, capture_output=True)
    return made


class House:
    """One data folder, made as `init` makes it."""

    def __init__(self, home: Path, world: World) -> None:
        self.home = home
        self.world = world
        shutil.copytree(_initialised().name, home)
        (home / "sandbox-clock.json").symlink_to(world.clock_file)
        mail = {"mail_folder": world.mail_folder, "mail_server": "mx.worker.example", "letter_seconds": 20}
        self.env = {**os.environ, "PORTALKEEPER_HOME": str(home)}
        self.env |= {f"PORTALKEEPER_{name.upper()}": str(value) for name, value in mail.items()}
        self.settings = settings.load(home).model_copy(update=mail)
        now.use_sandbox_clock(self.settings.sandbox_clock)
        self.key = load_key(self.settings.key_file)
        self.vault = create_vault(self.settings.vault_folder, self.key)
        self.inventory = Inventory(self.settings.database)
        at = now.utc().isoformat()
        for organization in (ORGANIZATION, OTHER_ORGANIZATION):
            add_organization(self.inventory, organization, by="test", at=at)
        for npi in (NPI, OTHER_NPI):
            add_provider(self.inventory, Provider(npi=npi), "", by="test", at=at)

    def account(
        self, portal: str = "availity", *, password: str | None = None, signed_in: bool = False, **changes: Any
    ) -> tuple[str, str]:
        """A fresh login on a portal; returns the account's name and its user id. `password` goes into the vault only.

        One that is `signed_in` has the state that an earlier run would have kept, where the sign-in is not the matter.
        """
        number = next(_numbers)
        user = f"test{os.getpid() % 10000:04}{number:03}" + ("@clinic.example" if portal == "medi_cal" else "")
        made = self.world.post("/accounts", portal=portal, user=user, **changes)
        name = f"{portal.replace('_', '-')}-{number}"
        scope = [Scope(ORGANIZATION.name, ORGANIZATION.tin), Scope(OTHER_ORGANIZATION.name, OTHER_ORGANIZATION.tin)]
        row = {"name": name, "portal": portal, "user_id": user, "kind": "worker", "address": self.world.urls[portal]}
        row["registered_email"] = made["email"]
        add_account(self.inventory, row, scope, by="test", at=now.utc().isoformat())
        self.vault.put(
            name, password=SecretStr(password or made["password"]), totp_secret=SecretStr(made["totp_secret"])
        )
        if signed_in:
            self._keep_session(portal, name, user)
        return name, user

    def _keep_session(self, portal: str, name: str, user: str) -> None:
        session = self.world.post("/sessions", portal=portal, user=user, elsewhere=False)
        assert session["stage"] == "home", session
        cookie, host = SESSION_COOKIES[portal]
        address = self.world.urls[portal]
        kept = {"name": cookie, "value": session["token"], "domain": host or urlsplit(address).hostname, "path": "/"}
        kept |= {"expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
        tokens = {address: {"uhc.bearer": session["bearer"]}} if portal == "uhc" else {}
        state = {"storage": {"cookies": [kept], "origins": []}, "session": tokens}
        kept_as = private_folder(self.settings.state_folder) / f"{name}.age"
        write_durably(kept_as, kept_state.packed(state, self.key).encode())

    @asynccontextmanager
    async def runner(self, source: str = "command") -> AsyncIterator[Runner]:
        runner = Runner(self.settings, self.inventory, self.vault, self.key, source=source, by="test")
        try:
            yield runner
        finally:
            await runner.stop()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "bots", *arguments]

    def pk(self, *arguments: str, given: str = "", seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run the command line as a person would."""
        return run_command(arguments, self.env, given, seconds)

    def process(self, *arguments: str, given: str = "", seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run it where the process itself is the matter."""
        return subprocess.run(
            self.command(*arguments), env=self.env, input=given, capture_output=True, text=True, timeout=seconds
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the command line and go on."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def question(member: Mapping[str, Any], organization: Organization = ORGANIZATION, npi: str = NPI) -> Question:
    """The question about one synthetic member, for today."""
    inquiry = EligibilityInquiry(
        organization=organization,
        provider=Provider(npi=npi),
        member=_member(member),
        service_date=now.utc().date(),
    )
    return Question(payer=_payer(member), inquiry=inquiry)


def claim_question(world: World, claim: Mapping[str, Any], **changes: Any) -> Question:
    """The question about one synthetic claim: its patient, its provider, its first and last day."""
    key = ("payer", "member_id", "patient")
    member = next(
        each for each in world.get("/members") if [each[name] for name in key] == [claim[name] for name in key]
    )
    fields = {
        "organization": ORGANIZATION if claim["tin"] == ORGANIZATION.tin else OTHER_ORGANIZATION,
        "provider": Provider(npi=claim["npi"]),
        "member": _member(member),
        "service_from": claim["expects"]["service_from"],
        "service_to": claim["expects"]["service_to"],
    }
    return Question(payer=_payer(member), inquiry=ClaimStatusInquiry.model_validate(fields | changes))


def _payer(member: Mapping[str, Any]) -> Payer:
    return next(listed.payer for listed in listed_payers().values() if listed.payer.title == member["payer_name"])


def _member(member: Mapping[str, Any]) -> Member:
    subscriber = Person.model_validate({"sex": "", **member["subscriber"]}) if member["subscriber"] else None
    return Member(
        member_id=member["member_id"],
        patient=Person.model_validate(member["patient"]),
        relationship=RELATIONSHIPS[member["relationship"]],
        subscriber=subscriber,
    )
