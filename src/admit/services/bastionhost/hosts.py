"""Hosts: the servers people reach through a bastion host."""

from typing import Annotated

import msgspec
from msgspec.structs import replace

from admit.control import things as verbs
from admit.control.bastionhost.bastion import HostDetails, PrefKex
from admit.control.things import New
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.assets import check_address, check_licence, check_network_domain
from admit.services.bastionhost.errors import (
    HostNotFound,
    InstanceNotFound,
    InvalidArgument,
    LicenseOutOfLimit,
)
from admit.services.bastionhost.host_details import (
    SourcedHost,
    SourcedHostFilter,
    sourced,
)
from admit.services.bastionhost.vocabulary import (
    AddressType,
    HostAddress,
    HostComment,
    HostGroupId,
    HostId,
    HostName,
    HostSource,
    InstanceId,
    NetworkDomainId,
    OSType,
    ProjectId,
    ProtocolName,
    RegionId,
    SourceInstanceId,
    TotalCount,
    bastionhost,
    host,
    instance,
    pages,
)
from admit.store import things

SourceRegionId = Annotated[
    str, like("cn-hangzhou", "The region the host comes from; required for Ecs and Rds.", max_length=64)
]
SourceAccountId = Annotated[
    int, like(1234567890123456, "The account the ECS instance belongs to.", ge=0, le=2**63 - 1)
]
PreferredKeyExchange = Annotated[
    PrefKex, like("default", "The key exchange tried first. Only Linux hosts have one.")
]
ProjectText = Annotated[
    str, like("1", "The ID of a project. Accepted and not used: there are no projects here.")
]
Port = Annotated[int, like(22, "The port of the protocol.")]
FingerPrint = Annotated[str, like("", "Of the host key; empty until somebody was connected.")]


@bastionhost.operation("create", errors=(InvalidArgument, InstanceNotFound, LicenseOutOfLimit))
class CreateHost(Shape):
    """Creates a host. Nobody may use it before it is granted to them.

    Ours: names and addresses need not be unique. Ours: where a Local host comes from is not kept.
    Ours: an unknown NetworkDomainId is refused, for a host behind a proxy must not be reached past it.
    """

    instance_id: InstanceId
    source: HostSource
    host_name: HostName
    os_type: OSType = msgspec.field(name="OSType")
    active_address_type: AddressType
    host_public_address: HostAddress | None = None
    """Required when ActiveAddressType is Public."""
    host_private_address: HostAddress | None = None
    """Required when ActiveAddressType is Private."""
    source_instance_id: SourceInstanceId | None = None
    """Required when Source is Ecs or Rds."""
    instance_region_id: SourceRegionId | None = None
    instance_member_id: SourceAccountId | None = None
    network_domain_id: NetworkDomainId | None = None
    comment: HostComment | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host_id: HostId

    def handle(self, call: Call) -> Response:
        bastion = instance(call, self.instance_id)
        check_address("HostPublicAddress", self.host_public_address)
        check_address("HostPrivateAddress", self.host_private_address)
        check_network_domain(self.network_domain_id)
        details = self._details()
        check_licence(call, bastion)
        made = verbs.add(call.tx, New(Kind.HOST, bastion.key, self.host_name, details))
        return self.Response(host_id=made.id)

    def _details(self) -> HostDetails:
        """What is kept of the host.

        Raises:
            InvalidArgument: something that the others make necessary is absent.
        """
        active = f"Host{self.active_address_type}Address"
        by_type = {"Public": self.host_public_address, "Private": self.host_private_address}
        if by_type[self.active_address_type] is None:
            raise InvalidArgument(active, f"it is required for the address type {self.active_address_type}.")
        local = self.source == "Local"
        needed = {"SourceInstanceId": self.source_instance_id, "InstanceRegionId": self.instance_region_id}
        for name, value in needed.items():
            if not local and value is None:
                raise InvalidArgument(name, f"it is required for the source {self.source}.")
        return HostDetails(
            source=self.source,
            os_type=self.os_type,
            active_address_type=self.active_address_type,
            source_instance_state="Normal",
            public_address=self.host_public_address,
            private_address=self.host_private_address,
            comment=self.comment or "",
            source_instance_id=None if local else self.source_instance_id,
            source_region_id=None if local else self.instance_region_id,
            source_account_id=None if local else self.instance_member_id,
        )


class HostProtocol(Shape):
    """How a host is reached by one protocol."""

    protocol_name: ProtocolName
    port: Port
    host_finger_print: FingerPrint


class Host(SourcedHost, kw_only=True):
    """A host."""

    network_domain_id: NetworkDomainId | None = None
    pref_kex: PreferredKeyExchange | None = None
    protocols: tuple[HostProtocol, ...]


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, HostNotFound))
class GetHost(Shape):
    """Shows a host, with the ports it is reached by."""

    instance_id: InstanceId
    host_id: HostId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        host: Host

    def handle(self, call: Call) -> Response:
        found = host(call, instance(call, self.instance_id), self.host_id)
        details = found.read(HostDetails)
        protocols = (
            HostProtocol(
                protocol_name="SSH", port=details.ssh_port, host_finger_print=details.ssh_fingerprint
            ),
            HostProtocol(protocol_name="RDP", port=details.rdp_port, host_finger_print=""),
        )
        linux = details.os_type == "Linux"
        return self.Response(
            host=Host(**sourced(found), pref_kex=details.pref_kex if linux else None, protocols=protocols)
        )


class HostInList(SourcedHost, kw_only=True):
    """A host, and how many accounts it has."""

    host_account_count: int
    domain_account_count: str
    """Always 0: there are no domain accounts here."""


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound))
class ListHosts(SourcedHostFilter, kw_only=True):
    """Lists hosts, 10 on a page unless asked otherwise; every filter matches exactly.

    Ours: HostAddress finds the hosts that have it as either of their addresses.
    """

    instance_id: InstanceId
    host_group_id: HostGroupId | None = None
    region_id: RegionId | None = None
    project_id: ProjectText | None = None

    class Response(Shape):
        hosts: tuple[HostInList, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        where = self.where(call, instance(call, self.instance_id))
        if self.host_group_id is not None:
            # There are no host groups yet: none of them has a member.
            where = replace(where, keys=())
        offset, limit = pages(self.page_number, self.page_size, default=10)
        found, total = things.page(call.sql, where, offset, limit)
        accounts = things.child_counts(call.sql, [each.key for each in found], Kind.HOST_ACCOUNT)
        return self.Response(
            hosts=tuple(
                HostInList(
                    **sourced(each),
                    host_account_count=accounts.get(each.key, 0),
                    domain_account_count="0",
                )
                for each in found
            ),
            total_count=total,
        )


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound, HostNotFound))
class ModifyHost(Shape):
    """Changes a host; what is absent stays as it is. Grants and accounts stay in any case.

    Ours: a host that is no longer Linux goes back to the default key exchange.
    """

    instance_id: InstanceId
    host_id: HostId
    host_name: HostName | None = None
    host_public_address: HostAddress | None = None
    host_private_address: HostAddress | None = None
    os_type: OSType | None = msgspec.field(default=None, name="OSType")
    pref_kex: PreferredKeyExchange | None = None
    network_domain_id: NetworkDomainId | None = None
    comment: HostComment | None = None
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        pass

    def handle(self, call: Call) -> Response:
        found = host(call, instance(call, self.instance_id), self.host_id)
        check_address("HostPublicAddress", self.host_public_address)
        check_address("HostPrivateAddress", self.host_private_address)
        check_network_domain(self.network_domain_id)
        given = {
            "public_address": self.host_public_address,
            "private_address": self.host_private_address,
            "os_type": self.os_type,
            "pref_kex": self.pref_kex,
            "comment": self.comment,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        details = msgspec.structs.replace(found.read(HostDetails), **changes)
        if details.os_type != "Linux":
            if self.pref_kex is not None:
                raise InvalidArgument("PrefKex", "only a Linux host has one.")
            details.pref_kex = "default"
        verbs.change(call.tx, found, name=self.host_name, details=details)
        return self.Response()


@bastionhost.operation("delete", errors=(InvalidArgument, InstanceNotFound, HostNotFound))
class DeleteHost(Shape):
    """Deletes a host, its accounts with their secrets, and every grant of any of them."""

    instance_id: InstanceId
    host_id: HostId
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        pass

    def handle(self, call: Call) -> Response:
        verbs.remove(call.tx, host(call, instance(call, self.instance_id), self.host_id))
        return self.Response()
