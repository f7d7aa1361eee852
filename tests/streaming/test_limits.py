"""What a session may take up: whatever it does, it hurts only itself."""

import asyncio
from pathlib import Path

import pytest

from admit.streaming import launching, limits, processes
from admit.streaming.launcher import Fate
from admit.streaming.launching import LocalLauncher
from admit.streaming.limits import MIB, Limits, Rlimits, best
from tests.streaming.launched import launching as launched
from tests.streaming.launched import order, script, until

BOMB = 'touch "$HOME/began"; bomb() { bomb | bomb & }; bomb; exec sleep 1000'
GREEDY = """
touch "$HOME/began"
head -c 2G /dev/zero | tail >/dev/null && echo fed >"$HOME/seen" || echo starved >"$HOME/seen"
exec sleep 1000
"""
NEIGHBOUR = 'while read -r asked; do date >/dev/null && echo "$asked" >"$HOME/told"; done <"$HOME/asked"'
"""Answers, each time with a new process, what is asked of it."""
MEANS = pytest.mark.parametrize("limiter", [best(), Rlimits()], ids=lambda each: each.word)
"""The best means this machine has, and the one that every machine has."""


async def answers(launcher: LocalLauncher, home: Path) -> bool:
    """Whether the neighbour still runs programs, and its screen still greets."""
    told = home / "told"
    told.unlink(missing_ok=True)
    await asyncio.to_thread((home / "asked").write_text, "are you there\n")
    await until(told.exists)
    with await launcher.connect("s-2") as connection:
        return await asyncio.get_running_loop().sock_recv(connection, 12) == b"RFB 003.008\n"


@MEANS
@pytest.mark.parametrize("deed", [BOMB, GREEDY], ids=["forks without end", "wants 2 GB"])
def test_what_takes_all_it_can_get_hurts_only_itself(tmp_path, monkeypatch, limiter, deed):
    monkeypatch.setattr(launching, "LOOK_S", 0.1)
    allowed = {"processes": 60, "memory_mb": 256, "cpus": 0.5}
    bad, good = script(deed, **allowed), script(f'mkfifo "$HOME/asked"; while :; do {NEIGHBOUR}; done')
    homes = tmp_path / "homes/aig-1"

    async def body() -> None:
        async with launched(tmp_path, limiter, bad=bad, good=good) as launcher:
            await launcher.start(order("s-2", "good", "aig-1/bob"))
            await until((homes / "bob/asked").is_fifo)
            await launcher.start(order("s-1", "bad", "aig-1/alice"))
            await until((homes / "alice/began").exists)
            pid = launcher._running["s-1"].process.pid
            most_processes = most_bytes = 0
            for _ in range(5):
                assert await answers(launcher, homes / "bob")
                if "s-1" in launcher.sessions():
                    tree = [*processes.inside(pid)]
                    most_processes = max(most_processes, len(tree))
                    most_bytes = max(most_bytes, sum(map(limits._resident, tree)))
            # Pages that processes share are counted for each of them.
            assert most_processes <= 70
            assert most_bytes <= (256 + 512) * MIB
            if deed == GREEDY:
                await until(lambda: "s-1" not in launcher.sessions() or (homes / "alice/seen").exists())
            await launcher.stop("s-1")
            assert launcher.sessions() == ["s-2"]
            assert await answers(launcher, homes / "bob")

    asyncio.run(body())
    told = homes / "alice/seen"
    # The one that asked is killed, or the whole session is.
    assert not told.exists() or told.read_text() == "starved\n"


def test_what_is_ended_for_what_it_took_up_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(launching, "LOOK_S", 0.1)
    many = script("for each in $(seq 30); do sleep 1000 & done; exec sleep 1000", processes=16)

    class Lenient(Rlimits):
        def begin(self, session: str, limits: Limits, uid: int) -> list[str]:
            return super().begin(session, Limits(limits.memory_bytes, 1, 1000, limits.file_bytes), uid)

    async def body() -> None:
        async with launched(tmp_path, Lenient(), probe=many) as launcher:
            await launcher.start(order("s-1"))
            await until(lambda: not launcher.sessions())
            assert await launcher.fate("s-1") is Fate.GREEDY
            assert await launcher.fate("s-1") is Fate.CLOSED

    asyncio.run(body())


def made(root: Path, *controllers: str) -> tuple[Path, Path]:
    """What looks like control groups of version 2, and where this process stands in them."""
    group = root / "cgroup/service"
    group.mkdir(parents=True)
    (group / "cgroup.controllers").write_text(" ".join(controllers))
    (group / "cgroup.procs").write_text("11\n12\n")
    (group / "cgroup.type").write_text("domain\n")
    own = root / "own"
    own.write_text("0::/service\n")
    return root / "cgroup", own


def test_control_groups_of_version_2_are_set_up_as_the_kernel_wants_them(tmp_path, monkeypatch):
    root, own = made(tmp_path, "cpu", "memory", "pids")
    wrote: dict[str, list[str]] = {}
    write = Path.write_text

    def written(path: Path, text: str, *rest: str) -> int:
        wrote.setdefault(str(path.relative_to(root)), []).append(text)
        return write(path, text, *rest)

    monkeypatch.setattr(Path, "write_text", written)
    assert limits.expected(root, own) == "cgroup v2"
    found = best(root, own)
    # A kernel shows these in each new group.
    monkeypatch.setattr(Path, "exists", lambda _: True)
    line = found.begin("s-1", Limits(256 * MIB, 1.5, 40, MIB), 1000)

    assert found.word == "cgroup v2"
    assert wrote["service/admit/cgroup.procs"] == ["11", "12"]
    assert wrote["service/cgroup.subtree_control"] == ["+memory +pids +cpu"]
    assert wrote["service/admit-sessions/cgroup.subtree_control"] == ["+memory +pids +cpu"]
    (group,) = [each for each in (root / "service/admit-sessions").iterdir() if each.is_dir()]
    assert {each.name: each.read_text() for each in group.iterdir()} == {
        "memory.max": str(256 * MIB),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": "40",
        "cpu.max": "150000 100000",
    }
    assert line[4] == str(group / "cgroup.procs")
    assert f"--fsize={MIB}" in line


def test_the_machines_own_group_keeps_its_processes_and_a_process_that_is_gone_stops_nothing(
    tmp_path, monkeypatch
):
    root, own = made(tmp_path, "cpu", "memory", "pids")
    write, moved = Path.write_text, []

    def written(path: Path, text: str, *rest: str) -> int:
        if path.name == "cgroup.procs":
            moved.append(text)
            raise ProcessLookupError
        return write(path, text, *rest)

    monkeypatch.setattr(Path, "write_text", written)
    assert best(root, own).word == "cgroup v2"
    assert moved == ["11", "12"]
    (root / "service/cgroup.type").unlink()
    assert best(root, own).word == "cgroup v2"
    assert moved == ["11", "12"]


def test_where_memory_is_not_controlled_every_process_is_limited_by_itself(tmp_path):
    root, own = made(tmp_path, "cpu")

    assert limits.expected(root, own) == best(root, own).word == Rlimits.word
