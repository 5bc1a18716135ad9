"""The world: portals with their accounts, policies and sessions, the members, clock and faults."""

from collections import deque
from datetime import UTC, datetime, time
from typing import Any

from sandbox.accounts import METHODS, Account, Reset, new_backup_codes, new_password, new_secret
from sandbox.chance import draw_for
from sandbox.claims import Claim, draw_claims
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.letters import Mailbox
from sandbox.medicaid_claims import Claim as MedicaidClaim
from sandbox.medicaid_claims import draw_claims as draw_medicaid_claims
from sandbox.members import Member, draw_members
from sandbox.names import LAST, first_name
from sandbox.organizations import ORGANIZATIONS
from sandbox.policy import policy_for
from sandbox.remits import Remits
from sandbox.sessions import Session, Sessions
from sandbox.texts import Texts

PORTALS = ("availity", "uhc", "tmhp", "epaces", "medi_cal")
_ONE_STEP = ("epaces", "medi_cal")
_EVERYBODY = [each.id for each in ORGANIZATIONS]
_USERS = {
    "availity": ("evalley01", "evalley02", "chollow01", "evalley03"),
    "uhc": ("evalley_uhc1", "evalley_uhc2", "chollow_uhc1", "evalley_uhc3"),
    "tmhp": ("evalley_tx1", "evalley_tx2", "chollow_tx1", "evalley_tx3"),
    "epaces": ("evalleyny1", "evalleyny2", "chollowny1", "evalleyny3"),
    "medi_cal": tuple(f"{name}@clinic.example" for name in ("evalley1", "evalley2", "chollow1", "evalley3")),
}
_LOG_LENGTH = 20_000


class Portal:
    """One simulated portal: who may sign in, by which rules, and who is inside."""

    def __init__(self, name: str, world: "World") -> None:
        self.id = name
        self.url = ""
        self.policy = policy_for(name)
        self.clock = world.clock
        self.faults = world.faults
        self.mailbox = world.mailbox
        self.texts = world.texts
        self.accounts: dict[str, Account] = {}
        self.unknown_user_submissions = 0
        self.tickets: dict[str, Session] = {}
        self.resets: dict[str, Reset] = {}
        self.filed: list[Any] = []
        self._world = world
        self.sessions = Sessions(world.clock, self.policy, self._ended)
        self.remits = Remits(name, world.seed, world.clock, self.policy, world.members)

    def account(self, session: Session) -> Account:
        """The account a session belongs to."""
        return self.accounts[session.user]

    def note(self, user: str, event: str, **detail: Any) -> None:
        """Write down what happened to an account."""
        self._world.note(self.id, user, event, **detail)

    def _ended(self, session: Session, reason: str) -> None:
        self.note(session.user, "session_ended", reason=reason, opened_by=session.opened_by)


class World:
    """Everything simulated, in one place; `reset` makes it new."""

    def __init__(self, seed: int, clock: Clock, mailbox: Mailbox, *, light: bool = False) -> None:
        self.clock = clock
        self.light = light
        self.mailbox = mailbox
        self.texts = Texts()
        self.seed = seed
        self.portals: dict[str, Portal] = {}
        self.members: list[Member] = []
        self.claims: list[Claim] = []
        self.medicaid_claims: list[MedicaidClaim] = []
        self.faults = Faults()
        self.log: deque[dict[str, Any]] = deque(maxlen=_LOG_LENGTH)
        self.transactions = 0
        self._fill(seed)

    def vendor_bytes(self, real: int) -> int:
        """How much vendor code a script brings along: as much as a real portal's, or in a light world none."""
        return 0 if self.light else real

    def reset(self, seed: int | None = None) -> None:
        """Start again: default accounts and policies, no faults, no sessions, real time."""
        urls = {name: portal.url for name, portal in self.portals.items()}
        self.clock.reset()
        self.mailbox.empty()
        self.texts.empty()
        self.faults = Faults()
        self.log.clear()
        self._fill(self.seed if seed is None else seed)
        for name, url in urls.items():
            self.portals[name].url = url

    def name_portals(self, hosts: dict[str, tuple[str, ...]], port: int) -> None:
        """Say under which address each portal is reached."""
        for name, (host, *_) in hosts.items():
            self.portals[name].url = f"http://{host}:{port}"

    def note(self, portal: str, user: str, event: str, **detail: Any) -> None:
        """Append to the log; never with a secret in `detail`."""
        at = self.clock.moment().isoformat(timespec="milliseconds")
        self.log.append({"at": at, "portal": portal, "user": user, "event": event} | detail)

    def members_of(self, portal: str) -> list[Member]:
        """Members who can be asked about on this portal."""
        return [each for each in self.members if each.payer.portal == portal]

    def transaction(self) -> str:
        """A transaction number nobody had before."""
        self.transactions += 1
        return f"{self.seed % 1000:03d}{int(self.clock.now())}{self.transactions:06d}"

    def state(self) -> dict[str, Any]:
        """What `GET /state` answers."""
        return {
            "now": self.clock.moment().isoformat(timespec="milliseconds"),
            "offset_seconds": self.clock.offset,
            "seed": self.seed,
            "portals": {name: _portal_state(each) for name, each in self.portals.items()},
        }

    def _fill(self, seed: int) -> None:
        self.seed = seed
        self.members = draw_members(seed)
        self.claims = draw_claims(seed, self.members)
        self.medicaid_claims = draw_medicaid_claims(seed, self.members)
        self.portals = {name: Portal(name, self) for name in PORTALS}
        # Midnight, so that two worlds of one seed and day are alike.
        midnight = datetime.combine(self.clock.today(), time.min, UTC).timestamp()
        for name, portal in self.portals.items():
            for number, user in enumerate(_USERS[name]):
                portal.accounts[user] = default_account(seed, name, user, number, midnight)


def default_account(seed: int, portal: str, user: str, number: int, now: float) -> Account:
    """The account `user` of a fresh world; the same seed gives the same account."""
    draw = draw_for(seed, "account", portal, user)
    sex = draw.choice("FM")
    return Account(
        user=user,
        password=new_password(draw),
        totp_secret=new_secret(draw, 16 if number % 2 else 32),
        display_name=f"{first_name(draw, sex)} {draw.choice(LAST)}",
        organizations=_EVERYBODY[1:] if number == 2 else list(_EVERYBODY),
        region="FL",
        email=user if "@" in user else f"{user}@worker.example",
        phone=f"(555) 555-01{draw.randrange(100):02d}",
        password_set_at=now,
        last_sign_in_at=now,
        methods=[] if portal in _ONE_STEP else list(METHODS),
        roles=["claim_status"] if number == 3 else ["eligibility", "claim_status", "era"],
        backup_codes=new_backup_codes(draw),
    )


def _portal_state(portal: Portal) -> dict[str, Any]:
    counts = portal.sessions.open_counts()
    accounts = {
        user: account.public() | {"open_sessions": counts.get(user, 0)} for user, account in portal.accounts.items()
    }
    return {
        "url": portal.url,
        "unknown_user_submissions": portal.unknown_user_submissions,
        "accounts": accounts,
    }
