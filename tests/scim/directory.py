"""An outside directory that feeds a system under test."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tests.system import System

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def wsgi(system: System) -> Callable[[dict[str, Any], Callable[..., Any]], list[bytes]]:
    """The system as the testers of the standard call it."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        names = {
            "HTTP_AUTHORIZATION": "authorization",
            "HTTP_ACCEPT": "accept",
            "CONTENT_TYPE": "content-type",
        }
        headers = {name: environ[key] for key, name in names.items() if environ.get(key)}
        query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["SCRIPT_NAME"] + environ["PATH_INFO"]
        status, body, answered = system.http(environ["REQUEST_METHOD"], f"{path}{query}", headers, sent)
        start(f"{status} {HTTPStatus(status).phrase}", list(answered.items()))
        return [body]

    return answer


@dataclass
class Directory:
    """A connection and its token."""

    system: System
    token: str

    @property
    def base(self) -> str:
        return f"{self.system.admit.world.url}/scim/v2"

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        kind: str = "application/scim+json",
    ) -> tuple[int, dict[str, Any]]:
        """One request: status and body."""
        headers = {"authorization": f"Bearer {self.token if token is None else token}", "content-type": kind}
        sent = b"" if body is None else json.dumps(body).encode()
        status, text, _ = self.system.http(method, f"/scim/v2{path}", headers, sent)
        return status, json.loads(text) if text else {}

    def user(self, name: str, /, **more: Any) -> dict[str, Any]:
        status, made = self.ask("POST", "/Users", {"userName": name, "active": True, **more})
        assert status == 201, made
        return made

    def group(self, name: str, *members: str) -> dict[str, Any]:
        said = {"displayName": name, "members": [{"value": each} for each in members]}
        status, made = self.ask("POST", "/Groups", said)
        assert status == 201, made
        return made

    def patch(self, path: str, *operations: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def names(self, query: str) -> list[str]:
        """The names of the users that a query finds."""
        status, found = self.ask("GET", f"/Users?{query}")
        assert status == 200, found
        return [each["userName"] for each in found["Resources"]]


def connect(system: System, *directories: str) -> Directory:
    made = system.call("admit", "CreateScimConnection", Name="okta", Directories=directories or None)
    return Directory(system, str(made["Token"]))
