"""Starting sessions on this machine, renewing their lease, ending them."""

import asyncio
import os
import shutil
import signal
import socket
import stat
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import structlog

from admit.base.chance import Chance
from admit.control.live.session_rows import wait
from admit.control.programs import Program, Programs
from admit.streaming import homes, sandbox
from admit.streaming.homes import Stored
from admit.streaming.launcher import (
    FOLDER_FULL,
    NO_PROGRAM,
    NOT_INSTALLED,
    NOT_STANDING,
    RUNS_ALREADY,
    SEE_LOG,
    Fate,
    NewFile,
    Order,
    StartRefused,
)
from admit.streaming.limits import MIB, Limiter, Limits, best
from admit.streaming.processes import children, gone, inside
from admit.streaming.sandbox import Place

log = structlog.get_logger("admit.streaming")

LEASE_S = 10.0
"""How long a session lives that nobody renews: a control plane that hangs or is gone ends it with that."""
RENEWED_S = 3.0
"""How often leases are renewed."""
START_S = 20.0
"""How long the screen of a session may take to stand."""
LOOK_S = 1.0
"""How often leases and limits are looked at."""
HOME_LOOK_S = 5.0
"""How often home folders are measured, which takes a walk through each."""
MEASURING = 20
"""How much longer than a walk took it is until the next: folders may be filled to make it long."""
HOME_MB = 10_240
"""How much a home folder may hold, unless told."""
TOLD = 1_000
"""How many fates are kept for whoever asks."""


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
    most_home_bytes: int
    """What its home folder may hold: never less than at its beginning, so that files can be removed."""
    lease: float
    measuring: "asyncio.Task[None] | None" = None
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
        self,
        programs: Programs,
        root: Path,
        chance: Chance,
        limiter: Callable[[], Limiter] = best,
        home_mb: int = HOME_MB,
    ) -> None:
        """``root`` is where home folders and the folders of running sessions are.

        ``limiter`` is asked when the first session starts: it may have to prepare the machine.
        """
        self.programs = programs
        self._best = limiter
        self._most_home_bytes = home_mb * MIB
        # What starts them stands elsewhere.
        self._homes = root.absolute() / "homes"
        self._runs = root.absolute() / "running"
        self._chance = chance
        self._owned = os.geteuid() == 0
        self._running: dict[str, _Running] = {}
        self._fates: dict[str, Fate] = {}

    @cached_property
    def limiter(self) -> Limiter:
        """What holds sessions to their limits."""
        return self._best()

    # -- the verbs ---------------------------------------------------------------------------------

    async def start(self, order: Order) -> None:
        """Start a session; returns when its screen stands."""
        program = self.programs.get(order.program)
        if program is None:
            raise StartRefused(NO_PROGRAM)
        if program.missing:
            raise StartRefused(NOT_INSTALLED.format(program=program.name))
        if order.session in self._running:
            raise StartRefused(RUNS_ALREADY)
        run = self._runs / order.session
        try:
            home, uid = self._prepared(run, order)
            process = await self._spawned(order, program, run, home, uid)
        except OSError:
            log.exception("a session could not be started", session=order.session)
            self._clear(order.session, run)
            raise StartRefused(SEE_LOG) from None
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

    async def new_file(self, session: str, name: str) -> NewFile:
        """Make a file in a session's home folder."""
        running = self._of(session)
        room = self._most_home_bytes - await asyncio.to_thread(
            homes.used_bytes, running.home, self._most_home_bytes
        )
        if room <= 0:
            raise homes.FileRefused(FOLDER_FULL)
        opened, kept = homes.open_for_writing(running.home, name, running.uid)
        return NewFile(opened, kept, room)

    async def fate(self, session: str) -> Fate:
        """Why a session is over."""
        return self._fates.pop(session, Fate.CLOSED)

    # -- running -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """End what is not renewed, or takes up too much; cancelled, end everything."""
        try:
            while True:
                await wait(asyncio.Event(), LOOK_S)
                now = asyncio.get_running_loop().time()
                for each in [*self._running.values()]:
                    if each.lease < now:
                        self._kill(each, Fate.LAPSED)
                    elif await asyncio.to_thread(self._over, each):
                        self._kill(each, Fate.GREEDY)
        finally:
            await self.close()

    async def _measure(self, running: _Running) -> None:
        """End a session as soon as its home folder holds more than it may."""
        loop, most = asyncio.get_running_loop(), running.most_home_bytes
        while True:
            began = loop.time()
            if await asyncio.to_thread(homes.used_bytes, running.home, most) > most:
                self._kill(running, Fate.FULL)
                return
            pause = max(HOME_LOOK_S, MEASURING * (loop.time() - began))
            await wait(asyncio.Event(), pause)

    async def close(self) -> None:
        """End everything."""
        ended = [each.ended for each in self._running.values() if each.ended is not None]
        for each in [*self._running.values()]:
            self._kill(each)
        await asyncio.gather(*ended)

    def _over(self, running: _Running) -> bool:
        pid = running.process.pid
        return self.limiter.over(running.order.session, self._limits(running.program), lambda: inside(pid))

    def _limits(self, program: Program) -> Limits:
        return Limits.of(program, self._most_home_bytes)

    def _kill(self, running: _Running, fate: Fate | None = None) -> None:
        if fate is not None:
            log.warning("a session is ended", session=running.order.session, why=str(fate))
            self._fates[running.order.session] = fate
            while len(self._fates) > TOLD:
                del self._fates[next(iter(self._fates))]
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
        limits = self.limiter.begin(order.session, self._limits(program), owner)
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
                    raise StartRefused(NOT_STANDING)
            screen = os.open(run / sandbox.SOCKET, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
            if not stat.S_ISSOCK(os.fstat(screen).st_mode):
                os.close(screen)
                raise StartRefused(NOT_STANDING)
            first = os.pidfd_open(children(process.pid)[0])
        except (TimeoutError, OSError, IndexError, StartRefused) as error:
            with suppress(ProcessLookupError):
                process.kill()
            _, faults = await process.communicate()
            log.exception(
                "a session did not begin", session=order.session, said=faults.decode("utf-8", "replace")
            )
            self._clear(order.session, run)
            raise StartRefused(SEE_LOG) from error
        lease = asyncio.get_running_loop().time() + LEASE_S
        most = await asyncio.to_thread(self._allowed, home)
        running = _Running(order, program, process, run, home, uid, screen, first, most, lease)
        self._running[order.session] = running
        running.measuring = asyncio.create_task(self._measure(running))
        running.ended = asyncio.create_task(self._waited(running))
        if process.stdin is not None:
            process.stdin.write(b"begin\n")

    def _allowed(self, home: Path) -> int:
        used = homes.used_bytes(home, homes.ENDLESS)
        return self._most_home_bytes if used > homes.ENDLESS else max(self._most_home_bytes, used)

    async def _waited(self, running: _Running) -> None:
        """Clear away once all of a session is gone."""
        # What is said after the beginning is nobody's to read, but must not fill a pipe either.
        await running.process.communicate()
        await gone(running.first)
        if running.measuring is not None:
            running.measuring.cancel()
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
