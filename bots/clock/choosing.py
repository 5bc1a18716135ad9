"""Which accounts a row names: by name, by portal, by tag, or all that may be used unattended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from bots.clock.rows import KEEP, Schedule
from bots.clock.yaml_rows import LineError, line_of
from bots.inventory import Inventory, Kind
from payers import registry

UNATTENDED = (Kind.WORKER, Kind.BREAK_GLASS)  # others are kept alive by their owners only
EXPECTED = "expected a list of names, or portal: NAME, or tag: WORD, or all"


@dataclass(frozen=True)
class Choice:
    """The accounts of an inventory, as they were when it was looked at."""

    known: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, inventory: Inventory) -> Choice:
        """Look at the accounts."""
        rows = inventory.rows("SELECT name, portal, kind, tags FROM accounts ORDER BY name")
        return cls({str(row["name"]): row for row in rows})

    def accounts(self, schedule: Schedule, node: yaml.Node) -> tuple[str, ...]:
        """The accounts of a row; `all`, `portal:` and `tag:` take the worker's own."""
        workers = [name for name, row in self.known.items() if row["kind"] == Kind.WORKER]
        able = [name for name in workers if _offered(self.known[name]["portal"], schedule.flow)]
        match node:
            case yaml.ScalarNode(value="all"):
                return tuple(able)
            case yaml.MappingNode(value=[(yaml.ScalarNode(value="portal"), yaml.ScalarNode(value=portal))]):
                _check_offered(schedule, node, portal)
                return tuple(name for name in workers if self.known[name]["portal"] == portal)
            case yaml.MappingNode(value=[(yaml.ScalarNode(value="tag"), yaml.ScalarNode(value=tag))]):
                return self._tagged(schedule, node, str(tag), able)
            case yaml.SequenceNode(value=[_, *_]):
                return tuple(dict.fromkeys(self._named(schedule, entry) for entry in node.value))
        raise LineError(line_of(node), f"{schedule.name}: accounts: {EXPECTED}")

    def _tagged(self, schedule: Schedule, node: yaml.Node, tag: str, able: Sequence[str]) -> tuple[str, ...]:
        tags = {word for row in self.known.values() for word in _words(row["tags"])}
        if tag not in tags:
            raise LineError(
                line_of(node), f"{schedule.name}: no account has the tag {tag!r}; {_there_are(sorted(tags))}"
            )
        return tuple(name for name in able if tag in _words(self.known[name]["tags"]))

    def _named(self, schedule: Schedule, node: yaml.Node) -> str:
        name, line = str(node.value), line_of(node)
        if name not in self.known:
            raise LineError(line, f"{schedule.name}: no account is called {name!r}; {_there_are(list(self.known))}")
        kind = self.known[name]["kind"]
        if kind not in UNATTENDED:
            raise LineError(
                line, f"{schedule.name}: account {name} is of kind {kind}; only worker accounts run by schedule"
            )
        _check_offered(schedule, node, self.known[name]["portal"])
        return name


def _words(tags: str | None) -> list[str]:
    return re.split(r"[\s,;]+", tags) if tags else []


def _there_are(names: Sequence[str]) -> str:
    return f"there are: {', '.join(names[:8])}" if names else "there are none yet"


def _check_offered(schedule: Schedule, node: yaml.Node, portal: str) -> None:
    if portal not in registry.portals():
        raise LineError(
            line_of(node), f"{schedule.name}: no portal is called {portal!r}; {_there_are(list(registry.portals()))}"
        )
    if not _offered(portal, schedule.flow):
        raise LineError(line_of(node), f"{schedule.name}: portal {portal} offers no {schedule.flow}")


def _offered(portal: str, flow: str) -> bool:
    found = registry.portals().get(portal)
    return found is not None and (flow == KEEP or flow in found.offers())
