"""An IDaaS instance for a test: its people and groups, and its rules driven as callers drive them."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from admit.control import access, people
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
from admit.store.things import Thing
from tests.system import System

T = TypeVar("T")
AUTHOR = Author("acs:ram::1:root", "test", "request")
PROJECT = "iprj_system_default"


class Bare(msgspec.Struct):
    """The details of what is known by name alone."""


@dataclass
class Idaas:
    """An instance, and the words a test says to it."""

    system: System
    id: str = "idaas_test"
    _count: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        account = self.system.admit.world.account_key
        self.key = self.write(
            lambda tx: thing_verbs.add(tx, New(Kind.IDAAS, account, self.id, Bare(), self.id))
        ).key

    def call(self, action: str, key: SigningKey | None = None, **parameters: Any) -> dict[str, Any]:
        """Call an operation about this instance, with a ClientToken of its own unless one is given."""
        named = {"InstanceId": self.id, "ClientToken": f"token-{next(self._count)}"}
        return self.system.call("eiam", action, key, **(named | parameters))

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

    # -- the directory -------------------------------------------------------------------------------

    def user(self, name: str) -> str:
        """A new account, of the person of the same name."""
        user_id = f"user_{name}"
        self.write(lambda tx: people.add_user(tx, New(Kind.USER, self.key, name, Bare(), user_id)))
        return user_id

    def group(self, name: str, *members: str) -> str:
        """A new group of these accounts."""
        group_id = f"group_{name}"

        def body(tx: Tx) -> None:
            group = thing_verbs.add(tx, New(Kind.GROUP, self.key, name, Bare(), group_id))
            for member in members:
                verbs.grant(tx, self._thing(tx, Kind.USER, member), group)

        self.write(body)
        return group_id

    def application(self, name: str) -> str:
        """A new application."""
        application_id = f"app_{name}"
        self.write(
            lambda tx: thing_verbs.add(tx, New(Kind.APPLICATION, self.key, name, Bare(), application_id))
        )
        return application_id

    def join(self, user_id: str, group_id: str) -> None:
        """Put an account into a group."""
        self.write(
            lambda tx: verbs.grant(
                tx, self._thing(tx, Kind.USER, user_id), self._thing(tx, Kind.GROUP, group_id)
            )
        )

    def leave(self, user_id: str, group_id: str) -> None:
        """Take an account out of a group."""
        self.write(
            lambda tx: verbs.revoke(
                tx, self._thing(tx, Kind.USER, user_id), self._thing(tx, Kind.GROUP, group_id)
            )
        )

    def disable(self, kind: Kind, thing_id: str) -> None:
        """Switch an account or an application off."""
        self.write(lambda tx: thing_verbs.block(tx, self._thing(tx, kind, thing_id), "disabled"))

    def remove(self, kind: Kind, thing_id: str) -> None:
        """End a group, an account or an application."""
        self.write(lambda tx: thing_verbs.remove(tx, self._thing(tx, kind, thing_id)))

    def _thing(self, tx: Tx, kind: Kind, thing_id: str) -> Thing:
        found = things.by_id(tx.sql, kind, self.key, thing_id)
        assert found is not None, thing_id
        return found

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

    def decision(self, person: str, role_id: str, at: Millis | None = None) -> Decision:
        """What is decided when a person asks for a cloud account role, now or as of a moment."""
        with self.system.admit.store.read() as sql:
            (subject,) = things.named(sql, Kind.PERSON, person)
            (role,) = things.named(sql, Kind.CLOUD_ROLE, role_id)
            return access.ask(sql, subject.ref, role.ref, self.now(), at)

    def may(self, person: str, role_id: str, at: Millis | None = None) -> bool:
        """Whether a person may use a cloud account role."""
        return self.decision(person, role_id, at).allowed

    def application_may(self, application_id: str, role_id: str) -> bool:
        """Whether an application may use a cloud account role."""
        with self.system.admit.store.read() as sql:
            (subject,) = things.named(sql, Kind.APPLICATION, application_id)
            (role,) = things.named(sql, Kind.CLOUD_ROLE, role_id)
            return access.ask(sql, subject.ref, role.ref, self.now()).allowed
