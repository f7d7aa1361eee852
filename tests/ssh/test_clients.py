"""Real clients through a real gate to a real host."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import paramiko
import pytest

from tests.ssh.office import PASSWORD
from tests.ssh.target import free_port

MB = 1024 * 1024


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A file that does not fit into any window."""
    made = tmp_path / "big"
    made.write_bytes(os.urandom(8 * MB))
    return made


def transport(office, *words):
    """How a program that runs ``ssh`` by itself is told of it."""
    return " ".join(["ssh", *office.options(), "-p", str(office.port), *words])


def run(*line, **options):
    return subprocess.run(
        [str(word) for word in line],
        check=False,
        **{"capture_output": True, "timeout": 50, **options},
    )


def test_ssh_runs_a_command_on_the_host(either_office):
    ran = either_office.ssh(either_office.on_db_1, "echo hello; echo beside >&2; exit 7")

    assert (ran.stdout, ran.stderr, ran.returncode) == (b"hello\n", b"beside\n", 7)


def test_somebody_without_a_grant_is_told_so_in_a_line(either_office):
    name = either_office.on_db_1.replace("alice", "bob")
    ran = either_office.ssh(name, "true", person="bob")

    what = f"{either_office.target.account}@db-1"
    told = f"admit: you have no access to {what}: ask an administrator for a grant\n"
    assert (ran.stderr.decode(), ran.returncode) == (told, 255)


def test_a_host_that_does_not_exist_is_told_like_one_that_is_not_granted(served_office):
    known = served_office.ssh("bob+root+db-1", "true", person="bob").stderr
    unknown = served_office.ssh("bob+root+db-2", "true", person="bob").stderr

    assert known.replace(b"db-1", b"db-2") == unknown


def test_a_stranger_is_told_nothing(either_office):
    for name in ("alice+root+db-1", "nobody+root+db-1", "+", "alice+++", "x" * 900):
        ran = either_office.ssh(name, "true", person="bob")
        told = re.sub(rb"^\S+@127\.0\.0\.1", b"?@127.0.0.1", ran.stderr)
        expected = b"?@127.0.0.1: Permission denied (publickey,keyboard-interactive,password).\r\n"
        assert (told, ran.returncode) == (expected, 255), name


def test_a_hundred_megabytes_go_there_and_come_back_and_their_end_ends_the_program(served_office):
    sent = os.urandom(MB) * 100
    ran = served_office.ssh(served_office.on_db_1, "cat", input=sent)

    assert hashlib.sha256(ran.stdout).digest() == hashlib.sha256(sent).digest()
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_much_standard_error_arrives_after_standard_output_was_closed(served_office):
    command = "exec >&-; head -c 3000000 /dev/zero >&2; exit 3"
    ran = served_office.ssh(served_office.on_db_1, command)

    assert (len(ran.stderr), ran.returncode) == (3_000_000, 3)


def test_a_program_that_a_signal_ends_is_told_as_one(served_office):
    ran = served_office.ssh(served_office.on_db_1, "kill -KILL $$")

    direct = run(
        *("ssh", *served_office.options(), "-i", served_office.target.key, "-p", served_office.target.port),
        *(f"{served_office.target.account}@127.0.0.1", "kill -KILL $$"),
    )
    assert ran.returncode == direct.returncode == 255


def test_the_language_is_passed_on_and_nothing_else(served_office):
    environment = {**os.environ, "LANG": "C.UTF-8", "LC_TIME": "de_DE", "SECRET_OF_MINE": "x"}
    ran = run(
        *(
            "ssh",
            *served_office.options(),
            "-o",
            "SendEnv=LANG LC_* SECRET_OF_MINE",
            "-p",
            served_office.port,
        ),
        *(f"{served_office.on_db_1}@127.0.0.1", "echo $LANG $LC_TIME $SECRET_OF_MINE"),
        env=environment,
    )

    assert ran.stdout == b"C.UTF-8 de_DE\n"


def test_a_terminal_has_its_kind_and_its_size(either_office):
    line = transport(either_office, "-tt", f"{either_office.on_db_1}@127.0.0.1", "'echo $TERM; stty size'")
    shown = run(
        *("script", "-qec", f"stty rows 33 cols 101; {line}", "/dev/null"),
        env={**os.environ, "TERM": "xterm-256color"},
    )

    # Somewhere in it stands the terminal's echo of the end of input.
    told = shown.stdout.replace(b"^@", b"").replace(b"^D\b\b", b"").split()
    assert told == [b"xterm-256color", b"33", b"101"]


def test_a_terminal_may_have_no_kind(either_office):
    nameless = {name: value for name, value in os.environ.items() if name != "TERM"}
    ran = either_office.ssh(either_office.on_db_1, "-tt", "tty", env=nameless)

    assert ran.stdout.startswith(b"/dev/pts/"), ran.stdout + ran.stderr


@pytest.mark.parametrize("protocol", ["-s", "-O"])
def test_scp_copies_both_ways(served_office, big, tmp_path, protocol):
    line = ["scp", protocol, *served_office.options(), "-P", served_office.port]
    place = f"{served_office.on_db_1}@127.0.0.1:{tmp_path}/there"
    up, down = run(*line, big, place), run(*line, place, tmp_path / "back")

    assert (up.returncode, up.stderr, down.returncode, down.stderr) == (0, b"", 0, b"")
    assert (tmp_path / "back").read_bytes() == big.read_bytes()


def test_in_openssh_s_own_urls_the_separator_is_written_as_a_byte(served_office, big, tmp_path):
    name = served_office.on_db_1.replace("+", "%2B")
    url = f"scp://{name}@127.0.0.1:{served_office.port}/{tmp_path}/there"
    assert run("scp", *served_office.options(), big, url).returncode == 0

    assert (tmp_path / "there").read_bytes() == big.read_bytes()


def test_sftp_lists_and_fetches(either_office, big, tmp_path):
    (tmp_path / "batch").write_text(f"ls -1 {big}\nget {big} {tmp_path}/fetched\n")
    ran = run(
        *("sftp", *either_office.options(), "-P", either_office.port, "-b", tmp_path / "batch"),
        f"{either_office.on_db_1}@127.0.0.1",
    )

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert (tmp_path / "fetched").read_bytes() == big.read_bytes()


def test_rsync_copies_a_tree_and_then_nothing_more(served_office, big, tmp_path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "one").write_bytes(big.read_bytes()[:MB])
    line = [
        *("rsync", "-a", "--itemize-changes", "-e", transport(served_office)),
        *(f"{tmp_path}/tree/", f"{served_office.on_db_1}@127.0.0.1:{tmp_path}/copy/"),
    ]
    first, second = run(*line), run(*line)

    assert (first.returncode, first.stderr, second.returncode, second.stdout) == (0, b"", 0, b"")
    assert (tmp_path / "copy" / "one").read_bytes() == big.read_bytes()[:MB]


def test_git_clones_and_pushes_by_a_url(served_office, tmp_path):
    run("git", "init", "-q", "--bare", tmp_path / "repository.git")
    url = f"ssh://{served_office.on_db_1}@127.0.0.1:{served_office.port}{tmp_path}/repository.git"
    author = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **author, "GIT_SSH_COMMAND": " ".join(["ssh", *served_office.options()])}
    steps = (
        f"git clone -q {url} {tmp_path}/clone && cd {tmp_path}/clone && echo hello > file && git add file "
        f"&& git commit -qm one && git push -q origin HEAD:main && git ls-remote origin"
    )
    ran = run("bash", "-ec", steps, env=environment)

    assert (ran.returncode, ran.stdout.split()[-1]) == (0, b"refs/heads/main"), ran.stderr


def test_one_connection_is_shared_by_many_sessions(either_office):
    # A socket's path has room for a hundred letters.
    folder = tempfile.mkdtemp(dir="/tmp")
    shared = ["-o", f"ControlPath={folder}/s", "-p", str(either_office.port)]
    place = f"{either_office.on_db_1}@127.0.0.1"
    run(
        "ssh",
        *either_office.options(),
        *shared,
        "-o",
        "ControlPersist=30",
        "-fNM",
        place,
        capture_output=False,
    )
    try:
        ran = [run("ssh", *either_office.options(), *shared, place, f"echo {n}") for n in range(5)]
        check = run("ssh", *either_office.options(), *shared, "-O", "check", place)
    finally:
        run("ssh", *either_office.options(), *shared, "-O", "exit", place)
        shutil.rmtree(folder)

    assert [each.stdout for each in ran] == [f"{n}\n".encode() for n in range(5)]
    assert check.returncode == 0


def answering(text: bytes) -> int:
    """A server on this machine, which is the host, that answers one caller."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with listening, listening.accept()[0] as caller:
            caller.sendall(text)

    threading.Thread(target=answer, daemon=True).start()
    return listening.getsockname()[1]


def forwarded(office, *words) -> subprocess.Popen[bytes]:
    line = ["ssh", *office.options(), "-o", "ExitOnForwardFailure=yes", "-p", str(office.port), *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*line, f"{office.on_db_1}@127.0.0.1", "echo ready; cat"], **pipes)


def test_a_local_forward_reaches_the_host_and_no_other(either_office):
    port = answering(b"it is me")
    here, there = free_port(), free_port()
    with forwarded(either_office, "-L", f"{here}:localhost:{port}", "-L", f"{there}:10.9.8.7:80") as process:
        assert process.stdout.readline() == b"ready\n"
        with socket.create_connection(("127.0.0.1", here)) as caller:
            assert caller.makefile("rb").read() == b"it is me"
        with socket.create_connection(("127.0.0.1", there)) as caller:
            assert caller.makefile("rb").read() == b""
        process.stdin.close()


def test_a_dynamic_forward_reaches_the_host(served_office):
    port, socks = answering(b"it is me"), free_port()
    with forwarded(served_office, "-D", str(socks)) as process:
        assert process.stdout.readline() == b"ready\n"
        with socket.create_connection(("127.0.0.1", socks)) as caller:
            caller.sendall(b"\x05\x01\x00")
            assert caller.recv(2) == b"\x05\x00"
            caller.sendall(b"\x05\x01\x00\x03\x09localhost" + port.to_bytes(2, "big"))
            assert caller.makefile("rb").read().endswith(b"it is me")
        process.stdin.close()


def test_a_reverse_forward_is_refused(served_office):
    with forwarded(served_office, "-R", f"{free_port()}:localhost:1") as process:
        said = process.stderr.read()
        assert process.wait(20) == 255
        process.stdin.close()

    assert b"remote port forwarding failed" in said


def test_an_agent_is_not_forwarded(served_office):
    options = " ".join(served_office.options()).replace("-o IdentityAgent=none", "").split()
    ran = run(
        *("ssh-agent", "ssh", *options, "-A", "-p", served_office.port),
        *(f"{served_office.on_db_1}@127.0.0.1", "echo agent=$SSH_AUTH_SOCK"),
    )

    assert ran.stdout == b"agent=\n", ran.stderr


def jump(office) -> list[str]:
    """``-J``, whose own ``ssh`` must be given a key and a port: by a file of settings."""
    config = office.directory / "ssh_config"
    common = "\n".join(
        [
            f"  IdentityFile {office.key('alice')}",
            "  IdentitiesOnly yes",
            "  IdentityAgent none",
            "  BatchMode yes",
            "  StrictHostKeyChecking accept-new",
            f"  UserKnownHostsFile {office.directory / 'known_hosts'}",
            "  LogLevel ERROR",
        ]
    )
    config.write_text(
        f"Host gate\n  HostName 127.0.0.1\n  Port {office.port}\n  User alice\n  LogLevel INFO\n"
        f"Host db-*\n  Port {office.target.port}\n  ProxyJump gate\nHost *\n{common}\n"
    )
    return ["-F", str(config)]


def test_jumping_to_a_host_needs_no_key_for_the_account(either_office):
    ran = run("ssh", *jump(either_office), f"{either_office.target.account}@db-1", "echo there; exit 4")

    assert (ran.stdout, ran.stderr, ran.returncode) == (b"there\n", b"", 4)


def test_behind_a_jump_the_usual_port_stands_for_the_one_the_host_has(served_office):
    ran = run("ssh", "-p", "22", *jump(served_office), f"{served_office.target.account}@db-1", "echo there")

    assert (ran.stdout, ran.returncode) == (b"there\n", 0)


def test_jumping_on_to_what_is_not_granted_is_refused_in_a_line(served_office):
    ran = run("ssh", *jump(served_office), "root@db-9", "true")

    assert b"admit: you have no access to db-9: ask an administrator for a grant" in ran.stderr
    assert ran.returncode == 255


def test_paramiko_logs_on_with_a_password_and_uses_sftp(either_office, big):
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            "127.0.0.1",
            either_office.port,
            either_office.on_db_1,
            PASSWORD,
            look_for_keys=False,
            allow_agent=False,
        )
        _, out, _ = client.exec_command("echo hello")
        assert out.read() == b"hello\n"
        assert out.channel.recv_exit_status() == 0
        with client.open_sftp() as sftp, sftp.open(str(big)) as file:
            assert file.read(MB) == big.read_bytes()[:MB]


def test_paramiko_answers_questions_one_at_a_time(served_office):
    with paramiko.Transport(("127.0.0.1", served_office.port)) as client:
        client.start_client(timeout=20)
        asked = []

        def answer(_title, _instructions, prompts):
            asked.append(prompts)
            return [PASSWORD for _ in prompts]

        assert client.auth_interactive("alice", answer) == []
        assert asked == [[("Password: ", False)]]


def test_without_a_target_and_a_terminal_it_says_how_to_name_one(either_office):
    ran = either_office.ssh("alice", "true")

    assert ran.stderr == b"admit: say what to open: alice+ACCOUNT+HOST before the @\n"
    assert ran.returncode == 255


def test_the_only_account_of_a_host_need_not_be_named(served_office):
    assert served_office.ssh("alice+db-1", "echo hello").stdout == b"hello\n"


def test_a_host_can_be_named_by_its_id_in_its_bastion_host(served_office):
    name = f"alice+{served_office.target.account}+{served_office.ids['db-1']}.{served_office.bastion}"

    assert served_office.ssh(name, "echo hello").stdout == b"hello\n"


def test_ansible_pings_and_copies(served_office, big, tmp_path):
    inventory = tmp_path / "hosts"
    inventory.write_text(
        f"db-1 ansible_host=127.0.0.1 ansible_port={served_office.port} "
        f"ansible_user={served_office.on_db_1} ansible_python_interpreter={sys.executable} "
        f"ansible_ssh_common_args='{' '.join(served_office.options())}'\n"
    )
    # A socket's path has room for a hundred letters.
    short = tempfile.mkdtemp(dir="/tmp")
    environment = {**os.environ, "HOME": str(tmp_path), "ANSIBLE_SSH_CONTROL_PATH_DIR": short}
    ansible = [Path(sys.executable).with_name("ansible"), "db-1", "-i", inventory]
    ping = run(*ansible, "-m", "ping", env=environment)
    copy = run(*ansible, "-m", "copy", "-a", f"src={big} dest={tmp_path}/copied", env=environment)

    shutil.rmtree(short)
    assert b"pong" in ping.stdout, ping.stderr
    assert (copy.returncode, (tmp_path / "copied").read_bytes()) == (0, big.read_bytes())
