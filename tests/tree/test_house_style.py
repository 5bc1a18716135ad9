"""The folders obey the rules of the house: budgets, doors, names, one list of errors."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from bots.cli.new_portal import marks
from bots.inventory import Inventory
from bots.recording.book import recorded_pairs, recordings
from bots.recording.taking import ALERTS, READ
from bots.report.words import plain
from flows import errors
from payers.model import FLOWS
from payers.registry import listed_payers, portals

ROOT = Path(__file__).parents[2]
PRODUCT = ("flows", "payers", "bots", "sandbox")
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split()
SOURCES = [
    ROOT / name for name in TRACKED if name.endswith(".py") and name.startswith(PRODUCT) and (ROOT / name).exists()
]
PORTAL_FILES = [path for path in SOURCES if {"portals", "identity"} & {*path.relative_to(ROOT).parts}]
LOCATOR_CALLS = {
    "locator",
    "get_by_role",
    "get_by_text",
    "get_by_label",
    "get_by_test_id",
    "get_by_placeholder",
    "get_by_title",
    "frame_locator",
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_files_and_functions_keep_their_budgets(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
    assert [f"{node.name}: {length(node)}" for node in functions(path) if length(node) > 50] == []


def test_functions_are_short_as_a_rule() -> None:
    lengths = sorted(length(node) for path in SOURCES for node in functions(path))
    assert lengths[len(lengths) // 2] <= 10


@pytest.mark.parametrize("path", PORTAL_FILES, ids=named)
def test_portal_flows_are_at_most_120_lines(path: Path) -> None:
    if not path.name.endswith(("screens.py", "reading.py")):
        assert len(path.read_text().splitlines()) <= 120


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if "payers" in p.parts and not p.name.endswith("screens.py")], ids=named
)
def test_locators_live_in_screens_only(path: Path) -> None:
    calls = [
        node.func.attr
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOCATOR_CALLS
    ]
    assert calls == []


def _same(tree: ast.Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.AST]:
    """What is in a function, as nodes of this tree."""
    found = next(node for node in ast.walk(tree) if getattr(node, "name", "") == function.name)
    return ast.walk(found)


@pytest.mark.parametrize("path", [p for p in SOURCES if "payers" in p.parts], ids=named)
def test_secrets_are_read_inside_private_steps_only(path: Path) -> None:
    tree = tree_of(path)
    private = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncWith) and any("private=True" in ast.unparse(item) for item in node.items)
    ]
    inside = {id(child) for step in private for child in ast.walk(step)}
    for function in functions(path):  # one that is called from private steps alone is part of them
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == function.name]
        if calls and all(id(node) in inside for node in calls):
            inside |= {id(child) for child in _same(tree, function)}
    outside = [
        f"line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("password", "new_password", "letter", "answer_prompt", "security_answer", "code")
        and ast.unparse(node.func.value) == "session"
        and id(node) not in inside
    ]
    assert outside == []


# what a flow may press again and again: each goes on, opens or closes something, and none of them sends a question
PRESSED_IN_LOOPS = {"go_on", "folded", "dismiss", "next", "parts[way]", "first"}


@pytest.mark.parametrize("path", [p for p in SOURCES if "payers" in p.parts], ids=named)
def test_a_loop_presses_nothing_that_sends(path: Path) -> None:
    """*Turning a page* is a loop's step too: it is done in functions called `turn`."""
    loops = [
        node
        for node in ast.walk(tree_of(path))
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)) or getattr(node, "name", "") == "turn"
    ]
    pressed = {
        ast.unparse(call.func.value).removesuffix(".first").rpartition(".")[2]
        for loop in loops
        for call in ast.walk(loop)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("click", "dblclick", "tap", "press", "dispatch_event", "submit")
    }
    assert pressed <= PRESSED_IN_LOOPS


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name.endswith("screens.py")], ids=named)
def test_what_is_pressed_is_known_by_its_whole_name(path: Path) -> None:
    """*Next* is not *Next: submit the claim*."""
    loose = [
        ast.unparse(call)
        for call in ast.walk(tree_of(path))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "get_by_role"
        and ast.literal_eval(call.args[0]) in ("button", "link", "tab", "menuitem")
        and not any((word.arg, ast.unparse(word.value)) == ("exact", "True") for word in call.keywords)
        and not re.search(r"name=re\.compile\('\^.*\$'\)", ast.unparse(call))
    ]
    assert loose == []


def _calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]


MAY_PRINT = ("bots/cli/", "sandbox/")


@pytest.mark.parametrize("path", [p for p in SOURCES if not named(p).startswith(MAY_PRINT)], ids=named)
def test_only_commands_print(path: Path) -> None:
    """Whatever else prints may print anything: nobody looks at it with the redaction of the log in mind."""
    found = [f"line {call.lineno}" for call in _calls(path) if ast.unparse(call.func) in PRINTING]
    assert found == []


PRINTING = {
    "print",
    "pprint",
    "sys.stdout.write",
    "sys.stderr.write",
    "traceback.print_exc",
    "traceback.print_exception",
}
LOGGING = re.compile(
    r"(log|logger|logging|structlog\.get_logger\(.*\))\.(debug|info|warning|error|exception|critical|log)"
)


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_an_event_of_the_log_is_a_sentence_without_a_value_in_it(path: Path) -> None:
    """A value goes into a field, where the list of fields judges it (`bots.logs.FIELDS`)."""
    found = [
        f"line {call.lineno}"
        for call in _calls(path)
        if LOGGING.fullmatch(ast.unparse(call.func))
        and not (len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert found == []


# What a column called so would hold: member data, or a secret. `payee_…` and `user_id` are the organization's own.
PHI = re.compile(
    r"member|subscriber|patient|dependent|beneficiary|birth|dob|ssn|diagnos|procedure|gender|^sex$|first_name|last_name|"
    r"claim_(number|id)|password$|^secret|totp|^code$|cookie|token|answer$|claim_control"
)
NO_PHI = {
    "era_drops.member",  # which member of an archive file
    "era_payments.member",
    "worklists.no_answer",  # how many
}


def test_no_column_of_the_inventory_is_named_for_member_data_or_a_secret(tmp_path: Path) -> None:
    inventory = Inventory(tmp_path / "inventory.db")
    columns = {
        f"{table['name']}.{column['name']}"
        for table in inventory.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        for column in inventory.rows(f"PRAGMA table_info('{table['name']}')")
    }
    inventory.close()
    assert len(columns) > 100
    assert {column for column in columns if PHI.search(column.partition(".")[2])} == NO_PHI


@pytest.mark.parametrize(
    ("source", "test"),
    [
        ("print('x')", test_only_commands_print),
        ("import sys\nsys.stderr.write('x')", test_only_commands_print),
        ("log.info(f'run {x}')", test_an_event_of_the_log_is_a_sentence_without_a_value_in_it),
        ("log.warning('run %s', x)", test_an_event_of_the_log_is_a_sentence_without_a_value_in_it),
        ("structlog.get_logger().error(x)", test_an_event_of_the_log_is_a_sentence_without_a_value_in_it),
        ("async def f(session):\n    await session.password()", test_secrets_are_read_inside_private_steps_only),
        ("async def f(session):\n    await session.letter()", test_secrets_are_read_inside_private_steps_only),
    ],
    ids=lambda given: given if isinstance(given, str) else given.__name__,
)
def test_the_rules_see_what_they_forbid(tmp_path: Path, source: str, test: Callable[[Path], None]) -> None:
    (tmp_path / "x.py").write_text(source)
    with pytest.raises(AssertionError, match="line"):
        test(tmp_path / "x.py")


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_names_say_what_things_are(path: Path) -> None:
    names = [
        node.name
        for node in ast.walk(tree_of(path))
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    vague = re.compile(r"manager|helper|utils|^_?common|^_?handle_|^_?process_", re.IGNORECASE)
    assert [name for name in names if vague.search(name)] == []
    assert not vague.search(path.stem)


def test_the_error_tree_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^\s{4,}([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    declared = [name for name, cls in errors.error_classes().items() if cls.__module__ == errors.__name__]
    assert sorted(drawn) == sorted(declared)


def test_every_error_has_its_plain_words_in_the_report() -> None:
    for name in errors.error_classes():
        assert plain(name)


def test_every_error_branch_has_its_exit_code_in_the_docs() -> None:
    text = (ROOT / "docs" / "operating.md").read_text()
    for name, cls in errors.error_classes().items():
        if cls.__module__ == errors.__name__ and cls.__base__ is errors.PortalkeeperError:
            assert re.search(rf"^\|\s*{cls.exit_code}\s*\|[^\n]*{name}", text, re.MULTILINE), name


def test_every_portal_folder_has_the_same_file_names() -> None:
    for folder in (ROOT / "payers" / "portals").iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            present = {file.name for file in folder.glob("*.py")}
            assert {"__init__.py", "screens.py", "sign_in.py", "eligibility.py", "phrases.py"} <= present, folder.name


def test_every_offered_flow_says_how_it_was_proved() -> None:
    for portal in portals().values():
        for flow in portal.offers():
            assert re.fullmatch(r"not begun|(simulated|recorded|live) \d{4}-\d{2}-\d{2}", portal.proof.get(flow, "")), (
                portal.name,
                flow,
            )
        assert set(portal.proof) <= set(FLOWS)


def test_a_portal_that_is_proved_has_nothing_left_to_fill_in() -> None:
    for portal in portals().values():
        if set(portal.proof.values()) == {"not begun"}:
            continue
        places = (
            f"payers/portals/{portal.name}/",
            f"recordings/pages/{portal.name}/",
            f"tests/flows/test_{portal.name}.py",
        )
        assert marks({ROOT / name: (ROOT / name).read_text() for name in TRACKED if name.startswith(places)}) == []


def test_a_policy_cites_every_number() -> None:
    for portal in portals().values():
        facts = {name: value for name, value in vars(portal.policy).items() if name not in ("sources", "ways_back")}
        numbers = {name for name, value in facts.items() if value not in (None, "")}
        assert all(way.source for way in portal.policy.ways_back.values())
        assert numbers == set(portal.policy.sources), portal.name


def test_payers_are_short_and_point_at_a_portal() -> None:
    for name, listed in listed_payers().items():
        assert name == listed.payer.name
        assert listed.portal.name in portals()
    for folder in ("commercial", "medicaid"):
        for path in (ROOT / "payers" / folder).glob("[a-z]*.py"):
            assert len(path.read_text().splitlines()) <= 25


def test_the_readme_shows_the_matrix_of_the_registry() -> None:
    from payers.matrix import markdown

    assert markdown(recorded_pairs()) in (ROOT / "README.md").read_text()


def test_recorded_is_said_only_of_what_there_is_a_real_page_of() -> None:
    said = {(name, flow) for name, portal in portals().items() for flow, word in portal.proof.items() if "rec" in word}
    assert said <= set(recorded_pairs())


def test_a_real_page_makes_a_simulated_pair_recorded() -> None:
    from payers.matrix import matrix

    pairs = {("uhc", "login"): "2026-11-28", ("medi_cal", "era_download"): "2026-11-28"}
    rows = {row["name"]: row for row in matrix(pairs)}
    assert rows["united-healthcare"]["login"] == "recorded 2026-11-28"
    assert rows["united-healthcare"]["eligibility"].startswith("simulated ")
    assert rows["medi-cal"]["era_download"] == "not offered"
    assert rows["aetna"]["login"].startswith("simulated ")


def test_nothing_of_the_workplace_is_in_the_repository() -> None:
    forbidden = re.compile(
        "farm" + "-studio|\\.lib" + "rary/|/wo" + "rk/main|files\\.python" + "hosted|pypi\\.o" + "rg/simple",
        re.IGNORECASE,
    )
    for name in TRACKED:
        path = ROOT / name
        if path.is_file() and path.suffix not in (".png",) and path.stat().st_size < 2_000_000:
            assert not forbidden.search(path.read_text(errors="replace")), name


# screens without a recording, and why
NOT_RECORDED = {
    **dict.fromkeys(
        ("availity.Captcha", "availity.ApplicationCaptcha", "epaces.Captcha", "medi_cal.Captcha", "okta.Captcha",
         "one_healthcare_id.Captcha"),
        "its landmark is a frame, which no recording keeps",
    ),
    **dict.fromkeys(
        ("availity.Announcement", "availity.CookieBanner", "medi_cal.View", "okta.LastSignIn", "uhc.Header"),
        "a part of other screens",
    ),
    "tmhp.Locked": "has the name of Okta's, and words that are assumed",
}  # fmt: skip


def screens_of(path: Path) -> list[str]:
    """The classes with a landmark, which are made of the page alone."""
    found = []
    for node in [each for each in tree_of(path).body if isinstance(each, ast.ClassDef)]:
        init = next((each for each in node.body if getattr(each, "name", "") == "__init__"), None)
        alone = isinstance(init, ast.FunctionDef) and len(init.args.args) == 2
        if alone and any(isinstance(each, ast.Attribute) and each.attr == "landmark" for each in ast.walk(node)):
            found.append(f"{path.parent.name}.{path.stem}.{node.name}")
    return found


def recorded_screens() -> set[str]:
    """The screens whose recordings are read: by their names in the `.json`, else as the readers find them."""
    found = set()
    for recording in recordings():
        said, kind = recording.said, recording.name.partition("--")[0]
        portal = recording.portal
        named = [
            name for name, each in {**READ, **dict.fromkeys(ALERTS, "alert"), "Home": "home"}.items() if each == kind
        ]
        found |= {f"{place}.{name}" for name in named for place in (portal, *IDENTITY.get(portal, ()))}
        if kind == "change":
            found |= {f"{place}.ChangeAnswer" for place in (portal, *IDENTITY.get(portal, ()))}
        if "screen" in said:
            place, _, name = said["screen"].rpartition(".")
            found.add(f"{place.split('.')[1] if place else portal}.{name}")
    return found


IDENTITY = {"uhc": ("one_healthcare_id",), "tmhp": ("okta",)}
IN_THE_SANDBOX = {"availity", "uhc", "tmhp", "epaces", "medi_cal", "one_healthcare_id", "okta"}


def test_every_screen_has_a_recording_or_a_reason() -> None:
    """Of the portals that the sandbox plays; another one's come with its first run that is recorded."""
    screens = {name for path in SOURCES if path.stem.endswith("screens") for name in screens_of(path)}
    places = {f"{name.split('.')[0]}.{name.split('.')[2]}" for name in screens if name.split(".")[0] in IN_THE_SANDBOX}
    assert places - recorded_screens() == {name for name in NOT_RECORDED if name in places - recorded_screens()}
    assert set(NOT_RECORDED) <= places, "a reason for a screen that is no more"
