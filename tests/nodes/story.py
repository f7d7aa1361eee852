"""What happens to three servers: the one that leads is killed with a session open, then the database is."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.nodes.firm import Firm
from tests.nodes.load import Crowd, Seen
from tests.served import Caller, Served
from tests.ssh.office import Office
from tests.ssh.target import Target


@dataclass
class Story:
    """Three servers, what clients saw of them, and what became of the sessions there."""

    firm: Firm
    servers: tuple[Served, Served, Served]
    """The first is dead."""
    seen: Seen
    left_open: dict[str, Any]
    """The session that was open at the server that died, as another told once it was over."""
    taken_away: dict[str, Any]
    """The session whose access was taken away at another server than its own, once it was over."""


@dataclass
class Shell:
    """Somebody at a host, by one of the servers."""

    process: subprocess.Popen[bytes]

    def works(self) -> None:
        """What is typed comes back."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"hello\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"hello\n"

    def ends(self) -> None:
        """Nothing is left of it."""
        assert self.process.stdout is not None
        assert self.process.stdout.read() == b""
        assert self.process.wait() != 0


@contextmanager
def shell(office: Office) -> Iterator[Shell]:
    """A session of alice's that works."""
    line = ["ssh", *office.options(), "-p", str(office.port), f"{office.on_db_1}@127.0.0.1", "cat"]
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            found = Shell(process)
            found.works()
            yield found
        finally:
            process.kill()


def told(firm: Firm, host: Target, servers: tuple[Served, Served, Served]) -> Story:
    """Let it happen."""
    first, second, third = servers
    caller = Caller(second.urls["http"], firm.founded)
    here = Office(first, caller, firm.directory, host)
    here.furnish()
    there = replace(here, served=second, caller=Caller(third.urls["http"], firm.founded))
    with shell(here), shell(there) as staying, Crowd(firm, servers) as seen:
        by_node = {each["Node"]: each["SessionId"] for each in sessions(caller)}
        seen.wait_for(20)
        first.process.kill()
        seen.wait_for(20)
        left_open = over(caller, by_node.pop("node-0"))
        staying.works()
        there.revoke("alice", "db-1", "account")
        staying.ends()
        taken_away = over(caller, *by_node.values())
        firm.cluster.crash()
        seen.wait_for(20)
    for each in (here, there):
        each.caller.connection.close()
    return Story(firm, servers, seen, left_open, taken_away)


def sessions(caller: Caller) -> list[dict[str, Any]]:
    """All sessions there are and were."""
    found: list[dict[str, Any]] = caller.call("admit", "ListSessions")["Sessions"]
    return found


def over(caller: Caller, session: str) -> dict[str, Any]:
    """A session once it is over: others must see first that its server says nothing."""
    while True:
        found = next(each for each in sessions(caller) if each["SessionId"] == session)
        if found.get("EndedAt"):
            return found
