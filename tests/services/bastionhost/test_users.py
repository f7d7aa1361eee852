"""Users of a bastion host: made, shown, listed, changed, locked, removed."""

import json

import pytest
from argon2 import PasswordHasher

from admit.control.signing_in.passwords import PASSWORD as PURPOSE
from admit.core.access import Reason
from admit.core.links import Kind
from admit.core.validity import HOUR, SECOND
from admit.store import things as stored
from tests.services.bastionhost.people import PASSWORD, PRODUCT, Bastion
from tests.system import Refused, System

OTHER_PASSWORD = "Battery-staple-7"


@pytest.fixture
def bastion(system: System) -> Bastion:
    return Bastion(system)


def refused(bastion: Bastion, action: str, **parameters: object) -> tuple[int, str]:
    """Status and code of a call that must fail and change nothing."""
    before = bastion.system.revision()
    with pytest.raises(Refused) as failure:
        bastion.call(action, **parameters)
    assert bastion.system.revision() == before
    return failure.value.status, failure.value.code


def opens(bastion: Bastion, user_id: str, password: str) -> bool:
    """Whether what is kept of a user's password matches."""
    with bastion.system.admit.store.read() as sql:
        user = stored.by_id_anywhere(sql, Kind.USER, user_id)
        assert user is not None
        sealed = stored.sealed(sql, user.key, PURPOSE)
    assert sealed is not None
    digest = bastion.system.admit.world.sealer.open(sealed, f"{PURPOSE}:{user_id}").decode()
    assert digest.startswith("$argon2id$")
    return PasswordHasher().verify(digest, password)


# -- making ------------------------------------------------------------------------------------------


def test_a_local_user_is_made_with_the_documented_defaults(bastion: Bastion) -> None:
    user_id = bastion.user("alice")

    assert user_id.isdigit()
    assert bastion.shown(user_id) == {
        "UserId": user_id,
        "UserName": "alice",
        "DisplayName": "alice",
        "Source": "Local",
        "UserState": ["Normal"],
        "Comment": "",
        "Email": "",
        "Mobile": "",
        "MobileCountryCode": "CN",
        "NeedResetPassword": False,
        "TwoFactorStatus": "Global",
        "TwoFactorMethods": [],
        "LanguageStatus": "Global",
    }


def test_a_user_is_shown_with_all_that_was_given(bastion: Bastion) -> None:
    given = {
        "DisplayName": "Alice",
        "Comment": "on call",
        "Email": "alice@example.com",
        "Mobile": "13312345678",
        "MobileCountryCode": "HK",
        "NeedResetPassword": True,
        "EffectiveStartTime": 1_000_000_000,
        "EffectiveEndTime": 4_000_000_000,
        "TwoFactorStatus": "Enable",
        "LanguageStatus": "Custom",
        "Language": "en",
    }

    shown = bastion.shown(bastion.user("alice", **given, TwoFactorMethods='["email"]'))

    assert shown.items() >= given.items()
    assert shown["TwoFactorMethods"] == ["email"]
    assert shown["UserState"] == ["Normal"]


def test_a_password_is_kept_hashed_and_shown_nowhere(bastion: Bastion) -> None:
    user_id = bastion.user("alice")

    assert opens(bastion, user_id, PASSWORD)
    assert PASSWORD not in json.dumps(bastion.shown(user_id))
    with bastion.system.admit.store.read() as sql:
        log = sql.exec_driver_sql("select fact from changes").scalars().all()
    assert log
    assert not any(PASSWORD in fact or "argon2" in fact for fact in log)


@pytest.mark.parametrize(
    "password",
    [
        "Aa1-567",
        "Aa1-" + "x" * 125,
        "correct-horse-9",
        "CORRECT-HORSE-9",
        "Correct-horse-x",
        "Correcthorse99",
        "Correct-9\n",
    ],
)
def test_a_weak_password_is_refused(bastion: Bastion, password: str) -> None:
    assert refused(bastion, "CreateUser", UserName="alice", Source="Local", Password=password) == (
        400,
        "InvalidParameter",
    )
    assert bastion.names() == []


def test_a_weak_password_is_not_told_back(bastion: Bastion) -> None:
    with pytest.raises(Refused) as failure:
        bastion.user("alice", Password="secret")
    assert "secret" not in failure.value.message


@pytest.mark.parametrize("length", [8, 128])
def test_a_password_may_be_as_short_and_as_long_as_documented(bastion: Bastion, length: int) -> None:
    password = "Aa1-".ljust(length, "x")
    assert opens(bastion, bastion.user("alice", Password=password), password)


def test_a_local_user_needs_a_password(bastion: Bastion) -> None:
    assert refused(bastion, "CreateUser", UserName="alice", Source="Local") == (400, "InvalidParameter")
    assert refused(bastion, "CreateUser", UserName="alice", Source="Local", Password="") == (
        400,
        "InvalidParameter",
    )


@pytest.mark.parametrize("source", ["Ram", "AD", "LDAP"])
def test_a_user_from_elsewhere_needs_an_identity_there(bastion: Bastion, source: str) -> None:
    assert refused(bastion, "CreateUser", UserName="alice", Source=source) == (400, "InvalidParameter")

    answer = bastion.call(
        "CreateUser", UserName="alice", Source=source, SourceUserId="cn=alice", Password="weak"
    )

    shown = bastion.shown(answer["UserId"])
    assert (shown["Source"], shown["SourceUserId"]) == (source, "cn=alice")
    assert refused(bastion, "CreateUser", UserName="again", Source=source, SourceUserId="cn=alice") == (
        400,
        "UserAlreadyExists",
    )


def test_a_name_is_taken_once(bastion: Bastion) -> None:
    bastion.ram_user("alice", "1")
    assert refused(bastion, "CreateUser", UserName="alice", Source="Ram", SourceUserId="2") == (
        400,
        "UserAlreadyExists",
    )


def test_a_name_is_free_again_when_its_user_is_gone(bastion: Bastion) -> None:
    first = bastion.ram_user("alice", "1")
    bastion.call("DeleteUser", UserId=first)
    assert bastion.ram_user("alice", "1") != first


def test_terraform_s_own_names_are_accepted(bastion: Bastion) -> None:
    bastion.ram_user("tf-testAccRam-12345", "247823888127488180")
    assert bastion.names() == ["tf-testAccRam-12345"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"UserName": "a b"},
        {"UserName": "alice\n"},
        {"UserName": "a" * 129},
        {"Source": "Elsewhere"},
        {"Comment": "x" * 501},
        {"DisplayName": "x" * 129},
        {"Email": "no address"},
        {"MobileCountryCode": "XX"},
        {"LanguageStatus": "Custom"},
        {"Language": "de"},
        {"NeedResetPassword": "perhaps"},
        {"EffectiveStartTime": 20, "EffectiveEndTime": 20},
        {"EffectiveEndTime": 1_767_225_600_000},
        {"EffectiveStartTime": -1},
        {"TwoFactorStatus": "Enable"},
        {"TwoFactorStatus": "Enable", "TwoFactorMethods": '["sms"]'},
        {"TwoFactorStatus": "Enable", "TwoFactorMethods": '["email"]'},
        {"TwoFactorMethods": '["sms","email"]'},
        {"TwoFactorMethods": '["pigeon"]'},
        {"TwoFactorMethods": "[1]"},
        {"TwoFactorMethods": '["totp"'},
        {"TwoFactorMethods": "[]"},
    ],
    ids=str,
)
def test_what_is_not_valid_is_refused_and_changes_nothing(bastion: Bastion, wrong: dict[str, object]) -> None:
    given = {"UserName": "alice", "Source": "Ram", "SourceUserId": "1", **wrong}
    assert refused(bastion, "CreateUser", **given) == (400, "InvalidParameter")


@pytest.mark.parametrize("method", ["totp", '["totp"]', ' [ "totp" ] '])
def test_the_second_factor_is_read_as_json_or_as_it_is(bastion: Bastion, method: str) -> None:
    user_id = bastion.ram_user("alice", "1", TwoFactorStatus="Enable", TwoFactorMethods=method)
    assert bastion.shown(user_id)["TwoFactorMethods"] == ["totp"]


@pytest.mark.parametrize("missing", ["UserName", "Source"])
def test_what_is_mandatory_is_asked_for(bastion: Bastion, missing: str) -> None:
    given = {"UserName": "alice", "Source": "Ram", "SourceUserId": "1", missing: None}
    assert refused(bastion, "CreateUser", **given) == (400, f"MissingParameter.{missing}")


# -- the period of validity ----------------------------------------------------------------------------


def test_a_user_may_use_what_is_granted_from_start_to_end_alone(bastion: Bastion) -> None:
    now = bastion.system.clock.now() // SECOND
    bastion.system.advance(SECOND - bastion.system.clock.now() % SECOND)
    user_id = bastion.ram_user("alice", "1", EffectiveStartTime=now + 3600, EffectiveEndTime=now + 7200)
    group, host = bastion.group("dba"), bastion.host()
    bastion.call("AddUsersToGroup", UserGroupId=group, UserIds=json.dumps([user_id]))
    bastion.call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=json.dumps([{"HostId": host}]))

    assert bastion.decision("alice", host).reason is Reason.STARTS_LATER
    assert bastion.shown(user_id)["UserState"] == ["Expired"]
    bastion.system.advance(HOUR)
    granted = bastion.decision("alice", host)
    assert (granted.reason, granted.valid_until) == (Reason.GRANTED, (now + 7200) * SECOND)
    assert bastion.shown(user_id)["UserState"] == ["Normal"]
    bastion.system.advance(HOUR)
    assert bastion.decision("alice", host).reason is Reason.HAS_ENDED
    assert bastion.shown(user_id)["UserState"] == ["Expired"]


def test_an_end_is_moved_and_removed(bastion: Bastion) -> None:
    now = bastion.system.clock.now() // SECOND
    user_id = bastion.ram_user("alice", "1", EffectiveEndTime=now + 60)

    bastion.call("ModifyUser", UserId=user_id, EffectiveEndTime=now + 120)
    assert bastion.shown(user_id)["EffectiveEndTime"] == now + 120
    bastion.call("ModifyUser", UserId=user_id, EffectiveStartTime=now - 60)
    assert (
        bastion.shown(user_id).items()
        >= {
            "EffectiveStartTime": now - 60,
            "EffectiveEndTime": now + 120,
        }.items()
    )
    bastion.call("ModifyUser", UserId=user_id, EffectiveStartTime=0, EffectiveEndTime=0)
    assert not {"EffectiveStartTime", "EffectiveEndTime"} & bastion.shown(user_id).keys()


def test_a_start_after_the_end_there_is_is_refused(bastion: Bastion) -> None:
    user_id = bastion.ram_user("alice", "1", EffectiveEndTime=4_000_000_000)
    assert refused(bastion, "ModifyUser", UserId=user_id, EffectiveStartTime=4_000_000_000) == (
        400,
        "InvalidParameter",
    )


# -- showing and listing -------------------------------------------------------------------------------


def test_an_unknown_user_is_told_as_gone_to_terraform(bastion: Bastion) -> None:
    for action in ("GetUser", "ModifyUser", "DeleteUser"):
        with pytest.raises(Refused) as failure:
            bastion.call(action, UserId="999")
        assert (failure.value.status, failure.value.code) == (404, "UserNotFound")
        assert "OBJECT_NOT_FOUND" in failure.value.message


def test_a_user_of_another_kind_of_id_is_not_found(bastion: Bastion) -> None:
    group = bastion.group("dba")
    assert refused(bastion, "GetUser", UserId=group) == (404, "UserNotFound")


def test_users_are_paged_by_twenty(bastion: Bastion) -> None:
    for n in range(21):
        bastion.ram_user(f"user_{n:02}", str(n))

    pages = [bastion.call("ListUsers", PageNumber=str(n)) for n in (1, 2, 3)]

    assert [len(page["Users"]) for page in pages] == [20, 1, 0]
    assert {page["TotalCount"] for page in pages} == {21}
    assert bastion.names(PageNumber="2", PageSize="5") == [f"user_{n:02}" for n in range(5, 10)]
    assert len(bastion.names(PageSize=50)) == 21
    assert len(bastion.names(PageSize="0")) == 20


@pytest.mark.parametrize("page", [{"PageSize": "101"}, {"PageSize": "-1"}, {"PageNumber": "x"}])
def test_pages_are_checked(bastion: Bastion, page: dict[str, str]) -> None:
    assert refused(bastion, "ListUsers", **page) == (400, "InvalidParameter")


def test_users_are_found_by_what_they_are(bastion: Bastion) -> None:
    alice = bastion.user("alice", DisplayName="Alice", Mobile="13312345678")
    bastion.ram_user("bob", "7")
    group = bastion.group("dba")
    bastion.call("AddUsersToGroup", UserGroupId=group, UserIds=json.dumps([alice]))

    assert bastion.names() == ["alice", "bob"]
    assert bastion.names(UserName="alice") == ["alice"]
    assert bastion.names(UserName="ali") == []
    assert bastion.names(DisplayName="Alice") == ["alice"]
    assert bastion.names(DisplayName="alice") == []
    assert bastion.names(Mobile="13312345678") == ["alice"]
    assert bastion.names(Source="Ram") == ["bob"]
    assert bastion.names(Source="Ram", SourceUserId="7") == ["bob"]
    assert bastion.names(Source="Local", SourceUserId="7") == []
    assert bastion.names(UserGroupId=group) == ["alice"]
    assert bastion.names(UserGroupId="999") == []
    assert bastion.names(UserName="", Mobile="", UserGroupId="") == ["alice", "bob"]


def test_users_are_found_by_their_state(bastion: Bastion) -> None:
    now = bastion.system.clock.now() // SECOND
    bastion.ram_user("normal", "1")
    frozen = bastion.ram_user("frozen", "2")
    bastion.ram_user("expired", "3", EffectiveEndTime=now - 1)
    both = bastion.ram_user("both", "4", EffectiveEndTime=now - 1)
    bastion.ram_user("later", "5", EffectiveStartTime=now + 60)
    bastion.call("LockUsers", UserIds=json.dumps([frozen, both]))

    assert bastion.names(UserState="Normal") == ["normal"]
    assert bastion.names(UserState="Frozen") == ["frozen", "both"]
    assert bastion.names(UserState="Expired") == ["expired", "both", "later"]
    assert bastion.names(UserState="RemoteDeleted") == []
    assert bastion.shown(both)["UserState"] == ["Frozen", "Expired"]
    assert refused(bastion, "ListUsers", UserState="Asleep") == (400, "InvalidParameter")


def test_a_list_shows_each_user_as_a_single_query_does(bastion: Bastion) -> None:
    ids = [bastion.user("alice", Comment="x"), bastion.ram_user("bob", "7", EffectiveEndTime=4_000_000_000)]
    assert bastion.call("ListUsers")["Users"] == [bastion.shown(each) for each in ids]


# -- changing ------------------------------------------------------------------------------------------


def test_what_is_left_out_or_empty_stays_as_it_is(bastion: Bastion) -> None:
    user_id = bastion.user("alice", Comment="on call", Email="alice@example.com", NeedResetPassword=True)
    before = bastion.shown(user_id)

    bastion.call("ModifyUser", UserId=user_id, DisplayName="Alice", Comment="", Email="")
    assert bastion.shown(user_id) == {**before, "DisplayName": "Alice"}
    bastion.call(
        "ModifyUser", UserId=user_id, NeedResetPassword=False, MobileCountryCode="SE", Mobile="702345672"
    )
    assert bastion.shown(user_id) == {
        **before,
        "DisplayName": "Alice",
        "NeedResetPassword": False,
        "MobileCountryCode": "SE",
        "Mobile": "702345672",
    }
    assert bastion.names(DisplayName="Alice") == ["alice"]
    assert opens(bastion, user_id, PASSWORD)


def test_a_change_that_changes_nothing_is_none(bastion: Bastion) -> None:
    user_id = bastion.ram_user("alice", "1", EffectiveEndTime=4_000_000_000)
    before = bastion.system.revision()
    bastion.call("ModifyUser", UserId=user_id, DisplayName="alice", EffectiveEndTime=4_000_000_000)
    assert bastion.system.revision() == before


def test_a_password_is_replaced(bastion: Bastion) -> None:
    user_id = bastion.user("alice")
    bastion.call("ModifyUser", UserId=user_id, Password=OTHER_PASSWORD)
    assert opens(bastion, user_id, OTHER_PASSWORD)
    assert refused(bastion, "ModifyUser", UserId=user_id, Password="weak", Comment="x") == (
        400,
        "InvalidParameter",
    )
    assert bastion.shown(user_id)["Comment"] == ""


def test_a_user_from_elsewhere_gets_no_password(bastion: Bastion) -> None:
    user_id = bastion.ram_user("alice", "1", Password=PASSWORD, NeedResetPassword=True)
    bastion.call("ModifyUser", UserId=user_id, Password=PASSWORD, NeedResetPassword=True)
    with bastion.system.admit.store.read() as sql:
        user = stored.by_id_anywhere(sql, Kind.USER, user_id)
        assert user is not None
        assert stored.secret_purposes(sql, user.key) == frozenset()
    assert bastion.shown(user_id)["NeedResetPassword"] is False


def test_a_second_factor_needs_where_to_reach_the_user(bastion: Bastion) -> None:
    user_id = bastion.ram_user("alice", "1")
    asked = {"UserId": user_id, "TwoFactorStatus": "Enable", "TwoFactorMethods": '["sms"]'}
    assert refused(bastion, "ModifyUser", **asked) == (400, "InvalidParameter")

    bastion.call("ModifyUser", **asked, Mobile="13312345678")
    assert bastion.shown(user_id)["TwoFactorMethods"] == ["sms"]
    bastion.call("ModifyUser", UserId=user_id, TwoFactorStatus="Disable")
    assert bastion.shown(user_id)["TwoFactorMethods"] == []


# -- locking -------------------------------------------------------------------------------------------


def test_a_locked_user_may_use_nothing_until_unlocked(bastion: Bastion) -> None:
    alice, host = bastion.ram_user("alice", "1"), bastion.host()
    group = bastion.group("dba")
    bastion.call("AddUsersToGroup", UserGroupId=group, UserIds=json.dumps([alice]))
    bastion.call("AttachHostAccountsToUserGroup", UserGroupId=group, Hosts=json.dumps([{"HostId": host}]))
    assert bastion.decision("alice", host).allowed

    locked = bastion.call("LockUsers", UserIds=json.dumps([alice]))
    assert locked["Results"] == [{"UserId": alice, "Code": "OK", "Message": ""}]
    assert bastion.decision("alice", host).reason is Reason.DISABLED
    assert bastion.shown(alice)["UserState"] == ["Frozen"]

    bastion.call("UnlockUsers", UserIds=json.dumps([alice]))
    assert bastion.decision("alice", host).allowed
    assert bastion.shown(alice)["UserState"] == ["Normal"]


def test_a_locked_user_can_still_be_changed(bastion: Bastion) -> None:
    alice, group = bastion.ram_user("alice", "1"), bastion.group("dba")
    bastion.call("LockUsers", UserIds=json.dumps([alice]))
    bastion.call("ModifyUser", UserId=alice, Comment="away")
    answer = bastion.call("AddUsersToGroup", UserGroupId=group, UserIds=json.dumps([alice]))
    assert answer["Results"][0]["Code"] == "OK"
    assert bastion.shown(alice)["Comment"] == "away"


@pytest.mark.parametrize(("action", "first"), [("LockUsers", "OK"), ("UnlockUsers", "OBJECT_AlREADY_EXISTS")])
def test_each_user_is_told_apart(bastion: Bastion, action: str, first: str) -> None:
    alice = bastion.ram_user("alice", "1")
    answer = bastion.call(action, UserIds=f'[{alice},"{alice}","999","x"]')
    assert [(each["UserId"], each["Code"]) for each in answer["Results"]] == [
        (alice, first),
        (alice, "OBJECT_AlREADY_EXISTS"),
        ("999", "OBJECT_NOT_FOUND"),
        ("x", "INVALID_ARGUMENT"),
    ]


@pytest.mark.parametrize(
    "ids",
    [
        "[]",
        "1",
        '{"1":1}',
        "[null]",
        '[["1"]]',
        '["1"',
        r'["\u0000"]',
        r'["\ud800"]',
        json.dumps(["1"] * 101),
    ],
)
@pytest.mark.parametrize("action", ["LockUsers", "UnlockUsers"])
def test_a_list_of_ids_is_json_of_1_to_100_texts(bastion: Bastion, action: str, ids: str) -> None:
    assert refused(bastion, action, UserIds=ids) == (400, "InvalidParameter")


def test_a_hundred_users_are_locked_in_one_call(bastion: Bastion) -> None:
    ids = [bastion.ram_user(f"user_{n}", str(n)) for n in range(3)]
    answer = bastion.call("LockUsers", UserIds=json.dumps([*ids, *(["999999"] * 97)]))
    assert [each["Code"] for each in answer["Results"]] == ["OK"] * 3 + ["OBJECT_NOT_FOUND"] * 97


# -- removing ------------------------------------------------------------------------------------------


def test_a_removed_user_leaves_nothing_behind(bastion: Bastion) -> None:
    alice, bob, host = bastion.user("alice"), bastion.ram_user("bob", "2"), bastion.host()
    group = bastion.group("dba")
    bastion.call("AddUsersToGroup", UserGroupId=group, UserIds=json.dumps([alice, bob]))

    bastion.call("DeleteUser", UserId=alice)

    assert bastion.names() == bastion.names(UserGroupId=group) == ["bob"]
    assert refused(bastion, "GetUser", UserId=alice) == (404, "UserNotFound")
    with bastion.system.admit.store.read() as sql:
        assert stored.by_handle(sql, Kind.PERSON, 0, "alice") is None
        assert stored.secret_purposes(sql, int(alice)) == frozenset()
    assert not bastion.decision("bob", host).allowed


def test_only_locking_needs_a_right_on_the_one_instance(bastion: Bastion) -> None:
    service = next(each for each in bastion.system.admit.registry.services if each.product == PRODUCT)
    assert service.operations["LockUsers"].resources == ("instance/{InstanceId}",)
    assert service.operations["CreateUser"].resources == ()
