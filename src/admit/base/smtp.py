"""One message to one recipient over SMTP: sent, refused for good, or to be tried again."""

import base64
import contextlib
import ipaddress
import re
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Final, Literal

from admit.base.sealing import Secret
from admit.core.validity import SECOND, Millis

TEXT_LIMIT: Final = 300
"""The characters kept of a server's reply."""

LACKING_TLS_OR_AUTH: Final = frozenset({530, 534, 535, 538})
"""Replies to MAIL that ask for TLS or AUTH (RFC 3207 §4, RFC 4954 §6): settings, not this message."""

LINE_LIMIT: Final = 78
"""The characters of a line without its end (RFC 5322 §2.1.1)."""

# Atoms as RFC 5321 has them, letters of any script (RFC 6531); no quoted local parts, no literals.
_ATOM: Final = r"[^\s\x00-\x20\x7f()<>@,;:\\\".\[\]]+"
_ADDRESS: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_ATOM}(?:\.{_ATOM})*)")
_MESSAGE_ID: Final = re.compile(r"<[!-;=A-Z\[-~]+@[!-;=A-Z\[-~]+>")
_BLANK: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


class MailFailure(Exception):
    """A message that was not sent. Raised only as one of the two kinds below.

    Its text is one line and holds no secret; ``code`` is the server's reply code, or
    None where no reply was the reason.
    """

    def __init__(self, code: int | None, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return self.text if self.code is None else f"{self.code} {self.text}"


class MailRefused(MailFailure):
    """This message will never be accepted: its sender, recipient or content was refused."""


class MailDelayed(MailFailure):
    """Not sent this time, worth another try: connection, TLS, authentication, or a 4xx reply.

    After a connection lost at the very end the message may have arrived all the same.
    """


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server, and how to be let in there."""

    host: str
    port: int
    sender: str
    """An address, or a name and an address: ``admit <admit@example.com>``."""
    username: str | None = None
    password: Secret | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    """starttls: required, never passed over. tls: from the first byte. none: nothing is encrypted."""
    ca_file: str | None = None
    """Trust only the certificates in this PEM file; None: those the system trusts."""
    timeout_s: float = 30.0
    """For the connection, and for each reply."""

    def __post_init__(self) -> None:
        if (self.username is None) != (self.password is None):
            raise ValueError("a mail server needs a user name and a password, or neither")
        try:
            _mailbox("sender", self.sender)
        except MailRefused:
            raise ValueError("the mail server's sender is not a mail address") from None


@dataclass(frozen=True, slots=True)
class Letter:
    """What one recipient is told."""

    recipient: str
    """An address, or a name and an address."""
    subject: str
    text: str
    html: str | None = None
    """The same for those who read HTML."""


class _Wire(EmailPolicy):
    """How a message is written: seven bits, and names and subjects letter by letter.

    The folding of EmailPolicy itself loses or adds spaces between encoded words (seen in
    Python 3.11); that of the older ``email.header`` does not.
    """

    def fold(self, name: str, value: str) -> str:
        if isinstance(value, AddressHeader):
            (address,) = value.addresses
            text = str(address)
            if not _fits(name, text) and address.display_name:
                text = f"{self._encoded(name, address.display_name)}{self.linesep} <{address.addr_spec}>"
        elif name == "Subject":
            text = value if _fits(name, value) else self._encoded(name, value)
        else:
            return str(super().fold(name, value))
        return f"{name}: {text}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii")

    def _encoded(self, name: str, text: str) -> str:
        return Header(text, "utf-8", LINE_LIMIT, header_name=name).encode(linesep=self.linesep)


def _fits(name: str, text: str) -> bool:
    return text.isascii() and len(f"{name}: {text}") <= LINE_LIMIT


_WIRE: Final = _Wire(linesep="\r\n", cte_type="7bit")


def compose(sender: str, letter: Letter, message_id: str, date: Millis) -> EmailMessage:
    """The message as it goes on the wire: ASCII headers, UTF-8 text, marked as automatic.

    Line ends and control characters in names and the subject become a space, so that
    they cannot start a header of their own.

    Raises:
        MailRefused: the sender or the recipient is not a mail address.
        ValueError: ``message_id`` is not of the form ``<left@right>``.
    """
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("a message id has the form <left@right>")
    message = EmailMessage(policy=_WIRE)
    message["From"] = _mailbox("sender", sender)
    message["To"] = _mailbox("recipient", letter.recipient)
    message["Subject"] = _header_text(letter.subject)
    message["Date"] = datetime.fromtimestamp(date // SECOND, UTC)
    message["Message-ID"] = message_id
    # RFC 3834: absence notes and the like do not answer.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    return message


def send(server: MailServer, message: EmailMessage) -> None:
    """Hand a message of :func:`compose` to the server, which has it once this returns.

    Blocks, for up to a few times ``timeout_s``.

    Raises:
        MailRefused: the server, or the form of an address, refuses this message for good.
        MailDelayed: anything else; the same message may be sent again.
    """
    sender = _mailbox("sender", server.sender).addr_spec
    recipient = _mailbox("recipient", str(message["To"])).addr_spec
    connection = _reached(server)
    try:
        connection.send_message(message, sender, [recipient])
        _say_goodbye(connection)
    except (OSError, ValueError) as error:
        raise _verdict(server, error) from None
    finally:
        connection.close()


def reach(server: MailServer) -> None:
    """Connect, encrypt and sign in as for a message, and leave again.

    Raises:
        MailDelayed: one of these failed.
    """
    with contextlib.closing(_reached(server)) as connection:
        _say_goodbye(connection)


def _reached(server: MailServer) -> smtplib.SMTP:
    # Every error of smtplib, ssl and socket is an OSError; text that cannot be encoded is a ValueError.
    try:
        return _connect(server)
    except (OSError, ValueError) as error:
        raise MailDelayed(*_reason(server, error)) from None


def _connect(server: MailServer) -> smtplib.SMTP:
    """A connection that is encrypted and signed in as the settings ask, or none."""
    user, password = server.username, server.password
    if password is not None and server.security == "none" and not _loopback(server.host):
        raise MailDelayed(None, "A password is not sent without TLS: set security to starttls or tls.")
    if user is not None and password is not None and not (user + password.reveal()).isascii():
        # Found here, since the error of the library would show a part of it.
        raise MailDelayed(None, "A mail server's user name and password must be ASCII.")
    tls = None if server.security == "none" else _tls(server)
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=server.timeout_s, context=tls
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
    try:
        if server.security == "starttls":
            connection.starttls(context=tls)
        if user is not None and password is not None:
            connection.login(user, password.reveal())
    except BaseException:
        connection.close()
        raise
    return connection


def _tls(server: MailServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except OSError as error:
        raise MailDelayed(None, f"The CA file {server.ca_file} cannot be used: {error.strerror}.") from None


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say_goodbye(connection: smtplib.SMTP) -> None:
    # The message is accepted: whatever goes wrong now must not make it look unsent.
    with contextlib.suppress(OSError):
        connection.quit()


def _verdict(server: MailServer, error: OSError | ValueError) -> MailFailure:
    code, text = _reason(server, error)
    answers_message = isinstance(
        error, smtplib.SMTPSenderRefused | smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError
    )
    if answers_message and code is not None and code >= 500 and code not in LACKING_TLS_OR_AUTH:
        return MailRefused(code, text)
    # An address beyond ASCII at a server without SMTPUTF8, or text that cannot be encoded at all.
    if isinstance(error, smtplib.SMTPNotSupportedError | ValueError):
        return MailRefused(None, text)
    return MailDelayed(code, text)


def _reason(server: MailServer, error: OSError | ValueError) -> tuple[int | None, str]:
    """The server's code if it gave one, and one line of what it said or what broke."""
    code, reply = None, str(error) or type(error).__name__
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = _reply(*next(iter(error.recipients.values())))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, reply = _reply(error.smtp_code, error.smtp_error)
    return code, _BLANK.sub(" ", _without_secrets(server, reply)).strip()[:TEXT_LIMIT]


def _reply(code: int, text: bytes | str) -> tuple[int | None, str]:
    shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
    # smtplib gives -1 for a reply that is none.
    return (code if 200 <= code <= 599 else None), shown


def _without_secrets(server: MailServer, text: str) -> str:
    # Some servers repeat in their reply what they were sent.
    if server.username is None or server.password is None:
        return text
    password = server.password.reveal()
    for sent in (f"\0{server.username}\0{password}", password):
        text = text.replace(base64.b64encode(sent.encode()).decode(), "****")
    return text.replace(password, "****") if password else text


def _mailbox(role: str, text: str) -> Address:
    """``local@domain`` or ``Some Name <local@domain>``, read strictly: one mailbox and nothing else."""
    shown = _header_text(text)
    name, bracket, rest = shown.rpartition("<")
    address = _ADDRESS.fullmatch(rest.removesuffix(">") if bracket else rest)
    if address is None or bool(bracket) != shown.endswith(">"):
        raise MailRefused(None, f"The {role} is not a mail address.")
    return Address(name.strip().strip('"'), address[1], address[2])


def _header_text(text: str) -> str:
    # The email package decodes what looks like an encoded word ("=?"), and with it a hidden line end.
    return _BLANK.sub(" ", text).strip().replace("=?", "= ?")
