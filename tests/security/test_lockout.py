"""Nobody locks everybody out, and whoever has the data directory can always get in."""

import pytest

from admit.cli.local import local
from admit.core.validity import MINUTE
from admit.rpc.signing import SigningKey
from tests.callers import Callers, refused
from tests.system import System

CONFLICT = (409, "DeleteConflict.Account.AccessKey")


@pytest.fixture
def callers(system: System) -> Callers:
    return Callers(system)


def test_the_last_key_of_the_account_stays_and_stays_active(callers: Callers) -> None:
    own = callers.system.key.access_key_id
    assert refused(callers.ram, "DeleteAccessKey", UserAccessKeyId=own) == CONFLICT
    assert refused(callers.ram, "UpdateAccessKey", UserAccessKeyId=own, Status="Inactive") == CONFLICT
    assert callers.identity()["IdentityType"] == "Account"


def test_an_inactive_key_of_the_account_is_no_way_in(callers: Callers) -> None:
    other = callers.ram("CreateAccessKey")["AccessKey"]["AccessKeyId"]
    callers.ram("UpdateAccessKey", UserAccessKeyId=other, Status="Inactive")
    own = callers.system.key.access_key_id
    assert refused(callers.ram, "DeleteAccessKey", UserAccessKeyId=own) == CONFLICT
    callers.ram("DeleteAccessKey", UserAccessKeyId=other)


def test_who_has_the_data_directory_gets_in_by_whichever_key_is_active(callers: Callers) -> None:
    made = callers.ram("CreateAccessKey")["AccessKey"]
    fresh = SigningKey(made["AccessKeyId"], made["AccessKeySecret"])
    callers.system.advance(MINUTE)
    callers.ram("UpdateAccessKey", fresh, UserAccessKeyId=callers.system.key.access_key_id, Status="Inactive")

    with local(callers.system.admit.settings) as client:
        assert client.call("sts", "GetCallerIdentity")["IdentityType"] == "Account"
