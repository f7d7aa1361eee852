"""Sessions of roles: temporary keys, and who a key belongs to."""

from typing import Annotated, Literal

from admit.base.chance import ID_LETTERS
from admit.control.callers import (
    RoleDetails,
    SecurityToken,
    arn,
    make_token,
    refusal,
    session_secret,
)
from admit.core.errors import InvalidParameter, NoPermission
from admit.core.links import Kind
from admit.core.ram import Effect, MalformedPolicy, may_assume, parse_policy, parse_trust_policy
from admit.core.validity import SECOND, Millis, iso
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.sts.errors import PolicyMalformed, PolicyTooLong, RoleNotFound, RootMayNotAssume
from admit.services.sts.vocabulary import (
    DurationSeconds,
    ExternalId,
    RoleArn,
    RoleSessionName,
    SourceIdentity,
    sts,
)
from admit.store import things
from admit.store.things import Thing

LONGEST_POLICY = 2048
"""Of a session's policy, in characters."""
DEFAULT_DURATION_S = 3600


class AssumedRoleUser(Shape):
    """Who the temporary key makes the caller."""

    arn: str
    """``acs:ram::<account>:role/<role>/<session>``."""
    assumed_role_id: str
    """``<role id>:<session>``."""


class Credentials(Shape):
    """A temporary key. All three are needed to sign with it."""

    access_key_id: str
    access_key_secret: str
    security_token: str
    expiration: str
    """When it ends: ISO 8601, UTC."""


@sts.operation(
    "get",
    errors=(
        InvalidParameter,
        PolicyTooLong,
        PolicyMalformed,
        RoleNotFound,
        RootMayNotAssume,
        NoPermission,
    ),
    resources=("{Role}",),
    once=True,
)
class AssumeRole(Shape):
    """Gives the caller a temporary key with the permissions of a role.

    The caller's own policies must allow ``sts:AssumeRole`` on the role, and the role's
    trust policy must allow the caller. The account itself may not assume roles.

    Ours: a session that ends in the middle of a second ends at its beginning, as that is what
    Expiration says; a source identity is passed on to further sessions and cannot be changed.
    """

    role_arn: RoleArn
    role_session_name: RoleSessionName
    duration_seconds: DurationSeconds | None = None
    policy: str | None = None
    """A policy that narrows the session: it may do what the role and this policy both allow.
    At most 2,048 characters."""
    external_id: ExternalId | None = None
    source_identity: SourceIdentity | None = None

    class Response(Shape):
        """The session."""

        assumed_role_user: AssumedRoleUser
        credentials: Credentials
        source_identity: SourceIdentity | None = None

    def handle(self, call: Call) -> Response:
        """Ask the role whether it trusts the caller, then make a key and its token."""
        if call.caller.kind == "Account":
            raise RootMayNotAssume
        source_identity = self._source_identity(call)
        role = self._role(call)
        details = role.read(RoleDetails)
        self._require_trust(call, details.trust, source_identity)
        key_id = f"STS.{call.world.chance.text(25, ID_LETTERS + 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')}"
        said = SecurityToken(
            access_key_id=key_id,
            role_key=role.key,
            session_name=self.role_session_name,
            ends_at=self._ends_at(call, details),
            policy=self._narrowing(),
            source_identity=source_identity,
            holder=call.caller.holder,
        )
        return self.Response(
            assumed_role_user=AssumedRoleUser(
                arn=arn(call.world, f"role/{role.name}/{self.role_session_name}"),
                assumed_role_id=f"{role.id}:{self.role_session_name}",
            ),
            credentials=Credentials(
                access_key_id=key_id,
                access_key_secret=session_secret(call.world, key_id),
                security_token=make_token(call.world, said),
                expiration=iso(said.ends_at),
            ),
            source_identity=source_identity,
        )

    def _role(self, call: Call) -> Thing:
        own = arn(call.world, "role/")
        name = self.role_arn.removeprefix(own)
        found = things.by_name(call.sql, Kind.RAM_ROLE, call.world.account_key, name)
        if found is None or not self.role_arn.startswith(own):
            raise RoleNotFound(self.role_arn)
        return found

    def _source_identity(self, call: Call) -> str | None:
        inherited = call.caller.source_identity
        if inherited is not None and self.source_identity not in (None, inherited):
            raise InvalidParameter("SourceIdentity", "the session has one already, which cannot be changed.")
        return self.source_identity or inherited

    def _require_trust(self, call: Call, trust: str, source_identity: str | None) -> None:
        conditions = dict(call.conditions)
        if source_identity is not None:
            conditions["sts:SourceIdentity"] = source_identity
        verdict = may_assume(parse_trust_policy("trust policy", trust), call.caller.arn, conditions)
        if verdict.effect is not Effect.ALLOW:
            raise refusal(call.caller, "sts:AssumeRole", verdict, "AssumeRolePolicy")

    def _ends_at(self, call: Call, role: RoleDetails) -> Millis:
        seconds = self.duration_seconds or DEFAULT_DURATION_S
        if seconds > role.max_session_s:
            raise InvalidParameter("DurationSeconds", f"the role allows {role.max_session_s} at most.")
        return (call.now // SECOND + seconds) * SECOND

    def _narrowing(self) -> str | None:
        if not self.policy:
            return None
        if len(self.policy) > LONGEST_POLICY:
            raise PolicyTooLong(LONGEST_POLICY)
        try:
            parse_policy("session", self.policy)
        except MalformedPolicy as malformed:
            raise PolicyMalformed(malformed) from None
        return self.policy


@sts.operation("get", authorized=False)
class GetCallerIdentity(Shape):
    """Tells who the caller is. Everybody may ask."""

    class Response(Shape):
        """The caller."""

        account_id: Annotated[str, like("196813200012****", "The ID of the account.")]
        arn: Annotated[str, like("acs:ram::196813200012****:user/admin", "The full name of the caller.")]
        identity_type: Literal["Account", "RAMUser", "AssumedRoleUser"]
        principal_id: Annotated[
            str, like("21618800020****", "The ID of the caller; of a session role:session.")
        ]
        user_id: str | None = None
        """Of the account and of users."""
        role_id: str | None = None
        """Of sessions: the ID of their role."""

    def handle(self, call: Call) -> Response:
        """Say what the key told."""
        caller = call.caller
        return self.Response(
            account_id=caller.account_id,
            arn=caller.arn,
            identity_type=caller.kind,
            principal_id=caller.principal_id,
            user_id=caller.user_id,
            role_id=caller.role_id,
        )
