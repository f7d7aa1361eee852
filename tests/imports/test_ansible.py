import pytest

from admit.imports import ansible
from admit.imports.records import AccountRecord, HostRecord

INI = """\
# Hosts before any heading are in no group.
mail.example.com

[web]
web[01:02].example.com ansible_user=www
bastion:2222 ansible_host=10.0.0.5 ansible_ssh_private_key_file='~/.ssh/my key' # the gate

[db]
db-[a:b] ansible_host=10.0.0.7

[windows]
dc-1 ansible_host=10.0.0.9 ansible_user=CORP\\\\admin

[windows:vars]
ansible_connection=winrm
ansible_port=5986
ansible_password=hunter2

[production:children]
web
db

[production:vars]
ansible_user=deploy
ansible_port = 2200

[all:vars]
ansible_user="root"
"""

YAML = """\
---
all:
  vars:
    ansible_user: root
  hosts:
    mail.example.com:
  children:
    production:
      vars: {ansible_user: deploy, ansible_port: 2200}
      children:
        web:
          hosts:
            web[01:02].example.com:
              ansible_user: www
            bastion:2222:
              ansible_host: 10.0.0.5
              ansible_ssh_private_key_file: ~/.ssh/my key
        db:
          hosts:
            db-[a:b]:
              ansible_host: 10.0.0.7
    windows:
      hosts:
        dc-1:
          ansible_host: 10.0.0.9
          ansible_user: CORP\\admin
      vars:
        ansible_connection: winrm
        ansible_port: 5986
        ansible_password: !vault |
          $ANSIBLE_VAULT;1.1;AES256
          6238
"""


def expected(lines: dict[str, int]) -> dict[str, HostRecord]:
    root = (AccountRecord("root"),)
    www = (AccountRecord("www"),)
    deploy = (AccountRecord("deploy"),)
    key = (AccountRecord("deploy", "SSH", "~/.ssh/my key"),)
    admin = (AccountRecord("CORP\\admin", "RDP"),)
    hosts = [
        HostRecord(lines["mail"], "mail.example.com", "mail.example.com", accounts=root),
        HostRecord(
            lines["web"], "web01.example.com", "web01.example.com", 2200, "Linux", www, ("web", "production")
        ),
        HostRecord(
            lines["web"], "web02.example.com", "web02.example.com", 2200, "Linux", www, ("web", "production")
        ),
        HostRecord(lines["bastion"], "bastion", "10.0.0.5", 2222, "Linux", key, ("web", "production")),
        HostRecord(lines["db"], "db-a", "10.0.0.7", 2200, "Linux", deploy, ("db", "production")),
        HostRecord(lines["db"], "db-b", "10.0.0.7", 2200, "Linux", deploy, ("db", "production")),
        HostRecord(lines["dc"], "dc-1", "10.0.0.9", 3389, "Windows", admin, ("windows",)),
    ]
    return {host.name: host for host in hosts}


def by_name(hosts: tuple[HostRecord, ...]) -> dict[str, tuple[HostRecord, frozenset[str]]]:
    """The hosts with their groups apart: their order is that of the file."""
    return {
        host.name: (
            HostRecord(host.line, host.name, host.address, host.port, host.os, host.accounts),
            frozenset(host.groups),
        )
        for host in hosts
    }


def test_an_ini_inventory_gives_its_hosts_with_groups_closed_and_variables_ranked():
    reading = ansible.read_ini(INI)

    assert reading.faults == ()
    assert by_name(reading.records) == by_name(
        tuple(expected({"mail": 2, "web": 5, "bastion": 6, "db": 9, "dc": 12}).values())
    )


def test_a_yaml_inventory_gives_the_same():
    reading = ansible.read_yaml(YAML)

    assert reading.faults == ()
    assert by_name(reading.records) == by_name(
        tuple(expected({"mail": 6, "web": 13, "bastion": 15, "db": 20, "dc": 24}).values())
    )


@pytest.mark.parametrize(
    ("read", "text", "line"), [(ansible.read_ini, INI, 17), (ansible.read_yaml, YAML, 30)]
)
def test_a_password_is_noted_and_never_repeated(read, text, line):
    reading = read(text)

    assert [(note.line, note.column_or_key) for note in reading.notes] == [(line, "ansible_password")]
    assert "hunter2" not in repr(reading)
    assert "6238" not in repr(reading)


def ini_hosts(text: str) -> list[HostRecord]:
    reading = ansible.read_ini(text)
    assert reading.faults == ()
    return list(reading.records)


def test_groups_stand_in_the_order_of_the_file():
    [host] = ini_hosts("[b]\nx\n[a]\nx\n[c:children]\na\n")

    assert host.groups == ("b", "a", "c")


def test_a_child_group_ranks_over_its_parent_and_at_one_depth_the_later_name():
    [host] = ini_hosts(
        "[z]\nx\n[a]\nx\n[child]\nx\n[z:children]\nchild\n"
        "[child:vars]\nansible_user=child\n[z:vars]\nansible_user=z\nansible_port=1\n[a:vars]\nansible_port=2\n"
    )

    assert host.accounts == (AccountRecord("child"),)
    assert host.port == 1


@pytest.mark.parametrize(
    ("variables", "os", "port", "account"),
    [
        ("ansible_connection=ssh", "Linux", 22, AccountRecord("u", "SSH", "k")),
        ("ansible_connection=ansible.builtin.ssh", "Linux", 22, AccountRecord("u", "SSH", "k")),
        ("ansible_connection=winrm ansible_port=5986", "Windows", 3389, AccountRecord("u", "RDP")),
        ("ansible_connection=ansible.builtin.psrp", "Windows", 3389, AccountRecord("u", "RDP")),
        ("ansible_shell_type=powershell", "Windows", 22, AccountRecord("u", "SSH", "k")),
        ("ansible_connection=ansible.netcommon.network_cli", "Linux", 22, AccountRecord("u", "SSH", "k")),
    ],
)
def test_the_connection_says_what_a_host_is(variables, os, port, account):
    [host] = ini_hosts(f"x ansible_user=u ansible_private_key_file=k {variables}\n")

    assert (host.os, host.port, host.accounts) == (os, port, (account,))


@pytest.mark.parametrize("connection", ["local", "community.docker.docker"])
def test_what_is_not_reached_over_the_network_is_left_out_with_a_note(connection):
    reading = ansible.read_ini(f"x\nhere ansible_connection={connection}\n")

    assert [host.name for host in reading.records] == ["x"]
    assert reading.faults == ()
    assert [(note.line, note.column_or_key) for note in reading.notes] == [(2, "ansible_connection")]


def test_a_variable_that_is_wrong_leaves_out_its_hosts_and_is_told_where_it_stands():
    reading = ansible.read_ini("[web]\na\nb ansible_port=22\n[web:vars]\n# c\nansible_port=ssh\n")

    assert [host.name for host in reading.records] == ["b"]
    assert [str(fault) for fault in reading.faults] == [
        'line 6, ansible_port: "ssh" is not a port (1 to 65535), so a is left out'
    ]


def test_a_template_leaves_its_host_out():
    reading = ansible.read_ini('a ansible_host=\'{{ lookup("env", "A") }}\'\nb\n')

    assert [host.name for host in reading.records] == ["b"]
    assert "template" in str(reading.faults[0])


def test_a_name_that_is_no_address_needs_ansible_host():
    reading = ansible.read_ini("büro\nbüro-2 ansible_host=10.0.0.1\n")

    assert [host.name for host in reading.records] == ["büro-2"]
    assert [fault.line for fault in reading.faults] == [1]


def test_groups_that_stand_below_each_other_are_a_fault_and_the_hosts_stay():
    reading = ansible.read_ini("[a]\nx\n[b]\ny\n[a:children]\nb\n[b:children]\na\n")

    assert len(reading.faults) == 1
    assert reading.faults[0].line in {6, 8}
    assert {host.name for host in reading.records} == {"x", "y"}


def test_all_lines_of_an_ini_file_that_cannot_be_read_are_told():
    reading = ansible.read_ini(
        "good\n"
        "bad 'quote\n"
        "bad word\n"
        "[web:hosts]\n"
        "web[3:1]\n"
        "caf\ufffd\n"
        "[web:unknown]\n"
        "not taken\n"
        "[two words]\n"
        "not taken\n"
        "[web:vars]\n"
        "no assignment\n"
        "[missing:vars]\n"
        "x=1\n"
        "[web:children]\n"
        "nobody\n"
    )

    assert [fault.line for fault in reading.faults] == [2, 3, 5, 6, 7, 9, 12, 13, 16]
    assert [host.name for host in reading.records] == ["good"]


@pytest.mark.parametrize(
    ("value", "user"),
    [
        ("root", "root"),
        ('"root"', "root"),
        ("'root' # boss", "root"),
        ("1000 # a number", "1000"),
        (" = ", "="),
    ],
)
def test_a_value_of_a_vars_section_loses_its_quotes(value, user):
    [host] = ini_hosts(f"x\n[all:vars]\nansible_user = {value}\n")

    assert host.accounts == (AccountRecord(user),)


def yaml_faults(text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.column_or_key) for fault in ansible.read_yaml(text).faults]


def test_groups_may_stand_at_the_top_and_a_bare_word_is_a_host():
    reading = ansible.read_yaml("web:\n  hosts: a\ndb:\n  hosts:\n    b: {}\n  children: web\nempty:\n")

    assert [(host.line, host.name, host.groups) for host in reading.records] == [
        (2, "a", ("web", "db")),
        (5, "b", ("db",)),
    ]
    assert reading.faults == ()


def test_merged_variables_give_way_to_a_hosts_own():
    text = (
        "x-defaults: &defaults\n"
        "  vars: &vars {ansible_user: deploy, ansible_port: 2222}\n"
        "web:\n"
        "  hosts:\n"
        "    a:\n"
        "      <<: *vars\n"
        "      ansible_port: 22\n"
        "    b: *vars\n"
    )

    assert [(host.name, host.port, host.accounts[0].name) for host in ansible.read_yaml(text).records] == [
        ("a", 22, "deploy"),
        ("b", 2222, "deploy"),
    ]


def test_all_parts_of_a_yaml_file_that_cannot_be_read_are_told():
    text = (
        "web:\n"
        "  hosts:\n"
        "    - a\n"
        "db:\n"
        "  hosts:\n"
        "    b[3:1]:\n"
        "    c:\n"
        "      ansible_host: [1]\n"
        "    d:\n"
        "      ansible_user: !vault abc\n"
        "    e:\n"
        "    e:\n"
        "  vars: 7\n"
        "  [x]: 1\n"
        "  hots: {}\n"
        "two\u200bwords:\n"
        "merged:\n"
        "  <<: nothing\n"
    )
    reading = ansible.read_yaml(text)

    assert yaml_faults(text) == [
        (3, "web.hosts"),
        (6, "db.hosts"),
        (8, "ansible_host"),
        (10, "ansible_user"),
        (12, "e"),
        (13, "db.vars"),
        (14, ""),
        (16, "group"),
    ]
    assert [(note.line, note.column_or_key) for note in reading.notes] == [(15, "db.hots")]
    assert [host.name for host in reading.records] == ["e"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("# nothing\n", 1),
        ("- hosts: web\n  tasks: []\n", 1),
        ("plugin: aws_ec2\nregions: [eu-west-1]\n", 1),
        ("all:\n  hosts:\n\ta:\n", 3),
        ("all: {\n", 2),
        ('all: "\\UFFFFFFFF"\n', 1),
        ("all: \x00\n", 1),
        ("[" * 5000, 1),
        ("a: 1\n---\nb: 2\n", 2),
    ],
)
def test_text_that_is_no_yaml_inventory_is_told_with_its_line(text, line):
    reading = ansible.read_yaml(text)

    assert reading.records == ()
    assert [fault.line for fault in reading.faults] == [line]


def test_no_tag_is_ever_built():
    reading = ansible.read_yaml("all:\n  hosts:\n    a: !!python/object/apply:os.system ['exit 1']\n")

    assert [fault.line for fault in reading.faults] == [3]


def test_aliases_that_grow_without_end_are_read_in_passing():
    levels = [f"l{n}: &l{n} {{children: {{a{n}: *l{n - 1}, b{n}: *l{n - 1}}}}}" for n in range(1, 40)]
    text = "l0: &l0 {hosts: x}\n" + "\n".join(levels)

    [host] = ansible.read_yaml(text).records

    assert {"l0", "a1", "b1", "l1", "a39", "l39"} <= set(host.groups)


def test_an_alias_below_itself_ends():
    reading = ansible.read_yaml("a: &a\n  hosts: x\n  children:\n    b: *a\n")

    assert [(host.name, set(host.groups)) for host in reading.records] == [("x", {"a", "b"})]
