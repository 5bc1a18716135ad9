"""Settings come from environment, file, defaults; what is wrong is one line without values; they hold no secret."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from bots.settings import Settings, is_loopback, load
from flows.errors import InputError

ROOT = Path(__file__).parents[2]
VALUE = "hunter2hunter2"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("PORTALKEEPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PORTALKEEPER_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def write(home: Path, text: str) -> Path:
    file = home / "config" / "portalkeeper.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_without_a_file_the_defaults_hold(home: Path) -> None:
    settings = load()
    assert settings.home == home
    assert settings.key_file == home / "vault.key"
    assert settings.config_file == home / "config" / "portalkeeper.toml"
    assert (settings.sign_ins_at_once, settings.lookups_per_day, settings.wait_seconds) == (4, 2000, 120)
    assert settings.step_timeout_seconds == 45
    assert (settings.browser_executable, settings.portal_addresses, settings.log_level) == (None, {}, "info")


def test_the_data_folder_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTALKEEPER_HOME")
    monkeypatch.setenv("HOME", "/home/someone")
    assert load().home == Path("/home/someone/.local/share/portalkeeper")


def test_everything_has_its_place_in_the_data_folder(home: Path) -> None:
    settings = load()
    places = [settings.vault_folder, settings.state_folder, settings.lease_folder, settings.answers_folder]
    places += [settings.report_folder, settings.database, settings.sandbox_clock, settings.schedules]
    names = ["vault", "state", "leases", "answers", "reports", "inventory.db", "sandbox-clock.json", "schedules.yaml"]
    assert places == [home / name for name in names]


def test_the_environment_wins_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        home,
        'wait_seconds = 7\nlookups_per_day = 9\n[portal_addresses]\nuhc = "https://a.example"\nx = "https://x.example"',
    )
    monkeypatch.setenv("PORTALKEEPER_WAIT_SECONDS", "8")
    monkeypatch.setenv("PORTALKEEPER_PORTAL_ADDRESSES", '{"uhc": "http://uhc.localhost:8102/"}')
    monkeypatch.setenv("PORTALKEEPER_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("PORTALKEEPER_KEY_FILE", "")
    settings = load()
    assert (settings.wait_seconds, settings.lookups_per_day, settings.log_level) == (8, 9, "debug")
    assert settings.portal_addresses == {"uhc": "http://uhc.localhost:8102", "x": "https://x.example"}
    assert settings.key_file == home / "vault.key"


def test_a_home_that_is_given_wins_over_the_environment_with_its_file(home: Path, tmp_path: Path) -> None:
    write(home, "wait_seconds = 7")
    write(tmp_path / "other", "wait_seconds = 8")
    settings = load(tmp_path / "other")
    assert (settings.home, settings.wait_seconds) == (tmp_path / "other", 8)


def test_the_file_may_be_in_another_folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "portalkeeper.toml").write_text("wait_seconds = 7")
    monkeypatch.setenv("PORTALKEEPER_CONFIG", str(tmp_path / "etc"))
    settings = load()
    assert (settings.wait_seconds, settings.home) == (7, home)
    assert settings.config_file == tmp_path / "etc" / "portalkeeper.toml"


def test_paths_are_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, 'key_file = "keys/a.key"\nbrowser_executable = "~/chromium"')
    monkeypatch.setenv("HOME", "/home/someone")
    settings = load()
    assert settings.key_file == home / "keys" / "a.key"
    assert settings.browser_executable == Path("/home/someone/chromium")
    monkeypatch.chdir(home)
    assert load(Path("here")).database == home / "here" / "inventory.db"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"wait_secnds = '{VALUE}'", "wait_secnds is not a setting"),
        (f"wait_seconds = '{VALUE}'", "wait_seconds: should be a valid integer"),
        ("wait_seconds = -1", "wait_seconds: should be greater than or equal to 0"),
        (f"log_level = '{VALUE}'", "log_level: should be 'debug', 'info', 'warning' or 'error'"),
        (f"[portal_addresses]\nuhc = 'https://user:{VALUE}@uhc.example'", "portal_addresses.uhc: expected an origin"),
        (f"[portal_addresses]\nuhc = 'https://uhc.example/{VALUE}'", "portal_addresses.uhc: expected an origin"),
        ("[portal_addresses]\nuhc = 'http://uhc.example'", "portal_addresses.uhc: expected https"),
        (f"portal_addresses = '{VALUE}'", "portal_addresses: should be a valid dictionary"),
        (f"vault_password = '{VALUE}'", "vault_password looks like a secret"),
        (f"[smtp]\napi_token = '{VALUE}'", "smtp.api_token looks like a secret"),
        (f"[[mail]]\nclientSecret = '{VALUE}'", "mail.clientSecret looks like a secret"),
        (f"home = '{VALUE}'", "set PORTALKEEPER_HOME in the environment"),
        (f"Config = '{VALUE}'", "set PORTALKEEPER_CONFIG in the environment"),
        (f"wait_seconds = {VALUE}", "not valid TOML at line 1, column"),
        ("wait_seconds = [", "not valid TOML at end of document"),
    ],
)
def test_a_wrong_file_is_one_line_without_values(home: Path, text: str, told: str) -> None:
    file = write(home, text)
    with pytest.raises(InputError, match=re.escape(told)) as caught:
        load()
    assert str(caught.value).startswith(str(file))
    assert VALUE not in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("WAIT_SECNDS", VALUE, "is not a setting"),
        ("WAIT_SECONDS", VALUE, ": should be a valid integer"),
        ("PORTAL_ADDRESSES", VALUE, ": expected JSON"),
        ("PORTAL_ADDRESSES", f'{{"uhc": "{VALUE}"}}', ": expected an origin"),
        ("PASSWORD", VALUE, "looks like a secret"),
    ],
)
def test_a_wrong_variable_is_one_line_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"PORTALKEEPER_{name}", value)
    with pytest.raises(InputError, match=re.escape(told)) as caught:
        load()
    assert str(caught.value).startswith(f"environment variable PORTALKEEPER_{name}")
    assert VALUE not in str(caught.value)


def test_several_problems_are_one_line(home: Path) -> None:
    write(home, "wait_seconds = -1\nlookups_per_day = 0")
    with pytest.raises(InputError, match=r"lookups_per_day: .*; .*wait_seconds: "):
        load()


def test_a_file_that_is_no_text_or_no_file_is_told(home: Path) -> None:
    write(home, "").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        load()
    write(home, "").unlink()
    (home / "config" / "portalkeeper.toml").mkdir()
    with pytest.raises(InputError, match="can't be read"):
        load()


def test_a_byte_order_mark_is_no_hindrance(home: Path) -> None:
    write(home, "\ufeffwait_seconds = 7")
    assert load().wait_seconds == 7


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load().wait_seconds = 1


def test_the_file_that_is_delivered_shows_the_defaults(home: Path) -> None:
    text = (ROOT / "config" / "portalkeeper.toml").read_text()
    write(home, text)
    assert load() == load(home)
    shown = tomllib.loads(re.sub(r"^# (?=\[?[a-z_]+\]?( = .*)?$)", "", text, flags=re.MULTILINE))
    assert shown.keys() == Settings.model_fields.keys() - {"home", "config"}
    examples = {"browser_executable", "portal_addresses", "key_file", "mail_folder", "mail_server"}
    examples |= {"mail_host", "mail_user", "mail_authority"}
    examples |= {"mail_oauth_address", "mail_oauth_client", "mail_oauth_scope"}
    examples |= {"sms_source", "sms_account", "sms_public_address", "sms_senders"}
    examples |= {"status_hosts", "status_identity_header", "ping_address", "backup_folder"}
    assert all(shown[name] == getattr(load(), name) for name in shown.keys() - examples)
    assert home / shown["key_file"] == load().key_file
    write(home, "".join(line for line in text.replace("# [", "[").replace("# availity", "availity")))
    assert is_loopback(load().portal_addresses["availity"])


@pytest.mark.parametrize(
    "address",
    [
        "localhost",
        "localhost:8101",
        "LOCALHOST",
        "availity.localhost",
        "http://availity.localhost:8101/x?y",
        "https://a.b.localhost",
        "127.0.0.1",
        "127.0.0.1:80",
        "http://127.8.9.10:80",
        "::1",
        "[::1]",
        "[::1]:8101",
        "http://[::1]:8101",
    ],
)
def test_this_machine_is_known(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://essentials.availity.com",
        "localhost.example.com",
        "http://notlocalhost",
        "http://localhost.",
        "http://.localhost",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://example.com\\@localhost",
        "http://example.com /localhost",
        "http://example.com#@localhost",
        "http://example.com?localhost",
        "http://example.com/localhost",
        "http://128.0.0.1",
        "http://0.0.0.0",
        "http://2130706433",
        "http://[::2]",
        "http://[::ffff:127.0.0.1]",
        "http://[bad",
        "http://",
        "::2",
        "//",
    ],
)
def test_everything_else_is_elsewhere(address: str) -> None:
    assert not is_loopback(address)
