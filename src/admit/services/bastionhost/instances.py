"""Bastion hosts themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import msgspec

from admit.base.chance import ID_LETTERS
from admit.control import things as verbs
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber, page
from admit.rpc.shape import Shape, at_most, like
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument
from admit.services.bastionhost.vocabulary import (
    InstanceId,
    RegionId,
    TotalCount,
    bastionhost,
    instance,
)
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing, Where

Status: TypeAlias = Literal[
    "PENDING", "CREATING", "RUNNING", "EXPIRED", "CREATE_FAILED", "UPGRADING", "UPGRADE_FAILED"
]
Switch: TypeAlias = Literal["Enable", "Disable"]

InstanceStatus = Annotated[
    Status, like("RUNNING", "PENDING: bought and not started yet. RUNNING: people can work through it.")
]
LicenseCode = Annotated[str, like("bhah_ent_100000_asset", "The licence. Its number is how many assets.")]
PlanCode = Annotated[
    str, like("cloudbastion_ha", "The edition: cloudbastion, or cloudbastion_ha for the enterprise edition.")
]
ResourceGroupId = Annotated[str, like("rg-acfm26ougi****", "The ID of the resource group.")]
VswitchId = Annotated[str, like("vsw-bp1xfwzzfti0kjbf****", "The ID of the vSwitch it was started with.")]
SecurityGroupId = Annotated[str, like("sg-bp1aiupc4yjqgmm****", "The ID of a security group.")]
PublicAccess = Annotated[bool, like(example=True, description="Whether the Internet reaches it.")]
Endpoint = Annotated[str, like("gate.example.com", "The host name clients reach it under.")]
Moment = Annotated[int, like(1577681345000, "UNIX milliseconds.")]

TIB = 2**40
PORTS = {"SSH": 60022, "RDP": 63389, "HTTPS": 443}
"""The standard ports; the vendor's own."""


class BastionDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a bastion host."""

    description: str
    region_id: str
    status: Status
    license_code: str = "bhah_ent_100000_asset"
    """Nobody sells licences here: the number only keeps the documented limit alive."""
    plan_code: str = "cloudbastion_ha"
    resource_group_id: str | None = None
    vswitch_id: str | None = None
    slave_vswitch_id: str | None = None
    security_group_ids: tuple[str, ...] = ()
    public_access: bool = True
    storage_tb: int = 0
    """Storage bought on top of the one TiB that comes with it."""
    bandwidth: int = 0
    """Bandwidth bought on top, in Mbit/s."""
    tags: dict[str, str] = msgspec.field(default_factory=dict)


def found(tx: Tx, world: World) -> Thing:
    """The bastion host a new system begins with, running."""
    return verbs.add(
        tx,
        New(
            Kind.BASTION,
            world.account_key,
            "admit",
            BastionDetails("admit", world.region, "RUNNING"),
            f"bastionhost-{world.region.split('-')[0]}-{world.chance.text(11, ID_LETTERS)}",
        ),
    )


@dataclass(frozen=True, slots=True)
class Gate:
    """Where clients reach this server."""

    host: str
    port: int

    @classmethod
    def of(cls, world: World) -> "Gate":
        """As the world tells it, in ``host:port`` form."""
        host, _, port = world.endpoint.rpartition(":")
        return cls(host.strip("[]"), int(port) if port.isdigit() else PORTS["HTTPS"])


class Instance(Shape):
    """A bastion host, as a list shows it."""

    instance_id: InstanceId
    description: Annotated[str, like("office", "Remarks on the bastion host.")]
    instance_status: InstanceStatus
    region_id: RegionId
    plan_code: PlanCode
    license_code: LicenseCode
    intranet_endpoint: Endpoint
    public_network_access: PublicAccess
    legacy: bool
    """Whether it is of a version before 3.2; never."""
    start_time: Moment
    """When it was made, in UNIX milliseconds."""
    internet_endpoint: Endpoint | None = None
    expire_time: Moment | None = None
    """When it expires, in UNIX milliseconds; absent, since it does not."""
    resource_group_id: ResourceGroupId | None = None
    vswitch_id: VswitchId | None = None
    slave_vswitch_id: VswitchId | None = None
    vpc_id: str | None = None
    """The ID of the VPC; absent, since there is none."""
    image_version: str | None = None
    """Absent: it is not made from an image."""
    band_width: int | None = None
    """Absent: bandwidth is not limited."""
    ai_credits_total: int | None = None
    """Absent: nothing here is paid in AI credits."""
    ai_credits_us: int | None = None
    """Absent: nothing here is paid in AI credits."""
    ai_ops_audit_status: str | None = None
    """Absent: nothing is audited by AI."""


class Tag(Shape):
    """A tag to look for."""

    key: str
    """The key of the tag."""
    value: str | None = None
    """The value of the tag; any, if it is left out."""


def carries(tags: Mapping[str, str], wanted: tuple[Tag, ...]) -> bool:
    """Whether every tag that is looked for is among these."""
    return all(each.key in tags and each.value in (None, tags[each.key]) for each in wanted)


@bastionhost.operation("get", errors=(InvalidArgument,))
class DescribeInstances(Shape):
    """Queries the bastion hosts of the account.

    Ours: RegionId does not restrict, since all of them stand in one place.
    """

    instance_id: Annotated[tuple[InstanceId, ...], at_most(10)] | None = None
    """Up to 10 IDs of bastion hosts."""
    instance_status: InstanceStatus | None = None
    page_number: PageNumber | None = None
    page_size: Annotated[int, like(10, "How many entries a page has: 1 to 100.", ge=0, le=100)] | None = None
    region_id: RegionId | None = None
    resource_group_id: ResourceGroupId | None = None
    tag: Annotated[tuple[Tag, ...], at_most(20)] | None = None
    """Up to 20 tags a bastion host must carry."""

    class Response(Shape):
        """A page of bastion hosts."""

        instances: tuple[Instance, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find those that match."""
        where = Where(
            Kind.BASTION,
            parent=call.world.account_key,
            ids=self.instance_id or None,
            details={
                "status": self.instance_status,
                "resource_group_id": self.resource_group_id or None,
            },
        )
        offset, limit = page(self.page_number, self.page_size, 10)
        if self.tag:
            every = things.find(call.sql, where)
            tagged = [each for each in every if carries(each.read(BastionDetails).tags, self.tag)]
            hosts, total = tagged[offset : offset + limit], len(tagged)
        else:
            hosts = things.find(call.sql, where, offset=offset, limit=limit)
            total = things.count(call.sql, where)
        return self.Response(instances=tuple(_shown(call, bastion) for bastion in hosts), total_count=total)


def _shown(call: Call, bastion: Thing) -> Instance:
    kept, gate = bastion.read(BastionDetails), Gate.of(call.world)
    return Instance(
        instance_id=bastion.id,
        description=kept.description,
        instance_status=kept.status,
        region_id=kept.region_id,
        plan_code=kept.plan_code,
        license_code=kept.license_code,
        intranet_endpoint=gate.host,
        internet_endpoint=gate.host if kept.public_access else None,
        public_network_access=kept.public_access,
        legacy=False,
        start_time=bastion.created_at,
        resource_group_id=kept.resource_group_id,
        vswitch_id=kept.vswitch_id,
        slave_vswitch_id=kept.slave_vswitch_id,
    )


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound))
class StartInstance(Shape):
    """Starts a bastion host that was bought.

    Ours: nothing has to be built, so it runs at once and is never seen CREATING.
    Starting one that runs already only notes the vSwitches and security groups,
    so a repeated call is safe. They are kept and told, and not enforced: there
    is no VPC here.
    """

    instance_id: InstanceId
    security_group_ids: Annotated[tuple[SecurityGroupId, ...], at_most(100, least=1)]
    """The security groups it belongs to."""
    vswitch_id: VswitchId | None = None
    slave_vswitch_id: VswitchId | None = None
    region_id: RegionId | None = None
    client_security_group_ids: Annotated[tuple[SecurityGroupId, ...], at_most(5)] | None = None
    """Accepted and not used: there is no private network endpoint of its own."""
    enable_portal_private_access: bool | None = None
    """Accepted and not used: the portal is reached where the server is."""

    class Response(Shape):
        """The bastion host that was started."""

        instance_id: InstanceId

    def handle(self, call: Call) -> Response:
        """Note the network and run."""
        bastion = instance(call, self.instance_id)
        kept = bastion.read(BastionDetails)
        if kept.status not in ("PENDING", "RUNNING"):
            raise InvalidArgument("InstanceId", f"A bastion host that is {kept.status} cannot be started.")
        started = msgspec.structs.replace(
            kept,
            status="RUNNING",
            vswitch_id=self.vswitch_id or None,
            slave_vswitch_id=self.slave_vswitch_id or None,
            security_group_ids=self.security_group_ids,
        )
        verbs.change(call.tx, bastion, details=started)
        return self.Response(instance_id=bastion.id)
