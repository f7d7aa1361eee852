"""Who asks, by a token or a key that is shown; and what RAM lets them ask."""

import base64

import pytest

from admit.control.callers import Caller
from admit.core.errors import NoPermission
from admit.core.validity import SECOND
from admit.rpc.dispatch import Peer
from admit.rpc.presented import Presented, Unproven, let_in
from admit.rpc.signing import SigningKey
from admit.store.engine import Author
from tests.callers import Callers, statement
from tests.system import System


@pytest.fixture
def key(system: System) -> SigningKey:
    """The key of a user who may evaluate in one space."""
    return Callers(system).user("orders", statement("Allow", "admit:Evaluate", "acs:admit:*:*:space/shop"))


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def asked(
    system: System, header: str, action: str = "Evaluate", what: str = "space/shop", peer: str = "127.0.0.1"
) -> Caller:
    with system.admit.store.read() as sql:
        shown = Presented(header, action, what, Peer(peer, secure=False))
        return let_in(sql, system.admit.world, shown)


def orders(system: System) -> str:
    """The user's name in policies."""
    return Callers(system).arn("user/orders")


def test_a_token_proves_its_user_until_it_ends(system: System, key: SigningKey) -> None:
    end = system.clock.now() + 500
    made = system.call("admit", "CreateBearerToken", UserName="orders", Name="test", EndTime=end)
    header = f"Bearer {made['Token']}"

    assert asked(system, header).arn == asked(system, f" {header} ").arn == orders(system)
    system.advance(499)
    assert asked(system, header).arn == orders(system)
    system.advance(1)
    with pytest.raises(Unproven):
        asked(system, header)


def test_an_access_key_proves_whose_it_is(system: System, key: SigningKey) -> None:
    shown = basic(f"{key.access_key_id}:{key.secret}")

    assert asked(system, shown).arn == orders(system)
    system.advance(SECOND)
    assert asked(system, shown).arn == orders(system)


@pytest.mark.parametrize(
    "header", ["", "Digest x", "Bearer x", "Bearer admit_a_b", "Basic ?", basic("nobody:x"), "Basic /w=="]
)
def test_what_is_none_of_them_proves_nobody(system: System, header: str) -> None:
    with pytest.raises(Unproven):
        asked(system, header)


def test_a_wrong_secret_and_a_key_switched_off_prove_nobody(system: System, key: SigningKey) -> None:
    shown = basic(f"{key.access_key_id}:{key.secret}")
    with pytest.raises(Unproven):
        asked(system, basic(f"{key.access_key_id}:{key.secret}x"))
    assert asked(system, shown).arn == orders(system)

    named = {"UserName": "orders", "UserAccessKeyId": key.access_key_id}
    Callers(system).ram("UpdateAccessKey", Status="Inactive", **named)
    with pytest.raises(Unproven):
        asked(system, shown)


def test_in_a_transaction_that_writes_it_is_asked_anew(system: System, key: SigningKey) -> None:
    header = basic(f"{key.access_key_id}:{key.secret}")
    shown = Presented(header, "Evaluate", "space/shop", Peer("127.0.0.1", secure=False))
    author = Author("acs:ram::1:root", "test", "request")

    found = system.admit.store.write_now(author, lambda tx: let_in(tx.sql, system.admit.world, shown))
    assert found.arn == orders(system)


def test_ram_says_for_each_thing_what_is_permitted(system: System, key: SigningKey) -> None:
    shown = basic(f"{key.access_key_id}:{key.secret}")

    assert asked(system, shown).arn == orders(system)
    with pytest.raises(NoPermission):
        asked(system, shown, what="space/bank")
    with pytest.raises(NoPermission):
        asked(system, shown, action="Search")
