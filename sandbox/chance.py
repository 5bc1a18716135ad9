"""The one source of invented data: the same seed and purpose always draw the same."""

import random


def draw_for(seed: int, *purpose: str) -> random.Random:
    """A generator of its own for one purpose."""
    return random.Random(":".join((str(seed), *purpose)))  # noqa: S311 invented data, no secret of anybody
