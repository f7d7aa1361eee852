"""An IDaaS instance for a test of rules, driven as callers drive it."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from admit.control import access
from admit.control import grants as verbs
from admit.control import things as thing_verbs
from admit.control.callers import PolicyDetails
from admit.control.founding import new_access_key
from admit.control.things import New
from admit.core.access import Decision
from admit.core.links import Kind
from admit.core.validity import Millis
from admit.rpc.signing import SigningKey
from admit.store import things
from admit.store.engine import Author, Tx
from tests.services.eiam.company import Company

T = TypeVar("T")
AUTHOR = Author("acs:ram::1:root", "test", "request")
PROJECT = "iprj_system_default"
EVER = {"ValidityType": "permanent"}


def bound(start: Millis | None, end: Millis | None) -> dict[str, Any]:
    """The parameters of an attachment for a time."""
    return {"ValidityType": "time_bound", "ValidityPeriod": {"StartTime": start, "EndTime": end}}


class Bare(msgspec.Struct):
    """The details of what is known by name alone."""


@dataclass
class Idaas(Company):
    """A company with rules."""

    _count: Any = field(default_factory=itertools.count, init=False)

    def call(self, action: str, key: SigningKey | None = None, **parameters: Any) -> dict[str, Any]:
        """Call an operation about this instance, with a ClientToken of its own unless one is given."""
        return super().call(action, key, **({"ClientToken": f"token-{next(self._count)}"} | parameters))

    def write(self, body: Callable[[Tx], T]) -> T:
        """Change something that no operation is asked to."""
        return self.system.admit.store.write_now(AUTHOR, body)

    def revision(self) -> int:
        """The number of the newest policy change."""
        return self.system.revision()

    def now(self) -> Millis:
        """The moment on the clock."""
        return self.system.clock.now()

    def ram_user(self, name: str, action: str, *resources: str) -> SigningKey:
        """The access key of a new RAM user, who is allowed one action on these resources."""
        document = json.dumps(
            {"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resources}]}
        )
        world = self.system.admit.world

        def body(tx: Tx) -> SigningKey:
            user = thing_verbs.add(tx, New(Kind.RAM_USER, world.account_key, name, Bare(), f"ram-{name}"))
            details = PolicyDetails("Custom", "", "v1", document)
            policy = thing_verbs.add(tx, New(Kind.RAM_POLICY, world.account_key, name, details, name))
            verbs.grant(tx, user, policy)
            key, secret = new_access_key(tx, world, user)
            return SigningKey(key.id, secret)

        return self.write(body)

    # -- accounts, groups and applications -----------------------------------------------------------

    def join(self, user_id: str, group_id: str) -> None:
        """Put an account into a group."""
        self.call("AddUsersToGroup", GroupId=group_id, UserIds=[user_id])

    def leave(self, user_id: str, group_id: str) -> None:
        """Take an account out of a group."""
        self.call("RemoveUsersFromGroup", GroupId=group_id, UserIds=[user_id])

    # -- rules and what they lead to -----------------------------------------------------------------

    def rule(self, name: str = "rule", **more: Any) -> str:
        """A new authorization rule."""
        named = {"AuthorizationRuleName": name, "ProjectId": PROJECT, **more}
        return str(self.call("CreateAuthorizationRule", **named)["AuthorizationRuleId"])

    def account(self, external_id: str = "1938080000000000", **more: Any) -> str:
        """A new cloud account."""
        named = {"CloudAccountVendorType": "alibaba_cloud", "CloudAccountExternalId": external_id, **more}
        return str(self.call("CreateCloudAccount", **named)["CloudAccountId"])

    def role(self, account_id: str, name: str = "admin", **more: Any) -> str:
        """A new role of a cloud account."""
        named = {"CloudAccountId": account_id, "CloudAccountRoleName": name, **more}
        return str(self.call("CreateCloudAccountRole", **named)["CloudAccountRoleId"])

    def resource(self, rule_id: str, role_id: str, **more: Any) -> str:
        """Lets a rule lead to a role."""
        named = {
            "AuthorizationRuleId": rule_id,
            "AuthorizationResourceEntityType": "cloud_account_role",
            "AuthorizationResourceEntityId": role_id,
            **more,
        }
        return str(self.call("CreateAuthorizationResource", **named)["AuthorizationResourceId"])

    # -- decisions -----------------------------------------------------------------------------------

    def role_decision(self, person: str, role_id: str, at: Millis | None = None) -> Decision:
        """What is decided when a person asks for a cloud account role, now or as of a moment."""
        with self.system.admit.store.read() as sql:
            (subject,) = things.named(sql, Kind.PERSON, person)
            (role,) = things.named(sql, Kind.CLOUD_ROLE, role_id)
            return access.ask(sql, subject.ref, role.ref, self.now(), at)

    def holds(self, person: str, role_id: str, at: Millis | None = None) -> bool:
        """Whether a person may use a cloud account role."""
        return self.role_decision(person, role_id, at).allowed

    def application_may(self, application_id: str, role_id: str) -> bool:
        """Whether an application may use a cloud account role."""
        with self.system.admit.store.read() as sql:
            (subject,) = things.named(sql, Kind.APPLICATION, application_id)
            (role,) = things.named(sql, Kind.CLOUD_ROLE, role_id)
            return access.ask(sql, subject.ref, role.ref, self.now()).allowed
