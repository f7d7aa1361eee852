"""RAM roles."""

from typing import Any

import pytest

from admit.core.validity import MINUTE
from tests.callers import Callers, document, refused, statement, trust

TRUST = trust("acs:ram::1234567890123456:root")


def test_a_role_is_shown_as_it_was_made(callers: Callers) -> None:
    """a role is shown as it was made"""
    made = callers.ram(
        "CreateRole",
        RoleName="admin",
        AssumeRolePolicyDocument=TRUST,
        Description="rules",
        MaxSessionDuration=7200,
        AllowConsoleLogin="True",
    )["Role"]
    assert made == {
        "RoleId": made["RoleId"],
        "RoleName": "admin",
        "Arn": callers.arn("role/admin"),
        "AssumeRolePolicyDocument": TRUST,
        "Description": "rules",
        "MaxSessionDuration": 7200,
        "AllowConsoleLogin": True,
        "CreateDate": "2026-05-28T20:26:40Z",
    }
    shown = callers.ram("GetRole", RoleName="admin")["Role"]
    assert shown == made | {
        "UpdateDate": made["CreateDate"],
        "IsServiceLinkedRole": False,
        "RolePrincipalName": f"admin@role.{callers.account}.onaliyunservice.com",
    }
    listed = callers.ram("ListRoles")["Roles"]["Role"]
    del made["AssumeRolePolicyDocument"]
    assert listed == [made | {"UpdateDate": made["CreateDate"], "Tags": {"Tag": []}}]


def test_a_role_that_says_no_more_has_an_hour_and_no_console(callers: Callers) -> None:
    """a role that says no more has an hour and no console"""
    made = callers.ram("CreateRole", RoleName="admin", AssumeRolePolicyDocument=TRUST)["Role"]
    assert (made["MaxSessionDuration"], made["AllowConsoleLogin"]) == (3600, False)
    assert "Description" not in made


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"RoleName": "x" * 65}, 400, "InvalidParameter.RoleName.Length"),
        ({"RoleName": "a_b"}, 400, "InvalidParameter.RoleName.InvalidChars"),
        ({"RoleName": "TAKEN"}, 409, "EntityAlreadyExists.Role"),
        ({"AssumeRolePolicyDocument": " " * 6145}, 400, "InvalidParameter.AssumeRolePolicyDocument.Length"),
        ({"AssumeRolePolicyDocument": "{}"}, 400, "MalformedPolicyDocument"),
        ({"AssumeRolePolicyDocument": document(statement("Allow", "*"))}, 400, "MalformedPolicyDocument"),
        ({"MaxSessionDuration": 3599}, 400, "InvalidParameter.MaxSessionDuration"),
        ({"MaxSessionDuration": 43201}, 400, "InvalidParameter.MaxSessionDuration"),
        ({"Tag": '[{"Key":"a"},{"Key":"a"}]'}, 400, "InvalidParameter.Tag"),
    ],
)
def test_a_role_that_cannot_be_is_refused(
    callers: Callers, parameters: dict[str, Any], status: int, code: str
) -> None:
    """a role that cannot be is refused"""
    callers.role("taken", TRUST)
    before = callers.system.revision()
    asked = {"RoleName": "admin", "AssumeRolePolicyDocument": TRUST, **parameters}
    assert refused(callers.ram, "CreateRole", **asked) == (status, code)
    assert callers.system.revision() == before


def test_roles_are_listed_page_by_page_and_by_tag(callers: Callers) -> None:
    """roles are listed page by page and by tag"""
    for number in range(3):
        callers.role(f"r-{number}", TRUST, Tag=f'[{{"Key":"n","Value":"{number % 2}"}}]')
    first = callers.ram("ListRoles", MaxItems=2)
    assert [each["RoleName"] for each in first["Roles"]["Role"]] == ["r-0", "r-1"]
    rest = callers.ram("ListRoles", MaxItems=2, Marker=first["Marker"])
    assert [each["RoleName"] for each in rest["Roles"]["Role"]] == ["r-2"]
    assert rest["IsTruncated"] is False
    even = callers.ram("ListRoles", Tag='[{"Key":"n","Value":"0"}]')["Roles"]["Role"]
    assert [each["RoleName"] for each in even] == ["r-0", "r-2"]
    assert even[0]["Tags"]["Tag"] == [{"TagKey": "n", "TagValue": "0"}]


def test_an_update_changes_what_it_names(callers: Callers) -> None:
    """an update changes what it names"""
    callers.role("admin", TRUST, Description="rules", MaxSessionDuration=7200)
    callers.system.advance(MINUTE)
    other = trust("acs:ram::1234567890123456:user/alice")
    changed = callers.ram("UpdateRole", RoleName="admin", NewAssumeRolePolicyDocument=other)["Role"]
    assert changed["AssumeRolePolicyDocument"] == other
    assert (changed["Description"], changed["MaxSessionDuration"]) == ("rules", 7200)
    assert changed["UpdateDate"] > changed["CreateDate"]

    changed = callers.ram(
        "UpdateRole",
        RoleName="admin",
        NewDescription="",
        NewMaxSessionDuration=3600,
        NewAllowConsoleLogin=True,
    )["Role"]
    assert "Description" not in changed
    assert (changed["MaxSessionDuration"], changed["AllowConsoleLogin"]) == (3600, True)
    assert callers.ram("GetRole", RoleName="admin")["Role"] == changed | {
        "IsServiceLinkedRole": False,
        "RolePrincipalName": f"admin@role.{callers.account}.onaliyunservice.com",
    }


def test_an_update_that_cannot_be_is_refused(callers: Callers) -> None:
    """an update that cannot be is refused"""
    callers.role("admin", TRUST)
    absent = refused(callers.ram, "UpdateRole", RoleName="none", NewDescription="x")
    assert absent == (404, "EntityNotExist.Role")
    for text, code in (
        ("{}", "MalformedPolicyDocument"),
        (" " * 6145, "InvalidParameter.NewAssumeRolePolicyDocument.Length"),
    ):
        asked = {"RoleName": "admin", "NewAssumeRolePolicyDocument": text}
        assert refused(callers.ram, "UpdateRole", **asked) == (400, code)


def test_a_role_with_a_policy_is_not_deleted(callers: Callers) -> None:
    """a role with a policy is not deleted"""
    callers.role("admin", TRUST, statement("Allow", "*"))
    assert refused(callers.ram, "DeleteRole", RoleName="admin") == (409, "DeleteConflict.Role.Policy")
    callers.ram("DetachPolicyFromRole", RoleName="admin", PolicyName="of-role-admin", PolicyType="Custom")
    callers.ram("DeleteRole", RoleName="admin")
    assert refused(callers.ram, "GetRole", RoleName="admin") == (404, "EntityNotExist.Role")
    callers.role("admin", TRUST)
