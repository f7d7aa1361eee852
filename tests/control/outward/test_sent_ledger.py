"""The ledger at a SIEM: every entry once it was taken, in order, over whatever it listens to."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from admit.base.authority import AuthorityFiles, create_authority
from admit.base.clock import SystemClock
from admit.base.syslog import SyslogServer
from admit.control import things
from admit.control.outward.sent_ledger import FIRST_PAUSE, LedgerSender
from tests.control.live.watched import Place
from tests.system import System

FORM = re.compile(
    rb"<109>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 [!-~]{1,255} admit - [A-Za-z]{1,32} - "
    rb"\xef\xbb\xbf(\{.*\})",
    re.DOTALL,
)
"""RFC 5424, section 6."""


def read(message: bytes) -> dict[str, Any]:
    """What a message says."""
    found = FORM.fullmatch(message)
    assert found is not None, message
    told: dict[str, Any] = msgspec.json.decode(found[1])
    return told


class Siem:
    """A server that takes connections until it is closed, and keeps what came over each to its end."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, breaks_off: bool = False) -> None:
        self.messages: list[bytes] = []
        self._tls = tls
        self._breaks_off = breaks_off
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        if self._breaks_off:
            connection.recv(10)
            # What is not read makes the close a reset.
            return
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        got = b"".join(iter(lambda: connection.recv(4096), b""))
        while got:
            size, _, rest = got.partition(b" ")
            self.messages.append(rest[: int(size)])
            got = rest[int(size) :]
        if isinstance(connection, ssl.SSLSocket):
            connection.unwrap().close()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()


@contextmanager
def siem(tls: ssl.SSLContext | None = None, *, breaks_off: bool = False) -> Iterator[Siem]:
    found = Siem(tls, breaks_off=breaks_off)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def place(system: System) -> Place:
    return Place(system)


def sender(place: Place, url: str, ca_file: Path | None = None) -> LedgerSender:
    store = place.system.admit.store
    return LedgerSender(store, SyslogServer(url, None if ca_file is None else str(ca_file)))


def change(place: Place, word: str) -> int:
    """Something changes; the revision it has."""
    place.write(lambda tx: things.block(tx, place.things["dba"], word))
    return place.system.revision()


def sent(place: Place, url: str) -> None:
    """Send all there is."""
    while sender(place, url).send_next():
        pass


def test_what_comes_after_the_first_run_is_sent_in_order_and_a_new_run_goes_on_from_there(
    place: Place,
) -> None:
    with siem() as taking:
        url = f"tcp://127.0.0.1:{taking.port}"
        sent(place, url)
        first = [change(place, "one"), change(place, "two")]
        sent(place, url)
        then = change(place, "three")
        sent(place, url)
    told = [read(each) for each in taking.messages]
    assert [(each["revision"], each["ordinal"]) for each in told] == [(n, 0) for n in (*first, then)]
    assert [each["fact"]["word"] for each in told] == ["one", "two", "three"]
    assert {each["event"] for each in told} == {"ThingBlocked"}
    assert all(re.fullmatch("[0-9a-f]{64}", each["hash"]) for each in told)


def test_what_was_not_taken_is_sent_again_after_a_pause(place: Place) -> None:
    with siem(breaks_off=True) as broken:
        url = f"tcp://127.0.0.1:{broken.port}"
        sent(place, url)
        revision = change(place, "one")
        sent(place, url)
        with siem() as taking:
            url = f"tcp://127.0.0.1:{taking.port}"
            sent(place, url)
            assert taking.messages == []
            place.system.advance(FIRST_PAUSE)
            sent(place, url)
    assert [read(each)["revision"] for each in taking.messages] == [revision]


def test_a_server_that_is_away_is_tried_less_and_less_often(place: Place) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        sent(place, url)
        revision = change(place, "one")
        sent(place, url)
        place.system.advance(FIRST_PAUSE)
        sent(place, url)
        place.system.advance(FIRST_PAUSE)
    with siem() as taking:
        url = f"tcp://127.0.0.1:{taking.port}"
        sent(place, url)
        assert taking.messages == []
        place.system.advance(FIRST_PAUSE)
        sent(place, url)
    assert [read(each)["revision"] for each in taking.messages] == [revision]


def test_over_tls_the_server_must_be_who_it_says(place: Place, tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    for each in (own, other):
        each.mkdir()
        create_authority(each, ("siem.example.com",), SystemClock().now())
    files = AuthorityFiles(own)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server_certificate, files.server_key)
    with siem(context) as taking:
        url = f"tls://localhost:{taking.port}"
        trusting = sender(place, url, files.authority_certificate)
        assert not trusting.send_next()
        change(place, "one")
        assert trusting.send_next()
        assert [read(each)["fact"]["word"] for each in taking.messages] == ["one"]
    with siem(breaks_off=True) as stranger:
        change(place, "two")
        url = f"tls://localhost:{stranger.port}"
        assert not sender(place, url, AuthorityFiles(other).authority_certificate).send_next()


@pytest.mark.parametrize("kind", ["udp", "unix"])
def test_datagrams_hold_a_message_each(place: Place, tmp_path: Path, kind: str) -> None:
    family = socket.AF_INET if kind == "udp" else socket.AF_UNIX
    with socket.socket(family, socket.SOCK_DGRAM) as taking:
        taking.bind(("127.0.0.1", 0) if kind == "udp" else str(tmp_path / "log"))
        url = f"udp://127.0.0.1:{taking.getsockname()[1]}" if kind == "udp" else f"unix://{tmp_path / 'log'}"
        sent(place, url)
        change(place, "one")
        change(place, "two")
        sent(place, url)
        assert [read(taking.recv(65_535))["fact"]["word"] for _ in range(2)] == ["one", "two"]


def test_a_unix_socket_that_is_not_there_is_waited_for(place: Place, tmp_path: Path) -> None:
    url = f"unix://{tmp_path / 'log'}"
    sent(place, url)
    change(place, "one")
    sent(place, url)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as taking:
        taking.bind(str(tmp_path / "log"))
        place.system.advance(FIRST_PAUSE)
        sent(place, url)
        assert read(taking.recv(65_535))["fact"]["word"] == "one"
