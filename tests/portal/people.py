"""People who have signed in with a browser, for tests of their pages."""

from dataclasses import dataclass, field

from admit.core.links import Kind
from admit.store import things
from admit.store.things import Thing
from tests.browsing import Answer, Pages
from tests.services.bastionhost.people import PASSWORD, Bastion
from tests.system import System


@dataclass
class Town:
    """A bastion host with a host ``db-1``, and the browsers of those who live there."""

    system: System
    bastion: Bastion = field(init=False)
    host: str = field(init=False)

    def __post_init__(self) -> None:
        self.bastion = Bastion(self.system)
        self.host = self.bastion.host("db-1")

    def browser(self, name: str, *, is_new: bool = True) -> Pages:
        """A browser in which somebody has signed in."""
        if is_new:
            self.bastion.user(name)
        pages = Pages(self.system)
        assert pages.sign_in(name, PASSWORD).status == 303
        return pages

    def user(self, name: str) -> Thing:
        """Somebody's user."""
        with self.system.admit.store.read() as sql:
            (found,) = things.find(sql, things.Where(Kind.USER, names=(name,)))
        return found

    def key(self, kind: Kind, name: str) -> int:
        """The key of a thing, as forms have it."""
        with self.system.admit.store.read() as sql:
            (found,) = things.named(sql, kind, name)
        return found.key

    def ask(self, browser: Pages, reason: str = "ticket 7") -> str:
        """Ask for the host; returns the request's ID."""
        fields = {"resource": self.key(Kind.HOST, "db-1"), "lasting": 3_600_000, "reason": reason}
        answer = send(browser, "/home/ask", fields)
        assert answer.status == 303, answer.text
        return answer.place.partition("#r")[2]


def send(browser: Pages, target: str, fields: dict[str, object], at: str = "/home") -> Answer:
    """Send a form as a page of the server has it."""
    return browser.post(target, {**fields, "csrf": browser.get(at).csrf})
