"""Calls through real connections: to the floors of the server, and to admit."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from statistics import median

from admit.rpc.paging import marker
from bench import emulation, seen
from bench.figures import Measured
from bench.filling import Filled
from bench.load import Outcome, send
from bench.served import Signer

BASTION = "yundun-bastionhost"
PAGE = 100
"""Of ListWho and ListWhat."""
GRANTED_TO = 10
"""How many groups are granted each account, one write at a time."""


@dataclass(slots=True)
class Caller:
    """Makes requests about what a system was filled with."""

    filled: Filled
    admit: Signer
    floor: Signer
    token: str = ""
    """A bearer token that may ask over AuthZEN."""
    moto: str | None = None
    """Where the emulation peer is, if it is installed."""
    page: int = 0
    """Of the list that is read page after page."""
    joined: int = 0
    """How many users were put into a group so far."""
    chance: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - the same requests each time

    def hello(self) -> bytes:
        """To the floor: answered with a constant."""
        return self.floor.request("admit", "Hello", path="/hello")

    def signed(self) -> bytes:
        """To the floor: read, verified, decoded."""
        return self._get(self.floor)

    def get(self) -> bytes:
        """One user group."""
        return self._get(self.admit)

    def _get(self, signer: Signer) -> bytes:
        group = self.chance.choice(self.filled.groups).id
        return signer.request(BASTION, "GetUserGroup", InstanceId=self.filled.bastion.id, UserGroupId=group)

    def list(self) -> bytes:
        """Twenty users, from anywhere in the list."""
        return self._list(self.chance.randint(1, len(self.filled.users) // 20))

    def next(self) -> bytes:
        """The next twenty users, as lists are read."""
        self.page = self.page % (len(self.filled.users) // 20) + 1
        return self._list(self.page)

    def _list(self, number: int) -> bytes:
        page = str(number)
        place = {"InstanceId": self.filled.bastion.id, "PageNumber": page, "PageSize": "20"}
        return self.admit.request(BASTION, "ListUsers", **place)

    def write(self, group: str, host: str, account: str) -> bytes:
        """A host account granted to a user group; the host with it, the first time."""
        hosts = json.dumps([{"HostId": host, "HostAccountIds": [account]}])
        place = {"InstanceId": self.filled.bastion.id, "UserGroupId": group, "Hosts": hosts}
        return self.admit.request(BASTION, "AttachHostAccountsToUserGroup", **place)

    def grants(self) -> Iterator[bytes]:
        """Writes, each of a grant that is not there yet."""
        there = {(group.key, account.key) for group, account in self.filled.granted}
        for number, account in enumerate(self.filled.accounts):
            host = self.filled.host_of(number)
            for group in self.chance.sample(self.filled.groups, GRANTED_TO):
                if (group.key, account.key) not in there:
                    yield self.write(group.id, host.id, account.id)

    def join(self) -> bytes:
        """A user put into one more group."""
        self.joined += 1
        number, place = divmod(self.joined, len(self.filled.users))
        others = [each for each in range(len(self.filled.groups)) if place not in self.filled.members[each]]
        group, users = self.filled.groups[others[number % len(others)]].id, [self.filled.users[place].id]
        parameters = {
            "InstanceId": self.filled.bastion.id,
            "UserGroupId": group,
            "UserIds": json.dumps(users),
        }
        return self.admit.request(BASTION, "AddUsersToGroup", **parameters)

    def evaluation(self) -> bytes:
        """May somebody use something? Asked over AuthZEN."""
        return self._evaluation(self.chance.choice(self.filled.people).name, self._resource())

    def change(self) -> tuple[bytes, bytes]:
        """A grant to a group, and whether one who is in it may use what it grants."""
        number = self.chance.choice([each for each, members in self.filled.members.items() if members])
        person = self.filled.people[self.chance.choice(self.filled.members[number])].name
        place = self.chance.randrange(len(self.filled.accounts))
        account, host = self.filled.accounts[place], self.filled.host_of(place)
        granted = self.write(self.filled.groups[number].id, host.id, account.id)
        return granted, self._evaluation(person, f"{account.name}@{host.name}")

    def _evaluation(self, person: str, resource: str) -> bytes:
        asked = {
            "subject": {"type": "person", "id": person},
            "action": {"name": "connect"},
            "resource": {"type": "host-account", "id": resource},
        }
        body = json.dumps(asked).encode()
        head = (
            f"POST /access/v1/evaluation HTTP/1.1\r\nhost: {self.admit.address}\r\n"
            f"authorization: Bearer {self.token}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def check(self) -> bytes:
        """May somebody use something?"""
        person = self.chance.choice(self.filled.people).name
        return self.admit.request("admit", "CheckAccess", Person=person, Resource=self._resource())

    def what(self) -> bytes:
        """The first page of what somebody may use."""
        person = self.chance.choice(self.filled.people).name
        return self.admit.request("admit", "ListWhat", Person=person)

    def what_else(self) -> bytes:
        """A page from the middle of that."""
        person = self.chance.choice(self.filled.people).name
        middle = self.filled.accounts[len(self.filled.accounts) // 2]
        return self.admit.request("admit", "ListWhat", Person=person, NextToken=marker(middle.key))

    def who(self) -> bytes:
        """The first page of who may use something."""
        return self.admit.request("admit", "ListWho", Resource=self._resource())

    def who_of_all(self) -> bytes:
        """The first page of who may use what everybody may."""
        return self._who_of_all()

    def who_last_of_all(self) -> bytes:
        """The last page of that."""
        before = self.filled.users[max(len(self.filled.users) - PAGE, 1) - 1]
        return self._who_of_all(NextToken=marker(before.key))

    def _who_of_all(self, **page: str) -> bytes:
        resource = f"{self.filled.accounts[0].name}@{self.filled.hosts[0].name}"
        return self.admit.request("admit", "ListWho", Resource=resource, **page)

    def _resource(self) -> str:
        number = self.chance.randrange(len(self.filled.accounts))
        return f"{self.filled.accounts[number].name}@{self.filled.host_of(number).name}"


def _sent(caller: Caller, make: Callable[[Caller], bytes], many: int, connections: int) -> Outcome:
    address = (caller.floor if make in FLOORS else caller.admit).address
    return send(address, [make(caller) for _ in range(many)], connections)


FLOORS = (Caller.hello, Caller.signed)
RATES: tuple[tuple[str, Callable[[Caller], bytes], int, int], ...] = (
    # row, request, how many over one connection, and over 64
    ("hello", Caller.hello, 4_000, 16_000),
    ("signed form", Caller.signed, 3_000, 10_000),
    ("get", Caller.get, 1_500, 5_000),
    ("list of 20, page after page", Caller.next, 500, 1_000),
    ("list of 20, any page", Caller.list, 500, 1_000),
)


MOTO = "moto's IAM, a user into a group, 16 callers"
OF_MOTO = 300
"""How many calls it is sent in a round."""


def measure_rates(caller: Caller, grants: Iterator[bytes], measured: Measured) -> None:
    """One round of what is measured in calls a second."""
    for row, make, one, many in RATES:
        measured.add(f"{row}, one caller", _sent(caller, make, one, 1).per_second)
        measured.add(f"{row}, 64 callers", _sent(caller, make, many, 64).per_second)
    for of, connections, many in (("one caller", 1, 500), ("64 callers", 64, 2_000)):
        writes = list(islice(grants, many))
        measured.add(f"grant, {of}", send(caller.admit.address, writes, connections).per_second)
    joined = _sent(caller, Caller.join, 1_000, emulation.CALLERS)
    measured.add("a user into a group, 16 callers", joined.per_second)
    if caller.moto is not None:
        begin = len(measured.values.get(MOTO, ())) * OF_MOTO
        joins = emulation.requests(OF_MOTO, begin)
        measured.add(MOTO, send(caller.moto, joins, emulation.CALLERS).per_second)


def measure_answers(caller: Caller, size: str, measured: Measured) -> None:
    """One round of decisions and lists over the API."""
    measured.add(f"signed form, {size}", _sent(caller, Caller.signed, 6_000, 64).per_second)
    measured.add(f"CheckAccess, {size}", _sent(caller, Caller.check, 1_000, 64).per_second)
    measured.add(f"hello, {size}", _sent(caller, Caller.hello, 16_000, 64).per_second)
    measured.add(f"AuthZEN evaluation, {size}", _sent(caller, Caller.evaluation, 8_000, 64).per_second)
    alone = _sent(caller, Caller.evaluation, 1_000, 1)
    measured.add(f"AuthZEN evaluation, one caller, {size}", alone.p50_ms)
    measured.add(f"AuthZEN evaluation, one caller, p99, {size}", alone.p99_ms)
    seen_ms = median(seen.times(caller.admit.address, [caller.change() for _ in range(20)]))
    measured.add(f"a grant, until an answer shows it, {size}", seen_ms)
    pages: tuple[tuple[str, Callable[[Caller], bytes], int], ...] = (
        ("ListWhat, first page", Caller.what, 40),
        ("ListWhat, from the middle", Caller.what_else, 40),
        ("ListWho, first page", Caller.who, 40),
        ("ListWho of everybody, first page", Caller.who_of_all, 10),
        ("ListWho of everybody, last page", Caller.who_last_of_all, 10),
    )
    for row, make, many in pages:
        measured.add(f"{row}, {size}", _sent(caller, make, many, 1).p50_ms)
