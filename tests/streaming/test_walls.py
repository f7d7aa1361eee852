"""What is seen and reached from inside a session: of the machine nothing, of other sessions nothing."""

import asyncio
import os
import socket
from pathlib import Path

from admit.control.programs import Program
from tests.streaming.launched import launching as launched
from tests.streaming.launched import order, ran, script, until

PROBE = """
exec >"$HOME/seen" 2>&1
tell() { echo "$1: $2"; }
tell user "$(id -u)"
tell processes "$(ls /proc | grep -c '^[0-9]')"
tell capabilities "$(grep CapEff /proc/self/status | cut -f2)"
tell new-privileges "$(grep NoNewPrivs /proc/self/status | cut -f2)"
tell shadow "$(cat /etc/shadow 2>&1 >/dev/null | grep -c .)"
tell homes "$(ls /home | tr '\\n' ' ')"
tell root "$(ls / | tr '\\n' ' ')"
tell outside "$(cat @SECRET@ 2>/dev/null)"
tell interfaces "$(grep -c : /proc/net/dev)"
tell port "$(bash -c 'exec 3<>/dev/tcp/127.0.0.1/@PORT@' 2>/dev/null && echo reached || echo unreachable)"
tell sockets "$(grep -c @ABSTRACT@ /proc/net/unix)"
tell usr "$(touch /usr/bin/mine 2>/dev/null && echo written || echo kept)"
tell etc "$(touch /etc/mine 2>/dev/null && echo written || echo kept)"
tell top "$(touch /mine 2>/dev/null && echo written || echo kept)"
tell namespaces "$(unshare --user true 2>/dev/null && echo made || echo refused)"
tell shell-key "$(grep -c xterm /etc/matchbox.keys)"
tell other-program "$(xterm -version >/dev/null 2>&1 && echo started || echo hidden)"
"""
LISTENING = """
use Socket;
socket(my $there, PF_UNIX, SOCK_STREAM, 0); bind($there, pack_sockaddr_un("\\0of-bob")); listen($there, 1);
socket(my $port, PF_INET, SOCK_STREAM, 0);
bind($port, pack_sockaddr_in(7777, inet_aton("127.0.0.1"))); listen($port, 1);
$0 = "of-bob";
open(my $ready, ">", "$ENV{HOME}/listens");
sleep 1000;
"""
REACHING = """
use Socket;
socket(my $there, PF_UNIX, SOCK_STREAM, 0); socket(my $port, PF_INET, SOCK_STREAM, 0);
print "socket: ", (connect($there, pack_sockaddr_un("\\0of-bob")) ? "reached" : "none"), "\\n";
print "port: ", (connect($port, pack_sockaddr_in(7777, inet_aton("127.0.0.1"))) ? "reached" : "none"), "\\n";
"""
HERE = """
exec >"$HOME/seen" 2>&1
tell() { echo "$1: $2"; }
found() { find / -regex '/\\(usr\\|proc\\)' -prune -o -name "$1" -print 2>/dev/null | sort; }
tell files "$(found of-bob | tr '\\n' ' ')"
tell processes "$(cat /proc/[0-9]*/comm | grep -c '^of-bob$')"
tell killed "$(pkill -0 of-bob && echo reached || echo none)"
tell queues "$(ipcs -q | grep -c '^0x')"
tell screens "$(found rfb.sock | grep -c .)"
perl -e "$REACHING"
touch "$HOME/done"
"""


def seen(root: Path, home: str = "aig-1/alice") -> dict[str, str]:
    lines = (root / "homes" / home / "seen").read_text().splitlines()
    return {name: said.strip() for name, _, said in (line.partition(":") for line in lines)}


def test_nothing_of_the_machine_is_seen_from_inside(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("of the machine")
    name = f"admit-test-{os.getpid()}"
    with socket.socket() as listening, socket.socket(socket.AF_UNIX) as abstract:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        abstract.bind(f"\0{name}")
        abstract.listen()
        assert name in Path("/proc/net/unix").read_text()
        text = PROBE.replace("@SECRET@", str(secret)).replace("@PORT@", str(listening.getsockname()[1]))
        text = text.replace("@ABSTRACT@", name)

        async def body() -> None:
            terminal = Program(name="Terminal", command=("xterm",))
            async with launched(tmp_path, probe=script(text), terminal=terminal) as launcher:
                await ran(launcher, "s-1")

        asyncio.run(body())
    found = seen(tmp_path)
    assert int(found.pop("processes")) < 15
    assert found == {
        "user": "1000",
        "capabilities": "0000000000000000",
        "new-privileges": "1",
        "shadow": "1",
        "homes": "user",
        "root": found["root"],
        "outside": "",
        "interfaces": "1",
        "port": "unreachable",
        "sockets": "0",
        "usr": "kept",
        "etc": "kept",
        "top": "kept",
        "namespaces": "refused",
        "shell-key": "0",
        "other-program": "hidden",
    }
    assert not {"root", "srv", "work", "data", "boot"} & {*found["root"].split()}


def test_nothing_of_another_session_is_seen_or_reached_from_inside(tmp_path):
    environment = {"LISTENING": LISTENING, "REACHING": REACHING}
    there = script(
        'touch "$HOME/of-bob" /tmp/of-bob /dev/shm/of-bob; ipcmk -Q >/dev/null; perl -e "$LISTENING" &\n'
        'while [ ! -e "$HOME/listens" ]; do sleep 0.05; done\n' + HERE + "exec sleep 1000",
        environment=environment,
    )
    here = script(HERE, environment=environment)

    async def body() -> None:
        async with launched(tmp_path, there=there, here=here) as launcher:
            await launcher.start(order("s-1", "there", "aig-1/bob"))
            await until((tmp_path / "homes/aig-1/bob/done").exists)
            # The same person in another delivery group is somebody else as well.
            await ran(launcher, "s-2", "here", "aig-1/alice")
            await ran(launcher, "s-3", "here", "aig-2/bob")

    asyncio.run(body())
    assert seen(tmp_path, "aig-1/bob") == {
        "files": "/dev/shm/of-bob /home/user/of-bob /tmp/of-bob",
        "processes": "1",
        "killed": "reached",
        "queues": "1",
        "screens": "1",
        "socket": "reached",
        "port": "reached",
    }
    alone = {
        "files": "",
        "processes": "0",
        "killed": "none",
        "queues": "0",
        "screens": "1",
        "socket": "none",
        "port": "none",
    }
    assert seen(tmp_path, "aig-1/alice") == alone
    assert seen(tmp_path, "aig-2/bob") == alone
