"""Delivery groups for a test, made and granted as callers do it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from admit.control import access
from admit.core.links import Kind
from admit.core.validity import Millis
from admit.rpc.signing import SigningKey
from admit.store import things
from tests.services.edsuser.directory import Directory
from tests.system import Refused, System

PRODUCT = "CloudApp"


@dataclass
class Streaming:
    """App Streaming of a system, and the words a test says to it."""

    system: System

    @property
    def directory(self) -> Directory:
        """The convenience users."""
        return Directory(self.system)

    def call(self, action: str, key: SigningKey | None = None, **parameters: Any) -> dict[str, Any]:
        """Call an operation of the service, about cloud applications unless told."""
        named = parameters if action == "ListImage" else {"ProductType": PRODUCT} | parameters
        return self.system.call("appstream-center", action, key, **named)

    def refusal(self, action: str, **parameters: Any) -> tuple[int, str]:
        """The status and the code of a call that is refused and changes nothing."""
        before = self.system.revision()
        with pytest.raises(Refused) as refused:
            self.call(action, **parameters)
        assert self.system.revision() == before
        return refused.value.status, refused.value.code

    def image(self) -> dict[str, Any]:
        """The image a new system begins with."""
        (found,) = self.call("ListImage")["Data"]
        return dict(found)

    def app(self, name: str = "Calculator") -> str:
        """The id of an application of that image."""
        return next(app["AppId"] for app in self.image()["AppList"] if app["AppName"] == name)

    def wanted(self, **more: Any) -> dict[str, Any]:
        """What a delivery group is created with."""
        return {
            "AppCenterImageId": self.image()["ImageId"],
            "BizRegionId": "cn-hangzhou",
            "ChargeType": "PostPaid",
            "ChargeResourceMode": "Node",
            "Period": 1,
            "PeriodUnit": "Month",
            "SessionTimeout": 15,
        } | more

    def create(self, name: str = "Office", **more: Any) -> str:
        """Create a delivery group; returns its id."""
        model = self.call("CreateAppInstanceGroup", **self.wanted(AppInstanceGroupName=name, **more))
        group_id: str = model["AppInstanceGroupModel"]["AppInstanceGroupId"]
        return group_id

    def authorize(self, group: str, *users: str, **more: Any) -> None:
        """Authorize users, and whatever else is said."""
        self.call("AuthorizeInstanceGroup", AppInstanceGroupId=group, AuthorizeUserIds=users, **more)

    def session(self, group: str) -> str:
        """The id of a delivery group's only persistent session."""
        answer = self.call("ListPersistentAppInstances", AppInstanceGroupId=group)
        (found,) = answer["PersistentAppInstanceModels"]
        session_id: str = found["AppInstancePersistentId"]
        return session_id

    def users(self, group: str, **asked: Any) -> list[str]:
        """The names ListAuthorizedUsers tells."""
        answer = self.call(
            "ListAuthorizedUsers", AppInstanceGroupId=group, **{"PageNumber": 1, "PageSize": 100} | asked
        )
        return [user["EndUserId"] for user in answer["Users"]]

    def user_groups(self, group: str, **asked: Any) -> list[str]:
        """The names ListAuthorizedUserGroups tells."""
        answer = self.call(
            "ListAuthorizedUserGroups", AppInstanceGroupId=group, **{"PageNumber": 1, "PageSize": 100} | asked
        )
        return [each["GroupName"] for each in answer["UserGroups"]]

    def may(self, person: str, group: str, app: str = "Calculator") -> bool:
        """Whether a person may use an application in a delivery group, as it is decided."""
        with self.system.admit.store.read() as sql:
            who = things.by_handle(sql, Kind.PERSON, 0, person)
            inside = things.by_id_anywhere(sql, Kind.DELIVERY_GROUP, group)
            assert who is not None
            assert inside is not None
            what = things.by_name(sql, Kind.APP, inside.key, app)
            assert what is not None
            return access.ask(sql, who.ref, what.ref, self.system.clock.now()).allowed

    def connect(self, user: str, app: str | None = None, **asked: Any) -> dict[str, Any]:
        """A ticket for a user, to the calculator unless told."""
        return self.call("GetConnectionTicket", EndUserId=user, AppId=app or self.app(), **asked)

    def connects(self, user: str, **asked: Any) -> bool:
        """Whether a user gets a ticket; if not, the refusal is the one that tells nothing."""
        try:
            return bool(self.connect(user, **asked)["Ticket"])
        except Refused as refused:
            if (refused.status, refused.code) != (400, "TryBind.NoCandidateAppInstanceGroup"):
                raise
            return False

    def delay(self, span: Millis) -> None:
        """Let clients hear of grants only after a while."""
        admit = self.system.admit
        world = replace(admit.world, propagation_ms=span)
        admit.dispatcher._world = world
