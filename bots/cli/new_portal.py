"""The command that begins a portal: its folder, a test table, first recordings, and a payer if wanted."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from bots import now
from bots.cli.printing import Json, print_done
from flows.errors import InputError

CHECKOUT = Path(__file__).parents[2]
TEMPLATES = Path(__file__).parent / "templates"
MARK = "FILL IN"
MADE_OF = re.compile(r"NAME|FAMILY|PAYER")
NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")
TITLE = re.compile(r"""[^\s"\\|$](?:[^"\\|$\n]{0,48}[^\s"\\|$])?""")
ADDRESS = re.compile(r"https://[a-z0-9.-]+(:[0-9]+)?")
MATRIX = re.compile(r"^\| payer \|.*(?:\n\|.*)*", re.MULTILINE)


def new_portal(
    name: Annotated[str, typer.Argument(help="A Python name, such as sample_mutual.")],
    address: Annotated[str, typer.Option(help="The origin of the real site, such as https://portal.example.")],
    title: Annotated[str, typer.Option(help="What people call the portal; default the name.")] = "",
    payer: Annotated[str, typer.Option(help="The full name of a payer that is asked there.")] = "",
    medicaid: Annotated[bool, typer.Option(help="That payer is a Medicaid.")] = False,
    json: Json = False,
) -> None:
    """Begin a portal in a source checkout; docs/adding-a-payer.md says how to go on."""
    title = title or name.replace("_", " ").title()
    _check(name, title, address, payer)
    payer_file = re.sub(r"\W+", "_", payer.lower(), flags=re.ASCII).strip("_")
    words = {
        "name": name,
        "title": title,
        "address": address,
        "version": f"{now.utc():%Y.%m}.1",
        "payer_title": payer,
        "payer_name": payer_file.replace("_", "-"),
    }
    places = {"NAME": name, "FAMILY": "medicaid" if medicaid else "commercial", "PAYER": payer_file}
    files = _filled(words, places)
    if there := [file for file in (CHECKOUT / "payers" / "portals" / name, *files) if file.exists()]:
        raise InputError(f"{there[0].relative_to(CHECKOUT)} exists already; nothing was written")
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if payer:
        _renew_matrix()
    todo = marks(files)
    told = f"portal {name} is begun: {len(files)} files. To fill in:\n" + "\n".join(f"  {line}" for line in todo)
    written = [str(file.relative_to(CHECKOUT)) for file in files]
    print_done(f"{told}\nNext: docs/adding-a-payer.md", json=json, portal=name, files=written, to_fill_in=todo)


def _check(name: str, title: str, address: str, payer: str) -> None:
    if not (CHECKOUT / "pyproject.toml").is_file() or not (CHECKOUT / "recordings").is_dir():
        raise InputError(f"new-portal writes source files, and {CHECKOUT} is no source checkout: run it from one")
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise InputError(
            f"{name!r} can't be a portal's name: 2 to 30 of a-z, 0-9 and _, a letter first, no Python word"
        )
    for option, text in (("--title", title), ("--payer", payer or "x")):
        if not TITLE.fullmatch(text) or not text.isprintable():
            raise InputError(f'{option} {text!r}: up to 50 characters, without ", \\, | and $')
    if payer and not re.match("[A-Za-z]", payer):
        raise InputError(f"--payer {payer!r}: begin with a letter")
    if not ADDRESS.fullmatch(address):
        raise InputError(f"--address {address!r}: an origin such as https://portal.example")


def _filled(words: dict[str, str], places: dict[str, str]) -> dict[Path, str]:
    """Every file that is to be written, and its text. There is no payer's file when no payer is named."""
    found = {}
    for template in sorted(TEMPLATES.rglob("*.txt")):
        if "PAYER" in template.name and not places["PAYER"]:
            continue
        path = MADE_OF.sub(lambda part: places[part[0]], str(template.relative_to(TEMPLATES)).removesuffix(".txt"))
        found[CHECKOUT / path] = Template(template.read_text(encoding="utf-8")).substitute(words)
    return found


def marks(files: dict[Path, str]) -> list[str]:
    """Each place that is marked to be filled in, as `file:line: what`."""
    return [
        f"{file.relative_to(CHECKOUT)}:{number}: {line.partition(MARK)[2].strip(': ->')}"
        for file, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if MARK in line
    ]


def _renew_matrix() -> None:
    """Put the new payer into the README's table; this imports what was written, too."""
    import importlib

    from bots.recording.book import recorded_pairs
    from payers import registry
    from payers.matrix import markdown

    importlib.invalidate_caches()
    registry.portals.cache_clear()
    registry.listed_payers.cache_clear()
    readme = CHECKOUT / "README.md"
    table = markdown(recorded_pairs())
    readme.write_text(MATRIX.sub(lambda _: table, readme.read_text(encoding="utf-8"), count=1), encoding="utf-8")


def add_to(app: typer.Typer) -> None:
    """Hang this command into the tree."""
    app.command("new-portal")(new_portal)
