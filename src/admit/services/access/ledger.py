"""The ledger: what was changed, by whom and by which call; and whether it is whole."""

from typing import Annotated, Any

import msgspec

from admit.core import events
from admit.core.errors import InvalidNextToken
from admit.core.events import Event, touched
from admit.core.texts import printable
from admit.core.validity import BEGINNING, FOREVER
from admit.rpc.operation import Call
from admit.rpc.paging import marker, place_of
from admit.rpc.shape import Shape, like
from admit.services.access.brief import AnyKindName, ThingId, the_thing_or_past
from admit.services.access.errors import NotFound
from admit.services.access.granted import ListSize
from admit.services.access.listings import NextToken
from admit.services.access.vocabulary import At, Moment, access
from admit.store import changes, verification
from admit.store.changes import BEFORE_ALL, Change, Told
from admit.store.links import current_revision

Head = Annotated[
    str,
    like(
        "9f" * 32,
        "A head of the ledger that was noted earlier, in hexadecimal: the ledger must contain it.",
        pattern=r"^[0-9a-f]{64}(?!\n)$",
    ),
]


class Mentioned(Shape):
    """A thing, as an entry names it: by the name it had then."""

    kind: str
    id: str
    name: str


class Entry(Shape):
    """One entry of the ledger."""

    revision: int
    """The version of the whole policy that the change made."""
    ordinal: int
    """Its place among the entries of that revision, from 0."""
    at: Moment
    by: str
    """The ARN of who did it."""
    action: str
    """The operation, such as eiam:CreateUser."""
    request_id: str
    event: str
    """What happened, such as LinkAdded."""
    things: tuple[Mentioned, ...]
    """What it happened to: a thing, both ends of a link, or whose session at what."""
    fact: dict[str, Any]
    """The rest of the entry."""
    hash: str
    """The hash to which the chain leads with all of its revision, in hexadecimal."""


@access.operation("list", errors=(NotFound, InvalidNextToken))
class ListChanges(Shape):
    """Lists the entries of the ledger, the newest first: of all, of a thing, or of two that were joined.

    What is left out does not restrict. A thing that is no more is still found by the ID it had.
    """

    kind: AnyKindName | None = None
    id: ThingId | None = None
    """With Kind: only what happened to this thing and its links."""
    other_kind: AnyKindName | None = None
    other_id: ThingId | None = None
    """With OtherKind, beside the first: only what happened to the link from the first to this one."""
    at: At | None = None
    """Only what had happened by then."""
    max_results: ListSize = 50
    next_token: NextToken | None = None

    class Response(Shape):
        """A page."""

        entries: tuple[Entry, ...]
        max_results: int
        next_token: str | None = None

    def handle(self, call: Call) -> Response:
        """Read a page, and one more to see whether there is another."""
        place = place_of(self.next_token, 2)
        before = BEFORE_ALL if place is None else (place[0], place[1] - 1)
        found = changes.newest(call.sql, self._told(call), before, self.max_results + 1)
        page = found[: self.max_results]
        last = page[-1][0] if len(found) > len(page) else None
        return self.Response(
            entries=tuple(_entry(change, digest) for change, digest in page),
            max_results=self.max_results,
            next_token=None if last is None else marker(last.revision, last.ordinal + 1),
        )

    def _told(self, call: Call) -> Told:
        until = current_revision(call.sql)
        if self.at is not None:
            until = changes.revision_at(call.sql, self.at, until)
        if self.kind is None or self.id is None:
            return Told(until=until)
        about = the_thing_or_past(call, self.kind, self.id).key
        if self.other_kind is None or self.other_id is None:
            return Told(about, until=until)
        return Told(about, the_thing_or_past(call, self.other_kind, self.other_id).key, until)


_NAMES = ("thing", "source", "target", "person", "resource")


def _entry(change: Change, digest: bytes) -> Entry:
    return Entry(
        revision=change.revision,
        ordinal=change.ordinal,
        at=change.at,
        by=change.actor,
        action=change.action,
        request_id=change.request_id,
        event=type(change.event).__name__,
        things=tuple(_mentioned(each) for each in touched(change.event)),
        fact=_fact(change.event),
        hash=digest.hex(),
    )


def _mentioned(each: events.Named) -> Mentioned:
    return Mentioned(kind=each.kind.word, id=each.id, name=printable(each.name))


def _fact(event: Event) -> dict[str, Any]:
    """What an event says besides what it is about; times without an end or a beginning are left out."""
    told: dict[str, Any] = msgspec.to_builtins(event)
    unbound = {"end": FOREVER, "was_end": FOREVER, "start": BEGINNING, "was_start": BEGINNING}
    return {
        name: value
        for name, value in told.items()
        if name not in _NAMES and not (name in unbound and value == unbound[name])
    }


Revision = Annotated[int, like(4711, "A revision of the policy; 0 is before all.", ge=0, le=2**63 - 1)]


@access.operation("list")
class FollowLedger(Shape):
    """Lists the entries of the ledger after a revision, the oldest first, and always whole revisions.

    Who asks again with the last revision they were answered misses no entry and gets none twice.
    """

    after_revision: Revision = 0
    """The last revision that is known already."""
    max_results: ListSize = 50
    """About how many entries to answer: a revision is never cut in two."""

    class Response(Shape):
        """The next entries."""

        entries: tuple[Entry, ...]
        last_revision: Revision
        """What to ask for next: the last revision that is answered."""

    def handle(self, call: Call) -> Response:
        """Read on."""
        found = changes.entries_after(call.sql, self.after_revision, self.max_results)
        return self.Response(
            entries=tuple(_entry(change, digest) for change, digest in found),
            last_revision=found[-1][0].revision if found else self.after_revision,
        )


class LedgerState(Shape):
    """How the ledger stands."""

    revision: int
    """The number of its newest change."""
    head: str
    """The hash of its newest entry: the note to keep elsewhere."""
    fits: bool
    """Whether what was looked at is authentic, and where the database stands."""
    newest_at: Moment | None = None
    """When the newest change was made."""
    fault: str | None = None
    """The first thing that does not fit."""
    entries: int | None = None
    """How many entries were looked at, where all were."""


@access.operation("get")
class GetLedger(Shape):
    """Tells how the ledger stands, by a look at its end. VerifyLedger looks at all of it."""

    class Response(Shape):
        """Its end."""

        ledger: LedgerState

    def handle(self, call: Call) -> Response:
        """Look at the newest entries."""
        tail = verification.tail(call.sql, call.world.sealer.subkey("ledger"))
        return self.Response(
            ledger=LedgerState(
                revision=tail.revision,
                head=tail.head,
                fits=tail.fits,
                newest_at=tail.newest_at or None,
            )
        )


@access.operation("get", slow=True)
class VerifyLedger(Shape):
    """Walks the whole ledger, and compares what its entries add up to with how the policy stands.

    It takes about a second for each 50000 entries. Who does not trust this server verifies a backup
    elsewhere, with ``admit verify``.
    """

    noted: Head | None = None

    class Response(Shape):
        """What was found."""

        ledger: LedgerState

    def handle(self, call: Call) -> Response:
        """Walk it."""
        noted = None if self.noted is None else bytes.fromhex(self.noted)
        verdict = verification.verify(call.sql, call.world.sealer.subkey("ledger"), noted)
        return self.Response(
            ledger=LedgerState(
                revision=verdict.revision,
                head=verdict.head,
                fits=verdict.fault is None,
                fault=verdict.fault,
                entries=verdict.entries,
            )
        )
