"""People who may log on to one account behind a gate, as their administrator has them, and their clients."""

import asyncio
import base64
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from time import time_ns
from typing import Any

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


def now_ms() -> float:
    """This moment."""
    return time_ns() / 1e6


@dataclass
class Office:
    """People who may log on to one account, as its administrator has them."""

    served: Served
    signer: Signer
    place: Path
    login: str = "root"
    """The account's name on the host."""
    gate: Served | None = None
    """The gate, where it is a process of its own."""
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
            HostAccountName=self.login,
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
            (self.place / f"user-{number}").chmod(0o600)
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
        self.call("admit", "GrantAccess", Subject="group:dba", Resource=f"{self.login}@db-1")
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
        now = int(now_ms())
        self._period(now - 2_000, now - 1_000)

    def end_soon(self) -> int:
        """The grant ends by the clock; returns when."""
        now = int(now_ms())
        self._period(now - 1_000, now + SOON_MS)
        return now + SOON_MS

    def _period(self, start: int, end: int) -> None:
        self.call(
            "admit",
            "GrantAccess",
            Subject="group:dba",
            Resource=f"{self.login}@db-1",
            StartTime=str(start),
            EndTime=str(end),
        )

    def cpu_s(self) -> float:
        """How long the gate, and what is behind it, kept a processor busy so far."""
        return self.served.cpu_s() + (0.0 if self.gate is None else self.gate.cpu_s())

    # -- their clients -----------------------------------------------------------------------------

    def name(self, number: int) -> str:
        """What stands before the @ for the account."""
        return f"user-{number % len(self.users)}+{self.login}+db-1"

    async def connected(self, number: int) -> asyncssh.SSHClientConnection:
        """A client that is in."""
        person = f"user-{number % len(self.users)}"
        return await asyncssh.connect(
            "127.0.0.1",
            (self.gate or self.served).ports["ssh"],
            config=None,
            username=self.name(number),
            client_keys=[str(self.place / person)],
            known_hosts=None,
            agent_path=None,
        )

    async def clients(self, many: int) -> list[asyncssh.SSHClientConnection]:
        """So many of them."""
        found: list[asyncssh.SSHClientConnection] = []
        for start in range(0, many, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, many))
            found += await asyncio.gather(*(self.connected(each) for each in numbers))
        return found

    async def until_live(self, many: int) -> None:
        """Until so many sessions are written down as live: a channel is open before what is behind it is."""
        most = "1000" if many else "1"
        async with asyncio.timeout(120):
            while True:
                answer = await asyncio.to_thread(
                    self.call, "admit", "ListSessions", State="live", MaxResults=most
                )
                if len(answer["Sessions"]) == many:
                    return


def keys(place: Path) -> None:
    """Make the keys of the account, and of the host."""
    for name in ("key", "host_key"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(place / name)
        (place / name).chmod(0o600)
        key.write_public_key(place / f"{name}.pub")


@contextmanager
def gate(place: Path, settings: str = "", login: str = "root", *, apart: bool = False) -> Iterator[Office]:
    """A new admit whose gate is open until the block ends; the account's key is there already."""
    data = place / "data"
    founded = create(load({"data": data}))
    # A socket's path has room for a hundred letters.
    control = Path(os.path.relpath(place / "gates"))
    own = f'gate_socket = "{control}"\nssh = ""\n' if apart else ""
    (data / "admit.toml").write_text(settings + own)
    signing = SigningKey(founded.access_key_id, founded.access_key_secret)
    admit = [sys.executable, "-m", "admit.cli"]
    line = [*admit, "serve", "--data", str(data), *SERVED, *(() if apart else SSH)]
    with ExitStack() as opened:
        served = opened.enter_context(serving(line, place / "log"))
        signer = Signer(f"127.0.0.1:{served.ports['http']}", signing, Chance())
        office = Office(served, signer, place, login)
        if apart:
            alone = [*admit, "ssh", "--control", str(control), *SSH]
            office.gate = opened.enter_context(serving(alone, place / "log"))
        yield office


SERVED: Sequence[str] = ("--http", "127.0.0.1:0", "--https", "")
SSH: Sequence[str] = ("--ssh", "127.0.0.1:0")
