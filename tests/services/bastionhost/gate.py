"""A bastion host as tests drive it: by its operations, and by asking for decisions."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import pytest

from admit.control import access, founding, people, things
from admit.control.callers import PolicyDetails
from admit.control.grants import grant
from admit.control.things import New
from admit.core.access import Decision
from admit.core.links import Kind, Ref
from admit.core.validity import PERMANENT, Validity
from admit.rpc.signing import SigningKey
from admit.store import things as stored
from admit.store.engine import Author, Tx
from admit.store.things import Thing
from tests.system import Refused, System

T = TypeVar("T")
PRODUCT = "yundun-bastionhost"
AUTHOR = Author("acs:ram::1:root", "test", "request")


class User(msgspec.Struct, omit_defaults=True):
    """What these tests need of a user of a bastion host."""

    source: str = "Local"
    source_user_id: str | None = None


class Nothing(msgspec.Struct):
    """Details of something of which only the ID matters."""


@dataclass
class Gate:
    """The bastion host a new system begins with."""

    system: System
    bastion: Thing = field(init=False)

    def __post_init__(self) -> None:
        with self.system.admit.store.read() as sql:
            (self.bastion,) = stored.find(sql, stored.Where(Kind.BASTION))

    def call(self, action: str, key: SigningKey | None = None, **parameters: Any) -> dict[str, Any]:
        """Call an operation on this bastion host."""
        return self.system.call(PRODUCT, action, key, InstanceId=self.bastion.id, **parameters)

    def refusal(self, action: str, **parameters: Any) -> tuple[int, str]:
        """Status and code of the error a call is answered with; nothing may have changed."""
        before = self.system.revision()
        with pytest.raises(Refused) as refused:
            self.call(action, **parameters)
        assert self.system.revision() == before
        return refused.value.status, refused.value.code

    def write(self, body: Callable[[Tx], T]) -> T:
        """Change something no operation is there for."""
        return self.system.admit.store.write_now(AUTHOR, body)

    # -- what a bastion host is filled with --------------------------------------------------------

    def host(self, name: str = "db-1", **more: Any) -> str:
        """A new Linux host; its ID."""
        asked = {
            "Source": "Local",
            "OSType": "Linux",
            "ActiveAddressType": "Private",
            "HostPrivateAddress": "10.0.0.5",
        }
        return str(self.call("CreateHost", HostName=name, **asked | more)["HostId"])

    def account(self, host: str, name: str = "root", **more: Any) -> str:
        """A new account on a host; its ID."""
        asked = {"ProtocolName": "SSH"} | more
        return str(
            self.call("CreateHostAccount", HostId=host, HostAccountName=name, **asked)["HostAccountId"]
        )

    def group(self, name: str = "dba") -> str:
        """A new user group; its ID."""
        return str(self.call("CreateUserGroup", UserGroupName=name)["UserGroupId"])

    def user(self, name: str, *groups: str, validity: Validity = PERMANENT, ram_id: str | None = None) -> str:
        """A new user in some groups; its ID."""

        def body(tx: Tx) -> str:
            details = User("Local") if ram_id is None else User("Ram", ram_id)
            user = people.add_user(tx, New(Kind.USER, self.bastion.key, name, details, handle=name), validity)
            for each in groups:
                group = stored.by_id(tx.sql, Kind.GROUP, self.bastion.key, each)
                assert group is not None
                grant(tx, user, group)
            return user.id

        return self.write(body)

    def ram_user(self, name: str, user_id: str) -> SigningKey:
        """A RAM user who may call everything of the service; the key it signs with."""

        def body(tx: Tx) -> SigningKey:
            world = self.system.admit.world
            user = things.add(tx, New(Kind.RAM_USER, world.account_key, name, Nothing(), user_id))
            allowed = {"Effect": "Allow", "Action": "yundun-bastionhost:*", "Resource": "*"}
            document = json.dumps({"Version": "1", "Statement": [allowed]})
            details = PolicyDetails("Custom", "", "v1", document)
            grant(tx, user, things.add(tx, New(Kind.RAM_POLICY, world.account_key, f"of-{name}", details)))
            key, secret = founding.new_access_key(tx, world, user)
            return SigningKey(key.id, secret)

        return self.write(body)

    # -- what follows ------------------------------------------------------------------------------

    def thing(self, kind: Kind, thing_id: str) -> Thing:
        """Something of this bastion host, by its ID."""
        with self.system.admit.store.read() as sql:
            found = stored.by_id_anywhere(sql, kind, thing_id)
        assert found is not None
        return found

    def person(self, name: str) -> Thing:
        """A person, by name."""
        with self.system.admit.store.read() as sql:
            found = stored.by_handle(sql, Kind.PERSON, 0, name)
        assert found is not None
        return found

    def decision(self, person: str, resource: Ref) -> Decision:
        """What is decided now about a person, by name."""
        subject = self.person(person).ref
        with self.system.admit.store.read() as sql:
            return access.ask(sql, subject, resource, self.system.clock.now())

    def may(self, person: str, account: str) -> bool:
        """Whether a person may use a host account now."""
        return self.decision(person, self.thing(Kind.HOST_ACCOUNT, account).ref).allowed


def hosts(*named: tuple[str, list[str]] | str) -> str:
    """The parameter ``Hosts``: a host alone, or ``(host, accounts)``."""
    listed: list[dict[str, Any]] = []
    for each in named:
        if isinstance(each, str):
            listed.append({"HostId": each})
        else:
            listed.append({"HostId": each[0], "HostAccountIds": each[1]})
    return json.dumps(listed)


def codes(answer: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The result codes of an answer: of each host, and of the accounts on it."""
    return [
        (each["Code"], [account["Code"] for account in each["HostAccounts"]]) for each in answer["Results"]
    ]
