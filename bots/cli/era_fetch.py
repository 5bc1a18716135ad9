"""`era fetch`: list the payments at the portals, and fetch the files that are not on disk."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots.cli import question_options as options
from bots.cli.era import era
from bots.cli.office import log_to, office
from bots.cli.printing import Json, print_json, print_table, tell
from bots.cli.watching import WatchFlag, ask_for_sign_off, pace_of
from flows.errors import InputError

if TYPE_CHECKING:
    from bots.desk import Answer, Failure, Question
    from bots.runner import RunHead, Runner, RunResult
    from flows.era_download import EraDownloadAnswer

SOME_WITHOUT_ANSWER = 3
COLUMNS = [
    "account",
    "payer",
    "organization",
    "tin",
    "npi",
    "listed",
    "kept",
    "bytes",
    "other_route",
    "not_yet_offered",
    "why",
]


@era.command("fetch")
def fetch(
    account: Annotated[str, typer.Argument(help="Only with this account.")] = "",
    payer: options.PayerOption = "",
    organization: Annotated[str, typer.Option(help="Only for this one, by name or tax id.")] = "",
    provider: Annotated[str, typer.Option(help="Only for the payee with this NPI.")] = "",
    since: Annotated[str, typer.Option(help="First day of payment, YYYY-MM-DD; default 89 days before the last.")] = "",
    until: Annotated[str, typer.Option(help="Last day of payment; default today.")] = "",
    trace: Annotated[list[str] | None, typer.Option(help="Only the payment with this number; repeat for more.")] = None,
    watch: WatchFlag = False,
    json: Json = False,
) -> None:
    """Fetch the remittances that are not on disk yet: of a payer, with an account, or all."""
    office.acting("ask payers")
    if watch and not account:
        raise InputError("say which account you watch: pk era fetch ACCOUNT --watch")
    from bots.payees import Wanted, era_questions

    log_to(office.settings.home / "portalkeeper.log")
    wanted = Wanted(
        payer=payer_named(payer),
        account=account,
        organization=_organization(organization),
        npi=provider,
        since=_day(since, "--since"),
        until=_day(until, "--until"),
        traces=tuple(trace or ()),
    )
    rows = asyncio.run(_fetch(era_questions(office.inventory, wanted), watch=watch))
    if json:
        print_json([{name: value for name, value in row.items() if name != "failure"} for row in rows])
    else:
        print_table(rows, COLUMNS, empty="nothing was asked")
    failures = [row["failure"] for row in rows if row["failure"]]
    if len(rows) == len(failures) == 1 and not json:
        raise failures[0].to_error()
    if failures or any(row["refused"] for row in rows):
        raise typer.Exit(failures[0].to_error().exit_code if len(rows) == len(failures) == 1 else SOME_WITHOUT_ANSWER)
    if watch:
        ask_for_sign_off(account, "era_download", "this is what was listed and fetched")


async def _fetch(questions: dict[str, list[Question]], *, watch: bool) -> list[dict[str, Any]]:
    """One run for each account, several at once; a row for each question, in the order of the accounts."""
    async with office.runner("command", pace=pace_of(watch)) as runner:
        found = await asyncio.gather(*(_run(runner, account, mine) for account, mine in questions.items()))
    return [row for rows in found for row in rows]


async def _run(runner: Runner, account: str, questions: list[Question]) -> list[dict[str, Any]]:
    results: dict[int, Answer | Failure] = {}

    def record(head: RunHead, index: int, result: Answer | Failure) -> None:
        results[index] = result
        row = _row(account, questions[index], result)
        tell(f"{account}: {row['payer']} for {row['organization']}: {row['kept']} fetched of {row['listed']} listed")

    run: RunResult = await runner.run(account, "era_download", questions, record=record)
    return [_row(account, question, results.get(place, run.failure)) for place, question in enumerate(questions)]


def _row(account: str, question: Question, result: Answer | Failure | None) -> dict[str, Any]:
    from flows.era_download import EraDownloadAnswer, EraDownloadInquiry

    inquiry = question.inquiry
    if not isinstance(inquiry, EraDownloadInquiry):
        raise TypeError("a question for remittances is wanted")
    answer = result if isinstance(result, EraDownloadAnswer) else None
    failure = None if answer else result
    return {
        "account": account,
        "payer": question.payer.name,
        "organization": inquiry.organization.name,
        "tin": inquiry.organization.tin,
        "npi": inquiry.provider.npi if inquiry.provider else "all",
        "since": inquiry.paid_from,
        "until": inquiry.paid_to,
        "listed": len(answer.listed) if answer else None,
        "kept": sum(len(each.payments) for each in answer.kept) if answer else None,
        "bytes": sum(each.size for each in answer.kept) if answer else None,
        "other_route": len(answer.left_alone) if answer else None,
        "not_yet_offered": _not_yet_offered(answer) if answer else [],
        "files": [each.model_dump(mode="json") for each in answer.kept] if answer else [],
        "refused": [each.model_dump(mode="json") for each in answer.refused] if answer else [],
        "why": _why(answer, failure),
        "failure": failure,
    }


def _not_yet_offered(answer: EraDownloadAnswer) -> list[str]:
    return [each.trace for each in answer.listed if not each.offered and each not in answer.left_alone]


def _why(answer: Any, failure: Any) -> str:
    if failure:
        return f"{failure.error}: {failure.message}"
    return "; ".join(f"{', '.join(p.trace for p in each.payments)}: {each.why}" for each in answer.refused)


def payer_named(text: str) -> str:
    """Our name of the payer that is meant, by name, electronic id or the office's alias; empty for none."""
    from bots.worklist import load_aliases
    from bots.worklist.payer_names import find_payer
    from payers.registry import listed_payers

    if not text:
        return ""
    payers = {name: entry.payer for name, entry in listed_payers().items()}
    return find_payer(text, payers, load_aliases(office.settings.config / "payer_aliases.csv"))[0].name


def _organization(text: str) -> Any:
    from bots.inventory.accounts import organizations

    if not text:
        return None
    registered = organizations(office.inventory)
    found = [
        each for each in registered if text.casefold() == each.name.casefold() or text.replace("-", "") == each.tin
    ]
    if len(found) != 1:
        there = "; ".join(f"{each.name}, TIN {each.tin}" for each in registered)
        raise InputError(f"--organization {text!r} is not exactly one of: {there or 'none is registered'}")
    return found[0]


def _day(text: str, option: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date() if text else None  # noqa: DTZ007 - a calendar date
    except ValueError:
        raise InputError(f"{option} {text!r} is not a day; write YYYY-MM-DD") from None


def add_to(app: typer.Typer) -> None:
    """Nothing of its own: the command hangs in the group of `bots.cli.era`."""
