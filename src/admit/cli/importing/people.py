"""People of a file made users of a directory: made, changed, put into groups. Nobody is taken out of any."""

from collections.abc import Sequence

from admit.cli.client import Refused
from admit.cli.importing.directory import Directory, Fields, Known, Wanted
from admit.cli.importing.listing import chunks
from admit.cli.importing.tally import Tally, Word
from admit.imports.records import LineFault, PersonRecord, Unfit

MEMBERS = 100
"""How many users one call puts into a group: the most that every directory allows."""

DENIED = ("NoPermission", "Forbidden")
"""How the codes begin that say that the caller may not do it, to whomever."""


def bring_people(people: Sequence[PersonRecord], into: Directory, tally: Tally, *, dry: bool) -> None:
    """Bring people into a directory; a dry run only tells what would become of them.

    Each call is whole for itself, and one that was made already is not made again: what breaks off
    in the middle is completed by the next run.

    Raises:
        Refused: the caller may not do this at all.
    """
    bringing = _Bringing(into, tally, dry=dry)
    bringing.users(people)
    bringing.memberships(people)


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
        new: list[tuple[PersonRecord, Wanted]] = []
        for person in people:
            try:
                wanted = self._into.wanted(person)
            except Unfit as unfit:
                self._leave_out("people", person, str(unfit))
                self._tally.step()
                continue
            for note in wanted.notes:
                self._tally.note(self._place(person, f"in {self._into.name} {note}"))
            there = known.get(self._into.key(person.name))
            if there is not None:
                self._update(person, there, wanted)
                continue
            new.append((person, wanted))
            if len(new) == self._into.batch:
                self._create(new)
                new = []
        if new:
            self._create(new)

    def _create(self, new: Sequence[tuple[PersonRecord, Wanted]]) -> None:
        fields = [(person.name, wanted.fields | wanted.once) for person, wanted in new]
        # Who is not made has no ID yet; any will do to count memberships.
        made = [name for name, _ in fields] if self._dry else self._into.create(fields)
        for (person, _), result in zip(new, made, strict=True):
            if isinstance(result, Refused):
                self._refused("people", person, result)
            else:
                self._ids[person.name] = result
                self._became("people", "made")
            self._tally.step()

    def _update(self, person: PersonRecord, there: Known, wanted: Wanted) -> None:
        self._ids[person.name] = there.id
        changes: Fields = {
            name: value for name, value in wanted.fields.items() if str(there.fields.get(name, "")) != value
        }
        try:
            if changes and not self._dry:
                self._into.change(there, changes)
        except Refused as refusal:
            self._refused("people", person, refusal)
        else:
            self._became("people", "changed" if changes else "unchanged")
        self._tally.step()

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
        for group, joining in members.items():
            if group in known:
                self._became("groups", "unchanged")
                self._join(known[group], joining, set(self._into.members(known[group])))
            else:
                self._make_group(group, joining)

    def _make_group(self, group: str, joining: Sequence[PersonRecord]) -> None:
        try:
            group_id = "" if self._dry else self._into.create_group(group)
        except Refused as refusal:
            self._refused("groups", joining[0], refusal)
        else:
            self._became("groups", "made")
            self._join(group_id, joining, set())

    def _join(self, group_id: str, joining: Sequence[PersonRecord], members: set[str]) -> None:
        missing = [person for person in joining if self._ids[person.name] not in members]
        self._became("memberships", "unchanged", len(joining) - len(missing))
        for some in chunks(missing, MEMBERS):
            try:
                if not self._dry:
                    self._into.join(group_id, [self._ids[person.name] for person in some])
            except Refused as refusal:
                for person in some:
                    self._refused("memberships", person, refusal)
            else:
                self._became("memberships", "made", len(some))

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
