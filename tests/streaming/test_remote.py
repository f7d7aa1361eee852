"""A launcher that is a process of its own: what it does, and for whom."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from admit.control.programs import Program
from admit.streaming import remote
from admit.streaming.homes import FileRefused
from admit.streaming.launcher import Fate, StartRefused
from admit.streaming.remote import RemoteLauncher
from tests.streaming.launched import launching, order, script


@asynccontextmanager
async def apart(root: Path, user: int | None = None, **programs: Program) -> AsyncIterator[RemoteLauncher]:
    """A launcher that is asked at a socket."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root / "launcher.sock"))
        listening.listen()
        async with launching(root / "place", **programs) as local:
            serving = asyncio.create_task(
                remote.serve(local, listening, os.getuid() if user is None else user)
            )
            try:
                yield RemoteLauncher(str(root / "launcher.sock"))
            finally:
                serving.cancel()
                with suppress(asyncio.CancelledError):
                    await serving


def test_every_verb_is_done_over_the_socket(tmp_path):
    async def body() -> None:
        async with apart(tmp_path, probe=script('echo kept >"$HOME/file"; exec sleep 1000')) as launcher:
            await launcher.start(order("s-1"))
            assert await launcher.renew(["s-1", "s-2"]) == {"s-1"}
            with await launcher.connect("s-1") as connection:
                assert await asyncio.get_running_loop().sock_recv(connection, 12) == b"RFB 003.008\n"
            while not await launcher.files("s-1"):
                await asyncio.to_thread(lambda: None)
            opened = await launcher.open_file("s-1", "file")
            assert os.read(opened, 100) == b"kept\n"
            os.close(opened)
            made = await launcher.new_file("s-1", "file")
            os.write(made.opened, b"new\n")
            os.close(made.opened)
            assert made.name == "file (2)"
            assert 0 < made.room < 1 << 40
            assert [each.path for each in await launcher.files("s-1")] == ["file", "file (2)"]
            await launcher.stop("s-1")
            assert await launcher.renew(["s-1"]) == frozenset()
            assert await launcher.fate("s-1") is Fate.CLOSED

    asyncio.run(body())


def test_what_cannot_be_done_is_refused_as_it_is_without_a_socket(tmp_path):
    async def body() -> None:
        async with apart(tmp_path, probe=script("true")) as launcher:
            with pytest.raises(StartRefused, match="not in the catalogue"):
                await launcher.start(order("s-1", "sh"))
            with pytest.raises(StartRefused):
                await launcher.start(order("s-1", home="../etc"))
            with pytest.raises(ConnectionRefusedError):
                await launcher.connect("s-1")
            with pytest.raises(FileRefused, match="over"):
                await launcher.files("s-1")
            await launcher.stop("s-1")

    asyncio.run(body())


@pytest.mark.parametrize("said", [b"nonsense\n", b'{"verb":"shell"}\n', b'{"verb":"start"}\n', b"x" * 70_000])
def test_what_is_no_question_is_answered_and_harms_nothing(tmp_path, said):
    async def body() -> None:
        async with apart(tmp_path, probe=script("true")) as launcher:
            with socket.socket(socket.AF_UNIX) as asking:
                asking.setblocking(False)  # noqa: FBT003 - the socket's own
                loop = asyncio.get_running_loop()
                await loop.sock_connect(asking, str(tmp_path / "launcher.sock"))
                await loop.sock_sendall(asking, said)
                assert b"refused" in await loop.sock_recv(asking, 1000)
            assert await launcher.renew([]) == frozenset()

    asyncio.run(body())


def test_a_launcher_that_is_not_there_refuses_starts_and_renews_nothing(tmp_path):
    async def body() -> None:
        launcher = RemoteLauncher(str(tmp_path / "none.sock"))
        with pytest.raises(StartRefused):
            await launcher.start(order("s-1"))
        with pytest.raises(OSError, match="No such file"):
            await launcher.renew(["s-1"])

    asyncio.run(body())


def test_strangers_are_not_answered(tmp_path):
    async def body() -> None:
        async with apart(tmp_path, user=os.getuid() + 1, probe=script("exec sleep 1000")) as launcher:
            asked = asyncio.create_task(launcher.start(order("s-1")))
            if os.getuid() == 0:
                # Root may always ask: it could start whatever it likes anyway.
                await asked
                return
            with pytest.raises(StartRefused):
                await asked

    asyncio.run(body())
