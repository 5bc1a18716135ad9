"""A reset whose secrets lie in a credential manager: killed on its way it ends signed in, unconfirmed it is not typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from managers import MAKERS

from bots.vault.age_files import AgeFiles
from bots.vault.provider import Provider
from bots.vault.providers.connect import ConnectStore
from bots.vault.providers.hashicorp import HashiCorpStore
from bots.vault.providers.keepass import KeePassStore
from bots.vault.providers.lastpass import LastPassStore
from tests.chaos.acts import furnish
from tests.chaos.elsewhere import Elsewhere
from tests.chaos.every_stop import killed_everywhere
from tests.chaos.plan import Plan
from tests.chaos.run import Run
from tests.chaos.stage import in_memory

# not bitwarden: its program takes seconds to start, in each of these processes; tests/bots kill it in fewer places
STORES: dict[str, type[Provider]] = {
    "hashicorp": HashiCorpStore,
    "keepass": KeePassStore,
    "connect": ConnectStore,
    "lastpass": LastPassStore,
}
EACH = 14  # of the stops, from another one on for each manager


@pytest.fixture(scope="module", params=STORES)
def manager(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Elsewhere]]:
    made = MAKERS[request.param](tmp_path_factory.mktemp(request.param))
    yield request.param, Elsewhere(made.table, made.access, "portals/" if request.param == "hashicorp" else "")
    made.stop()


@pytest.mark.slow
def test_a_new_password_killed_on_its_way_ends_signed_in(manager: tuple[str, Elsewhere]) -> None:
    kind, elsewhere = manager
    kills = [*killed_everywhere("change", elsewhere, slice(2 * [*STORES].index(kind), None, EACH))]
    assert len(kills) > 3
    assert [(kill.stop, kill.problem) for kill in kills if kill.problem] == []


def test_a_new_password_that_the_manager_did_not_keep_is_not_typed(manager: tuple[str, Elsewhere]) -> None:
    kind, elsewhere = manager
    _types_nothing(STORES[kind], elsewhere)


def test_nor_is_one_that_the_own_vault_did_not_keep() -> None:
    _types_nothing(AgeFiles, None)


def _types_nothing(store: type[Provider], elsewhere: Elsewhere | None) -> None:
    """It says that it has taken the change, and forgets it."""

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
