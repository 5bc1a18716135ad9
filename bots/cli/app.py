"""All commands in one tree."""

from __future__ import annotations

import typer

from bots.cli import (
    account_set,
    accounts,
    assist,
    audit,
    backup,
    by_hand,
    claim_status,
    codes,
    delivery,
    due,
    eligibility,
    era,
    era_fetch,
    evidence,
    held,
    incidents,
    inventory,
    new_portal,
    parties,
    password,
    practice,
    recording,
    retention,
    run_row,
    schedule,
    service,
    setup,
    sign_in,
    vault,
    vault_moving,
    watching,
)

EXIT_CODES = """Exit codes: 0 done · 2 something asked for can't be · 3 a batch with rows that have no answer ·
4 something falls due or is missing · 5 an ERA is flagged · 6 an ERA is quarantined · 10 account (refused, locked,
disabled) · 11 password expired · 12 code or challenge · 13 portal or payer not available · 14 portal changed ·
15 held or frozen by the guard · 16 worker lost ·
18 answers held · 19 credential manager · 130 stopped by hand."""

app = typer.Typer(
    name="portalkeeper",
    help="Signs in to payer portals, asks what a billing office needs, and keeps the accounts alive.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
for module in (
    setup,
    parties,
    accounts,
    account_set,
    inventory,
    by_hand,
    vault,
    vault_moving,
    codes,
    password,
    sign_in,
    watching,
    assist,
    due,
    eligibility,
    claim_status,
    era_fetch,
    era,
    schedule,
    run_row,
    service,
    incidents,
    held,
    evidence,
    retention,
    audit,
    backup,
    delivery,
    practice,
    recording,
    new_portal,
):
    module.add_to(app)
