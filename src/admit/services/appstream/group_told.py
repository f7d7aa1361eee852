"""Delivery groups as answers tell them."""

from typing import Annotated, Any

import msgspec

from admit.core.validity import iso_with_millis
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.appstream.group_details import PUBLISHED, AppDetails, GroupDetails, apps_of
from admit.services.appstream.policies import RecurrenceSchedule
from admit.services.appstream.vocabulary import (
    AppId,
    AppName,
    AuthMode,
    DateText,
    DeliveryGroupId,
    DeliveryGroupName,
    ImageId,
    RegionId,
)
from admit.store.things import Thing

Status = Annotated[str, like(PUBLISHED, "The state. A delivery group is PUBLISHED from when it is made.")]
DecimalText = Annotated[str, like("15", "A number, as text.")]


class App(Shape):
    """An application in a delivery group."""

    app_id: AppId
    app_name: AppName
    app_version: str
    app_version_name: str
    app_icon: str | None = None


class NodesTold(Shape):
    """The nodes of a delivery group, as they were asked for."""

    node_pool_id: str
    node_instance_type: str | None = None
    amount: int | None = None
    max_idle_app_instance_amount: int | None = None
    max_scaling_amount: int | None = None
    node_amount: int | None = None
    node_capacity: int | None = None
    node_type_name: str | None = None
    node_used: int | None = None
    recurrence_schedules: tuple[RecurrenceSchedule, ...] | None = None
    scaling_down_after_idle_minutes: int | None = None
    scaling_node_amount: int | None = None
    scaling_node_used: int | None = None
    scaling_step: int | None = None
    scaling_usage_threshold: DecimalText | None = None
    strategy_disable_date: str | None = None
    strategy_enable_date: str | None = None
    strategy_type: str | None = None
    warm_up: bool | None = None


class Ota(Shape):
    """An update of a delivery group; there are none here."""

    new_ota_version: str | None = None
    ota_version: str | None = None
    task_id: str | None = None


class Tag(Shape):
    """A tag of a delivery group; there are none here."""

    key: str | None = None
    scope: str | None = None
    value: str | None = None


class DeliveryGroup(Shape):
    """What is told of a delivery group, by itself and in a list."""

    app_instance_group_id: DeliveryGroupId
    app_instance_group_name: DeliveryGroupName
    app_center_image_id: ImageId
    product_type: str
    auth_mode: AuthMode
    user_group_auth_mode: str
    """Mixed: users and user groups may both be authorized."""
    support_user_group_mixed_auth: bool
    skip_user_auth_check: bool
    """Whether every user may connect, whoever is authorized."""
    status: Status
    resource_status: str
    region_id: RegionId
    access_type: str
    """ANY: over whatever network this system is reached."""
    os_type: str
    charge_type: str
    charge_resource_mode: str
    session_timeout: DecimalText
    spec_id: str
    gmt_create: DateText
    apps: tuple[App, ...]
    node_pool: tuple[NodesTold, ...]
    tags: tuple[Tag, ...]
    expired_time: DateText | None = None
    app_policy_id: str | None = None
    office_site_id: str | None = None
    amount: int | None = None
    max_amount: int | None = None
    min_amount: int | None = None
    app_instance_type: str | None = None
    ota_info: Ota | None = None
    reserve_amount_ratio: DecimalText | None = None
    reserve_max_amount: int | None = None
    reserve_min_amount: int | None = None
    scaling_down_after_idle_minutes: int | None = None
    scaling_step: int | None = None
    scaling_usage_threshold: DecimalText | None = None


def fields_of(call: Call, group: Thing) -> dict[str, Any]:
    """The fields of a ``DeliveryGroup``."""
    details = group.read(GroupDetails)
    return {
        "app_instance_group_id": group.id,
        "app_instance_group_name": group.name,
        "app_center_image_id": details.image_id,
        "product_type": details.product_type,
        "auth_mode": details.auth_mode,
        "user_group_auth_mode": "Mixed",
        "support_user_group_mixed_auth": True,
        "skip_user_auth_check": details.skips_check,
        "status": PUBLISHED,
        "resource_status": "AVAILABLE",
        "region_id": details.region_id,
        "access_type": "ANY",
        "os_type": details.os_type,
        "charge_type": details.charge_type,
        "charge_resource_mode": details.charge_resource_mode,
        "session_timeout": str(details.session_timeout),
        "spec_id": group.id.replace("aig-", "spec-", 1),
        "gmt_create": iso_with_millis(group.created_at),
        "apps": told_apps(call, group),
        "node_pool": (_told_nodes(details),),
        "tags": (),
        "expired_time": expiry_of(details),
        "app_policy_id": details.app_policy_id,
        "office_site_id": details.office_site_id,
        "amount": details.policies.get("NodePool", {}).get("NodeAmount"),
    }


def told_apps(call: Call, group: Thing) -> tuple[App, ...]:
    """The applications in a delivery group."""
    return tuple(_told_app(app) for app in apps_of(call, group))


def expiry_of(details: GroupDetails) -> str | None:
    """When a subscription ends."""
    return None if details.paid_until is None else iso_with_millis(details.paid_until)


def _told_app(app: Thing) -> App:
    details = app.read(AppDetails)
    return App(
        app_id=app.id,
        app_name=app.name,
        app_version=details.version,
        app_version_name=details.version_name,
        app_icon=details.icon,
    )


def _told_nodes(details: GroupDetails) -> NodesTold:
    said = details.policies.get("NodePool", {})
    own = {"NodePoolId": details.node_pool_id, "NodeInstanceType": details.node_instance_type}
    return msgspec.convert({**said, **own}, NodesTold)
