"""Every path of the door, and what is there."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route

from admit.oidc.authorize import Authorize
from admit.oidc.devices import Devices
from admit.oidc.logout import Logout
from admit.oidc.machines import Machines
from admit.oidc.provider import Provider
from admit.oidc.roles import Roles
from admit.pages.site import Site


def routes(site: Site, provider: Provider) -> Sequence[BaseRoute]:
    """The paths, ready to be served."""
    machines = Machines(provider)
    authorize = Authorize(site, provider, machines)
    devices = Devices(site, provider, machines, authorize)
    logout = Logout(site, provider, machines)
    roles = Roles(site, provider, authorize)
    both = ["GET", "POST"]
    return (
        *machines.routes(),
        Route("/oidc/{place}/authorize", authorize.answer, methods=both),
        Route("/oidc/{place}/device", devices.ask, methods=["GET"]),
        Route("/oidc/{place}/device", devices.answer, methods=["POST"]),
        Route("/oidc/{place}/logout", logout.answer, methods=both),
        Route("/oidc/roles/{role}", roles.show, methods=["GET"]),
        Route("/oidc/roles/{role}", roles.take, methods=["POST"]),
    )
