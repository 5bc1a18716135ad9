"""The demonstration: a throw-away office on the simulated portals, driven by the same commands a person types."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bots.cli.printing import print_table, tell

ORGANIZATION = "Example Valley Medical Group"
NPI = "2000001018"
PORTALS = {"availity": "evalley01", "uhc": "evalley_uhc1"}
WRONG_USER = "evalley02"
QUESTIONS = 60
SCHEDULE = """demo-sign-ins:
  flow: login
  accounts: [availity-demo, uhc-demo]
  cron: "* * * * *"
  zone: America/New_York
"""


class Demo:
    """One demonstration in a folder of its own. Its only door to the sandbox is HTTP."""

    def __init__(self, home: Path, ready: dict[str, Any]) -> None:
        self.home = home
        self._control = ready["control"]
        self._urls = {name: portal["url"] for name, portal in ready["portals"].items()}
        self._env = {**os.environ, "PORTALKEEPER_HOME": str(home)}

    def run(self) -> None:
        """Everything, in the order in which a new office would do it."""
        self._set_up()
        self._sign_in()
        self._batch()
        self._wrong_password()
        self._service()
        self._report()
        self._table()

    def _set_up(self) -> None:
        _title("An office: its organization, its provider, two accounts, their secrets")
        self._pk("init", quiet=True)
        self._pk("organization", "add", ORGANIZATION, "--tin", "000004471")
        self._pk("provider", "add", NPI, "--name", "Marguerite Sampleton")
        for portal, user in PORTALS.items():
            self._add_account(f"{portal}-demo", portal, user)

    def _add_account(self, name: str, portal: str, user: str, password: str | None = None) -> None:
        seen = self._seen(portal)[user]
        scope = ("--organization", ORGANIZATION)
        self._pk("account", "add", name, "--portal", portal, "--user-id", user, "--address", self._urls[portal], *scope)
        self._pk("vault", "set", name, given=password or seen["password"])
        self._pk("vault", "set", name, "--totp", given=seen["totp_secret"])

    def _sign_in(self) -> None:
        _title("Signing in: password, then a code; the second time the kept session is enough")
        for name in ("availity-demo", "uhc-demo", "availity-demo"):
            self._pk("sign-in", name)

    def _batch(self) -> None:
        _title(f"{QUESTIONS} patients of four payers from a CSV file")
        file = self.home / "patients.csv"
        _write_patients(file, self._get("/members"))
        self._pk("eligibility", "--batch", str(file), "--out", str(self.home / "answers.csv"), may_fail=True)

    def _wrong_password(self) -> None:
        _title("A wrong password in the vault: refused once, then never submitted again")
        self._add_account("availity-wrong", "availity", WRONG_USER, password="Wr0ng-pass$1")  # noqa: S106 - it is meant to be wrong
        self._pk("sign-in", "availity-wrong", may_fail=True)
        self._pk("sign-in", "availity-wrong", may_fail=True)
        count = self._seen("availity")[WRONG_USER]["password_submissions"]
        print(f"the portal saw {count} password submission{'s' if count != 1 else ''}, and did not lock the account")

    def _service(self) -> None:
        _title("The service runs its schedule for a short while")
        (self.home / "schedules.yaml").write_text(SCHEDULE, encoding="utf-8")
        service = subprocess.Popen(
            _command("serve"), env=self._env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if service.stderr:
            print(service.stderr.readline().rstrip())  # it has begun once it says so
        self._post("/clock", advance_seconds=60)
        _wait_until(lambda: self._done() >= 2, seconds=40)
        service.terminate()
        service.communicate(timeout=30)
        print(f"{self._done()} scheduled sign-ins done; the service ended with code {service.returncode}")

    def _done(self) -> int:
        runs = json.loads(self._output("runs", "--json", "--limit", "100"))
        return sum(run["source"] == "service" and bool(run["ended_at"]) for run in runs)

    def _report(self) -> None:
        _title("The health report")
        self._pk("report", "--out", str(self.home / "report.html"))

    def _table(self) -> None:
        _title("What happened, as the portals saw it")
        rows = [
            {"portal": portal, "login": user, **{key: seen[key] for key in COUNTS}, "locked": seen["locked"]}
            for portal in PORTALS
            for user, seen in self._seen(portal).items()
            if seen["password_submissions"]
        ]
        print_table(rows, ["portal", "login", *COUNTS, "locked"], empty="nothing")
        print()
        for what, file in (
            ("answers", "answers.csv"),
            ("benefits", "answers.benefits.csv"),
            ("report", "report.html"),
            ("inventory", "inventory.db"),
        ):
            print(f"{what:<10} {self.home / file}")

    def _pk(self, *arguments: str, given: str = "", quiet: bool = False, may_fail: bool = False) -> None:
        """Run one command and show it as it would be typed."""
        print(f"$ portalkeeper {' '.join(_quoted(word) for word in arguments)}", flush=True)
        ended = subprocess.run(
            _command(*arguments),
            env=self._env,
            input=given,
            text=True,
            stdout=subprocess.DEVNULL if quiet else None,
            check=False,
        )
        if ended.returncode and not may_fail:
            raise SystemExit(f"the demonstration stopped: that command ended with code {ended.returncode}")

    def _output(self, *arguments: str) -> str:
        return subprocess.run(_command(*arguments), env=self._env, capture_output=True, text=True, check=True).stdout

    def _seen(self, portal: str) -> dict[str, Any]:
        accounts: dict[str, Any] = self._get("/state")["portals"][portal]["accounts"]
        return accounts

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self._control + path, timeout=10) as answer:  # noqa: S310 - our own sandbox
            return json.load(answer)

    def _post(self, path: str, **body: Any) -> None:
        request = urllib.request.Request(self._control + path, json.dumps(body).encode(), method="POST")  # noqa: S310
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - our own sandbox


COUNTS = ("sign_ins", "password_submissions", "password_refusals", "code_submissions", "lookups")


def run_demo() -> None:
    """Run the demonstration; its folder stays for a look afterwards."""
    started = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="portalkeeper-demo-"))
    with _sandbox(home / "sandbox-clock.json") as ready:
        Demo(home, ready).run()
    print(f"done in {time.monotonic() - started:.0f} s; everything lies in {home}")


@contextmanager
def _sandbox(clock_file: Path) -> Iterator[dict[str, Any]]:
    """The sandbox as a process of its own, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--clock-file", str(clock_file)], stdout=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SystemExit("the sandbox did not start")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _write_patients(file: Path, members: list[dict[str, Any]]) -> None:
    """A batch over all payers, as many of each."""
    payers = sorted({member["payer"] for member in members})
    chosen = [part for payer in payers for part in _spread([m for m in members if m["payer"] == payer], len(payers))]
    columns = ("last_name", "first_name", "birth_date")
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target)
        writer.writerow(
            ["reference", "payer", "organization", "provider_npi", "member_id", "relationship", "service_date"]
            + [f"{who}_{column}" for who in ("patient", "subscriber") for column in columns]
        )
        for number, member in enumerate(chosen, 1):
            subscriber = member["subscriber"] or {}
            writer.writerow(
                [f"DEMO-{number:03}", member["payer"], ORGANIZATION, NPI, member["member_id"], member["relationship"]]
                + [time.strftime("%Y-%m-%d")]
                + [member["patient"][column] for column in columns]
                + [subscriber.get(column, "") for column in columns]
            )


def _spread(members: list[dict[str, Any]], payers: int) -> list[dict[str, Any]]:
    """This payer's share of the questions, from all of its members."""
    share = QUESTIONS // payers
    return members[:: max(1, len(members) // share)][:share]


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bots", *arguments]


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _title(words: str) -> None:
    print(f"\n== {words}", flush=True)


def _wait_until(condition: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            tell("the service did not get there in time")
            return
        time.sleep(0.5)
