"""The server is killed while it hands a message over: it comes, and if it comes twice one can tell."""

import asyncio
import os
import signal
import sqlite3
from contextlib import closing, suppress
from email import message_from_bytes
from http.client import HTTPException
from pathlib import Path
from subprocess import Popen
from threading import Condition

import pytest

from admit.base.clock import SystemClock
from admit.base.smtp import MailServer
from admit.control.founding import Founded
from admit.main import create, open_admit
from admit.settings import Settings
from admit.store import messages
from tests.base import local_mail
from tests.flows.mailing import PRODUCT, office
from tests.served import Caller, Served, serving
from tests.system import System


class Post(local_mail.Post):
    """Takes mail; and kills the sender once, when it has read the end of a message."""

    def __init__(self) -> None:
        super().__init__()
        self.victim: Popen[str] | None = None
        self.takes_it = True
        """Whether the message is accepted whose sender is killed."""
        self.message_ids: list[str] = []
        """Of what was accepted."""
        self._came = Condition()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        victim, self.victim = self.victim, None
        if victim is not None and not self.takes_it:
            victim.kill()
            return "451 not now"
        with self._came:
            self.message_ids.append(str(message_from_bytes(envelope.content)["Message-ID"]))
            self._came.notify_all()
        if victim is not None:
            # It stands still before it is told, and never moves again: it cannot write down what it was told.
            victim.send_signal(signal.SIGSTOP)
            await asyncio.to_thread(os.waitid, os.P_PID, victim.pid, os.WSTOPPED | os.WNOWAIT)
            await server.push("250 OK")
            victim.kill()
        return "250 OK"

    def wait_for(self, many: int) -> list[str]:
        """The Message-IDs of what was accepted, once it is so many."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.message_ids) >= many, timeout=30)
            return list(self.message_ids)


def mailing(server: MailServer) -> dict[str, str]:
    """The settings of a system that sends mail."""
    return {
        "ADMIT_MAIL_HOST": server.host,
        "ADMIT_MAIL_PORT": str(server.port),
        "ADMIT_MAIL_SENDER": server.sender,
        "ADMIT_MAIL_SECURITY": "none",
    }


def arranged(settings: Settings) -> tuple[Founded, str]:
    """A new system with an office, and the ID of its delivery group."""
    founded = create(settings)
    admit = open_admit(settings)
    try:
        return founded, office(System(admit, SystemClock(), founded))
    finally:
        admit.close()


def grant(served: Served, founded: Founded, group: str, name: str) -> None:
    """Have somebody told that they were granted something."""
    caller = Caller(served.urls["http"], founded)
    with closing(caller.connection):
        caller.call(
            PRODUCT,
            "AuthorizeInstanceGroup",
            AppInstanceGroupId=group,
            ProductType="CloudApp",
            AuthorizeUserIds=[name],
        )


def let_the_claim_run_out(settings: Settings) -> None:
    """What two minutes do to a message that a dead sender had claimed."""
    with closing(sqlite3.connect(settings.database_file)) as sql, sql:
        assert sql.execute("update messages set next_at = 0 where state = 'waiting'").rowcount == 1


def stop(served: Served) -> None:
    served.process.terminate()
    assert served.process.wait(30) == 0


def states(settings: Settings) -> dict[str, int]:
    """How many messages are in each state."""
    admit = open_admit(settings)
    try:
        with admit.store.read() as sql:
            return messages.tally(sql)
    finally:
        admit.close()


@pytest.mark.parametrize("takes_it", [True, False], ids=["after it was accepted", "before it was accepted"])
def test_a_sender_killed_while_it_hands_a_message_over_loses_none(tmp_path: Path, *, takes_it: bool) -> None:
    settings, post = Settings(data=tmp_path / "data"), Post()
    founded, group = arranged(settings)
    with local_mail.serving(post) as server:
        environment = mailing(server)
        with serving(settings.data, **environment) as served:
            post.victim, post.takes_it = served.process, takes_it
            # Killed, it may not come to answer any more.
            with suppress(OSError, HTTPException):
                grant(served, founded, group, "alice")
            assert served.process.wait(30) == -signal.SIGKILL
        assert states(settings) == {"waiting": 1}
        assert len(post.message_ids) == int(takes_it)

        let_the_claim_run_out(settings)
        with serving(settings.data, **environment) as served:
            came = post.wait_for(2 if takes_it else 1)
            stop(served)
        assert states(settings) == {"sent": 1}
        assert len(set(came)) == 1, "whoever reads it twice can tell by its Message-ID"

        with serving(settings.data, **environment) as served:
            grant(served, founded, group, "tom")
            later = post.wait_for(len(came) + 1)
            stop(served)
        # What was due before would have come before.
        assert later[:-1] == came
        assert later[-1] not in came
        assert post.message_ids == later
        assert states(settings) == {"sent": 2}
