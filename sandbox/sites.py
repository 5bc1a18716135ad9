"""Which portal answers under which name."""

from pathlib import Path

from starlette.types import ASGIApp

from sandbox.availity.site import availity_site
from sandbox.epaces.site import epaces_site
from sandbox.medi_cal.site import medi_cal_site
from sandbox.okta.dashboard import Dashboard
from sandbox.okta.site import okta_site
from sandbox.one_healthcare_id.site import PAGE, one_healthcare_id_site, telemetry_site
from sandbox.tmhp.site import APPS, tmhp_site
from sandbox.uhc.site import uhc_site
from sandbox.world import World

_IDENTITY, _METRICS = "onehealthcareid.localhost", "online-metrix.net.localhost"
_OKTA = "iamonline.localhost"

# Cookies ignore ports, so every site has its own name; browsers resolve *.localhost themselves.
# The first name of a portal is its address.
HOSTS: dict[str, tuple[str, ...]] = {
    "availity": ("availity.localhost",),
    "uhc": ("uhc.localhost", _IDENTITY),
    "tmhp": ("tmhp.localhost", _OKTA),
    "epaces": ("epaces.localhost",),
    "medi_cal": ("medi-cal.localhost",),
}


def build_sites(world: World, port: int, widget: Path | None = None) -> dict[str, tuple[str, ASGIApp]]:
    """Host name -> (the portal it belongs to, the application that answers). `widget`: Okta's published one."""
    metrics = f"http://{_METRICS}:{port}/fp/tags"
    return {
        "availity.localhost": ("availity", availity_site(world)),
        "uhc.localhost": ("uhc", uhc_site(world, f"http://{_IDENTITY}:{port}{PAGE}")),
        _IDENTITY: ("uhc", one_healthcare_id_site(world, metrics)),
        "tmhp.localhost": ("tmhp", tmhp_site(world, f"http://{_OKTA}:{port}")),
        _OKTA: ("tmhp", okta_site(world, "tmhp", Dashboard(world, "tmhp", APPS), widget)),
        "epaces.localhost": ("epaces", epaces_site(world)),
        "medi-cal.localhost": ("medi_cal", medi_cal_site(world)),
        _METRICS: ("", telemetry_site()),
    }
