"""How fast sign-ins to web applications end: real ones through a real server, cut by every kind of change.

The time runs from before the call is sent until the application has the whole logout token. It holds the
call, its commit, the signing and all that the server does for it on the same machine. Codes and tokens are
dead before that: each use asks anew.
"""

import argparse
import asyncio
import base64
import hashlib
import http.client
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.main import create
from admit.rpc.signing import SigningKey
from admit.settings import Settings
from bench.ends import BY_THE_CLOCK, Cut, ends
from bench.office import now_ms
from bench.served import Served, Signer, admit_serve, serving

PASSWORD = "Correct-Horse-7"  # noqa: S105 - it opens nothing
BACK = "https://wiki.example.com/callback"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SOON_MS = 3_000


@dataclass
class Application:
    """An application's server: it notes when it was told."""

    heard: list[float] = field(default_factory=list)
    wanted: int = 0
    all_heard: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    def await_so_many(self, count: int) -> None:
        """Begin to count anew."""
        self.heard.clear()
        self.wanted = count
        self.all_heard.clear()

    async def listen(self) -> asyncio.Server:
        """Take logout tokens."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            length = next(
                int(each.split(b":")[1]) for each in head if each.lower().startswith(b"content-length")
            )
            await reader.readexactly(length)
            self.heard.append(now_ms())
            if len(self.heard) == self.wanted:
                self.all_heard.set()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
        writer.close()


async def _head(reader: asyncio.StreamReader) -> list[bytes]:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[:-2]
    except (asyncio.IncompleteReadError, asyncio.CancelledError):
        return []


@dataclass
class Firm:
    """People in a group for which an application is authorized."""

    served: Served
    signer: Signer
    people: int
    ids: dict[str, str] = field(default_factory=dict)
    users: list[str] = field(default_factory=list)
    secret: str = ""

    def call(self, product: str, action: str, **parameters: str) -> dict[str, object]:
        """Make a signed call."""
        host, port = self.served.address.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        connection.connect()
        if connection.sock is None:
            raise RuntimeError("there is no connection")
        connection.sock.sendall(self.signer.request(product, action, **parameters))
        answer = http.client.HTTPResponse(connection.sock)
        answer.begin()
        told: dict[str, object] = msgspec.json.decode(answer.read())
        connection.close()
        if answer.status != http.client.OK:
            raise RuntimeError(str(told))
        return told

    def eiam(self, action: str, **parameters: str) -> dict[str, object]:
        """The same about the instance."""
        return self.call("eiam", action, InstanceId=self.ids["idaas"], **parameters)

    def furnish(self, logout: str) -> None:
        """Make the people, their group and the application."""
        self.ids["idaas"] = _text(self.call("eiam", "ListInstances"), "Instances", 0, "InstanceId")
        root = _text(self.eiam("GetRootOrganizationalUnit"), "OrganizationalUnit", "OrganizationalUnitId")
        self.ids["group"] = _text(self.eiam("CreateGroup", GroupName="staff"), "GroupId")
        for number in range(self.people):
            made = self.eiam(
                "CreateUser", Username=f"user-{number}", Password=PASSWORD, PrimaryOrganizationalUnitId=root
            )
            self.users.append(_text(made, "UserId"))
        source = "urn:alibaba:idaas:app:source:standard"
        made = self.eiam(
            "CreateApplication", ApplicationName="wiki", ApplicationSourceType=source, SsoType="oidc"
        )
        self.ids["app"] = _text(made, "ApplicationId")
        config = {"OidcSsoConfig.RedirectUris.1": BACK}
        self.eiam("SetApplicationSsoConfig", ApplicationId=self.ids["app"], **config)
        self.call("admit", "SetApplicationLogoutUri", Application=self.ids["app"], LogoutUri=logout)
        made = self.eiam("CreateApplicationClientSecret", ApplicationId=self.ids["app"])
        self.secret = _text(made, "ApplicationClientSecret", "ClientSecret")

    def give(self) -> None:
        """Let everybody have access, by the one grant to their group."""
        listed = {f"UserIds.{number}": each for number, each in enumerate(self.users, 1)}
        self.eiam("AddUsersToGroup", GroupId=self.ids["group"], **listed)
        self.call("admit", "GrantAccess", Subject="group:staff", Resource=f"app:{self.ids['app']}")

    def revoke(self) -> None:
        """Take the grant back."""
        self.call("admit", "RevokeAccess", Subject="group:staff", Resource=f"app:{self.ids['app']}")

    def leave(self) -> None:
        """Take everybody out of the group."""
        listed = {f"UserIds.{number}": each for number, each in enumerate(self.users, 1)}
        self.eiam("RemoveUsersFromGroup", GroupId=self.ids["group"], **listed)

    def switch_off(self) -> None:
        """Let nobody sign in to the application."""
        self.eiam("DisableApplicationSso", ApplicationId=self.ids["app"])

    def switch_on(self) -> None:
        """Let people again."""
        self.eiam("EnableApplicationSso", ApplicationId=self.ids["app"])

    def end_soon(self) -> int:
        """Let the grant end in some seconds; when."""
        end = SystemClock().now() + SOON_MS
        word = {"Subject": "group:staff", "Resource": f"app:{self.ids['app']}", "EndTime": str(end)}
        self.call("admit", "GrantAccess", **word)
        return end

    def sign_in(self) -> None:
        """Let everybody sign in to the application."""
        for number in range(self.people):
            with httpx.Client(base_url=f"http://{self.served.address}", timeout=60) as browser:
                browser.post(
                    "/sign-in", data={"name": f"user-{number}", "password": PASSWORD, "next": "/home"}
                )
                self._sign_in(browser)

    def _sign_in(self, browser: httpx.Client) -> None:
        asked = {
            "response_type": "code",
            "client_id": self.ids["app"],
            "redirect_uri": BACK,
            "scope": "openid",
        }
        asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        place = f"/oidc/{self.ids['idaas']}"
        sent = browser.get(f"{place}/authorize?{urlencode(asked)}").headers["location"]
        shown = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
        shown["code"] = parse_qs(urlsplit(sent).query)["code"][0]
        tokens = browser.post(f"{place}/token", data=shown, auth=(self.ids["app"], self.secret))
        tokens.raise_for_status()


def _text(told: object, *path: str | int) -> str:
    for step in path:
        told = told[step]  # type: ignore[index]  # it is as the operation says
    return str(told)


async def _cut(firm: Firm, application: Application, change: Callable[[], int | None]) -> Cut:
    """Let everybody sign in, and end it for all."""
    await asyncio.to_thread(firm.give)
    await asyncio.to_thread(firm.sign_in)
    application.await_so_many(firm.people)
    began, cpu_s = now_ms(), firm.served.cpu_s()
    end = await asyncio.to_thread(change)
    await application.all_heard.wait()
    return Cut.of(application.heard, end or began, firm.served.cpu_s() - cpu_s)


async def _measured(firm: Firm) -> dict[str, Cut]:
    application = Application()
    server = await application.listen()
    await asyncio.to_thread(firm.furnish, f"http://127.0.0.1:{application.port}/logged-out")
    found = {
        "RevokeAccess": await _cut(firm, application, firm.revoke),
        "RemoveUsersFromGroup": await _cut(firm, application, firm.leave),
        "DisableApplicationSso": await _cut(firm, application, firm.switch_off),
    }
    await asyncio.to_thread(firm.switch_on)
    found[BY_THE_CLOCK] = await _cut(firm, application, firm.end_soon)
    server.close()
    return found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.sign_in_cuts", description=__doc__)
    parser.add_argument("--people", type=int, default=50, help="who are signed in, once each (50)")
    asked = parser.parse_args()
    Path("var").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="var", prefix="sign-ins-") as directory:
        place = Path(directory)
        founded = create(Settings(data=place / "data"))
        key = SigningKey(founded.access_key_id, founded.access_key_secret)
        with serving(admit_serve(place / "data"), place / "log") as served:
            firm = Firm(served, Signer(served.address, key, Chance()), asked.people)
            found = asyncio.run(_measured(firm))
    print(ends("sign-in", found))


if __name__ == "__main__":
    main()
