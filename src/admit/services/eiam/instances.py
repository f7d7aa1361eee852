"""IDaaS instances: each a directory of its own."""

from typing import Annotated, Literal

import msgspec

from admit.control import people
from admit.control import things as verbs
from admit.control.things import New
from admit.control.world import World
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber
from admit.rpc.shape import ClientToken, Shape, at_most, like
from admit.services.eiam.directory import Status, paged
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.rule_targets import project
from admit.services.eiam.units import plant
from admit.services.eiam.vocabulary import (
    ON_INSTANCE,
    Done,
    InstanceId,
    Moment,
    PageSize,
    TotalCount,
    eiam,
    instance,
    random_id,
)
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing, Where

Description = Annotated[str, like("instance_for_test", "Remarks on the instance.", max_length=128)]

ROOT_NAME = "root"
"""What the root unit of a new instance is called."""


class InstanceDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of an IDaaS instance."""

    description: str | None = None


def make(tx: Tx, world: World, description: str | None) -> Thing:
    """Make an instance with all that stands in it from the start: its root unit and its project."""
    instance_id = random_id(world, "idaas_")
    details = InstanceDetails(description)
    made = verbs.add(tx, New(Kind.IDAAS, world.account_key, instance_id, details, instance_id))
    plant(tx, world, made.key, ROOT_NAME)
    project(tx, made.key)
    return made


def found(tx: Tx, world: World) -> Thing:
    """The IDaaS instance a new system begins with."""
    return make(tx, world, "admit")


class Endpoint(Shape):
    """Where an instance is reached."""

    endpoint: str
    status: Literal["resolved", "unresolved"]


class DomainConfig(Shape):
    """The domains of an instance."""

    default_domain: str
    init_domain: str
    init_domain_auto_redirect_status: Status


class Replication(Shape):
    """Between which instances of two regions is replicated; there is no such thing here."""

    backup_instance_id: InstanceId | None = None
    backup_instance_region_id: str | None = None
    primary_instance_id: InstanceId | None = None
    primary_instance_region_id: str | None = None
    replication_create_time: Moment | None = None


class ListedInstance(Shape):
    """An IDaaS instance, as lists give it."""

    instance_id: InstanceId
    status: Literal["creating", "running"]
    create_time: Moment
    default_endpoint: Endpoint
    service_managed: bool
    """Whether another service of the cloud manages it."""
    cross_region_replication: Status
    instance_failover_status: Literal["active", "inactive"]
    description: Description | None = None
    cross_region_replication_role: str | None = None
    managed_service_code: str | None = None
    replication_configuration: Replication | None = None


class Instance(ListedInstance, kw_only=True):
    """An IDaaS instance."""

    domain_config: DomainConfig
    egress_addresses: tuple[str, ...]


def _told(call: Call, idaas: Thing) -> ListedInstance:
    return ListedInstance(
        instance_id=idaas.id,
        status="running",
        create_time=idaas.created_at,
        default_endpoint=Endpoint(endpoint=call.world.endpoint, status="resolved"),
        service_managed=False,
        cross_region_replication="disabled",
        instance_failover_status="inactive",
        description=idaas.read(InstanceDetails).description,
    )


@eiam.operation("create", errors=(InvalidParameter,), resources=("instance/*",))
class CreateInstance(Shape):
    """Creates an IDaaS instance.

    Ours: the instance is running when the answer comes; it is never seen creating.
    """

    description: Description | None = None
    client_token: ClientToken | None = None

    class Response(Shape):
        """The new instance."""

        instance_id: InstanceId

    def handle(self, call: Call) -> Response:
        """Make the instance."""
        return self.Response(instance_id=make(call.tx, call.world, self.description or None).id)


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_INSTANCE,))
class GetInstance(Shape):
    """Queries an IDaaS instance.

    Ours: all instances are reached at the address of this server.
    """

    instance_id: InstanceId

    class Response(Shape):
        """The instance."""

        instance: Instance

    def handle(self, call: Call) -> Response:
        """Read the instance."""
        idaas = instance(call, self.instance_id)
        address = call.world.endpoint
        told = Instance(
            **msgspec.structs.asdict(_told(call, idaas)),
            domain_config=DomainConfig(
                default_domain=address, init_domain=address, init_domain_auto_redirect_status="disabled"
            ),
            egress_addresses=(),
        )
        return self.Response(instance=told)


@eiam.operation("get", errors=(InvalidParameter,), resources=("instance/*",))
class ListInstances(Shape):
    """Queries IDaaS instances, the oldest first.

    Ours: filters by what no instance here has (an edition, a managing service, replication) find nothing.
    """

    instance_ids: Annotated[tuple[InstanceId, ...], at_most(100, least=1)] | None = None
    status: Literal["creating", "running"] | None = None
    """Only instances that are so; all are running here."""
    edition: Literal["free", "trial", "scalability", "standard", "enterprise"] | None = None
    """Only instances with such a licence; there are no licences here."""
    managed_service_code: str | None = None
    """Only instances that this service of the cloud manages."""
    service_managed: bool | None = None
    """Only instances that a service of the cloud manages, or only those it does not."""
    cross_region_replication: Status | None = None
    """Only instances that are replicated to another region, or only those that are not."""
    page_number: PageNumber = 1
    page_size: PageSize = 20

    class Response(Shape):
        """The page."""

        instances: tuple[ListedInstance, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the instances."""
        unmet = (
            self.status == "creating"
            or self.edition
            or self.managed_service_code
            or self.service_managed
            or self.cross_region_replication == "enabled"
        )
        if unmet:
            return self.Response(instances=(), total_count=0)
        where = Where(Kind.IDAAS, parent=call.world.account_key, ids=self.instance_ids)
        found, total = paged(call, where, self.page_number, self.page_size)
        return self.Response(instances=tuple(_told(call, each) for each in found), total_count=total)


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_INSTANCE,))
class UpdateInstanceDescription(Shape):
    """Replaces the remarks on an IDaaS instance.

    Ours: without Description the remarks are taken away.
    """

    instance_id: InstanceId
    description: Description | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Replace the description."""
        idaas = instance(call, self.instance_id)
        verbs.change(call.tx, idaas, details=InstanceDetails(self.description or None))
        return Done()


class Restriction(Shape):
    """What stands against deleting an instance."""

    restrict_reason: str | None = None
    resource_id: str | None = None
    helpful_console_url: str | None = None


class CheckInstanceResult(Shape):
    """Whether an instance can be deleted, and if not why."""

    deletable: bool
    restrict_scenarios: tuple[Restriction, ...]


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_INSTANCE,))
class CheckInstanceForDelete(Shape):
    """Tells whether an IDaaS instance can be deleted.

    Ours: it always can, as DeleteInstance takes along whatever is in it.
    """

    instance_id: InstanceId

    class Response(Shape):
        """The result."""

        check_instance_result: CheckInstanceResult

    def handle(self, call: Call) -> Response:
        """Look whether the instance is there."""
        instance(call, self.instance_id)
        return self.Response(check_instance_result=CheckInstanceResult(deletable=True, restrict_scenarios=()))


@eiam.operation("delete", errors=(ResourceNotFound,), resources=(ON_INSTANCE,))
class DeleteInstance(Shape):
    """Deletes an IDaaS instance and everything in it."""

    instance_id: InstanceId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Remove the accounts, so that nobody is left without one, then the instance."""
        idaas = instance(call, self.instance_id)
        for member in things.find(call.sql, Where(Kind.USER, parent=idaas.key)):
            people.remove_user(call.tx, member)
        verbs.remove(call.tx, idaas)
        return Done()
