"""Signed requests as bytes, to be altered, sent and sent again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from admit.core.validity import Millis
from admit.main import SERVICES
from admit.rpc.dispatch import Dispatcher
from admit.rpc.operation import Registry
from admit.rpc.signing import Call, SigningKey, sign_acs3
from admit.web import Measured, Pages, Upkeep, Web
from tests.rpc.sample import SAMPLE
from tests.system import System


@dataclass(frozen=True, slots=True)
class Raw:
    """A request as it goes over the wire."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    def with_headers(self, **headers: str) -> "Raw":
        """The same with headers added or replaced, unsigned."""
        return replace(self, headers={**self.headers, **headers})


def signed(  # each part may be what a test is about
    system: System,
    action: str,
    parameters: Mapping[str, str],
    *,
    nonce: str,
    at: Millis | None = None,
    key: SigningKey | None = None,
    method: str = "POST",
    version: str = SAMPLE.version,
    query: Mapping[str, str] | None = None,
) -> Raw:
    """A signed request; by default of now, by the account's key."""
    moment = system.clock.now() if at is None else at
    call = Call(method, "admit.test", action, version, query or {}, parameters, moment, nonce)
    made = sign_acs3(call, key or system.key)
    return Raw(method, made.target, made.headers, made.body)


def answer(system: System, raw: Raw) -> tuple[int, dict[str, Any]]:
    """The status and the body of a request's answer."""
    status, body, _ = system.http(raw.method, raw.target, raw.headers, raw.body)
    return status, json.loads(body)


def code(system: System, raw: Raw) -> str:
    """The code a request is answered with; OK if it was done."""
    return str(answer(system, raw)[1].get("Code", "OK"))


def served(system: System) -> System:
    """The same system, answered by a dispatcher that began just now and knows the sample service too."""
    admit = system.admit
    registry = Registry((*SERVICES, SAMPLE))
    dispatcher = Dispatcher(registry, admit.store, admit.world)
    upkeep = Upkeep(lambda: True, Measured(bytes, public=True), bytes)
    web = Web(dispatcher, admit.world.chance.request_id, upkeep, Pages())
    served = replace(admit, registry=registry, dispatcher=dispatcher, web=web)
    return System(served, system.clock, system.founded, _count=system._count)
