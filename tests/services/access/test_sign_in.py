"""Authenticators: given, told once, taken away."""

import asyncio

import pyotp
import pytest

from admit.control.signing_in.signin import SignIn, SignInRefused
from admit.core.validity import SECOND
from tests.services.bastionhost.people import PASSWORD, Bastion
from tests.system import Refused, System


@pytest.fixture
def alice(system: System) -> str:
    """A user who is asked for a code."""
    return Bastion(system).user("alice", TwoFactorStatus="Enable", TwoFactorMethods='["totp"]')


def _code(system: System, address: str) -> str:
    totp = pyotp.parse_uri(address)
    assert isinstance(totp, pyotp.TOTP)
    return totp.at(system.clock.now() // SECOND)


def _proven(system: System, code: str) -> list[str]:
    signin = SignIn(system.admit.store, system.admit.world)

    async def sign_in() -> list[str]:
        users = await signin.by_password("alice", PASSWORD, "192.0.2.1")
        factor = await signin.second_factor(users, "192.0.2.1")
        assert factor is not None
        proven = await signin.by_code(factor, "alice", code, "192.0.2.1")
        return [user.name for user in proven]

    return asyncio.run(sign_in())


def test_what_the_app_is_given_makes_the_codes_that_are_asked_for(system: System, alice: str) -> None:
    address = system.call("admit", "SetOneTimeCode", UserId=alice)["Address"]
    assert address.startswith("otpauth://totp/admit:alice?secret=")
    assert _proven(system, _code(system, address)) == ["alice"]


def test_a_new_authenticator_makes_the_former_worthless(system: System, alice: str) -> None:
    former = system.call("admit", "SetOneTimeCode", UserId=alice)["Address"]
    new = system.call("admit", "SetOneTimeCode", UserId=alice)["Address"]
    assert _proven(system, _code(system, former)) == []
    assert _proven(system, _code(system, new)) == ["alice"]


def test_who_lost_the_authenticator_cannot_sign_in_without_a_new_one(system: System, alice: str) -> None:
    address = system.call("admit", "SetOneTimeCode", UserId=alice)["Address"]
    assert system.call("admit", "RemoveOneTimeCode", UserId=alice)["Changed"]
    assert not system.call("admit", "RemoveOneTimeCode", UserId=alice)["Changed"]
    with pytest.raises(SignInRefused):
        _proven(system, _code(system, address))


def test_the_secret_is_told_once_and_stands_nowhere_else(system: System, alice: str) -> None:
    address = system.call("admit", "SetOneTimeCode", UserId=alice)["Address"]
    secret = str(pyotp.parse_uri(address).secret)
    database = system.admit.settings.database_file
    held = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    assert secret.encode() not in held


def test_only_users_of_a_bastion_host_have_one(system: System) -> None:
    system.call("eds-user", "CreateUsers", Users=[{"EndUserId": "bob", "Email": "bob@example.com"}])
    (bob,) = system.call("admit", "DescribePerson", Person="bob")["Person"]["Users"]
    wy_id = bob["UserId"]
    for user_id, code in ((wy_id, "InvalidParameter.UserId"), ("999999", "EntityNotExist")):
        with pytest.raises(Refused) as refused:
            system.call("admit", "SetOneTimeCode", UserId=user_id)
        assert refused.value.code == code
