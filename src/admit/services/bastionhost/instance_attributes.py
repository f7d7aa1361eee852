"""All there is to say about one bastion host."""

from typing import Annotated

import msgspec

from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument
from admit.services.bastionhost.instances import (
    PORTS,
    TIB,
    BastionDetails,
    Endpoint,
    Gate,
    InstanceStatus,
    LicenseCode,
    Moment,
    PublicAccess,
    ResourceGroupId,
    SecurityGroupId,
    Switch,
    VswitchId,
)
from admit.services.bastionhost.vocabulary import InstanceId, RegionId, bastionhost, instance
from admit.store.things import Thing

Addresses = Annotated[
    tuple[str, ...], like(["203.0.113.7"], "Addresses; empty, since none is set apart for it here.")
]
Entries = Annotated[
    tuple[str, ...], like(["10.0.0.0/8"], "Addresses that may reach it; empty, since nothing restricts.")
]

OFF: Switch = "Disable"
"""Each module is a part of the vendor's product that is not part of this one."""


class Port(Shape):
    """A port people reach the bastion host by."""

    standard_port: int
    """60022 for SSH, 63389 for RDP, 443 for HTTPS: which of the three it is."""
    custom_port: int
    """The port that is used. For HTTPS that of the server itself."""


class WhiteListPolicy(Shape):
    """Addresses that may reach the bastion host."""

    entry: str
    """The addresses, separated by commas."""
    description: str | None = None
    """Remarks on them."""


class InstanceAttribute(Shape):
    """A bastion host, with all its attributes."""

    instance_id: InstanceId
    description: Annotated[str, like("office", "Remarks on the bastion host.")]
    instance_status: InstanceStatus
    region_id: RegionId
    license_code: LicenseCode
    start_time: Moment
    """When it was made, in UNIX milliseconds."""
    intranet_endpoint: Endpoint
    public_network_access: PublicAccess
    ports: tuple[Port, ...]
    storage: Annotated[int, like(TIB, "How much storage it has, in bytes.")]
    bandwidth_package: Annotated[str, like("5", "Bandwidth bought on top, in Mbit/s; 0 for none.")]
    authorized_security_groups: tuple[SecurityGroupId, ...]
    security_group_ids: tuple[SecurityGroupId, ...]
    public_white_list: Entries
    private_white_list: Entries
    white_list_policies: tuple[WhiteListPolicy, ...]
    public_ips: Addresses
    public_export_ips: Addresses
    private_export_ips: Addresses
    router_rules: tuple[str, ...]
    """Routes; empty, since it uses those of the machine it runs on."""
    db_operation_module: Switch
    """Whether it relays to databases."""
    network_proxy_module: Switch
    """Whether it reaches hosts by way of proxies."""
    web_terminal_module: Switch
    """Whether hosts are reached from a browser."""
    modify_password_module: Switch
    """Whether it changes the passwords of host accounts by itself."""
    script_deliver_module: Switch
    """Whether it runs scripts on hosts."""
    app_operation_module: Switch
    """Whether it relays to applications."""
    kms_secret_module: Switch
    """Whether it takes secrets from a key management service."""
    ai_ops_module: Switch
    """Whether AI operates hosts."""
    idaas_module: Switch = msgspec.field(name="IDaaSModule")
    """Whether its users come from an IDaaS instance."""
    rd_module: Switch = msgspec.field(name="RDModule")
    """Whether it serves several accounts of a resource directory."""
    hsm_module: Switch = msgspec.field(name="HSMModule")
    """Whether secrets are sealed by a hardware module."""
    internet_endpoint: Endpoint | None = None
    resource_group_id: ResourceGroupId | None = None
    vswitch_id: VswitchId | None = None
    slave_vswitch_id: VswitchId | None = None
    vpc_id: str | None = None
    """The ID of the VPC; absent, since there is none."""
    eni_instance_id: str | None = None
    """The ID of the network interface; absent, since it has none of its own."""
    expire_time: Moment | None = None
    """When it expires, in UNIX milliseconds; absent, since it does not."""
    bandwidth: str | None = None
    """Absent: bandwidth is not limited."""
    ai_credit_status: str | None = None
    """Absent: nothing here is paid in AI credits."""
    ai_credits_total: int | None = None
    """Absent: nothing here is paid in AI credits."""
    ai_credits_us: int | None = None
    """Absent: nothing here is paid in AI credits."""
    ai_ops_audit_status: str | None = None
    """Absent: nothing is audited by AI."""


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound))
class DescribeInstanceAttribute(Shape):
    """Queries all attributes of a bastion host.

    Ours: an unknown one is Commodity.BizError.InvalidStatus with status 404. The
    standard ports of SSH and RDP are told as they are; the custom port of HTTPS
    is that of this server. Storage counts one TiB that comes with it, and what
    was bought on top.
    """

    instance_id: InstanceId
    region_id: RegionId | None = None

    class Response(Shape):
        """The bastion host."""

        instance_attribute: InstanceAttribute

    def handle(self, call: Call) -> Response:
        """Find it."""
        return self.Response(instance_attribute=_attributes(call, instance(call, self.instance_id)))


def _attributes(call: Call, bastion: Thing) -> InstanceAttribute:
    kept, gate = bastion.read(BastionDetails), Gate.of(call.world)
    return InstanceAttribute(
        instance_id=bastion.id,
        description=kept.description,
        instance_status=kept.status,
        region_id=kept.region_id,
        license_code=kept.license_code,
        start_time=bastion.created_at,
        intranet_endpoint=gate.host,
        internet_endpoint=gate.host if kept.public_access else None,
        public_network_access=kept.public_access,
        ports=_ports(gate),
        storage=(1 + kept.storage_tb) * TIB,
        bandwidth_package=str(kept.bandwidth),
        resource_group_id=kept.resource_group_id,
        vswitch_id=kept.vswitch_id,
        slave_vswitch_id=kept.slave_vswitch_id,
        authorized_security_groups=kept.security_group_ids,
        security_group_ids=kept.security_group_ids,
        public_white_list=(),
        private_white_list=(),
        white_list_policies=(),
        public_ips=(),
        public_export_ips=(),
        private_export_ips=(),
        router_rules=(),
        db_operation_module=OFF,
        network_proxy_module=OFF,
        web_terminal_module=OFF,
        modify_password_module=OFF,
        script_deliver_module=OFF,
        app_operation_module=OFF,
        kms_secret_module=OFF,
        ai_ops_module=OFF,
        idaas_module=OFF,
        rd_module=OFF,
        hsm_module=OFF,
    )


def _ports(gate: Gate) -> tuple[Port, ...]:
    used = {**PORTS, "HTTPS": gate.port}
    return tuple(Port(standard_port=port, custom_port=used[name]) for name, port in PORTS.items())
