"""Importing hosts on the command line."""

import json
from pathlib import Path

from admit.cli.client import Client
from admit.settings import Settings
from tests.base.ssh_host import closed_port, showing_key
from tests.cli.conftest import BASTION, Run, Write, counts, revision
from tests.cli.importing.test_keys import key

HOSTS = """\
name,address,os,accounts,groups,comment
web-1,10.0.0.7,Linux,root;deploy,web,first
win-1,203.0.113.7,Windows,Administrator,,
"""


def hosts(client: Client, bastion: str, *names: str) -> list[dict[str, object]]:
    """The hosts of these names; they are made at the same time, so that their order says nothing."""
    by_name = {
        host["HostName"]: host for host in client.call(BASTION, "ListHosts", InstanceId=bastion)["Hosts"]
    }
    return [by_name[name] for name in names]


def accounts(client: Client, bastion: str) -> dict[str, dict[str, object]]:
    """Every account as people call it, with what is told of it."""
    by_id = {
        host["HostId"]: host["HostName"]
        for host in client.call(BASTION, "ListHosts", InstanceId=bastion)["Hosts"]
    }
    listed = client.call(
        BASTION, "ListHostAccounts", InstanceId=bastion, HostId="0", HostIds=json.dumps(list(by_id))
    )
    return {f"{each['HostAccountName']}@{by_id[each['HostId']]}": each for each in listed["HostAccounts"]}


def test_hosts_come_with_their_accounts(run: Run, write: Write, client: Client, bastion: str):
    result = run("import", "hosts", write("hosts.csv", HOSTS))
    web, win = hosts(client, bastion, "web-1", "win-1")

    assert result.exit_code == 0
    assert counts(result) == {("bastion", "hosts"): (2, 0, 0, 0), ("bastion", "accounts"): (3, 0, 0, 0)}
    assert (web["HostName"], web["HostPrivateAddress"], web["Comment"]) == ("web-1", "10.0.0.7", "first")
    assert (win["OSType"], win["ActiveAddressType"]) == ("Windows", "Private")
    assert {name: each["ProtocolName"] for name, each in accounts(client, bastion).items()} == {
        "root@web-1": "SSH",
        "deploy@web-1": "SSH",
        "Administrator@win-1": "RDP",
    }


def test_groups_of_hosts_are_left_out_and_that_is_told(run: Run, write: Write):
    assert "note: groups: 1 host groups are left out" in run("import", "hosts", write("h.csv", HOSTS)).stderr


def test_an_address_of_the_internet_is_the_public_one(run: Run, write: Write, client: Client, bastion: str):
    run("import", "hosts", write("hosts.csv", "name,address\na,8.8.8.8\nb,b.example.com\n"))
    first, second = hosts(client, bastion, "a", "b")

    assert (first["ActiveAddressType"], first["HostPublicAddress"]) == ("Public", "8.8.8.8")
    assert (second["ActiveAddressType"], second["HostPrivateAddress"]) == ("Private", "b.example.com")


def test_a_second_run_over_hosts_changes_nothing(run: Run, write: Write, settings: Settings, tmp_path: Path):
    (tmp_path / "id").write_bytes(key())
    file = write("config", "Host db-1\n  HostName 10.0.0.1\n  User root\n  IdentityFile id\n")
    first = run("import", "hosts", file)
    before = revision(settings)
    second = run("import", "hosts", file)

    assert (counts(first)["bastion", "accounts"], counts(second)["bastion", "accounts"]) == (
        (1, 0, 0, 0),
        (0, 0, 1, 0),
    )
    assert counts(second)["bastion", "hosts"] == (0, 0, 1, 0)
    assert revision(settings) == before


def test_what_differs_about_a_host_is_changed(run: Run, write: Write, client: Client, bastion: str):
    run("import", "hosts", write("hosts.csv", HOSTS))
    result = run(
        "import", "hosts", write("hosts.csv", "name,address,os,accounts\nweb-1,10.0.0.8,Windows,ops\n")
    )
    (web,) = hosts(client, bastion, "web-1")

    assert counts(result) == {("bastion", "hosts"): (0, 1, 0, 0), ("bastion", "accounts"): (1, 0, 0, 0)}
    assert (web["HostPrivateAddress"], web["OSType"], web["Comment"]) == ("10.0.0.8", "Windows", "first")
    assert len(accounts(client, bastion)) == 4


def test_a_key_is_kept_and_a_new_one_replaces_it(
    run: Run, write: Write, client: Client, bastion: str, tmp_path: Path
):
    file = write("config", "Host db-1\n  HostName 10.0.0.1\n  User root\n  IdentityFile id\n")
    (tmp_path / "id").write_bytes(key())
    run("import", "hosts", file)
    first = accounts(client, bastion)["root@db-1"]["PrivateKeyFingerprint"]
    (tmp_path / "id").write_bytes(key())
    result = run("import", "hosts", file)

    assert counts(result)["bastion", "accounts"] == (0, 1, 0, 0)
    assert accounts(client, bastion)["root@db-1"]["PrivateKeyFingerprint"] not in (None, first)


def test_a_key_that_cannot_be_taken_is_told_and_never_shown(
    run: Run, write: Write, client: Client, bastion: str, tmp_path: Path
):
    secret = "not-a-key-but-a-secret"
    (tmp_path / "id").write_text(secret, "utf-8")
    result = run(
        "import", "hosts", write("config", "Host db-1\n  HostName 10.0.0.1\n  User root\n  IdentityFile id\n")
    )
    assert result.exit_code == 0
    assert "note: line 1, root@db-1: without a key: id is no private key" in result.stderr
    assert secret not in result.output
    assert "PrivateKeyFingerprint" not in accounts(client, bastion)["root@db-1"]


def test_what_an_ssh_configuration_includes_is_read_beside_it(
    run: Run, write: Write, client: Client, bastion: str
):
    write("more.conf", "Host db-2\n  HostName 10.0.0.2\n")
    result = run("import", "hosts", write("config", "Include *.conf\nHost db-1\n  HostName 10.0.0.1\n"))

    assert counts(result)["bastion", "hosts"] == (2, 0, 0, 0)


def test_a_port_that_cannot_be_set_is_told(run: Run, write: Write):
    result = run("import", "hosts", write("hosts.csv", "name,address,port,accounts\na,10.0.0.1,21,root\n"))

    assert result.exit_code == 1
    assert "line 2, a: The argument is invalid. Port" in result.stderr
    assert counts(result)["bastion", "ports"] == (0, 0, 0, 1)
    assert counts(result)["bastion", "hosts"] == (1, 0, 0, 0)


def test_of_two_hosts_of_one_name_none_is_touched(run: Run, write: Write, client: Client, bastion: str):
    for address in ("10.0.0.1", "10.0.0.2"):
        client.call(
            BASTION,
            "CreateHost",
            InstanceId=bastion,
            Source="Local",
            HostName="twin",
            OSType="Linux",
            ActiveAddressType="Private",
            HostPrivateAddress=address,
        )
    result = run("import", "hosts", write("hosts.csv", "name,address,accounts\ntwin,10.0.0.3,root\n"))

    assert result.exit_code == 1
    assert "line 2, twin: there are 2 hosts of this name" in result.stderr
    assert counts(result) == {("bastion", "hosts"): (0, 0, 0, 1)}


def test_a_host_that_is_refused_leaves_the_others_in(run: Run, write: Write):
    result = run(
        "import", "hosts", write("h.csv", "name,address,accounts\na,fe80::1%eth0,root\nb,10.0.0.1,root\n")
    )

    assert result.exit_code == 1
    assert counts(result) == {("bastion", "hosts"): (1, 0, 0, 1), ("bastion", "accounts"): (1, 0, 0, 0)}
    assert "line 2, a: " in result.stderr


def test_a_dry_run_over_hosts_changes_nothing(run: Run, write: Write, settings: Settings):
    file = write("hosts.csv", HOSTS)
    before = revision(settings)
    dry = run("import", "hosts", file, "--dry-run")

    assert revision(settings) == before
    assert counts(dry) == counts(run("import", "hosts", file))


def test_who_may_not_make_hosts_is_told_so_once(run: Run, write: Write, client: Client):
    client.call("ram", "CreateUser", UserName="clerk")
    made = client.call("ram", "CreateAccessKey", UserName="clerk")["AccessKey"]
    key_words = ("--access-key-id", made["AccessKeyId"], "--access-key-secret", made["AccessKeySecret"])
    result = run("import", "hosts", write("hosts.csv", HOSTS), *key_words)

    assert result.exit_code == 4
    assert len(result.stderr.splitlines()) == 2


# -- ports and host keys ---------------------------------------------------------------------------


def protocols(client: Client, bastion: str, name: str) -> dict[str, object]:
    """The port and the pinned key that a host has for SSH."""
    listed = client.call(BASTION, "ListHosts", InstanceId=bastion, HostName=name)["Hosts"]
    (host,) = [
        client.call(BASTION, "GetHost", InstanceId=bastion, HostId=each["HostId"])["Host"] for each in listed
    ]
    (ssh,) = [each for each in host["Protocols"] if each["ProtocolName"] == "SSH"]
    return {"port": ssh["Port"], "pinned": ssh["HostFingerPrint"]}


def test_the_port_of_the_file_is_the_hosts(run: Run, write: Write, client: Client, bastion: str):
    file = write("hosts.csv", "name,address,port\na,10.0.0.1,2222\nb,10.0.0.2,22\n")
    first, second = run("import", "hosts", file), run("import", "hosts", file)

    assert (first.exit_code, first.stderr) == (0, "")
    assert counts(first)["bastion", "ports"] == (0, 1, 0, 0)
    assert ("bastion", "ports") not in counts(second)
    assert [protocols(client, bastion, name)["port"] for name in ("a", "b")] == [2222, 22]


def test_host_keys_are_told_and_pinned(run: Run, write: Write, client: Client, bastion: str):
    with showing_key() as host:
        file = write("hosts.csv", f"name,address,port\ndb-1,127.0.0.1,{host.port}\n")
        dry = run("import", "hosts", file, "--fetch-keys", "--dry-run")
        first, second = (run("import", "hosts", file, "--fetch-keys") for _ in range(2))

    for result in (dry, first):
        assert f"db-1: it shows ssh-ed25519 {host.fingerprint}" in result.stderr
        assert counts(result)["bastion", "host keys"] == (1, 0, 0, 0)
    assert counts(second)["bastion", "host keys"] == (0, 0, 1, 0)
    assert protocols(client, bastion, "db-1")["pinned"] == host.fingerprint


def test_a_host_key_that_has_changed_is_a_fault_and_stays_as_it_was(
    run: Run, write: Write, client: Client, bastion: str
):
    with showing_key() as host:
        file = write("hosts.csv", f"name,address,port\ndb-1,127.0.0.1,{host.port}\n")
        run("import", "hosts", file)
        former = "SHA256:" + "A" * 43
        client.call("admit", "SetHostKey", Host="db-1", Fingerprint=former)
        result = run("import", "hosts", file, "--fetch-keys")

    assert result.exit_code == 1
    assert f"it shows {host.fingerprint}, but {former} is pinned" in result.stderr
    assert "admit call admit SetHostKey --Host" in result.stderr
    assert protocols(client, bastion, "db-1")["pinned"] == former


def test_a_host_that_does_not_answer_is_told_and_the_others_are_pinned(
    run: Run, write: Write, client: Client, bastion: str
):
    with showing_key() as host:
        rows = f"away,127.0.0.1,{closed_port()}\ndb-1,127.0.0.1,{host.port}\n"
        result = run("import", "hosts", write("hosts.csv", f"name,address,port\n{rows}"), "--fetch-keys")

    assert result.exit_code == 0
    assert "line 2, away: no host key is pinned: it cannot be reached" in result.stderr
    assert protocols(client, bastion, "away")["pinned"] == ""
    assert protocols(client, bastion, "db-1")["pinned"] == host.fingerprint
