"""The SSH user authority, by what OpenSSH itself reads of its certificates."""

import subprocess
from pathlib import Path

import pytest

from admit.base.chance import Chance
from admit.base.sealing import Sealer, create_key_file
from admit.base.ssh_authority import LONGEST, SshAuthority, Wanted
from admit.core.validity import MINUTE

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
