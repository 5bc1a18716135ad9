"""The values of a house that must be found nowhere in clear, gathered where they come up: needles by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from asking import Result
from claiming import of_one_member
from fetching import rows_and_question
from house import House, claim_question
from medicaid import medicaid_question, on_file, with_claims
from needles import SHORTEST, arguments_of, files_in, leaks

from bots import kept_state
from bots.attempts import Attempts
from bots.desk import Question
from bots.era.archive import Archive
from bots.sealing import unseal

MEDICAID = ("epaces", "medi_cal")
WITHOUT_CLAIMS = ("tmhp",)
WITH_ERAS = ("availity", "uhc", "tmhp")
WITH_RECOVERY = ("availity", "uhc")


class Planted:
    """What was planted in one house: `values` grows with each account and each run."""

    def __init__(self, house: House) -> None:
        self.values: dict[str, str] = {}
        self._house = house
        self._sessions: list[Attempts] = []

    def note_what_is_typed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every password, code, answer, letter and token that a session hands out from now on."""
        begin, sessions = Attempts.__init__, self._sessions

        def noted(self: Attempts, *given: Any, **named: Any) -> None:
            begin(self, *given, **named)
            sessions.append(self)

        monkeypatch.setattr(Attempts, "__init__", noted)

    def add(self, name: str, *values: str) -> None:
        """More values of one kind."""
        for value in values:
            if len(value) >= SHORTEST and value not in self.values.values():
                self.values[f"{name} {len(self.values)}"] = value

    def of_account(self, portal: str, name: str, user: str) -> None:
        """Secrets, letters and cookies of an account, on both sides."""
        seen, kept = self._house.world.account(portal, user), self._house.vault.get(name)
        pending = [kept.pending.password] if kept.pending else []
        passwords = [kept.password, *pending, *(each.password for each in kept.history)]
        self.add("password", seen["password"], *(each.get_secret_value() for each in passwords))
        self.add("authenticator secret", seen["totp_secret"])
        self.add("backup code", *seen["backup_codes"])
        letters = self._house.world.get(f"/mail?portal={portal}&user={user}")
        self.add("link", *(each["link"].partition("token=")[2] for each in letters if each["link"]))
        self.add("mailed code", *(each["code"] for each in letters if each["code"]))
        self._of_state(name)

    def _of_state(self, name: str) -> None:
        file = self._house.settings.state_folder / f"{name}.age"
        state = kept_state.unsealed(file.read_text() if file.exists() else None, self._house.key)
        cookies = [each["value"] for each in (state["storage"] or {}).get("cookies", [])]
        stored = [value for origin in state["session"].values() for value in origin.values()]
        self.add("cookie", *(value for value in cookies if len(value) >= 12))
        self.add("session storage", *(value for value in stored if len(value) >= 12))

    def of_member(self, member: Mapping[str, Any]) -> None:
        """Who is asked about."""
        patient = member["patient"]
        self.add("member id", member["member_id"])
        self.of_person(patient["first_name"], patient["last_name"], str(patient["birth_date"]))

    def of_person(self, first: str, last: str, born: str = "") -> None:
        """A name as sites and files spell it, and a birth date."""
        self.add("name", f"{first} {last}", f"{last}, {first}", f"{last}*{first}", f"{last}\t{first}")
        if born:
            year, month, day = born.split("-")
            self.add("birth date", born, f"{month}/{day}/{year}", f"{year}{month}{day}")

    def of_results(self, results: list[Result]) -> None:
        """Claim numbers and people in answers."""
        for result in results:
            for name, value in _texts(result.model_dump(mode="json")):
                if name in ("payer_claim_number", "patient_control_number", "returned_member_id"):
                    self.add(name, value)

    def of_files(self) -> int:
        """Patients and claims of the remittances that came; how many files there are."""
        rows = self._house.inventory.rows("SELECT sha256, received_at FROM era_files")
        archive = Archive(self._house.settings.era_folder / "archive", self._house.key)
        texts = [archive.open(row["sha256"], row["received_at"]) for row in rows]
        texts += [unseal(path.read_bytes(), self._house.key) for path in self._house.settings.fetched_folder.glob("*")]
        for segment in b"~".join(texts).decode("latin-1").split("~"):
            match segment.strip().split("*"):
                case ["CLP", control, _, _, _, _, _, number, *_]:
                    self.add("claim number", control, number)
                case ["NM1", "QC", _, last, first, *rest]:
                    self.of_person(first, last)
                    self.add("member id", rest[-1])
        return len(texts)

    def typed(self) -> None:
        """What sessions handed out up to now."""
        for session in self._sessions:
            self.add("typed", *session.handed_out)

    def kinds(self) -> set[str]:
        """Of which kinds there is one."""
        return {name.rpartition(" ")[0] for name in self.values}

    def found_in(self, *folders: Path, said: Mapping[str, str], processes: bool = True) -> list[str]:
        """Where any of it is: in files but the answers and the drop folder, in what was said, in processes' arguments."""
        clear = [self._house.settings.answers_folder, self._house.settings.era_folder / "drop"]
        self._house.inventory.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        seen = files_in(*folders, without=clear) + [(name, text.encode()) for name, text in said.items()]
        children = psutil.Process().children(recursive=True) if processes else []
        seen += arguments_of(*(child.pid for child in children if child.is_running()))
        return leaks(seen, self.values)


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, name)
    elif isinstance(value, str):
        yield name, value


def about_a_claim(house: House, portal: str, planted: Planted) -> Question | None:
    """A question about claims of somebody who has some; none where the portal has no claim status."""
    if portal in WITHOUT_CLAIMS:
        return None
    if portal in MEDICAID:
        member = with_claims(house, portal, lambda count: count > 1)[0]
        planted.add("claim number", *(each["number"] for each in on_file(house, member)))
        planted.of_member(member)
        return medicaid_question(member)
    claim = of_one_member(house.world.claims(portal, "paid", "denied"), 1)[0]
    planted.add("claim number", claim["expects"]["payer_claim_number"])
    asked = claim_question(house.world, claim)
    planted.of_member(claim)
    return asked


def about_eras(house: House, portal: str, user: str) -> Question | None:
    """A question about a few remittances."""
    return rows_and_question(house, portal, user, 2)[1] if portal in WITH_ERAS else None
