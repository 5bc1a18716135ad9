"""HashiCorp Vault and OpenBao: what goes wrong at a real server, and at what stands before one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests
from keeping_secrets import OLD, Keeping
from managers import Bao, bao
from pydantic import SecretStr

from bots.sealing import create_key
from flows.errors import InputError, VaultRefused, VaultUnavailable


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    made = bao(tmp_path_factory.mktemp("bao"))
    yield made
    made.stop()


@pytest.fixture
def keeping(tmp_path: Path, server: Bao) -> Keeping:
    return Keeping(tmp_path, create_key(tmp_path / "vault.key"), server)


def test_a_secret_is_read_in_one_round_trip(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    name, asked = keeping.account("a"), []
    vault = keeping.vault()
    vault.get(name)
    real = requests.Session.request

    def request(session: requests.Session, method: str, url: str, **options: object) -> requests.Response:
        asked.append(url)
        return real(session, method, url, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(requests.Session, "request", request)
    assert vault.get(name).password == SecretStr(OLD)
    assert len(asked) == 1


def test_a_token_that_has_expired_is_renewed_by_itself(keeping: Keeping, server: Bao) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    vault.get(name)
    server.ask("POST", "sys/leases/revoke-prefix/auth/approle/login")
    assert vault.get(name).password == SecretStr(OLD)


def test_a_sealed_vault_says_so(keeping: Keeping, server: Bao) -> None:
    name = keeping.account("a")
    with server.down(), pytest.raises(VaultUnavailable, match="sealed"):
        keeping.vault().get(name)


def test_a_right_that_the_role_lacks_is_told_with_the_path(keeping: Keeping) -> None:
    keeping.items["a"] = "elsewhere/a"
    with pytest.raises(VaultRefused, match=r"secret/elsewhere/a: no right to it; look at the policy"):
        keeping.vault().get("a")


def test_a_field_that_is_no_text_is_told(keeping: Keeping, server: Bao) -> None:
    name = keeping.account("a")
    server.ask("POST", f"secret/data/{keeping.items[name]}", data={"password": 1234})
    with pytest.raises(InputError, match="its password is not text"):
        keeping.vault().get(name)


def test_a_secret_id_that_was_never_stored_says_what_to_do(keeping: Keeping) -> None:
    name = keeping.account("a")
    vault = keeping.vault()
    (vault.folder / "access" / "theirs.age").unlink()
    with pytest.raises(InputError, match=r"its secret id was never stored: pk vault access theirs"):
        vault.get(name)


class Proxy(BaseHTTPRequestHandler):
    """Answers everything with a page."""

    status = 502

    def _answer(self) -> None:
        page = b"<html><body>0ld-needle$1</body></html>"
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815

    def log_message(self, *given: object) -> None:
        """Silent."""


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_stands_before_the_server_is_an_outage(
    keeping: Keeping, server: Bao, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = keeping.account("a")
    monkeypatch.setattr(Proxy, "status", status)
    with_proxy(keeping, server, monkeypatch, lambda: _is_an_outage(keeping, name))


def with_proxy(keeping: Keeping, server: Bao, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    proxy = HTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    monkeypatch.setitem(server.table, "address", f"http://127.0.0.1:{proxy.server_port}")
    act()
    proxy.shutdown()
    proxy.server_close()
    act()  # nobody listens there now


def _is_an_outage(keeping: Keeping, name: str) -> None:
    with pytest.raises(VaultUnavailable) as told:
        keeping.vault().get(name)
    assert "needle" not in str(told.value)
