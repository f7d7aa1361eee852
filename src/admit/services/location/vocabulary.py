"""The words of the location service."""

from typing import Annotated

from admit.rpc.operation import Service
from admit.rpc.shape import like

location = Service(product="location", version="2015-06-12", title="Location", ram_prefix="location")

LocationId = Annotated[str, like("cn-hangzhou", "The ID of the region.", min_length=1, max_length=64)]
ServiceCode = Annotated[
    str,
    like("bastionhost", "The code by which clients ask for the service.", min_length=1, max_length=64),
]
EndpointType = Annotated[str, like("openAPI", "The kind of endpoint.", max_length=64)]
