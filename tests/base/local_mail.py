"""A message, and an SMTP server of this machine that takes or refuses it."""

from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller

from admit.base.smtp import Letter, MailServer, compose

SENDER = "admit <admit@example.com>"
LETTER = Letter("alice@example.com", "Access granted", "You may use db-1.\n")
MESSAGE_ID = "<42.0.7@admit.example.com>"
MOMENT = 1_795_437_296_789
PASSWORD = "swordfish-91"


def message(**changes):
    return compose(SENDER, replace(LETTER, **changes), MESSAGE_ID, MOMENT)


def text_of(part):
    return part.get_content().replace("\r\n", "\n")


class Post:
    """What the server does: accepts every message, unless told what to reply, or to die, at a command."""

    def __init__(self, *, dies_at="", **replies):
        self.accepted = []
        self.dies_at = dies_at
        self.replies = replies
        self.commands = []

    def _reply(self, server, command, otherwise="250 OK"):
        self.commands.append(command)
        if command == self.dies_at:
            server.transport.abort()
        return self.replies.get(command, otherwise)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        return [self._reply(server, "EHLO")] if "EHLO" in self.replies else responses

    async def handle_HELO(self, server, session, envelope, hostname):  # noqa: N802
        session.host_name = hostname
        return self._reply(server, "HELO")

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return self._reply(server, "MAIL")

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self._reply(server, "RCPT")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        reply = self._reply(server, "DATA")
        if reply.startswith("250"):
            self.accepted.append((session, envelope))
        return reply

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        return self._reply(server, "QUIT", "221 Bye")

    def only_message(self):
        ((_, envelope),) = self.accepted
        return message_from_bytes(envelope.content, policy=default)


class LocalServer(Controller):
    """On a port of the system's choice."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serving(post, **options):
    server = LocalServer(post, hostname="127.0.0.1", port=0, **options)
    server.start()
    try:
        yield MailServer("127.0.0.1", server.port, SENDER, security="none", timeout_s=10)
    finally:
        server.stop()
