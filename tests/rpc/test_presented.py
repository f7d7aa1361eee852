"""Who asks, by a token or a key that is shown; and what RAM lets them ask."""

import base64

import pytest

from admit.control.callers import Caller
from admit.core.errors import NoPermission
from admit.rpc.dispatch import Peer
from admit.rpc.presented import Unproven, caller_of, permit_to
from admit.rpc.signing import SigningKey
from tests.callers import Callers, statement
from tests.system import System


@pytest.fixture
def key(system: System) -> SigningKey:
    """The key of a user who may evaluate in one space."""
    return Callers(system).user("orders", statement("Allow", "admit:Evaluate", "acs:admit:*:*:space/shop"))


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def proven(system: System, header: str) -> Caller:
    with system.admit.store.read() as sql:
        return caller_of(sql, system.admit.world, header)


def test_a_token_proves_its_user(system: System, key: SigningKey) -> None:
    made = system.call("admit", "CreateBearerToken", UserName="orders", Name="test")

    assert proven(system, f"Bearer {made['Token']}").arn == Callers(system).arn("user/orders")
    assert proven(system, f" bearer  {made['Token']} ").arn == Callers(system).arn("user/orders")


def test_an_access_key_proves_whose_it_is(system: System, key: SigningKey) -> None:
    shown = basic(f"{key.access_key_id}:{key.secret}")

    assert proven(system, shown).arn == Callers(system).arn("user/orders")


@pytest.mark.parametrize(
    "header", ["", "Digest x", "Bearer x", "Bearer admit_a_b", "Basic ?", basic("nobody:x"), basic("\\x80")]
)
def test_what_is_none_of_them_proves_nobody(system: System, header: str) -> None:
    with pytest.raises(Unproven):
        proven(system, header)


def test_a_wrong_secret_and_a_key_switched_off_prove_nobody(system: System, key: SigningKey) -> None:
    with pytest.raises(Unproven):
        proven(system, basic(f"{key.access_key_id}:{key.secret}x"))

    named = {"UserName": "orders", "UserAccessKeyId": key.access_key_id}
    Callers(system).ram("UpdateAccessKey", Status="Inactive", **named)
    with pytest.raises(Unproven):
        proven(system, basic(f"{key.access_key_id}:{key.secret}"))


def test_ram_says_for_each_thing_what_is_permitted(system: System, key: SigningKey) -> None:
    caller, world = proven(system, basic(f"{key.access_key_id}:{key.secret}")), system.admit.world
    peer = Peer("127.0.0.1", secure=False)

    permit_to(caller, world, "Evaluate", "space/shop", peer)
    with pytest.raises(NoPermission):
        permit_to(caller, world, "Evaluate", "space/bank", peer)
