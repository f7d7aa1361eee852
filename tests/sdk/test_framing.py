"""How requests are framed in HTTP."""

from http.client import HTTPResponse
from urllib.parse import urlencode

import pytest

from tests.sdk.server import Server
from tests.sdk.wire import FORM, Wire, read, target

NAMED = {"UserName": "nobody at all"}
INVALID = (400, "InvalidParameter.UserName.InvalidChars")
"""What a call that arrived whole is refused for."""


@pytest.fixture
def wire(server: Server):
    wire = Wire(server, server.key)
    yield wire
    wire.connection.close()


def test_a_signed_body_arrives_in_chunks(wire: Wire):
    body = urlencode(NAMED).encode()
    parts = iter([body[:5], body[5:7], body[7:]])
    answer = wire.send("POST", "/", parts, wire.acs3("ram", "GetUser", body=body), encode_chunked=True)

    assert answer.refused == INVALID


def test_who_expects_to_be_told_to_continue_is_told(wire: Wire):
    body = urlencode(wire.v1("ram", "GetUser", **NAMED)).encode()
    lines = ["POST / HTTP/1.1", f"host: {wire.host}", "expect: 100-continue", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in FORM.items()]
    with wire.opened() as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        response = HTTPResponse(connection)
        response.begin()
        answer = read(response)

    assert answer.refused == INVALID


def test_one_connection_carries_calls_and_errors_of_all_kinds(wire: Wire):
    wire.connection.connect()
    opened_as = wire.connection.sock.getsockname()
    body = urlencode(NAMED).encode()
    calls = [
        lambda: wire.get("sts", "GetCallerIdentity"),
        lambda: wire.post("ram", "GetUser", **NAMED),
        lambda: wire.send("POST", "/", body, wire.acs3("ram", "GetUser", body=body)),
        lambda: wire.send("HEAD"),
        lambda: wire.send("PUT", "/", b"what is not read"),
        lambda: wire.send("GET"),
        lambda: wire.post("sts", "GetCallerIdentity"),
    ]

    assert [call().status for call in calls] == [200, 400, 400, 405, 405, 400, 200]
    assert wire.connection.sock.getsockname() == opened_as


def test_calls_sent_in_one_piece_are_answered_in_their_order(wire: Wire):
    several = [
        f"GET {target(wire.v1('ram', 'GetUser', 'GET', UserName=name))} HTTP/1.1\r\nhost: {wire.host}\r\n\r\n"
        for name in ("first.one", "second.one", "third.one")
    ]
    answers = b""
    with wire.opened() as connection:
        connection.sendall("".join(several).encode())
        while answers.count(b'"Recommend"') < len(several):
            part = connection.recv(10_000)
            assert part, answers
            answers += part

    places = [answers.index(name) for name in (b"first.one", b"second.one", b"third.one")]
    assert places == sorted(places)


def test_head_is_answered_without_a_body(wire: Wire):
    answer = wire.send("HEAD", target(wire.v1("sts", "GetCallerIdentity", "HEAD")))

    assert (answer.status, answer.body) == (405, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(wire: Wire, method: str):
    answer = wire.send(method, target(wire.v1("sts", "GetCallerIdentity", method)))

    assert answer.refused == (405, "UnsupportedHTTPMethod")


def test_a_body_that_is_too_large_is_refused_while_it_is_being_sent(wire: Wire):
    answer = wire.send("POST", "/", b"x" * 10_000_000, FORM)

    assert answer.refused == (413, "RequestEntityTooLarge")


def test_every_answer_bears_one_request_id_and_its_length(wire: Wire):
    answers = [
        wire.get("sts", "GetCallerIdentity"),
        wire.get("ram", "GetUser"),
        wire.send("GET"),
        wire.send("PUT"),
        wire.send("GET", "/?%zz=1"),
        wire.send("POST", "/", b"x" * 3_000_000, FORM),
    ]

    for answer in answers:
        assert answer.headers["x-acs-request-id"] == answer.json["RequestId"]
        assert answer.headers["content-type"] == "application/json;charset=utf-8"
        assert int(answer.headers["content-length"]) == len(answer.body)
    assert len({answer.json["RequestId"] for answer in answers}) == len(answers)
