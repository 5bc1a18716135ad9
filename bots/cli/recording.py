"""Commands about recorded pages: take them from a run, accept what is read from them, list them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bots import now
from bots.cli import question_options as options
from bots.cli.office import log_to, office
from bots.cli.printing import Json, print_done, print_json, print_table
from bots.inventory import stamp
from bots.inventory.accounts import get_account
from bots.inventory.audit import record_audit
from flows.errors import InputError

if TYPE_CHECKING:
    from bots.desk import Answer, Failure, Question
    from bots.recording.taking import Taker

recordings = typer.Typer(no_args_is_help=True, help="Recorded pages, and what must be read from them.")
Into = Annotated[Path | None, typer.Option("--into", help="Default recordings/pages of the source checkout.")]
FLOWS = ("login", "eligibility", "claim_status", "era_download", "password_reset")
Named = Annotated[str, typer.Argument(help="PORTAL/SCREEN--CASE.")]


def record(
    account: Annotated[str, typer.Argument(help="The account's name.")],
    flow: Annotated[str, typer.Argument(help=f"{', '.join(FLOWS)}.")],
    payer: options.PayerOption = "",
    provider: options.ProviderOption = "",
    organization: options.OrganizationOption = "",
    case: Annotated[str, typer.Option(help="What to call the pages; default what came out.")] = "",
    into: Into = None,
    json: Json = False,
) -> None:
    """Run a flow, and keep the screens it passes, scrubbed; the patient is asked for, or one JSON line is read.

    A recorded era_download fetches what it finds, and a recorded password_reset changes the password and verifies it.
    """
    from bots.recording.taking import Taker

    office.acting("change a password" if flow == "password_reset" else "sign in to a portal")
    pages = _folder(into)
    portal = get_account(office.inventory, account)["portal"]
    given = options.filled(payer=payer, provider_npi=provider, organization=organization, account=account)
    question = _question(account, flow, given)
    log_to(office.settings.home / "portalkeeper.log")
    taker = Taker()
    result = asyncio.run(_run(account, flow, question, taker))
    kept = _keep(taker, account, flow, question, result, case, pages)
    with office.inventory.write() as db:
        record_audit(
            db, at=stamp(now.utc()), who=office.person, action="record", account=account, details=f"{flow}, {len(kept)}"
        )
    told = "\n".join([f"{len(kept)} pages recorded, scrubbed:", *(f"  {name}" for name in kept)])
    ended = f"The run ended with {error}.\n" if (error := getattr(result, "error", "")) else ""
    how = "Look at each of them, then: portalkeeper recordings accept"
    print_done(f"{told}\n{ended}{how}", json=json, portal=portal, recordings=kept)


def _question(account: str, flow: str, given: dict[str, str]) -> Question | None:
    from bots import worklist

    contracts = {"eligibility": worklist.ELIGIBILITY, "claim_status": worklist.CLAIM_STATUS}
    if flow not in FLOWS:
        raise InputError(f"{flow!r} is not recorded by this command; it is for {', '.join(FLOWS)}")
    if flow in ("login", "password_reset"):
        return None
    if "payer" not in given:
        raise InputError("say which payer with --payer")
    if flow in contracts:
        from bots.cli.one_question import question_for

        return question_for(contracts[flow], given)
    from bots.cli.era_fetch import payer_named
    from bots.payees import Wanted, era_questions

    wanted = Wanted(account=account, payer=payer_named(given["payer"]), npi=given.get("provider_npi", ""))
    return era_questions(office.inventory, wanted)[account][0]


async def _run(account: str, flow: str, question: Question | None, taker: Taker) -> Answer | Failure | None:
    from payers.kit.passing import looking_on

    found: list[Answer | Failure] = []
    async with office.runner("command") as runner:
        with looking_on(taker):
            if flow == "password_reset":
                from bots.runner.password_change import change_password

                parts = (runner, office.inventory, office.vault)
                return (await change_password(*parts, account, by=office.person)).failure
            run = await runner.run(
                account, flow, [question] if question else [], record=lambda head, index, result: found.append(result)
            )
    return found[0] if found else run.failure


def _keep(
    taker: Taker,
    account: str,
    flow: str,
    question: Question | None,
    result: Answer | Failure | None,
    case: str,
    pages: Path,
) -> list[str]:
    from bots.recording.book import REAL, SANDBOX
    from bots.recording.taking import Asked, keep
    from bots.runner import checked_address
    from bots.settings import is_loopback
    from payers.registry import find_portal

    row = get_account(office.inventory, account)
    portal = find_portal(row["portal"])
    source = SANDBOX if is_loopback(checked_address(row, portal, office.settings)) else REAL
    secret = office.vault.get(account)
    passwords = [secret.password, *(old.password for old in secret.history)]
    private = (row["user_id"], row["registered_email"], *(each.get_secret_value() for each in passwords))
    private = tuple(filter(None, private))
    recorded = f"{source} {now.utc():%Y-%m-%d} {portal.version}"
    asked = Asked(portal.name, flow, question, result, private, recorded, case)
    return [f"{each.portal}/{each.name}" for each in keep(taker, asked, pages)]


@recordings.command("accept")
def accept(
    names: Annotated[list[str] | None, typer.Argument(help="PORTAL/SCREEN--CASE; none: all that wait.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Also in the place of a reading that differs.")] = False,
    into: Into = None,
    json: Json = False,
) -> None:
    """Write beside a page what is read from it; shows the difference to what was accepted before."""
    from bots.recording.accepting import read_again
    from bots.recording.book import find_recording
    from bots.recording.book import recordings as all_of

    pages = _folder(into)
    wanted = [find_recording(name, pages) for name in names or ()]
    found = wanted or [each for each in all_of(pages) if "reads" not in each.said]
    if not found:
        print_done("no recording waits to be accepted", json=json, accepted=[], refused=[])
        return
    accepted, refused = [], []
    for reading in asyncio.run(read_again(found, office.settings)):
        name = f"{reading.recording.portal}/{reading.recording.name}"
        differences = reading.differences()
        if not json:
            print("\n  ".join([name, *(differences or ["read as before"])]))
        if reading.before is not None and differences and not force:
            refused.append(name)
            continue
        reading.accept()
        accepted.append(name)
    if json:
        print_json({"accepted": accepted, "refused": refused})
    if refused:
        raise InputError(f"{', '.join(refused)}: accepted with another reading; if this one is right, add --force")


@recordings.command("list")
def list_recordings(into: Into = None, json: Json = False) -> None:
    """All recordings: where each came from, when, and whether its reading was accepted."""
    from bots.recording.book import recordings as all_of

    rows = []
    for each in all_of(_folder(into)):
        said, (source, day, version) = each.said, each.recorded
        state = "accepted" if "reads" in said else "waits"
        facts = {"flow": said["flow"], "outcome": said.get("outcome"), "source": source, "day": day, "module": version}
        rows.append({"portal": each.portal, "recording": each.name, **facts, "state": state})
    if json:
        print_json(rows)
    else:
        columns = ["portal", "recording", "flow", "outcome", "source", "day", "state"]
        print_table(rows, columns, empty="nothing is recorded yet: portalkeeper record ACCOUNT FLOW")


def diff_page(
    recorded: Named,
    seen: Annotated[str, typer.Argument(help="Another recording; none: the page on standard input.")] = "",
    into: Into = None,
    json: Json = False,
) -> None:
    """What has changed between a recorded page and one seen now: structure and known labels, never a value."""
    from bots.recording.book import find_recording
    from bots.recording.outline import differences

    pages = _folder(into)
    before = find_recording(recorded, pages)
    if not seen and sys.stdin.isatty():
        raise InputError("name the recording to compare with, or give the page on standard input")
    now_seen = find_recording(seen, pages).html if seen else sys.stdin.read()
    lines = differences(before.html, now_seen, before.portal)
    print_done("\n".join(lines) or "the same structure and labels", json=json, differences=lines)


def _folder(into: Path | None) -> Path:
    from bots.recording.book import PAGES

    if into is None and not PAGES.is_dir():
        raise InputError(f"recordings belong to a source checkout, and {PAGES} is not there: say --into FOLDER")
    return into or PAGES


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.command()(record)
    app.command("diff-page")(diff_page)
    app.add_typer(recordings, name="recordings")
