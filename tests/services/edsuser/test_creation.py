"""Creating convenience users."""

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from admit.control.signing_in.passwords import PASSWORD
from admit.core.validity import DAY
from admit.store import things
from tests.services.edsuser.directory import Directory
from tests.system import Refused

STRONG = "Correct-Horse-7"


def test_users_come_in_together_and_are_found(directory: Directory):
    answer = directory.call(
        "CreateUsers",
        Users=[
            {"EndUserId": "alice", "Email": "alice@example.com", "RealNickName": "Alice L.", "Remark": "x"},
            {"EndUserId": "bob_2", "Phone": "13811111111"},
        ],
    )

    assert answer["AllSucceed"] is True
    assert answer["CreateResult"]["FailedUsers"] == []
    assert answer["CreateResult"]["CreatedUsers"][0] == {
        "EndUserId": "alice",
        "Email": "alice@example.com",
        "RealNickName": "Alice L.",
        "Remark": "x",
    }
    assert directory.names() == ["alice", "bob_2"]


@pytest.mark.parametrize(
    ("faulty", "code"),
    [
        ({"EndUserId": "al", "Email": "a@example.com"}, "InvalidUsername"),
        ({"EndUserId": "a" * 25, "Email": "a@example.com"}, "InvalidUsername"),
        ({"EndUserId": "Alice", "Email": "a@example.com"}, "InvalidUsername"),
        ({"EndUserId": "al-ice", "Email": "a@example.com"}, "InvalidUsername"),
        ({"EndUserId": "taken", "Email": "a@example.com"}, "ExistedEndUserId"),
        ({"EndUserId": "alice"}, "MissingContact"),
        ({"EndUserId": "alice", "Email": "nowhere"}, "InvalidEmail"),
        ({"EndUserId": "alice", "Email": "a@b.c\r\nBcc: d@e.f"}, "InvalidEmail"),
        ({"EndUserId": "alice", "Phone": "call me"}, "InvalidPhone"),
        ({"EndUserId": "alice", "Email": "a@example.com", "Password": "short"}, "InvalidPassword"),
        ({"EndUserId": "alice", "Email": "a@example.com", "Password": "onlyletters"}, "InvalidPassword"),
        ({"EndUserId": "alice", "Email": "a@example.com", "OrgId": "org-1"}, "OrgNotFound"),
        ({"EndUserId": "alice", "Email": "a@example.com", "GroupIdList": ["ug-1"]}, "GroupNotFound"),
    ],
)
def test_a_faulty_user_fails_alone(directory: Directory, faulty: dict[str, object], code: str):
    directory.add("taken")

    answer = directory.call("CreateUsers", Users=[faulty, {"EndUserId": "carol", "Email": "c@example.com"}])

    assert answer["AllSucceed"] is False
    (failed,) = answer["CreateResult"]["FailedUsers"]
    assert (failed["EndUserId"], failed["ErrorCode"]) == (faulty["EndUserId"], code)
    assert failed["ErrorMessage"]
    assert directory.names() == ["taken", "carol"]


def test_the_same_name_twice_in_a_call_is_made_once(directory: Directory):
    answer = directory.call(
        "CreateUsers", Users=[{"EndUserId": "alice", "Email": f"{n}@example.com"} for n in "ab"]
    )

    assert [user["ErrorCode"] for user in answer["CreateResult"]["FailedUsers"]] == ["ExistedEndUserId"]
    assert directory.one("alice")["Email"] == "a@example.com"


def test_a_user_an_administrator_activates_needs_no_contact(directory: Directory):
    answer = directory.call("CreateUsers", Users=[{"EndUserId": "kiosk", "OwnerType": "CreateFromManager"}])

    assert answer["AllSucceed"] is True
    assert directory.one("kiosk")["OwnerType"] == "CreateFromManager"


def test_users_can_begin_in_groups(directory: Directory):
    group = directory.group("design")

    directory.add("alice")
    directory.call(
        "CreateUsers", Users=[{"EndUserId": "bob", "Email": "b@example.com", "GroupIdList": [group, group]}]
    )

    assert directory.members(group) == ["bob"]


def _hash(directory: Directory, name: str) -> str:
    user = directory.thing(name)
    admit = directory.system.admit
    with admit.store.read() as sql:
        sealed = things.sealed(sql, user.key, PASSWORD)
    assert sealed is not None
    return admit.world.sealer.open(sealed, f"{PASSWORD}:{user.id}").decode()


def test_a_password_is_kept_as_a_hash_and_told_to_nobody(directory: Directory):
    own = "Another-Horse-8"
    answer = directory.call(
        "CreateUsers",
        Password=STRONG,
        PasswordExpireDays="90",
        Users=[
            {"EndUserId": "alice", "Email": "a@example.com"},
            {"EndUserId": "bob", "Email": "b@example.com", "Password": own},
        ],
    )

    assert PasswordHasher().verify(_hash(directory, "alice"), STRONG)
    assert PasswordHasher().verify(_hash(directory, "bob"), own)
    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(_hash(directory, "bob"), STRONG)
    told = f"{answer}{directory.one('alice')}{directory.one('bob')}{directory.thing('bob').details!r}"
    assert STRONG not in told
    assert own not in told


def test_the_days_of_a_password_run_down(directory: Directory):
    directory.add("alice", Password=STRONG, PasswordExpireDays="30")

    first = directory.one("alice")
    directory.system.advance(10 * DAY - 1)
    later = directory.one("alice")
    directory.system.advance(30 * DAY)

    assert (first["PasswordExpireDays"], first["PasswordExpireRestDays"]) == (30, 30)
    assert later["PasswordExpireRestDays"] == 21
    assert directory.one("alice")["PasswordExpireRestDays"] == 0


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "MissingParameter.Users"),
        ({"Users": [{"Email": "a@example.com"}]}, "InvalidParameter.Users"),
        ({"Users": [{"EndUserId": f"user_{n}"} for n in range(101)]}, "InvalidParameter.Users"),
        ({"Users": [{"EndUserId": "alice"}], "Password": "weak"}, "InvalidParameter.Password"),
        (
            {"Users": [{"EndUserId": "alice"}], "PasswordExpireDays": "29"},
            "InvalidParameter.PasswordExpireDays",
        ),
        (
            {"Users": [{"EndUserId": "alice"}], "PasswordExpireDays": "x"},
            "InvalidParameter.PasswordExpireDays",
        ),
        ({"Users": [{"EndUserId": "alice"}], "AutoLockTime": "tomorrow"}, "InvalidParameter.AutoLockTime"),
        (
            {"Users": [{"EndUserId": "alice"}], "AutoLockTime": "2001-01-01 00:00:00"},
            "InvalidParameter.AutoLockTime",
        ),
    ],
)
def test_a_faulty_call_makes_nobody(directory: Directory, parameters: dict[str, object], code: str):
    before = directory.system.revision()

    with pytest.raises(Refused) as refused:
        directory.call("CreateUsers", **parameters)

    assert (refused.value.status, refused.value.code) == (400, code)
    assert "weak" not in refused.value.message
    assert directory.system.revision() == before


def test_a_hundred_users_fit_into_one_call(directory: Directory):
    directory.add(*(f"user_{number}" for number in range(100)))

    assert directory.call("DescribeUsers")["Count"] == 100
