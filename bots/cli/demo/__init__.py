"""The demonstration: a throw-away office on the simulated portals, driven by the same commands a person types."""

from bots.cli.demo.story import run_demo

__all__ = ["run_demo"]
