"""The coverage matrix: every payer, its portal, and per flow how it was proved."""

from __future__ import annotations

from collections.abc import Mapping

from payers.model import FLOWS, Portal
from payers.registry import listed_payers

Pairs = Mapping[tuple[str, str], str]
"""Portals and flows of which there is a page of the real portal, with its day."""


def matrix(recorded: Pairs | None = None) -> list[dict[str, str]]:
    """One row a payer. A flow is *not offered*, *not begun*, or *simulated*, *recorded* or *live* with a date.

    Where the module says *simulated* and there is a recording of the real portal, it is *recorded* with that day.
    """
    return [
        {
            "payer": listed.payer.title,
            "name": listed.payer.name,
            "payer_ids": " ".join(listed.payer.payer_ids),
            "portal": listed.portal.title,
            **{flow: _proof(listed.portal, flow, recorded or {}) for flow in FLOWS},
        }
        for listed in listed_payers().values()
    ]


def _proof(portal: Portal, flow: str, recorded: Pairs) -> str:
    said, day = portal.proof.get(flow, "not offered"), recorded.get((portal.name, flow))
    return f"recorded {day}" if day and said.startswith("simulated") else said


def markdown(recorded: Pairs | None = None) -> str:
    """The matrix as the README prints it."""
    rows = matrix(recorded)
    heads = ["payer", "payer_ids", "portal", *FLOWS]
    lines = [heads, ["---"] * len(heads), *([row[head] for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
