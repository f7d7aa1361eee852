"""A shell through the real gate: it expires, is revoked, goes on by a second path, or may be finished."""

import asyncio
import base64
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import asyncssh
import pytest

from admit.core.validity import HOUR, MINUTE
from admit.porter.direct import DirectPorter
from admit.porter.house import House
from admit.ssh.gate import Gate
from tests.base.accepted import Accepted
from tests.services.bastionhost.gate import Gate as Bastion
from tests.services.bastionhost.gate import hosts
from tests.system import System


class Host(asyncssh.SSHServer):
    """A host that lets whoever signs with its key in."""

    def begin_auth(self, username: str) -> bool:
        return True


async def cat(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """What is typed comes back."""
    while typed := await process.stdin.read(100):
        process.stdout.write(typed)
    process.exit(0)


@dataclass
class Shell:
    """alice's shell on the host."""

    process: asyncssh.SSHClientProcess[bytes]

    async def works(self) -> None:
        """What she types comes back."""
        self.process.stdin.write(b"hello")
        assert await asyncio.wait_for(self.process.stdout.readexactly(5), 10) == b"hello"

    async def ended(self) -> str:
        """The last line, once it is closed."""
        last = await asyncio.wait_for(self.process.stderr.read(), 10)
        return last.decode().strip().splitlines()[-1]


@dataclass
class Story:
    """A gate with alice, her group and a host."""

    system: System
    bastion: Bastion = field(init=False)

    def __post_init__(self) -> None:
        self.bastion = Bastion(self.system)
        self.group = self.bastion.group("dba")
        self.user = self.bastion.call("CreateUser", Source="Local", UserName="alice", Password="Secret-123")[
            "UserId"
        ]
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        public = base64.b64encode(self.key.export_public_key()).decode()
        self.bastion.call("CreateUserPublicKey", UserId=self.user, PublicKeyName="laptop", PublicKey=public)
        self.bastion.call("AddUsersToGroup", UserGroupId=self.group, UserIds=f'["{self.user}"]')

    def host(self, port: int, key: asyncssh.SSHKey) -> None:
        """db-1 at a port, and its account root."""
        private = base64.b64encode(key.export_private_key()).decode()
        self.at = self.bastion.host("db-1", HostPrivateAddress="127.0.0.1")
        self.bastion.call("ModifyHostsPort", HostIds=f'["{self.at}"]', ProtocolName="SSH", Port=str(port))
        self.account = self.bastion.account(self.at, "root", PrivateKey=private)
        self.bastion.call("AttachHostAccountsToUserGroup", UserGroupId=self.group, Hosts=self.named)

    @property
    def named(self) -> str:
        return hosts((self.at, [self.account]))

    def grant(self, subject: str, span: int | None = None, **more: object) -> None:
        end = None if span is None else self.system.clock.now() + span
        self.system.call("admit", "GrantAccess", Subject=subject, Resource="root@db-1", EndTime=end, **more)


Told = Callable[[Story, Shell, Callable[..., Awaitable[object]]], Awaitable[None]]


def play(system: System, told: Told, before: Callable[[Story], None] = lambda _: None) -> None:
    """Log alice on, and let something happen to her."""
    story = Story(system)

    async def body() -> None:
        key, accepted = asyncssh.generate_private_key("ssh-ed25519"), Accepted()
        target = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=accepted.by(Host),
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            authorized_client_keys=asyncssh.import_authorized_keys(key.export_public_key().decode()),
            process_factory=cat,
            encoding=None,
        )
        await asyncio.to_thread(story.host, target.get_port(), key)
        await asyncio.to_thread(before, story)
        house = House(system.admit.store, system.admit.world)
        gate = Gate(DirectPorter(house), system.clock)
        watching = asyncio.create_task(house.sessions.run())
        listening = socket.create_server(("127.0.0.1", 0))
        server = await gate.listen(listening)
        try:
            async with asyncssh.connect(
                *listening.getsockname(),
                config=None,
                username="alice+root+db-1",
                client_keys=[story.key],
                known_hosts=None,
                agent_path=None,
            ) as client:
                shell = Shell(await client.create_process(encoding=None))
                await shell.works()
                await told(story, shell, asyncio.to_thread)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            server.close()
            await gate.close()
            target.close()
            await accepted.close()

    asyncio.run(body())


def closing(text: str) -> str:
    return f"admit: your access to root@db-1 ended: {text}"


def until(story: Story) -> int | None:
    """When alice's session ends if nothing changes."""
    (session,) = story.system.call("admit", "ListSessions", State="live")["Sessions"]
    return session.get("ValidUntil")


CUTS: dict[str, tuple[Callable[[Story], object], str]] = {
    "revoked": (
        lambda s: s.bastion.call("DetachHostAccountsFromUserGroup", UserGroupId=s.group, Hosts=s.named),
        "the grant was revoked",
    ),
    "out of the group": (
        lambda s: s.bastion.call("RemoveUsersFromGroup", UserGroupId=s.group, UserIds=f'["{s.user}"]'),
        "user:alice left group:dba",
    ),
    "locked": (
        lambda s: s.bastion.call("LockUsers", UserIds=f'["{s.user}"]'),
        "user:alice is locked",
    ),
    "ended by an administrator": (
        lambda s: s.system.call(
            "admit",
            "EndSession",
            SessionId=s.system.call("admit", "ListSessions", State="live")["Sessions"][0]["SessionId"],
            Reason="maintenance",
        ),
        "root ended it: maintenance",
    ),
}


@pytest.mark.parametrize("what", CUTS)
def test_a_shell_is_closed_with_the_reason_when_it_is(system: System, what: str) -> None:
    change, reason = CUTS[what]

    async def told(story: Story, shell: Shell, thread: Callable[..., Awaitable[object]]) -> None:
        await thread(change, story)
        assert await shell.ended() == closing(reason)

    play(system, told)


def test_a_shell_expires_with_its_grant(system: System) -> None:
    async def told(_story: Story, shell: Shell, _thread: Callable[..., Awaitable[object]]) -> None:
        system.advance(HOUR - 1)
        await shell.works()
        system.advance(1)
        assert await shell.ended() == closing("the grant has ended")

    play(system, told, lambda story: story.grant("group:dba", HOUR))


def test_a_second_path_keeps_a_shell_open_until_it_ends_itself(system: System) -> None:
    async def told(story: Story, shell: Shell, thread: Callable[..., Awaitable[object]]) -> None:
        await thread(CUTS["revoked"][0], story)
        async with asyncio.timeout(10):
            while await thread(until, story) != system.clock.now() + HOUR:
                await shell.works()
        system.advance(HOUR)
        assert await shell.ended() == closing("the grant has ended")

    play(system, told, lambda story: story.grant("alice", HOUR))


def test_a_drained_shell_may_be_finished_and_no_other_is_opened(system: System) -> None:
    async def told(_story: Story, shell: Shell, _thread: Callable[..., Awaitable[object]]) -> None:
        system.advance(MINUTE)
        await shell.works()
        shell.process.stdin.write_eof()
        assert (await asyncio.wait_for(shell.process.wait(), 10)).exit_status == 0

    play(system, told, lambda story: story.grant("group:dba", MINUTE, Drain=True))
