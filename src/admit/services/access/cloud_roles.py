"""Temporary keys for cloud roles, for whom an authorization rule leads to one."""

from typing import Annotated

from admit.control import decisions, names
from admit.control.decisions import Asker
from admit.control.eiam import cloud_roles
from admit.control.eiam.cloud_roles import RoleRefused
from admit.core.errors import InvalidParameter, MissingParameter, NoPermission
from admit.core.links import Kind
from admit.core.validity import iso
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.access.errors import Ambiguous, CloudRoleUnusable, NotFound, NotGranted
from admit.services.access.vocabulary import PersonName, access, named

CloudRoleWord = Annotated[
    str,
    like(
        "cloud-role:admin", "The name or the ID of a cloud account role, or cloud-role:NAME.", max_length=256
    ),
]
Duration = Annotated[
    int, like(3600, "How long the key lasts at most, in seconds: 3600 unless told.", ge=60, le=43_200)
]


class RoleCredentials(Shape):
    """A temporary key. All three are needed to sign with it."""

    access_key_id: str
    access_key_secret: str
    security_token: str
    expiration: str
    """When it ends: ISO 8601, UTC. It may be dead before, and is the moment access ends."""


@access.operation(
    "get",
    errors=(
        NotFound,
        Ambiguous,
        NotGranted,
        CloudRoleUnusable,
        InvalidParameter,
        MissingParameter,
        NoPermission,
    ),
    resources=("person/{Person}",),
    once=True,
)
class GetCloudRoleCredentials(Shape):
    """Gives a temporary key for a cloud role that an authorization rule leads a person to.

    The role is one of our own account, and trusts the service eiam.aliyuncs.com. The key is never valid past
    the end of the grant, and is dead at the next use after the grant is taken back; so is that of a role that
    was assumed with it. Without Person it is for the person of the caller's own name; RAM says for whom else.
    """

    role: CloudRoleWord
    person: PersonName | None = None
    duration_seconds: Duration | None = None

    class Response(Shape):
        """The key, and whose it is."""

        credentials: RoleCredentials
        person: str
        role_arn: str
        role_session_name: str
        """What calls are made as: role/session."""

    def handle(self, call: Call) -> Response:
        """Decide, and make a key."""
        if self.person is None and call.caller.kind != "RAMUser":
            raise MissingParameter("Person")
        whom = self.person or call.caller.name
        person = named(lambda: names.person(call.sql, whom), "Person")
        word = f"cloud-role:{self.role.removeprefix('cloud-role:')}"
        role = named(lambda: names.resource(call.sql, word), "Role")
        if role.kind is not Kind.CLOUD_ROLE:
            raise NotFound(f"There is no {word}.")
        asked = cloud_roles.ask(call.sql, cloud_roles.users_of(call.sql, person), role, call.now)
        if asked is None:
            raise NotGranted(whom, word)
        decision = asked.decision
        asker = Asker(call.caller.arn, "admit:GetCloudRoleCredentials", call.request_id)
        labels = decisions.labels_of(call.sql, decision)
        call.world.activities.note(decisions.noted(decision, labels, asker, call.now))
        if not decision.allowed:
            raise NotGranted(whom, word)
        try:
            made = cloud_roles.give(call.sql, call.world, asked, self.duration_seconds)
        except RoleRefused as refused:
            raise CloudRoleUnusable(str(refused)) from None
        return self.Response(
            credentials=RoleCredentials(
                access_key_id=made.access_key_id,
                access_key_secret=made.secret,
                security_token=made.token,
                expiration=iso(made.ends_at),
            ),
            person=person.name,
            role_arn=made.arn,
            role_session_name=made.session_name,
        )
