"""Sessions recorded for tests, without a session: a user, a host, and what the terminal showed."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from admit.control.live import recordings
from admit.control.live.recorder import Keeping, Recorder, Recording
from admit.control.live.recordings import Recorded, RecordingDetails
from admit.core.links import Kind
from admit.core.recordings import Opening
from admit.store import things
from admit.store.things import Thing, Where
from tests.services.bastionhost.people import Bastion
from tests.system import System


@dataclass
class Studio:
    """A system with a user and a host, and what is recorded of them."""

    system: System
    keeping: Keeping = field(default_factory=Keeping)
    told: list[str] = field(default_factory=list)
    """What the person was told when a recording failed."""

    def __post_init__(self) -> None:
        self.bastion = Bastion(self.system)
        self.bastion.ram_user("alice", "1")
        self.host_id = self.host("db-1")

    def host(self, name: str) -> str:
        """A host of that name; returns its ID."""
        given = {"HostName": name, "Source": "Local", "OSType": "Linux", "HostPrivateAddress": "192.0.2.7"}
        return self.bastion.call("CreateHost", **given, ActiveAddressType="Private")["HostId"]

    def of(self, host_id: str = "", session: str = "s-1") -> Recorded:
        """What a recording of alice on a host is of."""
        with self.system.admit.store.read() as sql:
            (user,) = [each for each in things.find(sql, Where(Kind.USER)) if each.name == "alice"]
            host = things.by_id_anywhere(sql, Kind.HOST, host_id or self.host_id)
        assert host is not None
        return Recorded(session, user, host, f"root@{host.name}", "root", "192.0.2.1")

    def recorder(self) -> Recorder:
        """What begins recordings; to be closed."""
        return Recorder(self.system.admit.store, self.system.admit.world, self.keeping)

    def record(self, *shown: bytes, host_id: str = "") -> str:
        """A whole recording of that; returns its ID."""

        async def session(recording: Recording) -> None:
            for octets in shown:
                recording.output(octets)
                await recording.keep_up()

        return self.run(session, host_id)

    def run(self, session: Any, host_id: str = "", *, end: bool = True) -> str:
        """Record what a coroutine does with a recording; returns its ID."""

        async def recorded() -> str:
            recorder = self.recorder()
            opening = Opening(100, 30, "xterm")
            try:
                recording = await recorder.begin(self.of(host_id), opening, self.told.append)
                try:
                    await session(recording)
                finally:
                    if end:
                        await recording.finished()
                return recording.id
            finally:
                recorder.close()

        return asyncio.run(recorded())

    def thing(self, recording_id: str) -> Thing:
        """A recording, as it is kept."""
        with self.system.admit.store.read() as sql:
            found = things.by_id_anywhere(sql, Kind.RECORDING, recording_id)
        assert found is not None
        return found

    def details(self, recording_id: str) -> RecordingDetails:
        """What is known of it."""
        return self.thing(recording_id).read(RecordingDetails)

    def fault(self, recording_id: str) -> str | None:
        """What is wrong with its file."""
        thing = self.thing(recording_id)
        with self.system.admit.store.read() as sql:
            return recordings.fault(sql, self.system.admit.world, thing)

    def lines(self, recording_id: str, largest: int = 1 << 20) -> list[Any]:
        """Its header and its events."""
        text, after, thing = "", None, self.thing(recording_id)
        with self.system.admit.store.read() as sql:
            while True:
                part = recordings.part(sql, self.system.admit.world, thing, after, largest)
                text, after = text + part.text, part.after
                if after is None:
                    return [json.loads(line) for line in text.splitlines()]


def alter(path: Path) -> None:
    """Change the last byte of a file, whichever it is: by chance it is any that one would put there."""
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
