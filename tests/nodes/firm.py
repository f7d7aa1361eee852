"""Several real servers on one PostgreSQL database, and clients that ask whichever they like."""

import json
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import msgspec

from admit.base.clock import SystemClock
from admit.control import people, things
from admit.control.founding import Founded
from admit.control.things import New
from admit.core.links import Kind
from admit.main import create, open_admit
from admit.services.bastionhost.user_groups import UserGroupDetails
from admit.settings import Settings
from admit.store import things as stored
from admit.store.engine import Author, Tx
from tests.databases import Cluster
from tests.served import Caller, Served, serving
from tests.system import Refused, flat

AUTHOR = Author("acs:ram::1:root", "test", "request")
PEOPLE = ("erin", "frank", "grace", "heidi")
RESOURCE = "app@db-9"
GONE = (OSError, HTTPException)
"""What a client sees of a server that dies."""
LEASE_S = 4


class Asker(Caller):
    """A client of one server, which remembers the revision of the last answer."""

    revision: int = 0

    def call(self, product: str, action: str, **parameters: Any) -> dict[str, Any]:
        """Make a signed call; see :class:`Caller`."""
        target, headers, body = self.signed(product, action, flat(parameters))
        self.connection.request("POST", target, body, headers)
        response = self.connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
        if response.status >= 400:
            raise Refused(response.status, answer)
        self.revision = int(response.headers["x-admit-revision"])
        return answer

    def move(self, address: str) -> None:
        """Ask another server from here on, if it is another."""
        if address != self.address:
            self.connection.close()
            self.address = address
            self.connection = HTTPConnection(address, timeout=30)

    def change(self, action: str, person: str) -> bool:
        """Grant or revoke; whether it changed anything."""
        answer = self.call("admit", action, Subject=person, Resource=RESOURCE)
        return bool(answer["Result"]["Changed"])

    def may(self, person: str, at_least: int | None = None) -> bool:
        """Whether a person may use the host account, by this revision or a later one."""
        answer = self.call("admit", "CheckAccess", Person=person, Resource=RESOURCE, AtLeastRevision=at_least)
        return bool(answer["Decision"]["Allowed"])


@dataclass
class Firm:
    """A system on PostgreSQL, and the servers that run of it."""

    directory: Path
    cluster: Cluster
    url: str
    founded: Founded
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1000)))

    @contextmanager
    def served(self, *flags: str, many: int = 1, **environment: str) -> Iterator[list[Served]]:
        """So many servers, each with a data directory of its own, until the block ends."""
        with ExitStack() as opened, ThreadPoolExecutor() as threads:
            # They take their time to start, and need not wait for each other.
            yield [
                *threads.map(lambda _: opened.enter_context(self._served(flags, environment)), range(many))
            ]

    def _served(
        self, flags: tuple[str, ...], environment: Mapping[str, str]
    ) -> AbstractContextManager[Served]:
        number = next(self.numbers)
        data = self.directory / f"node-{number}"
        shutil.copytree(self.directory / "founded", data)
        variables = {
            "ADMIT_DATABASE_URL": self.url,
            "ADMIT_LEASE_SECONDS": str(LEASE_S),
            "ADMIT_NODE": f"node-{number}",
            "ADMIT_STREAMING": "false",
        }
        return serving(data, *flags, **{**variables, **environment})

    @contextmanager
    def asking(self, *servers: Served) -> Iterator[list[Asker]]:
        """A client of each server, until the block ends."""
        with ExitStack() as opened:
            askers = [Asker(server.urls["http"], self.founded) for server in servers]
            for each in askers:
                opened.callback(each.connection.close)
            yield askers

    @property
    def settings(self) -> Settings:
        """Of a command that looks into the database."""
        return Settings(data=self.directory / "founded", database_url=self.url)


def founded(directory: Path, cluster: Cluster) -> Firm:
    """A new system with some people and an account of a host."""
    url = cluster.url(cluster.new_database())
    settings = Settings(data=directory / "founded", database_url=url)
    firm = Firm(directory, cluster, url, create(settings))
    admit = open_admit(settings, SystemClock())
    try:
        admit.store.write_now(AUTHOR, _peopled)
    finally:
        admit.close()
    return firm


def _peopled(tx: Tx) -> None:
    bastion = stored.find(tx.sql, stored.Where(Kind.BASTION))[0]
    for name in PEOPLE:
        people.add_user(tx, New(Kind.USER, bastion.key, name, UserGroupDetails()))
    host = things.add(tx, New(Kind.HOST, bastion.key, "db-9", Nothing()))
    things.add(tx, New(Kind.HOST_ACCOUNT, host.key, "app", Nothing()))


class Nothing(msgspec.Struct):
    """Details of something of which only the name matters."""
