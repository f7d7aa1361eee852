"""Composing mail: whatever names and subjects hold, a message has one recipient and no line of theirs."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from admit.base.smtp import MailRefused, MailServer, compose
from tests.base.local_mail import LETTER, MESSAGE_ID, MOMENT, SENDER, message, text_of


@pytest.mark.parametrize(
    "address",
    [
        "",
        "alice",
        "@example.com",
        "alice@",
        "alice@@example.com",
        "alice@example..com",
        "alice@example.com, bob@example.com",
        "alice@example.com\nBcc: bob@example.com",
        "alice@example.com\r\n\r\nHello",
        "<alice@example.com> bob@example.com",
        "Alice <alice@example.com",
        "alice@example.com>",
        "alice@example.com> NOTIFY=NEVER",
        "=?utf-8?q?alice=0ABcc=3Abob?=@example.com",
        "alice\x00@example.com",
        "ali ce@example.com",
        "team: alice@example.com;",
    ],
)
def test_what_is_not_one_address_is_final(address):
    with pytest.raises(MailRefused, match="The recipient is not a mail address") as raised:
        message(recipient=address)
    assert "\n" not in str(raised.value)
    with pytest.raises(MailRefused, match="The sender is not a mail address"):
        compose(address, LETTER, MESSAGE_ID, MOMENT)
    with pytest.raises(ValueError, match="sender is not a mail address"):
        MailServer("127.0.0.1", 25, address)


HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"}
HEADERS |= {"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}

hostile = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            ["\n", "\r\n", "\r", "\u2028", "\x85", "\x0b", "\x00", "Bcc: eve@example.com", ":", " "]
        ),
        st.sampled_from(
            ["=?utf-8?q?=0ABcc=3A_eve?=", "=?utf-8?b?CkJjYzogZXZl?=", "=?", "?=", '"', "\\", ",", ";"]
        ),
        st.sampled_from(["x" * 100, "é" * 60, "<", "(", ")"]),
    ),
    max_size=8,
).map("".join)


def parsed(composed):
    return message_from_bytes(composed.as_bytes(), policy=default)


def read(header):
    """What a reader shows of a header as it is on the wire."""
    return str(make_header(decode_header(header)))


@given(subject=hostile)
@example(subject="=?utf-8?q?granted=0ABcc=3A_eve=40example=2Ecom?=")
@example(subject="granted\r\nBcc: eve@example.com\r\n\r\nclick here")
@example(subject="x\n" * 50)
def test_no_subject_adds_a_header_or_a_line(subject):
    arrived = parsed(message(subject=subject))

    assert sorted(arrived.keys()) == sorted(HEADERS)
    assert text_of(arrived) == LETTER.text
    assert not set(str(arrived["Subject"])) & set("\r\n\x00\x85\u2028")


@given(subject=st.text(max_size=1500), name=st.text(max_size=1500))
@example(subject="x" * 1500, name="y" * 1500)
def test_no_line_is_longer_than_smtp_allows(subject, name):
    name = name.replace("<", "")
    wire = message(subject=subject, recipient=f"{name} <alice@example.com>").as_bytes()

    assert wire.isascii()
    assert max(map(len, wire.split(b"\r\n"))) <= 78


@given(name=hostile)
@example(name="=?utf-8?q?Alice=0ABcc=3A_eve=40example=2Ecom?=")
@example(name='Alice" <eve@example.com>, "')
def test_no_name_adds_a_header_or_a_recipient(name):
    arrived = parsed(message(recipient=f"{name} <alice@example.com>"))

    assert sorted(arrived.keys()) == sorted(HEADERS)
    assert [address.addr_spec for address in arrived["To"].addresses] == ["alice@example.com"]
    assert text_of(arrived) == LETTER.text


printable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@given(words=st.lists(printable, min_size=1, max_size=12))
def test_a_subject_without_tricks_arrives_letter_by_letter(words):
    subject = " ".join(words).replace("=?", "")

    assert parsed(message(subject=subject))["Subject"] == subject


unquoted = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters='"\\<?'), min_size=1, max_size=30
)


@given(words=st.lists(unquoted, min_size=1, max_size=12))
@example(words=["Иван", "Петрович", "Сидоров-Задунайский-Заволжский", "Второй"])
@example(words=["x" * 30, "(O'Neil)", "y" * 30])
def test_a_name_arrives_letter_by_letter(words):
    name = " ".join(words)
    wire = message_from_bytes(message(recipient=f"{name} <alice@example.com>").as_bytes())

    shown, _, address = read(wire["To"]).rpartition(" ")
    assert address == "<alice@example.com>"
    assert shown.removeprefix('"').removesuffix('"') == name


@given(text=st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=200))
def test_text_arrives_letter_by_letter(text):
    assert text_of(parsed(message(text=text + "\n"))) == text + "\n"


@pytest.mark.parametrize(
    "message_id",
    ["", "42@admit", "<42>", "<4 2@admit>", "<42@admit>\nBcc: eve@example.com", "<=?utf-8?q?=0A?=@x>"],
)
def test_a_message_id_of_another_form_is_a_mistake(message_id):
    with pytest.raises(ValueError, match="message id has the form"):
        compose(SENDER, LETTER, message_id, MOMENT)


def test_a_long_message_id_is_not_altered():
    message_id = f"<{'7' * 90}@{'a' * 60}.example.com>"

    assert parsed(compose(SENDER, LETTER, message_id, MOMENT))["Message-ID"] == message_id
