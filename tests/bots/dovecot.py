"""A real Dovecot over IMAPS on loopback, with one mailbox, for the tests of codes by e-mail."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

USER, PASSWORD = "portals", "a mailbox's own $ecret"
TOKEN, CLIENT_SECRET = "token-that-lets-in", "client-$ecret"
LDA = "/usr/lib/dovecot/dovecot-lda"
SECONDS = 60

CONFIGURATION = """
base_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
ssl_dh =
mail_location = maildir:{folder}/mail/%u
mail_uid = {owner}
mail_gid = {owner}
first_valid_uid = 1
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
auth_mechanisms = plain xoauth2
auth_failure_delay = 0
disable_plaintext_auth = no
imap_capability = {capability}
mail_plugins = quota
protocol imap {{
  mail_max_userip_connections = {connections}
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = maildir:mailbox
  quota_rule = *:bytes={quota}
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Dovecot:
    """A running server."""

    folder: Path
    port: int
    tokens: str
    pid: int = 0

    @property
    def authority(self) -> Path:
        return self.folder / "cert.pem"

    @property
    def deliver_command(self) -> list[str]:
        return [LDA, "-c", str(self.folder / "dovecot.conf"), "-d", USER]

    def deliver(self, letter: bytes) -> None:
        """Hand in a letter as a mail server does."""
        subprocess.run(self.deliver_command, input=letter, check=True, timeout=SECONDS)

    def settings(self) -> dict[str, object]:
        return {
            "mail_host": "localhost",
            "mail_port": self.port,
            "mail_user": USER,
            "mail_authority": self.authority,
        }


class _Tokens(BaseHTTPRequestHandler):
    """Gives tokens to the application, and tells Dovecot whose they are (RFC 7662)."""

    def do_POST(self) -> None:
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.path == "/token":
            good = given.get("client_secret") == [CLIENT_SECRET] or given.get("refresh_token") == ["again"]
            self._say(200 if good else 401, {"access_token": TOKEN} if good else {"error": "invalid_client"})
        else:
            self._say(200, {"active": given.get("token") == [TOKEN], "username": USER})

    def _say(self, status: int, body: dict[str, object]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *arguments: object) -> None:
        pass


def missing() -> str:
    """Why there is no Dovecot here; empty if there is."""
    if not shutil.which("dovecot") or not Path(LDA).exists():
        return "dovecot is missing: apt-get install dovecot-imapd, and codes by e-mail are tested too"
    return "" if os.geteuid() == 0 else "dovecot wants root to run as another user"


@contextmanager
def dovecot(*, idle: bool = True, quota: int = 10_000_000, connections: int = 50) -> Iterator[Dovecot]:
    """Skips the test, saying why, where there is none."""
    if why := missing():
        pytest.skip(why)
    with tempfile.TemporaryDirectory(
        prefix="dovecot-"
    ) as name:  # the mailbox's owner may not look into pytest's folders
        Path(name).chmod(0o711)
        with _running(Path(name), idle=idle, quota=quota, connections=connections) as server:
            yield server


@contextmanager
def _running(folder: Path, *, idle: bool, quota: int, connections: int) -> Iterator[Dovecot]:
    for name in ("mail", "run"):
        (folder / name).mkdir(parents=True)
    owner = pwd.getpwnam("nobody")
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    certificate = ["-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost"]
    alternative = ["-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*command, *certificate, *alternative], cwd=folder, check=True, capture_output=True)
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
    tokens = ThreadingHTTPServer(("127.0.0.1", 0), _Tokens)
    threading.Thread(target=tokens.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{tokens.server_port}"
    (folder / "oauth2").write_text(
        f"introspection_mode = post\nintrospection_url = {address}/introspect\nusername_attribute = username\n"
        "active_attribute = active\nactive_value = true\n"
    )
    server = Dovecot(folder, _free_port(), address)
    names = {"internal": "dovecot", "internal_group": "dovecot", "login": "dovenull"}
    capability = "" if idle else "IMAP4rev1 SASL-IR LITERAL+ ID QUOTA"
    text = CONFIGURATION.format(
        folder=folder,
        port=server.port,
        owner=owner.pw_uid,
        quota=quota,
        capability=capability,
        connections=connections,
        **names,
    )
    (folder / "dovecot.conf").write_text(text)
    process = subprocess.Popen(["dovecot", "-F", "-c", str(folder / "dovecot.conf")])
    try:
        server.pid = process.pid
        _wait_for(server.port, process, folder)
        yield server
    finally:
        tokens.shutdown()
        process.terminate()
        process.wait(timeout=SECONDS)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        log = folder / "log"
        assert process.poll() is None, log.read_text() if log.exists() else "dovecot did not start"
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("dovecot did not open its port")
