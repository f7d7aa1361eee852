"""Delivery groups: made and deleted."""

from typing import Annotated, Literal

from admit.control import grants
from admit.control import things as verbs
from admit.control.streaming.streamed_apps import session_rules
from admit.control.things import New
from admit.core.errors import InvalidParameter, MissingParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Json, Shape, at_most, like
from admit.services.appstream.errors import (
    BrowserGroupNotFound,
    ImageNotFound,
    PrepaidNotDeletable,
    SpecItemNotFound,
    UserNotFound,
)
from admit.services.appstream.group_details import (
    AppDetails,
    GroupDetails,
    SessionDetails,
    end_of_period,
    follow_check,
)
from admit.services.appstream.images import ImageApp, ImageDetails, image
from admit.services.appstream.policies import (
    Network,
    NodePool,
    RuntimePolicy,
    SecurityPolicy,
    StoragePolicy,
    UserDefinedPolicy,
    VideoPolicy,
    kept,
)
from admit.services.appstream.principals import convenience_users, user_groups
from admit.services.appstream.regions import known_region
from admit.services.appstream.vocabulary import (
    AppId,
    AuthMode,
    DeliveryGroupId,
    DeliveryGroupName,
    Done,
    ImageId,
    ProductName,
    ProductType,
    RegionId,
    UserGroupId,
    UserName,
    appstream,
    delivery_group,
    new_id,
)
from admit.store.things import Thing

PERIODS = {"Week": (1,), "Month": (1, 2, 3, 6), "Year": (1, 2, 3)}
"""How long a subscription may be."""

SessionTimeout = Annotated[
    int,
    like(15, "How many minutes a session outlives its connection: 3 to 300, or -1 for ever.", ge=-1, le=300),
]
NotUsed = Annotated[str, like("x", "Accepted and not used: nothing is bought or paid here.")]


def check_timeout(minutes: int) -> None:
    """Refuse what lies between for ever and three minutes.

    Raises:
        InvalidParameter: of SessionTimeout.
    """
    if minutes != -1 and minutes < 3:
        raise InvalidParameter("SessionTimeout", "it must be -1, or 3 to 300.")


def check_session_rules(policy: UserDefinedPolicy | None) -> None:
    """Refuse rules of sessions that would be misunderstood, rather than follow others.

    Raises:
        InvalidParameter: of UserDefinePolicy.
    """
    try:
        session_rules(None if policy is None else policy.custom_config)
    except ValueError as error:
        raise InvalidParameter("UserDefinePolicy", f"CustomConfig: {error}.") from None


class UsersKind(Shape):
    """What kind of users the names stand for."""

    type: Literal["Simple"] | None = None
    """Convenience users."""


class NewDeliveryGroup(Shape):
    """What was made."""

    app_instance_group_id: DeliveryGroupId
    node_pool_id: str
    order_id: str | None = None


@appstream.operation(
    "create",
    errors=(ImageNotFound, UserNotFound, InvalidParameter, MissingParameter),
    form=(
        "app_center_image_id",
        "app_instance_group_name",
        "app_package_type",
        "app_policy_id",
        "auth_mode",
        "auto_pay",
        "auto_renew",
        "biz_region_id",
        "charge_resource_mode",
        "charge_type",
        "cluster_id",
        "network",
        "node_pool",
        "period",
        "period_unit",
        "pre_open_app_id",
        "product_type",
        "promotion_id",
        "runtime_policy",
        "security_policy",
        "session_timeout",
        "storage_policy",
        "sub_pay_type",
        "user_group_ids",
        "user_info",
        "users",
        "video_policy",
    ),
)
class CreateAppInstanceGroup(Shape):
    """Creates a delivery group from an image, with every application of the image in it.

    Ours: it is published at once; nothing is bought or paid.
    Ours: where users are authorized to sessions it begins with one persistent session, which the first
    Users and UserGroupIds are authorized to.
    Ours: Period and PeriodUnit say only until when a PrePaid group cannot be deleted; it can be used
    after that as before. For PostPaid they are not looked at.
    Ours: without AppInstanceGroupName the group is named by its ID.
    """

    app_center_image_id: ImageId
    product_type: ProductType
    """The product type, which must be that of the image."""
    biz_region_id: RegionId
    charge_type: Literal["PostPaid", "PrePaid"]
    """How it would be paid: PrePaid is a subscription."""
    charge_resource_mode: Literal["Node", "AppInstance"]
    """What would be paid."""
    period: int
    """How long a subscription lasts, in PeriodUnit: 1 week; 1, 2, 3 or 6 months; 1, 2 or 3 years."""
    period_unit: Literal["Week", "Month", "Year"]
    """The unit of Period."""
    session_timeout: SessionTimeout
    app_instance_group_name: DeliveryGroupName | None = None
    auth_mode: AuthMode = "App"
    users: Annotated[tuple[UserName, ...], at_most(200)] = ()
    """The names of the first assigned users."""
    user_info: Json[UsersKind] | None = None
    """What kind of users the names stand for; mandatory with Users."""
    user_group_ids: Annotated[tuple[UserGroupId, ...], at_most(10)] = ()
    """The IDs of the first authorized user groups."""
    network: Json[Network] | None = None
    """The network."""
    node_pool: Json[NodePool] | None = None
    """The nodes."""
    runtime_policy: Json[RuntimePolicy] | None = None
    """How sessions run."""
    security_policy: Json[SecurityPolicy] | None = None
    """Who gets in, and what remains."""
    storage_policy: Json[StoragePolicy] | None = None
    """What is stored of users."""
    video_policy: Json[VideoPolicy] | None = None
    """How sessions look."""
    user_define_policy: Json[UserDefinedPolicy] | None = None
    """A policy the image knows how to read."""
    app_policy_id: Annotated[str, like("pg-0clfzcy0adpcf****", "The ID of a policy.")] | None = None
    pre_open_app_id: AppId | None = None
    """The application that is open from the start."""
    app_package_type: NotUsed | None = None
    auto_pay: bool | None = None
    """Accepted and not used: nothing is paid here."""
    auto_renew: bool | None = None
    """Accepted and not used: nothing is paid here."""
    cluster_id: NotUsed | None = None
    promotion_id: NotUsed | None = None
    sub_pay_type: Literal["postPaid", "monthPackage", "prePaid"] | None = None
    """Accepted and not used: nothing is paid here."""

    class Response(Shape):
        """The new delivery group."""

        app_instance_group_model: NewDeliveryGroup

    def handle(self, call: Call) -> Response:
        """Make the group with what is in it, and grant it to the first who may use it."""
        source = image(call, self.app_center_image_id, self.product_type)
        found = source.read(ImageDetails)
        details = self._details(call, found)
        if self.pre_open_app_id and self.pre_open_app_id not in {app.id for app in found.apps}:
            raise InvalidParameter("PreOpenAppId", "the image has no such application.")
        first = self._first_principals(call)
        group_id = new_id(call.world, "aig-")
        name = self.app_instance_group_name or group_id
        new = New(Kind.DELIVERY_GROUP, call.world.account_key, name, details, group_id)
        group = verbs.add(call.tx, new)
        target = _fill(call, group, details, found.apps)
        follow_check(call, group, details)
        for principal in first:
            grants.grant(call.tx, principal, target)
        model = NewDeliveryGroup(app_instance_group_id=group.id, node_pool_id=details.node_pool_id)
        return self.Response(app_instance_group_model=model)

    def _first_principals(self, call: Call) -> list[Thing]:
        if self.users and (self.user_info is None or self.user_info.type is None):
            raise MissingParameter("UserInfo")
        return [
            *convenience_users(call, self.users),
            *user_groups(call, self.user_group_ids, "UserGroupIds"),
        ]

    def _details(self, call: Call, source: ImageDetails) -> GroupDetails:
        check_timeout(self.session_timeout)
        prepaid = self.charge_type == "PrePaid"
        if prepaid and self.period not in PERIODS[self.period_unit]:
            raise InvalidParameter("Period", f"it must be one of {PERIODS[self.period_unit]}.")
        check_session_rules(self.user_define_policy)
        network, node_pool = kept(self.network), kept(self.node_pool)
        policies = {
            "Network": network,
            "NodePool": node_pool,
            "RuntimePolicy": kept(self.runtime_policy),
            "SecurityPolicy": kept(self.security_policy),
            "StoragePolicy": kept(self.storage_policy),
            "VideoPolicy": kept(self.video_policy),
            "UserDefinePolicy": kept(self.user_define_policy),
        }
        return GroupDetails(
            product_type=self.product_type,
            auth_mode=self.auth_mode,
            image_id=self.app_center_image_id,
            os_type=source.os_type,
            region_id=known_region(call.world, self.biz_region_id),
            charge_type=self.charge_type,
            charge_resource_mode=self.charge_resource_mode,
            session_timeout=self.session_timeout,
            node_pool_id=new_id(call.world, "rg-"),
            paid_until=end_of_period(call.now, self.period, self.period_unit) if prepaid else None,
            app_policy_id=self.app_policy_id or None,
            office_site_id=network.pop("OfficeSiteId", None),
            node_instance_type=node_pool.pop("NodeInstanceType", None),
            pre_open_mode="SINGLE_APP" if self.pre_open_app_id else None,
            pre_open_app_id=self.pre_open_app_id or None,
            policies={name: said for name, said in policies.items() if said},
        )


def _fill(call: Call, group: Thing, details: GroupDetails, apps: tuple[ImageApp, ...]) -> Thing:
    """Put the applications into a new group; returns what its users are to be granted.

    Where that is a session, the session leads to the applications and the group does not.
    """
    holder = group
    if details.by_session:
        session_id = new_id(call.world, "p-")
        new = New(Kind.PERSISTENT_SESSION, group.key, group.name, SessionDetails(), session_id)
        holder = verbs.add(call.tx, new)
    for app in apps:
        about = AppDetails(app.version, app.version_name, app.icon, app.program)
        made = verbs.add(call.tx, New(Kind.APP, group.key, app.name, about, app.id))
        grants.grant(call.tx, holder, made)
    return holder


def not_found_of(product: ProductName) -> type[BrowserGroupNotFound] | type[SpecItemNotFound]:
    """The error of a delivery group that is not found, in the operations that tell by product."""
    return BrowserGroupNotFound if product == "CloudBrowser" else SpecItemNotFound


@appstream.operation("update", errors=(SpecItemNotFound, BrowserGroupNotFound, PrepaidNotDeletable))
class DeleteAppInstanceGroup(Shape):
    """Deletes a delivery group with its applications, its sessions and all that was granted on it.

    A subscription cannot be deleted before it is over.
    """

    app_instance_group_id: DeliveryGroupId
    product_type: ProductType

    Response = Done

    def handle(self, call: Call) -> Done:
        """Remove the group and what is in it."""
        missing = not_found_of(self.product_type)
        group = delivery_group(call, self.app_instance_group_id, self.product_type, missing)
        paid_until = group.read(GroupDetails).paid_until
        if paid_until is not None and call.now < paid_until:
            raise PrepaidNotDeletable(group.id)
        verbs.remove(call.tx, group)
        return Done()
