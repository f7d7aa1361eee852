"""Callers of a system under test: users, groups, roles and policies, made as an administrator makes them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from admit.rpc.signing import SigningKey
from tests.system import Refused, System


def refused(call: Callable[..., Any], *arguments: Any, **parameters: Any) -> tuple[int, str]:
    """The status and code with which a call is refused."""
    with pytest.raises(Refused) as caught:
        call(*arguments, **parameters)
    return caught.value.status, caught.value.code


def statement(effect: str, action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    """One statement of a policy; ``condition`` by operator."""
    found = {"Effect": effect, "Action": action, "Resource": resource}
    return found | ({"Condition": condition} if condition else {})


def document(*statements: dict[str, Any]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "1", "Statement": statements})


def trust(*principals: str, **condition: Any) -> str:
    """A trust policy that lets these assume the role."""
    one = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": list(principals)}}
    return document(one | ({"Condition": condition} if condition else {}))


@dataclass
class Callers:
    """RAM and STS of a system, driven with the account's key unless another is given."""

    system: System

    @property
    def account(self) -> str:
        """The account's id."""
        return self.system.founded.account_id

    def arn(self, whom: str) -> str:
        """The name of an identity of the account."""
        return f"acs:ram::{self.account}:{whom}"

    def ram(self, action: str, key: SigningKey | None = None, **parameters: Any) -> dict[str, Any]:
        """Call an operation of RAM."""
        return self.system.call("ram", action, key, **parameters)

    def user(self, name: str, *statements: dict[str, Any]) -> SigningKey:
        """Make a user with a key, and attach a policy of these statements, if any."""
        self.ram("CreateUser", UserName=name)
        if statements:
            self.policy(f"of-{name}", *statements)
            self.attach(f"of-{name}", user=name)
        return self.key_of(name)

    def key_of(self, name: str) -> SigningKey:
        """Make an access key for a user."""
        made = self.ram("CreateAccessKey", UserName=name)["AccessKey"]
        return SigningKey(made["AccessKeyId"], made["AccessKeySecret"])

    def policy(self, name: str, *statements: dict[str, Any]) -> None:
        """Make a policy of the account."""
        self.ram("CreatePolicy", PolicyName=name, PolicyDocument=document(*statements))

    def attach(
        self,
        name: str,
        *,
        user: str | None = None,
        group: str | None = None,
        role: str | None = None,
        policy_type: str = "Custom",
    ) -> None:
        """Attach a policy to a user, a group or a role."""
        holder = {"User": user, "Group": group, "Role": role}
        word, whose = next((word, whose) for word, whose in holder.items() if whose is not None)
        self.ram(f"AttachPolicyTo{word}", PolicyType=policy_type, PolicyName=name, **{f"{word}Name": whose})

    def role(self, name: str, document: str, *statements: dict[str, Any], **rest: Any) -> str:
        """Make a role with a policy of these statements, if any; returns its ARN."""
        made = self.ram("CreateRole", RoleName=name, AssumeRolePolicyDocument=document, **rest)["Role"]
        if statements:
            self.policy(f"of-role-{name}", *statements)
            self.attach(f"of-role-{name}", role=name)
        return str(made["Arn"])

    def assume(self, key: SigningKey, role_arn: str, session: str = "session", **rest: Any) -> SigningKey:
        """Begin a session of a role; returns its temporary key."""
        answer = self.system.call("sts", "AssumeRole", key, RoleArn=role_arn, RoleSessionName=session, **rest)
        made = answer["Credentials"]
        return SigningKey(made["AccessKeyId"], made["AccessKeySecret"], made["SecurityToken"])

    def identity(self, key: SigningKey | None = None) -> dict[str, Any]:
        """Who a key belongs to."""
        return self.system.call("sts", "GetCallerIdentity", key)
