"""Things as lists show them: what they are called, where they live, and a line about them."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from admit.control import names
from admit.core.links import CALLERS, Kind
from admit.core.texts import printable
from admit.core.validity import Millis
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.access.errors import NotFound
from admit.store import blocked, finding, then
from admit.store.things import Thing

_Word: TypeAlias = Literal[
    "person",
    "user",
    "group",
    "unit",
    "delivery group",
    "app",
    "image",
    "persistent session",
    "host",
    "host account",
    "bastion",
    "host share key",
    "control policy",
    "rule",
    "application",
    "cloud account",
    "cloud role",
    "project",
    "idaas",
]
KindName: TypeAlias = Annotated[_Word, like("host", "The kind of the thing.")]
"""What can be looked at here: RAM's own things are looked at by its operations."""
AnyKindName: TypeAlias = Annotated[
    Literal[_Word, "ram user", "ram group", "ram role", "ram policy"], like("host", "The kind of the thing.")
]
"""What the ledger tells of, by itself."""
KINDS: dict[str, Kind] = {kind.word: kind for kind in Kind if kind not in CALLERS}
_EVERY_KIND = {kind.word: kind for kind in Kind}
ThingId = Annotated[str, like("12", "The ID of a thing.", min_length=1, max_length=128)]
Text = Annotated[str, like("ali", "Part of a name, in whatever case, or an ID.", max_length=256)]


class Brief(Shape):
    """A thing, as a list shows it."""

    kind: str
    id: str
    name: str
    label: str
    """As people call it, such as root@db-1."""
    note: str
    """What tells it from others of its name: an address, an e-mail address, a display name; may be empty."""
    inside: str | None = None
    """The label of what it lives in, such as the bastion host of a user."""
    inside_kind: str | None = None
    inside_id: str | None = None
    blocked: str | None = None
    """What switches it off at that moment: locked or disabled."""


def briefs(call: Call, keys: Iterable[int], at: Millis | None = None) -> dict[int, Brief]:
    """Some things, by key, as they are, or were at a past moment."""
    asked = sorted(set(keys))
    found = names.labels(call.sql, asked, at)
    parents = {each.thing.parent for each in found.values()} - {0}
    around = names.labels(call.sql, sorted(parents), at)
    off = blocked.words(call.sql, asked, at)
    return {key: _brief(each, around.get(each.thing.parent), off.get(key)) for key, each in found.items()}


def _brief(each: names.Named, around: names.Named | None, off: str | None) -> Brief:
    thing = each.thing
    return Brief(
        kind=thing.kind.word,
        id=thing.id,
        name=printable(thing.name),
        label=each.label,
        note=printable(_note(fields(thing))),
        inside=None if around is None else around.label,
        inside_kind=None if around is None else around.thing.kind.word,
        inside_id=None if around is None else around.thing.id,
        blocked=off,
    )


_NOTES = (
    "display_name",
    "real_name",
    "private_address",
    "public_address",
    "email",
    "role_name",
    "description",
    "comment",
)


def _note(details: Mapping[str, Any]) -> str:
    return next((str(details[name]) for name in _NOTES if details.get(name)), "")


def fields(thing: Thing) -> dict[str, Any]:
    """All that is kept of a thing besides its name; secrets are kept elsewhere."""
    return _FIELDS.decode(thing.details)


_FIELDS = msgspec.json.Decoder(dict[str, Any])


def the_thing(call: Call, kind: str, thing_id: str, at: Millis | None = None) -> Thing:
    """The thing of a kind that has an id, as it is, or was at a past moment.

    Raises:
        NotFound: there is none, or was none.
    """
    found = finding.with_id(call.sql, thing_id, (KINDS[kind],), at)
    if not found:
        raise NotFound(f"There {'is' if at is None else 'was'} no {kind} {thing_id}.")
    return then.as_of(call.sql, {found[0].key: found[0]}, at)[found[0].key]


def the_thing_or_past(call: Call, kind: str, thing_id: str) -> Thing:
    """The same; what is no more counts as well.

    Raises:
        NotFound: there never was one.
    """
    found = finding.ever(call.sql, _EVERY_KIND[kind], thing_id)
    if found is None:
        raise NotFound(f"There never was a {kind} {thing_id}.")
    return found
