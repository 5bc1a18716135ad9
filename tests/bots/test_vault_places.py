"""vaults.toml: what is wrong in it is told, and a command changes one account in it and nothing else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bots.defaults import default_files
from bots.vault.places import MANAGERS, Place, Places, load_places, put_place
from flows.errors import InputError

ROOT = Path(__file__).parents[2]
BAO = '[vaults.bao]\nkind = "hashicorp"\naddress = "https://vault.example.org"\nrole_id = "r"\n'

WRONG = {
    "no toml": ("[vaults\n", "not valid TOML at line 1"),
    "another table": ("[places]\n", "places: is not known here"),
    "unknown kind": ('[vaults.x]\nkind = "dashlane"\n', "kind is one of 1password, 1password-connect, bitwarden"),
    "no kind": ("[vaults.x]\n", "kind is one of"),
    "a secret in it": (BAO + 'secret_id = "needle"\n', "vaults.bao.hashicorp.secret_id: is not known here"),
    "plain http elsewhere": (BAO.replace("https", "http"), "expected https"),
    "a path from nowhere": ('[vaults.f]\nkind = "keepass"\nfile = "x.kdbx"\n', "expected a whole path"),
    "a vault that is not there": ('[accounts.a]\nvault = "bao"\n', "accounts.a: there is no [vaults.bao]"),
    "a seed elsewhere that is not": (
        BAO + '[accounts.a]\nvault = "bao"\ntotp_vault = "x"\n',
        "accounts.a: there is no [vaults.x]",
    ),
    "one item twice": (
        BAO + '[accounts.a]\nvault = "bao"\n[accounts.b]\nvault = "bao"\nitem = "a"\n',
        "accounts.b: its item is that of a already",
    ),
    "a name that can be none": (BAO + '[accounts."A B"]\nvault = "bao"\n', "is no name"),
    "the worker's own": (BAO.replace("bao", "embedded"), "embedded is what the worker's own vault is called"),
}


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "vaults.toml"
    file.write_text(text)
    with pytest.raises(InputError) as told:
        load_places(file)
    assert str(told.value).startswith(f"{file}: ")
    assert words in str(told.value)
    assert "needle" not in str(told.value)


def test_an_account_that_is_not_listed_lies_in_the_own_vault(tmp_path: Path) -> None:
    assert load_places(tmp_path / "none.toml").of("a") == Place(item="a", totp_item="a")


def test_the_shipped_file_is_empty_and_its_examples_are_right(tmp_path: Path) -> None:
    shipped = default_files()["vaults.toml"].decode()
    assert tomllib.loads(shipped) == {}
    lines = [line.removeprefix("# ") for line in shipped.splitlines() if re.match(r"# (\[|\w+ = )", line)]
    example = Places.model_validate(tomllib.loads("\n".join(lines)))
    assert {table.kind for table in example.vaults.values()} == set(MANAGERS)
    for table in example.vaults.values():
        assert set(type(table).model_fields) == set(table.model_dump(exclude_unset=True)), table.kind
    assert set(Place.model_fields) == set(example.accounts["availity-west"].model_dump(exclude_unset=True))


def test_the_examples_in_the_docs_are_right() -> None:
    text = (ROOT / "docs" / "credentials.md").read_text()
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    named = [Places.model_validate(tomllib.loads(block)) for block in blocks]
    assert {table.kind for each in named for table in each.vaults.values()} == set(MANAGERS)


def test_one_account_is_put_and_the_rest_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "vaults.toml"
    file.write_text(
        f"# ours\n{BAO}\n# the west\n[accounts.west]\nvault = 'bao'\n\n# the east\n[accounts.east]\nvault = 'bao'\n"
    )
    put_place(file, "west", Place(vault="bao", item='p/"w"'))
    put_place(file, "north", Place(vault="bao", totp_vault="embedded"))
    assert file.read_text() == (
        f'# ours\n{BAO}\n# the west\n[accounts.west]\nvault = "bao"\nitem = "p/\\"w\\""\n\n# the east\n'
        '[accounts.east]\nvault = \'bao\'\n[accounts.north]\nvault = "bao"\ntotp_vault = "embedded"\n'
    )
    put_place(file, "west", None)
    assert set(load_places(file).accounts) == {"east", "north"}


def test_a_file_laid_out_in_another_way_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "vaults.toml"
    text = f"{BAO}[accounts]\nwest = {{ vault = 'bao' }}\n"
    file.write_text(text)
    with pytest.raises(InputError, match="write it there by hand"):
        put_place(file, "west", Place(vault="bao", item="x"))
    assert file.read_text() == text
