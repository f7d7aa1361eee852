"""How fast live SSH sessions end: real sessions through a real gate, cut by every kind of change.

The time runs from before the call is sent until the bytes that close the channel have reached the
client's process. It holds the call, its commit, and all that the gate and the host do for it on the same
machine. What the 500 clients do with those bytes they do on machines of their own elsewhere: here they
keep them with the moment they came, and look into them when all are there.
"""

import argparse
import asyncio
import base64
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time_ns
from typing import Any, cast

import asyncssh
import msgspec

from admit.base.chance import Chance
from admit.main import create
from admit.rpc.signing import SigningKey
from admit.settings import load
from bench.served import Served, Signer, serving

BASTION = "yundun-bastionhost"
PASSWORD = "Secret-123"  # noqa: S105 - of people who live as long as the measurement
AT_ONCE = 8
"""How many clients sign in side by side."""
SOON_MS = 4_000
"""How far off the end is that comes by the clock."""
SETTLED_S = 1.5
"""How long nobody asks anything, so that asking does not count."""


class Session(asyncssh.SSHClientSession[bytes]):
    """A shell that waits for its end."""

    def __init__(self) -> None:
        self.is_over = False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's
        """It is closed."""
        self.is_over = True


class Ear(asyncio.Protocol):
    """Hears for a connection, and lets it know later."""

    def __init__(self, connection: asyncssh.SSHClientConnection) -> None:
        self._connection = connection
        self._heard: list[tuple[float, bytes]] = []
        self._transport = cast(asyncio.Transport, connection._transport)  # noqa: SLF001 - nobody hands it out
        self._transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._heard.append((_now_ms(), data))

    async def end_of(self, session: Session) -> float:
        """When the bytes came that ended a session."""
        self._transport.set_protocol(self._connection)
        for moment, data in self._heard:
            self._connection.data_received(data)
            # What a packet sets off happens in a later turn of the loop.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if session.is_over:
                return moment
        raise RuntimeError("a session was not closed")


def _now_ms() -> float:
    return time_ns() / 1e6


@dataclass
class Office:
    """People who may log on to one account, as its administrator has them."""

    served: Served
    signer: Signer
    place: Path
    bastion: str = ""
    group: str = ""
    host: str = ""
    account: str = ""
    policy: str = ""
    users: list[str] = field(default_factory=list)

    def call(self, product: str, action: str, **parameters: str) -> dict[str, Any]:
        """Make a call."""
        connection = HTTPConnection(self.signer.address)
        connection.connect()
        connection.sock.sendall(self.signer.request(product, action, **parameters))
        answer = connection.response_class(connection.sock, method="POST")
        answer.begin()
        read: dict[str, Any] = msgspec.json.decode(answer.read())
        connection.close()
        if answer.status >= 400:
            raise RuntimeError(f"{action}: {read}")
        return read

    def bastion_call(self, action: str, **parameters: str) -> dict[str, Any]:
        """Make a call to the bastion host."""
        return self.call(BASTION, action, InstanceId=self.bastion, **parameters)

    def furnish(self, port: int, people: int) -> None:
        """Make the host, the group and its people, each with a key."""
        self.bastion = self.call(BASTION, "DescribeInstances")["Instances"][0]["InstanceId"]
        self.host = self.bastion_call(
            "CreateHost",
            Source="Local",
            HostName="db-1",
            OSType="Linux",
            ActiveAddressType="Private",
            HostPrivateAddress="127.0.0.1",
        )["HostId"]
        self.bastion_call("ModifyHostsPort", HostIds=f'["{self.host}"]', ProtocolName="SSH", Port=str(port))
        private = base64.b64encode((self.place / "key").read_bytes()).decode()
        self.account = self.bastion_call(
            "CreateHostAccount",
            HostId=self.host,
            ProtocolName="SSH",
            HostAccountName="root",
            PrivateKey=private,
        )["HostAccountId"]
        self.group = self.bastion_call("CreateUserGroup", UserGroupName="dba")["UserGroupId"]
        for number in range(people):
            self.users.append(self._user(f"user-{number}"))
        self._own_keys()
        self.policy = self.bastion_call("CreatePolicy", PolicyName="night", Priority="1")["PolicyId"]
        self.bastion_call("SetPolicyUserScope", PolicyId=self.policy, ScopeType="All")
        self.bastion_call("SetPolicyAssetScope", PolicyId=self.policy, ScopeType="All")

    def _user(self, name: str) -> str:
        made = self.bastion_call("CreateUser", Source="Local", UserName=name, Password=PASSWORD)
        return str(made["UserId"])

    def _own_keys(self) -> None:
        for number, user in enumerate(self.users):
            key = asyncssh.generate_private_key("ssh-ed25519")
            key.write_private_key(self.place / f"user-{number}")
            public = base64.b64encode(key.export_public_key()).decode()
            self.bastion_call("CreateUserPublicKey", UserId=user, PublicKeyName="key", PublicKey=public)

    def listed(self) -> str:
        """The users, as calls about several take them."""
        return msgspec.json.encode(self.users).decode()

    def hosts(self) -> str:
        """The account, as attaching and detaching take it."""
        return f'[{{"HostId":"{self.host}","HostAccountIds":["{self.account}"]}}]'

    # -- what gives access, and what takes it ------------------------------------------------------

    def give(self) -> None:
        """Access for everybody, whatever had been taken."""
        self.bastion_call("AddUsersToGroup", UserGroupId=self.group, UserIds=self.listed())
        self.bastion_call("UnlockUsers", UserIds=self.listed())
        self.bastion_call("AttachHostAccountsToUserGroup", UserGroupId=self.group, Hosts=self.hosts())
        self.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1")
        self._sources("black")

    def detach(self) -> None:
        """The counterpart of AttachHostAccountsToUserGroup."""
        self.bastion_call("DetachHostAccountsFromUserGroup", UserGroupId=self.group, Hosts=self.hosts())

    def leave(self) -> None:
        """Everybody leaves the group."""
        self.bastion_call("RemoveUsersFromGroup", UserGroupId=self.group, UserIds=self.listed())

    def lock(self) -> None:
        """Every user is locked."""
        self.bastion_call("LockUsers", UserIds=self.listed())

    def close_by_policy(self) -> None:
        """A control policy refuses the address."""
        self._sources("white", "192.0.2.1")

    def _sources(self, kind: str, *addresses: str) -> None:
        config = msgspec.json.encode({"AclType": kind, "IPs": addresses}).decode()
        self.bastion_call("SetPolicyIPAclConfig", PolicyId=self.policy, IPAclConfig=config)

    def shorten(self) -> None:
        """The grant's period is changed to one that is past."""
        now = int(_now_ms())
        self._period(now - 2_000, now - 1_000)

    def end_soon(self) -> int:
        """The grant ends by the clock; returns when."""
        now = int(_now_ms())
        self._period(now - 1_000, now + SOON_MS)
        return now + SOON_MS

    def _period(self, start: int, end: int) -> None:
        self.call(
            "admit",
            "GrantAccess",
            Subject="group:dba",
            Resource="root@db-1",
            StartTime=str(start),
            EndTime=str(end),
        )


async def _connected(office: Office, port: int, number: int) -> asyncssh.SSHClientConnection:
    person = f"user-{number % len(office.users)}"
    return await asyncssh.connect(
        "127.0.0.1",
        port,
        config=None,
        username=f"{person}+root+db-1",
        client_keys=[str(office.place / person)],
        known_hosts=None,
        agent_path=None,
    )


async def _sessions(connections: list[asyncssh.SSHClientConnection]) -> list[Session]:
    """A live session on each connection."""
    found: list[Session] = []
    for connection in connections:
        _, session = await connection.create_session(Session, encoding=None)
        found.append(cast(Session, session))
    return found


@dataclass(frozen=True, slots=True)
class Cut:
    """How one change ended all sessions."""

    spans: list[float]
    """Milliseconds until each had ended, from the change or from the end it set; the shortest first."""
    cpu_ms: float
    """How long the gate kept a processor busy for each: closing it, and all that is written down of it."""

    def at(self, share: float) -> float:
        """The span that a share of the sessions stayed within."""
        return self.spans[min(int(len(self.spans) * share), len(self.spans) - 1)]


async def _cut(
    office: Office, connections: list[asyncssh.SSHClientConnection], change: Callable[[], int | None]
) -> Cut:
    """Let everybody have a session, and end them all."""
    await asyncio.to_thread(office.give)
    sessions = await _sessions(connections)
    await _until_live(office, len(sessions))
    ears = [Ear(connection) for connection in connections]
    began, cpu_s = _now_ms(), office.served.cpu_s()
    end = await asyncio.to_thread(change)
    await asyncio.sleep((max(end or began, _now_ms()) - _now_ms()) / 1000 + SETTLED_S)
    await _until_live(office, 0)
    await asyncio.sleep(SETTLED_S)
    cpu_ms = (office.served.cpu_s() - cpu_s) * 1000 / len(sessions)
    ended = [await ear.end_of(session) for ear, session in zip(ears, sessions, strict=True)]
    return Cut(sorted(each - (end or began) for each in ended), cpu_ms)


async def _until_live(office: Office, many: int) -> None:
    """Until so many sessions are written down as live: a channel is open before what is behind it is."""
    async with asyncio.timeout(120):
        while True:
            answer = await asyncio.to_thread(
                office.call, "admit", "ListSessions", State="live", MaxResults="1000" if many else "1"
            )
            if len(answer["Sessions"]) == many:
                return


async def _measured(office: Office, port: int, asked: argparse.Namespace) -> dict[str, Cut]:
    office.give()
    connections: list[asyncssh.SSHClientConnection] = []
    for start in range(0, asked.sessions, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, asked.sessions))
        connections += await asyncio.gather(*(_connected(office, port, each) for each in numbers))
    changes: dict[str, Callable[[], int | None]] = {
        "DetachHostAccountsFromUserGroup": office.detach,
        "RemoveUsersFromGroup": office.leave,
        "LockUsers": office.lock,
        "control policy": office.close_by_policy,
        "validity of the grant": office.shorten,
        "end of the grant": office.end_soon,
    }
    return {name: await _cut(office, connections, change) for name, change in changes.items()}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.cuts", description=__doc__)
    parser.add_argument("--sessions", type=int, default=500, help="live sessions (500)")
    parser.add_argument("--people", type=int, default=50, help="whose sessions they are (50)")
    asked = parser.parse_args()
    Path("var").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="var", prefix="cuts-") as directory:
        place = Path(directory)
        for name in ("key", "host_key"):
            key = asyncssh.generate_private_key("ssh-ed25519")
            key.write_private_key(place / name)
            key.write_public_key(place / f"{name}.pub")
        founded = create(load({"data": place / "data"}))
        signing = SigningKey(founded.access_key_id, founded.access_key_secret)
        host = [sys.executable, "-m", "bench.cut_target", str(place / "key"), str(place / "host_key")]
        flags = [
            "--data",
            str(place / "data"),
            "--http",
            "127.0.0.1:0",
            "--https",
            "",
            "--ssh",
            "127.0.0.1:0",
        ]
        gate = [sys.executable, "-m", "admit.cli", "serve", *flags]
        with serving(host, place / "log") as target, serving(gate, place / "log") as served:
            web, ssh = (_port(served, scheme) for scheme in ("http", "ssh"))
            office = Office(served, Signer(f"127.0.0.1:{web}", signing, Chance()), place)
            office.furnish(_port(target, "ssh"), asked.people)
            found = asyncio.run(_measured(office, ssh, asked))
    print(f"{asked.sessions} live sessions, milliseconds until they were closed")
    print(f"{'':34}{'p50':>8}{'p99':>8}{'max':>8}{'CPU each':>10}   target")
    for name, cut in found.items():
        target_ms = 250 if name == "end of the grant" else 500
        told = "".join(f"{cut.at(share):8.0f}" for share in (0.5, 0.99, 1))
        met = "met" if cut.at(0.99) <= target_ms else "missed"
        print(f"{name:34}{told}{cut.cpu_ms:10.2f}   p99 ≤ {target_ms}: {met}")


def _port(served: Served, scheme: str) -> int:
    return served.ports[scheme]


if __name__ == "__main__":
    main()
