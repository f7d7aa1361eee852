from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.rpc import form
from admit.rpc.form import MAX_PAIRS, FormFault

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
"""Anything a parameter may say."""

PIECES = [
    "a",
    "B",
    "1",
    "=",
    "&",
    "+",
    ";",
    "%41",
    "%61",
    "%2B",
    "%26",
    "%3d",
    "%25",
    "%C3%a9",
    "é",
    "\\",
    "\\x41",
    "\\u0041",
]
"""What well-formed forms are made of, with what could be mistaken for something else."""


@given(st.dictionaries(TEXT, TEXT), st.sampled_from([quote, quote_plus]))
def test_a_form_is_read_as_the_standard_library_reads_it(parameters, quote_via):
    raw = urlencode(parameters, quote_via=quote_via)

    assert form.parse(raw.encode()) == dict(parse_qsl(raw, keep_blank_values=True)) == parameters


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_separators_escapes_and_bare_characters_may_come_in_any_order(raw):
    reference = parse_qsl(raw, keep_blank_values=True)

    if len(dict(reference)) == len(reference):
        assert list(form.parse(raw.encode()).items()) == reference
    else:
        with pytest.raises(FormFault, match="more than once"):
            form.parse(raw.encode())


@given(
    st.one_of(
        st.binary(),
        st.lists(st.sampled_from([*PIECES, "%", "%f", "%ff", "%00", "\0"])).map("".join).map(str.encode),
    )
)
def test_bytes_of_any_kind_are_read_or_refused_and_nothing_else(raw):
    try:
        found = form.parse(raw)
    except FormFault:
        return
    assert form.parse(form.write(found.items()).encode()) == found


@pytest.mark.parametrize(
    ("raw", "parameters"),
    [
        (b"", {}),
        (b"DisplayName=", {"DisplayName": ""}),
        (b"Flag", {"Flag": ""}),
        (b"a=1&&b=2&", {"a": "1", "b": "2"}),
        (b"a=b=c", {"a": "b=c"}),
        (b"a%3Db=c", {"a=b": "c"}),
        (b"=b", {"": "b"}),
        (b"Name=alice+b%20c%2Bd", {"Name": "alice b c+d"}),
        ("Name=é".encode(), {"Name": "é"}),
        (b"Text=%F0%9F%94%91%E4%B8%AD", {"Text": "🔑中"}),
        (rb"Path=C:\new%5Cx41", {"Path": r"C:\new\x41"}),
    ],
)
def test_forms_at_the_edge_are_read_the_way_clients_mean_them(raw, parameters):
    assert form.parse(raw) == parameters


@pytest.mark.parametrize(
    "escape", [b"%", b"%4", b"%zz", b"%+1", b"%-1", b"% 41", b"%u0041", b"%4%31", b"%%41", b"4%"]
)
def test_a_malformed_escape_is_refused_and_its_key_named(escape):
    with pytest.raises(FormFault) as fault:
        form.parse(b"Good=1&Bad=" + escape)

    assert fault.value.name == "Bad"
    assert fault.value.why == "is not valid percent-encoded UTF-8"


@pytest.mark.parametrize("escapes", [b"%C3", b"%FF", b"%C0%80", b"%ED%A0%80", b"%E4%B8", b"%F4%90%80%80"])
def test_escapes_that_are_not_utf8_are_refused_in_values_and_in_keys(escapes):
    with pytest.raises(FormFault, match="UTF-8") as in_value:
        form.parse(b"Name=" + escapes)
    with pytest.raises(FormFault, match="UTF-8") as in_key:
        form.parse(escapes + b"=value")

    assert (in_value.value.name, in_key.value.name) == ("Name", "")


@pytest.mark.parametrize("raw", [b"Name=\xff", b"\xc3%A9=1", b"Name=\xed\xa0\x80"])
def test_bare_bytes_that_are_not_utf8_are_refused(raw):
    with pytest.raises(FormFault, match="not valid UTF-8"):
        form.parse(raw)


@pytest.mark.parametrize("raw", [b"Name=a\0b", b"Name=a%00b", b"%00=1"])
def test_a_nul_is_refused_however_it_is_written(raw):
    with pytest.raises(FormFault, match="NUL"):
        form.parse(raw)


def test_an_escaped_percent_sign_before_two_zeros_is_not_a_nul():
    assert form.parse(b"Name=%2500") == {"Name": "%00"}


@pytest.mark.parametrize(
    "raw", [b"Name=a&Name=b", b"Name=a&Name=a", b"Name&Name", b"Name=a&N%61me=b", b"Name=&x=1&Name="]
)
def test_a_repeated_key_is_refused_however_it_is_written(raw):
    with pytest.raises(FormFault, match="more than once") as fault:
        form.parse(raw)

    assert fault.value.name == "Name"


def test_a_form_may_hold_so_many_pairs_and_no_more():
    pairs = [f"Users.{n}.EndUserId=u" for n in range(MAX_PAIRS)]

    assert len(form.parse("&".join(pairs).encode())) == MAX_PAIRS
    with pytest.raises(FormFault, match=str(MAX_PAIRS)):
        form.parse("&".join([*pairs, "One=more"]).encode())
    with pytest.raises(FormFault, match=str(MAX_PAIRS)):
        form.parse(b"&" * 1_000_000)


def test_one_huge_value_is_read_whole():
    assert form.parse(b"Text=" + b"%41" * 500_000) == {"Text": "A" * 500_000}


@given(TEXT)
def test_percent_encoding_leaves_the_unreserved_characters_of_rfc_3986_alone(text):
    assert form.percent_encode(text) == quote(text, safe="-_.~")


def test_percent_encoding_writes_a_star_as_the_signature_wants_it():
    assert form.percent_encode("aZ09-_.~") == "aZ09-_.~"
    assert form.percent_encode("a b*/é") == "a%20b%2A%2F%C3%A9"


@given(st.dictionaries(TEXT, TEXT))
def test_what_is_written_is_read_back_in_its_order(parameters):
    assert list(form.parse(form.write(parameters.items()).encode()).items()) == list(parameters.items())


def test_half_a_surrogate_pair_cannot_be_written():
    with pytest.raises(FormFault, match="Unicode"):
        form.write([("Name", "\ud800")])
