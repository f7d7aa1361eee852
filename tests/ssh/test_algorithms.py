"""What the gate offers to whoever comes, as it stands in the first packet (RFC 4253 §7.1)."""

import socket

NAME_LISTS = (
    *("key exchange", "host key", "cipher in", "cipher out", "mac in", "mac out"),
    *("compression in", "compression out"),
)


def offered(port: int) -> dict[str, list[str]]:
    with socket.create_connection(("127.0.0.1", port)) as stranger, stranger.makefile("rb") as stream:
        stream.readline()
        stranger.sendall(b"SSH-2.0-test\r\n")
        packet = stream.read(int.from_bytes(stream.read(4), "big"))
    rest = packet[1 + 1 + 16 :]
    lists = {}
    for name in NAME_LISTS:
        size = int.from_bytes(rest[:4], "big")
        lists[name], rest = rest[4 : 4 + size].decode().split(","), rest[4 + size :]
    return lists


def test_only_what_nothing_is_known_against_is_offered(served_office):
    lists = offered(served_office.port)

    assert lists["key exchange"] == [
        "mlkem768x25519-sha256",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ext-info-s",
        "kex-strict-s-v00@openssh.com",
    ]
    assert lists["host key"] == ["ssh-ed25519"]
    for way in ("in", "out"):
        assert all("gcm" in each or "chacha20" in each or "ctr" in each for each in lists[f"cipher {way}"])
        assert all("sha2" in each and "etm" in each for each in lists[f"mac {way}"])
        assert lists[f"compression {way}"] == ["none"]
