import pytest

from admit.imports import hosts_csv
from admit.imports.records import AccountRecord, HostRecord


def faults(text: str) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.column_or_key, fault.message) for fault in hosts_csv.read(text).faults]


def test_a_plain_file_gives_a_host_for_each_row():
    reading = hosts_csv.read(
        "name,address,port,os,accounts,groups,comment\n"
        "db-1,10.0.0.7,2222,Linux,root;deploy,db|prod,first database\n"
        "dc-1,dc-1.corp.example,,Windows,CORP\\admin,,\n"
        "web-1,,,,,,\n"
    )

    assert reading.faults == ()
    assert reading.records == (
        HostRecord(
            2,
            "db-1",
            "10.0.0.7",
            2222,
            "Linux",
            (AccountRecord("root"), AccountRecord("deploy")),
            ("db", "prod"),
            "first database",
        ),
        HostRecord(3, "dc-1", "dc-1.corp.example", 3389, "Windows", (AccountRecord("CORP\\admin", "RDP"),)),
        HostRecord(4, "web-1", "web-1"),
    )


@pytest.mark.parametrize(
    "header", ["name;address;port", "Hostname;IP;Port", "Host;FQDN;SSH Port", "server;ip_address;PORT"]
)
def test_a_column_is_known_by_many_names(header):
    [host] = hosts_csv.read(f"{header}\ndb-1;10.0.0.7;2222\n").records

    assert (host.name, host.address, host.port) == ("db-1", "10.0.0.7", 2222)


def test_ipv6_addresses_carry_a_port_in_brackets():
    reading = hosts_csv.read("name,address\na,2001:db8::1\nb,[2001:db8::2]\nc,[2001:db8::3]:2222\n")

    assert [(host.address, host.port) for host in reading.records] == [
        ("2001:db8::1", 22),
        ("2001:db8::2", 22),
        ("2001:db8::3", 2222),
    ]


def test_two_different_ports_are_a_fault_and_the_same_twice_is_none():
    text = "name,address,port\na,10.0.0.1:2222,2222\nb,10.0.0.1:2222,22\n"

    assert [host.name for host in hosts_csv.read(text).records] == ["a"]
    assert faults(text) == [(3, "port", "the address says 2222, the port 22")]


@pytest.mark.parametrize(
    ("text", "os"),
    [
        ("", "Linux"),
        ("linux", "Linux"),
        ("Ubuntu 24.04", "Linux"),
        ("Red Hat Enterprise Linux 9", "Linux"),
        ("RHEL9", "Linux"),
        ("Amazon Linux 2023", "Linux"),
        ("FreeBSD", "Linux"),
        ("WINDOWS", "Windows"),
        ("win2022", "Windows"),
        ("Microsoft Windows Server 2022", "Windows"),
    ],
)
def test_an_operating_system_is_known_by_its_releases(text, os):
    [host] = hosts_csv.read(f"name,os\nx,{text}\n").records

    assert host.os == os


def test_darwin_is_not_windows():
    assert faults("name,os\nx,Darwin\n") == [(2, "os", '"Darwin" is neither Linux nor Windows')]


def test_windows_on_port_22_is_reached_over_ssh():
    [host] = hosts_csv.read("name,port,os,accounts\nx,22,Windows,admin\n").records

    assert (host.port, host.accounts) == (22, (AccountRecord("admin", "SSH"),))


def test_all_faults_of_all_rows_are_told():
    text = (
        "Name,Address,Port,OS,Accounts\n"
        ",10.0.0.1,22,Linux,root\n"
        "db-1,10.0.0.256,99999,BeOS,root;two words\n"
        "db-2,10.0.0.2,22,Linux,root\n"
        "DB-2,10.0.0.3,22,Linux,root\n"
    )

    assert faults(text) == [
        (2, "Name", "is empty"),
        (3, "Address", '"10.0.0.256" is neither a host name nor an IP address'),
        (3, "OS", '"BeOS" is neither Linux nor Windows'),
        (3, "Port", '"99999" is not a port (1 to 65535)'),
        (3, "Accounts", '"two words" is more than one word'),
        (5, "Name", '"DB-2" stands on line 4 already'),
    ]
    assert [host.name for host in hosts_csv.read(text).records] == ["db-2"]


def test_a_name_that_is_no_address_needs_an_address():
    text = "name,address\nbüro,\nbüro-2,10.0.0.1\n"

    assert [host.name for host in hosts_csv.read(text).records] == ["büro-2"]
    assert [fault[:2] for fault in faults(text)] == [(2, "address")]
