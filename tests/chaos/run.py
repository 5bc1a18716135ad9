"""One run of the chaos: everything in it follows from its seed, and every promise is checked on what the portal saw."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chaos.acts import Office
from tests.chaos.people import SECRETS, People, new_word
from tests.chaos.plan import Kill, Plan
from tests.chaos.portal import Answer, Portal
from tests.chaos.practice import BASE, put_in_place
from tests.chaos.worker import Worker

ROUNDS_TO_THE_END = 12
LONGEST_WAIT = 300  # seconds that one process may wait for a code; four time steps would do


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
        self._last: dict[str, Any] | None = None
        self._waited: Counter[int] = Counter()
        self._stops: Counter[tuple[int, str]] = Counter()
        self._elapsed, self._skew, self._number = 0.0, 0.0, 0
        shutil.copytree(furnished, home)
        self._tick(0)
        put_in_place(home / "sandbox-clock.json")
        self.portal = Portal(
            new_word(self.chance),
            None if plan.secret == "none" else SECRETS[0],
            time=lambda: BASE.timestamp() + self._elapsed,
            maildir=home / "mail",
            lock_told=plan.lock_told,
            locked=plan.locked,
            expired=plan.expired,
            on_change=self._changed,
        )
        self.portal.faults |= {path: [*kinds] for path, kinds in plan.faults.items()}
        self._ours: str | None = None
        self._tell(f"plan: {plan}")
        self.people = People(
            Office(home, wait_seconds=plan.wait_seconds),
            self.portal,
            plan,
            self.chance,
            counts=self.counts,
            passes=self._tick,
            right_the_clock=self._right_the_clock,
            carry_out=self.to_its_end,
        )

    def go(self) -> Run:
        """Everything: the rounds with their disturbances, then on until the account is signed in again."""
        try:
            for number, commands in enumerate(self.plan.rounds):
                self._round(number, commands)
            self._calm()
            self._to_the_end()
        finally:
            for worker in self._workers:
                if worker.alive:
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
            killed[self.start(command).number] = kill_at
        self.counts["rounds with two processes"] += len(commands) > 1
        turns = 0
        while self._workers:
            turns += 1
            if turns in jumps:
                self._move_clock(jumps[turns])
            worker = self.chance.choice(self._workers)
            self.turn(worker, killed[worker.number])
        self.check()
        if self._last and self._last["error"] and self.chance.random() < self.plan.people:
            self.people.follow(self._last)

    def start(self, command: str) -> Worker:
        """Start a command; it stands at its first stop."""
        self._number += 1
        worker = Worker(self.people.office, command, self._number, self._workers, self._sabotage)
        self._workers.append(worker)
        self.counts[f"command {command}"] += 1
        self._tell(f"worker {worker.number}: {command}")
        return worker

    def to_its_end(self, command: str) -> dict[str, Any] | None:
        """One command, alone; how it ended."""
        worker = self.start(command)
        while worker.alive:
            self.turn(worker, None)
        return worker.result

    def turn(self, worker: Worker, kill_at: Kill) -> None:
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
        if worker.asked[1] == place:
            self._stops[worker.number, place] += 1
        reached = worker.steps if place == "step" else self._stops[worker.number, place]
        if (place != "step" and worker.asked[1] != place) or reached < int(times):
            return False
        if when == "judged" and worker.asked[0] == "request":
            self._judge(worker)
        return True

    def _judge(self, worker: Worker) -> Answer:
        _, path, form, session = worker.asked
        return self.portal.request(path, form, session, worker.number)

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

    def _right_the_clock(self) -> None:
        self._skew = 0.0
        self._tick(0)

    def _tick(self, seconds: float) -> None:
        self._elapsed += seconds
        file = self.home / "sandbox-clock.json"
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps({"offset_seconds": self._elapsed + self._skew}))
        fresh.replace(file)

    # the end

    def _calm(self) -> None:
        """The faults end: what was held back is judged, and the clock is right again."""
        for kinds in self.portal.faults.values():
            kinds.clear()
        self.portal.judge_late()
        self._right_the_clock()
        self._tell("calm")

    def _to_the_end(self) -> None:
        """Follow what the messages say until the account is signed in afresh, one password in force."""
        for _ in range(ROUNDS_TO_THE_END):
            result = self.to_its_end("sign in")
            seen = self.check()
            if result is None:
                return
            if not result["error"]:
                self.counts["ended signed in"] += 1
                if seen["current"] != self.portal.password or seen["pending"] not in ("", "stored"):
                    self._violated("signed in, and the vault does not say with what")
                return
            if not self.people.follow(result, careful=True):
                self._violated(f"no next step: {result}; {seen['problem']}")
                return
        self._violated("stuck: the steps that the messages name do not lead to a sign-in")

    # the promises

    def _changed(self, new: str) -> None:
        """The portal has taken a new password from the worker."""
        self._ours = new
        if new not in self.people.do("look")["candidates"]:
            self._violated("a new password was typed that is not in the vault")

    def check(self) -> dict[str, Any]:
        """What has to hold whenever nothing runs."""
        seen = self.people.do("look")
        if self._ours == self.portal.password and self._ours not in seen["candidates"]:
            self.counts["password in force only in the history"] += 1
            if self._ours not in seen["history"]:
                self._violated("the vault has lost the password in force")
        for error in seen["freezes"]:
            if SAID.get(error) not in self.portal.said:
                self._violated(f"frozen for {error}, which the portal never said")
        return seen

    def _violated(self, words: str) -> None:
        self.violations.append(words)
        self._tell(f"VIOLATION: {words}")

    def _tell(self, words: str) -> None:
        self.portal.story.append(words)


SAID = {"InvalidCredentials": "refused", "AccountLocked": "locked"}
