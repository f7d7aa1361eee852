"""A service of no vendor: an operation for each thing the engine promises."""

import threading
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from admit.control import things
from admit.control.things import New
from admit.core.errors import AdmitError
from admit.core.links import Kind
from admit.rpc.operation import Call, Service
from admit.rpc.shape import AnyCase, ClientToken, Json, JsonText, Shape, at_most, between
from admit.store.things import Where, find

SAMPLE = Service(
    product="sample",
    version="2020-02-02",
    title="Sample",
    ram_prefix="smp",
    denied="Forbidden.RAM",
    words=lambda parameters, caller: {"whose": caller.name},
    conditions={"smp:Colour": "Colour"},
)


class Details(msgspec.Struct):
    """Nothing is kept of these."""


class Taken(AdmitError):
    """There is one already: (name)."""

    code, status, message = "Taken.{0}", 409, "There is a {0} already."


class Part(Shape):
    """A part of something."""

    name: Annotated[str, at_most(8)]
    size: Annotated[int, between(1, 9)] | None = None
    tags: tuple[str, ...] = ()
    kind: Literal["big", "small"] | None = None
    shade: AnyCase[Literal["Dark", "Light"]] | None = None


@SAMPLE.operation("get", form=("note",))
class Take(Shape):
    """Takes one parameter of each type."""

    word: Annotated[str, at_most(8, 1), msgspec.Meta(pattern="^[a-z -@`$]*$")] | None = None
    note: str | None = None
    number: int | None = None
    few: Annotated[int, between(1, 9)] | None = None
    flag: bool | None = None
    colour: Literal["Red", "Green"] | None = None
    shade: AnyCase[Literal["Dark", "Light"]] | None = None
    words: Annotated[tuple[str, ...], at_most(3, 1)] | None = None
    numbers: list[int] | None = None
    parts: Json[tuple[Part, ...]] | None = None
    text_parts: JsonText[tuple[Part, ...]] | None = None
    part: Part | None = None
    labels: dict[str, str] | None = None

    class Response(Shape):
        word: str | None = None
        words: tuple[str, ...] | None = None
        parts: tuple[Part, ...] | None = None
        flag: bool | None = None
        host: str | None = None

    def handle(self, call: Call) -> Response:
        return self.Response(self.word, self.words, self.parts, self.flag, call.host)


@SAMPLE.operation("get")
class Need(Shape):
    """Needs a text and a list."""

    word: str
    words: tuple[str, ...]

    class Response(Shape):
        pass

    def handle(self, call: Call) -> Response:
        return self.Response()


@SAMPLE.operation("create", errors=(Taken,), resources=("group/{Name}", "owner/{whose}/{Colour}"))
class AddGroup(Shape):
    """Makes a group, once per token; ends badly where told to."""

    name: str
    colour: str | None = None
    end: Literal["well", "refused", "broken"] = "well"
    client_token: ClientToken | None = None

    class Response(Shape):
        group_id: str

    def handle(self, call: Call) -> Response:
        group = things.add(call.tx, New(Kind.GROUP, call.world.account_key, self.name, Details()))
        if self.end == "refused":
            raise Taken(self.name)
        if self.end == "broken":
            raise ZeroDivisionError("the value of a secret")
        return self.Response(group_id=group.id)


@SAMPLE.operation("create", errors=(Taken,))
class AddOther(AddGroup):
    """The same under another name."""

    class Response(Shape):
        group_id: str


@SAMPLE.operation("list", authorized=False)
class CountGroups(Shape):
    """Counts the groups of a name; asks nobody whether it may."""

    name: str

    class Response(Shape):
        count: int

    def handle(self, call: Call) -> Response:
        return self.Response(count=len(find(call.sql, Where(Kind.GROUP, name=self.name))))


@SAMPLE.operation("get")
class Break(Shape):
    """Fails where nobody expects it."""

    write: bool = False

    class Response(Shape):
        pass

    def handle(self, call: Call) -> Response:
        if self.write:
            things.add(call.tx, New(Kind.GROUP, 0, "none", Details()))
        raise ZeroDivisionError("the value of a secret")


@dataclass(frozen=True)
class Ground:
    """What was prepared, and by which thread."""

    name: str
    thread: str


@SAMPLE.operation("create", errors=(Taken,))
class Grind(Shape):
    """Prepares a group that does not exist yet, and makes it; ends badly where told to."""

    name: str
    end: Literal["well", "broken"] = "well"
    client_token: ClientToken | None = None

    class Response(Shape):
        group_id: str
        prepared_by: str
        made_by: str

    def prepare(self, view: Call) -> Ground:
        if self.end == "broken":
            raise ZeroDivisionError("the value of a secret")
        if find(view.sql, Where(Kind.GROUP, name=self.name)):
            raise Taken(self.name)
        return Ground(self.name, threading.current_thread().name)

    def handle(self, call: Call, ground: Ground) -> Response:
        group = things.add(call.tx, New(Kind.GROUP, call.world.account_key, ground.name, Details()))
        return self.Response(
            group_id=group.id, prepared_by=ground.thread, made_by=threading.current_thread().name
        )


@SAMPLE.operation("list", slow=True)
class CountSlowly(CountGroups):
    """Counts the groups of a name, and may take its time."""

    class Response(Shape):
        count: int
        counted_by: str

    def handle(self, call: Call) -> Response:
        count = len(find(call.sql, Where(Kind.GROUP, name=self.name)))
        return self.Response(count=count, counted_by=threading.current_thread().name)
