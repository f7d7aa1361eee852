"""The gate as a process of its own, as another system user where the tests may start one."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pyotp
import pytest

from tests.served import NOBODY, serving
from tests.ssh.office import Office, office_apart
from tests.ssh.target import Target
from tests.ssh.test_access import shell


@pytest.fixture(scope="module")
def apart(office_of_a_gate_apart: Office) -> Office:
    return office_of_a_gate_apart


@pytest.fixture
def own_apart(tmp_path: Path, host: Target) -> Iterator[Office]:
    """One that the test may change."""
    with office_apart(tmp_path, host) as found:
        yield found


def gone(office: Office) -> dict[str, str]:
    """How the newest session ended."""
    told = office.caller.call("admit", "ListSessions")["Sessions"]
    while told[0]["State"] == "live":
        told = office.caller.call("admit", "ListSessions")["Sessions"]
    return told[0]


def test_the_gate_is_another_user_and_can_read_neither_keys_nor_database(apart):
    status = Path(f"/proc/{apart.gate.process.pid}/status").read_text()
    ids = {line.split(":")[0]: line.split()[1:] for line in status.splitlines() if ":" in line}
    opened = {
        str(each.readlink())
        for each in Path(f"/proc/{apart.gate.process.pid}/fd").iterdir()
        if each.is_symlink()
    }

    assert not any(str(apart.directory) in each for each in opened)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam(NOBODY)
        assert ids["Uid"] == [str(nobody.pw_uid)] * 4
        assert ids["CapEff"] == ["0000000000000000"]
        reads = subprocess.run(
            ["cat", apart.directory / "data" / "seal.key"], user=NOBODY, capture_output=True, check=False
        )
        assert b"Permission denied" in reads.stderr


def test_a_session_ends_when_its_grant_is_revoked_and_says_so(apart):
    with shell(apart) as process:
        apart.revoke("alice", "db-1", "account")
        said = process.stderr.read()

        assert process.wait(10) == 255
    apart.grant("alice", "db-1", "account")
    what = f"{apart.target.account}@db-1"
    assert said.decode() == f"admit: your access to {what} ended: the grant was revoked\n"
    assert gone(apart)["Outcome"] == "revoked"


def test_what_a_terminal_showed_is_recorded_where_the_gate_cannot_reach_it(apart):
    line = ["ssh", "-tt", *apart.options(), "-p", str(apart.port), f"{apart.on_db_1}@127.0.0.1"]
    subprocess.run([*line, "echo shown"], capture_output=True, check=True, timeout=50)
    gone(apart)
    told = apart.caller.call("admit", "ListRecordings")["Recordings"]
    while told[0]["State"] == "live":
        told = apart.caller.call("admit", "ListRecordings")["Recordings"]

    assert (told[0]["Person"], told[0]["State"]) == ("alice", "complete")


def test_an_account_without_a_secret_is_logged_on_to_with_a_certificate_whose_key_stays_behind(apart):
    trusted = apart.target.host_key.with_name("trusted")
    trusted.write_text(apart.caller.call("admit", "GetSshAuthority")["PublicKey"] + "\n")
    apart.ids["bare"] = apart.add_host("bare", apart.target.port)
    apart.ids["bare account"] = apart.call(
        "CreateHostAccount",
        HostId=apart.ids["bare"],
        ProtocolName="SSH",
        HostAccountName=apart.target.account,
    )["HostAccountId"]
    apart.grant("alice", "bare", "bare account")

    ran = apart.ssh("alice+bare", "echo in")
    trusted.write_text("")
    refused = apart.ssh("alice+bare", "echo in")

    assert (ran.stdout, ran.stderr) == (b"in\n", b"")
    assert b"does not let" in refused.stderr
    assert b"`admit authority ssh`" in refused.stderr


def test_a_code_is_asked_for_besides_the_key(own_apart):
    own_apart.call("ModifyUser", UserId=own_apart.ids["alice"], TwoFactorStatus="Enable",
                   TwoFactorMethods='["totp"]')  # fmt: skip
    made = own_apart.caller.call(
        "admit", "SetOneTimeCode", InstanceId=own_apart.bastion, UserId=own_apart.ids["alice"]
    )
    code = pyotp.parse_uri(made["Address"]).now()
    assert b"Permission denied" in own_apart.ssh(own_apart.on_db_1, "true").stderr

    with paramiko.Transport(("127.0.0.1", own_apart.port)) as client:
        client.start_client(timeout=20)
        key = paramiko.Ed25519Key.from_private_key_file(str(own_apart.key("alice")))
        assert client.auth_publickey("alice", key) == ["keyboard-interactive"]
        client.auth_interactive("alice", lambda _title, _text, prompts: [code for _ in prompts])
        assert client.is_authenticated()


def test_when_the_gate_is_killed_its_sessions_are_closed_in_the_ledger(own_apart):
    with shell(own_apart):
        own_apart.gate.process.kill()
        ended = gone(own_apart)

    assert (ended["Outcome"], ended["Reason"]) == ("stopped", "the gate broke off")


def test_a_gate_that_is_stopped_tells_those_who_are_in(own_apart):
    with shell(own_apart) as process:
        own_apart.gate.process.terminate()
        said = process.stderr.read()

        assert own_apart.gate.process.wait(30) == 0
    assert b"the gate stopped" in said
    assert gone(own_apart)["Reason"] == "the gate stopped"


def test_while_the_control_plane_is_gone_nobody_is_let_in_and_when_it_is_back_they_are(own_apart):
    with shell(own_apart) as process:
        own_apart.served.process.kill()
        assert b"the control plane cannot be reached" in process.stderr.read()
    line = ["ssh", "-o", "LogLevel=INFO", *own_apart.options(), "-p", str(own_apart.port)]
    refused = subprocess.run(
        [*line, f"{own_apart.on_db_1}@127.0.0.1", "true"], capture_output=True, check=False, timeout=50
    )
    assert b"admit: the control plane cannot be reached: try again in a moment" in refused.stderr
    own_apart.served.process.wait()

    with serving(own_apart.directory / "data", **own_apart.environment):
        while (ran := own_apart.ssh(own_apart.on_db_1, "echo back")).returncode:
            assert b"Permission denied" in ran.stderr, ran.stderr
    assert ran.stdout == b"back\n"
