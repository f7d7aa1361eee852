"""A server with a space ``shop``, and programs that ask it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from admit.main import create
from admit.settings import Settings
from tests.callers import document, statement
from tests.served import Caller, serving


@dataclass(frozen=True)
class Shop:
    """Whoever owns an order may read it; mia may ship what is light; eve may count."""

    server: str
    caller: Caller
    token: str
    """Of who may ask, and have a copy."""
    only_asks: str

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Make a call as the account."""
        return self.caller.call("admit", action, **parameters)

    def new_token(self) -> tuple[str, str]:
        """Another token of who may have a copy, and its ID."""
        made = self.call("CreateBearerToken", UserName="copies", Name="another")
        return made["Token"], made["Shown"]["TokenId"]


@contextmanager
def opened(data: Path) -> Iterator[Shop]:
    """The shop, until the block ends."""
    founded = create(Settings(data=data))
    with serving(data) as served:
        caller = Caller(served.urls["http"], founded)
        asks = ["admit:Evaluate", "admit:Search*"]
        token = _token(caller, "copies", [*asks, "admit:ReplicateAccess"])
        only_asks = _token(caller, "orders", asks)
        _fill(caller)
        yield Shop(f"http://{served.urls['http']}", caller, token, only_asks)
        caller.connection.close()


def _token(caller: Caller, name: str, actions: list[str]) -> str:
    allowed = document(statement("Allow", actions))
    caller.call("ram", "CreateUser", UserName=name)
    caller.call("ram", "CreatePolicy", PolicyName=name, PolicyDocument=allowed)
    caller.call("ram", "AttachPolicyToUser", PolicyType="Custom", PolicyName=name, UserName=name)
    return str(caller.call("admit", "CreateBearerToken", UserName=name, Name="x")["Token"])


def _fill(caller: Caller) -> None:
    space = {"Space": "shop"}
    caller.call("admit", "RegisterType", Name="user", **space)
    caller.call("admit", "RegisterType", Name="order", Open=True, **space)
    users = json.dumps([{"Id": each} for each in ("mia", "eve")])
    caller.call("admit", "PutEntities", Type="user", Role="subject", Entities=users, **space)
    orders = json.dumps([{"Id": f"o-{number}"} for number in range(3)])
    caller.call("admit", "PutEntities", Type="order", Role="resource", Entities=orders, **space)
    everyone = {"Subject": "user:*", "Resource": "order:*", **space}
    owner = "has(resource.properties.owner) && resource.properties.owner == subject.id"
    caller.call("admit", "GrantActions", Actions=["read"], Condition=owner, **everyone)
    light = {"Subject": "user:mia", "Resource": "order:*", "Actions": ["ship"], **space}
    caller.call("admit", "GrantActions", Condition="context.weight < 30", **light)
    caller.call("admit", "GrantActions", Subject="user:eve", Resource="order:*", Actions=["count"], **space)
