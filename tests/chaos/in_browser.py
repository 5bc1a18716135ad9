"""Drawn runs in a real browser over the sandbox: faults, kills of real processes, jumps of the clock, two at once.

The portal's own counts say what happened. A command that is killed, or that has another beside it, is a process of
`pk`; the others run in this process, which spares the start of Python.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from tenacity import wait_none

import bots.runner.run
from bots import freezes, now
from bots.desk import Failure
from bots.incidents import Kind, open_ones
from bots.logs import start_logging
from bots.outlook import standing_of
from bots.recovery import recover
from bots.report.words import plain
from bots.runner import password_change
from flows.errors import PortalkeeperError
from tests.chaos import acts
from tests.chaos.drawn import SHORT, Command, Drawn
from tests.chaos.people import AN_HOUR, STEPS, new_word
from tests.chaos.stage import Ended
from tests.flows.house import House, World

LANES = 3
A_LANE = 5  # runs over one sandbox
ROUNDS_TO_THE_END = 8
HANGS_SECONDS = 300  # a run takes some ten


@dataclass
class InBrowser:
    """One run: an account of its own in an office of its own."""

    seed: int
    drawn: Drawn
    house: House
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    by_person: bool = False

    def __post_init__(self) -> None:
        drawn, world = self.drawn, self.house.world
        elsewhere = "refused" if drawn.elsewhere else "newest_wins"
        world.post("/policy", portal=drawn.portal, lock_told=drawn.lock_told, sessions=elsewhere)
        world.post("/policy", portal=drawn.portal, password_max_age_days=60)
        made: dict[str, Any] = {} if drawn.codes != "none" else {"methods": []}
        if drawn.expired:
            made["password_set_at"] = (now.utc() - timedelta(days=61)).isoformat()
        given = None if drawn.vault == "right" else new_word(self.chance)
        self.name, self.user = self.house.account(drawn.portal, password=given, **made)
        self.known = self.seen()["password"]
        self.secret = self.seen()["totp_secret"]
        if drawn.codes == "wrong":
            self.house.vault.put(self.name, totp_secret=SecretStr("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
        for fault in drawn.faults:
            world.post("/faults", portal=drawn.portal, user=self.user, **fault)
        self.story.append(f"{drawn}")

    def seen(self) -> dict[str, Any]:
        """What the portal counted."""
        return self.house.world.account(self.drawn.portal, self.user)

    async def go(self) -> None:
        """The commands with their disturbances, then on until the account is signed in."""
        wrong = 1 if self.drawn.vault == "wrong twice" else 0
        for command in self.drawn.commands:
            if self.drawn.elsewhere:
                self.house.world.post("/sessions", portal=self.drawn.portal, user=self.user)
            self.house.world.advance(command.jump)
            refused = await self._run(command)
            self._check()
            if refused and wrong:
                wrong -= 1
                self.house.vault.put(self.name, password=SecretStr(new_word(self.chance)))
        self.house.world.clear_faults()
        self._nobody_elsewhere()
        await self._to_the_end()

    async def _run(self, command: Command) -> bool:
        """One command of a round; whether it was told that the password is wrong."""
        self.counts[f"command {command.flow}"] += 1 + command.two
        self.counts["two processes"] += command.two
        self.counts["kills"] += command.kill_after is not None
        if command.kill_after is None and not command.two:
            return "InvalidCredentials" in await self._here(command.flow)
        words = {"login": ("sign-in",), "password_reset": ("password", "change")}[command.flow]
        processes = [self.house.start(*words, self.name) for _ in range(1 + command.two)]
        if command.kill_after is not None:
            await asyncio.sleep(command.kill_after)  # when the kill falls is the attack, not a wait
            processes[0].send_signal(signal.SIGKILL)
        told = [process.communicate(timeout=180)[1] for process in processes]
        self.story.append(f"{command}: {[process.returncode for process in processes]} {told}")
        if any(process.returncode == 1 or "Traceback" in words for process, words in zip(processes, told, strict=True)):
            self.violations.append("the program itself failed")
        return "InvalidCredentials" in told[-1]

    async def _here(self, flow: str) -> str:
        """A command in this process, with the same first step as on the command line; its failure and the words."""
        house = self.house
        recover(house.inventory, house.settings)
        try:
            async with house.runner() as runner:
                if flow == "password_reset":
                    run = await password_change.change_password(
                        runner, house.inventory, house.vault, self.name, by="chaos"
                    )
                elif flow == "settle":
                    run = await password_change.settle(runner, house.vault, self.name)
                else:
                    run = await runner.run(self.name, "login", fresh=True)
            failure = run.failure
        except PortalkeeperError as error:
            failure = Failure.of(error)
        said = f"{failure.error}: {failure.message}" if failure else ""
        self.story.append(f"{flow}: {said or 'well'}")
        return said

    async def _to_the_end(self) -> None:
        for _ in range(ROUNDS_TO_THE_END):
            self.house.world.advance(31)
            said = await self._here("login")
            self._check()
            if not said:
                self.counts["ended signed in"] += 1
                if self.house.vault.get(self.name).password.get_secret_value() != self.seen()["password"]:
                    self.violations.append("signed in, and the vault does not say with what")
                return
            if not await self._follow(said):
                self.violations.append(f"no next step: {said}")
                return
        self.violations.append("stuck: the steps that the messages name do not lead to a sign-in")

    async def _follow(self, said: str) -> bool:
        """Do what the message says, or `pk why`, or the report; whether any of them says what to do."""
        house = self.house
        problem = standing_of(house.inventory, house.vault, house.settings, self.name).problem
        for words in (said, problem, plain(said.partition(":")[0]).do):
            for step, pattern in STEPS.items():
                if re.search(pattern, words):
                    self.story.append(f"person: {step}")
                    self.counts[f"person: {step}"] += 1
                    await self._take(step)
                    return True
        return False

    async def _take(self, step: str) -> None:
        house = self.house
        if step == "wait":
            house.world.advance(AN_HOUR)
        elif step == "settle":
            await self._here("settle")
        elif step == "close the incident":
            acts.close(house)
        elif step == "check the authenticator":
            house.vault.put(self.name, totp_secret=SecretStr(self.secret))
        else:
            house.vault.put(self.name, totp_secret=SecretStr(self.secret))
            self._reset_by_hand()
            if step == "unfreeze":
                freezes.unfreeze(house.inventory, self.name, by="person", because="signed in by hand")

    def _reset_by_hand(self) -> None:
        """A person who knows the password puts it into the vault; else they make a new one at the portal first."""
        if (
            self.seen()["password"] != self.known
            or self.house.vault.get(self.name).password.get_secret_value() == self.known
        ):
            self.known = new_word(self.chance)
            self._order(password=self.known)
        self._order(locked=False)
        self.by_person = True
        self.house.vault.put(self.name, password=SecretStr(self.known))

    def _order(self, **changes: Any) -> None:
        self.house.world.post("/accounts", portal=self.drawn.portal, user=self.user, **changes)

    def _nobody_elsewhere(self) -> None:
        if self.drawn.elsewhere:
            order = urllib.request.Request(
                f"{self.house.world.control}/sessions",
                json.dumps({"portal": self.drawn.portal, "user": self.user}).encode(),
                method="DELETE",
            )
            urllib.request.urlopen(order, timeout=60).close()

    def _check(self) -> None:
        """The promises, by the portal's own counts."""
        seen, house = self.seen(), self.house
        rows = house.inventory.rows(
            "SELECT kind, submissions, verdict FROM ledger WHERE kind IN ('password', 'change')"
        )
        counted = sum(row["submissions"] for row in rows if row["kind"] == "password")
        unseen = sum(row["kind"] == "password" and row["verdict"] in ("open", "unknown") for row in rows)
        kept = house.vault.get(self.name)
        known = [
            kept.password,
            *([kept.pending.password] if kept.pending else []),
            *(old.password for old in kept.history),
        ]
        broken = {
            "the account was locked": seen["lock_count"] > 0,
            "a password was submitted again whose refusal was seen": seen["refused_password_repeats"] > unseen
            and not self.by_person,
            "the portal saw more submissions than were counted": seen["password_submissions"] > counted,
            "the vault has lost the password in force": seen["password"] != self.known
            and seen["password"] not in [each.get_secret_value() for each in known],
            "a session of somebody else was ended": seen["sessions_of_others_ended"] > 0,
            "frozen for what the portal never said": any(
                row["error"] != "InvalidCredentials" or not seen["password_refusals"] + seen["change_refusals"]
                for row in open_ones(house.inventory, Kind.FREEZE)
            ),
        }
        self.violations += [words for words, is_so in broken.items() if is_so and words not in self.violations]

    def ended(self) -> Ended:
        """What the run came to."""
        seen = self.seen()
        for name in ("password_submissions", "password_refusals", "password_changes", "code_refusals", "sign_ins"):
            self.counts[name.replace("_", " ")] += seen[name]
        for fault in self.drawn.faults:
            self.counts[f"fault {fault['kind']} {fault.get('connection', '')} {fault['at']}"] += 1
        story = "\n".join([f"seed {self.seed}", *self.story, *(f"VIOLATION: {words}" for words in self.violations)])
        return Ended(self.seed, tuple(self.violations), self.counts, story)


def play(world: World, folder: Path, seed: int) -> Ended:
    """The run of one seed."""
    chance = random.Random(f"browser {seed}")
    house = House(folder / f"home-{seed}", world)
    house.env["PORTALKEEPER_STEP_TIMEOUT_SECONDS"] = str(SHORT)
    house.settings = house.settings.model_copy(update={"step_timeout_seconds": SHORT})
    bots.runner.run.wait_exponential_jitter = lambda **given: wait_none()
    run = InBrowser(seed, Drawn.by(chance), house, chance)
    try:
        asyncio.run(asyncio.wait_for(run.go(), HANGS_SECONDS))
    except Exception as error:  # noqa: BLE001 - told with the story, and a broken promise
        run.violations.append(f"the program itself failed: {type(error).__name__}: {error}")
    finally:
        world.clear_faults()
        house.inventory.close()
        now.use_sandbox_clock(None)
    return run.ended()


def lane(seeds: Sequence[int]) -> list[Ended]:
    """Several runs one after the other, over a sandbox of their own."""
    start_logging(Path(os.devnull), "error")
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        clock, mail = Path(name) / "clock.json", Path(name) / "mail"
        places = ["--clock-file", str(clock), "--maildir", str(mail)]
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--light", *places], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout
            world = World(json.loads(process.stdout.readline()), clock)
            return [play(world, Path(name), seed) for seed in seeds]
        finally:
            process.terminate()
            process.wait(timeout=60)


def in_browsers(seeds: Sequence[int]) -> Iterator[Ended]:
    """Many runs, side by side."""
    # Not forked: what starts this may have a browser of its own, whose line a copy would speak into.
    with ProcessPoolExecutor(LANES, get_context("spawn")) as pool:
        parts = [seeds[start : start + A_LANE] for start in range(0, len(seeds), A_LANE)]
        yield from itertools.chain.from_iterable(pool.map(lane, parts))
