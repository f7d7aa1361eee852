"""A served admit, by the machine's own clock, with a company whose people sign in to what runs beside it."""

import html
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from admit.main import create
from admit.settings import Settings
from tests.served import Caller, serving

PASSWORD = "Correct-Horse-7"


@dataclass
class ServedFirm:
    """alice and tom have accounts in an instance of a served admit."""

    caller: Caller
    url: str
    data: Path
    account: str
    idaas: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"{self.url}/oidc/{self.idaas}"

    def eiam(self, action: str, **parameters: Any) -> dict[str, Any]:
        return self.caller.call("eiam", action, **({"InstanceId": self.idaas} | parameters))

    def furnish(self) -> None:
        self.idaas = self.caller.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
        root = self.eiam("GetRootOrganizationalUnit")["OrganizationalUnit"]["OrganizationalUnitId"]
        for name in ("alice", "tom"):
            made = self.eiam(
                "CreateUser",
                Username=name,
                Password=PASSWORD,
                PrimaryOrganizationalUnitId=root,
                Email=f"{name}@example.com",
                EmailVerified=True,
            )
            self.ids[name] = made["UserId"]
        self.ids["ops"] = self.eiam("CreateGroup", GroupName="ops")["GroupId"]
        self.eiam("AddUsersToGroup", GroupId=self.ids["ops"], UserIds=[self.ids["alice"]])

    def application(self, name: str, back: str, home: str, logout: str) -> tuple[str, str]:
        """A new application, for which the group ops is authorized, and its secret."""
        made = self.eiam(
            "CreateApplication",
            ApplicationName=name,
            ApplicationSourceType="urn:alibaba:idaas:app:source:standard",
            SsoType="oidc",
        )
        app = self.ids[name] = made["ApplicationId"]
        config = {"RedirectUris": [back], "PostLogoutRedirectUris": [home]}
        grants = ["authorization_code", "refresh_token"]
        self.eiam("SetApplicationSsoConfig", ApplicationId=app, OidcSsoConfig=config | {"GrantTypes": grants})
        if logout:
            self.caller.call("admit", "SetApplicationLogoutUri", Application=app, LogoutUri=logout)
        self.grant(name)
        secret = self.eiam("CreateApplicationClientSecret", ApplicationId=app)
        return app, str(secret["ApplicationClientSecret"]["ClientSecret"])

    def grant(self, name: str) -> None:
        self.eiam("AuthorizeApplicationToGroups", ApplicationId=self.ids[name], GroupIds=[self.ids["ops"]])

    def revoke(self, name: str) -> None:
        self.eiam("RevokeApplicationFromGroups", ApplicationId=self.ids[name], GroupIds=[self.ids["ops"]])


def free_port() -> int:
    """A port of this machine that nobody has at this moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served_firm(directory: Path) -> Iterator[ServedFirm]:
    """A company that is served until the block ends."""
    founded = create(Settings(data=directory / "data"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with serving(directory / "data", "--http", f"127.0.0.1:{port}", ADMIT_PUBLIC_URL=url) as served:
        made = ServedFirm(Caller(served.urls["http"], founded), url, directory / "data", founded.account_id)
        made.furnish()
        yield made
        made.caller.connection.close()


@dataclass
class Browsing:
    """A browser without scripts: it follows redirects, and fills in the form where one signs in."""

    name: str
    web: httpx.Client

    def open(self, url: str) -> httpx.Response:
        """Where an address leads in the end."""
        page = self.web.get(url)
        form = FORM.search(page.text)
        if form is None:
            return page
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))
        action = re.search(r'action="([^"]+)"', form[0].partition(">")[0])
        target = urljoin(str(page.url), action[1] if action else str(page.url))
        said = {name: html.unescape(value) for name, value in hidden.items()}
        return self.web.post(target, data={**said, "name": self.name, "password": PASSWORD})


FORM = re.compile(r'<form[^>]*method="post"[^>]*>(?:(?!</form>).)*name="password".*?</form>', re.DOTALL)
"""The form where one signs in."""


@contextmanager
def browsing(name: str) -> Iterator[Browsing]:
    """A new browser of somebody, closed when the block ends."""
    with httpx.Client(follow_redirects=True, timeout=30) as web:
        yield Browsing(name, web)
