"""People of a file made users of a directory: made, changed, put into groups. Nobody is taken out of any."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from admit.cli.client import Refused
from admit.cli.importing.directory import Directory, Fields, Known, Made, Wanted
from admit.cli.importing.flight import in_order
from admit.cli.importing.listing import chunks
from admit.cli.importing.tally import Tally, Word
from admit.imports.records import LineFault, PersonRecord, Unfit

MEMBERS = 100
"""How many users one call puts into a group: the most that every directory allows."""

PART = 100
"""How many people are told of at once, at most."""

DENIED = ("NoPermission", "Forbidden")
"""How the codes begin that say that the caller may not do it, to whomever."""


def bring_people(people: Sequence[PersonRecord], into: Directory, tally: Tally, *, dry: bool) -> None:
    """Bring people into a directory; a dry run only tells what would become of them.

    Several calls are under way at a time, and told in the order of the file. Each call is whole for
    itself, and one that was made already is not made again: what breaks off in the middle is completed
    by the next run.

    Raises:
        Refused: the caller may not do this at all.
    """
    bringing = _Bringing(into, tally, dry=dry)
    bringing.users(people)
    bringing.memberships(people)


@dataclass(frozen=True, slots=True)
class _Person:
    """What is to become of one person of the file."""

    record: PersonRecord
    wanted: Wanted | Unfit
    there: Known | None = None
    """The user there is already."""

    @property
    def is_new(self) -> bool:
        """Whether a user is to be made."""
        return isinstance(self.wanted, Wanted) and self.there is None

    @property
    def fields(self) -> Fields:
        """What a new user is made of, or what is different of one who is there."""
        if isinstance(self.wanted, Unfit):
            return {}
        if self.there is None:
            return self.wanted.fields | self.wanted.once
        before = self.there.fields
        return {
            name: value for name, value in self.wanted.fields.items() if str(before.get(name, "")) != value
        }

    @property
    def asks_for_a_call(self) -> bool:
        """Whether anything has to be written."""
        return self.is_new or bool(self.fields)


@dataclass(frozen=True, slots=True)
class _Group:
    """A group of the file, and who is to be in it."""

    name: str
    id: str | None
    """None if it is to be made."""
    joining: Sequence[PersonRecord]


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What came of a group: why it could not be made, or who was put into it and why not."""

    refusal: Refused | None
    joined: Sequence[tuple[Sequence[PersonRecord], Refused | None]] = ()


_Became: TypeAlias = Made | None
"""The ID of a user who is there now, why not, or None for a person who is left out."""


class _Bringing:
    """One file on its way into one directory."""

    def __init__(self, into: Directory, tally: Tally, *, dry: bool) -> None:
        self._into = into
        self._tally = tally
        self._dry = dry
        self._ids: dict[str, str] = {}
        """The users of the file who are there, by the file's names."""

    # -- users -----------------------------------------------------------------------------------

    def users(self, people: Sequence[PersonRecord]) -> None:
        """Make who is new, change who is different."""
        known = {self._into.key(name): user for name, user in self._into.users()}
        in_order(self._bring, self._parts(people, known), self._tell)

    def _parts(
        self, people: Sequence[PersonRecord], known: Mapping[str, Known]
    ) -> Iterator[Sequence[_Person]]:
        """The people, so many at a time as one call makes users; who asks for none goes along."""
        part: list[_Person] = []
        calls = 0
        for record in people:
            person = self._person(record, known)
            part.append(person)
            calls += person.asks_for_a_call
            if calls == self._into.batch or len(part) == PART:
                yield part
                part, calls = [], 0
        if part:
            yield part

    def _person(self, record: PersonRecord, known: Mapping[str, Known]) -> _Person:
        try:
            return _Person(record, self._into.wanted(record), known.get(self._into.key(record.name)))
        except Unfit as unfit:
            return _Person(record, unfit)

    def _bring(self, part: Sequence[_Person]) -> list[_Became]:
        """Make the calls for some people; several threads do so at once."""
        new = [(person.record.name, person.fields) for person in part if person.is_new]
        # Who is not made has no ID yet; any will do to count memberships.
        made = iter([name for name, _ in new] if self._dry else self._into.create(new) if new else [])
        return [next(made) if person.is_new else self._changed(person) for person in part]

    def _changed(self, person: _Person) -> _Became:
        if person.there is None:
            return None
        try:
            if person.fields and not self._dry:
                self._into.change(person.there, person.fields)
        except Refused as refusal:
            return refusal
        return person.there.id

    def _tell(self, part: Sequence[_Person], results: Sequence[_Became]) -> None:
        for person, result in zip(part, results, strict=True):
            self._tell_one(person, result)
            self._tally.step()

    def _tell_one(self, person: _Person, result: _Became) -> None:
        record = person.record
        if isinstance(person.wanted, Unfit):
            self._leave_out("people", record, str(person.wanted))
            return
        for note in person.wanted.notes:
            self._tally.note(self._place(record, f"in {self._into.name} {note}"))
        if person.there is not None:
            # Who is there can be put into groups, also if the rest is refused.
            self._ids[record.name] = person.there.id
        if isinstance(result, Refused):
            self._refused("people", record, result)
        elif result is not None:
            self._ids[record.name] = result
            word: Word = "made" if person.is_new else "changed" if person.fields else "unchanged"
            self._became("people", word)

    # -- groups ----------------------------------------------------------------------------------

    def memberships(self, people: Sequence[PersonRecord]) -> None:
        """Make the groups that are new, and put into each who is not in it."""
        members: dict[str, list[PersonRecord]] = {}
        for person in people:
            for group in person.groups if person.name in self._ids else ():
                members.setdefault(group, []).append(person)
        if not members:
            return
        known: dict[str, str] = {}
        for name, group_id in self._into.groups():
            # Where groups may share a name, the oldest is meant.
            known.setdefault(name, group_id)
        groups = [_Group(name, known.get(name), joining) for name, joining in members.items()]
        in_order(self._gather, groups, self._tell_group)

    def _gather(self, group: _Group) -> _Gathered:
        """Make the calls for one group; several threads do so at once."""
        try:
            group_id = group.id or ("" if self._dry else self._into.create_group(group.name))
        except Refused as refusal:
            return _Gathered(refusal)
        inside = set(self._into.members(group_id)) if group.id else set()
        missing = [person for person in group.joining if self._ids[person.name] not in inside]
        return _Gathered(None, [(some, self._join(group_id, some)) for some in chunks(missing, MEMBERS)])

    def _join(self, group_id: str, some: Sequence[PersonRecord]) -> Refused | None:
        try:
            if not self._dry:
                self._into.join(group_id, [self._ids[person.name] for person in some])
        except Refused as refusal:
            return refusal
        return None

    def _tell_group(self, group: _Group, became: _Gathered) -> None:
        if became.refusal is not None:
            self._refused("groups", group.joining[0], became.refusal)
            return
        self._became("groups", "unchanged" if group.id else "made")
        missing = sum(len(some) for some, _ in became.joined)
        self._became("memberships", "unchanged", len(group.joining) - missing)
        for some, refusal in became.joined:
            if refusal is None:
                self._became("memberships", "made", len(some))
                continue
            for person in some:
                self._refused("memberships", person, refusal)

    # -- telling ---------------------------------------------------------------------------------

    def _became(self, what: str, word: Word, many: int = 1) -> None:
        if many:
            self._tally.count((self._into.name, what), word, many)

    def _leave_out(self, what: str, person: PersonRecord, why: str) -> None:
        self._tally.leave_out(
            (self._into.name, what), self._place(person, f"left out of {self._into.name}: {why}")
        )

    def _refused(self, what: str, person: PersonRecord, refusal: Refused) -> None:
        """Leave one out, unless the next would fare no better."""
        if refusal.code.startswith(DENIED):
            raise refusal
        self._leave_out(what, person, refusal.message)

    def _place(self, person: PersonRecord, text: str) -> LineFault:
        return LineFault(person.line, person.name, text)
