"""Where, and within what limits: the settings, from the environment, then the TOML file, then the defaults.

Settings hold no secret; a key that looks like one is refused, and no message repeats a value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from bots.addresses import Origin, is_loopback
from bots.toml_files import read_table
from flows.errors import InputError

__all__ = ["PREFIX", "Origin", "Settings", "is_loopback", "load"]

PREFIX = "PORTALKEEPER_"
_DEFAULT_HOME = Path("~/.local/share/portalkeeper")
_FILE_NAME = "portalkeeper.toml"
_ONLY_ENVIRONMENT = {"home", "config"}  # they say where the file is
_PATHS = ("home", "config", "key_file", "browser_executable", "mail_folder", "mail_authority", "backup_folder")
_SECRET = re.compile(r"passw|passphrase|secret|token|totp|api_?key|credential", re.IGNORECASE)


LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lambda value: str(value).lower())]


class Settings(BaseSettings):
    """The settings in force; made by `load`, which turns what is wrong with them into one line.

    `portal_addresses` maps a portal's name to the origin to use instead of its real one; a portal named in both the
    environment (JSON) and the file has the environment's. Counts and seconds are whole numbers.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    home: Path = _DEFAULT_HOME
    config: Path = Path("config")
    key_file: Path = Path("vault.key")
    browser_executable: Path | None = None
    browser_sandbox: bool = True
    portal_addresses: dict[str, Origin] = {}
    sign_ins_at_once: int = Field(default=4, ge=1, le=64)
    runs_per_portal: int = Field(default=4, ge=1, le=64)
    status_port: int = Field(default=8707, ge=0, le=65535)
    status_hosts: tuple[str, ...] = ()
    status_identity_header: str = ""
    backup_folder: Path = Path("backups")
    backups_kept: int = Field(default=14, ge=1)
    ping_address: str = ""
    ping_minutes: int = Field(default=5, ge=1, le=1440)
    lookups_per_day: int = Field(default=2000, ge=1)
    sign_ins_per_day: int = Field(default=24, ge=1)
    brake_refusals: int = Field(default=3, ge=1)
    vault_changes: int = Field(default=5, ge=0)
    alike_accounts: int = Field(default=3, ge=2)
    pause_minutes: int = Field(default=15, ge=1)
    tripwire_rows: int = Field(default=20, ge=1)
    tripwire_times: int = Field(default=3, ge=1)
    tripwire_points: int = Field(default=25, ge=0)
    tripwire_history: int = Field(default=50, ge=1)
    wait_seconds: int = Field(default=120, ge=0)
    mail_folder: Path = Path("mail")
    mail_host: str = ""
    mail_port: int = Field(default=993, ge=1, le=65535)
    mail_user: str = ""
    mail_authority: Path | None = None
    mail_oauth_address: str = ""
    mail_oauth_client: str = ""
    mail_oauth_scope: str = ""
    mail_server: str = ""
    sms_source: Literal["", "twilio", "webhook"] = ""
    sms_account: str = ""
    sms_address: Origin = "https://api.twilio.com"
    sms_public_address: str = ""
    sms_port: int = Field(default=0, ge=0, le=65535)
    sms_senders: dict[str, list[str]] = {}
    letter_seconds: int = Field(default=300, ge=1)
    code_seconds: int = Field(default=120, ge=1)
    step_timeout_seconds: int = Field(default=45, ge=1)
    evidence: Literal["none", "failure", "screen", "trace"] = "failure"
    log_level: LogLevel = "info"

    @field_validator(
        "home", "config", "key_file", "browser_executable", "mail_folder", "mail_authority", "backup_folder"
    )
    @classmethod
    def _whole_path(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        """`~` opened; a relative `home` starts at the working folder, every other path at `home`."""
        if value is None:
            return None
        start = info.data.get("home", Path()) if info.field_name != "home" else Path()
        return (start / value.expanduser()).absolute()

    @field_validator("ping_address")
    @classmethod
    def _private_ping(cls, value: str) -> str:
        if value and not (value.startswith("https://") or (value.startswith("http://") and is_loopback(value))):
            raise ValueError("expected an https address")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the program says, then the environment, then the file."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, _read(_file_in_force(init_settings())))

    @property
    def config_file(self) -> Path:
        """The TOML file, which need not exist."""
        return self.config / _FILE_NAME

    @property
    def vault_folder(self) -> Path:
        """Sealed passwords and authenticator secrets."""
        return self.home / "vault"

    @property
    def state_folder(self) -> Path:
        """Sealed signed-in states."""
        return self.home / "state"

    @property
    def lease_folder(self) -> Path:
        """One lock file per account in use."""
        return self.home / "leases"

    @property
    def codes_folder(self) -> Path:
        """Sealed secrets of the channels by which codes come."""
        return self.home / "codes"

    @property
    def texts_folder(self) -> Path:
        """Sealed text messages that a provider brought."""
        return self.codes_folder / "texts"

    @property
    def backup_codes_folder(self) -> Path:
        """Sealed backup codes, one file per account."""
        return self.codes_folder / "backup"

    @property
    def answers_folder(self) -> Path:
        """Sealed answers of the payers."""
        return self.home / "answers"

    @property
    def fetched_folder(self) -> Path:
        """Sealed remittance files as they came, each named by its SHA-256."""
        return self.home / "fetched"

    @property
    def era_folder(self) -> Path:
        """Sealed 835 files; the drop folder too, unless it is elsewhere."""
        return self.home / "era"

    @property
    def delivery_folder(self) -> Path:
        """Sealed secrets of the mail server and the webhook."""
        return self.home / "delivery"

    @property
    def evidence_folder(self) -> Path:
        """Sealed evidence of runs, each named by its id."""
        return self.home / "evidence"

    @property
    def report_folder(self) -> Path:
        """Health reports."""
        return self.home / "reports"

    @property
    def database(self) -> Path:
        """The inventory."""
        return self.home / "inventory.db"

    @property
    def last_seen(self) -> Path:
        """What was last seen of the inventory, kept apart from it (`bots.restored`)."""
        return self.home / "last-seen.json"

    @property
    def sandbox_clock(self) -> Path:
        """Where a sandbox says how far its clock is ahead (`bots.now`)."""
        return self.home / "sandbox-clock.json"

    @property
    def schedules(self) -> Path:
        """When what is due."""
        return self.home / "schedules.yaml"


def load(home: Path | None = None) -> Settings:
    """The settings in force, with `home` as the data folder if given.

    InputError for what is wrong with them: names the file or variable and the key, says what was expected.
    """
    given: dict[str, Any] = {} if home is None else {"home": home}
    for name in _environment():
        _refuse_secret(name, _variable(name))
        if name not in Settings.model_fields:
            raise InputError(f"{_variable(name)} is not a setting; look for a mistyped name or unset it")
    try:
        return Settings(**given)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        told = [_told(".".join(map(str, problem["loc"])), problem["msg"], given) for problem in problems]
        raise InputError("; ".join(told)) from None
    except SettingsError:
        # Two settings are JSON in the environment; the error's own words would repeat what stands there.
        raise InputError(
            f'{_variable("portal_addresses")}: expected JSON such as {{"availity": "https://…"}}; '
            f'{_variable("sms_senders")}: such as {{"availity": ["22395"]}}'
        ) from None


def _environment() -> dict[str, str]:
    """Our variables that aren't empty, by the name of the setting."""
    ours = {name: value for name, value in os.environ.items() if name.upper().startswith(PREFIX) and value}
    return {name[len(PREFIX) :].lower(): value for name, value in ours.items()}


def _variable(name: str) -> str:
    return f"environment variable {PREFIX}{name.upper()}"


def _file_in_force(given: dict[str, Any]) -> Path:
    places = {**_environment(), **given}
    home = Path(places.get("home", _DEFAULT_HOME)).expanduser()
    return (home / Path(places.get("config", "config")).expanduser() / _FILE_NAME).absolute()


def _read(file: Path) -> dict[str, Any]:
    """The table in the TOML file; empty if there is no file, since every setting has a default."""
    table = read_table(file)
    for key in _keys(table):
        _refuse_secret(key, f"{file}: {key}")
        if key.lower() in _ONLY_ENVIRONMENT:
            raise InputError(f"{file}: {key} says where this file is; set {PREFIX}{key.upper()} in the environment")
    return table


def _refuse_secret(name: str, place: str) -> None:
    if _SECRET.search(name):
        raise InputError(f"{place} looks like a secret; settings hold none: remove it and run `pk vault set ACCOUNT`")


def _keys(table: dict[str, Any], above: str = "") -> Iterator[str]:
    for key, value in table.items():
        yield above + key
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from _keys(inner, f"{above}{key}.")


def _told(key: str, expected: str, given: dict[str, Any]) -> str:
    """What is wrong with `key`, named by the place it came from."""
    name = key.split(".", maxsplit=1)[0]
    place = _variable(name) if name in _environment() else f"{_file_in_force(given)}: {key}"
    if expected == "Extra inputs are not permitted":
        return f"{place} is not a setting; look for a mistyped name"
    return f"{place}: {expected.removeprefix('Value error, ').removeprefix('Input ')}"
