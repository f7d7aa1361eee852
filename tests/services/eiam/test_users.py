"""Accounts: made, read, changed, switched off, deleted."""

import json

import pytest
from argon2 import PasswordHasher

from admit.control import grants, things
from admit.control.signing_in.passwords import PASSWORD
from admit.core.links import Kind
from admit.core.validity import DAY, Validity
from admit.store import things as stored
from admit.store.engine import Author, Tx
from admit.store.tables import changes
from tests.services.eiam.company import Answer, Company, ids
from tests.services.eiam.idaas import Idaas
from tests.system import Refused, System

AUTHOR = Author("acs:ram::1:root", "test", "request")


@pytest.fixture
def company(system: System) -> Company:
    """An instance with nobody in it."""
    return Company(system)


def test_an_account_is_told_as_it_was_made(company: Company) -> None:
    sales = company.unit("Sales")
    alice = company.user(
        "alice",
        sales,
        OrganizationalUnitIds=[company.root, sales],
        DisplayName="Alice Liddell",
        Description="keeps the books",
        Email="alice@example.com",
        EmailVerified=True,
        PhoneRegion="86",
        PhoneNumber="13012345678",
        PhoneNumberVerified=False,
        UserExternalId="erp-7",
        CustomFields=[{"FieldName": "cost_center", "FieldValue": "4711"}],
    )
    group = company.group("dba", alice, Description="databases")

    now = company.system.clock.now()
    assert company.get_user(alice) == {
        "InstanceId": company.id,
        "UserId": alice,
        "Username": "alice",
        "Status": "enabled",
        "DisplayName": "Alice Liddell",
        "Description": "keeps the books",
        "Email": "alice@example.com",
        "EmailVerified": True,
        "PhoneRegion": "86",
        "PhoneNumber": "13012345678",
        "PhoneNumberVerified": False,
        "UserExternalId": "erp-7",
        "UserSourceType": "build_in",
        "UserSourceId": company.id,
        "PasswordSet": False,
        "CreateTime": now,
        "RegisterTime": now,
        "UpdateTime": now,
        "PrimaryOrganizationalUnitId": sales,
        "OrganizationalUnits": [
            {"OrganizationalUnitId": sales, "OrganizationalUnitName": "Sales", "Primary": True},
            {"OrganizationalUnitId": company.root, "OrganizationalUnitName": "root", "Primary": False},
        ],
        "Groups": [{"GroupId": group, "GroupName": "dba", "Description": "databases"}],
        "CustomFields": [{"FieldName": "cost_center", "FieldValue": "4711"}],
    }


def test_an_account_without_an_external_id_has_its_own(company: Company) -> None:
    alice = company.user("alice")
    assert len(alice) == len("user_") + 26
    assert company.get_user(alice)["UserExternalId"] == alice


def test_a_retry_with_the_same_token_makes_one_account(company: Company) -> None:
    alice = company.user("alice", ClientToken="once")
    assert company.user("alice", ClientToken="once") == alice
    assert company.call("ListUsers")["TotalCount"] == 1


def test_a_username_is_taken_once_in_any_case(company: Company) -> None:
    company.user("alice")
    bob = company.user("bob")
    named = {"PrimaryOrganizationalUnitId": company.root}
    duplicated = (403, "ResourceDuplicated.Username")
    assert company.refusal("CreateUser", Username="alice", **named) == duplicated
    assert company.refusal("CreateUser", Username="Alice", **named) == duplicated
    assert company.refusal("UpdateUser", UserId=bob, Username="ALICE") == duplicated
    with pytest.raises(Refused) as refused:
        company.user("alice")
    assert refused.value.message == "The specified resource: Username already exist."
    company.call("UpdateUser", UserId=bob, Username="Bob")
    assert company.get_user(bob)["Username"] == "Bob"


def test_a_name_is_free_again_when_its_account_is_gone(company: Company) -> None:
    company.call("DeleteUser", UserId=company.user("alice"))
    again = company.user("alice")
    assert company.get_user(again)["Username"] == "alice"


def test_an_external_id_is_taken_once(company: Company) -> None:
    company.user("alice", UserExternalId="erp-7")
    named = {"Username": "bob", "PrimaryOrganizationalUnitId": company.root, "UserExternalId": "erp-7"}
    assert company.refusal("CreateUser", **named) == (403, "ResourceDuplicated.UserExternalId")


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"Username": None}, 400, "MissingParameter.Username"),
        ({"Username": "al ice"}, 400, "InvalidParameter.Username"),
        ({"Username": "a" * 257}, 400, "InvalidParameter.Username"),
        ({"PrimaryOrganizationalUnitId": None}, 400, "MissingParameter.PrimaryOrganizationalUnitId"),
        ({"PrimaryOrganizationalUnitId": "ou_x"}, 404, "ResourceNotFound.OrganizationalUnit"),
        ({"OrganizationalUnitIds": ["ou_x"]}, 404, "ResourceNotFound.OrganizationalUnit"),
        ({"Email": "a@example.com"}, 400, "MissingParameter.EmailVerified"),
        ({"Email": "nobody", "EmailVerified": True}, 400, "InvalidParameter.Email"),
        ({"PhoneNumber": "123456", "PhoneRegion": "86"}, 400, "MissingParameter.PhoneNumberVerified"),
        ({"PhoneNumber": "123456", "PhoneNumberVerified": True}, 400, "MissingParameter.PhoneRegion"),
        (
            {"PhoneNumber": "12345", "PhoneRegion": "86", "PhoneNumberVerified": True},
            400,
            "InvalidParameter.PhoneNumber",
        ),
        ({"Password": "short"}, 400, "InvalidParameter.Password"),
        ({"CustomFields": [{"FieldName": "shoe"}]}, 400, "MissingParameter.CustomField.shoe"),
        (
            {"CustomFields": [{"FieldName": "a", "FieldValue": "1"}] * 2},
            400,
            "InvalidParameter.CustomField.a",
        ),
        ({"InstanceId": "idaas_x"}, 404, "ResourceNotFound.Instance"),
    ],
)
def test_a_wrong_account_is_refused(
    company: Company, parameters: dict[str, object], status: int, code: str
) -> None:
    named = {"Username": "alice", "PrimaryOrganizationalUnitId": company.root}
    assert company.refusal("CreateUser", **(named | parameters)) == (status, code)


# -- passwords ---------------------------------------------------------------------------------------


def _digest(company: Company, user_id: str) -> str:
    with company.system.admit.store.read() as sql:
        user = stored.by_id_anywhere(sql, Kind.USER, user_id)
        sealed = stored.sealed(sql, user.key, PASSWORD)
        return company.system.admit.world.sealer.open(sealed, f"{PASSWORD}:{user_id}").decode()


def test_a_password_is_kept_as_a_sealed_argon2id_hash_and_never_told(company: Company) -> None:
    alice = company.user("alice", Password="correct horse")

    digest = _digest(company, alice)
    assert digest.startswith("$argon2id$")
    assert PasswordHasher().verify(digest, "correct horse")
    user = company.get_user(alice)
    assert (user["PasswordSet"], user["PasswordExpireTime"]) == (True, -1)
    with company.system.admit.store.read() as sql:
        log = json.dumps([row.fact for row in sql.execute(changes.select())])
    assert "correct horse" not in json.dumps(user) + log
    assert digest not in log


def test_another_password_replaces_the_first(company: Company) -> None:
    alice = company.user("alice", Password="correct horse")
    company.call(
        "UpdateUserPassword",
        UserId=alice,
        Password="battery staple",
        PasswordForcedUpdateStatus="enabled",
        UserNotificationChannels=["email"],
    )
    assert PasswordHasher().verify(_digest(company, alice), "battery staple")
    assert company.refusal("UpdateUserPassword", UserId=alice, Password="tiny") == (
        400,
        "InvalidParameter.Password",
    )


def test_no_random_password_is_made_that_nobody_would_learn(company: Company) -> None:
    config = {"PasswordInitializationPolicyPriority": "custom", "PasswordInitializationType": "random"}
    alice = company.user("alice", PasswordInitializationConfig=config)
    assert company.get_user(alice)["PasswordSet"] is False


# -- changing ----------------------------------------------------------------------------------------


def test_what_an_update_leaves_out_stays_as_it_is(company: Company) -> None:
    alice = company.user("alice", DisplayName="Alice", Email="a@example.com", EmailVerified=True)
    before = company.get_user(alice)
    assert not company.changes("UpdateUser", UserId=alice)
    assert not company.changes("UpdateUser", UserId=alice, Username="", DisplayName="Alice")

    company.system.advance(1000)
    company.call("UpdateUser", UserId=alice, DisplayName="Alice Liddell")

    after = company.get_user(alice)
    assert after == before | {"DisplayName": "Alice Liddell", "UpdateTime": company.system.clock.now()}


def test_an_empty_value_takes_away_what_was_there(company: Company) -> None:
    alice = company.user(
        "alice",
        DisplayName="Alice",
        Email="a@example.com",
        EmailVerified=True,
        PhoneRegion="86",
        PhoneNumber="123456",
        PhoneNumberVerified=True,
        Description="remarks",
    )
    company.call("UpdateUser", UserId=alice, DisplayName="", Email="", PhoneNumber="")
    company.call("UpdateUserDescription", UserId=alice)
    user = company.get_user(alice)
    assert not {"DisplayName", "Email", "PhoneRegion", "PhoneNumber", "Description"} & user.keys()
    assert (user["EmailVerified"], user["PhoneNumberVerified"]) == (False, False)


def test_a_new_address_comes_with_the_word_whether_it_is_verified(company: Company) -> None:
    alice = company.user("alice", Email="a@example.com", EmailVerified=True)
    assert company.refusal("UpdateUser", UserId=alice, Email="b@example.com") == (
        400,
        "MissingParameter.EmailVerified",
    )
    company.call("UpdateUser", UserId=alice, Email="b@example.com", EmailVerified=False)
    assert company.get_user(alice)["EmailVerified"] is False
    company.call("UpdateUser", UserId=alice, EmailVerified=True)
    user = company.get_user(alice)
    assert (user["Email"], user["EmailVerified"]) == ("b@example.com", True)


def test_a_phone_number_keeps_the_region_it_has(company: Company) -> None:
    alice = company.user("alice", PhoneRegion="86", PhoneNumber="123456", PhoneNumberVerified=True)
    company.call("UpdateUser", UserId=alice, PhoneNumber="654321", PhoneNumberVerified=False)
    company.call("UpdateUser", UserId=alice, PhoneRegion="49", PhoneNumberVerified=True)
    user = company.get_user(alice)
    assert (user["PhoneRegion"], user["PhoneNumber"], user["PhoneNumberVerified"]) == ("49", "654321", True)


def test_custom_fields_are_added_replaced_and_removed(company: Company) -> None:
    alice = company.user("alice", CustomFields=[{"FieldName": "a", "FieldValue": "1"}])
    fields = [
        {"FieldName": "a", "Operation": "remove"},
        {"FieldName": "b", "FieldValue": "2", "Operation": "add"},
        {"FieldName": "c", "FieldValue": "3", "Operation": "replace"},
    ]
    company.call("UpdateUser", UserId=alice, CustomFields=fields)
    assert company.get_user(alice)["CustomFields"] == [
        {"FieldName": "b", "FieldValue": "2"},
        {"FieldName": "c", "FieldValue": "3"},
    ]


# -- switching off, deleting -------------------------------------------------------------------------


def test_a_disabled_account_has_no_access_until_it_is_enabled(company: Company) -> None:
    alice, wiki = company.user("alice"), company.application("wiki")
    company.call("AuthorizeApplicationToUsers", ApplicationId=wiki, UserIds=[alice])
    assert company.may("alice", wiki)

    assert company.changes("DisableUser", UserId=alice)
    assert not company.changes("DisableUser", UserId=alice)
    assert company.get_user(alice)["Status"] == "disabled"
    assert company.reason("alice", wiki) == "disabled"

    assert company.changes("EnableUser", UserId=alice)
    assert not company.changes("EnableUser", UserId=alice)
    assert company.get_user(alice)["Status"] == "enabled"
    assert company.may("alice", wiki)


def test_a_locked_account_has_no_access_until_it_is_unlocked(company: Company) -> None:
    alice, wiki = company.user("alice"), company.application("wiki")
    company.call("AuthorizeApplicationToUsers", ApplicationId=wiki, UserIds=[alice])

    def lock(tx: Tx) -> None:
        things.block(tx, stored.by_id_anywhere(tx.sql, Kind.USER, alice), "locked")

    company.system.admit.store.write_now(AUTHOR, lock)
    assert not company.may("alice", wiki)
    assert company.get_user(alice)["Status"] == "enabled"

    company.call("UnlockUser", UserId=alice)
    assert company.may("alice", wiki)
    assert not company.changes("UnlockUser", UserId=alice)


def test_a_deleted_account_leaves_groups_and_applications(company: Company) -> None:
    alice, bob = company.user("alice"), company.user("bob")
    group, wiki = company.group("dba", alice, bob), company.application("wiki")
    company.call("AuthorizeApplicationToUsers", ApplicationId=wiki, UserIds=[alice, bob])

    company.call("DeleteUser", UserId=alice)

    assert company.refusal("GetUser", UserId=alice) == (404, "ResourceNotFound.User")
    assert company.refusal("DeleteUser", UserId=alice) == (404, "ResourceNotFound.User")
    assert ids(company.call("ListUsersForGroup", GroupId=group), "Users", "UserId") == [bob]
    assert ids(company.call("ListUsersForApplication", ApplicationId=wiki), "Users", "UserId") == [bob]
    with company.system.admit.store.read() as sql:
        assert stored.named(sql, Kind.PERSON, "alice") == []


@pytest.mark.parametrize(
    "action",
    [
        "UpdateUser",
        "UpdateUserDescription",
        "UpdateUserPassword",
        "DeleteUser",
        "EnableUser",
        "DisableUser",
        "UnlockUser",
    ],
)
def test_an_account_that_is_not_there_is_told(company: Company, action: str) -> None:
    password = {"Password": "correct horse"} if action == "UpdateUserPassword" else {}
    assert company.refusal(action, UserId="user_x", **password) == (404, "ResourceNotFound.User")


# -- listing -----------------------------------------------------------------------------------------


@pytest.fixture
def staff(company: Company) -> dict[str, str]:
    """Five accounts with something about each."""
    sales = company.unit("Sales")
    east = company.unit("East", sales)
    mail = {"Email": "a@example.com", "EmailVerified": True}
    phone = {"PhoneRegion": "86", "PhoneNumber": "123456", "PhoneNumberVerified": True}
    staff = {
        "alice": company.user("alice", sales, DisplayName="Alice", **mail),
        "albert": company.user("albert", east, DisplayName="Al_bert", **phone),
        "bob": company.user("bob", UserExternalId="erp-7"),
        "carol": company.user("carol", OrganizationalUnitIds=[sales]),
        "dave": company.user("dave"),
    }
    company.call("DisableUser", UserId=staff["dave"])
    staff["Sales"] = sales
    return staff


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["alice", "albert", "bob", "carol", "dave"]),
        ({"UsernameStartsWith": "al"}, ["alice", "albert"]),
        ({"UsernameStartsWith": "%"}, []),
        ({"DisplayNameStartsWith": "Al_"}, ["albert"]),
        ({"Email": "a@example.com"}, ["alice"]),
        ({"PhoneRegion": "86"}, ["albert"]),
        ({"PhoneNumber": "123456"}, ["albert"]),
        ({"UserExternalId": "erp-7"}, ["bob"]),
        ({"Status": "enabled"}, ["alice", "albert", "bob", "carol"]),
        ({"Status": "disabled"}, ["dave"]),
        ({"UserSourceType": "build_in", "UsernameStartsWith": "b"}, ["bob"]),
        ({"UserSourceType": "ldap"}, []),
        ({"UserSourceId": "corp"}, []),
        ({"UserIds": ["user_x"]}, []),
        ({"PageSize": 2, "PageNumber": 2}, ["bob", "carol"]),
        ({"PageSize": 2, "PageNumber": 9}, []),
        ({"MaxResults": 2, "PageNumber": 9}, ["alice", "albert"]),
    ],
)
def test_accounts_are_listed_as_asked(
    company: Company, staff: dict[str, str], filters: dict[str, object], names: list[str]
) -> None:
    answer = company.call("ListUsers", **filters)
    assert ids(answer, "Users", "Username") == names


def test_accounts_are_found_by_unit_and_by_id(company: Company, staff: dict[str, str]) -> None:
    inside = company.call("ListUsers", OrganizationalUnitId=staff["Sales"])
    assert (ids(inside, "Users", "Username"), inside["TotalCount"]) == (["alice", "carol"], 2)
    chosen = company.call("ListUsers", UserIds=[staff["bob"], staff["alice"]], UserSourceId=company.id)
    assert ids(chosen, "Users", "UserId") == [staff["alice"], staff["bob"]]
    assert company.refusal("ListUsers", OrganizationalUnitId="ou_x") == (
        404,
        "ResourceNotFound.OrganizationalUnit",
    )


def test_accounts_are_paged_by_token_to_the_end(company: Company, staff: dict[str, str]) -> None:
    names: list[str] = []
    answer: Answer = {"NextToken": ""}
    while "NextToken" in answer:
        answer = company.call("ListUsers", MaxResults=2, NextToken=answer["NextToken"])
        assert (answer["TotalCount"], answer["MaxResults"]) == (5, 2)
        names += ids(answer, "Users", "Username")
    assert names == ["alice", "albert", "bob", "carol", "dave"]


def test_a_numbered_page_tells_where_the_next_begins(company: Company, staff: dict[str, str]) -> None:
    first = company.call("ListUsers", PageSize=4)
    rest = company.call("ListUsers", NextToken=first["NextToken"])
    assert ids(rest, "Users", "Username") == ["dave"]


def test_a_listed_account_is_told_without_what_it_is_in(company: Company, staff: dict[str, str]) -> None:
    alice = company.get_user(staff["alice"])
    (listed,) = company.call("ListUsers", UserIds=[staff["alice"]])["Users"]
    more = {"PrimaryOrganizationalUnitId", "OrganizationalUnits", "Groups", "CustomFields"}
    assert listed == {name: value for name, value in alice.items() if name not in more}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"NextToken": "NTnonsense"}, "InvalidParameter.NextToken"),
        ({"MaxResults": 101}, "InvalidParameter.MaxResults"),
        ({"PageSize": 101}, "InvalidParameter.PageSize"),
        ({"Status": "locked"}, "InvalidParameter.Status"),
        ({"UserIds": [f"user_{n}" for n in range(101)]}, "InvalidParameter.UserIds"),
    ],
)
def test_a_wrong_listing_is_refused(company: Company, parameters: dict[str, object], code: str) -> None:
    assert company.refusal("ListUsers", **parameters) == (400, code)


def test_an_account_that_ends_tells_when(company: Company) -> None:
    alice = company.user("alice")
    end = company.system.clock.now() + DAY

    def limit(tx: Tx) -> None:
        (person,) = stored.named(tx.sql, Kind.PERSON, "alice")
        user = stored.by_id_anywhere(tx.sql, Kind.USER, alice)
        grants.set_validity(tx, person, user, Validity(end=end))

    company.system.admit.store.write_now(AUTHOR, limit)
    assert company.get_user(alice)["AccountExpireTime"] == end
    assert company.call("ListUsers")["Users"][0]["AccountExpireTime"] == end


def test_a_caller_may_read_only_the_account_a_policy_names(company: Company) -> None:
    alice, bob = company.user("alice"), company.user("bob")
    resource = f"acs:eiam:*:*:instance/{company.id}/user/{alice}"
    key = Idaas(company.system).ram_user("desk", "eiam:*", resource)

    assert company.call("GetUser", key, UserId=alice)["User"]["Username"] == "alice"
    for action, more in (("GetUser", {"UserId": bob}), ("ListUsers", {}), ("DisableUser", {"UserId": bob})):
        with pytest.raises(Refused) as refused:
            company.call(action, key, **more)
        assert (refused.value.status, refused.value.code) == (403, "NoPermission")
