"""What `demo` asks: every payer is among its questions, and each question finds an account that may ask it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from house import House

from bots.cli.demo.story import CLAIMS, PATIENTS, USERS
from bots.cli.demo.worklists import write_claims, write_patients
from payers.registry import listed_payers


@pytest.mark.parametrize(
    ("command", "flow", "write", "most"),
    [("eligibility", "eligibility", write_patients, PATIENTS), ("claim-status", "claim_status", write_claims, CLAIMS)],
)
def test_every_payer_is_asked(house: House, tmp_path: Path, command: str, flow: str, write, most: int) -> None:
    for portal in USERS:
        house.account(portal)
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
