"""Connections of outside directories that feed people and groups in by SCIM."""

from typing import Annotated

from admit.control import things as verbs
from admit.control.eiam import provisioning
from admit.control.eiam.provisioning import ConnectionDetails
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.core.validity import FOREVER
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, at_most, like
from admit.services.access.errors import ConnectionNameTaken, NotFound
from admit.services.access.vocabulary import Moment, access, end
from admit.store import things
from admit.store.things import HandleTaken, Thing, Where

ConnectionName = Annotated[
    str, like("okta", "What the connection is called.", min_length=1, max_length=128, pattern=r"^\S.*(?!\n)$")
]
ConnectionId = Annotated[
    str, like("k3v9x0example00a", "The ID of the connection, which is also the middle part of its token.")
]
InstanceId = Annotated[
    str, like("idaas_ue2jvisn35ea5lmthk267xxxxx", "The IDaaS instance it feeds; the oldest unless told.")
]
DirectoryWord = Annotated[
    str, like("eds-user", "eds-user, or the ID of a bastion host: where its people get a user besides.")
]
ON_INSTANCE = "instance/{InstanceId}"


class ScimConnection(Shape):
    """A connection, without its secret."""

    connection_id: ConnectionId
    name: ConnectionName
    instance_id: InstanceId
    directories: tuple[DirectoryWord, ...]
    created_at: Moment
    end_time: Moment | None = None
    """When its token ends; absent if it does not."""


def _instance(call: Call, instance_id: str | None) -> Thing:
    if instance_id is None:
        found = things.find(call.sql, Where(Kind.IDAAS, parent=call.world.account_key), limit=1)
        if found:
            return found[0]
        raise NotFound("There is no IDaaS instance.")
    idaas = things.by_id(call.sql, Kind.IDAAS, call.world.account_key, instance_id)
    if idaas is None:
        raise NotFound(f"There is no IDaaS instance {instance_id}.")
    return idaas


def _directory(call: Call, word: str) -> int:
    if word == "eds-user":
        return call.world.account_key
    bastion = things.by_id(call.sql, Kind.BASTION, call.world.account_key, word)
    if bastion is None:
        raise NotFound(f"{word} is neither eds-user nor a bastion host.")
    return bastion.key


def _shown(call: Call, connection: Thing, idaas: Thing) -> ScimConnection:
    details = connection.read(ConnectionDetails)
    known = things.by_keys(call.sql, details.directories)
    return ScimConnection(
        connection_id=connection.id,
        name=connection.name,
        instance_id=idaas.id,
        directories=tuple(
            "eds-user" if key == call.world.account_key else known[key].id for key in details.directories
        ),
        created_at=connection.created_at,
        end_time=end(details.ends_at),
    )


@access.operation(
    "create", errors=(NotFound, ConnectionNameTaken, InvalidParameter), resources=(ON_INSTANCE,)
)
class CreateScimConnection(Shape):
    """Lets an outside directory feed people and groups in by SCIM 2.0, at /scim/v2.

    Its people become accounts of an IDaaS instance and, if Directories says so, users elsewhere under the
    same name; its groups become groups of the instance. Whom it switches off has no session left at once.
    It may read and change every account and group of the instance, also those it has not made.
    """

    name: ConnectionName
    instance_id: InstanceId | None = None
    directories: Annotated[tuple[DirectoryWord, ...], at_most(10)] = ()
    """Where each of its people has a user besides."""
    end_time: Moment | None = None
    """When the token ends."""

    class Response(Shape):
        """The connection."""

        token: str
        """What the directory shows, as a bearer token. It is told this once and cannot be read again."""
        connection: ScimConnection

    def handle(self, call: Call) -> Response:
        """Make it, keep the digest of its secret, and show the token this once."""
        idaas = _instance(call, self.instance_id)
        if self.end_time is not None and self.end_time <= call.now:
            raise InvalidParameter("EndTime", "it must be later than now", "Value")
        directories = tuple(dict.fromkeys(_directory(call, each) for each in self.directories))
        details = ConnectionDetails("", directories, self.end_time or FOREVER)
        try:
            made, token = provisioning.connect(call.tx, call.world, idaas, self.name, details)
        except HandleTaken:
            raise ConnectionNameTaken(self.name) from None
        return self.Response(token=token, connection=_shown(call, made, idaas))


@access.operation("list", errors=(NotFound,), resources=(ON_INSTANCE,))
class ListScimConnections(Shape):
    """Lists the SCIM connections of an IDaaS instance, those whose token has ended too."""

    instance_id: InstanceId | None = None

    class Response(Shape):
        """The connections, the oldest first."""

        connections: tuple[ScimConnection, ...]

    def handle(self, call: Call) -> Response:
        """Read them."""
        idaas = _instance(call, self.instance_id)
        found = things.find(call.sql, Where(Kind.SCIM_CONNECTION, parent=idaas.key))
        return self.Response(connections=tuple(_shown(call, each, idaas) for each in found))


@access.operation("delete", errors=(NotFound,), resources=(ON_INSTANCE,))
class DeleteScimConnection(Shape):
    """Ends a SCIM connection: its token is refused from the next request on. What it made stays."""

    connection_id: ConnectionId
    instance_id: InstanceId | None = None

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Remove it."""
        idaas = _instance(call, self.instance_id)
        found = things.by_id(call.sql, Kind.SCIM_CONNECTION, idaas.key, self.connection_id)
        if found is None:
            raise NotFound(f"There is no SCIM connection {self.connection_id}.")
        verbs.remove(call.tx, found)
        return self.Response()
