"""Users of a bastion host: shown one by one, and listed."""

from msgspec.structs import replace

from admit.control.bastionhost.bastion import LOCKED
from admit.core.links import Kind
from admit.core.validity import Millis
from admit.rpc.operation import Call
from admit.rpc.shape import Shape
from admit.services.bastionhost.errors import InstanceNotFound, InvalidArgument, UserNotFound
from admit.services.bastionhost.user_attributes import (
    DisplayName,
    Mobile,
    SourceUserId,
    State,
    User,
    UserSource,
    shown,
)
from admit.services.bastionhost.vocabulary import (
    InstanceId,
    PageNumber,
    PageSize,
    RegionId,
    TotalCount,
    UserGroupId,
    UserId,
    bastionhost,
    instance,
    pages,
    user,
)
from admit.store import things
from admit.store.things import Thing, Where


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound, UserNotFound))
class GetUser(Shape):
    """Queries a user."""

    instance_id: InstanceId
    user_id: UserId
    region_id: RegionId | None = None

    class Response(Shape):
        """The user."""

        user: User

    def handle(self, call: Call) -> Response:
        """Find the user."""
        found = user(call, instance(call, self.instance_id), self.user_id)
        (answer,) = shown(call.sql, [found], call.now)
        return self.Response(user=answer)


@bastionhost.operation("get", errors=(InvalidArgument, InstanceNotFound))
class ListUsers(Shape):
    """Queries the users of a bastion host, or those of one user group.

    Ours: a user group that does not exist has no users. States that depend on a
    system elsewhere, such as RemoteDeleted, are known and never occur here.
    """

    instance_id: InstanceId
    user_group_id: UserGroupId | None = None
    user_name: str | None = None
    """The exact name of the user to look for."""
    display_name: DisplayName | None = None
    mobile: Mobile | None = None
    source: UserSource | None = None
    source_user_id: SourceUserId | None = None
    user_state: State | None = None
    """The state users are in; one who is both locked and expired is found by either."""
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    region_id: RegionId | None = None

    class Response(Shape):
        """A page of users."""

        users: tuple[User, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find those that match."""
        where = self._where(call, instance(call, self.instance_id))
        if where is None:
            return self.Response(users=(), total_count=0)
        offset, limit = pages(self.page_number, self.page_size)
        found, total = things.page(call.sql, where, offset, limit)
        return self.Response(users=shown(call.sql, found, call.now), total_count=total)

    def _where(self, call: Call, bastion: Thing) -> Where | None:
        """What is asked for; None if nothing can match."""
        group: Thing | None = None
        if self.user_group_id:
            group = things.by_id(call.sql, Kind.GROUP, bastion.key, self.user_group_id)
            if group is None:
                return None
        return _in_state(
            Where(
                Kind.USER,
                parent=bastion.key,
                name=self.user_name or None,
                details={
                    "display_name": self.display_name or None,
                    "mobile": self.mobile or None,
                    "source": self.source,
                    "source_user_id": self.source_user_id or None,
                },
                linked_to=None if group is None else group.key,
            ),
            self.user_state,
            call.now,
        )


def _in_state(where: Where, state: State | None, now: Millis) -> Where | None:
    """The same, of users in a state alone; None if nobody can be in it."""
    if state is None:
        return where
    if state == "Frozen":
        return replace(where, blocked=LOCKED)
    if state == "Expired":
        return replace(where, not_held_at=now)
    if state == "Normal":
        return replace(where, not_blocked=LOCKED, held_at=now)
    return None
