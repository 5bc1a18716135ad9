"""The coverage matrix: every payer, its portal, and per flow how it was proved."""

from __future__ import annotations

from payers.model import FLOWS
from payers.registry import listed_payers


def matrix() -> list[dict[str, str]]:
    """One row a payer. A flow is *not offered*, *not begun*, or *simulated*, *recorded* or *live* with a date."""
    return [
        {
            "payer": listed.payer.title,
            "name": listed.payer.name,
            "payer_ids": " ".join(listed.payer.payer_ids),
            "portal": listed.portal.title,
            **{flow: listed.portal.proof.get(flow, "not offered") for flow in FLOWS},
        }
        for listed in listed_payers().values()
    ]


def markdown() -> str:
    """The matrix as the README prints it."""
    rows = matrix()
    heads = ["payer", "payer_ids", "portal", *FLOWS]
    lines = [heads, ["---"] * len(heads), *([row[head] for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
