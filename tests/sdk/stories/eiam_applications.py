"""Stories of applications, and of who may use them."""

from tests.sdk.answers import absent
from tests.sdk.stage import Stage
from tests.sdk.stories.idaas import Idaas

INHERITED = {"QueryMode": "IncludeInherit"}


def an_application_is_made_changed_and_deleted(stage: Stage) -> None:
    idaas = Idaas(stage)
    owner, owners = idaas.user("owner"), idaas.group("owners")
    wiki = idaas.application(
        "wiki",
        ApplicationOwner={"UserIds": [owner], "GroupIds": [owners]},
        CustomFields=[{"FieldName": "tier", "FieldValue": "1"}],
        LogoUrl="https://example.com/w.png",
    )
    changed = {"ApplicationName": "pages", "ApplicationVisibility": ["portal"]}
    changed["CustomFields"] = [{"FieldName": "tier", "Operation": "remove"}]
    idaas.once("UpdateApplicationInfo", ApplicationId=wiki, **changed)
    idaas("UpdateApplicationDescription", ApplicationId=wiki, Description="all pages")
    idaas("UpdateApplicationAuthorizationType", ApplicationId=wiki, AuthorizationType="default_all")
    idaas("DisableApplication", ApplicationId=wiki)

    told = idaas("GetApplication", ApplicationId=wiki)["Application"]
    assert (told["ApplicationName"], told["Description"]) == ("pages", "all pages")
    assert (told["AuthorizationType"], told["Status"]) == ("default_all", "disabled")
    assert told["ApplicationOwner"] == {"UserIds": [owner], "GroupIds": [owners]}
    assert (told["ApplicationVisibility"], told["CustomFields"]) == (["portal"], [])
    times = ("CreateTime", "UpdateTime")
    assert absent(told, *times, "ClientId", "SsoType", "Features", "ApplicationSourceType", "LogoUrl") == []
    listed = idaas("ListApplications", ApplicationName="pages", Status="disabled")
    assert ([each["ApplicationId"] for each in listed["Applications"]], listed["TotalCount"]) == ([wiki], 1)
    assert absent(listed["Applications"][0], *times, "ApplicationName", "SsoType", "Status") == []

    idaas("EnableApplication", ApplicationId=wiki)
    assert idaas("GetApplication", ApplicationId=wiki)["Application"]["Status"] == "enabled"
    idaas("DisableApplication", ApplicationId=wiki)
    idaas("DeleteApplication", ApplicationId=wiki)
    assert idaas("ListApplications")["TotalCount"] == 0


def users_may_use_an_application(stage: Stage) -> None:
    idaas = Idaas(stage)
    wiki, alice = idaas.application("wiki"), idaas.user("alice")
    idaas("AuthorizeApplicationToUsers", ApplicationId=wiki, UserIds=[alice])

    listed = idaas("ListUsersForApplication", ApplicationId=wiki)
    assert ([each["UserId"] for each in listed["Users"]], listed["TotalCount"]) == ([alice], 1)
    held = idaas("ListApplicationsForUser", UserId=alice, QueryMode="OnlyDirect")
    assert [each["ApplicationId"] for each in held["Applications"]] == [wiki]
    assert held["Applications"][0]["HasDirectAuthorization"] is True

    idaas("RevokeApplicationFromUsers", ApplicationId=wiki, UserIds=[alice])
    assert idaas("ListApplicationsForUser", UserId=alice)["TotalCount"] == 0


def groups_may_use_an_application(stage: Stage) -> None:
    idaas = Idaas(stage)
    wiki, alice, readers = idaas.application("wiki"), idaas.user("alice"), idaas.group("readers")
    idaas("AddUsersToGroup", GroupId=readers, UserIds=[alice])
    idaas("AuthorizeApplicationToGroups", ApplicationId=wiki, GroupIds=[readers])

    listed = idaas("ListGroupsForApplication", ApplicationId=wiki)
    assert ([each["GroupId"] for each in listed["Groups"]], listed["TotalCount"]) == ([readers], 1)
    held = idaas("ListApplicationsForGroup", GroupId=readers)
    assert [each["ApplicationId"] for each in held["Applications"]] == [wiki]
    assert held["TotalCount"] == 1
    [inherited] = idaas("ListApplicationsForUser", UserId=alice, **INHERITED)["Applications"]
    assert (inherited["HasDirectAuthorization"], inherited["HasInheritAuthorization"]) == (False, True)

    idaas("RevokeApplicationFromGroups", ApplicationId=wiki, GroupIds=[readers])
    assert idaas("ListApplicationsForUser", UserId=alice, **INHERITED)["Applications"] == []


def units_may_use_an_application(stage: Stage) -> None:
    idaas = Idaas(stage)
    wiki, office = idaas.application("wiki"), idaas.unit("office")
    alice = idaas.user("alice", office)
    grant = {"ApplicationId": wiki, "OrganizationalUnitIds": [office]}
    idaas("AuthorizeApplicationToOrganizationalUnits", **grant)

    listed = idaas("ListOrganizationalUnitsForApplication", ApplicationId=wiki)
    assert [each["OrganizationalUnitId"] for each in listed["OrganizationalUnits"]] == [office]
    assert listed["TotalCount"] == 1
    held = idaas("ListApplicationsForOrganizationalUnit", OrganizationalUnitId=office)
    assert [each["ApplicationId"] for each in held["Applications"]] == [wiki]
    [inherited] = idaas("ListApplicationsForUser", UserId=alice, **INHERITED)["Applications"]
    assert inherited["HasInheritAuthorization"] is True

    idaas("RevokeApplicationFromOrganizationalUnits", **grant)
    assert idaas("ListApplicationsForOrganizationalUnit", OrganizationalUnitId=office)["TotalCount"] == 0


STORIES = (
    an_application_is_made_changed_and_deleted,
    users_may_use_an_application,
    groups_may_use_an_application,
    units_may_use_an_application,
)
