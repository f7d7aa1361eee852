"""`admit launcher` as a process: root's where there is root, and always one without any privilege."""

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from admit.streaming.homes import FIRST_UID
from admit.streaming.launcher import SEE_LOG
from tests.served import NOBODY, command

STRANGER = 4711
CATALOGUE = """
[probe]
name = "Probe"
command = ["sh", "-c", "id -u >$HOME/mine; exec sleep 1000"]
"""
ASKING = """
import asyncio, json, os, sys
from admit.streaming.launcher import Order, StartRefused
from admit.streaming.remote import RemoteLauncher
import encodings.idna, concurrent.futures.thread
path, user = sys.argv[1], int(sys.argv[2])
launcher = RemoteLauncher(path)
if os.geteuid() != user:
    os.setgroups([]); os.setgid(user); os.setuid(user)
async def body():
    try:
        for number, home in enumerate(("aig-1/alice", "aig-1/bob"), 1):
            await launcher.start(Order(f"s-{number}", "probe", home))
        found = []
        for session in ("s-1", "s-2"):
            while [each.size for each in await launcher.files(session)] != [5]:
                await asyncio.to_thread(lambda: None)
            with await launcher.connect(session) as screen:
                assert await asyncio.get_running_loop().sock_recv(screen, 12) == b"RFB 003.008\\n"
            opened = await launcher.open_file(session, "mine")
            found.append(int(os.read(opened, 100)))
            os.close(opened)
        for session in ("s-1", "s-2"):
            await launcher.stop(session)
        return found
    except StartRefused as refused:
        return str(refused)
print(json.dumps(asyncio.run(body())))
"""
"""Somebody of a user of their own, who asks for two people's sessions; everything is imported before."""
DROPPED = """
import os, sys
import admit.cli.launcher, asyncio.unix_events, encodings.ascii, encodings.idna, concurrent.futures.thread
user = int(sys.argv.pop(1))
if os.geteuid() != user:
    os.setgroups([]); os.setgid(user); os.setuid(user)
admit.cli.launcher.launcher()
"""
"""The launcher as a user without any privilege, whose interpreter may lie where only root gets to."""


def somebody() -> pwd.struct_passwd:
    """A user without privileges: nobody where there is root, else whoever runs this."""
    return pwd.getpwnam(NOBODY) if os.geteuid() == 0 else pwd.getpwuid(os.getuid())


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user gets to: what pytest makes lies where only its own gets to."""
    with TemporaryDirectory(prefix="admit-") as found:
        Path(found).chmod(0o755)
        yield Path(found)


@contextmanager
def launcher(
    place: Path, user: pwd.struct_passwd | None = None, catalogue: str = CATALOGUE
) -> Iterator[Path]:
    """A launcher that answers somebody at a socket; itself root where there is root, or else ``user``."""
    (place / "apps.toml").write_text(catalogue)
    path = place / "launcher.sock"
    words = ("--socket", str(path), "--catalogue", str(place), "--place", str(place / "homes"))
    line, variables = command("launcher", *words, "--user", somebody().pw_name)
    if user is not None:
        line = [sys.executable, "-c", DROPPED, str(user.pw_uid), *words, "--user", user.pw_name]
        os.chown(place, user.pw_uid, user.pw_gid)
    with subprocess.Popen(line, env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"admit launcher is ready: {path}\n"
            yield path
        finally:
            process.kill()


def asked(path: Path, user: int) -> object:
    """What a process of a user is answered."""
    _, variables = command()
    line = [sys.executable, "-c", ASKING, str(path), str(user)]
    ran = subprocess.run(line, env=variables, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(ran.stdout.splitlines()[-1])


def owners(place: Path) -> list[int]:
    """Who has the two home folders, and the files that were written in them, outside."""
    homes = [place / "homes/homes/aig-1" / name for name in ("alice", "bob")]
    assert [each.stat().st_mode & 0o077 for each in homes] == [0, 0]
    assert [(each / "mine").stat().st_uid for each in homes] == [each.stat().st_uid for each in homes]
    return [each.stat().st_uid for each in homes]


def test_two_people_get_sessions_that_are_two_users_where_the_launcher_is_root(place: Path) -> None:
    with launcher(place) as path:
        assert path.stat().st_uid == somebody().pw_uid
        assert path.stat().st_mode & 0o077 == 0
        # Whoever they are outside, inside everybody is 1000.
        assert asked(path, somebody().pw_uid) == [1000, 1000]
        if os.geteuid() == 0:
            # As if the socket's mode had been lost.
            path.chmod(0o777)
            assert asked(path, STRANGER) == SEE_LOG

    if os.geteuid() == 0:
        assert owners(place) == [FIRST_UID, FIRST_UID + 1]
    else:
        assert owners(place) == [os.getuid()] * 2


def test_without_any_privilege_the_same_is_done_as_the_one_user_there_is(place: Path) -> None:
    user = somebody()
    with launcher(place, user) as path:
        assert asked(path, user.pw_uid) == [1000, 1000]

    assert owners(place) == [user.pw_uid] * 2
