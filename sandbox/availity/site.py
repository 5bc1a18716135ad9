"""Availity's addresses: sign-in application, shell, the applications in its frame and their services."""

from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.availity import paths
from sandbox.availity.claims import ClaimsApp
from sandbox.availity.eligibility import EligibilityApp
from sandbox.availity.passwords import PasswordScreens
from sandbox.availity.remits import RemitsApp
from sandbox.availity.shell import Shell
from sandbox.availity.sign_in import SignInApp
from sandbox.bundle import Asset, build
from sandbox.policy import InputError
from sandbox.web import bad_input
from sandbox.world import World

_KIT = "browser_side/kit.js"
_JS = "availity/js"


@dataclass(frozen=True)
class Scripts:
    """The script bundles, built once."""

    login: Asset
    shell: Asset
    eligibility: Asset
    claims: Asset
    remits: Asset
    my_account: Asset
    by_path: dict[str, Asset] = field(default_factory=dict)


def build_scripts(world: World) -> Scripts:
    """Login 0.3 MB, shell 1.2, eligibility 0.9, claims 0.7, remittances 0.6, My Account 0.2 MB, beside what is ours."""

    def script(folder: str, name: str, weight: int, *own: str) -> Asset:
        return build(f"{folder}assets", name, _own(*own), world.vendor_bytes(weight), world.seed)

    form = ("combobox", "date_field", "eligibility_result", "eligibility_form")
    every = (
        script(paths.LOGIN, "index", 300_000, "password_form", "password_views", "login"),
        script(paths.SHELL, "main", 1_200_000, "shell"),
        script(paths.ELIGIBILITY, "app", 900_000, *form),
        script(paths.CLAIM_STATUS, "app", 700_000, "combobox", "claims_result", "claims_form"),
        script(paths.REMITS, "app", 600_000, "combobox", "remits"),
        script(paths.MY_ACCOUNT, "app", 200_000, "password_form", "my_account"),
    )
    return Scripts(*every, {each.path: each for each in every})


def _own(*names: str) -> list[str]:
    return [_KIT, *(f"{_JS}/{name}.js" for name in ("parts", *names))]


def availity_site(world: World) -> Starlette:
    """The application behind availity.localhost."""
    scripts = build_scripts(world)
    sign_in = SignInApp(world, scripts.login)
    shell = Shell(world, scripts.shell)
    eligibility = EligibilityApp(world, scripts.eligibility)
    claims = ClaimsApp(world, scripts.claims)
    remits = RemitsApp(world, scripts.remits)
    passwords = PasswordScreens(world, scripts.my_account)

    async def asset(request: Request) -> Response:
        found = scripts.by_path.get(request.url.path)
        return found.answer(request) if found else Response("Not found\n", status_code=404)

    return Starlette(
        routes=[
            Route("/", to_login),
            Route("/static/{rest:path}/assets/{name}", asset),
            *sign_in.routes(),
            *shell.routes(),
            *eligibility.routes(),
            *claims.routes(),
            *remits.routes(),
            *passwords.routes(),
            Route(paths.TELEMETRY, accepted, methods=["POST"]),
            Route("/api/v1/log-messages", accepted, methods=["POST"]),
        ],
        exception_handlers={InputError: bad_input},
    )


async def to_login(_: Request) -> Response:
    """The front door leads to the sign-in form, signed in or not."""
    return RedirectResponse(f"{paths.LOGIN}#/login", status_code=302)


async def accepted(request: Request) -> Response:
    """Telemetry: taken and forgotten."""
    await request.body()
    return JSONResponse({}, status_code=202)
