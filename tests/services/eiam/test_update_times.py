"""When something was last changed: being switched off and on is a change too."""

from typing import Any

import pytest

from admit.core.validity import MINUTE
from tests.security.stage import Idaas
from tests.system import System

SWITCHED: dict[str, tuple[str, ...]] = {
    "User": ("UserId",),
    "Application": ("ApplicationId",),
    "AuthorizationRule": ("AuthorizationRuleId",),
    "CloudAccountRole": ("CloudAccountId", "CloudAccountRoleId"),
}


@pytest.mark.parametrize("kind", SWITCHED)
def test_the_update_time_moves_when_something_is_switched_off_and_on(system: System, kind: str) -> None:
    idaas = Idaas(system)
    named = {"InstanceId": idaas.instance} | {name: idaas.ids[name] for name in SWITCHED[kind]}

    def call(verb: str) -> Any:
        system.advance(MINUTE)
        token = {} if kind in ("User", "Application") else {"ClientToken": verb}
        idaas.call(f"{verb}{kind}", **named, **token)
        return idaas.call(f"Get{kind}", **named)[kind]["UpdateTime"]

    times = [call("Disable"), call("Enable")]
    assert times == [system.clock.now() - MINUTE, system.clock.now()]
    # What is so already is not changed.
    assert call("Enable") == times[1]
