"""What evidence is taken of runs, and for whom it is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bots.evidence.config import FILE, load_config
from bots.sealing import Key, public_key
from bots.settings import Settings

OWN = "this data folder"


class Wish(StrEnum):
    """When evidence is taken: never, of what fails or drifts, of every run, of every run with a trace."""

    NONE = "none"
    FAILURE = "failure"
    SCREEN = "screen"
    TRACE = "trace"


@dataclass(frozen=True)
class Plan:
    """The wish, the public keys by the names of their holders, and how large one evidence may be, in bytes."""

    wish: Wish
    recipients: Mapping[str, str]
    each_bytes: int

    @property
    def asked(self) -> bool:
        """Whether a run that succeeds leaves evidence too."""
        return self.wish in (Wish.SCREEN, Wish.TRACE)


def plan_of(settings: Settings, key: Key) -> Plan:
    """The plan that settings and config/evidence.toml make."""
    config = load_config(settings.config / FILE)
    return Plan(Wish(settings.evidence), config.recipients or {OWN: public_key(key)}, config.each_bytes)
