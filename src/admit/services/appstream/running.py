"""Sessions that run in delivery groups: listed, and ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from admit.control.live import session_ledger
from admit.control.streaming.streamed_apps import Seat, seat
from admit.core.errors import MissingParameter
from admit.core.links import Kind
from admit.core.sessions import AHEAD
from admit.core.validity import SECOND, iso_with_millis
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber, page
from admit.rpc.shape import Shape, at_most, like
from admit.services.appstream.errors import DeliveryGroupNotFound, UnbindFailed
from admit.services.appstream.group_details import AppDetails, GroupDetails
from admit.services.appstream.principals import Account
from admit.services.appstream.vocabulary import (
    AppId,
    DateText,
    DeliveryGroupId,
    Done,
    PageSize,
    ProductType,
    RegionId,
    SessionId,
    TotalCount,
    UserName,
    appstream,
    delivery_group,
)
from admit.store import sessions as stored
from admit.store import things
from admit.store.sessions import Session, Which
from admit.store.things import Thing, Where

MOST = 100_000
"""How many sessions are looked through: more than any server runs."""
InstanceId = Annotated[str, like("ai-4fk2m9x0q7w1ab3c", "The ID of a running instance: a session.")]
Status = Literal["INIT", "STARTING", "CLOSING", "CLOSED", "RUNNING", "IDLE", "BOUND", "UNAVAILABLE"]


@dataclass(frozen=True, slots=True)
class Running:
    """A session that runs."""

    row: Session
    user: Thing
    group: Thing
    app_id: str
    resource: Thing

    @property
    def seat(self) -> Seat:
        """Where in the delivery group its user is."""
        return seat(self.user.ref, self.resource.ref, self.app_id)

    @property
    def is_ahead(self) -> bool:
        """Whether it was made ready, and its user has not come to it yet."""
        return self.row.what == AHEAD

    @property
    def status(self) -> Literal["IDLE", "BOUND"]:
        """What the wire calls that."""
        return "IDLE" if self.is_ahead else "BOUND"

    @property
    def instance_id(self) -> str:
        """What the wire calls it: the session's own ID under the vendor's prefix."""
        return f"ai-{self.row.id.removeprefix('s-')}"


def running(call: Call) -> list[Running]:
    """Every session that runs in a delivery group, the newest first."""
    rows = stored.find(call.sql, Which(live=True, door="streaming"), MOST)
    known = things.by_keys(call.sql, sorted({key for each in rows for key in (each.user, each.resource)}))
    parents = things.by_keys(call.sql, sorted({known[each.resource].parent for each in rows}))
    found = []
    for row in rows:
        resource = known[row.resource]
        group = resource if resource.kind is Kind.DELIVERY_GROUP else parents[resource.parent]
        found.append(Running(row, known[row.user], group, row.login, resource))
    return found


def _end(call: Call, sessions: Iterable[Running], reason: str) -> int:
    return sum(session_ledger.order_end(call.tx, each.row, reason) for each in sessions)


class BindTold(Shape):
    """Who has an instance, and for how long."""

    end_user_id: UserName
    usage_duration: int
    """Seconds since the session was opened."""


class InstanceTold(Shape):
    """A running instance."""

    app_instance_group_id: DeliveryGroupId
    app_instance_id: InstanceId
    bind_info: BindTold
    charge_type: str
    gmt_create: DateText
    gmt_modified: DateText
    status: Status
    session_status: str | None = None
    main_eth_public_ip: str | None = None
    network_interface_id: str | None = None
    network_interface_ip: str | None = None
    node_id: str | None = None


@appstream.operation("get", errors=(DeliveryGroupNotFound,), form=("app_instance_id_list", "status"))
class ListAppInstances(Shape):
    """Lists the running instances of a delivery group, the newest first: its sessions.

    Ours: an instance is made with a session and gone with it, so that IncludeDeleted adds none. Each is
    BOUND, but for those that were opened ahead and whose user has not come yet: they are IDLE.
    Addresses, nodes and whether a page is connected are not told.
    """

    app_instance_group_id: DeliveryGroupId
    app_instance_id: InstanceId | None = None
    app_instance_id_list: Annotated[tuple[InstanceId, ...], at_most(100)] | None = None
    """Only these instances."""
    include_deleted: bool = False
    """Accepted: there are none."""
    status: Annotated[tuple[Status, ...], at_most(100)] | None = None
    """Only instances in one of these states."""
    user_id_list: Annotated[tuple[UserName, ...], at_most(100)] | None = None
    """Only instances of users of these names."""
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    """How many entries a page has: 20 unless told."""

    class Response(Shape):
        """The page."""

        app_instance_models: tuple[InstanceTold, ...]
        total_count: TotalCount
        page_number: int
        page_size: int

    def handle(self, call: Call) -> Response:
        """The page of the instances."""
        parent, group_id = call.world.account_key, self.app_instance_group_id
        group = things.by_id(call.sql, Kind.DELIVERY_GROUP, parent, group_id)
        if group is None:
            raise DeliveryGroupNotFound(group_id)
        found = [each for each in running(call) if each.group.key == group.key and self._fits(each)]
        offset, limit = page(self.page_number, self.page_size, 20)
        return self.Response(
            app_instance_models=tuple(_told(call, each) for each in found[offset : offset + limit]),
            total_count=len(found),
            page_number=self.page_number or 1,
            page_size=limit,
        )

    def _fits(self, each: Running) -> bool:
        return (
            self.app_instance_id in (None, each.instance_id)
            and (not self.app_instance_id_list or each.instance_id in self.app_instance_id_list)
            and (not self.user_id_list or each.user.name in self.user_id_list)
            and (not self.status or each.status in self.status)
        )


def _told(call: Call, each: Running) -> InstanceTold:
    opened = iso_with_millis(each.row.opened_at)
    return InstanceTold(
        app_instance_group_id=each.group.id,
        app_instance_id=each.instance_id,
        bind_info=BindTold(
            end_user_id=each.user.name, usage_duration=(call.now - each.row.opened_at) // SECOND
        ),
        charge_type=each.group.read(GroupDetails).charge_type,
        gmt_create=opened,
        gmt_modified=opened,
        status=each.status,
    )


class Bound(Shape):
    """A user, and the instance they have."""

    user_id: UserName
    wy_id: str
    account_type: str
    app_id: AppId
    app_instance_group_id: DeliveryGroupId
    app_instance_id: InstanceId
    product_type: str
    region_id: RegionId
    app_version: str | None = None


_Ids = Annotated[tuple[str, ...], at_most(100)]


@appstream.operation("list")
class ListBindInfo(Shape):
    """Lists which users have which running instances, the newest first.

    Ours: what was opened ahead, and its user has not come to yet, nobody has.
    What is left out does not restrict.
    """

    app_id_list: _Ids | None = None
    """Only these applications."""
    app_instance_group_id_list: _Ids | None = None
    """Only these delivery groups."""
    app_instance_id_list: _Ids | None = None
    """Only these instances."""
    user_id_list: _Ids | None = None
    """Only users of these names."""
    wy_id_list: _Ids | None = None
    """Only users of these IDs."""
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    """How many entries a page has: 20 unless told."""

    class Response(Shape):
        """The page."""

        bind_info_models: tuple[Bound, ...]
        total_count: TotalCount
        page_number: int
        page_size: int

    def handle(self, call: Call) -> Response:
        """The page of the bindings."""
        found = [each for each in running(call) if not each.is_ahead and self._fits(each)]
        offset, limit = page(self.page_number, self.page_size, 20)
        return self.Response(
            bind_info_models=tuple(_bound(call, each) for each in found[offset : offset + limit]),
            total_count=len(found),
            page_number=self.page_number or 1,
            page_size=limit,
        )

    def _fits(self, each: Running) -> bool:
        asked = (
            (self.app_id_list, each.app_id),
            (self.app_instance_group_id_list, each.group.id),
            (self.app_instance_id_list, each.instance_id),
            (self.user_id_list, each.user.name),
            (self.wy_id_list, each.user.id),
        )
        return all(not ids or own in ids for ids, own in asked)


def _bound(call: Call, each: Running) -> Bound:
    details = each.group.read(GroupDetails)
    apps = things.find(call.sql, Where(Kind.APP, parent=each.group.key, ids=[each.app_id]))
    return Bound(
        user_id=each.user.name,
        wy_id=each.user.id,
        account_type=each.user.read(Account).source,
        app_id=each.app_id,
        app_instance_group_id=each.group.id,
        app_instance_id=each.instance_id,
        product_type=details.product_type,
        region_id=details.region_id,
        app_version=apps[0].read(AppDetails).version if apps else None,
    )


@appstream.operation("update", errors=(DeliveryGroupNotFound, UnbindFailed, MissingParameter))
class Unbind(Shape):
    """Ends what a user has open in a delivery group: an instance, or all in a persistent session.

    What lies in the home folder stays, unless SecurityPolicy of the group has ResetAfterUnbind.
    """

    app_instance_group_id: DeliveryGroupId
    end_user_id: UserName
    product_type: ProductType
    app_instance_id: InstanceId | None = None
    """The instance: it or AppInstancePersistentId is mandatory."""
    app_instance_persistent_id: SessionId | None = None
    """The persistent session."""

    Response = Done

    def handle(self, call: Call) -> Done:
        """Order the end; the door that has the session reads that."""
        group = delivery_group(call, self.app_instance_group_id, self.product_type)
        if not (self.app_instance_id or self.app_instance_persistent_id):
            raise MissingParameter("AppInstanceId")
        found = [
            each
            for each in running(call)
            if each.group.key == group.key
            and each.user.name == self.end_user_id
            and self.app_instance_id in (None, each.instance_id)
            and self.app_instance_persistent_id in (None, each.resource.id)
        ]
        if not found:
            raise UnbindFailed
        _end(call, found, "it was unbound")
        return Done()


@appstream.operation("update", errors=(DeliveryGroupNotFound,))
class LogOffAllSessionsInAppInstanceGroup(Shape):
    """Ends every session in a delivery group. Access is not taken away: users may open others."""

    app_instance_group_id: DeliveryGroupId
    product_type: ProductType

    class Response(Shape):
        """Nothing, as failures are answered as errors."""

        code: str | None = None
        message: str | None = None

    def handle(self, call: Call) -> Response:
        """Order the ends; the doors that have the sessions read that."""
        group = delivery_group(call, self.app_instance_group_id, self.product_type)
        _end(call, [each for each in running(call) if each.group.key == group.key], "all were logged off")
        return self.Response()
