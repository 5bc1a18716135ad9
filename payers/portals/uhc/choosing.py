"""Choosing by exact value: the organization in the header, and what a form lists."""

from __future__ import annotations

from typing import Protocol

from playwright.async_api import Locator, Page

from flows.errors import InputError
from payers.kit import Screen, offered, option_values
from payers.portals.uhc.failures import reach
from payers.portals.uhc.screens import Header


class Redrawn(Screen, Protocol):
    """A form that is drawn anew for each organization."""

    @property
    def before(self) -> Locator:
        """Its landmark, while it is the one that was marked before."""


async def choose_organization(page: Page, form: Redrawn, tin: str, seconds: float) -> None:
    """Choose the tax id; the portal then draws the form anew, with the organization's providers."""
    header = Header(page)
    await form.landmark.evaluate("field => { field.dataset.before = '' }")
    await choose(header.tin, header.tins, tin)
    await form.before.wait_for(state="detached")
    await reach(page, form, seconds=seconds)


async def choose(box: Locator, options: Locator, value: str) -> None:
    """Choose the option with exactly this value."""
    if value not in offered(await option_values(options), "Inquiry", "options"):
        raise InputError(f"the portal does not list {value} for this account")
    await box.select_option(value=value)
