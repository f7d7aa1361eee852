import pytest

from admit.imports import people_csv
from admit.imports.records import PersonRecord


def faults(text: str) -> list[tuple[int, str, str]]:
    return [(fault.line, fault.column_or_key, fault.message) for fault in people_csv.read(text).faults]


def names(text: str) -> list[str]:
    return [person.name for person in people_csv.read(text).records]


def test_a_plain_file_gives_a_person_for_each_row():
    reading = people_csv.read(
        "name,display name,email,phone,groups\n"
        "alice,Alice Liddell,alice@example.com,+44 20 7946 0958,dba;ops\n"
        "bob,,,,\n"
    )

    assert reading.records == (
        PersonRecord(2, "alice", "Alice Liddell", "alice@example.com", "+44 20 7946 0958", ("dba", "ops")),
        PersonRecord(3, "bob"),
    )
    assert reading.faults == ()
    assert reading.notes == ()


@pytest.mark.parametrize(
    "header",
    [
        "name,display name,email,phone,groups",
        "Username,Full Name,E-Mail,Mobile,Teams",
        "User,DisplayName,mail,Phone Number,Group",
        "user_name,display_name,email_address,mobile_phone,user_groups",
        "LOGIN, Real name , Mail , Tel. , Groups ",
        '"sAMAccountName","cn","mail","telephoneNumber","groups"',
        "Username,Name,Email,Phone,Groups",  # as GitLab names them
    ],
)
def test_a_column_is_known_by_many_names(header):
    reading = people_csv.read(f"{header}\nalice,Alice L.,a@example.com,555-123-4567,dba|ops\n")

    assert reading.records == (
        PersonRecord(2, "alice", "Alice L.", "a@example.com", "555-123-4567", ("dba", "ops")),
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_separator_is_found_out(delimiter):
    rows = [["name", "display name", "groups"], ["alice", "Liddell", '"dba;ops"'], ["bob", "Bobby", "ops"]]

    reading = people_csv.read("\n".join(delimiter.join(row) for row in rows))

    assert [(person.name, person.groups) for person in reading.records] == [
        ("alice", ("dba", "ops")),
        ("bob", ("ops",)),
    ]


def test_the_separator_excel_writes_first_is_no_header_and_counts_as_a_line():
    reading = people_csv.read("sep=;\r\nname;email\r\nalice;a@example.com\r\nbob;b(at)example.com\r\n")

    assert [(person.line, person.name) for person in reading.records] == [(3, "alice")]
    assert [(fault.line, fault.column_or_key) for fault in reading.faults] == [(4, "email")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_through_quoted_line_breaks_and_blank_lines(end):
    text = end.join(
        [
            "name,display name,email",
            'alice,"Alice',
            'Liddell",a@example.com',
            "",
            'bob,"Bob ""the',
            "",
            'builder""",bob@',
            "carol,,carol@example.com",
        ]
    )

    reading = people_csv.read(text)

    assert reading.records == (
        PersonRecord(2, "alice", "Alice Liddell", "a@example.com"),
        PersonRecord(8, "carol", None, "carol@example.com"),
    )
    assert [(fault.line, fault.column_or_key) for fault in reading.faults] == [(5, "email")]


def test_all_faults_of_all_rows_are_told_in_the_words_of_the_file():
    text = (
        "Username,E-Mail,Mobile,Groups\n,nobody,call me,ops\nbob,bob@example.com,1,\nalice,a@example.com,,\n"
    )

    assert faults(text) == [
        (2, "Username", "is empty"),
        (2, "E-Mail", '"nobody" is not an e-mail address'),
        (2, "Mobile", '"call me" is not a telephone number'),
        (3, "Mobile", '"1" is not a telephone number'),
    ]
    assert names(text) == ["alice"]


def test_a_name_given_twice_is_taken_once_whatever_its_case():
    text = "name\nalice\nbob\nAlice\n"

    assert faults(text) == [(4, "name", '"Alice" stands on line 2 already')]
    assert names(text) == ["alice", "bob"]


def test_a_name_is_free_again_when_its_first_row_was_no_good():
    text = "name,email\nalice,not an address\nalice,a@example.com\n"

    assert names(text) == ["alice"]
    assert [fault[0] for fault in faults(text)] == [2]


def test_a_file_without_a_header_is_told_so():
    reading = people_csv.read("alice,Alice,a@x.org\nbob,Bob,b@x.org\n")

    assert reading.records == ()
    assert [str(fault) for fault in reading.faults] == [
        'line 1, header: the first line must name the columns; no "name" among "alice", "Alice", "a@x.org"'
    ]


@pytest.mark.parametrize("text", ["", "\n\n", " \n", ",,,\n"])
def test_an_empty_file_is_told_so(text):
    assert [fault[:2] for fault in faults(text)] == [(1, "header")]


def test_columns_nobody_asked_for_are_noted_and_not_faults():
    reading = people_csv.read("name,gruops,Cost center\nalice,dba,7\n")

    assert reading.records == (PersonRecord(2, "alice"),)
    assert reading.faults == ()
    assert [str(note) for note in reading.notes] == ["line 1, header: columns not read: gruops, Cost center"]


def test_a_row_with_too_many_values_is_refused_and_a_short_one_filled_up():
    text = "name,display name\nalice,Liddell, Alice\nbob\n"

    assert names(text) == ["bob"]
    assert faults(text) == [(2, "", "has 3 values for 2 columns; quote a value that holds the separator")]


def test_an_open_quote_is_told_where_it_opens():
    text = 'name,display name\nalice,Alice\nbob,"Bob\ncarol,Carol\n'

    assert names(text) == ["alice"]
    assert [fault[0] for fault in faults(text)] == [3]
    assert "never closed" in faults(text)[0][2]


def test_text_behind_a_closing_quote_spoils_its_row_only():
    text = 'name,display name\nalice,"Alice" L.\nbob,Bob\n'

    assert names(text) == ["bob"]
    assert [fault[0] for fault in faults(text)] == [2]


@pytest.mark.parametrize("header", ['"name,email', 'name,"email', '"name"x,email'])
def test_a_header_whose_quoting_is_broken_is_the_fault(header):
    assert [fault[:2] for fault in faults(f"{header}\nalice,a@example.com\n")] == [(1, "header")]


def test_a_value_beyond_all_measure_spoils_its_row_only():
    text = f"name,display name\nalice,{'x' * 200_000}\nbob,Bob\n"

    assert names(text) == ["bob"]
    assert [fault[0] for fault in faults(text)] == [2]


def test_group_names_may_have_blanks_and_each_counts_once():
    [person] = people_csv.read('name,groups\nalice," Site Admins ; ops ;ops;; |dba"\n').records

    assert person.groups == ("Site Admins", "ops", "dba")


@pytest.mark.parametrize(
    "name", ["alice smith", "al\x00ice", "al\u200bice", "al\ufffdice", "a" * 129, "\x1b[31mred"]
)
def test_a_name_that_cannot_be_typed_is_refused(name):
    text = f"name\n{name}\nbob\n"

    assert names(text) == ["bob"]
    assert [fault[:2] for fault in faults(text)] == [(2, "name")]


@pytest.mark.parametrize(
    "name", ["alice", "alice@example.com", "a.b-c_d", "CORP\\alice", "Zoë", "王伟", "o'neill"]
)
def test_the_names_directories_use_are_taken_as_they_are(name):
    assert names(f"name\n{name}\n") == [name]
