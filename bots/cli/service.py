"""Commands of the service: serve, report."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bots.cli.delivery import carry_out
from bots.cli.office import log_to, office
from bots.cli.printing import Json, print_done, tell

if TYPE_CHECKING:
    from bots.codes.channels import Ask
    from bots.keeping import Keeper


def serve() -> None:
    """Run what schedules.yaml says, until stopped with SIGTERM or Ctrl-C. Logs JSON lines to standard output."""
    from bots.service import run_service
    from bots.status import WaitingCodes

    log_to(None)
    codes = WaitingCodes()
    run_service(office.settings, office.inventory, partial(_keeper, codes.ask), tell=tell, codes=codes)


def _keeper(ask: Ask) -> Keeper:
    from bots.keeping import Keeper, renewing
    from bots.runner import Runner

    parts = (office.settings, office.inventory, office.vault)
    renew = renewing(office.inventory, office.vault, office.settings, by="service")
    runner = Runner(*parts, office.key, source="service", by="service", tell=tell, past_expiry=renew, ask=ask)
    return Keeper(runner, office.inventory, office.vault, office.settings)


def status_token(json: Json = False) -> None:
    """Your token for the status page. It names you: give it to nobody."""
    from bots.people import who
    from bots.status.doorkeeper import Doorkeeper

    token = Doorkeeper.of(office.settings, office.settings.status_port).token(who())
    print_done(token, json=json, token=token, address=f"http://127.0.0.1:{office.settings.status_port}/")


def today(json: Json = False) -> None:
    """The first screen of the morning report, as of now, below its subject: can the office work, who is needed."""
    from bots.morning import make_report
    from bots.report import render_first_screen, subject, to_json
    from bots.service import is_running

    settings = office.settings  # and with them the clock to go by
    found = make_report(settings, office.inventory, office.vault, service_running=is_running(settings.home))
    print(to_json(found) if json else f"Subject: {subject(found)}\n\n{render_first_screen(found)}", end="")


def report(
    out: Annotated[Path | None, typer.Option(help="Where the HTML goes; default the reports folder.")] = None,
    send: Annotated[bool, typer.Option("--send", help="To everybody whom config/alerts.toml names, too.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, write no file.")] = False,
) -> None:
    """The health report: as text here, and as one HTML file."""
    from bots import morning
    from bots.report import render_text, to_json
    from bots.service import is_running

    settings = office.settings
    running = is_running(settings.home)
    if send:
        office.acting("send the report")
        sent = morning.send_report(settings, office.inventory, office.vault, service_running=running)
        found, target = sent.report, sent.page
    else:
        found = morning.make_report(settings, office.inventory, office.vault, service_running=running)
        target = settings.report_folder if json else morning.keep(settings, found, out)
    print(to_json(found) if json else f"{render_text(found)}as a page: {target}")
    if send:
        carry_out(settings, office.inventory)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.command()(serve)
    app.command("status-token")(status_token)
    app.command()(today)
    app.command()(report)
