import pytest

from admit.imports import rules
from admit.imports.records import Unfit


@pytest.mark.parametrize(
    "text",
    [
        "alice@example.com",
        "alice+admit@mail.example.co.uk",
        "o'neill@example.ie",
        "alice@localhost",
        "zoë@bücher.example",
        " alice@example.com ",
    ],
)
def test_an_email_address_is_taken_without_its_blanks(text):
    assert rules.email(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "alice",
        "alice@",
        "@example.com",
        "a@b@example.com",
        "alice@example..com",
        ".alice@example.com",
        "alice.@example.com",
        "alice@-example.com",
        "Alice <alice@example.com>",
        "alice@example.com, bob@example.com",
        "alice@exam ple.com",
        "alice@example.com\ufffd",
        "a" * 250 + "@example.com",
    ],
)
def test_what_is_no_email_address_is_refused(text):
    with pytest.raises(Unfit):
        rules.email(text)


@pytest.mark.parametrize(
    "text",
    ["+1 (555) 010-9999", "030 123456", "555.123.4567 x89", "+49-30-123/45", "112", "(0)30 1234 ext. 5"],
)
def test_a_telephone_number_is_taken_as_people_write_it(text):
    assert rules.phone(text) == text


@pytest.mark.parametrize("text", ["4.91E+12", "none", "+", "12", "call 555 1234", "1" * 40])
def test_what_is_no_telephone_number_is_refused(text):
    with pytest.raises(Unfit):
        rules.phone(text)


@pytest.mark.parametrize("text", ["1", "22", " 65535 ", "0022"])
def test_a_port_is_a_number(text):
    assert rules.port(text) == int(text)


@pytest.mark.parametrize("text", ["0", "65536", "-1", "ssh", "22.0", "0x16", "٢٢", "", "1" * 5000])
def test_what_is_no_port_is_refused(text):
    with pytest.raises(Unfit):
        rules.port(text)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("db-1", ("db-1", None)),
        ("db-1.example.com.", ("db-1.example.com.", None)),
        ("db_1:2222", ("db_1", 2222)),
        ("10.0.0.1", ("10.0.0.1", None)),
        ("10.0.0.1:22", ("10.0.0.1", 22)),
        ("2001:db8::1", ("2001:db8::1", None)),
        ("[2001:db8::1]", ("2001:db8::1", None)),
        ("[2001:db8::1]:2222", ("2001:db8::1", 2222)),
        ("fe80::1%eth0", ("fe80::1%eth0", None)),
        ("::1", ("::1", None)),
    ],
)
def test_an_address_is_taken_apart(text, taken):
    assert rules.address_and_port(text) == taken


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.256",
        "10.0.0",
        "300.1.1.1:22",
        "-db",
        "db-",
        "db..example",
        "db 1",
        "db/1",
        "[db-1]:22",
        "[2001:db8::1",
        "2001:db8::1:::22",
        "db-1:",
        "db-1:ssh",
        ":22",
        "http://db-1",
        "a" * 64,
        ".".join(["a" * 60] * 5),
        "root@db-1",
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(Unfit):
        rules.address_and_port(text)


def test_a_remark_is_on_one_line_and_ends_at_the_limit_of_the_wire():
    assert rules.comment("  first\n second\t") == "first second"
    with pytest.raises(Unfit):
        rules.comment("x" * 501)
