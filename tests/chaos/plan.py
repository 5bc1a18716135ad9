"""What is mixed into one run of the chaos: drawn from a seed, or put together by name."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.chaos.portal import FAULTS

LAST_STEP = {"sign in": 25, "service": 25, "change": 65, "recover": 60, "settle": 25}  # kills fall before it
LIKELY = {"sign in": 8, "service": 4, "change": 8, "recover": 3, "settle": 2}

Kill = int | str | None
"""After so many steps; or at a named one, such as `/login 2 judged` (the second one; `unjudged` is before it); or not.
`step 7 judged` is after 7 steps too, and the portal gets what the process was about to send."""


@dataclass(frozen=True)
class Plan:
    """What is mixed into one run. `rounds` are the commands started together, each with where it is killed."""

    vault: str = "right"
    secret: str = "right"
    lock_told: bool = True
    locked: bool = False
    expired: bool = False
    faults: dict[str, list[str]] = field(default_factory=dict)
    rounds: tuple[tuple[tuple[str, Kill], ...], ...] = ()
    people: float = 0.5
    letters: float = 0.0
    typing_mistakes: float = 0.0
    jumps: tuple[tuple[int, int, float], ...] = ()
    wait_seconds: int = 120

    @classmethod
    def drawn(cls, chance: random.Random) -> Plan:
        """A random one."""
        faults: dict[str, list[str]] = {}
        weights = chance.choice(((1, 5, 2, 1, 1, 1, 2), (0, 1, 1, 6, 1, 6, 2)))
        for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4, 6))):
            path = chance.choices(list(FAULTS), weights)[0]
            faults.setdefault(path, []).append(chance.choice(FAULTS[path]))
        rounds = tuple(_round(chance) for _ in range(chance.randint(1, 4)))
        jumps = [(chance.randrange(len(rounds)), chance.randint(1, 40), _jump(chance)) for _ in range(2)]
        return cls(
            vault=chance.choices(("right", "wrong", "old"), (6, 3, 1))[0],
            secret=chance.choices(("right", "none", "wrong"), (6, 3, 1))[0],
            lock_told=chance.random() < 0.5,
            locked=chance.random() < 0.1,
            expired=chance.random() < 0.15,
            faults=faults,
            rounds=rounds,
            people=chance.choice((0.2, 0.8)),
            letters=chance.choice((0, 0.5, 1)),
            typing_mistakes=chance.choice((0, 0, 0.4)),
            jumps=tuple(jumps[: chance.choice((0, 0, 1, 2))]),
            wait_seconds=chance.choice((0, 120, 120)),
        )


def _round(chance: random.Random) -> tuple[tuple[str, Kill], ...]:
    kinds = chance.choices(list(LIKELY), list(LIKELY.values()), k=chance.choice((1, 1, 2)))
    return tuple((kind, chance.randint(1, LAST_STEP[kind]) if chance.random() < 0.4 else None) for kind in kinds)


def _jump(chance: random.Random) -> float:
    """Seconds: time that goes by is positive; a clock set wrong is given in fractions, to be told apart."""
    return chance.choice((45.0, 3700.0, 90_000.0, 3600.5, -3600.5, -90_000.5, 45.5, -45.5))
