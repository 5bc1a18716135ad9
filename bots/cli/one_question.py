"""One question, from prompts, one JSON line, or (for a sandbox) options."""

from __future__ import annotations

import asyncio
import json as json_library
import sys
from collections.abc import Mapping

from bots import now
from bots.cli.office import log_to, office
from bots.cli.printing import print_fields, print_json, print_table
from bots.cli.watching import ask_for_sign_off, pace_of
from bots.desk import Answer, Failure, PatientAnswer, PatientInquiry, Question
from bots.inventory.accounts import get_account, organizations
from bots.journal import Journal
from bots.router import Router
from bots.runner import RunHead, RunResult, checked_address
from bots.settings import is_loopback
from bots.worklist import ColumnMap, Contract, Result, RowOutcome, load_aliases, question_key
from bots.worklist.inquiries import inquiry_of
from bots.worklist.questions import QuestionReader, RowProblem
from flows.claim_status import ClaimStatusAnswer
from flows.eligibility import EligibilityAnswer
from flows.errors import InputError
from flows.parties import Payer
from payers.registry import find_portal, listed_payers

ASKED_FOR = {
    "provider_npi": "provider NPI",
    "billing_npi": "billing provider's NPI",
    "member_id": "member id",
    "patient_last_name": "patient's last name",
    "patient_first_name": "patient's first name",
    "patient_birth_date": "patient's birth date (YYYY-MM-DD)",
    "service_from": "first day of service (YYYY-MM-DD)",
}


def ask_one(
    contract: Contract,
    given: Mapping[str, str],
    private: Mapping[str, str],
    *,
    also: Mapping[str, str] | None = None,
    watch: bool = False,
    json: bool,
) -> None:
    """Ask one question and print its answer. `private` are member data from the command line, which is public.

    What the contract requires and nobody gave is asked for, and so is `also`, columns with the words to ask for them.
    """
    log_to(office.settings.home / "portalkeeper.log")
    asked_for = {name: words for name, words in ASKED_FOR.items() if name in contract.required} | dict(also or {})
    cells = _completed(contract, asked_for, {**given, **private})
    if lacking := [words for name, words in (also or {}).items() if not cells.get(name)]:
        raise InputError(f"say the {' and the '.join(lacking)}")
    payer, inquiry, account = _question(contract, cells)
    if private:
        _only_for_a_sandbox(account)
    found = asyncio.run(_ask(contract.flow, payer, inquiry, account, watch=watch))
    if isinstance(found, Failure):
        raise found.to_error()
    _print(found, account, json=json)
    if watch:
        ask_for_sign_off(account, contract.flow, "this is what was read")


def question_for(contract: Contract, given: Mapping[str, str]) -> Question:
    """The question that is given in part, and for the rest asked for or read as one JSON line; nobody is contacted."""
    asked_for = {name: words for name, words in ASKED_FOR.items() if name in contract.required}
    payer, inquiry, _ = _question(contract, _completed(contract, asked_for, dict(given)))
    return Question(payer=payer, inquiry=inquiry)


def _completed(contract: Contract, asked_for: Mapping[str, str], cells: dict[str, str]) -> dict[str, str]:
    """The cells of the question, with what is missing asked for at the terminal or read as one JSON line."""
    today = {"service_date": f"{now.utc().astimezone():%Y-%m-%d}"} if "service_date" in contract.required else {}
    missing = [name for name in asked_for if not cells.get(name)]
    if missing and sys.stdin.isatty():
        for name in missing:
            cells[name] = input(f"{asked_for[name]}: ").strip()
    elif missing:
        cells = {**_from_line(contract, sys.stdin.readline()), **cells}
    return {**today, **{name: value for name, value in cells.items() if value}}


def _from_line(contract: Contract, line: str) -> dict[str, str]:
    try:
        given = json_library.loads(line)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise InputError(
            "give the patient as one JSON line on standard input, such as "
            '{"member_id": "...", "patient_last_name": "...", "patient_first_name": "...", '
            '"patient_birth_date": "YYYY-MM-DD"}'
        )
    if unknown := sorted(set(given) - contract.questions):
        raise InputError(f"the JSON line holds unknown fields: {', '.join(unknown)}")
    return {name: str(value).strip() for name, value in given.items() if value is not None}


def _question(contract: Contract, cells: Mapping[str, str]) -> tuple[Payer, PatientInquiry, str]:
    """The question, and the one account that asks it."""
    listed = listed_payers()
    maps = ColumnMap.load(office.settings.config / "columns.toml", contract)
    reader = QuestionReader(
        {name: entry.payer for name, entry in listed.items()},
        load_aliases(office.settings.config / "payer_aliases.csv"),
        organizations(office.inventory),
        maps.date_formats,
        now.utc().astimezone().date(),
    )
    if not reader.organizations:
        raise InputError("no organization is in the inventory: pk organization add NAME --tin TIN")
    try:
        payer, inquiry = reader.payer(cells), inquiry_of(contract.flow, reader, cells)
    except RowProblem as error:
        raise InputError(str(error)) from None
    router = Router(office.inventory)
    account = router.account_for(listed[payer.name], inquiry.organization, inquiry.provider.npi, cells.get("account"))
    return payer, inquiry, account


def _only_for_a_sandbox(account: str) -> None:
    row = get_account(office.inventory, account)
    if not is_loopback(checked_address(row, find_portal(row["portal"]), office.settings)):
        raise InputError(
            "member data on the command line can be seen by everybody on this machine; leave the options out and "
            "type it at the prompt, or give one JSON line on standard input"
        )


async def _ask(flow: str, payer: Payer, inquiry: PatientInquiry, account: str, *, watch: bool) -> Answer | Failure:
    journal = Journal(office.settings.answers_folder)
    key = question_key(payer, inquiry, office.vault.keyed_hash)
    found: list[Answer | Failure] = []

    def record(head: RunHead, index: int, result: Answer | Failure) -> None:
        found.append(result)
        if isinstance(result, PatientAnswer):
            journal.append(
                Result(
                    key=key,
                    outcome=RowOutcome.ANSWERED,
                    answer=result,
                    payer=payer.name,
                    asked_at=result.asked_at,
                    **vars(head),
                )
            )

    async with office.runner("command", pace=pace_of(watch)) as runner:
        run: RunResult = await runner.run(account, flow, [Question(payer=payer, inquiry=inquiry)], record=record)
    if found:
        return found[0]
    return run.failure or Failure(error="WorkerLost", message="the run ended without an answer")


def _print(answer: Answer, account: str, *, json: bool) -> None:
    if json:
        print_json({**answer.model_dump(mode="json"), "account": account})
        return
    match answer:
        case EligibilityAnswer():
            _print_coverage(answer, account)
        case ClaimStatusAnswer():
            _print_claims(answer, account)


def _print_coverage(answer: EligibilityAnswer, account: str) -> None:
    fields = answer.model_dump(mode="json", exclude={"benefits"}, exclude_none=True)
    print_fields({"coverage": fields.pop("coverage"), **fields, "account": account})
    if answer.benefits:
        print()
        columns = ["words", "network", "coverage_level", "amount", "percent", "remaining"]
        print_table([benefit.model_dump(mode="json") for benefit in answer.benefits], columns, empty="")


def _print_claims(answer: ClaimStatusAnswer, account: str) -> None:
    fields = answer.model_dump(mode="json", exclude={"claims"}, exclude_none=True)
    print_fields({"claims found": len(answer.claims), **fields, "account": account})
    for claim in answer.claims:
        print()
        fields = claim.model_dump(mode="json", exclude={"lines"}, exclude_none=True)
        print_fields({name: ", ".join(value) if isinstance(value, list) else value for name, value in fields.items()})
        if claim.lines:
            columns = ["line", "service_date", "procedure", "billed", "allowed", "paid", "words"]
            print_table([line.model_dump(mode="json") for line in claim.lines], columns, empty="")
