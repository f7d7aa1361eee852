"""SFTP as it passes: judged request by request, told file by file, whatever pieces it comes in."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.core.restrictions import Channel
from admit.core.transfers import Transfer
from admit.ssh import sftp_packets as kinds
from admit.ssh.sftp import HostSide, SftpGuard, Ways

SHUT = {
    Channel.UPLOAD: "no uploading",
    Channel.DOWNLOAD: "no downloading",
    Channel.REMOVE: "no removing",
    Channel.RENAME: "no renaming",
    Channel.MKDIR: "no making of directories",
    Channel.RMDIR: "no removing of directories",
}


def number(value: int, size: int = 4) -> bytes:
    return value.to_bytes(size, "big")


def text(value: bytes) -> bytes:
    return number(len(value)) + value


def packet(kind: int, *parts: bytes) -> bytes:
    body = bytes((kind,)) + b"".join(parts)
    return number(len(body)) + body


def opening(id_: int, path: bytes, flags: int) -> bytes:
    return packet(kinds.OPEN, number(id_), text(path), number(flags), number(0))


def writing(id_: int, handle: bytes, content: bytes) -> bytes:
    return packet(kinds.WRITE, number(id_), text(handle), number(0, 8), text(content))


def extended(name: bytes, *parts: bytes) -> bytes:
    return packet(kinds.EXTENDED, number(7), text(name), *parts)


def status(id_: int, code: int) -> bytes:
    return packet(kinds.STATUS, number(id_), number(code), text(b"so"), text(b""))


@dataclass
class Passed:
    """What came out at either end."""

    shut: dict[Channel, str] = field(default_factory=dict)
    host: bytes = b""
    client: bytes = b""
    told: list[Transfer] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.guard = SftpGuard(
            lambda: self.shut, Ways(self._host, self._client, self.told.append, self.broken.append)
        )
        self.answers = HostSide(self.guard)

    def _host(self, octets: bytes) -> None:
        self.host += octets

    def _client(self, octets: bytes) -> None:
        self.client += octets


REQUESTS = {
    Channel.UPLOAD: opening(0, b"/a", 0x1A),
    Channel.DOWNLOAD: opening(1, b"/a", 0x01),
    Channel.REMOVE: packet(kinds.REMOVE, number(2), text(b"/a")),
    Channel.RENAME: packet(kinds.RENAME, number(3), text(b"/a"), text(b"/b")),
    Channel.MKDIR: packet(kinds.MKDIR, number(4), text(b"/a"), number(0)),
    Channel.RMDIR: packet(kinds.RMDIR, number(5), text(b"/a")),
}


@pytest.mark.parametrize("channel", REQUESTS)
def test_what_is_shut_is_refused_alone_and_the_host_does_not_hear_of_it(channel):
    passed = Passed({channel: SHUT[channel]})
    for each in REQUESTS.values():
        passed.guard.typed(each)
    assert passed.host == b"".join(each for name, each in REQUESTS.items() if name is not channel)
    assert passed.client == kinds.refusal(list(REQUESTS).index(channel), SHUT[channel])
    (told,) = passed.told
    assert (told.path, told.outcome, told.reason) == ("/a", "refused", SHUT[channel])


@pytest.mark.parametrize(
    ("request_", "channel"),
    [
        (extended(b"posix-rename@openssh.com", text(b"/a"), text(b"/b")), Channel.RENAME),
        (extended(b"hardlink@openssh.com", text(b"/a"), text(b"/b")), Channel.UPLOAD),
        (packet(kinds.SYMLINK, number(7), text(b"/a"), text(b"/b")), Channel.UPLOAD),
        (packet(kinds.SETSTAT, number(7), text(b"/a"), number(1), number(0, 8)), Channel.UPLOAD),
        (extended(b"tomorrow@example.com"), Channel.RMDIR),
        (opening(7, b"/a", 0x03), Channel.DOWNLOAD),
        (opening(7, b"/a", 0x03), Channel.UPLOAD),
    ],
)
def test_other_ways_to_do_what_is_shut_are_shut_too(request_, channel):
    passed = Passed({channel: SHUT[channel]})
    passed.guard.typed(request_)
    assert (passed.host, passed.client) == (b"", kinds.refusal(7, SHUT[channel]))


def test_a_newer_protocol_is_not_spoken():
    passed = Passed()
    passed.guard.typed(packet(kinds.INIT, number(6)))
    assert passed.host == packet(kinds.INIT, number(3))


REQUESTED = b"".join(
    (
        packet(kinds.INIT, number(3)),
        opening(1, b"/up", 0x1A),
        opening(2, b"/down", 0x01),
        packet(kinds.REMOVE, number(3), text(b"/gone")),
        writing(4, b"u", b"w" * 700),
        writing(5, b"u", b"w" * 10),
        packet(kinds.READ, number(6), text(b"d"), number(0, 8), number(999)),
        packet(kinds.CLOSE, number(7), text(b"u")),
    )
)
ANSWERED = b"".join(
    (
        packet(2, number(3), text(b"extension"), text(b"1")),
        packet(kinds.HANDLE, number(1), text(b"u")),
        packet(kinds.HANDLE, number(2), text(b"d")),
        status(3, 2),
    )
)
READ = packet(kinds.DATA, number(6), text(b"r" * 300))


@given(st.lists(st.integers(1, 400)), st.lists(st.integers(1, 60)))
def test_all_passes_as_it_came_and_is_told_whatever_pieces_it_comes_in(sizes, answer_sizes):
    passed = Passed({Channel.RMDIR: "no"})
    # The handles are known before they are used, as with any client.
    opened = REQUESTED.index(writing(4, b"u", b"w" * 700))
    feed(passed.guard.typed, REQUESTED[:opened], sizes)
    feed(passed.answers.typed, ANSWERED, answer_sizes)
    feed(passed.guard.typed, REQUESTED[opened:], sizes)
    feed(passed.answers.typed, READ, answer_sizes)
    passed.guard.close()
    assert (passed.host, passed.client) == (REQUESTED, ANSWERED + READ)
    assert passed.told == [
        Transfer("remove", "/gone", "failed", "the host refused it"),
        Transfer("put", "/up", size=710),
        Transfer("get", "/down", "failed", "it was cut off", size=300),
    ]


@given(st.lists(st.integers(1, 30)), st.integers(0, len(ANSWERED)))
def test_a_refusal_comes_between_two_answers_and_never_inside_one(sizes, already):
    passed = Passed({Channel.REMOVE: "no"})
    feed(passed.answers.typed, ANSWERED[:already], sizes)
    passed.guard.typed(packet(kinds.REMOVE, number(9), text(b"/x")))
    feed(passed.answers.typed, ANSWERED[already:], sizes)
    refused = kinds.refusal(9, "no")
    assert passed.client.replace(refused, b"") == ANSWERED
    rest = passed.client
    found = []
    while rest:
        size = 4 + int.from_bytes(rest[:4], "big")
        found.append(rest[:size])
        rest = rest[size:]
    assert refused in found


def feed(take, octets, sizes):
    at = 0
    for size in (*sizes, len(octets)):
        take(octets[at : at + size])
        at += size


@pytest.mark.parametrize(
    "garbage", [b"\x00\x00\x00\x00\x03", b"\xff\xff\xff\xff\x0d", packet(kinds.REMOVE, number(1), number(99))]
)
def test_what_is_no_sftp_ends_the_session_in_a_line(garbage):
    passed = Passed()
    passed.guard.typed(garbage)
    assert passed.host == b""
    assert passed.broken


def test_a_host_that_speaks_no_sftp_ends_the_session_in_a_line():
    passed = Passed()
    passed.answers.typed(b"\x00\x00\x00\x00 banner")
    assert passed.broken


REALPATH, NAME = 16, 104
READING = packet(kinds.READ, number(2), text(b"h"), number(0, 8), number(9))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Its answer would be taken for one to a part of the other file, and the opening never be told.
        (opening(2, b"/secret", 0x01), READING),
        (opening(2, b"/secret", 0x01), opening(2, b"/harmless", 0x01)),
        # An answer to this would be taken for the refusal of what follows.
        (packet(REALPATH, number(2), text(b".")), opening(2, b"/secret", 0x01)),
        (READING.replace(b"h", b"x"), opening(2, b"/secret", 0x01)),
    ],
)
def test_no_two_requests_that_wait_have_one_number(before, after):
    passed = Passed()
    passed.guard.typed(opening(1, b"/harmless", 0x01))
    passed.answers.typed(packet(kinds.HANDLE, number(1), text(b"h")))
    passed.guard.typed(before)
    reached = passed.host
    passed.guard.typed(after)
    assert (passed.host, passed.broken) == (reached, ["this is no SFTP: two requests of one number"])


def test_a_number_is_free_again_once_it_was_answered():
    passed = Passed()
    for _ in range(2):
        passed.guard.typed(packet(REALPATH, number(2), text(b".")))
        passed.answers.typed(packet(NAME, number(2), number(0)))
    assert passed.broken == []
