"""A program that asks for decisions over HTTP."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.callers import Callers, statement
from tests.system import System

ALL = ("admit:Evaluate", "admit:Search*")


@dataclass
class Program:
    """Shows a bearer token of a RAM user of its own."""

    system: System
    name: str = "orders"
    may: tuple[str, ...] = ALL
    base: str = ""
    """Where the decision point is, below the server."""
    token: str = field(init=False)
    token_id: str = field(init=False)

    def __post_init__(self) -> None:
        Callers(self.system).user(self.name, statement("Allow", list(self.may)))
        made = self.system.call("admit", "CreateBearerToken", UserName=self.name, Name="test")
        self.token, self.token_id = made["Token"], made["Shown"]["TokenId"]

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any, dict[str, str]]:
        """A request to an endpoint: status, body (decoded if it is JSON), headers."""
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        given = {name.replace("_", "-").title(): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, answer, answered = self.system.http(
            "POST", f"{self.base}/access/v1/{path}", sent | given, raw
        )
        is_json = answered["content-type"].startswith("application/json")
        return status, json.loads(answer) if is_json else answer.decode(), answered

    def asks(self, path: str, body: Any) -> Any:
        """The answer to a request that is answered."""
        status, answer, _ = self.post(path, body)
        assert status == 200, answer
        return answer


def question(subject: str, action: str | None, resource: str, **more: Any) -> dict[str, Any]:
    """A request, from ``type:id`` of subject and resource; without an id for what is searched for."""
    body: dict[str, Any] = {"subject": _entity(subject), "resource": _entity(resource), **more}
    return body if action is None else body | {"action": {"name": action}}


def _entity(text: str) -> dict[str, str]:
    kind, colon, name = text.partition(":")
    return {"type": kind, "id": name} if colon else {"type": kind}
