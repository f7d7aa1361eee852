"""Sandboxes: what is seen from inside, what reaches out, what ends them."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from admit.control.programs import Program
from admit.streaming import launching, processes
from admit.streaming.launcher import Order, StartRefused
from admit.streaming.launching import LocalLauncher
from tests.streaming.launched import launching as launched
from tests.streaming.launched import order, ran, script, until


def test_a_home_folder_lasts_and_is_nobody_elses(tmp_path):
    keep = script('echo "$1" >>"$HOME/kept"; cat "$HOME/kept" >"$HOME/seen"; ls /home >>"$HOME/seen"')

    async def body() -> None:
        async with launched(tmp_path, probe=keep) as launcher:
            await ran(launcher, "s-1")
            await ran(launcher, "s-2")
            await ran(launcher, "s-3", home="aig-1/bob")
            await ran(launcher, "s-4", home="aig-2/alice")

    asyncio.run(body())
    homes = tmp_path / "homes"
    assert len((homes / "aig-1/alice/kept").read_text().splitlines()) == 2
    assert len((homes / "aig-1/bob/kept").read_text().splitlines()) == 1
    assert len((homes / "aig-2/alice/kept").read_text().splitlines()) == 1
    assert all((homes / each).stat().st_mode & 0o777 == 0o700 for each in ("aig-1/alice", "aig-1/bob"))


def test_a_place_that_is_named_from_here_is_found_by_what_stands_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def body() -> None:
        async with launched(Path("place"), probe=script('echo ok >"$HOME/seen"')) as launcher:
            await ran(launcher, "s-1")

    asyncio.run(body())
    assert (tmp_path / "place/homes/aig-1/alice/seen").read_text() == "ok\n"


def test_a_home_folder_that_is_to_be_forgotten_goes_with_its_session(tmp_path):
    async def body() -> None:
        async with launched(tmp_path, probe=script('touch "$HOME/mine"')) as launcher:
            await launcher.start(Order("s-1", "probe", "aig-1/alice", lasting=False))
            await until(lambda: not launcher.sessions())

    asyncio.run(body())
    assert not [*tmp_path.rglob("mine")]


def test_a_session_that_is_stopped_leaves_no_process_behind(tmp_path):
    daemons = script("for each in 1 2 3 4 5; do setsid sh -c 'exec sleep 1000' & done; exec sleep 1000")

    async def body() -> None:
        async with launched(tmp_path, probe=daemons) as launcher:
            await launcher.start(order("s-1"))
            await until(lambda: _sleeping(launcher) >= 6)
            tree = [*processes.inside(launcher._running["s-1"].process.pid)]
            await launcher.stop("s-1")
            assert not [pid for pid in tree if _lives(pid)]
            assert not (tmp_path / "running" / "s-1").exists()

    asyncio.run(body())


def _sleeping(launcher: LocalLauncher) -> int:
    pids = processes.inside(launcher._running["s-1"].process.pid)
    return sum(1 for pid in pids if Path(f"/proc/{pid}/comm").read_text() == "sleep\n")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_session_that_nobody_renews_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(launching, "LEASE_S", 0.5)
    monkeypatch.setattr(launching, "LOOK_S", 0.05)

    async def body() -> None:
        async with launched(tmp_path, probe=script("exec sleep 1000")) as launcher:
            await launcher.start(order("s-1"))
            await launcher.start(order("s-2"))
            while launcher.sessions() != ["s-2"]:
                assert await launcher.renew(["s-2", "s-3"]) == {"s-2"}
                await asyncio.get_running_loop().run_in_executor(None, lambda: None)

    asyncio.run(body())


def test_the_death_of_its_launcher_ends_a_session(tmp_path):
    child = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from tests.streaming.launched import launching, order, script\n"
        "async def body():\n"
        "    async with launching(Path(sys.argv[1]), probe=script('exec sleep 1000')) as launcher:\n"
        "        await launcher.start(order('s-1'))\n"
        "        print(launcher._running['s-1'].process.pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(body())\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(("src", "."))}
    with subprocess.Popen(
        [sys.executable, "-c", child, str(tmp_path)], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        tree = [*processes.inside(pid)]
        assert len(tree) > 3
        process.send_signal(signal.SIGKILL)
        process.wait()

        async def gone() -> None:
            await until(lambda: not any(map(_lives, tree)))

        asyncio.run(gone())


def test_only_what_stands_in_the_catalogue_is_started(tmp_path):
    absent = Program(name="Absent", command=("no-such-program",))

    async def body() -> None:
        async with launched(tmp_path, absent=absent) as launcher:
            with pytest.raises(StartRefused, match="not in the catalogue"):
                await launcher.start(order("s-1", "sh"))
            with pytest.raises(StartRefused, match="Absent is not installed"):
                await launcher.start(order("s-1", "absent"))
            with pytest.raises(ValueError, match="home folder"):
                await launcher.start(Order("s-1", "absent", "../../etc"))

    with pytest.raises(StartRefused):
        asyncio.run(body())


def test_a_connection_leads_to_the_screen_and_to_nothing_that_stands_in_its_place(tmp_path):
    outside = tmp_path / "outside.sock"
    swap = script(f"rm /run/session/rfb.sock; ln -s {outside} /run/session/rfb.sock; exec sleep 1000")

    async def body() -> None:
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(outside))
            other.listen()
            async with launched(tmp_path, probe=swap) as launcher:
                await launcher.start(order("s-1"))
                await until((tmp_path / "running/s-1/rfb.sock").is_symlink)
                with await launcher.connect("s-1") as connection:
                    assert await asyncio.get_running_loop().sock_recv(connection, 12) == b"RFB 003.008\n"

    asyncio.run(body())


def test_as_root_each_home_folder_has_a_user_of_its_own(tmp_path):
    async def body() -> None:
        async with launched(tmp_path, probe=script("true")) as launcher:
            await ran(launcher, "s-1", home="aig-1/alice")
            await ran(launcher, "s-2", home="aig-1/bob")
            await ran(launcher, "s-3", home="aig-1/alice")

    asyncio.run(body())
    owners = [(tmp_path / "homes/aig-1" / each).stat().st_uid for each in ("alice", "bob")]
    if os.geteuid() == 0:
        assert owners == [0x7000_0000, 0x7000_0001]
    else:
        assert owners == [os.getuid()] * 2
