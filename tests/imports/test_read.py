import csv
import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from admit.imports.read import HOST_FORMATS, PEOPLE_FORMATS, read_hosts, read_people
from admit.imports.records import PersonRecord, Reading

CSV = b"name,address\ndb-1,10.0.0.7\n"
SSH = b"# mine\nHost db-1\n  HostName 10.0.0.7\n"
INI = b"db-1 ansible_host=10.0.0.7\n[web]\n"
YAML = b"---\nall:\n  hosts:\n    db-1: {ansible_host: 10.0.0.7}\n"
JSON = b'{"all": {"hosts": {"db-1": {"ansible_host": "10.0.0.7"}}}}'


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (CSV, "hosts.csv"),
        (CSV.replace(b",", b"\t"), "hosts.tsv"),
        (CSV, "export.txt"),
        (CSV, "hosts"),
        (SSH, "config"),
        (SSH, "/home/alice/.ssh/config"),
        (SSH, "team.conf"),
        (b"Include x\n" + SSH, "-"),
        (INI, "inventory.ini"),
        (INI, "hosts"),
        (INI, "production"),
        (b"db-1 ansible_host=10.0.0.7\n", "inventory"),
        (YAML, "hosts.yml"),
        (YAML, "hosts.YAML"),
        (YAML, "production"),
        (YAML.removeprefix(b"---\n"), "production"),
        (JSON, "production"),
        (JSON, "hosts.json"),
    ],
)
def test_the_format_of_hosts_is_known_by_name_and_content(content, name):
    reading = read_hosts(content, name)

    assert [(host.name, host.address) for host in reading.records] == [("db-1", "10.0.0.7")]
    assert reading.faults == ()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"Name;E-Mail\nalice;a@example.com\n", "people.csv"),
        (b"name,email\nalice,a@example.com\n", "people"),
        (b'[{"userName": "alice", "emails": [{"value": "a@example.com"}]}]', "users.json"),
        (b'\n {"Resources": [{"userName": "alice", "emails": ["a@example.com"]}]}', "users"),
    ],
)
def test_the_format_of_people_is_known_by_name_and_content(content, name):
    reading = read_people(content, name)

    assert [(person.name, person.email) for person in reading.records] == [("alice", "a@example.com")]
    assert reading.faults == ()


def test_a_format_that_is_named_is_taken_whatever_the_file_looks_like():
    assert [host.name for host in read_hosts(CSV, "config", fmt="csv").records] == ["db-1"]
    assert [host.name for host in read_hosts(SSH, "hosts.csv", fmt="ssh_config").records] == ["db-1"]
    assert [host.name for host in read_hosts(INI, "hosts.yml", fmt="ansible_ini").records] == ["db-1"]
    assert [host.name for host in read_hosts(JSON, "hosts.ini", fmt="ansible_yaml").records] == ["db-1"]
    assert [person.name for person in read_people(b"name\nalice\n", "x.json", fmt="csv").records] == ["alice"]
    assert [
        person.name for person in read_people(b'[{"userName": "alice"}]', "x.csv", fmt="scim").records
    ] == ["alice"]


def test_a_file_of_no_format_we_know_is_told_so():
    reading = read_hosts(b"\x7fELF\x02\x01\x01", "a.out")

    assert reading.records == ()
    assert [fault.line for fault in reading.faults] == [1]
    assert "csv, ssh_config, ansible_ini, ansible_yaml" in str(reading.faults[0])


def test_an_ssh_configuration_gets_the_files_it_includes():
    def include(pattern: str) -> Sequence[tuple[str, bytes]]:
        return [(pattern, "\ufeffHost web-1\n".encode())]

    assert [host.name for host in read_hosts(b"Include work\n", "config", include).records] == ["web-1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_and_the_unicode_of_excel_are_read(encoding):
    reading = read_people("name\tdisplay name\r\nzoë\tZoë\r\n".encode(encoding), "people.txt")

    assert reading == Reading((PersonRecord(2, "zoë", "Zoë"),))


def test_bytes_that_are_not_utf8_are_told_with_line_and_column_and_spoil_their_row_only():
    content = "name,Display Name,groups\nalice,Alice,dba\nrene,Ren\u00e9,dba\nbob,Bob,\u00e9quipe\n".encode(
        "latin-1"
    )
    reading = read_people(content, "people.csv")

    assert [person.name for person in reading.records] == ["alice"]
    assert [str(fault) for fault in reading.faults] == [
        "line 3, Display Name: holds bytes that are not UTF-8; save the file as UTF-8",
        "line 4, groups: holds bytes that are not UTF-8; save the file as UTF-8",
    ]


VOCABULARY = """
name email groups Host HostName Include Match all hosts children vars << &a *a [web] [web:vars] [web:children]
[1:3] ansible_host= ansible_port= %h userName db-1 10.0.0.1 a@example.com 22 --- !vault \\U
! * ? = : , ; | " ' # \\ { } [ ]
"""
WORDS = st.sampled_from(
    [*VOCABULARY.split(), "\t", " ", "  ", "\n", "\r\n", "- ", ": ", "\x00", "\x85", "\u2028", "\ufffd", "é"]
)
SOUP = st.lists(WORDS, max_size=60).map("".join)
CONTENT = st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode), SOUP.map(str.encode))


def include_soup(pattern: str) -> Sequence[tuple[str, bytes]]:
    return [(pattern, f"Host {pattern}\nInclude {pattern} other\n".encode())]


@given(content=CONTENT, fmt=st.sampled_from([None, *PEOPLE_FORMATS]))
@example(content=b"\xff\xfe\x00", fmt=None)
def test_a_reader_of_people_never_fails_and_gives_the_same_again(content, fmt):
    reading = read_people(content, "people", fmt)

    assert read_people(content, "people", fmt) == reading
    assert all(person.name for person in reading.records)
    assert all(str(fault) for fault in reading.faults)


@given(content=CONTENT, fmt=st.sampled_from([None, *HOST_FORMATS]))
@example(content=b"a: !!float\n? [b]\n", fmt="ansible_yaml")
@example(content=b"%YAML 9999999999.1\n---\na\n", fmt="ansible_yaml")
@example(content=b"\xfe\xff\xd8\x00", fmt=None)
def test_a_reader_of_hosts_never_fails_and_gives_the_same_again(content, fmt):
    reading = read_hosts(content, "hosts", include_soup, fmt)

    assert read_hosts(content, "hosts", include_soup, fmt) == reading
    lines = content.count(b"\n") + content.count(b"\r") + 1
    assert all(0 < host.line <= max(lines, 2) for host in reading.records)
    assert all(1 <= host.port <= 65535 and host.address for host in reading.records)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["userName", "emails", "value", "groups", "members", "Resources", "name", "id"]),
            inner,
        )
    ),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_any_json_at_all_is_read_as_people(document):
    content = json.dumps(document).encode()

    assert read_people(content, "users.json") == read_people(content, "users.json")


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufeff"), max_size=12)


@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=6), end=st.sampled_from(["\n", "\r\n"]))
def test_every_row_of_a_csv_file_is_a_person_or_a_fault_on_its_own_line(rows, end):
    written = io.StringIO(newline="")
    table = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator=end)
    table.writerow(["name", "display name"])
    starts = []
    for name, display_name in rows:
        content = written.getvalue()
        starts.append(
            1
            + content.count("\r\n")
            + content.replace("\r\n", "").count("\n")
            + content.replace("\r\n", "").count("\r")
        )
        table.writerow([name, display_name])

    reading = read_people(written.getvalue().encode(), "people.csv")

    told = {person.line for person in reading.records} | {fault.line for fault in reading.faults}
    assert told == {
        start for start, row in zip(starts, rows, strict=True) if any(cell.strip() for cell in row)
    }
