"""`admit serve` without any privilege, beside a launcher that is root where there is root."""

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.main import create
from admit.settings import Settings
from admit.streaming.homes import FIRST_UID
from admit.streaming.launcher import SEE_LOG
from admit.streaming.remote import RemoteLauncher
from tests.served import Caller, serving
from tests.streaming.office import Office
from tests.streaming.test_apart import STRANGER, asked, launcher, place, somebody

__all__ = ["place"]

CATALOGUE = """
[terminal]
name = "Terminal"
command = ["sh", "-c", "id -u >$HOME/mine; exec sleep 1000"]
"""
"""What the launcher starts: that of the server names another program by this key."""
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def dropped() -> tuple[str, ...]:
    """What starts a program as somebody without privileges. Its interpreter may lie where only root reads."""
    if os.geteuid() != 0:
        return ()
    user = somebody()
    who = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    reads = ("--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search")
    return ("setpriv", *who, *reads, "--bounding-set=-all,+dac_read_search", "--no-new-privs")


@contextmanager
def firm(place: Path, path: Path) -> Iterator[Office]:
    """A new system, served by somebody without privileges that asks the launcher at ``path``."""
    data = place / "data"
    founded = create(Settings(data=data), SystemClock(), Chance())
    for each in (data, *data.rglob("*")):
        shutil.chown(each, somebody().pw_uid, somebody().pw_gid)
    told = {"ADMIT_STREAMING_LAUNCHER": str(path), "ADMIT_STREAMING_RECORDING": "off"}
    with serving(data, before=dropped(), **told) as served:
        caller = Caller(served.urls["http"], founded)
        yield Office(data, served, caller)
        caller.connection.close()


class Holder:
    """Whoever holds a ticket, at a browser that is none."""

    def __init__(self, office: Office, ticket: str) -> None:
        self._address = office.served.urls["http"]
        status, headers, _ = self.get(f"/stream/open?ticket={ticket}", {})
        assert status == 303
        self.session = headers["location"].rpartition("/")[2]
        self._cookie = {"Cookie": headers["set-cookie"].partition(";")[0]}

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
        """Ask for something of the session."""
        connection = HTTPConnection(self._address, timeout=60)
        connection.request("GET", path, headers=self._cookie if headers is None else headers)
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def file(self, name: str) -> bytes:
        """A file of the home folder, once the program has written it."""
        while name not in [
            each["path"] for each in json.loads(self.get(f"/stream/{self.session}/files")[2])["files"]
        ]:
            pass
        while not (found := self.get(f"/stream/{self.session}/files/{name}")[2]):
            pass
        return found

    def greeting(self) -> bytes:
        """What the screen says first to a page that shows it."""
        connection = HTTPConnection(self._address, timeout=60)
        origin = {"Origin": f"http://{self._address}"}
        connection.request("GET", f"/stream/{self.session}/rfb", headers=self._cookie | UPGRADE | origin)
        assert connection.sock is not None
        with connection.sock.makefile("rb") as answered:
            assert answered.readline().startswith(b"HTTP/1.1 101 ")
            while answered.readline() != b"\r\n":
                pass
            while (head := answered.read(2))[0] != 0x82:
                # What is told beside the screen is text.
                answered.read(head[1])
            found = answered.read(head[1])
        connection.close()
        return found


def test_a_server_without_privileges_has_sessions_of_users_of_their_own_and_a_third_user_has_none(
    place: Path,
):
    with launcher(place, catalogue=CATALOGUE) as path, firm(place, path) as office:
        assert Path("/proc", str(office.served.process.pid)).stat().st_uid == somebody().pw_uid
        name = office.person()
        group, app = office.group(name), office.app("Terminal")
        wanted = {"EndUserId": name, "AppId": app, "AppInstanceGroupIdList": [group]}
        holder = Holder(
            office, office.call("GetConnectionTicket", ProductType="CloudApp", **wanted)["Ticket"]
        )

        assert holder.greeting() == b"RFB 003.008\n"
        # Whoever they are outside, inside everybody is 1000.
        assert holder.file("mine") == b"1000\n"
        (home,) = (place / "homes/homes" / group).iterdir()
        assert {home.stat().st_uid, (home / "mine").stat().st_uid} == {
            FIRST_UID if os.geteuid() == 0 else os.getuid()
        }
        if os.geteuid() == 0:
            refused = [asked(path, STRANGER)]
            # As if the socket's mode had been lost.
            path.chmod(0o777)
            refused.append(asked(path, STRANGER))
            assert refused == [SEE_LOG, SEE_LOG]

        office.authorize(group, UnAuthorizeUserIds=[name])
        # It answers root as well.
        while asyncio.run(RemoteLauncher(str(path)).renew([holder.session])):
            pass
        while not office.sessions(State="ended"):
            pass
        assert office.ended(holder.session)["Outcome"] == "revoked"
        assert holder.get(f"/stream/{holder.session}/files")[0] in (303, 404)
