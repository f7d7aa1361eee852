"""What opens and what ends at the door, by what is granted, pinned and proven."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh
import paramiko
import pyotp
import pytest

from tests.base.accepted import Accepted
from tests.ssh.office import Office, office
from tests.ssh.target import Target, new_key, target


@pytest.fixture
def own_office(tmp_path, host: Target) -> Iterator[Office]:
    """An office that the test may change."""
    with office(tmp_path, host) as found:
        yield found


@contextmanager
def shell(office: Office, name: str | None = None, *words: str):
    """A session that lives until it is ended."""
    line = ["ssh", *office.options(), "-p", str(office.port), f"{name or office.on_db_1}@127.0.0.1"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*line, "echo ready; cat"], **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


def test_a_session_ends_when_its_grant_is_revoked_and_says_so(own_office):
    with shell(own_office) as process:
        own_office.revoke("alice", "db-1", "account")
        said = process.stderr.read()

        assert process.wait(10) == 255
    what = f"{own_office.target.account}@db-1"
    assert said.decode() == f"admit: your access to {what} ended: the grant was revoked\n"


def test_a_terminal_is_given_back_as_a_shell_needs_it_when_a_session_is_cut(own_office):
    line = [
        "ssh",
        "-tt",
        *own_office.options(),
        "-p",
        str(own_office.port),
        f"{own_office.on_db_1}@127.0.0.1",
    ]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(
        [*line, r"printf '\033[?1049h\033[?25lready\n'; cat"], env={"TERM": "xterm"}, **pipes
    ) as process:
        assert b"ready" in process.stdout.readline()
        own_office.revoke("alice", "db-1", "account")
        said = process.stdout.read()

    full_screen_off, cursor_on = said.index(b"\x1b[?1049l"), said.index(b"\x1b[?25h")
    assert max(full_screen_off, cursor_on) < said.index(b"\r\nadmit: your access to ")


def test_every_refusal_can_be_looked_up_with_its_reason(own_office):
    own_office.ssh("bob+db-1", "true", person="bob")
    own_office.ssh("bob+root+no-such-host", "true", person="bob")
    made = own_office.call("CreatePolicy", PolicyName="elsewhere")["PolicyId"]
    for scope in ("User", "Asset"):
        own_office.call(f"SetPolicy{scope}Scope", PolicyId=made, ScopeType="All")
    acl = '{"AclType":"white","IPs":["10.0.0.1"]}'
    own_office.call("SetPolicyIPAclConfig", PolicyId=made, IPAclConfig=acl)
    own_office.ssh(own_office.on_db_1, "true")

    # Activity is written within a second: so many questions take longer.
    asked = (own_office.caller.call("admit", "ListActivity", Kind="decision") for _ in range(2_000))
    told = ([each for each in found["Activities"] if each["Outcome"] == "refused"] for found in asked)
    narrowed, unknown, ungranted = next(each for each in told if len(each) == 3)
    what = f"{own_office.target.account}@db-1"
    assert (narrowed["Caller"], narrowed["Resource"]) == ("alice", what)
    assert "control policy elsewhere" in narrowed["Reason"]
    assert (unknown["Resource"], unknown["Reason"]) == ("root@no-such-host", "not granted")
    assert (ungranted["Caller"], ungranted["Reason"]) == ("bob", "not granted")


def test_a_forward_ends_when_its_grant_is_revoked(own_office):
    async def story() -> bytes:
        async with asyncssh.connect(
            "127.0.0.1",
            own_office.port,
            username=own_office.on_db_1,
            client_keys=[str(own_office.key("alice"))],
            known_hosts=None,
            config=None,
            agent_path=None,
        ) as connection:
            reader, _ = await connection.open_connection("localhost", own_office.target.port)
            assert (await reader.readline()).startswith(b"SSH-2.0-OpenSSH")
            own_office.revoke("alice", "db-1", "account")
            return await reader.read()

    assert asyncio.run(story()) == b""


def test_a_locked_user_is_not_let_in(own_office):
    own_office.call("LockUsers", UserIds=f'["{own_office.ids["alice"]}"]')

    ran = own_office.ssh(own_office.on_db_1, "true")
    assert b"Permission denied" in ran.stderr


def test_the_host_key_that_is_seen_first_is_pinned_and_no_other_is_taken(own_office, tmp_path):
    assert own_office.ssh(own_office.on_db_1, "echo hello").stdout == b"hello\n"
    host = own_office.call("GetHost", HostId=own_office.ids["db-1"])["Host"]
    pinned = {each["HostFingerPrint"] for each in host["Protocols"] if each["ProtocolName"] == "SSH"}
    assert pinned == {own_office.target.fingerprint}

    with target(tmp_path / "anew") as other:
        own_office.call(
            "ModifyHostsPort",
            HostIds=f'["{own_office.ids["db-1"]}"]',
            ProtocolName="SSH",
            Port=str(other.port),
        )
        ran = own_office.ssh(own_office.on_db_1, "true")

        assert ran.stderr.startswith(b"admit: db-1 shows another host key than the one that is pinned")
        assert other.fingerprint.encode() in ran.stderr
        assert ran.returncode == 255


def jump(office: Office, login: str, host: str, key) -> subprocess.CompletedProcess[bytes]:
    proxy = " ".join(["ssh", *office.options(), "-p", str(office.port), "-W", "%h:%p", "alice@127.0.0.1"])
    line = ["ssh", *office.options(), "-i", str(key), "-p", str(office.target.port)]
    return subprocess.run(
        [*line, "-o", f"ProxyCommand={proxy}", f"{login}@{host}", "echo there"],
        capture_output=True,
        check=False,
        timeout=50,
    )


def test_a_host_granted_alone_is_reached_with_credentials_of_ones_own(own_office):
    own_office.revoke("alice", "db-1", "account")
    stranger = new_key(own_office.directory / "stranger")

    let_in = jump(own_office, own_office.target.account, "db-1", own_office.target.key)
    refused = jump(own_office, own_office.target.account, "db-1", stranger)

    assert let_in.stdout == b"there\n", let_in.stderr
    assert b"Permission denied" in refused.stderr


def test_a_tunnel_is_closed_when_both_ends_have_said_their_last(own_office):
    async def story() -> bytes:
        async def host(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"bye")
            writer.write_eof()
            await reader.read()
            writer.close()

        async with await asyncio.start_server(host, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            own_office.ids["lone"] = await asyncio.to_thread(own_office.add_host, "lone", port)
            await asyncio.to_thread(own_office.grant, "alice", "lone")
            async with asyncssh.connect(
                "127.0.0.1",
                own_office.port,
                username="alice",
                client_keys=[str(own_office.key("alice"))],
                known_hosts=None,
                config=None,
                agent_path=None,
            ) as connection:
                reader, writer = await connection.open_connection("lone", port)
                said = await reader.read()
                writer.write_eof()
                async with asyncio.timeout(20):
                    await writer.channel.wait_closed()
                return said

    assert asyncio.run(story()) == b"bye"


def test_a_host_granted_alone_needs_a_terminal_to_be_asked_at(own_office):
    own_office.revoke("alice", "db-1", "account")

    ran = own_office.ssh(own_office.on_db_1, "true")
    assert ran.stderr.startswith(b"admit: db-1 is granted to you without an account")


def test_jumping_with_a_login_that_is_not_granted_brings_nobody_in(own_office):
    ran = jump(own_office, "somebody", "db-1", own_office.target.key)

    assert ran.returncode == 255
    assert ran.stdout == b""


def test_what_a_terminal_showed_is_recorded(own_office):
    line = ["ssh", "-tt", *own_office.options(), "-p", str(own_office.port)]
    subprocess.run(
        [*line, f"{own_office.on_db_1}@127.0.0.1", "echo shown"], capture_output=True, check=True, timeout=50
    )
    (recording,) = own_office.caller.call("admit", "ListRecordings")["Recordings"]

    assert recording["Person"] == "alice"


def test_a_key_is_not_enough_for_whom_a_code_is_asked_of(own_office):
    own_office.call("ModifyUser", UserId=own_office.ids["alice"], TwoFactorStatus="Enable",
                    TwoFactorMethods='["totp"]')  # fmt: skip
    made = own_office.caller.call(
        "admit", "SetOneTimeCode", InstanceId=own_office.bastion, UserId=own_office.ids["alice"]
    )
    code = pyotp.parse_uri(made["Address"]).now()
    assert b"Permission denied" in own_office.ssh(own_office.on_db_1, "true").stderr

    with paramiko.Transport(("127.0.0.1", own_office.port)) as client:
        client.start_client(timeout=20)
        key = paramiko.Ed25519Key.from_private_key_file(str(own_office.key("alice")))
        assert client.auth_publickey("alice", key) == ["keyboard-interactive"]
        assert not client.is_authenticated()
        client.auth_interactive("alice", lambda _title, _text, prompts: [code for _ in prompts])
        assert client.is_authenticated()


def test_what_was_shown_under_one_name_counts_nothing_under_another(own_office):
    own_office.call("ModifyUser", UserId=own_office.ids["alice"], TwoFactorStatus="Enable",
                    TwoFactorMethods='["totp"]')  # fmt: skip
    own_office.caller.call(
        "admit", "SetOneTimeCode", InstanceId=own_office.bastion, UserId=own_office.ids["alice"]
    )
    with paramiko.Transport(("127.0.0.1", own_office.port)) as client:
        client.start_client(timeout=20)
        key = paramiko.Ed25519Key.from_private_key_file(str(own_office.key("alice")))
        assert client.auth_publickey("alice", key) == ["keyboard-interactive"]
        asked = []
        with pytest.raises(paramiko.SSHException):
            client.auth_interactive("bob", lambda *question: asked.append(question[2]) or [""])
        assert asked == [[("Password: ", False)]]


def test_a_menu_and_what_is_told_after_it_speak_the_language_of_the_terminal(served_office):
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        key = str(served_office.key("alice"))
        client.connect(
            "127.0.0.1", served_office.port, "alice", key_filename=key, look_for_keys=False, allow_agent=False
        )
        channel = client.get_transport().open_session()
        channel.set_combine_stderr(True)
        channel.get_pty("xterm", 80, 24)
        channel.set_environment_variable("LC_ALL", "zh_CN.UTF-8")
        channel.invoke_shell()
        shown = b""
        while f"{served_office.target.account}@db-1".encode() not in shown:
            shown += channel.recv(4096)
        assert "请选择要打开的主机账户" in shown.decode("utf-8", "replace")
        channel.sendall(b"\x03")
        said = b""
        while part := channel.recv(4096):
            said += part
        assert said.decode().endswith("admit: 未作选择\r\n")
        assert channel.recv_exit_status() == 255


def test_a_menu_opens_what_is_chosen(own_office):
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            "127.0.0.1",
            own_office.port,
            "alice",
            key_filename=str(own_office.key("alice")),
            look_for_keys=False,
            allow_agent=False,
        )
        channel = client.invoke_shell("xterm", 80, 24)
        shown = b""
        while f"{own_office.target.account}@db-1".encode() not in shown:
            shown += channel.recv(4096)
        channel.sendall(b"\r")
        channel.sendall(b"stty -echo; echo the-$((40+2))-answer; exit 5\n")
        while b"the-42-answer" not in shown:
            received = channel.recv(4096)
            assert received, shown
            shown += received
        assert channel.recv_exit_status() == 5
        channel.close()


def test_a_gate_that_stops_tells_those_who_are_in(own_office):
    with shell(own_office) as process:
        own_office.served.process.terminate()
        said = process.stderr.read()

        assert own_office.served.process.wait(30) == 0
    assert b"the gate stopped" in said


class Password(asyncssh.SSHServer):
    """A host whose account root has a password, and says hello."""

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("root", "its own")


def typed_into(port: int, key: str, *answers: str) -> bytes:
    """What a terminal of alice's shows when she answers what she is asked."""
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            "127.0.0.1", port, "alice+lone", key_filename=key, look_for_keys=False, allow_agent=False
        )
        channel = client.invoke_shell("xterm", 80, 24)
        shown = b""
        for answer in answers:
            while not shown.endswith(b": "):
                shown += channel.recv(4096)
            channel.sendall(answer.encode() + b"\r")
            shown += b"|"
        channel.set_combine_stderr(True)
        while received := channel.recv(4096):
            shown += received
        return shown


def test_whoever_is_granted_a_host_alone_is_asked_for_its_credentials(own_office):
    async def story() -> tuple[bytes, bytes]:
        def hello(process: asyncssh.SSHServerProcess[str]) -> None:
            process.stdout.write("hello")
            process.exit(0)

        accepted = Accepted()
        async with await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=accepted.by(Password),
            server_host_keys=[str(own_office.target.host_key)],
            process_factory=hello,
        ) as host:
            own_office.ids["lone"] = own_office.add_host("lone", host.get_port())
            own_office.grant("alice", "lone")
            key = str(own_office.key("alice"))
            right = await asyncio.to_thread(typed_into, own_office.port, key, "root", "its own")
            wrong = await asyncio.to_thread(typed_into, own_office.port, key, "root", "guessed")
            await accepted.close()
            return right, wrong

    right, wrong = asyncio.run(story())
    assert right.startswith(b"lone login: |root\r\nroot@lone's password: |\r\n")
    assert right.endswith(b"hello")
    assert b"its own" not in right
    assert b"does not let root in" in wrong
