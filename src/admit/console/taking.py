"""People and hosts out of a file: shown first, then brought in line by line with what became of each."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admit.base.chance import ID_LETTERS, Chance
from admit.console.deeds import BASTION
from admit.console.desk import Desk, Refused, Visit
from admit.imports.read import read_hosts, read_people
from admit.imports.records import HostRecord, PersonRecord, Reading
from admit.pages.site import protected

MOST = 5_000
"""How many lines one file may bring in here; ``admit import`` takes any number."""
THERE = ("Exist", "Duplicate", "Repeat")
"""What the codes contain that say that something is there already."""
CUT = "<!-- lines -->"
"""Where in the page the lines stand."""


@dataclass(frozen=True, slots=True)
class File:
    """What was pasted or uploaded."""

    kind: str
    instance: str
    name: str
    text: str

    def read(self) -> Reading[PersonRecord] | Reading[HostRecord]:
        """The records in it."""
        content = self.text.encode()
        if self.kind == "hosts":
            return read_hosts(content, self.name)
        return read_people(content, self.name)


async def ask(desk: Desk, request: Request) -> Response:
    """The form."""
    visit = await desk.visit(request)
    return await _form(visit, File("people", "", "", ""))


async def _form(visit: Visit, file: File, fault: str = "", status: int = 200) -> Response:
    bastions = (await visit.call("ListThings", Kinds=["bastion"], MaxResults=50))["Things"]
    return visit.page("import.html", file=file, bastions=bastions, reading=None, fault=fault, code=status)


async def take(desk: Desk, request: Request) -> Response:
    """A file was sent: show what is in it, or bring it in if that was shown."""
    visit = await desk.visit(request)
    sent = await visit.form()
    file = await _file(sent)
    try:
        reading = file.read()
    except (UnicodeDecodeError, ValueError) as unreadable:
        return await _form(visit, file, str(unreadable), 400)
    if len(reading.records) > MOST:
        many = visit.reader.text("More than {n} lines: use admit import.", n=MOST)
        return await _form(visit, file, many, 400)
    if not file.text.strip():
        return await _form(visit, file, visit.reader.text("There is nothing in it."), 400)
    if sent.get("step") == "sure":
        return _streamed(visit, file, reading.records)
    return visit.page("import.html", file=file, bastions=[], reading=reading, fault="")


async def _file(sent: FormData) -> File:
    text, name = str(sent.get("text", "")), str(sent.get("name", ""))
    uploaded = sent.get("file")
    if isinstance(uploaded, UploadFile) and uploaded.filename:
        text, name = (await uploaded.read()).decode("utf-8-sig", "replace"), uploaded.filename
    kind = "hosts" if sent.get("kind") == "hosts" else "people"
    return File(kind, str(sent.get("instance", "")), name or f"{kind}.csv", text)


# -- bringing in -------------------------------------------------------------------------------------


def _streamed(visit: Visit, file: File, records: Sequence[Any]) -> Response:
    """The page, line by line as it happens: whoever waits sees how far it is, without any script."""
    page = visit.page("imported.html", file=file, many=len(records))
    head, _, foot = bytes(page.body).decode().partition(CUT)

    async def lines() -> AsyncIterator[str]:
        yield head
        bringing = _Bringing(visit, file.instance, visit.desk.site.world.chance)
        for number, record in enumerate(records, 1):
            became = await bringing.bring(record)
            yield visit.desk.site.fragment(
                visit.request,
                "console/imported_line.html",
                {"record": record, "became": became, "number": number, "many": len(records)},
            )
        yield foot

    return StreamingResponse(lines(), media_type="text/html", headers=protected({}))


class _Bringing:
    """One file on its way into one bastion host."""

    def __init__(self, visit: Visit, instance: str, chance: Chance) -> None:
        self._visit = visit
        self._instance = instance
        self._chance = chance
        self._groups: dict[str, str] | None = None

    async def bring(self, record: PersonRecord | HostRecord) -> tuple[str, str]:
        """What became of one record: made, there already, or refused, and why."""
        try:
            if isinstance(record, HostRecord):
                return await self._host(record)
            return await self._person(record)
        except Refused as refused:
            if refused.status == HTTPStatus.FORBIDDEN or not any(word in refused.code for word in THERE):
                return "refused", refused.text
            return "there", refused.text

    async def _call(self, action: str, **parameters: Any) -> Any:
        return await self._visit.send(BASTION, action, {"InstanceId": self._instance, **parameters})

    async def _person(self, record: PersonRecord) -> tuple[str, str]:
        made = await self._call(
            "CreateUser",
            Source="Local",
            UserName=record.name,
            DisplayName=record.display_name,
            Email=record.email,
            # Nobody sees it: whoever is to sign in with a password is given one.
            Password=self._chance.text(24, ID_LETTERS) + "-aA1",
        )
        for group in record.groups:
            await self._call(
                "AddUsersToGroup", UserGroupId=await self._group(group), UserIds=f'["{made["UserId"]}"]'
            )
        return "made", ", ".join(record.groups)

    async def _group(self, name: str) -> str:
        """The id of a group, made if there is none."""
        if self._groups is None:
            listed = await self._call("ListUserGroups", PageSize=100, PageNumber=1)
            self._groups = {each["UserGroupName"]: each["UserGroupId"] for each in listed["UserGroups"]}
        if name not in self._groups:
            self._groups[name] = (await self._call("CreateUserGroup", UserGroupName=name))["UserGroupId"]
        return self._groups[name]

    async def _host(self, record: HostRecord) -> tuple[str, str]:
        made = await self._call(
            "CreateHost",
            Source="Local",
            HostName=record.name,
            OSType=record.os,
            ActiveAddressType="Private",
            HostPrivateAddress=record.address,
            Comment=record.comment,
        )
        for account in record.accounts:
            await self._call(
                "CreateHostAccount",
                HostId=made["HostId"],
                ProtocolName=account.protocol,
                HostAccountName=account.name,
            )
        return "made", ", ".join(each.name for each in record.accounts)
