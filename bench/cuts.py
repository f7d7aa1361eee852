"""How fast live SSH sessions end: real sessions through a real gate, cut by every kind of change.

The time runs from before the call is sent until the bytes that close the channel have reached the
client's process. It holds the call, its commit, and all that the gate and the host do for it on the same
machine. What the 500 clients do with those bytes they do on machines of their own elsewhere: here they
keep them with the moment they came, and look into them when all are there.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import asyncssh

from bench.ends import BY_THE_CLOCK, Cut, ends
from bench.office import Office, gate, keys, now_ms
from bench.served import serving


class Session(asyncssh.SSHClientSession[bytes]):
    """A shell that waits for its end."""

    def __init__(self) -> None:
        self.is_over = False
        self.shown = asyncio.Event()

    def data_received(self, data: bytes, datatype: int | None) -> None:  # noqa: ARG002 - asyncssh's
        """The host shows something: it is there."""
        self.shown.set()

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
        self._heard.append((now_ms(), data))

    async def end_of(self, session: Session) -> float:
        """When the bytes came that ended a session."""
        self._transport.set_protocol(self._connection)
        ended: float | None = None
        for moment, data in self._heard:
            self._connection.data_received(data)
            # What a packet sets off happens in a later turn of the loop.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if session.is_over and ended is None:
                ended = moment
        if ended is None:
            raise RuntimeError("a session was not closed")
        return ended


async def _sessions(connections: list[asyncssh.SSHClientConnection]) -> list[Session]:
    """A live session on each connection."""
    found: list[Session] = []
    for connection in connections:
        _, session = await connection.create_session(Session, encoding=None)
        found.append(cast(Session, session))
    async with asyncio.timeout(120):
        await asyncio.gather(*(each.shown.wait() for each in found))
    return found


async def _cut(
    office: Office,
    connections: list[asyncssh.SSHClientConnection],
    change: Callable[[], int | None],
    settled_s: float,
) -> Cut:
    """Let everybody have a session, and end them all; for a while nobody asks whether they are over."""
    await asyncio.to_thread(office.give)
    sessions = await _sessions(connections)
    await office.until_live(len(sessions))
    ears = [Ear(connection) for connection in connections]
    began, cpu_s = now_ms(), office.cpu_s()
    end = await asyncio.to_thread(change)
    await asyncio.sleep((max(end or began, now_ms()) - now_ms()) / 1000 + settled_s)
    await office.until_live(0)
    await asyncio.sleep(settled_s)
    cpu_s = office.cpu_s() - cpu_s
    ended = [await ear.end_of(session) for ear, session in zip(ears, sessions, strict=True)]
    return Cut.of(ended, end or began, cpu_s)


async def _measured(office: Office, asked: argparse.Namespace) -> dict[str, Cut]:
    office.give()
    connections = await office.clients(asked.sessions)
    changes: dict[str, Callable[[], int | None]] = {
        "DetachHostAccountsFromUserGroup": office.detach,
        "RemoveUsersFromGroup": office.leave,
        "LockUsers": office.lock,
        "a control policy": office.close_by_policy,
        "the validity of the grant": office.shorten,
        BY_THE_CLOCK: office.end_soon,
    }
    chosen = asked.change or list(changes)
    return {name: await _cut(office, connections, changes[name], asked.settled) for name in chosen}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.cuts", description=__doc__)
    parser.add_argument("--sessions", type=int, default=500, help="live sessions (500)")
    parser.add_argument("--people", type=int, default=50, help="whose sessions they are (50)")
    parser.add_argument(
        "--settled", type=float, default=1.5, help="seconds in which nobody asks whether they are over (1.5)"
    )
    parser.add_argument("--change", action="append", help="one row alone; may be repeated")
    parser.add_argument("--apart", action="store_true", help="with the gate as a process of its own")
    asked = parser.parse_args()
    Path("var").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="var", prefix="cuts-") as directory:
        place = Path(directory)
        keys(place)
        host = [sys.executable, "-m", "bench.cut_target", str(place / "key"), str(place / "host_key")]
        with serving(host, place / "log") as target, gate(place, apart=asked.apart) as office:
            office.furnish(target.ports["ssh"], asked.people)
            found = asyncio.run(_measured(office, asked))
    print(ends("SSH, a gate of its own" if asked.apart else "SSH", found))


if __name__ == "__main__":
    main()
