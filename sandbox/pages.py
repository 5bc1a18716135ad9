"""Pages of an application: nearly empty, built in the browser by a script from settings."""

import json
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse, Response

from sandbox.bundle import Asset

_NO_STORE = {"Cache-Control": "no-store"}


class Pages:
    """The pages of one folder of this package."""

    def __init__(self, folder: str) -> None:
        loader = PackageLoader("sandbox", f"{folder}/pages")
        self._pages = Environment(loader=loader, autoescape=True)

    def answer(self, name: str, script: Asset | None, settings: Mapping[str, Any]) -> Response:
        """The page `name`, its settings written into it as JSON."""
        # "<" escaped: the settings stand inside a script element.
        written = json.dumps(settings).replace("<", "\\u003c")
        path = script.path if script else ""
        html = self._pages.get_template(name).render(script=path, settings=written)
        return HTMLResponse(html, headers=_NO_STORE)

    def show(self, page: str, /, **values: Any) -> Response:
        """A page that is written here and not in the browser."""
        return HTMLResponse(self._pages.get_template(page).render(**values), headers=_NO_STORE)
