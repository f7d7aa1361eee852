"""Whoever means harm, or is broken: the gate stays, and others do not notice."""

import os
import socket
import subprocess
import threading

import pytest

from admit.ssh.arrivals import FROM_ONE


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
    status = f"/proc/{served_office.served.process.pid}/status"

    def memory_kib() -> int:
        with open(status) as file:  # noqa: PTH123 - a line of the kernel's
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    line = ["ssh", *served_office.options(), "-p", str(served_office.port)]
    before = memory_kib()
    with subprocess.Popen(
        [*line, f"{served_office.on_db_1}@127.0.0.1", "head -c 300000000 /dev/zero"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"\x00"
        assert others()
        assert memory_kib() - before < 100_000
        process.kill()
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
