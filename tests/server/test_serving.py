"""A real server process: what it answers, what it refuses, and how it ends."""

import json
import signal
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest

from admit.control.founding import Founded
from admit.main import create
from admit.server import GRACE_S
from admit.server.protocol import HEAD_LIMIT
from admit.settings import Settings
from admit.web import BODY_LIMIT
from tests.served import Caller, Served, ran, serving
from tests.system import flat

PRODUCT = "yundun-bastionhost"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Founded]:
    directory = tmp_path_factory.mktemp("serving") / "data"
    return directory, create(Settings(data=directory))


@pytest.fixture(scope="module")
def served(made: tuple[Path, Founded]) -> Iterator[Served]:
    with serving(made[0], "--https", "127.0.0.1:0") as server:
        yield server


def get(served: Served, path: str) -> tuple[int, bytes, dict[str, str]]:
    connection = HTTPConnection(served.urls["http"], timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    found = response.status, response.read(), dict(response.getheaders())
    connection.close()
    return found


def opened(served: Served) -> socket.socket:
    host, port = served.urls["http"].split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def head_of(made: tuple[Path, Founded], served: Served, **more: str) -> tuple[bytes, bytes]:
    """Head and body of a signed call."""
    caller = Caller(served.urls["http"], made[1])
    target, headers, body = caller.signed(PRODUCT, "DescribeInstances", flat({}))
    lines = [f"{name}: {value}" for name, value in {**headers, **more}.items()]
    return "\r\n".join([f"POST {target} HTTP/1.1", *lines, "", ""]).encode(), body


def test_it_says_that_it_lives_is_ready_and_what_it_measured(made, served):
    caller = Caller(served.urls["http"], made[1])
    caller.call(PRODUCT, "DescribeInstances")
    caller.connection.close()

    assert get(served, "/healthz")[:2] == (200, b"ok")
    assert json.loads(get(served, "/readyz")[1]) == {"ready": True}
    status, text, headers = get(served, "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    assert (
        b'admit_rpc_seconds_count{action="DescribeInstances",code="OK",service="yundun-bastionhost"}' in text
    )
    assert b"admit_revision " in text


def test_it_does_not_say_what_it_is_made_of(served):
    assert "server" not in get(served, "/healthz")[2]


def test_https_is_served_by_the_authority_of_the_data_directory(made, served):
    trusting = ssl.create_default_context(cafile=made[0] / "tls/ca.crt")
    connection = HTTPSConnection("localhost", int(served.urls["https"].split(":")[1]), context=trusting)
    connection.request("GET", "/readyz")

    assert connection.getresponse().status == 200
    connection.close()


def test_one_connection_carries_many_calls(made, served):
    caller = Caller(served.urls["http"], made[1])
    answers = [caller.call(PRODUCT, "DescribeInstances")["RequestId"] for _ in range(3)]
    sent_from = caller.connection.sock.getsockname()
    caller.call(PRODUCT, "DescribeInstances")

    assert len(set(answers)) == 3
    assert caller.connection.sock.getsockname() == sent_from
    caller.connection.close()


PAGE = b"GET /healthz HTTP/1.1\r\nhost: x\r\n"


def test_requests_that_come_together_are_answered_in_their_order(served):
    with opened(served) as connection:
        head_only = PAGE.replace(b"GET", b"HEAD")
        connection.sendall(head_only + b"\r\n" + PAGE + b"\r\n" + PAGE + b"connection: close\r\n\r\n")
        answered = b""
        while more := connection.recv(4096):
            answered += more

    answers = [each.partition(b"\r\n\r\n") for each in answered.split(b"HTTP/1.1 ")[1:]]
    assert [(head[:3], body) for head, _, body in answers] == [
        (b"200", b""),
        (b"200", b"ok"),
        (b"200", b"ok"),
    ]


def test_a_body_in_chunks_is_read_like_any_other(made, served):
    caller = Caller(served.urls["http"], made[1])
    target, headers, body = caller.signed(PRODUCT, "ListUserGroups", flat({"InstanceId": "bastionhost-none"}))
    connection = caller.connection
    connection.request("POST", target, iter([body[:7], body[7:]]), headers, encode_chunked=True)

    # Signed right, so that it is refused only for what it asks.
    assert json.loads(connection.getresponse().read())["Code"] not in (
        "SignatureDoesNotMatch",
        "MissingAction",
    )
    connection.close()


def test_who_waits_before_sending_the_body_is_told_to_continue(made, served):
    head, body = head_of(made, served, expect="100-continue", **{"content-length": "0"})
    head = head.replace(b"content-length: 0", b"content-length: %d" % len(body or b"x"))
    with opened(served) as connection:
        connection.sendall(head)
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body or b"x")
        assert connection.recv(1000).startswith(b"HTTP/1.1 ")


def test_a_body_announced_too_large_is_refused_before_it_is_sent(served):
    with opened(served) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: %d\r\n\r\n"
            % (BODY_LIMIT + 1)
        )

        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("chunked", [True, False])
def test_ten_megabytes_are_refused_in_an_answer_that_arrives(served, chunked):
    connection = HTTPConnection(served.urls["http"], timeout=30)
    megabyte = bytes(1024 * 1024)
    headers = {} if chunked else {"content-length": str(10 * len(megabyte))}
    connection.request("POST", "/", iter([megabyte] * 10), headers, encode_chunked=chunked)
    response = connection.getresponse()

    assert response.status == 413
    assert json.loads(response.read())["Code"] == "RequestEntityTooLarge"
    connection.close()


def test_a_head_without_end_is_refused(served):
    with opened(served) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nx: ")
        answer = b""
        try:
            # More than a server may take up in one piece.
            for _ in range(64):
                connection.sendall(b"x" * HEAD_LIMIT)
            answer = connection.recv(1000)
        except ConnectionError:
            pass
        assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")


def test_what_is_no_http_is_refused(served):
    with opened(served) as connection:
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_finishes_what_is_under_way_and_ends_well(made, number, tmp_path):
    directory = tmp_path / "data"
    founded = create(Settings(data=directory))
    with serving(directory) as server, opened(server) as connection, opened(server) as idle:
        head, _ = head_of((directory, founded), server, expect="100-continue", **{"content-length": "1"})
        connection.sendall(head)
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")

        server.process.send_signal(number)
        # It has heard the signal once it takes no more connections, and drops those that ask nothing.
        assert idle.recv(1000) == b""
        with pytest.raises(ConnectionRefusedError):
            opened(server)
        connection.sendall(b"x")

        answer = b"".join(iter(lambda: connection.recv(10_000), b""))
        assert b'"RequestId"' in answer
        assert b"connection: close" in answer
        assert server.process.wait() == 0
    assert not list(directory.glob("*-wal"))


def test_idle_clients_do_not_hold_up_the_end(made, tmp_path):
    directory = tmp_path / "data"
    create(Settings(data=directory))
    trusting = ssl.create_default_context(cafile=directory / "tls/ca.crt")
    with serving(directory, "--https", "127.0.0.1:0") as server:
        connection = HTTPSConnection("localhost", int(server.urls["https"].split(":")[1]), context=trusting)
        connection.request("GET", "/readyz")
        assert connection.getresponse().read() == b'{"ready":true}'

        server.process.terminate()
        assert server.process.wait(timeout=GRACE_S / 2) == 0
        connection.close()


def test_a_port_that_is_taken_is_told_and_nothing_is_served(made, served):
    taken = served.urls["http"]
    refused = ran("serve", "--data", str(made[0].parent / "other"), "--http", taken, "--https", "")
    assert (refused.returncode, "There is no data directory" in refused.stderr) == (3, True)

    create(Settings(data=made[0].parent / "other"))
    refused = ran("serve", "--data", str(made[0].parent / "other"), "--http", taken, "--https", "")
    assert refused.returncode == 3
    assert f"Cannot listen at {taken}: Address already in use." in refused.stderr
    assert refused.stdout == ""


def test_a_data_directory_is_served_by_one_process_at_a_time(made, served):
    refused = ran("serve", "--data", str(made[0]), "--http", "127.0.0.1:0", "--https", "")

    assert refused.returncode == 4
    assert "in use by another `admit serve`" in refused.stderr


def test_nowhere_to_serve_and_wrong_settings_are_usage_errors(made):
    nowhere = ran("serve", "--data", str(made[0]), "--http", "", "--https", "")
    wrong = ran("serve", "--data", str(made[0]), "--http", "here", ADMIT_REGOIN="eu-one")

    assert (nowhere.returncode, wrong.returncode) == (2, 2)
    assert "nowhere to serve" in nowhere.stderr
    assert "Is it region?" in wrong.stderr
    assert "Expected: host:port" in wrong.stderr
