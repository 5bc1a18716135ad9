"""The name of a file for billing: out of what is in it, never out of what the portal called it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

_LONGEST = 120


def file_name(template: str, payments: Sequence[Mapping[str, Any]]) -> str:
    """The name for a file of these rows of the book. Two files of other payments have other names."""
    first, more = payments[0], len(payments) - 1
    parts = {
        "paid_on": first["paid_on"] or "undated",
        "payer": first["payer"] or first["payer_id"] or first["company_id"] or "payer",
        "payee_tin": first["payee_tin"] or "no-tin",
        "payee_npi": first["payee_npi"] or "no-npi",
        "trace": (first["trace"] or "no-trace") + (f"-and-{more}-more" if more else ""),
        "hash": hashlib.sha256("".join(row["content"] for row in payments).encode()).hexdigest()[:12],
    }
    return template.format_map({name: _plain(part) for name, part in parts.items()})


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", text).strip("-")[:_LONGEST] or "x"
