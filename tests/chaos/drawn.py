"""What is mixed into one run of the chaos in a real browser: drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

SHORT = 6  # seconds of a step
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "cut_after", "connection": "reused"},
    {"kind": "cut_after", "connection": "fresh"},
    {"kind": "cut_before"},
    {"kind": "hang", "seconds": SHORT + 4},
    {"kind": "server_error"},
    {"kind": "server_error", "applied": False},
    {"kind": "maintenance"},
    {"kind": "redraw_refusal"},
)


@dataclass(frozen=True)
class Command:
    """One command, or two at once; killed so many seconds after its start, or not; after a jump of the clock."""

    flow: str
    kill_after: float | None
    two: bool
    jump: float


@dataclass(frozen=True)
class Drawn:
    """What is mixed into one run."""

    portal: str
    vault: str
    codes: str
    lock_told: bool
    expired: bool
    elsewhere: bool
    faults: tuple[dict[str, Any], ...]
    commands: tuple[Command, ...]

    @classmethod
    def by(cls, chance: random.Random) -> Drawn:
        """A random one."""
        codes = chance.choices(("none", "right", "wrong"), (6, 2, 1))[0]
        return cls(
            portal=chance.choice(("availity", "uhc")),
            vault=chance.choices(("right", "wrong", "wrong twice"), (5, 3, 1))[0],
            codes=codes,
            lock_told=chance.random() < 0.5,
            expired=chance.random() < 0.15,
            elsewhere=chance.random() < 0.1,
            faults=tuple(_fault(chance, codes) for _ in range(chance.choice((0, 1, 1, 2)))),
            commands=tuple(_command(chance, codes) for _ in range(chance.randint(1, 2))),
        )


def _fault(chance: random.Random, codes: str) -> dict[str, Any]:
    fault = chance.choice(FAULTS)
    places = ("login_post", "login_post", "change_post" if codes == "none" else "login_post")
    return {**fault, "at": chance.choice(places)}


def _command(chance: random.Random, codes: str) -> Command:
    """A change signs in twice, which with codes would take a time step of waiting."""
    return Command(
        flow=chance.choice(("login", "password_reset")) if codes == "none" else "login",
        kill_after=chance.uniform(0.5, 5) if chance.random() < 0.35 else None,
        two=chance.random() < 0.15,
        jump=chance.choice((31, 31, 31, 3700, 90_000)),
    )
