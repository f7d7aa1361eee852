"""People and their users: no name inherits what another had, and users are put to other people."""

from typing import Any

import pytest

from admit.core.validity import HOUR, SECOND
from admit.store.verification import verify
from tests.callers import refused
from tests.system import System


@pytest.fixture
def instance(system: System) -> str:
    """The IDaaS instance."""
    return str(system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"])


@pytest.fixture
def bastion(system: System) -> str:
    """The bastion host."""
    return str(system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"])


def account(system: System, instance: str, name: str) -> str:
    """A new account in the root unit."""
    root = system.call("eiam", "GetRootOrganizationalUnit", InstanceId=instance)["OrganizationalUnit"]
    unit = root["OrganizationalUnitId"]
    made = system.call(
        "eiam", "CreateUser", InstanceId=instance, Username=name, PrimaryOrganizationalUnitId=unit
    )
    return str(made["UserId"])


def convenience_user(system: System, name: str) -> None:
    system.call("eds-user", "CreateUsers", Users=[{"EndUserId": name, "OwnerType": "CreateFromManager"}])


def application(system: System, instance: str, name: str, *users: str) -> None:
    """An application that accounts are authorized to."""
    source = "urn:alibaba:idaas:app:source:standard"
    made = system.call(
        "eiam",
        "CreateApplication",
        InstanceId=instance,
        ApplicationName=name,
        ApplicationSourceType=source,
        SsoType="oidc",
    )
    app = made["ApplicationId"]
    system.call(
        "eiam", "AuthorizeApplicationToUsers", InstanceId=instance, ApplicationId=app, UserIds=list(users)
    )


def person(system: System, name: str) -> dict[str, Any]:
    told: dict[str, Any] = system.call("admit", "DescribePerson", Person=name)["Person"]
    return told


def may(system: System, name: str, resource: str, **more: object) -> bool:
    decision = system.call("admit", "CheckAccess", Person=name, Resource=resource, **more)["Decision"]
    return bool(decision["Allowed"])


def rename(system: System, instance: str, user: str, name: str) -> None:
    system.call("eiam", "UpdateUser", InstanceId=instance, UserId=user, Username=name)


def whole(system: System) -> bool:
    with system.admit.store.read() as sql:
        return verify(sql, system.admit.world.sealer.subkey("ledger")).fault is None


def test_who_takes_the_name_of_a_renamed_user_does_not_inherit_their_access(
    system: System, instance: str
) -> None:
    alice = account(system, instance, "alice")
    application(system, instance, "wiki", alice)
    rename(system, instance, alice, "alice.smith")

    account(system, instance, "alice")
    convenience_user(system, "alice")

    assert not may(system, "alice", "app:wiki")
    assert may(system, "alice.smith", "app:wiki")
    assert person(system, "alice")["Id"] != person(system, "alice.smith")["Id"]


def test_a_renamed_user_keeps_access_under_the_new_name_and_the_old_person_ends(
    system: System, instance: str
) -> None:
    alice = account(system, instance, "alice")
    application(system, instance, "wiki", alice)
    before = system.clock.now()
    system.advance(SECOND)
    rename(system, instance, alice, "alice.smith")

    assert refused(system.call, "admit", "DescribePerson", Person="alice") == (404, "EntityNotExist")
    assert [user["UserId"] for user in person(system, "alice.smith")["Users"]] == [alice]
    # History knows who had the name then.
    assert may(system, "alice", "app:wiki", At=before)
    assert whole(system)


def test_a_renamed_user_leaves_a_person_who_has_other_users(system: System, instance: str) -> None:
    convenience_user(system, "alice")
    alice = account(system, instance, "alice")
    application(system, instance, "wiki", alice)
    rename(system, instance, alice, "bob")

    assert [user["Directory"] for user in person(system, "alice")["Users"]] == ["account"]
    assert [user["Directory"] for user in person(system, "bob")["Users"]] == ["idaas"]
    assert not may(system, "alice", "app:wiki")


def test_a_user_who_was_put_to_another_person_stays_there_when_renamed(system: System, instance: str) -> None:
    convenience_user(system, "alice")
    admin = account(system, instance, "adm-alice")
    system.call("admit", "SetPersonOfUser", UserId=admin, Person="alice")
    rename(system, instance, admin, "adm.alice")

    assert [user["Name"] for user in person(system, "alice")["Users"]] == ["alice", "adm.alice"]


def test_a_refused_rename_leaves_the_person_alone(system: System, instance: str) -> None:
    alice = account(system, instance, "alice")
    account(system, instance, "bob")
    before = system.revision()

    assert refused(rename, system, instance, alice, "Bob") == (403, "ResourceDuplicated.Username")
    assert system.revision() == before
    assert [user["UserId"] for user in person(system, "alice")["Users"]] == [alice]


def test_a_user_put_to_another_person_brings_their_access_and_the_empty_person_ends(
    system: System, instance: str
) -> None:
    convenience_user(system, "alice")
    other = account(system, instance, "a.liddell")
    application(system, instance, "wiki", other)
    before = system.clock.now()
    system.advance(SECOND)
    answer = system.call("admit", "SetPersonOfUser", UserId=other, Person="alice")

    assert answer["Changed"] is True
    assert [user["Name"] for user in answer["Person"]["Users"]] == ["alice", "a.liddell"]
    assert may(system, "alice", "app:wiki")
    assert not may(system, "alice", "app:wiki", At=before)
    assert refused(system.call, "admit", "DescribePerson", Person="a.liddell") == (404, "EntityNotExist")
    assert whole(system)


def test_two_humans_of_one_name_are_told_apart(system: System, instance: str) -> None:
    convenience_user(system, "alice")
    other = account(system, instance, "alice")
    application(system, instance, "wiki", other)
    system.call("admit", "SetPersonOfUser", UserId=other, Person="alice (Munich)")

    assert not may(system, "alice", "app:wiki")
    assert may(system, "alice (Munich)", "app:wiki")


def test_putting_a_user_where_they_are_changes_nothing(system: System, instance: str) -> None:
    alice = account(system, instance, "alice")
    before = system.revision()
    answer = system.call("admit", "SetPersonOfUser", UserId=alice, Person="alice")

    assert answer["Changed"] is False
    assert system.revision() == before


def test_a_user_is_no_longer_usable_with_another_person_than_before(system: System, bastion: str) -> None:
    end = (system.clock.now() + HOUR) // SECOND
    made = system.call(
        "yundun-bastionhost",
        "CreateUser",
        InstanceId=bastion,
        Source="Local",
        UserName="temp",
        Password="Correct-Horse-7",
        EffectiveEndTime=end,
    )
    system.call("admit", "SetPersonOfUser", UserId=made["UserId"], Person="alice")

    (user,) = person(system, "alice")["Users"]
    assert user["EndTime"] == end * SECOND


def test_what_is_revoked_from_a_person_is_revoked_from_each_of_their_users(
    system: System, instance: str
) -> None:
    first, second = account(system, instance, "alice"), account(system, instance, "adm-alice")
    application(system, instance, "wiki", first, second)
    system.call("admit", "SetPersonOfUser", UserId=second, Person="alice")
    answer = system.call("admit", "RevokeAccess", Subject="alice", Resource="app:wiki")

    assert answer["Result"]["Changed"] is True
    assert not may(system, "alice", "app:wiki")


def test_granting_again_changes_the_user_who_has_it(system: System, instance: str) -> None:
    account(system, instance, "alice")
    second = account(system, instance, "adm-alice")
    application(system, instance, "wiki", second)
    system.call("admit", "SetPersonOfUser", UserId=second, Person="alice")
    end = system.clock.now() + HOUR
    system.call("admit", "GrantAccess", Subject="alice", Resource="app:wiki", EndTime=end)
    system.advance(HOUR)

    assert not may(system, "alice", "app:wiki")


@pytest.mark.parametrize("name", ["", "group:dba", "two\nlines", "alice\n"])
def test_a_name_nobody_could_be_asked_about_by_is_refused(system: System, instance: str, name: str) -> None:
    alice = account(system, instance, "alice")
    status, _ = refused(system.call, "admit", "SetPersonOfUser", UserId=alice, Person=name)

    assert status == 400
    assert person(system, "alice")["Users"]


def test_a_user_who_does_not_exist_is_put_nowhere(system: System) -> None:
    before = system.revision()

    assert refused(system.call, "admit", "SetPersonOfUser", UserId="user_none", Person="x")[0] == 404
    assert system.revision() == before
