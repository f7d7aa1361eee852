"""Files through the gate: each told, and each kind of it shut by a switch of its own, while it runs too."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.ssh.office import Office, office
from tests.ssh.target import Target

OPEN = {
    f"SFTP{each}": "Enable"
    for each in ("Channel", "UploadFile", "DownloadFile", "Mkdir", "Rmdir", "RemoveFile", "RenameFile")
} | {"SSHChannel": "Enable", "ExecCommand": "Enable"}


@pytest.fixture(scope="module")
def depot(tmp_path_factory: pytest.TempPathFactory, host: Target):
    """An office with a control policy for everybody and everything."""
    with office(tmp_path_factory.mktemp("depot"), host) as found:
        made = found.call("CreatePolicy", PolicyName="files", Priority="1")
        found.ids["policy"] = made["PolicyId"]
        found.call("SetPolicyUserScope", PolicyId=found.ids["policy"], ScopeType="All")
        found.call("SetPolicyAssetScope", PolicyId=found.ids["policy"], ScopeType="All")
        yield found


def switch(depot: Office, **switches: str) -> None:
    config = json.dumps({"SSH": {**OPEN, **switches}})
    depot.call("SetPolicyProtocolConfig", PolicyId=depot.ids["policy"], ProtocolConfig=config)


def sftp(depot: Office, *commands: str) -> subprocess.CompletedProcess[str]:
    line = ["sftp", "-q", *depot.options(), "-P", str(depot.port), "-b", "-", f"{depot.on_db_1}@127.0.0.1"]
    return subprocess.run(
        line,
        input="".join(f"{each}\n" for each in commands),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def told(depot: Office, place: Path, many: int) -> list[tuple[str, str, int]]:
    """What was noted of files below a directory, once so much is: outcome, what, and how many bytes."""
    while True:
        noted = depot.caller.call("admit", "ListActivity", Kind="transfer", MaxResults="100")["Activities"]
        found = [each for each in reversed(noted) if str(place) in each["Action"]]
        if len(found) >= many:
            assert {each["Resource"] for each in found} == {f"{depot.target.account}@db-1"}
            return [
                (each["Outcome"], each["Action"].replace(str(place), ""), each["Details"]["size"])
                for each in found
            ]


def test_each_file_is_told_with_its_size(depot, tmp_path):
    switch(depot)
    (tmp_path / "here").write_bytes(b"x" * 100_000)
    ran = sftp(
        depot,
        f"put {tmp_path}/here {tmp_path}/there",
        f"get {tmp_path}/there {tmp_path}/back",
        f"mkdir {tmp_path}/d",
        f"rename {tmp_path}/there {tmp_path}/d/there",
        f"ln -s {tmp_path}/d {tmp_path}/e",
        f"rm {tmp_path}/d/there",
        f"rmdir {tmp_path}/d",
        f"-rm {tmp_path}/nothing",
    )
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "back").read_bytes() == b"x" * 100_000
    assert told(depot, tmp_path, 8) == [
        ("ok", "put /there", 100_000),
        ("ok", "get /there", 100_000),
        ("ok", "mkdir /d", 0),
        ("ok", "rename /there /d/there", 0),
        ("ok", "link /d /e", 0),
        ("ok", "remove /d/there", 0),
        ("ok", "rmdir /d", 0),
        ("failed", "remove /nothing", 0),
    ]


@pytest.mark.parametrize(
    ("shut", "refused", "words"),
    [
        ("SFTPUploadFile", "put {0}/a {0}/b", "uploading files"),
        ("SFTPDownloadFile", "get {0}/a {0}/b", "downloading files"),
        ("SFTPRemoveFile", "rm {0}/a", "removing files"),
        ("SFTPRenameFile", "rename {0}/a {0}/b", "renaming files"),
        ("SFTPMkdir", "mkdir {0}/b", "making directories"),
        ("SFTPRmdir", "rmdir {0}/d", "removing directories"),
    ],
)
def test_a_switch_shuts_what_it_names_and_no_more(depot, tmp_path, shut, refused, words):
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "d").mkdir()
    switch(depot, **{shut: "Disable"})
    ran = sftp(depot, f"-{refused.format(tmp_path)}", f"ls {tmp_path}")
    assert ran.returncode == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "d"]
    ((outcome, _, _),) = told(depot, tmp_path, 1)
    assert outcome == "refused"
    assert f"does not allow {words}" in ran.stderr or "ermission denied" in ran.stderr


def test_a_switch_that_is_shut_meanwhile_holds_for_a_session_that_is_open(depot, tmp_path):
    switch(depot)
    (tmp_path / "a").write_bytes(b"a")
    line = ["sftp", "-q", *depot.options(), "-P", str(depot.port), f"{depot.on_db_1}@127.0.0.1"]
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None

        def ask(command: str) -> None:
            client.stdin.write(f"{command}\n")
            client.stdin.flush()

        ask(f"put {tmp_path}/a {tmp_path}/first")
        while not (tmp_path / "first").exists():
            pass
        switch(depot, SFTPUploadFile="Disable")
        # It reaches the session a moment after the call.
        said = ""
        number = 0
        while "does not allow uploading files" not in said and "ermission denied" not in said:
            number += 1
            ask(f"put {tmp_path}/a {tmp_path}/n{number}")
            said = client.stdout.readline()
        ask("bye")
    assert not (tmp_path / f"n{number}").exists()


@pytest.mark.parametrize(
    ("shut", "words"),
    [("SFTPUploadFile", ["-t", "/tmp/x"]), ("SFTPDownloadFile", ["-f", "/etc/hostname"])],
)
def test_the_older_scp_needs_the_same_switches(depot, shut, words):
    switch(depot, **{shut: "Disable"})
    ran = depot.ssh(depot.on_db_1, "scp", *words)
    assert ran.returncode == 255
    assert b"the control policy files does not allow" in ran.stderr


def test_a_list_of_commands_that_is_set_meanwhile_holds_for_a_shell_that_is_open(depot):
    switch(depot)
    line = ["ssh", *depot.options(), "-p", str(depot.port), f"{depot.on_db_1}@127.0.0.1"]
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write("echo begun\n")
        client.stdin.flush()
        assert client.stdout.readline() == "begun\n"
        config = json.dumps({"Deny": {"AclType": "black", "Commands": ["id"]}})
        depot.call("SetPolicyCommandConfig", PolicyId=depot.ids["policy"], CommandConfig=config)
        said = ""
        while "does not allow this command" not in said:
            client.stdin.write("id\n")
            client.stdin.flush()
            said = client.stdout.readline()
        client.stdin.write("echo on\n")
        client.stdin.flush()
        while said != "on\n":
            said = client.stdout.readline()
        client.stdin.close()
