"""Where a product is to be called: here."""

import re

from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.location.vocabulary import EndpointType, LocationId, ServiceCode, location

OPEN_API = "openAPI"
"""The one kind of endpoint that clients look for."""

# host, host:port or [address]:port: clients may have sent anything that their user wrote as endpoint.
_ADDRESS = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


class Protocols(Shape):
    """What an endpoint speaks."""

    protocols: tuple[str, ...]
    """HTTP, HTTPS or both."""


class Endpoint(Shape):
    """An endpoint of a service in a region."""

    endpoint: str
    """``host:port``."""
    id: LocationId
    service_code: ServiceCode
    type: EndpointType
    protocols: Protocols


class Endpoints(Shape):
    """The endpoints of a service in a region."""

    endpoint: tuple[Endpoint, ...]
    """One of the type openAPI, or none."""


@location.operation("get", authorized=False)
class DescribeEndpoints(Shape):
    """Tells where to call a service. Clients that were told no endpoint ask this before their first call.

    Ours: the answer is the address under which the question came, whichever service and region is asked
    about: one endpoint serves them all, and a client that is told of none calls the vendor's own.
    """

    id: LocationId
    service_code: ServiceCode
    type: EndpointType = OPEN_API
    """The kind of endpoint: there are none but openAPI."""

    class Response(Shape):
        endpoints: Endpoints
        success: bool

    def handle(self, call: Call) -> Response:
        found = Endpoint(
            endpoint=call.host if _ADDRESS.fullmatch(call.host) else call.world.endpoint,
            id=self.id,
            service_code=self.service_code,
            type=OPEN_API,
            protocols=Protocols(protocols=("HTTP", "HTTPS")),
        )
        told = (found,) if self.type == OPEN_API else ()
        return self.Response(endpoints=Endpoints(endpoint=told), success=True)
