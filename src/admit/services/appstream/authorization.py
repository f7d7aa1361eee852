"""Who may use a delivery group: granted and taken back."""

from typing import Annotated

from admit.control import grants
from admit.core.errors import InvalidParameter, MissingParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Json, Shape, at_most, like
from admit.services.appstream.errors import DeliveryGroupNotFound, DeliveryGroupSetNotFound, UserNotFound
from admit.services.appstream.group_details import GroupDetails
from admit.services.appstream.principals import (
    UserMeta,
    refuse_both,
    user_groups,
    users_meant,
)
from admit.services.appstream.vocabulary import (
    DeliveryGroupId,
    DeliveryGroupSetId,
    Done,
    ProductType,
    SessionId,
    UserGroupId,
    UserName,
    appstream,
    delivery_group,
    one_of,
)
from admit.store import things
from admit.store.things import Thing

UserNames = Annotated[tuple[UserName, ...], at_most(100)]
UserGroupIds = Annotated[tuple[UserGroupId, ...], at_most(20)]


@appstream.operation(
    "update",
    errors=(
        DeliveryGroupNotFound,
        DeliveryGroupSetNotFound,
        UserNotFound,
        InvalidParameter,
        MissingParameter,
    ),
)
class AuthorizeInstanceGroup(Shape):
    """Adds assigned users to a delivery group, or removes them. Only assigned users can use its applications.

    The users who gain or lose get mail about it. A new authorization reaches their clients after the
    delay this system is set to. Members of an authorized user group, present and future, are authorized
    with it. In a delivery group with the authorization mode Session it is one of its persistent sessions
    that is authorized.

    Ours: all of it is done or, when anything is wrong, nothing; what is so already is left as it is.
    Ours: a user or group that is in both lists is refused.
    Ours: a user who does not exist is refused also where an authorization is to be removed.
    Ours: users of an AD domain are not looked up; they are known from their first authorization on.
    Ours: removing an authorization takes effect on clients at once.
    Ours: AppInstancePersistentId is not looked at where users are not authorized to sessions.
    """

    product_type: ProductType
    app_instance_group_id: DeliveryGroupId | None = None
    """The ID of the delivery group, which is mandatory as there are no sets of delivery groups here."""
    app_instance_group_set_id: DeliveryGroupSetId | None = None
    authorize_user_ids: UserNames = ()
    """The names of the users to authorize."""
    un_authorize_user_ids: UserNames = ()
    """The names of the users whose authorization to remove."""
    authorize_user_group_ids: UserGroupIds = ()
    """The IDs of the user groups to authorize."""
    un_authorize_user_group_ids: UserGroupIds = ()
    """The IDs of the user groups whose authorization to remove."""
    user_meta: Json[UserMeta] | None = None
    """What kind of users the names stand for: convenience users unless told."""
    app_instance_persistent_id: SessionId | None = None
    """The persistent session, mandatory where users are authorized to sessions."""
    avatar_id: Annotated[str, like("default", "Not for public use: accepted and not used.")] | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Find everybody, then take back and grant."""
        group_id = one_of(self.app_instance_group_id, self.app_instance_group_set_id)
        group = delivery_group(call, group_id, self.product_type)
        target = self._target(call, group)
        refuse_both("AuthorizeUserIds", self.authorize_user_ids, self.un_authorize_user_ids)
        refuse_both("AuthorizeUserGroupIds", self.authorize_user_group_ids, self.un_authorize_user_group_ids)
        removed = [
            *users_meant(call, self.un_authorize_user_ids, self.user_meta, make=False),
            *user_groups(call, self.un_authorize_user_group_ids, "UnAuthorizeUserGroupIds"),
        ]
        added = [
            *users_meant(call, self.authorize_user_ids, self.user_meta, make=True),
            *user_groups(call, self.authorize_user_group_ids, "AuthorizeUserGroupIds"),
        ]
        for principal in removed:
            grants.revoke(call.tx, principal, target)
        for principal in added:
            grants.grant(call.tx, principal, target)
        return Done()

    def _target(self, call: Call, group: Thing) -> Thing:
        """What is granted: the group, or the session that is named."""
        if not group.read(GroupDetails).by_session:
            return group
        session_id = self.app_instance_persistent_id or ""
        session = things.by_id(call.sql, Kind.PERSISTENT_SESSION, group.key, session_id)
        if session is None:
            raise InvalidParameter(
                "AppInstancePersistentId", "it must name a persistent session of the delivery group."
            )
        return session
