"""What `demo` asks: every payer is among its questions, and each question finds an account that may ask it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from house import House

from bots import now
from bots.cli.demo.story import CLAIMS, PATIENTS, USERS, WRONG, WRONG_NPI, WRONG_SCOPE, WRONG_USER
from bots.cli.demo.worklists import write_claims, write_patients
from bots.inventory.accounts import add_provider
from flows.parties import Provider
from payers.registry import listed_payers


@pytest.mark.parametrize(
    ("command", "flow", "write", "most"),
    [("eligibility", "eligibility", write_patients, PATIENTS), ("claim-status", "claim_status", write_claims, CLAIMS)],
)
def test_every_payer_is_asked(house: House, tmp_path: Path, command: str, flow: str, write, most: int) -> None:
    for portal in USERS:
        house.account(portal)
    add_provider(house.inventory, Provider(npi=WRONG_NPI), "", by="test", at=now.utc().isoformat())
    where = ("--portal", "availity", "--address", house.world.urls["availity"])
    assert house.pk("account", "add", WRONG, *where, "--user-id", WRONG_USER, *WRONG_SCOPE).returncode == 0
    file = tmp_path / "questions.csv"
    count = write(house.world, file, most)
    with file.open() as rows:
        asked = {row["payer"] for row in csv.DictReader(rows)}
    assert len(asked) == sum(flow in listed.portal.offers() for listed in listed_payers().values())
    shown = json.loads(house.pk(command, "--batch", str(file), "--preview", "--json").stdout)
    assert (shown["questions"], shown["problems"], shown["duplicates"], shown["no_route"]) == (count, [], [], [])
    offering = {listed.portal.name for listed in listed_payers().values() if flow in listed.portal.offers()}
    assert len(shown["to_ask"]) == len(offering)
    assert sum(shown["to_ask"].values()) == count
