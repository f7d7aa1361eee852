"""RAM users."""

from typing import Any

import pytest

from admit.control import things
from admit.control.callers import PolicyDetails, RoleDetails
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import MINUTE
from admit.services.ram.groups import GroupDetails
from admit.services.ram.users import UserDetails
from admit.store.engine import Author, Tx
from tests.callers import Callers, document, refused, statement, trust


def test_a_user_is_shown_as_it_was_made(callers: Callers) -> None:
    """a user is shown as it was made"""
    told = {
        "UserName": "alice",
        "DisplayName": "Alice",
        "MobilePhone": "86-18600008888",
        "Email": "alice@example.com",
        "Comments": "on call",
    }
    made = callers.ram("CreateUser", **told)["User"]

    assert told.items() <= made.items()
    assert made["UserId"].isdigit()
    assert made["CreateDate"] == "2026-05-28T20:26:40Z"
    assert callers.ram("GetUser", UserName="alice")["User"] == made | {"UpdateDate": made["CreateDate"]}


def test_what_a_user_was_not_given_is_left_out(callers: Callers) -> None:
    """what a user was not given is left out"""
    made = callers.ram("CreateUser", UserName="alice")["User"]
    assert set(made) == {"UserId", "UserName", "CreateDate"}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"UserName": "a" * 65}, "InvalidParameter.UserName.Length"),
        ({"UserName": "alice smith"}, "InvalidParameter.UserName.InvalidChars"),
        ({"UserName": "alice\n"}, "InvalidParameter.UserName.InvalidChars"),
        ({"UserName": "a/b"}, "InvalidParameter.UserName.InvalidChars"),
        ({"UserName": "álice"}, "InvalidParameter.UserName.InvalidChars"),
        ({"UserName": "alice", "DisplayName": "x" * 129}, "InvalidParameter.DisplayName.Length"),
        ({"UserName": "alice", "DisplayName": "a\tb"}, "InvalidParameter.DisplayName.InvalidChars"),
        ({"UserName": "alice", "Comments": "x" * 129}, "InvalidParameter.Comments.Length"),
        ({"UserName": "alice", "Email": "alice"}, "InvalidParameter.Email.Format"),
        ({"UserName": "alice", "Email": f"{'x' * 130}@example.com"}, "InvalidParameter.Email.Format"),
        ({"UserName": "alice", "MobilePhone": "18600008888"}, "InvalidParameter.MobilePhone.Format"),
        ({}, "MissingParameter.UserName"),
    ],
)
def test_a_user_that_is_not_valid_is_not_made(
    callers: Callers, parameters: dict[str, str], code: str
) -> None:
    """a user that is not valid is not made"""
    before = callers.system.revision()
    assert refused(callers.ram, "CreateUser", **parameters) == (400, code)
    assert callers.system.revision() == before


def test_a_name_is_taken_in_any_case_and_found_only_as_written(callers: Callers) -> None:
    """a name is taken in any case and found only as written"""
    callers.ram("CreateUser", UserName="alice")
    assert refused(callers.ram, "CreateUser", UserName="Alice") == (409, "EntityAlreadyExists.User")
    assert refused(callers.ram, "GetUser", UserName="Alice") == (404, "EntityNotExist.User")


def test_users_are_listed_page_by_page(callers: Callers) -> None:
    """users are listed page by page"""
    assert callers.ram("ListUsers")["Users"] == {"User": []}
    for number in range(5):
        callers.ram("CreateUser", UserName=f"user-{number}")

    seen, marker, truncated = [], None, True
    while truncated:
        answer = callers.ram("ListUsers", MaxItems=2, Marker=marker)
        seen += [each["UserName"] for each in answer["Users"]["User"]]
        truncated, marker = answer["IsTruncated"], answer.get("Marker")
        assert truncated == (marker is not None)
    assert seen == [f"user-{number}" for number in range(5)]
    assert {"UpdateDate", "CreateDate", "UserId"} <= set(callers.ram("ListUsers")["Users"]["User"][0])


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Marker": "elsewhere"}, "InvalidParameter.Marker"),
        ({"MaxItems": "0"}, "InvalidParameter.MaxItems"),
        ({"MaxItems": "1001"}, "InvalidParameter.MaxItems"),
        ({"MaxItems": "many"}, "InvalidParameter.MaxItems.Format"),
    ],
)
def test_a_page_that_cannot_be_is_refused(callers: Callers, parameters: dict[str, str], code: str) -> None:
    """a page that cannot be is refused"""
    assert refused(callers.ram, "ListUsers", **parameters) == (400, code)


def test_an_update_changes_what_it_names_and_clears_what_is_empty(callers: Callers) -> None:
    """an update changes what it names and clears what is empty"""
    callers.ram("CreateUser", UserName="alice", DisplayName="Alice", Comments="on call")
    callers.system.advance(MINUTE)

    answer = callers.ram("UpdateUser", UserName="alice", NewUserName="bob", NewComments="", NewEmail="b@x.io")

    assert answer["User"]["UserName"] == "bob"
    assert answer["User"]["DisplayName"] == "Alice"
    assert answer["User"]["Email"] == "b@x.io"
    assert "Comments" not in answer["User"]
    assert answer["User"]["UpdateDate"] == "2026-05-28T20:27:40Z"
    assert callers.ram("GetUser", UserName="bob")["User"] == answer["User"]
    assert refused(callers.ram, "GetUser", UserName="alice") == (404, "EntityNotExist.User")


def test_a_user_cannot_take_anothers_name(callers: Callers) -> None:
    """a user cannot take another's name"""
    for name in ("alice", "bob"):
        callers.ram("CreateUser", UserName=name)
    taken = refused(callers.ram, "UpdateUser", UserName="alice", NewUserName="BOB")
    assert taken == (409, "EntityAlreadyExists.User")
    assert refused(callers.ram, "UpdateUser", UserName="carol") == (404, "EntityNotExist.User")
    bad = refused(callers.ram, "UpdateUser", UserName="alice", NewMobilePhone="1")
    assert bad == (400, "InvalidParameter.NewMobilePhone.Format")


def test_a_name_is_free_again_once_its_user_is_deleted(callers: Callers) -> None:
    """a name is free again once its user is deleted"""
    first = callers.ram("CreateUser", UserName="alice")["User"]["UserId"]
    callers.ram("DeleteUser", UserName="alice")
    assert refused(callers.ram, "DeleteUser", UserName="alice") == (404, "EntityNotExist.User")
    assert callers.ram("CreateUser", UserName="alice")["User"]["UserId"] != first


def test_a_user_in_use_is_not_deleted(callers: Callers) -> None:
    """a user in use is not deleted"""
    key = callers.user("alice", statement("Allow", "ram:*"))
    callers.ram("CreateGroup", GroupName="dba")
    callers.ram("AddUserToGroup", UserName="alice", GroupName="dba")

    assert refused(callers.ram, "DeleteUser", UserName="alice") == (409, "DeleteConflict.User.AccessKey")
    callers.ram("DeleteAccessKey", UserName="alice", UserAccessKeyId=key.access_key_id)
    assert refused(callers.ram, "DeleteUser", UserName="alice") == (409, "DeleteConflict.User.Group")
    callers.ram("RemoveUserFromGroup", UserName="alice", GroupName="dba")
    assert refused(callers.ram, "DeleteUser", UserName="alice") == (409, "DeleteConflict.User.Policy")
    callers.ram("DetachPolicyFromUser", UserName="alice", PolicyName="of-alice", PolicyType="Custom")
    callers.ram("DeleteUser", UserName="alice")


POLICY = document(statement("Allow", "*"))
TRUST = trust("acs:ram::1:root")


@pytest.mark.parametrize(
    ("action", "parameters", "details", "most"),
    [
        ("CreateUser", {"UserName": "more"}, UserDetails(), 1000),
        ("CreateGroup", {"GroupName": "more"}, GroupDetails(), 50),
        ("CreateRole", {"RoleName": "more", "AssumeRolePolicyDocument": TRUST}, RoleDetails(TRUST), 1000),
        (
            "CreatePolicy",
            {"PolicyName": "more", "PolicyDocument": POLICY},
            PolicyDetails("Custom", "", "v1", POLICY),
            1500,
        ),
    ],
)
def test_an_account_has_so_many_and_no_more(
    callers: Callers, action: str, parameters: dict[str, str], details: Any, most: int
) -> None:
    """an account has so many and no more"""
    account = callers.system.admit.world.account_key
    word = action.removeprefix("Create")

    def fill(tx: Tx) -> None:
        for number in range(most - 1):
            things.add(tx, New(Kind[f"RAM_{word.upper()}"], account, f"n-{number}", details))

    callers.system.admit.store.write_now(Author("test", "test", "test"), fill)
    callers.ram(action, **(parameters | {f"{word}Name": "last"}))
    assert refused(callers.ram, action, **parameters) == (409, f"LimitExceeded.{word}")
