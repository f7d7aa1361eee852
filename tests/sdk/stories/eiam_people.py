"""Stories of IDaaS instances, units, accounts and groups."""

from tests.sdk.answers import absent
from tests.sdk.stage import Stage
from tests.sdk.stories.idaas import Idaas

TIMES = ("CreateTime", "UpdateTime")


def an_instance_lives_and_is_deleted(stage: Stage) -> None:
    eiam = stage.sdk("eiam")
    made = eiam("CreateInstance", Description="first", ClientToken=stage.named("instance"))["InstanceId"]
    assert (
        eiam("CreateInstance", Description="first", ClientToken=stage.named("instance"))["InstanceId"] == made
    )

    eiam("UpdateInstanceDescription", InstanceId=made, Description="second")
    told = eiam("GetInstance", InstanceId=made)["Instance"]
    assert (told["InstanceId"], told["Description"], told["Status"]) == (made, "second", "running")
    assert absent(told, "CreateTime", "DefaultEndpoint") == []
    listed = eiam("ListInstances", InstanceIds=[made], PageNumber=1, PageSize=10)
    assert (listed["TotalCount"], listed["Instances"][0]["InstanceId"]) == (1, made)

    assert eiam("CheckInstanceForDelete", InstanceId=made)["CheckInstanceResult"]["Deletable"] is True
    eiam("DeleteInstance", InstanceId=made)
    assert eiam.refusal("GetInstance", InstanceId=made) == (404, "ResourceNotFound.Instance")


def units_form_a_tree(stage: Stage) -> None:
    idaas = Idaas(stage)
    office, lab = idaas.unit("office"), idaas.unit("lab")
    desk = idaas.unit("desk", office)
    idaas("UpdateOrganizationalUnit", OrganizationalUnitId=desk, OrganizationalUnitName="front desk")
    idaas("UpdateOrganizationalUnitDescription", OrganizationalUnitId=desk, Description="by the door")
    idaas("UpdateOrganizationalUnitParentId", OrganizationalUnitId=desk, ParentId=lab)

    told = idaas("GetOrganizationalUnit", OrganizationalUnitId=desk)["OrganizationalUnit"]
    assert (told["OrganizationalUnitName"], told["Description"]) == ("front desk", "by the door")
    assert (told["ParentId"], told["Leaf"]) == (lab, True)
    assert absent(told, *TIMES, "InstanceId", "OrganizationalUnitSourceType") == []
    listed = idaas("ListOrganizationalUnits", ParentId=idaas.root)
    assert {each["OrganizationalUnitId"] for each in listed["OrganizationalUnits"]} == {office, lab}
    assert listed["TotalCount"] == 2
    parents = idaas("ListOrganizationalUnitParents", OrganizationalUnitId=desk)["Parents"]
    assert {each["OrganizationalUnitId"] for each in parents} == {lab, idaas.root}
    assert any(each.get("ParentId") == idaas.root for each in parents)

    idaas("DeleteOrganizationalUnit", OrganizationalUnitId=office)
    idaas("DeleteOrganizationalUnitChildren", OrganizationalUnitId=lab)
    left = idaas("ListOrganizationalUnits", ParentId=idaas.root)
    assert (left["OrganizationalUnits"], left["TotalCount"]) == ([], 0)


def an_account_is_made_changed_and_deleted(stage: Stage) -> None:
    idaas = Idaas(stage)
    alice = idaas.user(
        "alice",
        DisplayName="Alice Doe",
        Email="alice@example.com",
        EmailVerified=True,
        PhoneRegion="86",
        PhoneNumber="15600000001",
        PhoneNumberVerified=True,
        CustomFields=[{"FieldName": "tier", "FieldValue": "1"}],
        Password="A passW0rd!",
        PasswordInitializationConfig={"PasswordForcedUpdateStatus": "enabled"},
    )
    changed = [{"FieldName": "tier", "FieldValue": "2", "Operation": "replace"}]
    idaas("UpdateUser", UserId=alice, DisplayName="Alice D.", CustomFields=changed)
    idaas("UpdateUserDescription", UserId=alice, Description="likes ids")
    idaas("UpdateUserPassword", UserId=alice, Password="B passW0rd!", PasswordForcedUpdateStatus="disabled")

    told = idaas("GetUser", UserId=alice)["User"]
    assert (told["UserId"], told["Username"], told["DisplayName"]) == (alice, "alice", "Alice D.")
    assert (told["Email"], told["EmailVerified"]) == ("alice@example.com", True)
    assert (told["Description"], told["PasswordSet"], told["Status"]) == ("likes ids", True, "enabled")
    assert told["CustomFields"] == [{"FieldName": "tier", "FieldValue": "2"}]
    assert absent(told, *TIMES, "RegisterTime", "UserSourceType", "OrganizationalUnits") == []
    listed = idaas("ListUsers", UsernameStartsWith="ali", MaxResults=5)
    assert [each["UserId"] for each in listed["Users"]] == [alice]
    assert absent(listed["Users"][0], *TIMES, "Username", "Status", "DisplayName", "Email") == []

    idaas("DisableUser", UserId=alice)
    assert idaas("GetUser", UserId=alice)["User"]["Status"] == "disabled"
    idaas("EnableUser", UserId=alice)
    idaas("UnlockUser", UserId=alice)
    idaas("DeleteUser", UserId=alice)
    refusal = stage.sdk("eiam").refusal("GetUser", InstanceId=idaas.id, UserId=alice)
    assert refusal == (404, "ResourceNotFound.User")


def an_account_stands_in_units(stage: Stage) -> None:
    idaas = Idaas(stage)
    office, lab = idaas.unit("office"), idaas.unit("lab")
    alice = idaas.user("alice", office)
    idaas("AddUserToOrganizationalUnits", UserId=alice, OrganizationalUnitIds=[lab])
    idaas("SetUserPrimaryOrganizationalUnit", UserId=alice, OrganizationalUnitId=lab)

    told = idaas("GetUser", UserId=alice)["User"]
    assert {(each["OrganizationalUnitId"], each["Primary"]) for each in told["OrganizationalUnits"]} == {
        (office, False),
        (lab, True),
    }
    assert told["PrimaryOrganizationalUnitId"] == lab
    idaas("RemoveUserFromOrganizationalUnits", UserId=alice, OrganizationalUnitIds=[office])
    assert [each["UserId"] for each in idaas("ListUsers", OrganizationalUnitId=lab)["Users"]] == [alice]
    assert idaas("ListUsers", OrganizationalUnitId=office)["Users"] == []


def a_group_has_members(stage: Stage) -> None:
    idaas = Idaas(stage)
    alice, bob = idaas.user("alice"), idaas.user("bob")
    dba = idaas("CreateGroup", GroupName="dba", GroupExternalId="x-1", Description="databases")["GroupId"]
    idaas("UpdateGroup", GroupId=dba, GroupName="database people", GroupExternalId="x-2")
    idaas("UpdateGroupDescription", GroupId=dba, Description="all of them")
    idaas("AddUsersToGroup", GroupId=dba, UserIds=[alice, bob])

    told = idaas("GetGroup", GroupId=dba)["Group"]
    assert (told["GroupName"], told["GroupExternalId"]) == ("database people", "x-2")
    assert (told["GroupId"], told["Description"]) == (dba, "all of them")
    assert absent(told, *TIMES, "GroupSourceType", "InstanceId") == []
    listed = idaas("ListGroups", GroupNameStartsWith="data")
    assert ([each["GroupId"] for each in listed["Groups"]], listed["TotalCount"]) == ([dba], 1)
    members = idaas("ListUsersForGroup", GroupId=dba, PageNumber=1, PageSize=10)
    assert ({each["UserId"] for each in members["Users"]}, members["TotalCount"]) == ({alice, bob}, 2)
    assert absent(members["Users"][0], "GroupMemberRelationSourceType") == []
    groups = idaas("ListGroupsForUser", UserId=bob)
    assert ([each["GroupId"] for each in groups["Groups"]], groups["TotalCount"]) == ([dba], 1)

    idaas("RemoveUsersFromGroup", GroupId=dba, UserIds=[alice, bob])
    assert idaas("ListGroupsForUser", UserId=bob)["Groups"] == []
    idaas("DeleteGroup", GroupId=dba)
    assert idaas("ListGroups")["TotalCount"] == 0


STORIES = (
    an_instance_lives_and_is_deleted,
    units_form_a_tree,
    an_account_is_made_changed_and_deleted,
    an_account_stands_in_units,
    a_group_has_members,
)
