"""What a session may take up: memory, processor time and processes, by the best means this machine has."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from admit.control.programs import Program

MIB = 1024 * 1024
PERIOD_US = 100_000
"""How often processor time is shared out anew."""
_COUNT = itertools.count()
FILES = 4096
"""How many files a process of a session may have open."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most a session may take up."""

    memory_bytes: int
    cpus: float
    processes: int
    file_bytes: int
    """The largest file that any of its processes may write."""

    @classmethod
    def of(cls, program: Program, file_bytes: int) -> "Limits":
        """What the catalogue says, and how large a file may be."""
        return cls(program.memory_mb * MIB, program.cpus, program.processes, file_bytes)


class Limiter(Protocol):
    """A means of holding sessions to their limits."""

    word: str
    """Which it is, as it is told."""

    def begin(self, session: str, limits: Limits, uid: int) -> list[str]:
        """Make ready for a session of a user; returns what its command line begins with."""
        ...

    def end(self, session: str) -> None:
        """Clear away what was made for it, once its processes are gone."""
        ...

    def over(self, session: str, limits: Limits, processes: Callable[[], Iterator[int]]) -> bool:
        """Whether it takes up more than it may, where nothing else holds it to that."""
        ...


_JOIN = 'for each in $1; do echo $$ >"$each" || exit 1; done; shift; exec "$@"'
"""Goes into control groups before anything else is done, so that nothing is ever outside them."""


class Cgroups:
    """Control groups: all processes of a session together."""

    def __init__(
        self, word: str, parents: dict[str, Path], files: Callable[[Limits], dict[str, str]]
    ) -> None:
        self.word = word
        self._parents = parents
        self._files = files
        self._names: dict[str, str] = {}
        self._over: set[str] = set()
        """Groups of sessions that are over; they may still hold a process that is on its way out."""

    def begin(self, session: str, limits: Limits, uid: int) -> list[str]:  # noqa: ARG002 - as others
        """Make its groups, with their limits."""
        name = self._names[session] = f"{session}.{os.getpid()}.{next(_COUNT)}"
        groups = [parent / name for parent in dict.fromkeys(self._parents.values())]
        for group in groups:
            group.mkdir()
        for file_name, value in self._files(limits).items():
            file = self._parents[file_name.partition(".")[0]] / name / file_name
            # Swap is counted only where the machine counts it.
            if file.exists():
                file.write_text(value)
        joined = " ".join(str(group / "cgroup.procs") for group in groups)
        return ["sh", "-c", _JOIN, "sh", joined, *_plain(limits)]

    def end(self, session: str) -> None:
        """Remove its groups; what still holds a dying process is removed with a later one."""
        if session in self._names:
            self._over.add(self._names.pop(session))
        for each in [*self._over]:
            with suppress(OSError):
                for parent in dict.fromkeys(self._parents.values()):
                    with suppress(FileNotFoundError):
                        (parent / each).rmdir()
                self._over.discard(each)

    def over(self, session: str, limits: Limits, processes: Callable[[], Iterator[int]]) -> bool:  # noqa: ARG002
        """The kernel sees to it."""
        return False


def _v1(limits: Limits) -> dict[str, str]:
    return {
        "memory.limit_in_bytes": str(limits.memory_bytes),
        "memory.memsw.limit_in_bytes": str(limits.memory_bytes),
        "pids.max": str(limits.processes),
        "cpu.cfs_period_us": str(PERIOD_US),
        "cpu.cfs_quota_us": str(round(limits.cpus * PERIOD_US)),
    }


def _v2(limits: Limits) -> dict[str, str]:
    return {
        "memory.max": str(limits.memory_bytes),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": str(limits.processes),
        "cpu.max": f"{round(limits.cpus * PERIOD_US)} {PERIOD_US}",
    }


class Rlimits:
    """Limits of single processes, and a look at what they take up together every second."""

    word = "rlimits, and a look every second"

    def begin(self, session: str, limits: Limits, uid: int) -> list[str]:  # noqa: ARG002 - as others
        """Nothing is made; the processes are limited as they begin, beside those the user has already."""
        others = sum(1 for _ in _processes_of(uid))
        return [*_plain(limits), f"--data={limits.memory_bytes}", f"--nproc={others + limits.processes}"]

    def end(self, session: str) -> None:
        """Nothing was made."""

    def over(self, session: str, limits: Limits, processes: Callable[[], Iterator[int]]) -> bool:  # noqa: ARG002
        """Whether its processes together take up more than it may."""
        pids = list(processes())
        return len(pids) > limits.processes or sum(map(_resident, pids)) > limits.memory_bytes


def _plain(limits: Limits) -> list[str]:
    return ["prlimit", "--core=0", f"--nofile={FILES}", f"--fsize={limits.file_bytes}"]


def _processes_of(uid: int) -> Iterator[int]:
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            with suppress(OSError):
                if each.stat().st_uid == uid:
                    yield int(each.name)


def _resident(pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc", str(pid), "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def best(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> Limiter:
    """The best means there is: cgroup v2, else v1, else rlimits."""
    paths = _own_groups(own)
    with suppress(OSError, KeyError):
        return Cgroups("cgroup v2", _parents_v2(root / paths[""].lstrip("/")), _v2)
    with suppress(OSError, KeyError):
        parents = {name: _parent_v1(root / name, paths[name]) for name in ("memory", "pids", "cpu")}
        return Cgroups("cgroup v1", parents, _v1)
    return Rlimits()


def expected(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> str:
    """The means that :func:`best` would find, by looking alone."""
    paths = _own_groups(own)
    with suppress(OSError, KeyError):
        group = root / paths[""].lstrip("/")
        controllers = (group / "cgroup.controllers").read_text().split()
        if {"memory", "pids"} <= {*controllers} and os.access(group, os.W_OK):
            return "cgroup v2"
    with suppress(KeyError):
        if all(
            os.access(root / name / paths[name].lstrip("/"), os.W_OK) for name in ("memory", "pids", "cpu")
        ):
            return "cgroup v1"
    return Rlimits.word


def _own_groups(own: Path) -> dict[str, str]:
    """The control group this process is in, by controller; v2's under the empty name."""
    found = {}
    with suppress(OSError):
        for line in own.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            found.update(dict.fromkeys(controllers.split(","), path))
    return found


def _parents_v2(group: Path) -> dict[str, Path]:
    """The group that sessions' groups are made in.

    Raises:
        OSError: this process may not make any.
        KeyError: memory or processes are not controlled here.
    """
    controllers = (group / "cgroup.controllers").read_text().split()
    if not {"memory", "pids"} <= {*controllers}:
        raise KeyError("memory")
    wanted = [each for each in ("memory", "pids", "cpu") if each in controllers]
    group = group.parent if group.name == "admit" else group
    # A group that gives controllers to groups in it may hold no process itself. The machine's own, which has
    # no type, may: the kernel's threads do not leave it.
    if (group / "cgroup.type").exists():
        leaf = group / "admit"
        leaf.mkdir(exist_ok=True)
        for pid in (group / "cgroup.procs").read_text().split():
            # It may be gone by now.
            with suppress(ProcessLookupError):
                (leaf / "cgroup.procs").write_text(pid)
    parent = _made(group / "admit-sessions")
    for each in (group, parent):
        (each / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in wanted))
    return dict.fromkeys(("memory", "pids", "cpu"), parent)


def _parent_v1(hierarchy: Path, path: str) -> Path:
    """The group that sessions' groups are made in.

    Raises:
        OSError: this process may not make any.
    """
    own = hierarchy / path.lstrip("/")
    if not (hierarchy / "cgroup.procs").exists():
        raise FileNotFoundError(hierarchy)
    return _made((own if own.is_dir() else hierarchy) / "admit-sessions")


def _made(parent: Path) -> Path:
    parent.mkdir(exist_ok=True)
    if not os.access(parent, os.W_OK):
        # Another admit of this machine made it, whom this one is not.
        raise PermissionError(parent)
    return parent
