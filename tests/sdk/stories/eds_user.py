"""Stories of Convenience users."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.sdk.answers import absent
from tests.sdk.stage import Stage


@contextmanager
def convenience_users(stage: Stage, *names: str) -> Iterator[tuple[str, ...]]:
    """Users, who leave again."""
    eds, them = stage.sdk("eds-user"), tuple(stage.named(name) for name in names)
    users = [{"EndUserId": name, "Email": f"{name}@example.com", "Remark": "told"} for name in them]
    made = eds("CreateUsers", Users=users, AutoLockTime="2099-12-31 00:00:00", IsLocalAdmin=True)
    assert made["AllSucceed"] is True
    assert [user["EndUserId"] for user in made["CreateResult"]["CreatedUsers"]] == list(them)
    yield them
    removed = eds("RemoveUsers", Users=[*them, "nobody_at_all"])["RemoveUsersResult"]
    assert set(removed["RemovedUsers"]) == set(them)
    assert [user["EndUserId"] for user in removed["FailedUsers"]] == ["nobody_at_all"]


def users_come_change_and_go(stage: Stage) -> None:
    eds = stage.sdk("eds-user")
    with convenience_users(stage, "alice", "bob") as (alice, bob):
        eds("ModifyUser", EndUserId=alice, Email="a@example.org", Phone="13811111111")

        user = eds("DescribeUser", EndUserId=alice)["User"]
        assert (user["EndUserId"], user["Email"]) == (alice, "a@example.org")
        assert absent(user, "WyId", "NickName", "GmtCreate", "Phone", "Remark") == []
        listed = eds("DescribeUsers", EndUserIds=[alice, bob], MaxResults=1, ShowExtras={"a": "b"})
        assert (listed["Count"], [each["EndUserId"] for each in listed["Users"]]) == (2, [alice])
        assert absent(listed["Users"][0], "Id", "WyId", "NickName", "Email", "Phone", "OwnerType") == []
        rest = eds("DescribeUsers", EndUserIds=[alice, bob], MaxResults=1, NextToken=listed["NextToken"])
        assert [each["EndUserId"] for each in rest["Users"]] == [bob]


def users_are_locked_and_unlocked(stage: Stage) -> None:
    eds = stage.sdk("eds-user")
    with convenience_users(stage, "carol", "dave") as (alice, bob):
        locked = eds("LockUsers", Users=[alice, "nobody_at_all"], LogoutSession=True)["LockUsersResult"]
        assert locked["LockedUsers"] == [alice]
        assert absent(locked["FailedUsers"][0], "EndUserId", "ErrorCode", "ErrorMessage") == []
        assert [eds("DescribeUser", EndUserId=each)["User"]["Status"] for each in (alice, bob)] == [9, 0]

        unlocked = eds("UnlockUsers", Users=[alice], AutoLockTime="2099-12-31 00:00:00")["UnlockUsersResult"]
        assert (unlocked["UnlockedUsers"], unlocked["FailedUsers"]) == ([alice], [])
        assert eds("DescribeUser", EndUserId=alice)["User"]["Status"] == 0


def users_join_and_leave_groups(stage: Stage) -> None:
    eds = stage.sdk("eds-user")
    with convenience_users(stage, "erin", "frank") as (alice, bob):
        design = eds("CreateGroup", GroupName=stage.named("design"), Description="draws")["GroupId"]
        eds("ModifyGroup", GroupId=design, NewGroupName=stage.named("art"), Description="paints")
        eds("UserBatchJoinGroup", GroupId=design, EndUserIds=[alice, bob])

        listed = eds("DescribeGroups", GroupId=design, PageNumber=1, PageSize=10)
        [group] = listed["Groups"]
        assert (listed["Count"], group["GroupName"]) == (1, stage.named("art"))
        assert (group["UserCount"], group["Description"]) == (2, "paints")
        assert absent(group, "GroupId", "CreateTime") == []
        members = eds("DescribeGroupUser", GroupId=design, MaxResults=10)
        assert [each["EndUserId"] for each in members["Users"]] == [alice, bob]
        assert absent(members["Users"][0], "Email", "GmtJoinGroup", "GmtCreated") == []
        told = eds("DescribeUsers", GroupId=design)["Users"]
        assert [each["Groups"][0]["GroupName"] for each in told] == [stage.named("art")] * 2

        eds("UserBatchQuitGroup", GroupId=design, EndUserIds=[alice, bob])
        assert eds("DescribeGroupUser", GroupId=design)["Users"] == []
        eds("RemoveGroup", GroupId=design)
        assert eds("DescribeGroups", GroupId=design)["Groups"] == []


STORIES = (users_come_change_and_go, users_are_locked_and_unlocked, users_join_and_leave_groups)
