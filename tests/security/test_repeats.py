"""Repeated requests: known again by nobody but who made them, and no help to who reads the database."""

import hashlib
import json

import msgspec
import pytest
from sqlalchemy import text

from admit.rpc.signing import SigningKey
from admit.services.eiam.users import CreateUser
from tests.callers import Callers, refused, statement
from tests.system import System


@pytest.fixture
def callers(system: System) -> Callers:
    return Callers(system)


def created(system: System, key: SigningKey | None, description: str = "one") -> str:
    """The instance that a call with one and the same token is told of."""
    made = system.call("eiam", "CreateInstance", key, Description=description, ClientToken="token-1")
    return str(made["InstanceId"])


def test_a_token_is_known_again_by_who_used_it_alone(system: System, callers: Callers) -> None:
    alice = callers.user("alice", statement("Allow", "eiam:*"))
    bob = callers.user("bob", statement("Allow", "eiam:*"))
    instances = {created(system, key) for key in (None, alice, bob)}

    assert len(instances) == 3
    assert {created(system, key) for key in (None, alice, bob)} == instances


def test_who_is_made_with_the_name_of_somebody_removed_does_not_get_their_answers(
    system: System, callers: Callers
) -> None:
    first = created(system, callers.user("alice", statement("Allow", "eiam:*")))
    (key,) = callers.ram("ListAccessKeys", UserName="alice")["AccessKeys"]["AccessKey"]
    callers.ram("DeleteAccessKey", UserName="alice", UserAccessKeyId=key["AccessKeyId"])
    callers.ram("DetachPolicyFromUser", PolicyType="Custom", PolicyName="of-alice", UserName="alice")
    callers.ram("DeleteUser", UserName="alice")

    callers.ram("CreateUser", UserName="alice")
    callers.attach("of-alice", user="alice")
    assert created(system, callers.key_of("alice")) != first


def test_a_token_is_not_asked_before_ram_is(system: System, callers: Callers) -> None:
    alice = callers.user("alice", statement("Allow", "eiam:*"))
    created(system, alice)
    callers.ram("DetachPolicyFromUser", PolicyType="Custom", PolicyName="of-alice", UserName="alice")
    assert refused(created, system, alice) == (403, "NoPermission")


def test_a_token_comes_back_with_the_same_parameters_or_is_refused(system: System) -> None:
    created(system, None)
    before = system.revision()
    assert refused(created, system, None, "another") == (400, "IdempotentParameterMismatch")
    assert system.revision() == before


def test_what_is_kept_of_a_repeatable_request_lets_nobody_try_passwords(system: System) -> None:
    instance = system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    root = system.call("eiam", "GetRootOrganizationalUnit", InstanceId=instance)["OrganizationalUnit"]
    request = CreateUser(
        instance_id=instance,
        username="alice",
        primary_organizational_unit_id=root["OrganizationalUnitId"],
        password="correct horse",
        client_token="token-2",
    )
    encoded = msgspec.json.encode(request)
    system.call("eiam", "CreateUser", **json.loads(encoded))

    with system.admit.store.read() as sql:
        kept = sql.execute(text("select request_hash, response from client_tokens")).all()
    assert len(kept) == 1
    assert hashlib.sha256(encoded).digest() != bytes(kept[0][0])
    assert b"correct horse" not in bytes(kept[0][0]) + bytes(kept[0][1])
