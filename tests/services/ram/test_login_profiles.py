"""Passwords of RAM users: for the console, and for nothing else."""

import pytest

from tests.browsing import Pages
from tests.callers import Callers, refused, statement
from tests.system import System

PASSWORD = "Correct-Horse-7"


@pytest.fixture
def carol(system: System) -> Callers:
    callers = Callers(system)
    callers.user("carol", statement("Allow", "ram:ListGroups"))
    return callers


def signs_in(system: System, password: str = PASSWORD) -> bool:
    return Pages(system).sign_in("carol", password).status == 303


def test_a_user_with_a_password_signs_in(system: System, carol: Callers) -> None:
    assert not signs_in(system)

    made = carol.ram("CreateLoginProfile", UserName="carol", Password=PASSWORD)["LoginProfile"]

    assert (made["UserName"], made["PasswordResetRequired"], made["MFABindRequired"]) == (
        "carol",
        False,
        False,
    )
    assert carol.ram("GetLoginProfile", UserName="carol")["LoginProfile"] == made
    assert PASSWORD not in str(made)
    assert signs_in(system)


def test_there_is_one_for_each_user(carol: Callers) -> None:
    carol.ram("CreateLoginProfile", UserName="carol", Password=PASSWORD)

    again = refused(carol.ram, "CreateLoginProfile", UserName="carol", Password=PASSWORD)
    assert again == (409, "EntityAlreadyExists.User.LoginProfile")


def test_another_password_takes_the_place_of_the_first(system: System, carol: Callers) -> None:
    carol.ram("CreateLoginProfile", UserName="carol", Password=PASSWORD)

    before = Pages(system)
    before.sign_in("carol", PASSWORD)
    assert before.get("/explorer").status == 200

    carol.ram("UpdateLoginProfile", UserName="carol", Password="Another-Horse-8")

    assert before.get("/explorer").status == 303
    assert not signs_in(system)
    assert signs_in(system, "Another-Horse-8")


def test_one_that_must_be_changed_opens_nothing(system: System, carol: Callers) -> None:
    carol.ram("CreateLoginProfile", UserName="carol", Password=PASSWORD, PasswordResetRequired="true")

    assert not signs_in(system)
    carol.ram("UpdateLoginProfile", UserName="carol", PasswordResetRequired="false")
    assert signs_in(system)


def test_without_it_the_browser_is_out_and_the_user_can_be_deleted(system: System, carol: Callers) -> None:
    carol.ram("CreateLoginProfile", UserName="carol", Password=PASSWORD)
    pages = Pages(system)
    pages.sign_in("carol", PASSWORD)
    assert pages.get("/explorer").status == 200
    keys = carol.ram("ListAccessKeys", UserName="carol")["AccessKeys"]["AccessKey"]
    carol.ram("DeleteAccessKey", UserName="carol", UserAccessKeyId=keys[0]["AccessKeyId"])
    carol.ram("DetachPolicyFromUser", PolicyType="Custom", PolicyName="of-carol", UserName="carol")
    assert refused(carol.ram, "DeleteUser", UserName="carol") == (409, "DeleteConflict.User.LoginProfile")

    carol.ram("DeleteLoginProfile", UserName="carol")

    assert pages.get("/explorer").status == 303
    carol.ram("DeleteUser", UserName="carol")


@pytest.mark.parametrize("action", ["GetLoginProfile", "UpdateLoginProfile", "DeleteLoginProfile"])
def test_who_has_none_is_told_so(carol: Callers, action: str) -> None:
    assert refused(carol.ram, action, UserName="carol") == (404, "EntityNotExist.User.LoginProfile")
    assert refused(carol.ram, action, UserName="nobody") == (404, "EntityNotExist.User")


@pytest.mark.parametrize("password", ["", "short-7", "no-digits-HERE", "x" * 129])
def test_a_weak_password_is_not_taken(system: System, carol: Callers, password: str) -> None:
    before = system.revision()

    status, code = refused(carol.ram, "CreateLoginProfile", UserName="carol", Password=password)

    assert status == 400
    assert "Password" in code
    assert system.revision() == before


def test_a_second_factor_is_not_promised(carol: Callers) -> None:
    asked = refused(
        carol.ram, "CreateLoginProfile", UserName="carol", Password=PASSWORD, MFABindRequired="true"
    )

    assert asked == (400, "InvalidParameter.MFABindRequired")
