"""Sending mail, to real SMTP servers on this machine."""

import base64
import socket
import ssl
from contextlib import closing
from dataclasses import replace

import pytest
from aiosmtpd.smtp import AuthResult

from admit.base.authority import create_authority
from admit.base.clock import SystemClock
from admit.base.sealing import Secret
from admit.base.smtp import MailDelayed, MailRefused, MailServer, send
from tests.base.local_mail import MESSAGE_ID, PASSWORD, SENDER, Post, message, serving, text_of


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return create_authority(tmp_path_factory.mktemp("authority"), (), SystemClock().now())


@pytest.fixture(scope="module")
def tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server_certificate, authority.server_key)
    return context


@pytest.fixture
def ca_file(authority):
    return str(authority.authority_certificate)


def password_check(server, session, envelope, mechanism, credentials):
    good = credentials.login == b"admit" and credentials.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False)


# --- sent ---------------------------------------------------------------------------------------------


def test_a_message_arrives_as_it_was_composed():
    post = Post()
    with serving(post) as server:
        send(
            server, message(recipient="Alice Liddell <alice@example.com>", html="<p>You may use <b>db-1</b>.")
        )

    ((_, envelope),) = post.accepted
    assert (envelope.mail_from, envelope.rcpt_tos) == ("admit@example.com", ["alice@example.com"])
    arrived = post.only_message()
    assert arrived["From"] == SENDER
    assert arrived["To"] == "Alice Liddell <alice@example.com>"
    assert arrived["Subject"] == "Access granted"
    assert arrived["Date"] == "Mon, 23 Nov 2026 12:34:56 +0000"
    assert arrived["Message-ID"] == MESSAGE_ID
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert text_of(arrived.get_body(("plain",))) == "You may use db-1.\n"
    assert text_of(arrived.get_body(("html",))) == "<p>You may use <b>db-1</b>.\n"
    assert post.commands[-1] == "QUIT"


def test_text_of_any_script_arrives_over_seven_bits():
    subject, text = "Доступ к db-1 выдан — 访问已授权 🗝 " * 4, "Zugriff läuft ab: 10:10\n.\n..两点开头\n"
    post = Post()
    with serving(post) as server:
        send(server, message(recipient="Ärmelkanal, Łucja <alice@example.com>", subject=subject, text=text))

    ((_, envelope),) = post.accepted
    assert envelope.content.isascii()
    arrived = post.only_message()
    assert arrived["Subject"] == subject.strip()
    assert arrived["To"].addresses[0].display_name == "Ärmelkanal, Łucja"
    assert arrived["To"].addresses[0].addr_spec == "alice@example.com"
    assert text_of(arrived) == text


def test_an_address_of_any_script_is_used_where_the_server_knows_how():
    post = Post()
    with serving(post, enable_SMTPUTF8=True) as server:
        send(server, message(recipient="чеширский@example.com"))

    ((_, envelope),) = post.accepted
    assert envelope.rcpt_tos == ["чеширский@example.com"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_starttls_encrypts_before_the_password_and_the_message(tls, ca_file, host):
    post = Post()
    with serving(post, tls_context=tls, require_starttls=True, authenticator=password_check) as server:
        encrypted = replace(server, host=host, security="starttls", ca_file=ca_file)
        send(replace(encrypted, username="admit", password=Secret(PASSWORD)), message())

    ((session, _),) = post.accepted
    assert session.ssl is not None
    assert session.authenticated


def test_tls_from_the_first_byte_carries_password_and_message(tls, ca_file):
    post = Post()
    # aiosmtpd counts only STARTTLS as TLS when it asks for it before AUTH.
    options = {"ssl_context": tls, "authenticator": password_check, "auth_require_tls": False}
    with serving(post, **options) as server:
        send(
            replace(server, security="tls", ca_file=ca_file, username="admit", password=Secret(PASSWORD)),
            message(),
        )

    ((session, _),) = post.accepted
    assert session.authenticated


def test_a_password_goes_in_clear_to_this_machine_only():
    post = Post()
    with serving(post, authenticator=password_check, auth_require_tls=False) as server:
        send(replace(server, username="admit", password=Secret(PASSWORD)), message())

    ((session, _),) = post.accepted
    assert session.authenticated


@pytest.mark.parametrize("farewell", [{"QUIT": "421 too busy to say goodbye"}, {"dies_at": "QUIT"}])
def test_a_message_once_accepted_is_sent_whatever_follows(farewell):
    post = Post(**farewell)
    with serving(post) as server:
        send(server, message())

    assert len(post.accepted) == 1


# --- refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("MAIL", "550 5.7.1 not from you"),
        ("RCPT", "550 5.1.1 no such user"),
        ("RCPT", "552 5.2.2 mailbox full"),
        ("DATA", "554 5.6.0 looks like spam"),
    ],
)
def test_a_5xx_reply_to_the_message_is_final(command, reply):
    post = Post(**{command: reply})
    with serving(post) as server, pytest.raises(MailRefused) as raised:
        send(server, message())

    assert str(raised.value) == reply
    assert raised.value.code == int(reply[:3])
    assert post.accepted == []


def test_an_address_the_server_cannot_spell_is_final():
    post = Post()
    with (
        serving(post, enable_SMTPUTF8=False) as server,
        pytest.raises(MailRefused, match="SMTPUTF8") as raised,
    ):
        send(server, message(recipient="чеширский@example.com"))

    assert raised.value.code is None
    assert post.commands == []


# --- delayed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("MAIL", "451 4.3.0 try later"),
        ("MAIL", "421 4.3.2 shutting down"),
        ("RCPT", "450 4.2.1 greylisted"),
        ("RCPT", "421 4.3.2 shutting down"),
        ("DATA", "452 4.3.1 disk full"),
        # What the settings can mend is no fault of the message.
        ("MAIL", "530 5.7.0 authentication required"),
        ("MAIL", "538 5.7.11 encryption required"),
    ],
)
def test_a_temporary_reply_asks_for_another_try(command, reply):
    with serving(Post(**{command: reply})) as server, pytest.raises(MailDelayed) as raised:
        send(server, message())

    assert str(raised.value) == reply
    assert raised.value.code == int(reply[:3])


def test_a_server_that_greets_nobody_says_nothing_about_the_message():
    post = Post(EHLO="554 no service here", HELO="554 no service here")
    with serving(post) as server, pytest.raises(MailDelayed, match="554 no service here"):
        send(server, message())


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_dies_in_the_middle_asks_for_another_try(command):
    with serving(Post(dies_at=command)) as server, pytest.raises(MailDelayed, match="closed") as raised:
        send(server, message())
    assert raised.value.code is None


def test_a_port_where_nobody_listens_asks_for_another_try():
    with closing(socket.socket()) as reserved:
        reserved.bind(("127.0.0.1", 0))
        server = MailServer("127.0.0.1", reserved.getsockname()[1], SENDER, security="none")

        with pytest.raises(MailDelayed, match="refused") as raised:
            send(server, message())
    assert raised.value.code is None


def test_a_server_that_says_nothing_is_given_up_after_the_timeout():
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        server = MailServer("127.0.0.1", silent.getsockname()[1], SENDER, security="none", timeout_s=0.1)

        with pytest.raises(MailDelayed, match="timed out"):
            send(server, message())


@pytest.mark.parametrize("host", ["a" * 64 + ".example.com", "a..b"])
def test_a_host_that_cannot_be_a_name_asks_for_another_try(host):
    with pytest.raises(MailDelayed):
        send(MailServer(host, 25, SENDER, security="none"), message())


def test_a_server_without_starttls_is_not_sent_anything_in_clear():
    post = Post()
    with serving(post, authenticator=password_check, auth_require_tls=False) as server:
        strict = replace(server, security="starttls", username="admit", password=Secret(PASSWORD))
        with pytest.raises(MailDelayed, match="STARTTLS"):
            send(strict, message())

    assert post.commands == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_of_another_authority_is_not_sent_anything(tls, tmp_path, security):
    other = create_authority(tmp_path, (), SystemClock().now())
    post = Post()
    options = {"tls_context": tls} if security == "starttls" else {"ssl_context": tls}
    with serving(post, **options) as server:
        strict = replace(server, security=security, ca_file=str(other.authority_certificate))
        with pytest.raises(MailDelayed, match="certificate verify failed"):
            send(strict, message())

    assert post.commands == []


def test_a_server_that_only_the_system_would_have_to_trust_is_not_sent_anything(tls):
    with (
        serving(Post(), tls_context=tls) as server,
        pytest.raises(MailDelayed, match="certificate verify failed"),
    ):
        send(replace(server, security="starttls"), message())


def test_a_server_under_another_name_is_not_sent_anything(tls, ca_file):
    post = Post()
    with (
        serving(post, tls_context=tls) as server,
        pytest.raises(MailDelayed, match=r"not valid for '127\.1'"),
    ):
        send(replace(server, host="127.1", security="starttls", ca_file=ca_file), message())

    assert post.commands == []


def test_a_server_that_speaks_no_tls_at_its_tls_port_asks_for_another_try(ca_file):
    with serving(Post()) as server, pytest.raises(MailDelayed, match="SSL"):
        send(replace(server, security="tls", ca_file=ca_file), message())


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_ca_file_that_cannot_be_used_is_named(tmp_path, content):
    path = tmp_path / "ca.crt"
    if content is not None:
        path.write_text(content)

    with pytest.raises(MailDelayed, match=r"The CA file .*ca\.crt cannot be used: .+"):
        send(MailServer("127.0.0.1", 25, SENDER, ca_file=str(path)), message())


# --- passwords ----------------------------------------------------------------------------------------


def test_a_wrong_password_asks_for_another_try_with_the_server_s_reason(tls, ca_file):
    with serving(Post(), tls_context=tls, authenticator=password_check) as server:
        strict = replace(server, security="starttls", ca_file=ca_file)
        with pytest.raises(MailDelayed, match=r"^535 5\.7\.8 Authentication credentials invalid$"):
            send(replace(strict, username="admit", password=Secret("wrong")), message())


def test_a_server_that_offers_no_auth_asks_for_another_try(tls, ca_file):
    post = Post()
    with serving(post, tls_context=tls, auth_exclude_mechanism=["LOGIN", "PLAIN"]) as server:
        strict = replace(server, security="starttls", ca_file=ca_file)
        with pytest.raises(MailDelayed, match="No suitable authentication method"):
            send(replace(strict, username="admit", password=Secret(PASSWORD)), message())

    assert post.accepted == []


@pytest.mark.parametrize("host", ["mail.example.com", "192.0.2.1", "localhost.example.com"])
def test_a_password_is_never_sent_in_clear_to_another_machine(host):
    server = MailServer(host, 25, SENDER, "admit", Secret(PASSWORD), security="none")

    with pytest.raises(MailDelayed, match="not sent without TLS"):
        send(server, message())


def test_a_password_that_smtp_cannot_spell_is_refused_without_showing_it():
    server = MailServer("127.0.0.1", 25, SENDER, "admit", Secret("pässwörd"), security="none")

    with pytest.raises(MailDelayed, match="must be ASCII") as raised:
        send(server, message())
    assert "ä" not in str(raised.value)


PLAIN = base64.b64encode(f"\0admit\0{PASSWORD}".encode()).decode()
LOGIN = base64.b64encode(PASSWORD.encode()).decode()


@pytest.mark.parametrize("sent", [PASSWORD, PLAIN, LOGIN])
@pytest.mark.parametrize("command", ["AUTH", "MAIL"])
def test_a_password_that_the_server_repeats_is_not_passed_on(sent, command):
    def check(server, session, envelope, mechanism, credentials):
        if command == "AUTH":
            return AuthResult(success=False, handled=False, message=f"535 5.7.8 wrong: {sent}!")
        return AuthResult(success=True)

    post = Post(MAIL=f"550 5.7.8 wrong: {sent}!")
    with (
        serving(post, authenticator=check, auth_require_tls=False) as server,
        pytest.raises((MailDelayed, MailRefused)) as raised,
    ):
        send(replace(server, username="admit", password=Secret(PASSWORD)), message())

    assert raised.value.text == "5.7.8 wrong: ****!"
    assert raised.value.__suppress_context__


def test_a_mail_server_does_not_show_its_password():
    server = MailServer("mail.example.com", 587, SENDER, "admit", Secret(PASSWORD))

    assert PASSWORD not in repr(server)


@pytest.mark.parametrize("half", [{"username": "admit"}, {"password": Secret(PASSWORD)}])
def test_half_of_a_sign_in_is_no_setting(half):
    with pytest.raises(ValueError, match="a user name and a password, or neither"):
        MailServer("mail.example.com", 587, SENDER, **half)


def test_a_long_reply_becomes_one_short_line():
    with (
        serving(Post(MAIL="550-5.7.1 no\r\n550 " + "x" * 480)) as server,
        pytest.raises(MailRefused) as raised,
    ):
        send(server, message())

    assert raised.value.text.startswith("5.7.1 no xxx")
    assert len(raised.value.text) == 300
