"""People and hosts out of a file: what would become of each line is shown first, then they are brought in."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admit.console.bringing import Bringing
from admit.console.desk import Desk, Visit
from admit.console.showing import tools
from admit.imports.read import read_hosts, read_people
from admit.imports.records import HostRecord, PersonRecord, Reading
from admit.pages.site import protected

MOST = 5_000
"""How many lines one file may bring in here; ``admit import`` takes any number."""
CUTS = "<!-- lines -->", "<!-- end -->"
"""Where in the page the lines stand, and what is to be said after them."""


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
    return visit.page("import.html", file=file, bastions=bastions, fault=fault, code=status)


async def take(desk: Desk, request: Request) -> Response:
    """A file was sent: show what is in it, or bring it in if that was shown."""
    visit = await desk.visit(request)
    sent = await visit.form()
    file = await _file(sent)
    await sent.close()
    try:
        reading = file.read()
    except (UnicodeDecodeError, ValueError) as unreadable:
        return await _form(visit, file, str(unreadable), 400)
    if len(reading.records) > MOST:
        many = visit.reader.text("More than {n} lines: use admit import.", n=MOST)
        return await _form(visit, file, many, 400)
    if not file.text.strip():
        return await _form(visit, file, visit.reader.text("There is nothing in it."), 400)
    return _streamed(visit, file, reading, sure=sent.get("step") == "sure")


async def _file(sent: FormData) -> File:
    text, name = str(sent.get("text", "")), str(sent.get("name", ""))
    uploaded = sent.get("file")
    if isinstance(uploaded, UploadFile) and uploaded.filename:
        text, name = (await uploaded.read()).decode("utf-8-sig", "replace"), uploaded.filename
    kind = "hosts" if sent.get("kind") == "hosts" else "people"
    return File(kind, str(sent.get("instance", "")), name or f"{kind}.csv", text)


# -- line by line ------------------------------------------------------------------------------------


def _streamed(visit: Visit, file: File, reading: Reading[Any], *, sure: bool) -> Response:
    """The page, line by line as it happens: whoever waits sees how far it is, without any script."""
    bringing = Bringing(visit, file.instance)
    many, words = len(reading.records), Counter[str]()

    def part(name: str, **values: Any) -> str:
        known = {
            "file": file,
            "reading": reading,
            "sure": sure,
            "many": many,
            **tools(visit.reader),
            **values,
        }
        return visit.desk.site.fragment(
            visit.request, f"console/{name}", {"signed_in": visit.signed_in, **known}
        )

    page = visit.page("imported.html", file=file, reading=reading, sure=sure, many=many)
    head, _, rest = bytes(page.body).decode().partition(CUTS[0])
    middle, _, foot = rest.partition(CUTS[1])

    async def lines() -> AsyncIterator[str]:
        yield head
        for number, record in enumerate(reading.records, 1):
            plan = await (bringing.bring(record) if sure else bringing.foresee(record))
            words[plan.word] += 1
            yield part("imported_line.html", record=record, plan=plan, number=number)
        yield middle + part("imported_end.html", words=words, blind=bringing.blind) + foot

    return StreamingResponse(lines(), media_type="text/html", headers=protected({}))
