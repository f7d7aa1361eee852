"""Stories of RAM."""

import json
from typing import Any

from admit.rpc.signing import SigningKey
from tests.sdk.answers import absent
from tests.sdk.stage import Stage


def policy(action: str) -> str:
    """A document that allows an action."""
    return json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


def trust(stage: Stage) -> str:
    """A document that lets all of the account assume a role."""
    whom = {"RAM": [f"acs:ram::{stage.server.account_id}:root"]}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": whom}
    return json.dumps({"Version": "1", "Statement": [statement]})


def a_user_comes_changes_and_goes(stage: Stage) -> None:
    ram, name, renamed = stage.sdk("ram"), stage.named("alice"), stage.named("alicia")
    made = ram(
        "CreateUser", UserName=name, DisplayName="Alice", Email="a@example.com", MobilePhone="86-1380000"
    )
    assert absent(made["User"], "UserId", "CreateDate", "DisplayName", "Email", "MobilePhone") == []
    changed = ram(
        "UpdateUser", UserName=name, NewUserName=renamed, NewComments="told", NewEmail="b@example.com"
    )
    assert (changed["User"]["UserName"], changed["User"]["Comments"]) == (renamed, "told")

    user = ram("GetUser", UserName=renamed)["User"]
    assert (user["UserId"], user["Email"]) == (made["User"]["UserId"], "b@example.com")
    assert absent(user, "CreateDate", "UpdateDate", "DisplayName") == []
    listed = ram("ListUsers", MaxItems=100)
    assert user["UserId"] in [each["UserId"] for each in listed["Users"]["User"]]
    assert listed["IsTruncated"] is False

    ram("DeleteUser", UserName=renamed)
    assert ram.refusal("GetUser", UserName=renamed) == (404, "EntityNotExist.User")


def a_user_has_keys(stage: Stage) -> None:
    ram, name = stage.sdk("ram"), stage.named("keyed")
    ram("CreateUser", UserName=name)
    key = ram("CreateAccessKey", UserName=name)["AccessKey"]
    assert absent(key, "AccessKeyId", "AccessKeySecret", "CreateDate") == []
    caller = stage.sdk_with(SigningKey(key["AccessKeyId"], key["AccessKeySecret"]), "ram")
    assert caller.refusal("ListUsers") == (403, "NoPermission")

    held = {"UserName": name, "UserAccessKeyId": key["AccessKeyId"]}
    ram("UpdateAccessKey", **held, Status="Inactive")
    [listed] = ram("ListAccessKeys", UserName=name)["AccessKeys"]["AccessKey"]
    assert (listed["AccessKeyId"], listed["Status"]) == (key["AccessKeyId"], "Inactive")
    assert caller.refusal("ListUsers") == (400, "InvalidAccessKeyId.Inactive")
    ram("DeleteAccessKey", **held)
    assert caller.refusal("ListUsers") == (404, "InvalidAccessKeyId.NotFound")
    ram("DeleteUser", UserName=name)


def a_user_has_a_password(stage: Stage) -> None:
    ram, name = stage.sdk("ram"), stage.named("signing")
    ram("CreateUser", UserName=name)
    chosen = {"Password": "Correct-Horse-7", "PasswordResetRequired": True, "MFABindRequired": False}
    made = ram("CreateLoginProfile", UserName=name, **chosen)["LoginProfile"]
    assert (made["UserName"], absent(made, "CreateDate")) == (name, [])
    assert (made["PasswordResetRequired"], made["MFABindRequired"]) == (True, False)
    assert ram("GetLoginProfile", UserName=name)["LoginProfile"] == made

    ram("UpdateLoginProfile", UserName=name, Password="Other-Horse-8", PasswordResetRequired=False)
    changed = ram("GetLoginProfile", UserName=name)["LoginProfile"]
    assert changed == {**made, "PasswordResetRequired": False}
    ram("DeleteLoginProfile", UserName=name)
    assert ram.refusal("GetLoginProfile", UserName=name) == (404, "EntityNotExist.User.LoginProfile")
    ram("DeleteUser", UserName=name)


def a_group_has_users(stage: Stage) -> None:
    ram, user, group = stage.sdk("ram"), stage.named("member"), stage.named("team")
    made = ram("CreateGroup", GroupName=group, Comments="first")["Group"]
    changed = ram("UpdateGroup", GroupName=group, NewComments="second")["Group"]
    assert (changed["GroupId"], changed["Comments"]) == (made["GroupId"], "second")
    told = ram("GetGroup", GroupName=group)["Group"]
    assert absent(told, "GroupId", "GroupName", "CreateDate", "UpdateDate", "Comments") == []
    listed = ram("ListGroups", MaxItems=100)["Groups"]["Group"]
    assert made["GroupId"] in [each["GroupId"] for each in listed]

    ram("CreateUser", UserName=user, DisplayName="Member")
    ram("AddUserToGroup", UserName=user, GroupName=group)
    [member] = ram("ListUsersForGroup", GroupName=group)["Users"]["User"]
    assert (member["UserName"], absent(member, "JoinDate", "DisplayName")) == (user, [])
    [joined] = ram("ListGroupsForUser", UserName=user)["Groups"]["Group"]
    assert (joined["GroupName"], absent(joined, "JoinDate", "Comments", "GroupId")) == (group, [])

    ram("RemoveUserFromGroup", UserName=user, GroupName=group)
    assert ram("ListUsersForGroup", GroupName=group)["Users"]["User"] == []
    ram("DeleteGroup", GroupName=group)
    ram("DeleteUser", UserName=user)


def a_role_is_made_changed_and_deleted(stage: Stage) -> None:
    ram, name = stage.sdk("ram"), stage.named("admin")
    made = ram(
        "CreateRole",
        RoleName=name,
        AssumeRolePolicyDocument=trust(stage),
        Description="first",
        MaxSessionDuration=7200,
        Tag=[{"Key": "of", "Value": "story"}],
    )["Role"]
    assert made["Arn"] == f"acs:ram::{stage.server.account_id}:role/{name}"
    changed = ram("UpdateRole", RoleName=name, NewDescription="second", NewMaxSessionDuration=3600)["Role"]
    assert (changed["Description"], changed["MaxSessionDuration"]) == ("second", 3600)

    told = ram("GetRole", RoleName=name)["Role"]
    assert (told["RoleId"], told["MaxSessionDuration"]) == (made["RoleId"], 3600)
    assert json.loads(told["AssumeRolePolicyDocument"]) == json.loads(trust(stage))
    assert absent(told, "CreateDate", "UpdateDate", "Arn") == []
    listed = ram("ListRoles", MaxItems=100, Tag=[{"Key": "of", "Value": "story"}])["Roles"]["Role"]
    assert name in [each["RoleName"] for each in listed]
    assert listed[0]["Tags"]["Tag"] == [{"TagKey": "of", "TagValue": "story"}]
    ram("DeleteRole", RoleName=name)
    assert ram.refusal("GetRole", RoleName=name) == (404, "EntityNotExist.Role")


def a_policy_has_versions(stage: Stage) -> None:
    ram, name = stage.sdk("ram"), stage.named("reading")
    tags = [{"Key": "of", "Value": "story"}]
    made = ram("CreatePolicy", PolicyName=name, PolicyDocument=policy("ram:Get*"), Description="1", Tag=tags)
    assert absent(made["Policy"], "PolicyName", "PolicyType", "DefaultVersion", "CreateDate") == []
    changed = ram("UpdatePolicyDescription", PolicyName=name, NewDescription="2")["Policy"]
    assert changed["Description"] == "2"
    new = ram("CreatePolicyVersion", PolicyName=name, PolicyDocument=policy("ram:List*"))["PolicyVersion"]
    assert (new["VersionId"], new["IsDefaultVersion"]) == ("v2", False)

    ram("SetDefaultPolicyVersion", PolicyName=name, VersionId="v2")
    told = ram("GetPolicy", PolicyName=name, PolicyType="Custom")
    assert (told["Policy"]["DefaultVersion"], told["Policy"]["AttachmentCount"]) == ("v2", 0)
    assert json.loads(told["DefaultPolicyVersion"]["PolicyDocument"]) == json.loads(policy("ram:List*"))
    first = ram("GetPolicyVersion", PolicyName=name, PolicyType="Custom", VersionId="v1")["PolicyVersion"]
    assert (first["IsDefaultVersion"], absent(first, "PolicyDocument", "CreateDate")) == (False, [])
    versions = ram("ListPolicyVersions", PolicyName=name, PolicyType="Custom")["PolicyVersions"]
    assert {each["VersionId"] for each in versions["PolicyVersion"]} == {"v1", "v2"}
    listed = ram("ListPolicies", PolicyType="Custom", Tag=tags, MaxItems=100)["Policies"]["Policy"]
    assert name in [each["PolicyName"] for each in listed]

    ram("DeletePolicyVersion", PolicyName=name, VersionId="v1")
    ram("DeletePolicy", PolicyName=name)
    assert ram.refusal("GetPolicy", PolicyName=name, PolicyType="Custom") == (404, "EntityNotExist.Policy")


def policies_are_attached(stage: Stage) -> None:
    ram, name = stage.sdk("ram"), stage.named("attached")
    named: dict[str, Any] = {"PolicyName": name, "PolicyType": "Custom"}
    ram("CreatePolicy", PolicyName=name, PolicyDocument=policy("ram:Get*"), Description="told")
    ram("CreateUser", UserName=name)
    ram("CreateGroup", GroupName=name)
    ram("CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(stage))
    for kind in ("User", "Group", "Role"):
        ram(f"AttachPolicyTo{kind}", **named, **{f"{kind}Name": name})
        [held] = ram(f"ListPoliciesFor{kind}", **{f"{kind}Name": name})["Policies"]["Policy"]
        assert (held["PolicyName"], held["PolicyType"]) == (name, "Custom")
        assert absent(held, "DefaultVersion", "AttachDate", "Description") == []

    entities = ram("ListEntitiesForPolicy", **named)
    for kind in ("User", "Group", "Role"):
        [entity] = entities[f"{kind}s"][kind]
        assert (entity[f"{kind}Name"], absent(entity, "AttachDate")) == (name, [])
        ram(f"DetachPolicyFrom{kind}", **named, **{f"{kind}Name": name})
    assert ram("ListEntitiesForPolicy", **named)["Users"]["User"] == []


STORIES = (
    a_user_comes_changes_and_goes,
    a_user_has_keys,
    a_user_has_a_password,
    a_group_has_users,
    a_role_is_made_changed_and_deleted,
    a_policy_has_versions,
    policies_are_attached,
)
