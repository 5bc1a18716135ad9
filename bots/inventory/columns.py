"""The columns of an account: what operations keeps about one login on one portal.

One list serves the table, import, export and `account show`. *Observed* columns are written by the worker
only; an import that brings them is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Whose login it is. Only *worker* accounts are kept alive and rotated unattended."""

    WORKER = "worker"
    PERSON = "person"
    SHARED = "shared"
    BREAK_GLASS = "break-glass"


class Automation(StrEnum):
    """Whether the payer lets a program use this account."""

    PERMITTED = "permitted"
    REGISTERED = "registered"
    NOT_DECIDED = "not decided"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Column:
    """One column: its name, SQLite type, group in `account show`, and whether only the worker writes it."""

    name: str
    group: str
    type: str = "TEXT"
    observed: bool = False
    restricted: bool = False


def _group(group: str, names: str, *, observed: bool = False) -> list[Column]:
    columns = []
    for word in names.split():
        name, _, type_ = word.partition(":")
        columns.append(Column(name, group, {"": "TEXT", "n": "INTEGER"}[type_], observed, name == "user_id"))
    return columns


ACCOUNT_COLUMNS: tuple[Column, ...] = (
    *_group("Identity", "name portal user_id address kind portal_role permissions_needed"),
    *_group("Identity", "permissions_seen", observed=True),
    *_group("Identity", "region medicaid_provider_id etin submitter_id"),
    *_group("People", "owner sponsor backup administrator_1 administrator_2 mfa_holder mfa_channel"),
    *_group("People", "registered_email registered_phone contact_confirmed_on contact_checked_on"),
    *_group("Credential", "vault_reference password_expires_on password_expires_source rotation_allowed:n"),
    *_group("Credential", "code_ways mfa_kind mfa_retires_on backup_codes_left:n security_answers_stored:n"),
    *_group("Credential", "security_answers_confirmed_on"),
    *_group("Credential", "password_set_on state_until", observed=True),
    *_group("Life", "last_good_sign_in_at last_good_sign_in_by last_failure_at last_failure", observed=True),
    *_group("Life", "last_failure_phrase last_drift_at", observed=True),
    *_group("Life", "idle_limit_days:n"),
    *_group("Way back", "unlock_path help_phone help_hours help_zone have_ready usual_days ticket"),
    *_group("Permission", "automation automation_by automation_on automation_document", observed=True),
    *_group("Permission", "automation_conditions automation_review_on", observed=True),
    *_group("Permission", "terms_hash terms_accepted_by terms_accepted_on vendor_agreement"),
    *_group("Use", "flows_allowed lookups_per_hour:n lookups_per_day:n maintenance time_zone owner_hours"),
    *_group("Use", "signed_off_by signed_off_on signed_off_version", observed=True),
    *_group("Use", "era_route era_enrolled_on era_cadence era_retention_days:n era_consumes:n"),
    *_group("Governance", "created_by created_on", observed=True),
    *_group("Governance", "last_reviewed_by last_reviewed_on review_decision next_review_on retire_on tags notes"),
)

OWN_COLUMNS = tuple(column for column in ACCOUNT_COLUMNS if not column.observed)
