"""The report reaches people by mail, folder and webhook; a mail server's bad night loses none, and nothing leaks."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr
from reporting import AT, NEEDLE, World, world
from typer.testing import CliRunner

from bots import morning, now
from bots.cli.app import app
from bots.cli.office import office as desk
from bots.delivery import Plan, deliver, load_plan, post, waiting
from bots.delivery.carriers import SIGNATURE, by_mail, carriers_of, secrets_of, signature
from bots.delivery.config import Mail
from bots.delivery.outbox import Carrier, Way
from bots.desk import Failure
from bots.incidents import Kind, open_incident
from bots.morning import send_report
from bots.sealing import create_key
from bots.settings import Settings
from flows.errors import InputError

__all__ = ["world"]

PASSWORD = "Sm7p-Secret-needle"
TO = "billing@example.org"


class PostOffice:
    """A mail server that wants STARTTLS and a login; `answers` are said to RCPT, one a mail, before it takes any."""

    def __init__(self, folder: Path) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str] = []
        self.logins: list[bytes] = []
        self.secured: list[bool] = []
        self.port = 0
        authority = trustme.CA()
        self.authority = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.authority)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self.context)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.secured.append(session.ssl is not None)
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password)
        good = data.password == PASSWORD.encode()
        return AuthResult(success=good, handled=good)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    yield from served(PostOffice(tmp_path), tmp_path)


class Served(Controller):
    """On a free port of the machine's choice."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        super()._trigger_server()


def served(office: PostOffice, folder: Path, **more: Any) -> Iterator[PostOffice]:
    asked = {"require_starttls": True, "auth_required": True, "tls_context": office.context, **more}
    controller = Served(office, hostname="127.0.0.1", port=0, authenticator=office.authenticate, **asked)
    controller.start()
    office.port = controller.port
    yield office
    controller.stop()


def mail_of(office: PostOffice, **more: Any) -> Mail:
    known = {"host": "localhost", "port": office.port, "user": "portals", "sender": "portals@example.org"}
    return Mail(**{**known, "authority": office.authority, **more})


def carriers(office: PostOffice, password: str = PASSWORD, **more: Any) -> dict[Way, Carrier]:
    return {"mail": by_mail(mail_of(office, **more), lambda: SecretStr(password))}


def put(world: World, way: Way = "mail", target: str = TO) -> None:
    with world.inventory.write() as db:
        post(db, "report", way, target, "Portals: 1 needs a person", "the first screen ü", "<!doctype html>page")


def later(monkeypatch: pytest.MonkeyPatch, **more: float) -> None:
    moment = datetime.now(UTC) + timedelta(**more)
    monkeypatch.setattr(now, "utc", lambda: moment)


async def test_a_report_arrives_by_mail_over_tls_after_a_login(world: World, office: PostOffice) -> None:
    put(world)
    assert await deliver(world.inventory, carriers(office)) == (1, 0)
    [mail] = office.mails
    assert (mail["to"], mail["subject"]) == (TO, "Portals: 1 needs a person")
    body, attached = mail.get_body(("plain",)), next(mail.iter_attachments())
    assert body is not None and "the first screen ü" in body.get_content()
    assert attached.get_content_type() == "text/html" and b"page" in attached.get_payload(decode=True)
    assert (office.secured, office.logins) == ([True], [PASSWORD.encode()])
    assert await deliver(world.inventory, carriers(office)) == (0, 0)
    [row] = world.inventory.rows("SELECT state, body, page FROM outbox")
    assert (row["state"], row["body"], row["page"]) == ("sent", "", "")


async def test_a_bad_night_of_the_mail_server_loses_nothing(
    world: World, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world)
    office.answers = ["451 try again later", "451 still busy"]
    assert await deliver(world.inventory, carriers(office)) == (0, 1)
    assert await deliver(world.inventory, carriers(office)) == (0, 0)  # its next try is not due yet
    [letter] = waiting(world.inventory)
    assert "451 try again later" in letter.said and letter.tries == 1
    later(monkeypatch, minutes=2)
    assert await deliver(world.inventory, carriers(office)) == (0, 1)
    later(monkeypatch, minutes=8)
    assert await deliver(world.inventory, carriers(office)) == (1, 0)
    assert len(office.mails) == 1


async def test_nobody_there_is_no_reason_to_lose_a_report(
    world: World, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world)
    assert await deliver(world.inventory, carriers(office, port=1)) == (0, 1)
    [letter] = waiting(world.inventory)
    assert "no connection to the mail server" in letter.said
    later(monkeypatch, hours=47)
    assert await deliver(world.inventory, carriers(office, port=1)) == (0, 1)
    assert len(waiting(world.inventory)) == 1
    later(monkeypatch, hours=73)
    assert await deliver(world.inventory, carriers(office, port=1)) == (0, 1)
    [row] = world.inventory.rows("SELECT state FROM outbox")
    assert row["state"] == "given up"


async def test_a_recipient_that_is_not_there_is_told_and_not_tried_again(
    world: World, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world)
    put(world, target="second@example.org")
    office.answers = ["550 no such user"]
    assert await deliver(world.inventory, carriers(office)) == (1, 1)
    later(monkeypatch, hours=5)
    assert await deliver(world.inventory, carriers(office)) == (0, 0)
    assert [row["state"] for row in world.inventory.rows("SELECT state FROM outbox ORDER BY id")] == ["refused", "sent"]
    world.fine()
    assert (
        "MAIL REFUSED: billing@example.org by localhost: the mail server refuses the recipient (550 no such user)"
        in " ".join(world.gather(now.utc()).facts)
    )


async def test_a_server_that_wants_another_login_keeps_the_letter(world: World, office: PostOffice) -> None:
    put(world)
    assert await deliver(world.inventory, carriers(office, "wrong")) == (0, 1)
    assert "pk delivery set smtp" in waiting(world.inventory)[0].said
    put(world)
    assert await deliver(world.inventory, carriers(office, user="")) == (0, 1)  # 530: a login is wanted
    said = waiting(world.inventory)[1].said
    assert "530" in said and "Authentication required" in said
    assert office.mails == []


async def test_no_password_and_no_letter_goes_without_tls(world: World, tmp_path: Path) -> None:
    open_office = PostOffice(tmp_path)
    server = served(open_office, tmp_path, require_starttls=False, tls_context=None, auth_require_tls=False)
    next(server)
    put(world)
    assert await deliver(world.inventory, carriers(open_office)) == (0, 1)
    assert "no STARTTLS" in waiting(world.inventory)[0].said
    assert (open_office.mails, open_office.logins) == ([], [])
    next(server, None)


async def test_a_certificate_of_somebody_else_is_not_believed(world: World, office: PostOffice) -> None:
    put(world)
    assert await deliver(world.inventory, carriers(office, authority=None)) == (0, 1)
    assert "certificate is not believed" in waiting(world.inventory)[0].said
    assert office.logins == []


async def test_of_two_that_deliver_one_sends(world: World) -> None:
    put(world)
    sent: list[int] = []
    [due] = waiting(world.inventory)
    await deliver(world.inventory, {"mail": lambda letter: sent.append(letter.id)})
    from bots.delivery.outbox import _claim

    assert sent == [due.id]
    assert _claim(world.inventory, due) is None


async def test_a_folder_gets_the_page(world: World, tmp_path: Path) -> None:
    share = tmp_path / "share"
    with world.inventory.write() as db:
        post(db, "report", "folder", str(share), "s", "2026-11-24-0540.html", "<!doctype html>")
    ways = carriers_of(Settings(home=tmp_path), Plan())
    assert await deliver(world.inventory, ways) == (0, 1)
    assert "is not there" in waiting(world.inventory)[0].said
    share.mkdir()
    with world.inventory.write() as db:
        db.execute("UPDATE outbox SET next_try_at = made_at")
    assert await deliver(world.inventory, ways) == (1, 0)
    assert (share / "2026-11-24-0540.html").read_text() == "<!doctype html>"


class Hook(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[dict[str, str], bytes]]] = []
    answers: ClassVar[list[int]] = []

    def do_POST(self) -> None:
        self.seen.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.answers.pop(0) if self.answers else 204)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


async def test_a_webhook_is_signed_over_time_and_body(world: World, tmp_path: Path) -> None:
    Hook.seen, Hook.answers = [], [503]
    server = HTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, daemon=True).start()
    settings = Settings(home=tmp_path)
    secrets_of(settings, create_key(settings.key_file)).put("webhook", SecretStr("hook-key"))
    with world.inventory.write() as db:
        post(db, "report", "webhook", f"http://127.0.0.1:{server.server_port}/x", "s", '{"verdict": "fine"}')
    ways = carriers_of(settings, Plan())
    assert await deliver(world.inventory, ways) == (0, 1)
    assert "answers 503" in waiting(world.inventory)[0].said
    with world.inventory.write() as db:
        db.execute("UPDATE outbox SET next_try_at = made_at")
    assert await deliver(world.inventory, ways) == (1, 0)
    headers, body = Hook.seen[-1]
    at = int(headers[SIGNATURE].partition(",")[0].removeprefix("t="))
    assert headers[SIGNATURE] == signature(SecretStr("hook-key"), body.decode(), at)
    assert signature(SecretStr("another"), body.decode(), at) != headers[SIGNATURE]
    assert {headers["Idempotency-Key"] for headers, _ in Hook.seen} == {"report-1"}
    server.shutdown()
    server.server_close()


# --- what is sent


class NoVault:
    def names(self) -> list[str]:
        return ["east-main"]


def test_the_report_is_put_into_the_outbox_for_everybody(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "alerts.toml").write_text(
        f"""[office]
zone = "America/New_York"
[report]
to = ["lead"]
folder = "{tmp_path}"
webhook = "https://hooks.example.org/x"
[mail]
host = "localhost"
sender = "portals@example.org"
[contacts.lead]
mail = "{TO}"
"""
    )
    monkeypatch.setattr(now, "utc", lambda: AT.astimezone(UTC))
    (tmp_path / "config" / "maintenance.toml").write_text(
        '[[maintenance]]\nportal = "west"\nweekly = "sun 00:00-06:00"\nzone = "America/Los_Angeles"\nsource = "x"\n'
    )
    settings.schedules.write_text(
        "first: {flow: eligibility, list: x.csv, select: new_month, cron: 0 4 1 * *, zone: America/New_York}\n"
    )
    world.refused(owner="billing lead")
    sent = send_report(settings, world.inventory, NoVault(), service_running=True)  # type: ignore[arg-type]
    rows = world.inventory.rows("SELECT way, target, subject, body, page FROM outbox ORDER BY id")
    assert (sent.letters, [row["way"] for row in rows]) == (3, ["mail", "folder", "webhook"])
    assert rows[0]["subject"].startswith("Portals Tue 24 Nov: 1 needs a person")
    assert "Sun 29 Nov  west maintenance 00:00-06:00 PST: runs wait for its end" in rows[0]["body"]
    assert "Tue 01 Dec  new month: Medicaid's patients are asked again at 04:00 EST (first)" in rows[0]["body"]
    assert "NEEDS A PERSON" in rows[0]["body"] and rows[0]["page"].startswith("<!doctype html>")
    assert json.loads(rows[2]["body"])["verdict"].startswith("1 NEEDS A PERSON")
    assert sent.page.exists() and sent.page.with_suffix(".json").exists()
    for row in rows:
        assert NEEDLE.lower() not in json.dumps(row).lower()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[report]\nto = ", "not valid TOML at "),
        ('[report]\nto = ["nobody"]', "report.to: no contact is called 'nobody'"),
        ('[office]\nzone = "EST"', "office.zone: expected an IANA time zone"),
        ('[office]\nopens = "25:00"', "office.opens"),
        ('[mail]\npassword = "x"', "mail.password is not known here"),
        ('[report]\nwebhook = "http://hooks.example.org"', "report.webhook: expected https"),
        ('[contacts.a]\nmail = "Ann <a@example.org>"', "contacts.a.mail: expected one e-mail address"),
        ('[contacts.a]\nmail = "a@example.org"\n[report]\nto = ["a"]', "mail.host and mail.sender are needed"),
        ('[[routes]]\nlevel = "loud"\nprimary = "a"', "routes.0.level"),
    ],
)
def test_what_is_wrong_in_the_file_is_one_clear_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_plan(file)
    told = str(caught.value)
    assert words in told and str(file) in told and "\n" not in told


def test_the_shipped_file_is_right_with_and_without_its_examples(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "config" / "alerts.toml").read_text()
    (tmp_path / "a.toml").write_text(text)
    assert load_plan(tmp_path / "a.toml") == Plan()
    wanted = [
        line.removeprefix("# ")
        for line in text.splitlines()
        if line.startswith(("# [", "# ")) and ("= " in line or line.startswith("# ["))
    ]
    (tmp_path / "b.toml").write_text("\n".join(line for line in wanted if not line[0].isupper()))
    plan = load_plan(tmp_path / "b.toml")
    assert plan.report.to == ("billing-lead",) and plan.quiet_at(AT.replace(hour=2))
    assert not plan.quiet_at(AT.replace(hour=5, minute=30)) and plan.quiet_at(AT.replace(hour=20))


ALERTS = """[report]
to = ["lead"]
[mail]
host = "localhost"
port = {port}
user = "portals"
sender = "portals@example.org"
authority = "{authority}"
[contacts.lead]
mail = "{to}"
[[routes]]
level = "urgent"
primary = "lead"
"""


def test_from_the_command_to_the_mailbox(office: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTALKEEPER_HOME", str(tmp_path / "home"))

    def pk(*arguments: str, given: str = "") -> Any:
        desk.__dict__.clear()
        return CliRunner().invoke(app, list(arguments), input=given)

    assert pk("init").exit_code == 0
    told = ALERTS.format(port=office.port, authority=office.authority, to=TO)
    (tmp_path / "home" / "config" / "alerts.toml").write_text(told)
    assert "pk delivery set smtp" in str(pk("delivery", "check", "lead").exception)
    assert pk("delivery", "set", "smtp", given=f"{PASSWORD}\n").exit_code == 0
    assert pk("delivery", "check", "lead").exit_code == 0
    assert "NO ACCOUNTS YET." in pk("today").stdout
    assert json.loads(pk("today", "--json").stdout)["subject"].startswith("Portals ")
    sent = pk("report", "--send")
    assert (sent.exit_code, "sent: 1" in sent.output) == (0, True)
    assert [str(mail["to"]) for mail in office.mails] == [TO, TO]
    assert "no contact" in str(pk("delivery", "check", "nobody").exception)
    assert "nothing waits" not in pk("delivery", "list").stdout
    for file in (tmp_path / "home").rglob("*"):
        assert not (file.is_file() and PASSWORD.encode() in file.read_bytes()), file
    desk.__dict__.clear()


async def test_the_service_tells_and_sends_by_itself_and_outlives_a_wrong_file(
    world: World, office: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(morning, "LOOK_SECONDS", 0.05)
    settings = Settings(home=tmp_path)
    secrets_of(settings, create_key(settings.key_file)).put("smtp", SecretStr(PASSWORD))
    file = tmp_path / "config" / "alerts.toml"
    file.parent.mkdir()
    file.write_text("[wrong")
    with world.inventory.write() as db:
        open_incident(db, Kind.BRAKE, Failure(error="AccountHeld", message="3 accounts were refused"), by="worker")
    stop = asyncio.Event()
    watching = asyncio.create_task(morning.watch(settings, world.inventory, stop))
    await asyncio.sleep(0.2)
    assert not watching.done() and office.mails == []
    file.write_text(ALERTS.format(port=office.port, authority=office.authority, to=TO))
    while not office.mails and not watching.done():
        await asyncio.sleep(0.05)
    stop.set()
    await watching
    assert office.mails[0]["subject"] == "URGENT INC-0001: all sign-ins are stopped"
    assert len(world.inventory.rows("SELECT * FROM purges")) == 1
