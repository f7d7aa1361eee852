"""What a name before the @ means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.porter.names import LONGEST_PART, NameRefused, Wanted, parse, person_of

PARTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="+"),
    min_size=1,
    max_size=60,
)


@given(PARTS, PARTS, PARTS)
def test_three_parts_are_person_account_and_host(person, account, host):
    assert parse(f"{person}+{account}+{host}") == Wanted(person, account, host)


@given(PARTS, PARTS, PARTS, PARTS)
def test_an_account_may_have_the_separator_in_its_name(person, one, other, host):
    assert parse(f"{person}+{one}+{other}+{host}").account == f"{one}+{other}"


@given(st.text(max_size=700))
def test_a_name_is_refused_or_means_one_thing(text):
    try:
        wanted = parse(text)
    except NameRefused:
        return
    assert wanted.person == person_of(text) != ""
    parts = (wanted.person, wanted.account or "", wanted.host or "")
    assert max(map(len, parts)) <= LONGEST_PART


def test_what_is_left_out_is_to_be_found_out():
    assert parse("alice") == Wanted("alice", None, None)
    assert parse("alice+db-1") == Wanted("alice", None, "db-1")
    assert parse("alice++db-1") == Wanted("alice", "", "db-1")


@pytest.mark.parametrize(
    "text", ["", "+", "+root+db-1", "alice+", "alice+root+", "a\nb", "a+b\x1b+c", "a" * 256]
)
def test_what_cannot_be_meant_is_refused(text):
    with pytest.raises(NameRefused):
        parse(text)
