"""The SSH user authority, by what OpenSSH itself reads of its certificates."""

import getpass
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.base.sealing import Sealer, create_key_file
from admit.base.ssh_authority import LONGEST, IssuedKey, SshAuthority, Wanted
from admit.core.validity import MINUTE

Ssh: TypeAlias = Callable[[IssuedKey], subprocess.CompletedProcess[str]]

NOW = 1_780_000_000_000


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    create_key_file(path, Chance.seeded(1).fill)
    return path


def _authority(key_file: Path) -> SshAuthority:
    return SshAuthority(Sealer.from_file(key_file, Chance.seeded(2).fill))


def _read(certificate: bytes, tmp_path: Path) -> list[str]:
    path = tmp_path / "key-cert.pub"
    path.write_bytes(certificate)
    command = ["ssh-keygen", "-L", "-f", str(path)]
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"}
    )
    return [" ".join(line.split()) for line in told.stdout.splitlines()]


def test_openssh_reads_a_certificate_for_one_account_and_a_few_minutes(
    key_file: Path, tmp_path: Path
) -> None:
    authority = _authority(key_file)
    issued = authority.issue(Wanted("root", "admit alice", NOW + 60 * MINUTE), Chance.seeded(3), NOW)
    told = _read(issued.certificate, tmp_path)
    assert "Type: ssh-ed25519-cert-v01@openssh.com user certificate" in told
    assert 'Key ID: "admit alice"' in told
    assert f"Serial: {issued.serial}" in told
    assert "Valid: from 2026-05-28T20:25:40 to 2026-05-28T20:31:40" in told
    principals, options, extensions = (
        told.index(word) for word in ("Principals:", "Critical Options: (none)", "Extensions:")
    )
    assert told[principals + 1 : options] == ["root"]
    assert told[extensions + 1 :] == ["permit-port-forwarding", "permit-pty"]


def test_a_certificate_never_outlives_the_permit(key_file: Path, tmp_path: Path) -> None:
    ends_at = NOW + MINUTE + 999
    issued = _authority(key_file).issue(Wanted("root", "admit alice", ends_at), Chance.seeded(3), NOW)
    assert "Valid: from 2026-05-28T20:25:40 to 2026-05-28T20:27:40" in _read(issued.certificate, tmp_path)


def test_every_process_with_the_key_file_is_the_same_authority(key_file: Path) -> None:
    first = _authority(key_file)
    key_file.write_text(key_file.read_text() + "ab" * 32 + "\n")
    assert _authority(key_file).public_key() == first.public_key()


def test_another_key_file_is_another_authority(key_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    create_key_file(other, Chance.seeded(9).fill)
    assert _authority(key_file).public_key() != _authority(other).public_key()


def test_no_text_form_shows_the_private_key(key_file: Path) -> None:
    issued = _authority(key_file).issue(Wanted("root", "alice", NOW + LONGEST), Chance.seeded(3), NOW)
    assert "PRIVATE" not in repr(issued)


@pytest.fixture
def ssh(key_file: Path, tmp_path: Path) -> Ssh:
    """Runs OpenSSH's client against OpenSSH's server, which trusts the authority of the key file."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-f", str(tmp_path / "host")], check=True)
    (tmp_path / "authority.pub").write_text(_authority(key_file).public_key())
    (tmp_path / "sshd_config").write_text(
        f"HostKey {tmp_path}/host\nTrustedUserCAKeys {tmp_path}/authority.pub\n"
        "AuthorizedKeysFile none\nUsePAM no\nStrictModes no\nPidFile none\nPermitRootLogin yes\n"
        f"SetEnv HOME={tmp_path}\n"  # a shell that starts there reads nobody's start-up files
    )

    def run(issued: IssuedKey) -> subprocess.CompletedProcess[str]:
        key = tmp_path / "key"
        key.touch(mode=0o600)
        key.write_bytes(issued.private_key)
        (tmp_path / "key-cert.pub").write_bytes(issued.certificate)
        proxy = f"ProxyCommand=/usr/sbin/sshd -i -f {tmp_path}/sshd_config"
        options = [proxy, "BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=no"]
        options += ["UserKnownHostsFile=/dev/null", f"IdentityFile={key}", "LogLevel=ERROR"]
        flags = [word for option in options for word in ("-o", option)]
        command = ["ssh", "-F", "none", *flags, f"{getpass.getuser()}@host", "echo in"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


def _issued(key_file: Path, principal: str) -> IssuedKey:
    now = SystemClock().now()
    return _authority(key_file).issue(Wanted(principal, "admit alice", now + LONGEST), Chance(), now)


def test_openssh_lets_into_the_account_the_certificate_names(key_file: Path, ssh: Ssh) -> None:
    result = ssh(_issued(key_file, getpass.getuser()))
    assert (result.returncode, result.stdout, result.stderr) == (0, "in\n", "")


def test_openssh_lets_into_no_other_account(key_file: Path, ssh: Ssh) -> None:
    assert "Permission denied" in ssh(_issued(key_file, "somebody-else")).stderr


def test_openssh_trusts_no_other_authority(tmp_path: Path, ssh: Ssh) -> None:
    other = tmp_path / "other"
    create_key_file(other, Chance.seeded(9).fill)
    assert "Permission denied" in ssh(_issued(other, getpass.getuser())).stderr
