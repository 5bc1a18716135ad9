"""The portal of the chaos: one account with a password, a lock and a second step, and faults to order.

It lives in the process that starts the workers, so that a killed worker takes nothing of it along. It knows no code of
the worker; what it counts is what the invariants are checked against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.totp import matching_step
from tests.chaos.letters import LETTER_FAULTS, Letter, false_ones

THRESHOLD = 3
CODE_THRESHOLD = 5
HISTORY = 5

# what happens to one request; those of POST are said again in docs/reliability.md
OPEN_FAULTS = ("down", "cut", "hang")
POST_FAULTS = (
    "down",
    "error after",
    "cut before",
    "cut after",
    "cut twice",
    "sent again",
    "hang",
    "hang, then judged",
    "redrawn",
    "page repeats",
)
SECOND_SENDING = {"cut twice": "cut after", "sent again": ""}  # what meets the browser's second sending
FAULTS = {
    "/": OPEN_FAULTS,
    "/login": POST_FAULTS,
    "/code": ("down", "error after", "cut after", "hang", "redrawn", "code refused"),
    "/change": (*POST_FAULTS, "rule"),
    "/forgot": ("down", "error after", "cut after", "hang"),
    "/reset": (*(kind for kind in POST_FAULTS if kind != "redrawn"), "rule"),
    "letter": LETTER_FAULTS,
}


@dataclass
class Answer:
    """What the browser gets. `screen` is none when nothing came; `cut` tells why, and `repeats` what the page does.

    `reused` tells that the connection that was cut had been used before.
    """

    screen: str | None = None
    session: int | None = None
    cut: bool = False
    repeats: bool = False
    reused: bool = False


@dataclass
class Portal:
    """One account, and everything that was ever sent for it."""

    password: str
    secret: str | None
    time: Callable[[], float]
    maildir: Path
    lock_told: bool = True
    expired: bool = False
    locked: bool = False
    faults: dict[str, list[str]] = field(default_factory=lambda: {path: [] for path in FAULTS})
    met: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    shown: dict[int, set[str]] = field(default_factory=dict)
    said: set[str | None] = field(default_factory=set)
    most_in_a_row: int = 0
    on_change: Callable[[str], None] = lambda new: None
    _in_a_row: list[str] = field(default_factory=list)
    _codes_in_a_row: int = 0
    _history: list[str] = field(default_factory=list)
    _codes: set[str] = field(default_factory=set)
    _last_step: int = 0
    _session: int = 0
    _passed: set[int] = field(default_factory=set)
    _tickets: int = 1000
    _late: list[tuple[str, dict[str, str], int | None, int]] = field(default_factory=list)
    _letters_late: list[Letter] = field(default_factory=list)
    _links: set[str] = field(default_factory=set)

    def request(self, path: str, form: dict[str, str], session: int | None, worker: int) -> Answer:
        """Take one request of a worker: meet the fault that is ordered for it, if any, and judge it."""
        self.judge_late()
        kind = self._fault(path)
        if path == "/login" and form["password"] in self.told:
            self.violations.append("a password that had been refused was submitted again without a person")
        if path == "/code" and form["code"] in self._codes:
            self.violations.append("a code was submitted twice")
        self._codes.add(form.get("code", ""))
        said = self._named(form)
        answer = self._meet(kind, path, form, session, worker)
        self.said.add(answer.screen)
        if answer.screen == "refused":
            self.shown.setdefault(worker, set()).add(form.get("password", form.get("current", "")))
        shown = "nothing" if answer.screen is None else answer.screen
        self.story.append(f"  worker {worker}: {path} {said} [{kind or 'no fault'}] -> {shown}")
        return answer

    def _fault(self, path: str) -> str:
        kind = self.faults[path].pop(0) if self.faults.get(path) else ""
        self.met[f"{path} {kind}" if kind else ""] += 1
        return kind

    def _meet(self, kind: str, path: str, form: dict[str, str], session: int | None, worker: int) -> Answer:
        if kind in ("down", "cut", "cut before"):
            return Answer(None if "cut" in kind else "error", session, cut="cut" in kind)
        if kind == "hang, then judged":
            self._late.append((path, form, session, worker))
            return Answer()
        if kind == "code refused":
            return self._refuse_code()
        if kind == "rule":
            return Answer("new refused", session)
        answer = self._judge(path, form, session)
        if kind in SECOND_SENDING:
            self.faults[path].insert(0, SECOND_SENDING[kind])
            return Answer(cut=True, reused=True)
        if kind == "cut after":
            return Answer(cut=True)
        if kind == "hang":
            return Answer()
        if kind == "redrawn" and answer.screen in ("refused", "code refused", "locked"):
            return Answer("blank", answer.session)
        if kind in ("error after", "page repeats"):
            return Answer("error", session, repeats=kind == "page repeats")
        return answer

    def judge_late(self) -> None:
        """Judge what was held back, and deliver it: the portal works it off after the worker has given up."""
        letters, self._letters_late = self._letters_late, []
        for letter in letters:
            letter.deliver(self.maildir)
        late, self._late = self._late, []
        for path, form, session, worker in late:
            self._judge(path, form, session)
            self.story.append(f"  (late) worker {worker}: {path} {self._named(form)}")

    def _judge(self, path: str, form: dict[str, str], session: int | None) -> Answer:
        signed_in = session is not None and session == self._session
        if path == "/":
            return Answer("home" if signed_in else "sign in", session)
        if path == "/login":
            return self._judge_login(form["password"])
        if path == "/code":
            return self._judge_code(form["code"], session)
        if path == "/forgot":
            return self._send_letter()
        if path in ("/link", "/reset"):
            return self._judge_link(form["token"], form.get("new"))
        if not signed_in and session not in self._passed:
            return Answer("sign in")
        return self._judge_change(form["current"], form["new"], session)

    def _judge_login(self, password: str) -> Answer:
        if screen := self._refuses(password):
            return Answer(screen)
        if self.expired:
            return Answer("expired", self._ticket())
        return Answer("code", self._ticket()) if self.secret else self._home()

    def _judge_code(self, code: str, session: int | None) -> Answer:
        if session not in self._passed or self.secret is None:
            return Answer("sign in")
        step = matching_step(self.secret, code, self.time())
        if step is None or step <= self._last_step:
            return self._refuse_code(session)
        self._last_step, self._codes_in_a_row = step, 0
        return self._home()

    def _judge_change(self, current: str, new: str, session: int | None) -> Answer:
        if screen := self._refuses(current):
            return Answer(screen, session)
        if new in (self.password, *self._history[:HISTORY]):
            return Answer("new refused", session)
        self._take_new(new)
        self.counts["passwords changed"] += 1
        return Answer("changed", session)

    def _take_new(self, new: str) -> None:
        self._history.insert(0, self.password)
        self.password, self.expired = new, False
        self.on_change(new)

    def _send_letter(self) -> Answer:
        kind = self._fault("letter")
        link = f"link{self._ticket()}"
        self._links.add(link)
        self.counts["letters"] += 1
        good, false = Letter(link, self.time()), false_ones(kind, f"false-{link}", self.time())
        if kind == "late" or false:
            self._letters_late.append(good)
        for letter in false if kind else [good]:
            letter.deliver(self.maildir)
        self.story.append(f"  letter {link} [{kind or 'no fault'}]")
        return Answer("check email")

    def _judge_link(self, token: str, new: str | None) -> Answer:
        """A link that is opened, or used: that takes the lock off, and uses up every other one."""
        if token.startswith("false-"):
            self.violations.append("a letter was believed that nobody should believe")
        if token not in self._links:
            return Answer("dead link")
        if new is None:
            return Answer("reset form")
        if new in (self.password, *self._history[:HISTORY]):
            return Answer("new refused")
        self._links.clear()
        self._unlock()
        self.told.clear()
        self._take_new(new)
        self.counts["passwords recovered"] += 1
        return Answer("reset done")

    def _unlock(self) -> None:
        self.locked, self._codes_in_a_row = False, 0
        self._in_a_row.clear()

    def _refuses(self, password: str) -> str:
        """The screen of a refusal, counted; empty when the password is taken."""
        self.counts["passwords judged"] += 1
        if self.locked:
            return "locked" if self.lock_told else "refused"
        if password == self.password:
            self._in_a_row.clear()
            return ""
        self.counts["passwords refused"] += 1
        self._in_a_row.append(password)
        self.most_in_a_row = max(self.most_in_a_row, len(self._in_a_row))
        if len(self._in_a_row) >= THRESHOLD:
            self._lock("passwords")
        return "refused"

    def _refuse_code(self, session: int | None = None) -> Answer:
        self.counts["codes refused"] += 1
        self._codes_in_a_row += 1
        if self._codes_in_a_row >= CODE_THRESHOLD:
            self._lock("codes")
        return Answer("code refused", session)

    def _lock(self, why: str) -> None:
        self.locked = True
        self.counts["lockouts"] += 1
        self.violations.append(f"the worker locked the account with {why}")

    def _ticket(self) -> int:
        self._tickets += 1
        self._passed.add(self._tickets)
        return self._tickets

    def _home(self) -> Answer:
        """The newest sign-in wins."""
        self._session = self._ticket()
        self.counts["sign-ins"] += 1
        return Answer("home", self._session)

    def heard(self, worker: int) -> None:
        """The worker has written down what it was shown."""
        self.told |= self.shown.pop(worker, set())

    def visited_by_person(self, password: str | None = None) -> None:
        """A person signs in by hand; with `password`, by the portal's own way for a forgotten one."""
        self.judge_late()
        self._unlock()
        self.expired, self._session = False, 0
        if password is not None:
            self._history.insert(0, self.password)
            self.password = password

    def _named(self, form: dict[str, str]) -> str:
        """The secrets of a form, told apart without being spelled out."""
        word = form.get("password") or form.get("current")
        if word is None:
            return ""
        return "(right)" if word == self.password else "(wrong)"
