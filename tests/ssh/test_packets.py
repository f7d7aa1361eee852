"""The short way of packets, walked by a real client: every cipher, new keys under way, changed bytes."""

import asyncio
import hashlib
import os
import re
import subprocess

import pytest

from admit.ssh.algorithms import CIPHERS

MB = 1024 * 1024


@pytest.mark.parametrize("cipher", CIPHERS)
def test_what_goes_there_comes_back_while_keys_are_changed(served_office, cipher):
    sent = os.urandom(2 * MB)
    options = ["-c", cipher, "-o", "RekeyLimit=256K"]
    line = ["ssh", *options, *served_office.options(), "-p", str(served_office.port)]
    ran = subprocess.run(
        [*line, f"{served_office.on_db_1}@127.0.0.1", "cat"],
        input=sent,
        capture_output=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert hashlib.sha256(ran.stdout).digest() == hashlib.sha256(sent).digest()


@pytest.mark.parametrize("cipher", ["aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"])
def test_a_byte_that_was_changed_on_the_way_ends_the_connection(served_office, cipher):
    """Somebody in between turns a bit of what the client sends, once the shell is there."""
    options = ["-v", "-c", cipher]

    async def meddled() -> tuple[bytes, bytes]:
        changing = asyncio.Event()

        async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            gate_reader, gate_writer = await asyncio.open_connection("127.0.0.1", served_office.port)

            async def pass_on(come: asyncio.StreamReader, go: asyncio.StreamWriter, *, change: bool) -> None:
                while part := await come.read(65536):
                    changed = change and changing.is_set()
                    go.write(part[:-1] + bytes([part[-1] ^ 1]) if changed else part)
                go.close()

            await asyncio.gather(
                pass_on(reader, gate_writer, change=True), pass_on(gate_reader, writer, change=False)
            )

        server = await asyncio.start_server(between, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = await asyncio.create_subprocess_exec(
            *("ssh", *served_office.options(), *options, "-o", "LogLevel=DEBUG", "-p", str(port)),
            *(f"{served_office.on_db_1}@127.0.0.1", "cat"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(b"whole\n")
        assert await client.stdout.readline() == b"whole\n"
        changing.set()
        out, err = await client.communicate(b"changed\n")
        server.close()
        return out, err

    out, err = asyncio.run(meddled())
    assert out == b""
    assert re.search(rb"MAC verification failed|Connection reset|Connection closed|Disconnected", err), err


def test_others_speak_on_while_one_connection_is_ended(served_office):
    assert served_office.ssh(served_office.on_db_1, "echo hello").stdout == b"hello\n"
