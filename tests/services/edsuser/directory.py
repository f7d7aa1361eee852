"""Convenience users and groups for a test, made as callers make them."""

from dataclasses import dataclass
from typing import Any

from admit.core.links import Kind
from admit.rpc.signing import SigningKey
from admit.store import things
from admit.store.things import Thing
from tests.system import System


@dataclass
class Directory:
    """The convenience users of a system, and the words a test says about them."""

    system: System

    def call(self, action: str, key: SigningKey | None = None, **parameters: Any) -> dict[str, Any]:
        """Call an operation of the service."""
        return self.system.call("eds-user", action, key, **parameters)

    def add(self, *names: str, **more: Any) -> None:
        """Create users, each with an email address of its own."""
        users = [{"EndUserId": name, "Email": f"{name}@example.com"} for name in names]
        answer = self.call("CreateUsers", Users=users, **more)
        assert answer["AllSucceed"], answer

    def group(self, name: str, *members: str) -> str:
        """Create a user group of these users; returns its id."""
        group_id: str = self.call("CreateGroup", GroupName=name)["GroupId"]
        if members:
            self.call("UserBatchJoinGroup", GroupId=group_id, EndUserIds=members)
        return group_id

    def names(self, **asked: Any) -> list[str]:
        """The names that DescribeUsers finds."""
        return [user["EndUserId"] for user in self.call("DescribeUsers", **asked)["Users"]]

    def one(self, name: str) -> dict[str, Any]:
        """A user as DescribeUsers tells."""
        (found,) = self.call("DescribeUsers", EndUserIds=[name])["Users"]
        return dict(found)

    def members(self, group_id: str, **asked: Any) -> list[str]:
        """The names of a group's members."""
        answer = self.call("DescribeGroupUser", GroupId=group_id, **asked)
        return [user["EndUserId"] for user in answer["Users"]]

    def thing(self, name: str) -> Thing:
        """The user as it is kept."""
        account = self.system.admit.world.account_key
        with self.system.admit.store.read() as sql:
            found = things.by_handle(sql, Kind.USER, account, name)
        assert found is not None
        return found
