"""Bastion users from AD and LDAP, whose passwords a directory outside knows: at every door alike."""

import asyncio
from collections.abc import Iterator

import pytest

from admit.base.ldap import LdapServer
from admit.control.signing_in.signin import SignIn, SignInRefused
from admit.control.signing_in.web_sign_in import WebSignIn
from tests.base.directory_server import Directory, directory
from tests.browsing import Pages
from tests.portal.people import send
from tests.services.bastionhost.people import Bastion
from tests.system import System

ALICE = "cn=alice,dc=example,dc=com"
PEER = "192.0.2.1"


@pytest.fixture
def known() -> Iterator[Directory]:
    """A directory that knows alice's password."""
    with directory(Directory({ALICE: "Secret-123"})) as found:
        yield found


@pytest.fixture
def outside(system: System, known: Directory) -> System:
    """A system whose alice is from there."""
    server = LdapServer(f"ldap://{known.address}", encrypted=False)
    object.__setattr__(system.admit.world, "directory", server)
    Bastion(system).call("CreateUser", UserName="alice", Source="LDAP", SourceUserId=ALICE)
    return system


def proven(system: System, name: str, password: str) -> list[str]:
    """Whom a password proves at the SSH door."""
    signin = SignIn(system.admit.store, system.admit.world)
    return [user.name for user in asyncio.run(signin.by_password(name, password, PEER))]


def test_the_directory_proves_its_users_and_no_others(outside: System, known: Directory) -> None:
    Bastion(outside).user("tom")
    assert proven(outside, "alice", "Secret-123") == ["alice"]
    assert proven(outside, "alice", "wrong") == []
    assert proven(outside, "tom", "Secret-123") == []
    assert known.asked[:2] == [ALICE, ALICE]


def test_a_name_that_nobody_has_is_asked_about_as_well(outside: System, known: Directory) -> None:
    """Or the time it takes would tell who is there."""
    assert proven(outside, "nobody", "Secret-123") == []
    assert len(known.asked) == 1
    assert known.asked[0] != ALICE


def test_wrong_tries_are_counted_before_the_directory_is_asked(outside: System, known: Directory) -> None:
    for _ in range(5):
        proven(outside, "alice", "wrong")
    with pytest.raises(SignInRefused, match="too many"):
        proven(outside, "alice", "Secret-123")
    assert len(known.asked) == 5


def test_a_directory_that_cannot_be_asked_lets_nobody_in_and_keeps_nobody_of_ours_out(
    outside: System, known: Directory
) -> None:
    Bastion(outside).user("tom")
    known.code = 51
    with pytest.raises(SignInRefused, match="cannot be asked"):
        proven(outside, "alice", "Secret-123")
    assert proven(outside, "tom", "Correct-horse-9") == ["tom"]


def test_a_locked_user_is_not_asked_about(outside: System, known: Directory) -> None:
    bastion = Bastion(outside)
    user = next(each for each in bastion.call("ListUsers")["Users"] if each["UserName"] == "alice")
    bastion.call("LockUsers", UserIds=f'["{user["UserId"]}"]')
    assert proven(outside, "alice", "Secret-123") == []
    assert ALICE not in known.asked


def test_a_browser_signs_in_likewise_and_cannot_change_that_password_here(outside: System) -> None:
    browser = Pages(outside)
    assert browser.sign_in("alice", "wrong").status == 403
    assert browser.sign_in("alice", "Secret-123").status == 303
    fields = {"password": "Secret-123", "chosen": "Another-horse-9"}
    answer = send(browser, "/home/settings/password", fields)
    assert "kept in a directory outside" in answer.text
    assert Pages(outside).sign_in("alice", "Another-horse-9").status == 403


def test_without_a_directory_they_sign_in_with_no_password(system: System) -> None:
    Bastion(system).call("CreateUser", UserName="alice", Source="LDAP", SourceUserId=ALICE)
    assert proven(system, "alice", "Secret-123") == []
    assert proven(system, "alice", "") == []
    assert not asyncio.run(
        WebSignIn(system.admit.store, system.admit.world).by_password("alice", "Secret-123", PEER)
    )
