"""Whoever means harm, or is broken: the gate stays, and others do not notice."""

import asyncio
import contextlib
import os
import socket
import subprocess
import threading

import asyncssh
import pytest
from asyncssh.constants import MSG_CHANNEL_DATA
from asyncssh.packet import String

from admit.ssh.arrivals import FROM_ONE
from tests.ssh.rogue import rogue


@pytest.fixture
def others(served_office):
    """Others come in as if nothing was; asked for after the test did what it does."""

    def come() -> bool:
        return served_office.ssh(served_office.on_db_1, "echo hello").stdout == b"hello\n"

    return come


def strangers(office, count: int) -> list[socket.socket]:
    return [socket.create_connection(("127.0.0.1", office.port), timeout=20) for _ in range(count)]


def test_it_says_no_more_than_what_it_is(served_office):
    (stranger,) = strangers(served_office, 1)
    with stranger:
        assert stranger.makefile("rb").readline() == b"SSH-2.0-admit\r\n"


def test_garbage_ends_its_own_connection(served_office, others):
    for garbage in (b"\x00" * 5000, b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n" + os.urandom(5000)):
        (stranger,) = strangers(served_office, 1)
        with stranger:
            stranger.sendall(garbage)
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(65536):
                pass
    assert others()


def test_a_thousand_half_open_connections_from_one_address_are_cut_to_few(served_office):
    held = strangers(served_office, 1000)
    served = 0
    for each in held:
        try:
            served += each.recv(64) == b"SSH-2.0-admit\r\n"
        except ConnectionResetError:
            continue
    for each in held:
        each.close()
    assert served == FROM_ONE


def test_whoever_went_makes_room_for_others(served_office, others):
    for each in strangers(served_office, FROM_ONE):
        each.close()
    assert others()


def test_a_client_that_reads_nothing_holds_no_more_than_a_window(served_office, others):
    line = ["ssh", *served_office.options(), "-p", str(served_office.port)]
    before = memory_kib(served_office)
    with subprocess.Popen(
        [*line, f"{served_office.on_db_1}@127.0.0.1", "head -c 300000000 /dev/zero"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"\x00"
        assert others()
        assert memory_kib(served_office) - before < 100_000
        process.kill()
    assert others()


def memory_kib(office) -> int:
    """What the gate's process keeps in memory."""
    with open(f"/proc/{office.served.process.pid}/status") as file:  # noqa: PTH123 - a line of the kernel's
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def half_a_handshake(office, address: str) -> socket.socket:
    """Somebody who begins a key exchange, and says no more."""
    made = socket.create_connection(("127.0.0.1", office.port), timeout=20, source_address=(address, 0))
    packet = b"\x14" + bytes(16) + (1000).to_bytes(4, "big") + bytes(200)
    made.sendall(b"SSH-2.0-slow\r\n" + (1500).to_bytes(4, "big") + b"\x04" + packet)
    return made


def test_memory_of_a_thousand_half_made_handshakes_comes_back(served_office, others):
    """From many addresses at once, so that none of them is turned away for its number."""
    after: list[int] = []
    for _ in range(4):
        held = [half_a_handshake(served_office, f"127.0.7.{each % 10 + 1}") for each in range(250)]
        assert others()
        for each in held:
            each.close()
        assert others()
        after.append(memory_kib(served_office))
    # What one round took is there for the next.
    assert after[3] - after[1] < 8_000


def test_a_client_that_heeds_no_window_is_cut_off(served_office, others):
    async def flood() -> None:
        key = str(served_office.key("alice"))
        async with asyncssh.connect(
            "127.0.0.1",
            served_office.port,
            config=None,
            username=served_office.on_db_1,
            client_keys=[key],
            known_hosts=None,
            agent_path=None,
        ) as connection:
            channel, _ = await connection.create_session(asyncssh.SSHClientSession, "sleep 60", encoding=None)
            channel._send_window = 1 << 40
            before = memory_kib(served_office)
            while not channel.is_closing():
                channel.write(bytes(32_768))
                await asyncio.sleep(0)
            assert memory_kib(served_office) - before < 50_000

    asyncio.run(flood())
    assert others()


@pytest.mark.parametrize(
    "name", ["a" * 900, "alice+" + "r" * 500 + "+db-1", "+" * 900, "alice+root+" + "ü" * 400]
)
def test_names_longer_than_any_are_refused_in_a_line(served_office, name):
    ran = served_office.ssh(name, "true")
    assert ran.returncode == 255
    assert ran.stderr.count(b"\n") <= 2


def test_what_a_client_asks_for_may_be_as_long_as_it_likes(served_office, others):
    """A terminal's kind, a variable, a subsystem of a hundred kilobytes end at most their own session."""
    long = "x" * 100_000

    async def ask() -> None:
        options = {"config": None, "known_hosts": None, "agent_path": None}
        key = str(served_office.key("alice"))
        for asked in (
            {"term_type": long, "request_pty": True, "command": "true"},
            {"env": {"LANG": long}, "command": "true"},
            {"subsystem": long},
        ):
            async with asyncssh.connect(
                "127.0.0.1", served_office.port, username=served_office.on_db_1, client_keys=[key], **options
            ) as connection:
                with contextlib.suppress(asyncssh.Error):
                    channel, _ = await connection.create_session(
                        asyncssh.SSHClientSession, encoding=None, **asked
                    )
                    await channel.wait_closed()

    asyncio.run(ask())
    assert others()


def test_a_host_that_hangs_is_given_up_by_its_visitor_alone(served_office, others):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        served_office.ids["silent"] = served_office.add_host("silent", silent.getsockname()[1])
        served_office.ids["silent account"] = served_office.add_account(
            served_office.ids["silent"], served_office.target
        )
        served_office.grant("alice", "silent", "silent account")
        waiting = threading.Thread(target=lambda: served_office.ssh("alice+silent", "true", timeout=60))
        waiting.start()
        taken, _ = silent.accept()
        assert others()
        taken.close()
        waiting.join()


@contextlib.contextmanager
def shell(office, name: str):
    line = ["ssh", *office.options(), "-p", str(office.port), f"alice+{name}@127.0.0.1"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(line, **pipes) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


def test_a_host_that_floods_whatever_the_window_is_left_and_memory_comes_back(served_office, others):
    left = threading.Event()

    async def flood(process) -> None:
        channel = process.channel
        while not channel.is_closing():
            channel.send_packet(MSG_CHANNEL_DATA, String(bytes(32_768)))
            await asyncio.sleep(0)
        left.set()

    before = memory_kib(served_office)
    with rogue(served_office, "flood", flood), shell(served_office, "flood") as process:
        process.stdin.write(b"x")
        process.stdin.flush()
        # The client takes nothing, and the gate no more than it said it would.
        assert left.wait(30)
        assert others()
        _, said = process.communicate(timeout=30)
        assert (process.returncode, said) == (255, b"admit: flood broke off\n")
    assert others()
    assert memory_kib(served_office) - before < 50_000


def test_a_host_that_drops_its_sessions_is_told_of_in_a_line(served_office, others):
    async def drop(process) -> None:
        process.get_extra_info("connection")._transport.abort()

    with rogue(served_office, "drop", drop), shell(served_office, "drop") as process:
        process.stdin.write(b"x")
        process.stdin.flush()
        assert process.stderr.read() == b"admit: drop broke off\n"
        assert process.wait(20) == 255
    assert others()


def test_a_host_that_is_gone_while_a_session_begins_is_told_of_in_a_line(served_office):
    with rogue(served_office, "gone", None):
        ran = served_office.ssh("alice+gone", "-tt", "true")

    assert (ran.returncode, ran.stdout + ran.stderr) == (255, b"admit: gone broke off\r\n")


@pytest.mark.soak
def test_who_takes_longer_than_a_minute_to_sign_in_is_cut_off(served_office, others):
    slow = half_a_handshake(served_office, "127.0.7.1")
    slow.settimeout(90)
    with slow:
        while slow.recv(65_536):
            pass
    assert others()


def test_a_host_that_speaks_no_ssh_is_told_in_a_line(served_office):
    with socket.create_server(("127.0.0.1", 0)) as odd:
        served_office.ids["odd"] = served_office.add_host("odd", odd.getsockname()[1])
        account = served_office.add_account(served_office.ids["odd"], served_office.target)
        served_office.ids["odd account"] = account
        served_office.grant("alice", "odd", "odd account")

        def answer() -> None:
            with odd.accept()[0] as caller:
                caller.sendall(b"HTTP/1.0 200 OK\r\n\r\n" * 2000)

        answering = threading.Thread(target=answer)
        answering.start()
        ran = served_office.ssh("alice+odd", "true")
        answering.join()

    assert ran.returncode == 255
    assert ran.stderr.startswith(b"admit: odd (127.0.0.1:")
    assert ran.stderr.count(b"\n") == 1


def test_too_many_wrong_keys_end_the_connection(served_office, tmp_path):
    keys = []
    for number in range(12):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / str(number)], check=True
        )
        keys += ["-i", str(tmp_path / str(number))]
    ran = subprocess.run(
        [
            "ssh",
            *keys,
            *served_office.options("bob"),
            "-p",
            str(served_office.port),
            "alice@127.0.0.1",
            "true",
        ],
        capture_output=True,
        check=False,
    )

    assert b"Too many authentication failures" in ran.stderr
