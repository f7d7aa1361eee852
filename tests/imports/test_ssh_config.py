from collections.abc import Sequence

import pytest

from admit.imports import ssh_config
from admit.imports.records import AccountRecord, HostRecord, Include

TEAM = """\
# Everything is reached as deploy unless it says otherwise.
Host db-1 db-2
    HostName %h.db.example.com
    Port 2222

Host web-*
    User www
    IdentityFile "~/.ssh/web key"

Host web-1
    HostName=10.0.0.7
    User never-taken

Host jump jump.example.com
    HostName jump.example.com

Host *.example.com !jump.example.com
    User nobody

Host *
    User deploy
    IdentityFile ~/.ssh/%r@%h
    IdentityFile ~/.ssh/second
    Port 22
"""


def files(**contents: str) -> Include:
    def include(pattern: str) -> Sequence[tuple[str, bytes]]:
        return [(name, text.encode()) for name, text in contents.items() if pattern in {name, "*"}]

    return include


def faults(text: str, include: Include | None = None) -> list[str]:
    return [str(fault) for fault in ssh_config.read(text, include).faults]


def notes(text: str, include: Include | None = None) -> list[str]:
    return [str(note) for note in ssh_config.read(text, include).notes]


def test_every_name_is_a_host_with_the_first_value_of_each_setting():
    reading = ssh_config.read(TEAM)

    assert reading.faults == reading.notes == ()
    assert reading.records == (
        HostRecord(
            2,
            "db-1",
            "db-1.db.example.com",
            2222,
            accounts=(AccountRecord("deploy", "SSH", "~/.ssh/deploy@db-1.db.example.com"),),
        ),
        HostRecord(
            2,
            "db-2",
            "db-2.db.example.com",
            2222,
            accounts=(AccountRecord("deploy", "SSH", "~/.ssh/deploy@db-2.db.example.com"),),
        ),
        HostRecord(10, "web-1", "10.0.0.7", accounts=(AccountRecord("www", "SSH", "~/.ssh/web key"),)),
        HostRecord(
            14,
            "jump",
            "jump.example.com",
            accounts=(AccountRecord("deploy", "SSH", "~/.ssh/deploy@jump.example.com"),),
        ),
        HostRecord(
            14,
            "jump.example.com",
            "jump.example.com",
            accounts=(AccountRecord("deploy", "SSH", "~/.ssh/deploy@jump.example.com"),),
        ),
    )


def test_settings_before_the_first_host_line_hold_for_all():
    [host] = ssh_config.read("Port 2222\nHost a\nPort 22\n").records

    assert host == HostRecord(2, "a", "a", 2222)


def test_a_host_without_a_user_has_no_account():
    [host] = ssh_config.read("Host a\nIdentityFile ~/.ssh/a\n").records

    assert host.accounts == ()


def test_no_identity_file_is_a_file_too_and_comes_first():
    [host] = ssh_config.read("Host a\nUser root\nIdentityFile none\nIdentityFile ~/.ssh/a\n").records

    assert host.accounts == (AccountRecord("root"),)


def test_a_host_named_twice_is_one_host_of_its_first_line():
    [host] = ssh_config.read("Host a\nPort 2222\n\nHost b* a\nUser root\n").records

    assert host == HostRecord(1, "a", "a", 2222, accounts=(AccountRecord("root"),))


def test_patterns_alone_are_no_hosts():
    assert ssh_config.read("Host *.example.com web-? !web-1\nUser root\n").records == ()


def test_match_blocks_are_noted_and_end_at_the_next_host_line():
    text = (
        'Host a\nHostName 10.0.0.1\nMatch host a exec "true"\nPort 2222\n'
        "Host b\nPort 2200\nMatch all\nUser root\n"
    )

    reading = ssh_config.read(text)

    assert [(host.name, host.port, host.accounts) for host in reading.records] == [
        ("a", 22, (AccountRecord("root"),)),
        ("b", 2200, (AccountRecord("root"),)),
    ]
    assert notes(text) == ['line 3, Match: what stands below "Match host a exec true" is not read']


def test_another_way_to_a_host_is_noted():
    text = "Host a\nProxyJump gate\nHost b\nProxyJump none\nHost c\nProxyCommand nc %h %p\n"

    assert notes(text) == [
        'line 2, ProxyJump: "gate" is not read: admit connects to the host itself',
        'line 6, ProxyCommand: "nc %h %p" is not read: admit connects to the host itself',
    ]


def test_a_value_that_is_wrong_leaves_out_the_hosts_it_decides_only():
    text = (
        "Host a\nPort ssh\nHost b\nPort 22\nHost c\nHostName 10.0.0.256\n"
        "Host d\nUser 'two words'\nPort 22\nHost e\nPort 0\n"
    )

    assert faults(text) == [
        'line 2, Port: "ssh" is not a port (1 to 65535), so a is left out',
        'line 6, HostName: "10.0.0.256" is neither a host name nor an IP address, so c is left out',
        'line 8, User: "two words" is more than one word, so d is left out',
        'line 11, Port: "0" is not a port (1 to 65535), so e is left out',
    ]
    assert [host.name for host in ssh_config.read(text).records] == ["b"]


def test_all_lines_that_cannot_be_read_are_told():
    text = 'Host a\nHostName "x\nUser\nPort 22 23\n[web]\nHost b\n'

    assert [fault.line for fault in ssh_config.read(text).faults] == [2, 3, 4, 5]
    assert [host.name for host in ssh_config.read(text).records] == ["a", "b"]


def test_tokens_that_only_ssh_can_fill_in_leave_the_host_out():
    text = "Host a\nHostName %C.example\nHost b\nUser root\nIdentityFile %d/.ssh/100%%-%n-%p\n"

    assert faults(text) == [
        'line 2, HostName: "%C" in "%C.example" means nothing outside of ssh, so a is left out'
    ]
    [host] = ssh_config.read(text).records
    assert host.accounts == (AccountRecord("root", "SSH", "~/.ssh/100%-b-22"),)


def test_included_files_are_read_where_they_are_named():
    include = files(work="Host web-1\nPort 2222\nHost *\nUser work\n")

    reading = ssh_config.read("Include work\nHost web-1 web-2\nPort 22\nUser late\n", include)

    assert reading.faults == reading.notes == ()
    assert reading.records == (
        HostRecord(1, "web-1", "web-1", 2222, accounts=(AccountRecord("work"),)),
        HostRecord(2, "web-2", "web-2", 22, accounts=(AccountRecord("work"),)),
    )


def test_a_file_included_below_a_host_line_counts_for_its_names_only():
    include = files(work="User inside\nHost web-1 other\nPort 2222\n")

    reading = ssh_config.read("Host web-*\nInclude work\nPort 2200\nHost web-2 other\n", include)

    assert [(host.name, host.port, bool(host.accounts)) for host in reading.records] == [
        ("web-1", 2222, True),
        ("web-2", 2200, True),
        ("other", 22, False),
    ]


def test_one_include_may_stand_for_many_files_and_a_fault_names_its_own():
    include = files(one="Host a\nPort x\n", two="Host b\nBroken\n")

    assert faults("Include *\n", include) == [
        'one, line 2, Port: "x" is not a port (1 to 65535), so a is left out',
        "two, line 2: Broken says nothing",
    ]
    assert [host.name for host in ssh_config.read("Include *\n", include).records] == ["b"]


def test_an_include_nobody_resolves_or_that_finds_nothing_is_noted():
    assert notes("Include ~/conf.d/*\n") == ['line 1, Include: "~/conf.d/*" is not followed']
    assert notes("Include ~/conf.d/*\n", files()) == ['line 1, Include: "~/conf.d/*" stands for no file']


def test_an_include_that_cannot_be_read_is_a_fault():
    def include(pattern: str) -> Sequence[tuple[str, bytes]]:
        raise PermissionError(13, "Permission denied", pattern)

    assert faults("Host a\nInclude secret\n", include) == [
        'line 2, Include: "secret" cannot be read: Permission denied'
    ]


def test_a_file_that_includes_itself_ends():
    include = files(a="Include b\nHost from-a\n", b="Include a\nHost from-b\n")
    reading = ssh_config.read("Include a\n", include)

    assert [str(fault) for fault in reading.faults] == ['b, line 1, Include: "a" includes itself']
    assert [host.name for host in reading.records] == ["from-b", "from-a"]


@pytest.mark.parametrize(
    ("deep", "read"), [(ssh_config.DEEPEST_INCLUDE, True), (ssh_config.DEEPEST_INCLUDE + 1, False)]
)
def test_includes_end_at_the_depth_at_which_openssh_ends_them(deep, read):
    def include(pattern: str) -> Sequence[tuple[str, bytes]]:
        level = int(pattern)
        text = f"Include {level + 1}\n" if level < deep else "Host bottom\n"
        return [(pattern, text.encode())]

    reading = ssh_config.read("Include 1\n", include)

    assert bool(reading.records) is read
    assert bool(reading.faults) is not read


def test_bytes_that_are_no_text_spoil_their_line_and_not_a_comment():
    text = "# caf\ufffd\nHost a\nUser caf\ufffd\nPort 2222\n"

    assert faults(text) == ["line 3: holds bytes that are not UTF-8; save the file as UTF-8"]
    assert ssh_config.read(text).records == (HostRecord(2, "a", "a", 2222),)
