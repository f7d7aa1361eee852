"""Convenience users one by one."""

import pytest

from admit.core.links import Kind
from admit.store import things
from tests.callers import Callers, statement
from tests.services.edsuser.directory import Directory
from tests.system import Refused


def test_a_user_is_told_about(directory: Directory):
    directory.call(
        "CreateUsers", Users=[{"EndUserId": "alice", "Email": "alice@example.com", "Remark": "Designer"}]
    )

    told = directory.call("DescribeUser", EndUserId="alice")["User"]

    assert len(told.pop("WyId")) == 16
    assert told == {
        "EndUserId": "alice",
        "Status": 0,
        "NickName": "Designer",
        "GmtCreate": directory.system.clock.now(),
        "OrgIds": [],
        "OrgPaths": [],
        "Properties": [],
        "Email": "alice@example.com",
        "Remark": "Designer",
    }


@pytest.mark.parametrize(
    ("action", "parameters", "status", "code"),
    [
        ("DescribeUser", {"EndUserId": "nobody"}, 404, "UserNotFound"),
        ("DescribeUser", {}, 400, "MissingParameter.EndUserId"),
        ("ModifyUser", {"EndUserId": "nobody"}, 404, "UserNotFound"),
        ("ModifyUser", {"EndUserId": "alice", "Email": "x"}, 400, "InvalidParameter.Email"),
        ("ModifyUser", {"EndUserId": "alice", "Email": ""}, 400, "InvalidParameter.Email"),
        ("ModifyUser", {"EndUserId": "alice", "Phone": "x"}, 400, "InvalidParameter.Phone"),
        ("RemoveUsers", {}, 400, "MissingParameter.Users"),
    ],
)
def test_what_cannot_be_done_is_told(
    directory: Directory, action: str, parameters: dict[str, str], status: int, code: str
):
    directory.add("alice")
    before = directory.system.revision()

    with pytest.raises(Refused) as refused:
        directory.call(action, **parameters)

    assert (refused.value.status, refused.value.code) == (status, code)
    assert directory.system.revision() == before


def test_a_change_leaves_alone_what_it_does_not_name(directory: Directory):
    directory.add("alice")

    directory.call("ModifyUser", EndUserId="alice", Phone="13811111111")
    both = directory.one("alice")
    directory.call("ModifyUser", EndUserId="alice", Email="")
    after = directory.one("alice")

    assert (both["Email"], both["Phone"]) == ("alice@example.com", "13811111111")
    assert "Email" not in after
    assert after["Phone"] == "13811111111"


def test_a_change_to_what_is_so_already_changes_nothing(directory: Directory):
    directory.add("alice")
    before = directory.system.revision()

    directory.call("ModifyUser", EndUserId="alice", Email="alice@example.com")

    assert directory.system.revision() == before


def test_removing_tells_of_each_user_what_became_of_it(directory: Directory):
    directory.add("alice", "bob")

    answer = directory.call("RemoveUsers", Users=["alice", "nobody", "alice"])["RemoveUsersResult"]

    assert answer["RemovedUsers"] == ["alice"]
    assert answer["FailedUsers"] == [
        {
            "EndUserId": "nobody",
            "ErrorCode": "InvalidUsername",
            "ErrorMessage": "nobody is an invalid username.",
        }
    ]
    assert directory.names() == ["bob"]


def test_a_removed_user_is_in_no_group_and_no_person_remains(directory: Directory):
    directory.add("alice", "bob")
    group = directory.group("design", "alice", "bob")

    directory.call("RemoveUsers", Users=["alice"])

    assert directory.members(group) == ["bob"]
    with directory.system.admit.store.read() as sql:
        assert things.by_handle(sql, Kind.PERSON, 0, "alice") is None


def test_a_name_can_be_used_again_by_somebody_else(directory: Directory):
    directory.add("alice")
    first = directory.one("alice")
    directory.call("RemoveUsers", Users=["alice"])

    directory.add("alice")

    second = directory.one("alice")
    assert second["WyId"] != first["WyId"]
    assert second["Id"] != first["Id"]
    assert second["Groups"] == []


def test_permissions_are_named_after_cloud_desktops(directory: Directory):
    callers = Callers(directory.system)
    key = callers.user("operator")
    callers.policy("readers", statement("Allow", "ecd:Describe*"))
    callers.attach("readers", user="operator")

    found = directory.call("DescribeUsers", key)
    with pytest.raises(Refused) as refused:
        directory.call("RemoveUsers", key, Users=["alice"])

    assert found["Count"] == 0
    assert (refused.value.status, refused.value.code) == (403, "NoPermission")
