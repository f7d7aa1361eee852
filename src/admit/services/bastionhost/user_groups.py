"""User groups of a bastion host, and who is in them."""

from typing import Annotated

import msgspec

from admit.control import things as verbs
from admit.control.things import New
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import InvalidArgument, UserGroupAlreadyExists
from admit.services.bastionhost.vocabulary import (
    InstanceId,
    RegionId,
    UserGroupId,
    bastionhost,
    instance,
)
from admit.store.things import HandleTaken

UserGroupName = Annotated[
    str,
    like(
        "TestGroup01", "The name of the user group, unique in the bastion host.", min_length=1, max_length=128
    ),
]
Comment = Annotated[str, like("local", "Remarks on the user group.", max_length=500)]


class UserGroupDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a user group besides the name."""

    comment: str = ""


@bastionhost.operation("create", errors=(InvalidArgument, UserGroupAlreadyExists))
class CreateUserGroup(Shape):
    """Creates a user group."""

    instance_id: InstanceId
    user_group_name: UserGroupName
    comment: Comment | None = None
    region_id: RegionId | None = None

    class Response(Shape):
        """The new user group."""

        user_group_id: UserGroupId

    def handle(self, call: Call) -> Response:
        """Make the group."""
        bastion = instance(call, self.instance_id)
        details = UserGroupDetails(self.comment or "")
        new = New(Kind.GROUP, bastion.key, self.user_group_name, details, handle=self.user_group_name)
        try:
            group = verbs.add(call.tx, new)
        except HandleTaken:
            raise UserGroupAlreadyExists(self.user_group_name) from None
        return self.Response(user_group_id=group.id)
