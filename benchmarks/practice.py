"""The stage for every measurement: the practice world as a process, a data folder, accounts, and a work list."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bots import settings
from bots.inventory import Inventory
from bots.inventory.accounts import Scope, add_account, add_organization, add_provider
from bots.sealing import load_key
from bots.vault import Vault
from flows.parties import Organization, Provider

ORGANIZATION = Organization(name="Example Valley Medical Group", tin="000004471")
NPI = "2000001018"
PORTAL = "availity"
ANSWERED = ("active", "inactive", "not_found", "rejected")
COLUMNS = (
    "reference",
    "payer",
    "organization",
    "provider_npi",
    "member_id",
    "patient_last_name",
    "patient_first_name",
    "patient_birth_date",
    "service_date",
    "relationship",
    "account",
)


class World:
    """The practice world, by its control interface."""

    def __init__(self, ready: Mapping[str, Any]) -> None:
        self.pid: int = ready["pid"]
        self.control = ready["control"]
        self.urls: dict[str, str] = {name: portal["url"] for name, portal in ready["portals"].items()}
        self.url = self.urls[PORTAL]
        self._users = 0

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.control + path, timeout=20) as answer:
            return json.load(answer)

    def post(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(self.control + path, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def account(self) -> dict[str, Any]:
        """A fresh login: user, password, totp_secret."""
        self._users += 1
        made: dict[str, Any] = self.post("/accounts", portal=PORTAL, user=f"bench{self._users:04}")
        return made

    def seen(self, user: str) -> dict[str, Any]:
        """What the portal counted of one user."""
        counts: dict[str, Any] = self.get("/state")["portals"][PORTAL]["accounts"][user]
        return counts

    def members(self, wanted: int) -> list[dict[str, Any]]:
        """Members whom a payer answers about, of all payers, mixed as appointments are."""
        members = [
            member
            for member in self.get("/members")
            if member["portal"] == PORTAL and member["expects"]["coverage"] in ANSWERED
        ]
        random.Random(7).shuffle(members)
        return members[:wanted]


@contextmanager
def world(*options: str) -> Iterator[World]:
    """A practice world for the length of a `with`."""
    process = subprocess.Popen([sys.executable, "-m", "sandbox", *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield World(json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        process.wait(timeout=20)


class House:
    """A fresh data folder, made by `init`, with the organization that asks."""

    def __init__(self, home: Path, stage: World) -> None:
        self.world = stage
        self.environment = {**os.environ, "PORTALKEEPER_HOME": str(home)}
        command = [sys.executable, "-m", "bots", "init"]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)
        self.settings = settings.load(home)
        self.key = load_key(self.settings.key_file)
        self.vault = Vault(self.settings.vault_folder, self.key)
        self.inventory = Inventory(self.settings.database)
        add_organization(self.inventory, ORGANIZATION, by="bench", at=_stamp())
        add_provider(self.inventory, Provider(npi=NPI), "", by="bench", at=_stamp())

    def account(self, name: str) -> dict[str, Any]:
        """A fresh login in inventory and vault; without signed-in state, so that its first run types a password."""
        made = self.world.account()
        row = {"name": name, "portal": PORTAL, "user_id": made["user"], "kind": "worker", "address": self.world.url}
        add_account(self.inventory, row, [Scope(ORGANIZATION.name, ORGANIZATION.tin)], by="bench", at=_stamp())
        self.vault.put(name, password=SecretStr(made["password"]), totp_secret=SecretStr(made["totp_secret"]))
        return made


def write_questions(file: Path, members: Sequence[Mapping[str, Any]], account: str = "") -> None:
    """A work list as a billing system exports it, for today."""
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        for number, member in enumerate(members, 1):
            patient = member["patient"]
            writer.writerow(
                {
                    "reference": f"{number:04}",
                    "payer": member["payer_name"],
                    "organization": ORGANIZATION.name,
                    "provider_npi": NPI,
                    "member_id": member["member_id"],
                    "patient_last_name": patient["last_name"],
                    "patient_first_name": patient["first_name"],
                    "patient_birth_date": patient["birth_date"],
                    "service_date": time.strftime("%Y-%m-%d", time.gmtime()),
                    "relationship": member["relationship"],
                    "account": account,
                }
            )


def right_answers(file: Path, members: Sequence[Mapping[str, Any]]) -> int:
    """How many lines of an answers file say what the portal holds to be right."""
    with file.open(newline="", encoding="utf-8") as found:
        lines = {line["reference"]: line for line in csv.DictReader(found)}
    return sum(_is_right(lines[f"{number:04}"], member["expects"]) for number, member in enumerate(members, 1))


def _is_right(line: Mapping[str, str], expects: Mapping[str, Any]) -> bool:
    wanted = {
        "coverage": expects["coverage"],
        "plan_name": expects.get("plan_name"),
        "group_number": expects.get("group_number"),
        "deductible_individual": expects.get("deductible_individual"),
    }
    return all(line[name] == (value or "") for name, value in wanted.items())


def wait_for_code_step(seconds: int = 30) -> None:
    """Wait until a time step of the authenticator has just begun."""
    time.sleep(seconds - time.time() % seconds + 0.05)


def _stamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
