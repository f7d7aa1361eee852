"""What ssh-audit, which collects what is known against algorithms, says of the gate."""

import json
import subprocess
import sys

import pytest

KNOWN = {
    # The hybrid exchange goes before them; clients older than OpenSSH 9.9 know no other that is good.
    "curve25519-sha256": ["does not provide protection against post-quantum attacks"],
    "curve25519-sha256@libssh.org": ["does not provide protection against post-quantum attacks"],
}
"""What it has against algorithms that are offered all the same, each with the reason."""


@pytest.fixture(scope="module")
def audited(served_office):
    # Its test of the rate counts connections, and knows nothing of what each costs the gate.
    line = [sys.executable, "-m", "ssh_audit", "-j", "--skip-rate-test"]
    ran = subprocess.run(
        [*line, "-p", str(served_office.port), "127.0.0.1"],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    return json.loads(ran.stdout)


def notes(audited, level):
    """What it says of each algorithm at a level, if anything."""
    offered = (each for kind in ("kex", "key", "enc", "mac") for each in audited[kind])
    return {each["algorithm"]: each["notes"][level] for each in offered if level in each["notes"]}


def test_nothing_that_is_offered_fails(audited):
    assert notes(audited, "fail") == {}
    assert audited["cves"] == []
    assert audited["recommendations"] == {}


def test_what_it_warns_of_is_known_and_has_its_reason(audited):
    assert notes(audited, "warn") == KNOWN


def test_key_exchange_is_strict(audited):
    assert "kex-strict-s-v00@openssh.com" in {each["algorithm"] for each in audited["kex"]}


def test_it_names_no_program_and_no_version(audited):
    assert audited["banner"]["raw"] == "SSH-2.0-admit"
