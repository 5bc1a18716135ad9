"""Commands about evidence: what was seen when a run failed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bots import now
from bots.cli.office import office
from bots.cli.printing import Json, print_done, print_rows, tell
from bots.cli.retention import DryRun, show_purged
from bots.inventory import stamp
from bots.inventory.audit import record_audit
from flows.errors import InputError

if TYPE_CHECKING:
    from bots.sealing import Key

evidence = typer.Typer(no_args_is_help=True, help="What the worker saw when a run failed, sealed.")
Id = Annotated[str, typer.Argument(help="Such as E-1f2e3d4c; see: pk evidence list.")]
Because = Annotated[str, typer.Option(help="Why, for the audit trail.")]
KeyFile = Annotated[
    Path | None, typer.Option("--key", help="The private key of a recipient; default the data folder's own.")
]
COLUMNS = ["id", "at", "account", "flow", "why", "error", "screen", "run_id", "size", "sealed_for"]


@evidence.command("list")
def list_(
    account: Annotated[str | None, typer.Argument(help="One account; none means all.")] = None,
    run: Annotated[str | None, typer.Option(help="Of one run only.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    json: Json = False,
) -> None:
    """What there is, newest first, without opening it."""
    rows = office.inventory.rows(
        "SELECT * FROM evidence WHERE account = ifnull(?, account) AND run_id = ifnull(?, run_id) "
        "ORDER BY at DESC, id LIMIT ?",
        (account, run, limit),
    )
    print_rows(rows, COLUMNS, json=json, empty="no evidence was kept yet")


@evidence.command("open")
def open_(name: Id, because: Because, key: KeyFile = None, json: Json = False) -> None:
    """Unpack it into memory for as long as you look at it; its trace is shown where there is a screen."""
    office.acting("open evidence")
    row, data = _unsealed(name, because, "evidence open", key)
    from bots.browser import find_headed_browser
    from bots.landing import Landing

    landing = Landing.make()
    try:
        if not landing.in_memory:
            raise InputError("there is no folder in memory (/dev/shm) to unpack it into; look at it on another machine")
        _unpack(data, landing.path)
        print_done(f"{row['id']} lies in {landing.path}", json=json, evidence=row["id"], folder=landing.path)
        trace = landing.path / "trace.zip"
        try:
            if trace.exists() and find_headed_browser():
                subprocess.run([sys.executable, "-m", "playwright", "show-trace", trace], check=False)
        except InputError as error:
            tell(f"no trace is shown: {error}")
        tell("press Enter when you have seen it; it is wiped then")
        sys.stdin.readline()
    finally:
        landing.wipe()


@evidence.command("export")
def export(
    name: Id,
    because: Because,
    out: Annotated[Path, typer.Option(help="The file to write.")],
    to: Annotated[list[str] | None, typer.Option(help="Public key (age1…) of who gets it; repeat for more.")] = None,
    key: KeyFile = None,
    json: Json = False,
) -> None:
    """Seal it anew for somebody else; without --to the file goes out as it is sealed now."""
    office.acting("hand out evidence")
    if out.exists():
        raise InputError(f"{out} exists already; nothing was overwritten")
    from bots.disk import create_durably
    from bots.exhibits import find_evidence, read_exhibit
    from bots.sealing import check_public_key, seal_for

    for text in to or ():
        try:
            check_public_key(text)
        except ValueError as error:
            raise InputError(f"--to: {error}") from None
    if to:
        row, data = _unsealed(name, because, "evidence export", key, also=f"for {', '.join(to)}")
        sealed = seal_for(data, to)
    else:
        row = find_evidence(office.inventory, name)
        sealed = read_exhibit(office.settings.evidence_folder, row)
        _audit("evidence export", row, because, f"as it is sealed, sha256 {row['sha256_sealed']}")
    create_durably(out, sealed)
    digest = hashlib.sha256(sealed).hexdigest()
    print_done(f"{row['id']} is in {out}, sealed", json=json, evidence=row["id"], file=out, sha256=digest)


@evidence.command("purge")
def purge(dry_run: DryRun = False, json: Json = False) -> None:
    """Remove evidence that is older than config/retention.toml says; nothing of an open incident, nothing held."""
    office.acting("purge what is kept")
    show_purged(("evidence",), dry_run=dry_run, json=json)


def _unsealed(
    name: str, because: str, action: str, key_file: Path | None, also: str = ""
) -> tuple[dict[str, Any], bytes]:
    """The row and what is in it; the opening is in the audit trail before anything is shown."""
    from bots.exhibits import find_evidence, read_exhibit
    from bots.sealing import load_key, unseal

    row = find_evidence(office.inventory, name)
    key: Key = load_key(key_file) if key_file else office.key
    data = unseal(read_exhibit(office.settings.evidence_folder, row), key, row["id"])
    digest = hashlib.sha256(data).hexdigest()
    if digest != row["sha256"]:
        raise InputError(
            f"{row['id']} holds something else than was sealed for that run; keep it, and look who wrote it"
        )
    _audit(action, row, because, " ".join(word for word in (f"sha256 {digest}", also) if word))
    return row, data


def _audit(action: str, row: dict[str, Any], because: str, details: str) -> None:
    if not because.strip():
        raise InputError("say why: --because '...'")
    with office.inventory.write() as db:
        record_audit(
            db,
            at=stamp(now.utc()),
            who=office.person,
            action=action,
            account=row["account"],
            because=because,
            details=f"{row['id']} of run {row['run_id']}, {details}",
        )


def _unpack(data: bytes, folder: Path) -> None:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            with archive.open(name) as source, (folder / Path(name).name).open("wb") as target:
                shutil.copyfileobj(source, target)


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the tree."""
    app.add_typer(evidence, name="evidence")
