"""One run of the chaos: everything in it follows from its seed, and every promise is checked on what the portal saw."""

from __future__ import annotations

import json
import random
import re
import shutil
import string
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.acts import Office
from tests.chaos.portal import FAULTS, Answer, Portal
from tests.chaos.practice import BASE, put_in_place
from tests.chaos.worker import Worker

SECRETS = ("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
ROUNDS_TO_THE_END = 12
LAST_STEP = {"sign in": 25, "service": 25, "change": 65, "settle": 25}  # kills fall before it
LONGEST_WAIT = 300  # seconds that one process may wait for a code; four time steps would do


Kill = int | str | None
"""After so many steps; or at a named one, such as `/login 2 judged` (the second one; `unjudged` is before it); or not."""


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
    typing_mistakes: float = 0.0
    jumps: tuple[tuple[int, int, float], ...] = ()
    wait_seconds: int = 120

    @classmethod
    def drawn(cls, chance: random.Random) -> Plan:
        """A random one."""
        faults: dict[str, list[str]] = {}
        weights = chance.choice(((1, 5, 2, 1), (0, 1, 1, 6)))
        for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4, 6))):
            path = chance.choices(list(FAULTS), weights)[0]
            faults.setdefault(path, []).append(chance.choice(FAULTS[path]))
        rounds = tuple(_round(chance) for _ in range(chance.randint(1, 4)))
        jumps = [(chance.randrange(len(rounds)), chance.randint(1, 40), _jump(chance)) for _ in range(2)]
        return cls(
            vault=chance.choices(("right", "wrong", "old"), (6, 3, 1))[0],
            secret=chance.choices(("right", "none", "wrong"), (6, 3, 1))[0],
            lock_told=chance.random() < 0.5,
            locked=chance.random() < 0.07,
            expired=chance.random() < 0.15,
            faults=faults,
            rounds=rounds,
            people=chance.choice((0.2, 0.8)),
            typing_mistakes=chance.choice((0, 0, 0.4)),
            jumps=tuple(jumps[: chance.choice((0, 0, 1, 2))]),
            wait_seconds=chance.choice((0, 120, 120)),
        )


def _round(chance: random.Random) -> tuple[tuple[str, Kill], ...]:
    many = chance.choice((1, 1, 2))
    kinds = chance.choices(("sign in", "service", "change", "settle"), (4, 2, 4, 1), k=many)
    return tuple((kind, chance.randint(1, LAST_STEP[kind]) if chance.random() < 0.4 else None) for kind in kinds)


def _jump(chance: random.Random) -> float:
    """Seconds: time that goes by is positive; a clock set wrong is given in fractions, to be told apart."""
    return chance.choice((45.0, 3700.0, 90_000.0, 3600.5, -3600.5, -90_000.5, 45.5, -45.5))


class Run:
    """A portal, a data folder, and the worker's processes over both."""

    def __init__(
        self,
        seed: object,
        plan: Plan,
        furnished: Path,
        home: Path,
        sabotage: Callable[[], None] = lambda: None,
    ) -> None:
        self.seed = seed
        self.plan = plan
        self.chance = random.Random(f"run {seed}")
        self.home = home
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self._sabotage = sabotage
        self._workers: list[Worker] = []
        self._waited: Counter[int] = Counter()
        self._stops: Counter[tuple[int, str]] = Counter()
        self._elapsed, self._skew, self._number = 0.0, 0.0, 0
        shutil.copytree(furnished, home)
        self._tick(0)
        put_in_place(home / "sandbox-clock.json")
        self._office = Office(home, wait_seconds=plan.wait_seconds)
        self.portal = Portal(
            password=self._new_word(), secret=None if plan.secret == "none" else SECRETS[0], lock_told=plan.lock_told
        )
        self.portal.locked, self.portal.expired = plan.locked, plan.expired
        self.portal.faults |= {path: [*kinds] for path, kinds in plan.faults.items()}
        self.portal.on_change = self._changed
        self._known: str | None = self.portal.password
        self._ours: str | None = None
        self._tell(f"plan: {plan}")
        self._person("set password", self.portal.password if plan.vault == "right" else self._mistyped())
        self._person("set secret", SECRETS[plan.secret == "wrong"])

    def go(self) -> Run:
        """Everything: the rounds with their disturbances, then on until the account is signed in again."""
        try:
            for number, commands in enumerate(self.plan.rounds):
                self._round(number, commands)
            self._calm()
            self._to_the_end()
        finally:
            for worker in self._workers:
                worker.kill()
        self.violations += self.portal.violations
        self.counts.update(self.portal.counts)
        self.counts.update({f"fault {kind}": count for kind, count in self.portal.met.items() if kind})
        self.counts["most refused in a row"] = self.portal.most_in_a_row
        return self

    @property
    def story(self) -> str:
        """All that happened, for whoever repeats it."""
        return "\n".join(
            [f"seed {self.seed}", *self.portal.story, *(f"VIOLATION: {words}" for words in self.violations)]
        )

    # the disturbed part

    def _round(self, number: int, commands: tuple[tuple[str, Kill], ...]) -> None:
        jumps = {step: seconds for when, step, seconds in self.plan.jumps if when == number}
        killed = {}
        for command, kill_at in commands:
            killed[self._start(command).number] = kill_at
        self.counts["rounds with two processes"] += len(commands) > 1
        turns = 0
        while self._workers:
            turns += 1
            if turns in jumps:
                self._move_clock(jumps[turns])
            worker = self.chance.choice(self._workers)
            self._turn(worker, killed[worker.number])
        self._check()
        if self._last and self._last["error"] and self.chance.random() < self.plan.people:
            self._follow(self._last)

    def _start(self, command: str) -> Worker:
        self._number += 1
        worker = Worker(self._office, command, self._number, self._workers, self._sabotage)
        self._workers.append(worker)
        self.counts[f"command {command}"] += 1
        self._tell(f"worker {worker.number}: {command}")
        return worker

    def _turn(self, worker: Worker, kill_at: Kill) -> None:
        """Let one process make its next step, or kill it there."""
        while worker.alive:
            if self._dies(worker, kill_at):
                self._tell(f"worker {worker.number}: SIGKILL at step {worker.steps}, {worker.asked[:2]}")
                self.counts["kills"] += 1
                worker.kill()
                break
            inside = self._serve(worker)
            if not (worker.alive and (inside or worker.asked[0] == "inside")):
                break
        if not worker.alive:
            self._workers.remove(worker)
            self._last = worker.result
            if worker.result and worker.result.get("crashed"):
                self._violated(f"the program itself failed: {worker.result['error']}")
            if worker.result is not None:
                self._tell(f"worker {worker.number}: ended: {worker.result['error']} {worker.result['message']}")

    def _dies(self, worker: Worker, kill_at: Kill) -> bool:
        """Whether this is where it is killed; a request that is judged first gets no answer."""
        if not isinstance(kill_at, str):
            return kill_at is not None and worker.steps >= kill_at
        place, times, when = kill_at.split()
        if worker.asked[1] != place:
            return False
        self._stops[worker.number, place] += 1
        if self._stops[worker.number, place] < int(times):
            return False
        if when == "judged":
            self._judge(worker)
        return True

    def _judge(self, worker: Worker) -> Answer:
        _, path, form, session = worker.asked
        return self.portal.request(path, form, session, self._portal_time(), worker.number)

    def _serve(self, worker: Worker) -> bool:
        """Answer what a process stopped for; whether it may be inside a lock now."""
        kind, *said = worker.asked
        if kind == "request":
            self._tick(1)
            worker.answer(self._judge(worker))
            return False
        if kind == "wait":
            self._tick(1)
            self._waited[worker.number] += 1
            if self._waited[worker.number] > LONGEST_WAIT and len(self._workers) == 1:
                self._violated("a process waits without end")
                worker.kill()
                return False
        elif said[0] == "close_attempt":
            self.portal.heard(worker.number)
        worker.answer(None)
        return kind == "inside"

    def _move_clock(self, seconds: float) -> None:
        """Time goes by; or the machine's clock is set wrong, and the portal's is not."""
        if seconds % 1:
            self._skew += seconds
            self.counts["clock set wrong"] += 1
            self._tick(0)
        else:
            self._tick(seconds)
            self.counts["time jumps"] += 1
        self._tell(f"clock: {seconds} s, now {self._skew} s wrong")

    def _tick(self, seconds: float) -> None:
        self._elapsed += seconds
        file = self.home / "sandbox-clock.json"
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps({"offset_seconds": self._elapsed + self._skew}))
        fresh.replace(file)

    def _portal_time(self) -> float:
        return BASE.timestamp() + self._elapsed

    # the end

    def _calm(self) -> None:
        """The faults end: what was held back is judged, and the clock is right again."""
        for kinds in self.portal.faults.values():
            kinds.clear()
        self.portal.judge_late(self._portal_time())
        if self._skew:
            self._skew = 0.0
            self._tick(0)
        self._tell("calm")

    def _to_the_end(self) -> None:
        """Follow what the messages say until the account is signed in afresh, one password in force."""
        for _ in range(ROUNDS_TO_THE_END):
            worker = self._start("sign in")
            while self._workers:
                self._turn(worker, None)
            seen = self._check()
            if worker.result is None:
                return
            if not worker.result["error"]:
                self.counts["ended signed in"] += 1
                if seen["current"] != self.portal.password or seen["pending"] not in ("", "stored"):
                    self._violated("signed in, and the vault does not say with what")
                return
            if not self._follow(worker.result, careful=True):
                self._violated(f"no next step: {worker.result}; {seen['problem']}")
                return
        self._violated("stuck: the steps that the messages name do not lead to a sign-in")

    # what people do

    def _follow(self, result: dict[str, Any], *, careful: bool = False) -> bool:
        """Do what the message says, or `pk why`, or the health report; whether any of them says what to do."""
        problem = self._person("look")["problem"]
        for words in (result["message"], problem, result["do"]):
            if step := self._step_in(words):
                self.counts[f"person: {step}"] += 1
                self._tell(f"person: {step}, told: {words}")
                self._take(step, careful=careful)
                return True
        return False

    def _step_in(self, words: str) -> str:
        for step, pattern in STEPS.items():
            if re.search(pattern, words):
                return step
        return ""

    def _take(self, step: str, *, careful: bool) -> None:
        if step == "wait":
            self._tick(3700)
        elif step == "close the incident":
            self._person("close incidents")
        elif step == "settle":
            self._to_its_end("settle")
        elif step == "unfreeze":
            self._look_after_codes()
            self._sign_in_by_hand()
            self._person("unfreeze")
            self.portal.told.clear()
        elif step == "check the authenticator":
            self._look_after_codes()
        else:
            self._correct(careful)

    def _to_its_end(self, command: str) -> None:
        worker = self._start(command)
        while worker.alive:
            self._turn(worker, None)

    def _look_after_codes(self) -> None:
        self._person("set secret", SECRETS[0])
        self._skew = 0.0
        self._tick(0)

    def _sign_in_by_hand(self) -> None:
        """A person signs in at the portal; with a password of the worker's own making, by the forgotten-password way."""
        if self._known == self.portal.password:
            self.portal.visited_by_person(self._portal_time())
        else:
            self._reset_by_hand()

    def _reset_by_hand(self) -> None:
        self._known = self._new_word()
        self._ours = None
        self.portal.visited_by_person(self._portal_time(), self._known)
        self._person("set password", self._known)

    def _correct(self, careful: bool) -> None:
        """Put the right password into the vault. If it is there already, or nobody knows it, make a new one."""
        if not careful and self.chance.random() < self.plan.typing_mistakes:
            self.counts["typing mistakes"] += 1
            self._person("set password", self._mistyped())
        elif self._known == self.portal.password and self._person("look")["current"] != self._known:
            self._person("set password", self._known)
        else:
            self._reset_by_hand()

    def _person(self, act: str, *arguments: Any) -> dict[str, Any]:
        return self._office.do(act, *arguments) or {}

    def _mistyped(self) -> str:
        word = self._new_word()
        self.portal.mistyped.add(word)
        return word

    def _new_word(self) -> str:
        return "".join(self.chance.choices(string.ascii_letters, k=10)) + "7$a"

    # the promises

    def _changed(self, new: str) -> None:
        """The portal has taken a new password from the worker."""
        self._ours = new
        if new not in self._person("look")["candidates"]:
            self._violated("a new password was typed that is not in the vault")

    def _check(self) -> dict[str, Any]:
        """What has to hold whenever nothing runs."""
        seen = self._person("look")
        if self._ours == self.portal.password and self._ours not in seen["candidates"]:
            self._violated("the vault has lost the password in force")
        for error in seen["freezes"]:
            if error == "InvalidCredentials" and self.portal.counts["passwords refused"] + self.plan.locked:
                continue
            if error == "AccountLocked" and self.portal.locked:
                continue
            self._violated(f"frozen for {error}, which the portal never said")
        return seen

    def _violated(self, words: str) -> None:
        self.violations.append(words)
        self._tell(f"VIOLATION: {words}")

    def _tell(self, words: str) -> None:
        self.portal.story.append(words) if hasattr(self, "portal") else None

    _last: dict[str, Any] | None = None


STEPS = {
    "close the incident": r"pk incident close",
    "unfreeze": r"pk account unfreeze",
    "settle": r"pk password settle",
    "correct the vault": r"pk vault set",
    "check the authenticator": r"pk vault check|the clock",
    "wait": r"held until|goes on by itself|[Tt]ry again|tries again|Sign in again",
}
