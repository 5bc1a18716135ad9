"""Finds every portal and every payer by walking their folders; nothing registers itself."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import payers.commercial
import payers.medicaid
import payers.portals
from flows.errors import InputError
from flows.parties import Payer
from payers.model import Portal


@dataclass(frozen=True)
class Listed:
    """A payer, and the portal its questions are asked on. Medicaid is granted month by month."""

    payer: Payer
    portal: Portal
    medicaid: bool = False


def _modules(package: ModuleType) -> list[ModuleType]:
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


@cache
def portals() -> dict[str, Portal]:
    """Every portal by name."""
    return {module.PORTAL.name: module.PORTAL for module in _modules(payers.portals)}


@cache
def listed_payers() -> dict[str, Listed]:
    """Every payer by name, with its portal."""
    families = ((payers.commercial, False), (payers.medicaid, True))
    modules = [(module, medicaid) for family, medicaid in families for module in _modules(family)]
    return {module.PAYER.name: Listed(module.PAYER, module.PORTAL, medicaid) for module, medicaid in modules}


def find_portal(name: str) -> Portal:
    """The portal of that name. Raises `InputError` that lists the portals there are."""
    try:
        return portals()[name]
    except KeyError:
        raise InputError(f"no portal is called {name!r}; there are: {', '.join(portals())}") from None
