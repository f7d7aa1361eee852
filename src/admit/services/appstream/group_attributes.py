"""Changing delivery groups."""

from typing import Literal

import msgspec

from admit.control import things as verbs
from admit.core.errors import InvalidParameter
from admit.rpc.operation import Call
from admit.rpc.shape import Json, Shape
from admit.services.appstream.delivery_groups import SessionTimeout, check_timeout
from admit.services.appstream.errors import DeliveryGroupNotFound
from admit.services.appstream.group_details import GroupDetails, apps_of, follow_check
from admit.services.appstream.policies import (
    NetworkChange,
    NodePoolChange,
    SecurityPolicy,
    StorageChange,
    kept,
)
from admit.services.appstream.vocabulary import (
    AppId,
    DeliveryGroupId,
    DeliveryGroupName,
    ProductType,
    appstream,
    delivery_group,
)
from admit.store.things import Thing


@appstream.operation(
    "update",
    errors=(DeliveryGroupNotFound, InvalidParameter),
    form=(
        "network",
        "per_session_per_app",
        "pre_open_app_id",
        "pre_open_mode",
        "security_policy",
        "storage_policy",
    ),
)
class ModifyAppInstanceGroupAttribute(Shape):
    """Changes attributes and policies of a delivery group. What is left out stays as it is.

    The authorization mode is chosen when a group is created and cannot be changed.
    """

    app_instance_group_id: DeliveryGroupId
    product_type: ProductType
    app_instance_group_name: DeliveryGroupName | None = None
    session_timeout: SessionTimeout | None = None
    node_pool: Json[NodePoolChange] | None = None
    """The nodes; a NodePoolId must be that of the group."""
    network: Json[NetworkChange] | None = None
    """The network."""
    security_policy: Json[SecurityPolicy] | None = None
    """Who gets in, and what remains."""
    storage_policy: Json[StorageChange] | None = None
    """What is stored of users."""
    per_session_per_app: bool | None = None
    """Whether each application takes a place of its own; otherwise all that a user has open takes one."""
    pre_open_mode: Literal["SINGLE_APP", "OFF"] | None = None
    """SINGLE_APP: one application is open from the start, which PreOpenAppId names."""
    pre_open_app_id: AppId | None = None
    """The application that is open from the start."""

    class Response(Shape):
        """Nothing, as failures are answered as errors."""

        code: str | None = None
        message: str | None = None

    def handle(self, call: Call) -> Response:
        """Write what is said, and nothing else."""
        group = delivery_group(call, self.app_instance_group_id, self.product_type)
        details = self._with_pre_open(call, group, group.read(GroupDetails))
        if self.session_timeout is not None:
            check_timeout(self.session_timeout)
            details = msgspec.structs.replace(details, session_timeout=self.session_timeout)
        nodes = kept(self.node_pool)
        if nodes.pop("NodePoolId", details.node_pool_id) != details.node_pool_id:
            raise InvalidParameter("NodePool", "the delivery group has no such node pool.")
        runtime = {} if self.per_session_per_app is None else {"PerSessionPerApp": self.per_session_per_app}
        for name, said in (
            ("NodePool", nodes),
            ("Network", kept(self.network)),
            ("SecurityPolicy", kept(self.security_policy)),
            ("StoragePolicy", kept(self.storage_policy)),
            ("RuntimePolicy", runtime),
        ):
            details = details.with_policy(name, said)
        verbs.change(call.tx, group, name=self.app_instance_group_name, details=details)
        follow_check(call, group, details)
        return self.Response()

    def _with_pre_open(self, call: Call, group: Thing, details: GroupDetails) -> GroupDetails:
        mode = self.pre_open_mode or details.pre_open_mode
        app_id = details.pre_open_app_id if self.pre_open_app_id is None else self.pre_open_app_id or None
        if mode == "SINGLE_APP" and not app_id:
            raise InvalidParameter("PreOpenAppId", "it is mandatory where PreOpenMode is SINGLE_APP.")
        if self.pre_open_app_id and self.pre_open_app_id not in {app.id for app in apps_of(call, group)}:
            raise InvalidParameter("PreOpenAppId", "the delivery group has no such application.")
        return msgspec.structs.replace(details, pre_open_mode=mode, pre_open_app_id=app_id)
