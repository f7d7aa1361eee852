"""A bastion host under test, spoken to by the names of things."""

from dataclasses import dataclass
from typing import Any

from admit.control import access
from admit.control import things as verbs
from admit.control.things import New
from admit.core.access import Decision
from admit.core.links import Kind
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.store import things as stored
from admit.store.engine import Author, Tx
from tests.system import System

PRODUCT = "yundun-bastionhost"
PASSWORD = "Correct-horse-9"
AUTHOR = Author("acs:ram::1:root", "test", "request")


@dataclass
class Bastion:
    """The bastion host a new system begins with."""

    system: System
    id: str = ""

    def __post_init__(self) -> None:
        self.id = self.call("DescribeInstances", InstanceId=None)["Instances"][0]["InstanceId"]

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An operation on this bastion host."""
        return self.system.call(PRODUCT, action, **{"InstanceId": self.id, **parameters})

    def user(self, name: str, **more: Any) -> str:
        """A new local user's id."""
        given = {"UserName": name, "Source": "Local", "Password": PASSWORD, **more}
        return self.call("CreateUser", **given)["UserId"]

    def ram_user(self, name: str, source_user_id: str, **more: Any) -> str:
        """A new RAM user's id; no password has to be hashed for it."""
        given = {"UserName": name, "Source": "Ram", "SourceUserId": source_user_id, **more}
        return self.call("CreateUser", **given)["UserId"]

    def group(self, name: str, **more: Any) -> str:
        """A new user group's id."""
        return self.call("CreateUserGroup", UserGroupName=name, **more)["UserGroupId"]

    def shown(self, user_id: str) -> dict[str, Any]:
        """A user, as GetUser has it."""
        return self.call("GetUser", UserId=user_id)["User"]

    def names(self, **filters: Any) -> list[str]:
        """The names of the users ListUsers finds."""
        return [user["UserName"] for user in self.call("ListUsers", **filters)["Users"]]

    def host(self, name: str = "db-1") -> str:
        """A new host's id."""

        def body(tx: Tx) -> str:
            bastion = stored.by_id(tx.sql, Kind.BASTION, self.system.admit.world.account_key, self.id)
            assert bastion is not None
            return verbs.add(tx, New(Kind.HOST, bastion.key, name, UserGroupDetails())).id

        return self.system.admit.store.write_now(AUTHOR, body)

    def decision(self, person: str, host: str) -> Decision:
        """Whether a person may use a host now, and why."""
        with self.system.admit.store.read() as sql:
            subject = stored.by_handle(sql, Kind.PERSON, 0, person)
            resource = stored.by_id_anywhere(sql, Kind.HOST, host)
            assert subject is not None
            assert resource is not None
            return access.ask(sql, subject.ref, resource.ref, self.system.clock.now())
