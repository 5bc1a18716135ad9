"""A reset whose secrets lie in a credential manager: killed on its way it ends signed in, unconfirmed it is not typed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from keeping_secrets import Keeping
from managers import MAKERS, Warden

from bots.sealing import create_key
from bots.vault.age_files import AgeFiles
from bots.vault.provider import Provider
from bots.vault.providers.bitwarden import BitwardenStore
from bots.vault.providers.connect import ConnectStore
from bots.vault.providers.hashicorp import HashiCorpStore
from bots.vault.providers.keepass import KeePassStore
from bots.vault.providers.lastpass import LastPassStore
from tests.chaos.acts import furnish
from tests.chaos.elsewhere import Elsewhere
from tests.chaos.every_stop import killed_everywhere
from tests.chaos.plan import Plan
from tests.chaos.run import Run
from tests.chaos.stage import AT_ONCE, in_memory

STORES: dict[str, type[Provider]] = {
    "hashicorp": HashiCorpStore,
    "keepass": KeePassStore,
    "connect": ConnectStore,
    "lastpass": LastPassStore,
    "bitwarden": BitwardenStore,
}
ALL = os.environ.get("CASES") == "all"  # with Bitwarden, whose program takes minutes for it
EACH = 14  # of the stops, from another one on for each manager
ONE_SERVER = """#!/bin/sh
# `bw` to those who start it, before the one `bw serve` that was started for all: it takes ten seconds to come up.
case $1 in
status) echo '{"status": "locked", "serverUrl": "%s"}' ;;
serve) ln -s %s "${3#unix://}" && exec sleep 3600 ;;
*) exit 1 ;;
esac
"""


@pytest.fixture(scope="module")
def manager(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Elsewhere]]:
    made = MAKERS[request.param](folder := tmp_path_factory.mktemp(request.param))
    if isinstance(made, Warden):
        Keeping(folder, create_key(folder / "vault.key"), made).vault()
        program = folder / "one-server"
        program.write_text(ONE_SERVER % (made.table["server"], made.shared.socket))
        program.chmod(0o700)
        made.table["program"] = str(program)
    yield request.param, Elsewhere(made.table, made.access, "portals/" if request.param == "hashicorp" else "")
    made.stop()


@pytest.mark.slow
@pytest.mark.parametrize("manager", [*STORES] if ALL else [*STORES][:-1], indirect=True, scope="module")
def test_a_new_password_killed_on_its_way_ends_signed_in(manager: tuple[str, Elsewhere]) -> None:
    kind, elsewhere = manager
    slow = kind == "bitwarden"  # a second a question; and what one sync brings, another under way would take away
    which = slice(2 * [*STORES].index(kind), None, 2 * EACH if slow else EACH)
    kills = [*killed_everywhere("change", elsewhere, which, 1 if slow else AT_ONCE)]
    assert len(kills) > (1 if slow else 3)
    assert [(kill.stop, kill.problem) for kill in kills if kill.problem] == []


@pytest.mark.parametrize("manager", [*STORES][:-1], indirect=True, scope="module")  # bitwarden's: test_bitwarden
def test_a_new_password_that_the_manager_did_not_keep_is_not_typed(manager: tuple[str, Elsewhere]) -> None:
    kind, elsewhere = manager
    _types_nothing(STORES[kind], elsewhere)


def test_nor_is_one_that_the_own_vault_did_not_keep() -> None:
    _types_nothing(AgeFiles, None)


def _types_nothing(store: type[Provider], elsewhere: Elsewhere | None) -> None:
    """In a process of its own: the practice takes the place of parts of this one."""
    with ProcessPoolExecutor(1) as pool:
        pool.submit(_unkept, store, elsewhere).result()


def _unkept(store: type[Provider], elsewhere: Elsewhere | None) -> None:
    """The manager says that it has taken the change, and forgets it."""

    def forget() -> None:
        store.put = lambda *given: None  # type: ignore[method-assign,assignment]

    with in_memory() as folder:
        furnish(folder / "furnished")
        run = Run("unkept", Plan(), folder / "furnished", folder / "home", forget)
        if elsewhere:
            elsewhere.take(Path(run.home), run.people.office, f"unkept-{folder.name}")
        result = run.to_its_end("change") or {}
        assert result["error"] in ("VaultUnavailable", "InputError"), run.story
        assert "did not keep" in result["message"]
        assert run.portal.counts["passwords changed"] == 0
        assert "/change" not in run.story
        assert run.people.do("look")["current"] == run.portal.password
