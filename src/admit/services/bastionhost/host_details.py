"""What a host is: what is kept of it, how it is told, and how hosts are picked for a list."""

from collections.abc import Collection
from typing import Any

import msgspec

from admit.control.bastionhost.bastion import HostDetails
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.bastionhost.vocabulary import (
    AddressType,
    HostAddress,
    HostComment,
    HostId,
    HostName,
    HostSource,
    OSType,
    PageNumber,
    PageSize,
    SourceInstanceId,
    SourceInstanceState,
)
from admit.store import things
from admit.store.things import Thing, Where


class HostBrief(Shape, kw_only=True):
    """A host, as every list shows it."""

    host_id: HostId
    host_name: HostName
    active_address_type: AddressType
    host_public_address: HostAddress | None = None
    host_private_address: HostAddress | None = None
    os_type: OSType = msgspec.field(name="OSType")
    comment: HostComment


class SourcedHost(HostBrief, kw_only=True):
    """A host, and where it comes from."""

    source: HostSource
    source_instance_id: SourceInstanceId | None = None
    source_instance_state: SourceInstanceState


def brief(host: Thing) -> dict[str, Any]:
    """The fields of a ``HostBrief``."""
    details = host.read(HostDetails)
    return {
        "host_id": host.id,
        "host_name": host.name,
        "active_address_type": details.active_address_type,
        "host_public_address": details.public_address,
        "host_private_address": details.private_address,
        "os_type": details.os_type,
        "comment": details.comment,
    }


def sourced(host: Thing) -> dict[str, Any]:
    """The fields of a ``SourcedHost``."""
    details = host.read(HostDetails)
    return brief(host) | {
        "source": details.source,
        "source_instance_id": details.source_instance_id,
        "source_instance_state": details.source_instance_state,
    }


class HostFilter(Shape, kw_only=True):
    """Which hosts a list shows, and which page of it. Every filter matches exactly."""

    host_name: HostName | None = None
    host_address: HostAddress | None = None
    os_type: OSType | None = msgspec.field(default=None, name="OSType")
    page_number: PageNumber | None = None
    page_size: PageSize | None = None

    def details(self) -> dict[str, str | bool | None]:
        """The attributes asked for."""
        return {"os_type": self.os_type}

    def where(self, call: Call, bastion: Thing, among: Collection[int] | None = None) -> Where:
        """The hosts of a bastion host that match; with ``among`` only of these keys."""
        keys = None if among is None else set(among)
        if self.host_address is not None:
            known = _with_address(call, bastion, self.host_address)
            keys = known if keys is None else keys & known
        return Where(
            Kind.HOST,
            parent=bastion.key,
            name=self.host_name,
            details=self.details(),
            keys=None if keys is None else sorted(keys),
        )


class SourcedHostFilter(HostFilter, kw_only=True):
    """The same, also by where hosts come from."""

    source: HostSource | None = None
    source_instance_id: SourceInstanceId | None = None
    source_instance_state: SourceInstanceState | None = None

    def details(self) -> dict[str, str | bool | None]:
        """The attributes asked for."""
        return {
            "os_type": self.os_type,
            "source": self.source,
            "source_instance_id": self.source_instance_id,
            "source_instance_state": self.source_instance_state,
        }


def _with_address(call: Call, bastion: Thing, address: str) -> set[int]:
    """The hosts that have an address, as the public or the private one."""
    return {
        host.key
        for name in ("public_address", "private_address")
        for host in things.find(call.sql, Where(Kind.HOST, parent=bastion.key, details={name: address}))
    }
