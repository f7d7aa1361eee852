"""People of a bastion host who ask for what is on it, and administrators who decide."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from admit.control import names
from admit.control.requests import access_requests
from admit.control.requests.access_requests import Wish
from admit.control.requests.break_glass import Emergency, take
from admit.core.links import Kind
from admit.core.validity import HOUR, Millis
from admit.store import things
from admit.store.engine import Author
from admit.store.things import Thing
from tests.services.bastionhost.people import Bastion
from tests.system import System

T = TypeVar("T")


@dataclass
class Desk:
    """A bastion host with a host ``db-1`` and an account ``root`` on it."""

    system: System
    bastion: Bastion = field(init=False)

    def __post_init__(self) -> None:
        self.bastion = Bastion(self.system)
        self.host = self.bastion.host("db-1")
        made = self.bastion.call(
            "CreateHostAccount", HostId=self.host, ProtocolName="SSH", HostAccountName="root", Password="x"
        )
        self.account = str(made["HostAccountId"])

    def user(self, name: str, **more: Any) -> Thing:
        """A person's user of the bastion host."""
        user_id = self.bastion.ram_user(name, "2" + "".join(str(ord(each)) for each in name), **more)
        with self.system.admit.store.read() as sql:
            found = things.by_id_anywhere(sql, Kind.USER, user_id)
        assert found is not None
        return found

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An operation of admit's own service, as the account."""
        return self.system.call("admit", action, **parameters)

    def offer(self, resource: str = "root@db-1", **more: Any) -> None:
        """Let people ask for something."""
        self.call("OfferAccess", Resource=resource, **more)

    def ask(
        self, *users: Thing, resource: str = "root@db-1", reason: str = "ticket 7", lasting: Millis = HOUR
    ) -> str:
        """Ask for access as proven users; returns the request's ID."""

        def body(tx: Any) -> str:
            found = names.resource(tx.sql, resource)
            return access_requests.ask(tx, users, found, Wish(reason, lasting)).id

        return self.system.admit.store.write_now(Author(users[0].name, "home:AskForAccess", "r"), body)

    def break_glass(self, *users: Thing, agreement: str, reason: str = "the shop is down") -> str:
        """Break glass as proven users; returns the request's ID."""
        world = self.system.admit.world
        return self.system.admit.store.write_now(
            Author(users[0].name, "home:BreakGlass", "r"),
            lambda tx: take(tx, world, users, agreement, Emergency(reason, "192.0.2.7")).id,
        )

    def may(self, person: str, resource: str = "root@db-1") -> bool:
        """Whether a person may use something now."""
        answer = self.call("CheckAccess", Person=person, Resource=resource)
        return bool(answer["Decision"]["Allowed"])

    def requests(self, **asked: Any) -> list[dict[str, Any]]:
        """The requests that ListAccessRequests tells."""
        found: list[dict[str, Any]] = self.call("ListAccessRequests", **asked)["AccessRequests"]
        return found
