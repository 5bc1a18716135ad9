"""Which portal answers under which name."""

from starlette.applications import Starlette

from sandbox.availity.site import availity_site
from sandbox.one_healthcare_id.site import PAGE, one_healthcare_id_site, telemetry_site
from sandbox.uhc.site import uhc_site
from sandbox.world import World

_IDENTITY, _METRICS = "onehealthcareid.localhost", "online-metrix.net.localhost"

# Cookies ignore ports, so every site has its own name; browsers resolve *.localhost themselves.
# The first name of a portal is its address.
HOSTS: dict[str, tuple[str, ...]] = {
    "availity": ("availity.localhost",),
    "uhc": ("uhc.localhost", _IDENTITY),
}


def build_sites(world: World, port: int) -> dict[str, tuple[str, Starlette]]:
    """Host name -> (the portal it belongs to, the application that answers)."""
    metrics = f"http://{_METRICS}:{port}/fp/tags"
    return {
        "availity.localhost": ("availity", availity_site(world)),
        "uhc.localhost": ("uhc", uhc_site(world, f"http://{_IDENTITY}:{port}{PAGE}")),
        _IDENTITY: ("uhc", one_healthcare_id_site(world, metrics)),
        _METRICS: ("", telemetry_site()),
    }
