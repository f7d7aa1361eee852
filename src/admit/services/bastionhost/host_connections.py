"""How hosts are reached: by which port, and by which of their addresses."""

from collections.abc import Callable
from typing import Annotated

import msgspec

from admit.control import things as verbs
from admit.control.bastionhost.bastion import HostDetails
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import JsonText, Shape, at_most, like
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument
from admit.services.bastionhost.vocabulary import (
    ALREADY,
    INVALID,
    NOT_FOUND,
    OK,
    AddressType,
    HostId,
    InstanceId,
    Message,
    ProjectId,
    ProtocolName,
    RegionId,
    ResultCode,
    bastionhost,
    instance,
    is_decimal,
)
from admit.store import things

HostIds = Annotated[
    JsonText[Annotated[tuple[HostId, ...], at_most(100, least=1)]],
    like('["1","2"]', "The IDs of the hosts, a JSON array of 1 to 100."),
]
PortText = Annotated[str, like("2222", "The port: 22 to 65535.", pattern=r"^[0-9]{2,5}(?!\n)$")]


class HostResult(Shape):
    """What became of one host."""

    host_id: HostId
    code: ResultCode
    message: Message


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class ModifyHostsPort(Shape):
    """Changes the port that hosts are reached by. Sessions that are open stay open.

    Ours: the host key that is pinned stays: behind another port it is still the same host.
    """

    instance_id: InstanceId
    host_ids: HostIds
    protocol_name: ProtocolName
    port: PortText
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        results: tuple[HostResult, ...]

    def handle(self, call: Call) -> Response:
        port = int(self.port)
        if not 22 <= port <= 65535:
            raise InvalidArgument("Port", "it must be 22 to 65535.", "Value")
        field = "ssh_port" if self.protocol_name == "SSH" else "rdp_port"

        def changed(details: HostDetails) -> HostDetails:
            return msgspec.structs.replace(details, **{field: port})

        return self.Response(results=_each(call, self.instance_id, self.host_ids, changed))


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class ModifyHostsActiveAddressType(Shape):
    """Changes which of their addresses hosts are reached by. Sessions that are open stay open.

    Ours: a host that has no such address answers INVALID_ARGUMENT and stays as it is.
    """

    instance_id: InstanceId
    host_ids: HostIds
    active_address_type: AddressType
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        results: tuple[HostResult, ...]

    def handle(self, call: Call) -> Response:
        def changed(details: HostDetails) -> HostDetails | None:
            other = msgspec.structs.replace(details, active_address_type=self.active_address_type)
            return other if other.address else None

        return self.Response(results=_each(call, self.instance_id, self.host_ids, changed))


def _each(
    call: Call,
    instance_id: str,
    host_ids: tuple[str, ...],
    changed: Callable[[HostDetails], HostDetails | None],
) -> tuple[HostResult, ...]:
    """Change each host; a failure stops only its own item."""
    bastion = instance(call, instance_id)

    def code(host_id: str) -> str:
        if not is_decimal(host_id):
            return INVALID
        host = things.by_id(call.sql, Kind.HOST, bastion.key, host_id)
        if host is None:
            return NOT_FOUND
        before = host.read(HostDetails)
        after = changed(before)
        if after is None:
            return INVALID
        verbs.change(call.tx, host, details=after)
        return ALREADY if after == before else OK

    return tuple(HostResult(host_id=each, code=code(each), message="") for each in host_ids)
