"""Every page of the explorer, and where it is."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route

from admit.explorer.pages import Explorer
from admit.pages.site import Site
from admit.rpc.dispatch import Dispatcher


def routes(site: Site, dispatcher: Dispatcher) -> Sequence[BaseRoute]:
    """The pages, ready to be served."""
    explorer = Explorer(site, dispatcher)
    one = "/explorer/{product}/{action}"
    return (
        Route("/explorer", explorer.all, methods=["GET"]),
        Route(one, explorer.one, methods=["GET"]),
        Route(one, explorer.call, methods=["POST"]),
        Route(f"{one}/code", explorer.code, methods=["POST"]),
    )
