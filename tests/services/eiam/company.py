"""A company in an IDaaS instance for a test: units, people, groups and applications, all made by calls."""

from dataclasses import dataclass, field
from typing import Any

from admit.control import access
from admit.core.access import Decision
from admit.core.links import Kind
from admit.rpc.signing import SigningKey
from admit.store import things
from tests.system import Refused, System

Answer = dict[str, Any]


@dataclass
class Company:
    """An instance, and the words a test says to it."""

    system: System
    id: str = field(init=False)
    root: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.system.call("eiam", "CreateInstance")["InstanceId"]
        self.root = self.call("GetRootOrganizationalUnit")["OrganizationalUnit"]["OrganizationalUnitId"]

    def call(self, action: str, key: SigningKey | None = None, **parameters: Any) -> Answer:
        """Call an operation about this instance."""
        return self.system.call("eiam", action, key, **({"InstanceId": self.id} | parameters))

    def refusal(self, action: str, **parameters: Any) -> tuple[int, str]:
        """Status and code of a call that is refused; it must have changed nothing."""
        before = self.system.revision()
        try:
            self.call(action, **parameters)
        except Refused as refused:
            assert self.system.revision() == before
            return refused.status, refused.code
        raise AssertionError(f"{action} was not refused")

    def changes(self, action: str, **parameters: Any) -> bool:
        """Whether a call changes anything."""
        before = self.system.revision()
        self.call(action, **parameters)
        return self.system.revision() != before

    # -- who is there --------------------------------------------------------------------------------

    def unit(self, name: str, parent: str | None = None, **more: Any) -> str:
        """A new unit, below the root unless told."""
        named = {"OrganizationalUnitName": name, "ParentId": parent or self.root}
        return str(self.call("CreateOrganizationalUnit", **(named | more))["OrganizationalUnitId"])

    def user(self, name: str, unit: str | None = None, **more: Any) -> str:
        """A new account, in the root unit unless told."""
        named = {"Username": name, "PrimaryOrganizationalUnitId": unit or self.root}
        return str(self.call("CreateUser", **(named | more))["UserId"])

    def group(self, name: str, *members: str, **more: Any) -> str:
        """A new group of these accounts."""
        group = str(self.call("CreateGroup", GroupName=name, **more)["GroupId"])
        if members:
            self.call("AddUsersToGroup", GroupId=group, UserIds=members)
        return group

    def application(self, name: str, **more: Any) -> str:
        """A new application, which nobody may use."""
        named = {
            "ApplicationName": name,
            "ApplicationSourceType": "urn:alibaba:idaas:app:source:standard",
            "SsoType": "oidc",
        }
        return str(self.call("CreateApplication", **(named | more))["ApplicationId"])

    def get_user(self, user_id: str) -> Answer:
        """An account as GetUser tells it."""
        user: Answer = self.call("GetUser", UserId=user_id)["User"]
        return user

    # -- decisions -----------------------------------------------------------------------------------

    def decision(self, person: str, application: str) -> Decision:
        """What is decided when a person asks for an application."""
        with self.system.admit.store.read() as sql:
            (subject,) = things.named(sql, Kind.PERSON, person)
            (resource,) = things.named(sql, Kind.APPLICATION, application)
            return access.ask(sql, subject.ref, resource.ref, self.system.clock.now())

    def may(self, person: str, application: str) -> bool:
        """Whether a person may use an application."""
        return self.decision(person, application).allowed

    def reason(self, person: str, application: str) -> str:
        """Why a person may, or may not, use an application."""
        return self.decision(person, application).reason.value


def ids(answer: Answer, listed: str, name: str) -> list[str]:
    """The ids in a list of an answer."""
    return [each[name] for each in answer[listed]]
