"""What people do in a run of the chaos: they read the messages and do what they say, sometimes with a typing mistake."""

from __future__ import annotations

import random
import re
import string
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.chaos.acts import Office
from tests.chaos.plan import Plan
from tests.chaos.portal import Portal

SECRETS = ("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
AN_HOUR = 3700.0
STEPS = {
    "close the incident": r"pk incident close",
    "unfreeze": r"pk account unfreeze",
    "settle": r"pk password settle",
    "correct the vault": r"pk vault set",
    "check the authenticator": r"pk vault check|the clock",
    "wait": r"held until|goes on by itself|[Tt]ry again|tries again|Sign in again",
}


class People:
    """The office and whoever works there. `passes` lets seconds go by; `carry_out` runs a command to its end."""

    def __init__(
        self,
        office: Office,
        portal: Portal,
        plan: Plan,
        chance: random.Random,
        *,
        counts: Counter[str],
        passes: Callable[[float], None],
        right_the_clock: Callable[[], None],
        carry_out: Callable[[str], dict[str, Any] | None],
    ) -> None:
        self.office, self._portal, self._plan, self._chance = office, portal, plan, chance
        self._counts = counts
        self._passes, self._right_the_clock, self._carry_out = passes, right_the_clock, carry_out
        self._known = portal.password
        self.do("set password", portal.password if plan.vault == "right" else self._new_word())
        self.do("set secret", SECRETS[plan.secret == "wrong"])

    def do(self, act: str, *arguments: Any) -> dict[str, Any]:
        """One of the acts of `tests.chaos.acts`."""
        return self.office.do(act, *arguments) or {}

    def follow(self, result: dict[str, Any], *, careful: bool = False) -> bool:
        """Do what the message says, or `pk why`, or the health report; whether any of them says what to do."""
        problem = self.do("look")["problem"]
        for words in (result["message"], problem, result["do"]):
            if step := next((step for step, pattern in STEPS.items() if re.search(pattern, words)), ""):
                self._counts[f"person: {step}"] += 1
                self._portal.story.append(f"person: {step}, told: {words}")
                self._take(step, careful=careful)
                return True
        return False

    def _take(self, step: str, *, careful: bool) -> None:
        if step == "wait":
            self._passes(AN_HOUR)
        elif step == "close the incident":
            self.do("close incidents")
        elif step == "settle":
            self._carry_out("settle")
        elif step == "unfreeze":
            self._look_after_codes()
            self._sign_in_by_hand()
            self.do("unfreeze")
            self._portal.told.clear()
        elif step == "check the authenticator":
            self._look_after_codes()
        else:
            self._correct(careful)

    def _look_after_codes(self) -> None:
        self.do("set secret", SECRETS[0])
        self._right_the_clock()

    def _sign_in_by_hand(self) -> None:
        """A person signs in at the portal; with a password of the worker's own making, by the forgotten-password way."""
        if self._known == self._portal.password:
            self._portal.visited_by_person()
        else:
            self._reset()

    def _reset(self) -> None:
        """A password that nobody knows: by the worker's letter, as far as it leads, or by hand."""
        if self._chance.random() < self._plan.letters:
            self._counts["person: recover"] += 1
            if (ended := self._carry_out("recover")) and not ended["error"]:
                return
        self._known = self._new_word()
        self._portal.visited_by_person(self._known)
        self.do("set password", self._known)

    def _correct(self, careful: bool) -> None:
        """Put the right password into the vault. If it is there already, or nobody knows it, make a new one."""
        if not careful and self._chance.random() < self._plan.typing_mistakes:
            self._counts["typing mistakes"] += 1
            self.do("set password", self._new_word())
        elif self._known == self._portal.password and self.do("look")["current"] != self._known:
            self.do("set password", self._known)
        else:
            self._reset()

    def _new_word(self) -> str:
        return new_word(self._chance)


def new_word(chance: random.Random) -> str:
    """A password that a person makes up."""
    return "".join(chance.choices(string.ascii_letters, k=10)) + "7$a"
