"""What the demonstration shows, in the order in which a new office would do it."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bots.cli.demo.stage import Stage, sandbox, title, wait_until
from bots.cli.demo.worklists import NPI, ORGANIZATION, write_claims, write_deposits, write_patients
from bots.cli.printing import print_table
from bots.inventory import stamp

USERS = {
    "availity": "evalley01",
    "uhc": "evalley_uhc1",
    "tmhp": "evalley_tx1",
    "epaces": "evalleyny1",
    "medi_cal": "evalley1@clinic.example",
}
WITH_CODES = ("availity", "uhc", "tmhp")
WRONG, WRONG_USER = "availity-wrong", "evalley02"
WRONG_NPI = "2000001026"
WRONG_SCOPE = ("--organization", ORGANIZATION, "--npi", WRONG_NPI)  # so that each patient has one account that asks
PATIENTS, CLAIMS = 56, 28
ERA_PAYERS = {  # as the sandbox names them
    "availity": ("62308", "61101", "florida-blue", "60054"),
    "uhc": ("87726",),
    "tmhp": ("texas-medicaid",),
}
TIN = "000004471"
ERA_DAYS = 21
DAY = 86400
LISTED = 16
ZONE, JITTER = ZoneInfo("America/New_York"), timedelta(minutes=10)
SCHEDULE = """sign-ins:
  {{flow: login, accounts: [{accounts}], every: 8h, jitter: 10m, zone: America/New_York}}
patients-of-today:
  {{flow: eligibility, list: patients.csv, cron: "0 4 * * *", ready_by: "12:00", zone: America/New_York}}
backup-every-night:
  {{flow: backup, cron: "10 4 * * *", zone: America/New_York}}
"""
COUNTS = (
    "sign_ins",
    "password_submissions",
    "password_refusals",
    "code_submissions",
    "questions",
    "password_changes",
)


def run_demo() -> None:
    """Run the demonstration; its folder stays for a look afterwards."""
    started = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="portalkeeper-demo-"))
    with sandbox(home) as ready:
        stage = Stage(home, ready)
        for act in ACTS:
            act(stage)
    print(f"done in {time.monotonic() - started:.0f} s; everything lies in {home}")


def _set_up(stage: Stage) -> None:
    title(f"An office: its organization, its provider, {len(USERS)} accounts, their secrets")
    stage.pk("init", quiet=True)
    stage.pk("organization", "add", ORGANIZATION, "--tin", TIN)
    stage.pk("provider", "add", NPI, "--name", "Marguerite Sampleton")
    for portal, user in USERS.items():
        _add_account(stage, _account(portal), portal, user)


def _account(portal: str) -> str:
    return f"{portal.replace('_', '-')}-demo"


def _add_account(stage: Stage, name: str, portal: str, user: str, password: str | None = None) -> None:
    seen = stage.seen(portal)[user]
    scope = WRONG_SCOPE if name == WRONG else ("--organization", ORGANIZATION)
    where = ("--portal", portal, "--address", stage.urls[portal])
    letters = ("--set", f"registered_email={seen['email']}")
    stage.pk("account", "add", name, *where, "--user-id", user, *scope, *letters)
    stage.pk("vault", "set", name, given=password or seen["password"])
    if portal in WITH_CODES:
        stage.pk("vault", "set", name, "--totp", given=seen["totp_secret"])


def _sign_in(stage: Stage) -> None:
    title("Signing in: password, and a code where one is wanted; the second time the kept session is enough")
    stage.pk_at_once(*(("sign-in", _account(portal)) for portal in USERS))
    stage.pk("sign-in", _account("availity"))


def _eligibility(stage: Stage) -> None:
    file = stage.home / "patients.csv"
    title(f"Eligibility of {write_patients(stage, file, PATIENTS)} patients of all payers, from a CSV file")
    stage.pk("eligibility", "--batch", str(file), "--out", str(stage.home / "answers.csv"), may_fail=True)


def _claim_status(stage: Stage) -> None:
    file = stage.home / "claims.csv"
    title(f"Where {write_claims(stage, file, CLAIMS)} claims stand, from a CSV file")
    stage.pk("claim-status", "--batch", str(file), "--out", str(stage.home / "statuses.csv"), may_fail=True)


def _eras(stage: Stage) -> None:
    title("Remittances of three portals: fetched, judged, passed on once; one late, one damaged at first, one revised")
    today = datetime.fromisoformat(stage.get("/state")["now"]).date()
    first, last = today - timedelta(days=ERA_DAYS - 1), today
    asked = f"tin={TIN}&first={first}&last={last}"
    about = {portal: {"portal": portal, "user": USERS[portal]} for portal in ERA_PAYERS}
    paid = {
        portal: [
            row
            for payer in payers
            for row in stage.get(f"/payments?portal={portal}&user={USERS[portal]}&payer={payer}&{asked}")
        ]
        for portal, payers in ERA_PAYERS.items()
    }
    oldest = {
        portal: next(row["trace"] for row in reversed(rows) if row["method"] == "ACH") for portal, rows in paid.items()
    }
    fetch = ("era", "fetch", "--organization", TIN, "--since", f"{first}", "--until", f"{last}")
    stage.post("/payments", **about["availity"], trace=oldest["availity"], late=True)
    stage.post("/faults", **about["tmhp"], kind="truncated_file")
    stage.pk(*fetch)
    stage.post("/payments", **about["uhc"], trace=oldest["uhc"], revised=True)
    print("(meanwhile a payer revises a remittance; what came damaged is fetched again)")
    stage.pk(*fetch)
    print("(and the bank tells of its deposits: the late remittance is missed by list and bank, as one thing)")
    write_deposits(stage.home / "bank.csv", [row for rows in paid.values() for row in rows])
    stage.pk("era", "bank", str(stage.home / "bank.csv"))
    stage.pk("era", "list")
    stage.pk("era", "missing", may_fail=True)


def _wrong_password(stage: Stage) -> None:
    title("A wrong password in the vault: refused once, then never submitted again")
    wrong = "Wr0ng-pass$1"
    stage.pk("provider", "add", WRONG_NPI, "--name", "Desmond Placeholt")
    _add_account(stage, WRONG, "availity", WRONG_USER, password=wrong)
    stage.pk("sign-in", WRONG, may_fail=True)
    stage.pk("sign-in", WRONG, may_fail=True)
    count = stage.seen("availity")[WRONG_USER]["password_submissions"]
    print(f"the portal saw {count} password submission{'s' if count != 1 else ''}, and did not lock the account")


def _change_passwords(stage: Stage) -> None:
    title("Next day, a new password at every portal: stored before it is typed, then verified by a fresh sign-in")
    stage.post("/clock", advance_seconds=DAY)
    changes = [("password", "change", _account(portal)) for portal in USERS]
    stage.pk_at_once(*changes, ("password", "recover", WRONG))


def _service(stage: Stage) -> None:
    title("A day of the service, by jumps of the clock: sign-ins, a list of patients, a backup")
    schedule = SCHEDULE.format(accounts=", ".join(map(_account, USERS)))
    (stage.home / "schedules.yaml").write_text(schedule, encoding="utf-8")
    write_patients(stage, stage.home / "patients.csv", LISTED)
    stage.pk("schedule", "list")
    service = stage.start("serve")
    if service.stderr:
        print(service.stderr.readline().rstrip(), flush=True)  # it has begun once it says so
    for row in stage.read("schedule", "next", "--days", "1", "--json"):
        _jump_to(stage, row)
    service.terminate()
    service.communicate(timeout=40)
    rows = stage.due("state <> 'seen'")
    lines = [
        {"row": name, **Counter(row["state"] for row in rows if row["schedule"] == name)}
        for name in dict.fromkeys(row["schedule"] for row in rows)
    ]
    print_table(lines, ["row", "done", "failed", "missed"], empty="nothing came due")
    print(f"the service ended with code {service.returncode}")


def _jump_to(stage: Stage, row: dict[str, str]) -> None:
    """Move the clock to where a row is due for all its accounts, and wait until it has run for them."""
    at = datetime.strptime(row["at"][4:20], "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
    ahead = at + JITTER - datetime.fromisoformat(stage.get("/state")["now"])
    stage.post("/clock", advance_seconds=max(0.0, ahead.total_seconds()))
    runs = int(row["for"].split()[0]) if row["for"].endswith("accounts") else 1
    ended = f"schedule = '{row['row']}' AND due_at >= '{stamp(at.astimezone(UTC))}' AND ended_at IS NOT NULL"
    wait_until(lambda: len(stage.due(ended)) >= runs, seconds=120)


def _report(stage: Stage) -> None:
    title("The coverage, and the health report")
    stage.pk("payers")
    stage.pk("report", "--out", str(stage.home / "report.html"))


def _what_happened(stage: Stage) -> None:
    title("What happened, as the portals saw it")
    rows = [
        {"portal": portal, "login": user, **seen, "questions": seen["lookups"] + seen["claim_lookups"]}
        for portal in USERS
        for user, seen in stage.seen(portal).items()
        if seen["password_submissions"]
    ]
    print_table(rows, ["portal", "login", *COUNTS, "locked"], empty="nothing")
    print()
    for what, file in (
        ("answers", "answers.csv"),
        ("benefits", "answers.benefits.csv"),
        ("claims", "statuses.csv"),
        ("ERAs", "era/drop"),
        ("report", "report.html"),
        ("inventory", "inventory.db"),
    ):
        print(f"{what:<10} {stage.home / file}")


ACTS = (
    _set_up,
    _sign_in,
    _eligibility,
    _claim_status,
    _eras,
    _wrong_password,
    _change_passwords,
    _service,
    _report,
    _what_happened,
)
