"""Starting sessions on this machine, renewing their lease, ending them."""

import asyncio
import os
import shutil
import signal
import socket
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

import structlog

from admit.base.chance import Chance
from admit.control.programs import Program, Programs
from admit.streaming import homes, sandbox
from admit.streaming.homes import Stored
from admit.streaming.limits import Limiter, Limits, best
from admit.streaming.sandbox import Place, Screen

log = structlog.get_logger("admit.streaming")

LEASE_S = 10.0
"""How long a session lives that nobody renews: a control plane that hangs or is gone ends it with that."""
RENEWED_S = 3.0
"""How often leases are renewed."""
START_S = 20.0
"""How long the screen of a session may take to stand."""
LOOK_S = 1.0
"""How often leases and limits are looked at."""


class StartRefused(Exception):
    """A session cannot be started. The text is for the person."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be started: names alone, of which the launcher itself knows what they stand for."""

    session: str
    program: str
    """A key of the catalogue."""
    home: str
    """The home folder: the delivery group's id, a slash, the user's id."""
    screen: Screen = field(default_factory=Screen)
    lasting: bool = True
    """Whether the home folder outlives the session."""


class Launcher(Protocol):
    """Who starts sessions."""

    async def start(self, order: Order) -> None:
        """Start a session; returns when its screen stands.

        Raises:
            StartRefused: it cannot be.
        """
        ...

    async def connect(self, session: str) -> socket.socket:
        """A connection to the screen of a session.

        Raises:
            OSError: it is over.
        """
        ...

    async def renew(self, sessions: Collection[str]) -> frozenset[str]:
        """Let sessions live on; returns those that do."""
        ...

    async def stop(self, session: str) -> None:
        """End a session and all that is in it, at once; nothing if it is over."""
        ...

    async def files(self, session: str) -> list[Stored]:
        """The files in a session's home folder.

        Raises:
            FileRefused: it is over.
        """
        ...

    async def open_file(self, session: str, path: str) -> int:
        """A file of a session's home folder, open for reading.

        Raises:
            FileRefused: there is none.
        """
        ...

    async def new_file(self, session: str, name: str) -> tuple[int, str]:
        """A new file in a session's home folder, open for writing, and the name it got.

        Raises:
            FileRefused: it cannot be made.
        """
        ...


@dataclass(slots=True)
class _Running:
    """A session that runs."""

    order: Order
    program: Program
    process: asyncio.subprocess.Process
    run: Path
    home: Path
    uid: int | None
    screen: int
    """The screen's socket itself, whatever comes to stand under its name."""
    first: int
    """The first process in the sandbox, as a descriptor: with it all others are gone."""
    lease: float
    ended: "asyncio.Task[None] | None" = None


_STAGE = (
    # Sources of mounts must be reached by the session's user, who may not enter the folders above them.
    "mount -t tmpfs -o mode=0711,size=64k admit /mnt && mkdir /mnt/run /mnt/home "
    '&& mount --bind "$1" /mnt/run && mount --bind "$2" /mnt/home && shift 2 && exec "$@"'
)
_STAGED = Place(Path("/mnt/run"), Path("/mnt/home"))


class LocalLauncher:
    """Starts sessions as children of this process. ``run`` must run while there are any.

    As root each home folder has a user of its own, and its sessions are that user's;
    otherwise they are this process's own, and the namespaces alone keep them apart.
    """

    def __init__(
        self, programs: Programs, root: Path, chance: Chance, limiter: Callable[[], Limiter] = best
    ) -> None:
        """``root`` is where home folders and the folders of running sessions are.

        ``limiter`` is asked when the first session starts: it may have to prepare the machine.
        """
        self.programs = programs
        self._best = limiter
        # What starts them stands elsewhere.
        self._homes = root.absolute() / "homes"
        self._runs = root.absolute() / "running"
        self._chance = chance
        self._owned = os.geteuid() == 0
        self._running: dict[str, _Running] = {}

    @cached_property
    def limiter(self) -> Limiter:
        """What holds sessions to their limits."""
        return self._best()

    # -- the verbs ---------------------------------------------------------------------------------

    async def start(self, order: Order) -> None:
        """Start a session; returns when its screen stands."""
        program = self.programs.get(order.program)
        if program is None:
            raise StartRefused("This application is not in the catalogue of this server.")
        if program.missing:
            raise StartRefused(f"{program.name} is not installed on this server.")
        if order.session in self._running:
            raise StartRefused("This session runs already.")
        run = self._runs / order.session
        try:
            home, uid = self._prepared(run, order)
            process = await self._spawned(order, program, run, home, uid)
        except OSError as error:
            log.exception("a session could not be started", session=order.session)
            self._clear(order.session, run)
            raise StartRefused(f"The session could not be started: {error.strerror}.") from None
        await self._begun(order, program, process, (run, home, uid))

    async def connect(self, session: str) -> socket.socket:
        """A connection to the screen of a session."""
        running = self._running.get(session)
        if running is None:
            raise ConnectionRefusedError(session)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)  # noqa: FBT003 - the socket's own
        try:
            # By its descriptor: what stands under its name may have been put there by the program.
            await asyncio.get_running_loop().sock_connect(connection, f"/proc/self/fd/{running.screen}")
        except BaseException:
            connection.close()
            raise
        return connection

    async def renew(self, sessions: Collection[str]) -> frozenset[str]:
        """Let sessions live on; returns those that do."""
        lease = asyncio.get_running_loop().time() + LEASE_S
        living = self._running.keys() & set(sessions)
        for each in living:
            self._running[each].lease = lease
        return frozenset(living)

    async def stop(self, session: str) -> None:
        """End a session and all that is in it, at once."""
        running = self._running.get(session)
        if running is not None:
            self._kill(running)
            if running.ended is not None:
                await asyncio.shield(running.ended)

    def sessions(self) -> list[str]:
        """The sessions that run."""
        return sorted(self._running)

    async def files(self, session: str) -> list[Stored]:
        """The files in a session's home folder."""
        return await asyncio.to_thread(homes.listed, self._of(session).home)

    async def open_file(self, session: str, path: str) -> int:
        """A file of a session's home folder, open for reading."""
        return homes.open_for_reading(self._of(session).home, path)

    async def new_file(self, session: str, name: str) -> tuple[int, str]:
        """A new file in a session's home folder, open for writing, and the name it got."""
        running = self._of(session)
        return homes.open_for_writing(running.home, name, running.uid)

    # -- running -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """End what is not renewed, or takes up too much; cancelled, end everything."""
        try:
            while True:
                await asyncio.wait([asyncio.ensure_future(asyncio.Event().wait())], timeout=LOOK_S)
                now = asyncio.get_running_loop().time()
                for each in [*self._running.values()]:
                    if each.lease < now:
                        log.warning("a session was not renewed", session=each.order.session)
                        self._kill(each)
                    elif await asyncio.to_thread(self._over, each):
                        log.warning("a session took up too much", session=each.order.session)
                        self._kill(each)
        finally:
            await self.close()

    async def close(self) -> None:
        """End everything."""
        ended = [each.ended for each in self._running.values() if each.ended is not None]
        for each in [*self._running.values()]:
            self._kill(each)
        await asyncio.gather(*ended)

    def _over(self, running: _Running) -> bool:
        pid = running.process.pid
        return self.limiter.over(running.order.session, Limits.of(running.program), lambda: _inside(pid))

    def _kill(self, running: _Running) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(running.first, signal.SIGKILL)
        with suppress(ProcessLookupError):
            running.process.kill()

    def _of(self, session: str) -> _Running:
        running = self._running.get(session)
        if running is None:
            raise homes.FileRefused("The session is over.")
        return running

    # -- starting ----------------------------------------------------------------------------------

    def _prepared(self, run: Path, order: Order) -> tuple[Path, int | None]:
        """The folders of a session, made; and whose they are."""
        self._runs.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._homes.mkdir(mode=0o711, parents=True, exist_ok=True)
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir(mode=0o700)
        home, uid = homes.folder(self._homes, order.home, owned=self._owned)
        if not order.lasting:
            home = run.with_name(f"{run.name}.home")
            home.mkdir(mode=0o700)
        sandbox.write_files(run, self._chance.text(32, "0123456789abcdef"))
        if uid is not None:
            for each in (run, home):
                os.chown(each, uid, uid)
        return home, uid

    async def _spawned(
        self, order: Order, program: Program, run: Path, home: Path, uid: int | None
    ) -> asyncio.subprocess.Process:
        place = Place(run, home) if uid is None else _STAGED
        inner = sandbox.command(program, place, order.screen, self._covered(order.program))
        if uid is not None:
            inner = [
                *("unshare", "--mount", "sh", "-c", _STAGE, "sh", str(run), str(home)),
                *("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs"),
                *("--bounding-set=-all", "--inh-caps=-all", *inner),
            ]
        owner = os.getuid() if uid is None else uid
        limits = self.limiter.begin(order.session, Limits.of(program), owner)
        return await asyncio.create_subprocess_exec(
            *(*limits, *inner),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            cwd="/",
            start_new_session=True,
        )

    def _covered(self, key: str) -> set[str]:
        """The executables of the catalogue's other programs: whoever is in one is not in the others."""
        own = {shutil.which(each) for each in (self.programs[key].command[0], *self.programs[key].needs)}
        others = (shutil.which(each.command[0]) for each in self.programs.values())
        real = {os.path.realpath(each) for each in others if each} - {os.path.realpath(e) for e in own if e}
        return {each for each in real if each.startswith("/usr/")}

    async def _begun(
        self,
        order: Order,
        program: Program,
        process: asyncio.subprocess.Process,
        folders: tuple[Path, Path, int | None],
    ) -> None:
        """Wait for the screen, take hold of it, and let the program begin."""
        run, home, uid = folders
        try:
            async with asyncio.timeout(START_S):
                said = await _read(process.stdout)
                if said != b"ready\n":
                    raise StartRefused("The screen of the session does not stand.")
            screen = os.open(run / sandbox.SOCKET, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
            if not stat.S_ISSOCK(os.fstat(screen).st_mode):
                os.close(screen)
                raise StartRefused("The screen of the session does not stand.")
            first = os.pidfd_open(_children(process.pid)[0])
        except (TimeoutError, OSError, IndexError, StartRefused) as error:
            with suppress(ProcessLookupError):
                process.kill()
            _, faults = await process.communicate()
            log.exception(
                "a session did not begin", session=order.session, said=faults.decode("utf-8", "replace")
            )
            self._clear(order.session, run)
            raise StartRefused("The session could not be started: the server's log says why.") from error
        lease = asyncio.get_running_loop().time() + LEASE_S
        running = _Running(order, program, process, run, home, uid, screen, first, lease)
        self._running[order.session] = running
        running.ended = asyncio.create_task(self._waited(running))
        if process.stdin is not None:
            process.stdin.write(b"begin\n")

    async def _waited(self, running: _Running) -> None:
        """Clear away once all of a session is gone."""
        # What is said after the beginning is nobody's to read, but must not fill a pipe either.
        await running.process.communicate()
        await _readable(running.first)
        self._running.pop(running.order.session, None)
        os.close(running.screen)
        os.close(running.first)
        self._clear(running.order.session, running.run)
        log.info("a sandbox is gone", session=running.order.session)

    def _clear(self, session: str, run: Path) -> None:
        self.limiter.end(session)
        for each in (run, run.with_name(f"{run.name}.home")):
            shutil.rmtree(each, ignore_errors=True)


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    return b"" if stream is None else await stream.readline()


def _inside(pid: int) -> Iterator[int]:
    """The processes below one, itself included."""
    waiting = [pid]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += _children(each)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path("/proc", str(pid), "task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


async def _readable(descriptor: int) -> None:
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
