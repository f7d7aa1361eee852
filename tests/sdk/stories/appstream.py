"""Stories of App Streaming."""

import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

from tests.sdk.answers import absent
from tests.sdk.stage import Stage

PRODUCT = "appstream-center"
CLOUD_APP = {"ProductType": "CloudApp"}
PAGE = {"PageNumber": 1, "PageSize": 10}


@dataclass
class DeliveryGroup:
    """A new delivery group, and the words a story says to it."""

    stage: Stage
    name: str
    options: dict[str, Any] = field(default_factory=dict)
    image: dict[str, Any] = field(init=False)
    """The image it offers the applications of."""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        sdk = self.stage.sdk(PRODUCT)
        self.image = sdk("ListImage", **CLOUD_APP, **PAGE)["Data"][0]
        wanted = {
            "AppCenterImageId": self.image["ImageId"],
            "BizRegionId": "cn-hangzhou",
            "SessionTimeout": 15,
        }
        paid = {"ChargeType": "PostPaid", "ChargeResourceMode": "Node", "Period": 1, "PeriodUnit": "Month"}
        named = {"AppInstanceGroupName": self.stage.named(self.name), **CLOUD_APP, **self.options}
        model = sdk("CreateAppInstanceGroup", **wanted, **paid, **named)["AppInstanceGroupModel"]
        assert absent(model, "AppInstanceGroupId", "NodePoolId") == []
        self.id = model["AppInstanceGroupId"]

    def __call__(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation about this delivery group."""
        return self.stage.sdk(PRODUCT)(action, AppInstanceGroupId=self.id, **CLOUD_APP, **parameters)

    def app(self, name: str) -> str:
        """The id of an application of its image."""
        return next(str(app["AppId"]) for app in self.image["AppList"] if app["AppName"] == name)


def user(stage: Stage, name: str) -> str:
    """A new convenience user."""
    named = stage.named(name)
    users = [{"EndUserId": named, "Email": f"{named}@example.com"}]
    assert stage.sdk("eds-user")("CreateUsers", Users=users)["AllSucceed"] is True
    return named


def opened(group: DeliveryGroup, name: str, app: str) -> str:
    """The running instance of an application that a user has opened with a ticket, as a browser does."""
    wanted = {"AppId": group.app(app), "AppInstanceGroupIdList": [group.id], **CLOUD_APP}
    ticket = group.stage.sdk(PRODUCT)("GetConnectionTicket", EndUserId=name, **wanted)["Ticket"]
    connection = HTTPConnection(group.stage.server.urls["http"], timeout=30)
    connection.request("GET", f"/stream/open?ticket={quote(ticket)}")
    answer = connection.getresponse()
    place = answer.headers["Location"]
    assert answer.status == 303, answer.read().decode()
    connection.close()
    return place.replace("/stream/s-", "ai-")


def instances(group: DeliveryGroup) -> list[str]:
    """The ids of what runs in a delivery group, the newest first."""
    told = group.stage.sdk(PRODUCT)("ListAppInstances", AppInstanceGroupId=group.id, **PAGE)
    return [each["AppInstanceId"] for each in told["AppInstanceModels"]]


def assert_left(group: DeliveryGroup, *left: str) -> None:
    """No more than these instances run, or will in a moment: the door reads what it is to end."""
    until = time.monotonic() + 20
    while (running := instances(group)) != [*left]:
        assert time.monotonic() < until, f"{running} run"


def regions_and_images_are_told(stage: Stage) -> None:
    sdk = stage.sdk(PRODUCT)
    regions = sdk("ListRegions", **CLOUD_APP)["RegionModels"]
    assert "cn-hangzhou" in [region["regionId"] for region in regions]
    images = sdk("ListImage", **CLOUD_APP, **PAGE)
    assert (images["Success"], images["Count"]) == (True, len(images["Data"]))
    names = ("ImageId", "ImageName", "ImageType", "Status", "OsType", "AppList")
    assert absent(images["Data"][0], *names) == []


def a_delivery_group_is_made_changed_and_deleted(stage: Stage) -> None:
    pool = {"NodeAmount": 1, "NodeCapacity": 2, "NodeInstanceType": "appstreaming.vgpu.4c8g.2g"}
    network = {"DomainRules": [{"Domain": "example.com", "Policy": "allow"}]}
    options = {"NodePool": pool, "Network": network, "UserInfo": {"Type": "Simple"}}
    group = DeliveryGroup(stage, "Office", options)
    renamed = stage.named("Bureau")
    secured = {"SecurityPolicy": {"SkipUserAuthCheck": False}, "SessionTimeout": 60}
    group("ModifyAppInstanceGroupAttribute", AppInstanceGroupName=renamed, **secured)

    told = group("GetAppInstanceGroup")["AppInstanceGroupModels"]
    assert (told["AppInstanceGroupId"], told["AppInstanceGroupName"]) == (group.id, renamed)
    assert (told["SkipUserAuthCheck"], told["SessionTimeout"]) == (False, "60")
    names = ("AppCenterImageId", "AuthMode", "Status", "RegionId", "GmtCreate", "Apps", "NodePool")
    assert absent(told, *names) == []
    listed = stage.sdk(PRODUCT)("ListAppInstanceGroup", **CLOUD_APP, **PAGE, AppInstanceGroupName=renamed)
    assert listed["TotalCount"] == 1
    assert listed["AppInstanceGroupModels"][0]["AppInstanceGroupId"] == group.id
    assert absent(listed["AppInstanceGroupModels"][0], *names, "AppInstanceGroupName") == []

    group("DeleteAppInstanceGroup")
    left = stage.sdk(PRODUCT)("ListAppInstanceGroup", **CLOUD_APP, AppInstanceGroupName=renamed)
    assert (left["TotalCount"], left["AppInstanceGroupModels"]) == (0, [])


def users_are_authorized_and_connect(stage: Stage) -> None:
    group, alice, bob = DeliveryGroup(stage, "Design"), user(stage, "ada"), user(stage, "ben")
    group("AuthorizeInstanceGroup", AuthorizeUserIds=[alice, bob], UserMeta={"Type": "simple"})

    listed = group("ListAuthorizedUsers", **PAGE)
    assert ({each["EndUserId"] for each in listed["Users"]}, listed["TotalCount"]) == ({alice, bob}, 2)
    assert absent(listed["Users"][0], "AppInstanceGroupId", "AuthMode", "Email") == []
    assert set(group("PageListAppInstanceGroupUser", **PAGE)["Users"]) == {alice, bob}
    sdk = stage.sdk(PRODUCT)
    held = sdk("ListAuthorizedAppInstanceGroupByUser", EndUserId=alice, **CLOUD_APP, **PAGE)
    assert held["TotalCount"] == 1
    assert held["AppInstanceGroupModels"][0]["AppInstanceGroupId"] == group.id
    assert (
        absent(held["AppInstanceGroupModels"][0], "AppInstanceGroupName", "RegionId", "Apps", "Status") == []
    )
    wanted = {"AppId": group.app("Calculator"), "AppInstanceGroupIdList": [group.id], **CLOUD_APP}
    ticket = sdk("GetConnectionTicket", EndUserId=alice, **wanted)
    assert (ticket["AppInstanceGroupId"], ticket["TaskStatus"]) == (group.id, "Finished")
    assert absent(ticket, "Ticket", "TaskId", "OsType", "BizRegionId") == []

    group("AuthorizeInstanceGroup", UnAuthorizeUserIds=[alice, bob])
    assert group("ListAuthorizedUsers", **PAGE)["Users"] == []
    refused = sdk.refusal("GetConnectionTicket", EndUserId=alice, **wanted)
    assert refused == (400, "TryBind.NoCandidateAppInstanceGroup")


def user_groups_are_authorized(stage: Stage) -> None:
    group, eds = DeliveryGroup(stage, "Accounting"), stage.sdk("eds-user")
    team = eds("CreateGroup", GroupName=stage.named("accountants"))["GroupId"]
    group("AuthorizeInstanceGroup", AuthorizeUserGroupIds=[team])

    listed = group("ListAuthorizedUserGroups", **PAGE)
    assert ([each["GroupId"] for each in listed["UserGroups"]], listed["TotalCount"]) == ([team], 1)
    assert listed["UserGroups"][0]["GroupName"] == stage.named("accountants")
    group("AuthorizeInstanceGroup", UnAuthorizeUserGroupIds=[team])
    assert group("ListAuthorizedUserGroups", **PAGE)["UserGroups"] == []


def users_are_authorized_to_sessions(stage: Stage) -> None:
    group, carol = DeliveryGroup(stage, "Sessions", {"AuthMode": "Session"}), user(stage, "cleo")
    [session] = group("ListPersistentAppInstances", **PAGE)["PersistentAppInstanceModels"]
    assert absent(session, "AppInstancePersistentName", "AppInstancePersistentStatus", "GmtCreate") == []
    of_session = {"AppInstancePersistentId": session["AppInstancePersistentId"]}
    group("AuthorizeInstanceGroup", AuthorizeUserIds=[carol], **of_session)
    [session] = group("ListPersistentAppInstances", **PAGE)["PersistentAppInstanceModels"]
    assert session["AuthorizedUsers"] == [carol]


def users_are_authorized_to_single_applications(stage: Stage) -> None:
    group, dora, sdk = DeliveryGroup(stage, "Drawing"), user(stage, "dora"), stage.sdk(PRODUCT)
    terminal = {"AppId": group.app("Terminal")}
    group("AuthorizeUsersForApp", **terminal, AuthorizeUserIds=[dora], UserMeta={"Type": "simple"})

    listed = group("ListAppsByAppInstanceGroupId", **PAGE)
    assert listed["TotalCount"] == len(listed["Apps"]) == len(group.image["AppList"])
    counts = {each["AppName"]: each["AuthorizedUserCount"] for each in listed["Apps"]}
    assert (counts["Terminal"], counts["Calculator"]) == (1, 0)
    assert absent(listed["Apps"][0], "AppId", "AppVersion", "AppVersionName") == []
    of_dora = {"EndUserId": dora, "AppInstanceGroupId": group.id, "AppName": "term", **CLOUD_APP, **PAGE}
    held = sdk("ListAuthorizedAppsByUser", **of_dora)
    [app] = held["Apps"]
    assert (app["AppId"], app["AppInstanceGroupId"], held["TotalCount"]) == (terminal["AppId"], group.id, 1)
    assert (app["AppName"], app["AuthorizedUserCount"]) == ("Terminal", 1)
    assert absent(app, "AppInstanceGroupName", "AppVersion", "AppVersionName") == []

    group("AuthorizeUsersForApp", **terminal, UnAuthorizeUserIds=[dora])
    held = sdk("ListAuthorizedAppsByUser", **of_dora)
    assert (held["Apps"], held["TotalCount"]) == ([], 0)
    unknown = {"AppInstanceGroupId": group.id, "AppId": "ca-none", "AuthorizeUserIds": [dora]}
    refused = sdk.refusal("AuthorizeUsersForApp", **unknown, **CLOUD_APP)
    assert refused == (400, "InvalidAppId.NotFound")


def what_runs_is_told_and_ended(stage: Stage) -> None:
    group, sdk = DeliveryGroup(stage, "Workshop"), stage.sdk(PRODUCT)
    emil, fay = user(stage, "emil"), user(stage, "fay")
    group("AuthorizeInstanceGroup", AuthorizeUserIds=[emil, fay])
    of_emil, of_fay = opened(group, emil, "Terminal"), opened(group, fay, "Terminal")
    assert instances(group) == [of_fay, of_emil]

    narrowed = {"UserIdList": [emil], "AppInstanceIdList": [of_emil], "Status": ["BOUND"]}
    told = sdk("ListAppInstances", AppInstanceGroupId=group.id, **narrowed, **PAGE)
    [instance] = told["AppInstanceModels"]
    assert (instance["AppInstanceId"], told["TotalCount"]) == (of_emil, 1)
    assert (instance["AppInstanceGroupId"], instance["Status"]) == (group.id, "BOUND")
    assert instance["BindInfo"]["EndUserId"] == emil
    assert absent(instance, "ChargeType", "GmtCreate", "GmtModified") == []
    bound = sdk("ListBindInfo", AppInstanceGroupIdList=[group.id], UserIdList=[emil], **PAGE)
    [binding] = bound["BindInfoModels"]
    assert (binding["UserId"], binding["AppInstanceId"], bound["TotalCount"]) == (emil, of_emil, 1)
    assert (binding["AppId"], binding["AppInstanceGroupId"]) == (group.app("Terminal"), group.id)
    assert absent(binding, "WyId", "AccountType", "AppVersion", "ProductType", "RegionId") == []

    group("Unbind", EndUserId=emil, AppInstanceId=of_emil)
    assert_left(group, of_fay)
    unbound = {"AppInstanceGroupId": group.id, "EndUserId": emil, "AppInstanceId": of_emil}
    assert sdk.refusal("Unbind", **unbound, **CLOUD_APP) == (400, "RegionUnBind.Fail")
    group("LogOffAllSessionsInAppInstanceGroup")
    assert_left(group)


STORIES = (
    regions_and_images_are_told,
    a_delivery_group_is_made_changed_and_deleted,
    users_are_authorized_and_connect,
    user_groups_are_authorized,
    users_are_authorized_to_sessions,
    users_are_authorized_to_single_applications,
    what_runs_is_told_and_ended,
)
