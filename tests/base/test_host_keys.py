"""The host key a host shows."""

import asyncio

import pytest

from admit.base.host_keys import HostSilent, fetch_host_key
from tests.base.ssh_host import closed_port, showing_key, silent


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
def test_a_host_tells_its_key_to_who_does_not_log_on(kind: str) -> None:
    with showing_key(kind) as host:
        key = asyncio.run(fetch_host_key("127.0.0.1", host.port))
    assert (key.kind, key.fingerprint) == (kind, host.fingerprint)


def test_a_host_that_says_nothing_is_not_waited_for() -> None:
    with silent() as host, pytest.raises(HostSilent, match=r"no answer within 0\.05 seconds"):
        asyncio.run(fetch_host_key("127.0.0.1", host.port, patience_s=0.05))


def test_a_host_that_is_not_there_is_told_so() -> None:
    with pytest.raises(HostSilent, match="cannot be reached"):
        asyncio.run(fetch_host_key("127.0.0.1", closed_port()))
