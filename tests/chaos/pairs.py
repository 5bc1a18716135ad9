"""The faults that are named one by one: each alone, and each after every other, at a threshold of three."""

from __future__ import annotations

from dataclasses import dataclass

from tests.chaos.plan import Kill, Plan


@dataclass(frozen=True)
class Named:
    """One of them: the command it happens to, what the portal does at the sign-in, and where the process is killed."""

    command: str = "sign in"
    faults: tuple[str, ...] = ()
    kills: tuple[Kill, ...] = (None,)


REFUSAL = "refusal, then corrected vault"
NAMED = {
    "reboot in mid sign-in": Named(kills=("grant_password 1 unjudged", "/login 1 judged", "close_attempt 1 unjudged")),
    "500 after the POST": Named(faults=("error after",)),
    "cut on a reused socket, both times": Named(faults=("cut twice",)),
    "cut on a reused socket, then answered": Named(faults=("sent again",)),
    REFUSAL: Named(faults=("",)),  # the refusal itself meets no fault
    "reset killed in submitting": Named("change", kills=("/change 1 unjudged", "/change 1 judged")),
    "reset killed in verify": Named(
        "change", kills=("grant_password 3 unjudged", "/login 2 judged", "promote 1 unjudged")
    ),
}


def _plan(both: list[str], kill: int, vault: str, mistakes: float) -> Plan:
    """One after the other, then again without: what a fault leaves behind is what the next attempt meets."""
    named = [NAMED[name] for name in both]
    return Plan(
        vault=vault,
        secret="none",
        faults={"/login": [fault for one in named for fault in one.faults]},
        rounds=tuple(((one.command, one.kills[kill % len(one.kills)]),) for one in named),
        people=float(REFUSAL in both),
        typing_mistakes=mistakes,
    )


def _all() -> dict[str, Plan]:
    plans = {}
    for one, two in [(name, "") for name in NAMED] + [(one, two) for one in NAMED for two in NAMED]:
        both = [name for name in (one, two) if name]
        for vault, mistakes in (("right", 0.0), ("wrong", 0.0), ("wrong", 1.0)):
            for kill in range(max(len(NAMED[name].kills) for name in both)):
                words = f"{vault} password{', mistyped again' if mistakes else ''}"
                plans[f"{' + '.join(both)} ({words}, {kill})"] = _plan(both, kill, vault, mistakes)
    return plans


PAIRS = _all()
