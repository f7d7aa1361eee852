"""The public AuthZEN scenarios: where their vectors are, and their policies in our words.

The vectors are the working group's interop events and certification text (2025-11 to 2026-06). They
stand beside the repository, not in it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.served import Caller

HERE = Path(__file__).resolve().parents[2] / ".." / "shared" / "reference" / "authzen"

RICK, MORTY, SUMMER, BETH, JERRY = (
    f"CiRmZD{letter}2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs" for letter in "AEIMQ"
)


def read(name: str) -> Any:
    """One file of vectors."""
    return json.loads((HERE / name).read_text("utf-8"))


@dataclass(frozen=True)
class Space:
    """A space, filled through the API."""

    caller: Caller
    name: str

    def type(self, name: str, *actions: str, open_: bool = False) -> None:
        """Register a type."""
        self._call("RegisterType", Name=name, Actions=list(actions), Open=open_)

    def put(self, kind: str, role: str, **properties: dict[str, Any]) -> None:
        """Register subjects or resources by id, with their properties."""
        self.put_all(kind, role, properties)

    def put_all(self, kind: str, role: str, properties: dict[str, dict[str, Any]]) -> None:
        """The same for ids that are no names."""
        entities = [{"Id": each, "Properties": values} for each, values in properties.items()]
        self._call("PutEntities", Type=kind, Role=role, Entities=json.dumps(entities))

    def grant(self, subject: str, actions: str, resource: str, condition: str = "") -> None:
        """Let a subject do some things with a resource."""
        self._call(
            "GrantActions", Subject=subject, Resource=resource, Actions=actions.split(), Condition=condition
        )

    def _call(self, action: str, **parameters: Any) -> None:
        self.caller.call("admit", action, Space=self.name, **parameters)


def certification(space: Space) -> None:
    """The fixture of the certification text."""
    space.type("user")
    space.type("record", "read", "write", "delete")
    space.put("user", "subject", alice={}, bob={"role": "admin"})
    space.put_all(
        "record", "resource", {"record-1": {"status": "active"}, "record-2": {"status": "archived"}}
    )
    space.grant("user:*", "read", "record:*")
    space.grant("user:alice", "write", "record:*", "resource.properties.status == 'active'")
    archived = "subject.properties.role == 'admin' && resource.properties.status == 'archived'"
    space.grant("user:*", "write", "record:*", archived)
    space.grant("user:*", "delete", "record:*", "action.properties.soft")


def todo(space: Space) -> None:
    """Todos of the citadel and the Smiths."""
    _people(space, "user", open_=True)
    space.type("todo", open_=True)
    space.grant("user:*", "can_read_user", "user:*")
    space.grant("user:*", "can_read_todos", "todo:*")
    makes = "subject.properties.roles.exists(r, r in ['admin', 'editor'])"
    space.grant("user:*", "can_create_todo", "todo:*", makes)
    mine = "'editor' in subject.properties.roles && resource.properties.ownerID == subject.properties.email"
    space.grant("user:*", "can_update_todo can_delete_todo", "todo:*", mine)
    space.grant("user:*", "can_update_todo", "todo:*", "'evil_genius' in subject.properties.roles")
    space.grant("user:*", "can_delete_todo", "todo:*", "'admin' in subject.properties.roles")


def gateway(space: Space) -> None:
    """Routes of a gateway in front of the todos."""
    _people(space, "identity")
    space.type("route", open_=True)
    space.grant("identity:*", "GET", "route:*")
    makes = "subject.properties.roles.exists(r, r in ['admin', 'editor'])"
    space.grant("identity:*", "POST PUT DELETE", "route:*", makes)


def _people(space: Space, kind: str, *, open_: bool = False) -> None:
    space.type(kind, open_=open_)
    people = {
        RICK: {"email": "rick@the-citadel.com", "roles": ["admin", "evil_genius"]},
        MORTY: {"email": "morty@the-citadel.com", "roles": ["editor"]},
        SUMMER: {"email": "summer@the-smiths.com", "roles": ["editor"]},
        BETH: {"email": "beth@the-smiths.com", "roles": ["viewer"]},
        JERRY: {"email": "jerry@the-smiths.com", "roles": ["viewer"]},
    }
    space.put_all(kind, "subject", people)


def search(space: Space) -> None:
    """Records of departments, with owners."""
    space.type("user")
    space.type("record")
    for kind, role, file in (("user", "subject", "users"), ("record", "resource", "records")):
        rows = read(f"interop-search-data-{file}.json")
        space.put_all(kind, role, {str(row.pop("id")): row for row in rows})
    owner = "resource.properties.owner == subject.id"
    same = "resource.properties.department == subject.properties.department"
    manager = "subject.properties.role == 'manager'"
    space.grant("user:*", "view edit delete", "record:*", owner)
    space.grant("user:*", "view", "record:*", same)
    space.grant("user:*", "view", "record:*", manager)
    space.grant("user:*", "edit", "record:*", f"{manager} && {same}")


FILES = {
    "todo": ("interop-todo-authorization-api-1_0-01.json", "interop-todo-authorization-api-1_0-02.json"),
    "gateway": ("interop-api-gateway.json",),
    "search": (
        "interop-search-subject.json",
        "interop-search-resource.json",
        "interop-search-action.json",
        "interop-idp.json",
    ),
}
"""The files of each scenario; the certification fixture has a form of its own."""

SCENARIOS = {"certification": certification, "todo": todo, "gateway": gateway, "search": search}


def cases(name: str) -> Iterator[tuple[str, Any, Any]]:
    """Endpoint, request and expected answer of each vector of a file."""
    for kind, vectors in read(name).items():
        for each in vectors:
            yield _endpoint(name, kind), each["request"], each["expected"]


def _endpoint(name: str, kind: str) -> str:
    searches = {f"interop-search-{each}.json": each for each in ("subject", "resource", "action")}
    searches["interop-idp.json"] = "resource"
    return f"search/{searches[name]}" if name in searches else kind
