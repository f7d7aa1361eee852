"""A porter with alice, her key and a host, as a door would ask it: by signatures that no connection made."""

import asyncio
import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import asyncssh
from asyncssh import SSHKey

from admit.base.ssh_exchange import Exchange, Signed, to_be_signed
from admit.control import grants
from admit.control.live.recorder import Keeping, Recorder
from admit.core.links import Kind
from admit.porter.asks import Admission, Porter, Session, Visitor, What
from admit.porter.direct import DirectPorter
from admit.porter.house import House
from admit.porter.names import Wanted
from admit.store import things
from admit.store.engine import Author, Tx
from admit.store.things import Where
from tests.control.live.watched import Terminal as Screen
from tests.services.bastionhost.people import PASSWORD, Bastion
from tests.system import System

HOME = "192.0.2.1"


def field_of(octets: bytes) -> bytes:
    """A string as SSH writes it."""
    return len(octets).to_bytes(4, "big") + octets


def exchange(cookie: bytes, host_key: bytes) -> Exchange:
    """A key exchange with a server that showed these."""
    said = (b"SSH-2.0-client", b"SSH-2.0-server", b"\x14" + os.urandom(60), b"\x14" + cookie + b"algorithms")
    secret = field_of(os.urandom(32)) * 3
    return Exchange(b"".join(map(field_of, said)) + field_of(host_key) + secret, "sha256")


def request(name: str, key: SSHKey, service: bytes = b"ssh-connection") -> bytes:
    """A request to be let in by a key."""
    parts = (name.encode(), service, b"publickey")
    return (
        b"\x32"
        + b"".join(map(field_of, parts))
        + b"\x01"
        + field_of(key.algorithm)
        + field_of(key.public_data)
    )


def signed(key: SSHKey, name: str, made: Exchange) -> Signed:
    """A signature by a key, on a connection with a key exchange."""
    asked = request(name, key)
    session = hashlib.sha256(made.content).digest()
    return Signed(made, asked, key.sign(to_be_signed(session, asked), key.algorithm))


@dataclass
class Lobby:
    """alice may log on to root@db-1 by a kept key, and to app@db-1 by a kept password."""

    system: System
    recorded: bool = False
    bastion: Bastion = field(init=False)
    key: SSHKey = field(init=False)
    """alice's."""
    kept: SSHKey = field(init=False)
    """root's."""
    host_key: SSHKey = field(init=False)
    """db-1's, which is pinned."""

    def __post_init__(self) -> None:
        self.bastion = Bastion(self.system)
        self.key, self.kept, self.host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
        self.user = self.bastion.user("alice")
        public = base64.b64encode(self.key.export_public_key()).decode()
        self.bastion.call("CreateUserPublicKey", UserId=self.user, PublicKeyName="laptop", PublicKey=public)
        self.host = self.bastion.call(
            "CreateHost",
            HostName="db-1",
            Source="Local",
            OSType="Linux",
            ActiveAddressType="Private",
            HostPrivateAddress="192.0.2.7",
        )["HostId"]
        private = base64.b64encode(self.kept.export_private_key()).decode()
        self.root = self.account("root", PrivateKey=private)
        self.app = self.account("app", Password="the app's own")
        self.attach("AttachHostAccountsToUser", self.root, self.app)
        self.pin(self.host_key)

    def account(self, name: str, **more: str) -> str:
        asked = {"HostId": self.host, "HostAccountName": name, "ProtocolName": "SSH", **more}
        return str(self.bastion.call("CreateHostAccount", **asked)["HostAccountId"])

    def attach(self, action: str, *accounts: str) -> None:
        hosts = json.dumps([{"HostId": self.host, "HostAccountIds": list(accounts)}])
        self.bastion.call(action, UserId=self.user, Hosts=hosts)

    def take_away(self) -> None:
        """alice may not log on to root@db-1 any more; also from inside a loop."""

        def body(tx: Tx) -> None:
            (user,) = things.find(tx.sql, Where(Kind.USER, names=("alice",)))
            (account,) = things.find(tx.sql, Where(Kind.HOST_ACCOUNT, names=("root",)))
            grants.revoke(tx, user, account)

        self.system.admit.store.write_now(Author("acs:ram::1:root", "test", "request"), body)

    def pin(self, key: SSHKey) -> None:
        self.system.call("admit", "SetHostKey", Host="db-1", Fingerprint=key.get_fingerprint())

    @asynccontextmanager
    async def house(self) -> AsyncIterator[House]:
        """What stands behind the porter, until the block ends."""
        admit = self.system.admit
        recorder = Recorder(admit.store, admit.world, Keeping()) if self.recorded else None
        house = House(admit.store, admit.world, recorder)
        running = asyncio.create_task(house.sessions.run())
        try:
            yield house
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await house.finished()
            if recorder is not None:
                recorder.close()

    @asynccontextmanager
    async def porter(self) -> AsyncIterator[DirectPorter]:
        """The porter itself, until the block ends."""
        async with self.house() as house:
            yield DirectPorter(house)

    def public_host_key(self, porter: Porter) -> bytes:
        """The gate's."""
        return asyncssh.import_private_key(porter.host_key).public_data

    async def come(self, porter: Porter, name: str = "alice") -> Visitor:
        """Sign in with alice's key."""
        visitor = porter.visitor(HOME)
        made = exchange(visitor.cookie, self.public_host_key(porter))
        assert (await visitor.by_key(signed(self.key, name, made))).state == "proven"
        await visitor.enter("SSH-2.0-client")
        return visitor

    async def admission(self, porter: Porter, account: str = "root") -> Admission:
        """What alice may open."""
        visitor = await self.come(porter)
        (found,) = await visitor.admissions(Wanted("alice", account, "db-1"))
        return found

    async def opened(self, porter: Porter, screen: Screen, account: str = "root") -> Session:
        """A shell of alice's."""
        return await (await self.admission(porter, account)).open(What.SHELL, None, screen)


__all__ = ["HOME", "PASSWORD", "Lobby", "Screen", "exchange", "request", "signed"]
