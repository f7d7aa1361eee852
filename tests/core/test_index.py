"""The index against the facts it is made of: the same answers, to the last link of each path."""

from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admit.core import access
from admit.core import index as indexes
from admit.core.access import (
    Decision,
    Question,
    Reason,
    allows,
    decide,
    open_paths,
    reachable,
    reached_by,
)
from admit.core.events import (
    Event,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    Named,
    ThingAdded,
    ThingBlocked,
    ThingRemoved,
    ThingUnblocked,
)
from admit.core.facts import AsUser, Facts
from admit.core.filling import Filling, Timed, packed
from admit.core.index import Index, Kinds
from admit.core.links import Kind, Link, Ref, Stage
from admit.core.pages import EMPTY, FEW, KEYS, MADE, Pages, Periods
from admit.core.terms import presumed
from admit.core.validity import PERMANENT, Validity
from admit.core.ways import ways_from, ways_to
from tests.core import reference
from tests.core.test_access import ALICE, DBA, HOST, JOINABLE, ROOT, THINGS, USER, moments, periods, questions

FAR = Ref(Kind.GROUP, 5 * KEYS)
"""A thing whose links stand in another page."""
EVERYTHING = (*THINGS, FAR)
PAIRS = [*JOINABLE, (USER, FAR), (FAR, ROOT), (FAR, HOST)]

Change = tuple[str, tuple[Ref, ...], Validity]
changes = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(PAIRS), periods),
        st.tuples(st.just("take"), st.sampled_from(PAIRS), periods),
        st.tuples(
            st.sampled_from(["block", "unblock"]), st.tuples(st.sampled_from(EVERYTHING)), st.just(PERMANENT)
        ),
    ),
    max_size=30,
)


def named(ref: Ref) -> Named:
    return Named(ref.kind, ref.key, str(ref.key), f"thing {ref.key}")


def born(things: Iterable[Ref] = EVERYTHING) -> list[Event]:
    return [ThingAdded(named(ref), 0) for ref in things]


class Played:
    """Changes, and what they come to: links by their ends, and what is switched off."""

    def __init__(self) -> None:
        self.links: dict[tuple[Ref, ...], Validity] = {}
        self.off: set[Ref] = set()

    def events(self, change: Change) -> list[Event]:
        """What happens by a change after those before it."""
        verb, on, period = change
        if verb == "put":
            was, self.links[on] = self.links.get(on), period
            ends = named(on[0]), named(on[1])
            if was is None:
                return [LinkAdded(*ends, period.start, period.end)]
            return [LinkChanged(*ends, period.start, period.end, was.start, was.end)]
        if verb == "take":
            known = self.links.pop(on, None)
            return [] if known is None else [LinkRemoved(named(on[0]), named(on[1]))]
        (thing,) = on
        blocked = thing in self.off
        (self.off.add if verb == "block" else self.off.discard)(thing)
        if blocked == (verb == "block"):
            return []
        return [(ThingBlocked if verb == "block" else ThingUnblocked)(named(thing), "locked")]

    def facts(self, revision: int) -> Facts:
        """The same as facts."""
        found = tuple(Link(*ends, period) for ends, period in self.links.items())
        return Facts(found, dict.fromkeys(self.off, "locked"), revision)


def told(index: Index, known: Facts, question: Question, now: int) -> Decision:
    """What the index decides, once all else that it can be asked was found to be as the facts have it."""
    decision = decide(question, index, now)
    until = reference.open_until(known, question.subject, question.resource, now)
    assert decision.allowed == (until is not None)
    assert decision.valid_until == (until or 0)
    assert allows(question, index, now) == decision.allowed
    assert set(open_paths(question, index, now)) == set(open_paths(question, known, now))
    assert set(reachable(question.subject, index, now)) == set(reachable(question.subject, known, now))
    assert set(reached_by(question.resource, index, now)) == set(reached_by(question.resource, known, now))
    alone = AsUser(index, ALICE.key, USER.key)
    assert decide(question, alone, now) == decide(question, AsUser(known, ALICE.key, USER.key), now)
    # What was kept of the first question answers those that come after it, also about other moments.
    for moment in (now, now + 3, max(now - 3, 0)):
        again = decide(question, index, moment)
        assert again == decide(question, known, moment)
        assert again.allowed == allows(question, index, moment)
    # What was kept of a resource answers whoever else asks of it.
    for subject in THINGS[:4]:
        other = Question(subject, question.resource)
        assert allows(other, index, now) == decide(other, known, now).allowed
    return decision


def _answers_as_facts_do(batches: list[list[Change]], question: Question, now: int) -> bool:
    played, index = Played(), indexes.empty().after(0, born())
    for revision, batch in enumerate(batches, start=1):
        events = [event for change in batch for event in played.events(change)]
        index = index.after(revision, events)
        known = played.facts(revision)
        assert told(index, known, question, now) == decide(question, known, now)
    return True


@given(st.lists(changes, min_size=1, max_size=4), questions, moments)
@settings(max_examples=300)
def test_after_any_changes_an_index_answers_as_the_facts_do(
    batches: list[list[Change]], question: Question, now: int
) -> None:
    assert _answers_as_facts_do(batches, question, now)


PARTS, OF_A_PART = 20, 50_000
"""A million cases, in parts that several processes can take on."""


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_after_any_changes_of_a_million_cases_an_index_answers_as_the_facts_do(part: int) -> None:
    # What shrinks cases takes ten times as long to make one as it takes to check it. A number is a case.
    for number in range(part * OF_A_PART, (part + 1) * OF_A_PART):
        chance = Random(number)  # noqa: S311 - the same case each time
        assert _answers_as_facts_do(*_case(chance)), number


def _case(chance: Random) -> tuple[list[list[Change]], Question, int]:
    """Changes, what is asked after each batch of them, and of which moment."""

    def change() -> Change:
        verb = chance.choice(("put", "take", "block", "unblock"))
        if verb in ("block", "unblock"):
            return verb, (chance.choice(EVERYTHING),), PERMANENT
        start, end = sorted(chance.sample(range(21), 2))
        return verb, chance.choice(PAIRS), chance.choice((PERMANENT, Validity(start, end)))

    batches = [[change() for _ in range(chance.randrange(21))] for _ in range(chance.randint(1, 4))]
    question = Question(chance.choice(THINGS[:3]), chance.choice(THINGS[4:]))
    return batches, question, chance.randrange(21)


@given(changes, changes)
def test_an_index_stays_as_it_was_when_a_later_one_is_made_of_it(first: list[Change], then: list[Change]):
    played = Played()
    index = indexes.empty().after(1, [*born(), *(each for one in first for each in played.events(one))])
    before = {stage: _steps(index.out[stage]) for stage in Stage}, dict(index.blocks)

    index.after(2, [event for change in then for event in played.events(change)])

    assert ({stage: _steps(index.out[stage]) for stage in Stage}, dict(index.blocks)) == before


def _steps(pages: Pages) -> dict[int, list[tuple[int, Validity]]]:
    steps = {ref.key: list(pages.of(ref.key) or ()) for ref in EVERYTHING}
    return {key: found for key, found in steps.items() if found}


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 5 * KEYS), st.integers(0, 300)), st.integers(0, 3), min_size=1, max_size=200
    ),
    st.integers(1, 50),
)
def test_pages_read_at_once_are_those_that_changes_make(links: dict[tuple[int, int], int], size: int):
    known = Periods()
    for end in (5, 6, 7):
        known.number((1, end))
    rows = [(*ends, period) for ends, period in sorted(links.items())]
    turned = sorted((other, key, period) for key, other, period in rows)
    timed = Timed()
    timed.extend((packed(key, other), period) for key, other, period in rows if period)
    made = filled(rows, timed, known, size)

    assert made.pages == Pages(known).edited(rows).pages
    assert filled(turned, timed.turned(), known, size).pages == Pages(known).edited(turned).pages
    assert len(made) == len(links)
    for key in {key for key, _ in links}:
        others = sorted(other for here, other in links if here == key)
        assert [other for other, _ in made.of(key) or ()] == others
        assert list(made.after(key, 100)) == [other for other in others if other > 100]
        wanted = set(range(0, 300, 7))
        found = [x for x in others if x in wanted]
        assert [other for other, _ in sorted(made.among(key, wanted))] == found
        for now in (0, 1, 5, 6, 7):
            held = [x for x in found if links[key, x] == 0 or 1 <= now < links[key, x] + 4]
            assert made.opens(key, wanted, now) == bool(held)


def filled(rows: list[tuple[int, int, int]], timed: Timed, known: Periods, size: int) -> Pages:
    """Pages of links that come some at a time."""
    filling = Filling()
    links = [packed(key, other) for key, other, _ in rows]
    for start in range(0, len(links), size):
        filling.extend(links[start : start + size], timed)
    return filling.done(known)


def test_what_thousands_hold_is_found_without_a_walk():
    pages = Pages(Periods()).edited([(7, other, 0) for other in range(10, 5_000, 2)])

    assert set(pages.among(7, {11, 12, 4_998, 9_000})) == {(12, PERMANENT), (4_998, PERMANENT)}


def test_a_page_whose_last_link_went_is_no_page():
    pages = Pages(Periods()).edited([(7, 8, 0)]).edited([(7, 8, None), (7, 9, None)])

    assert pages.pages == [EMPTY]
    assert pages.of(7) is None
    assert pages.of(7 + KEYS) is None


def test_more_periods_than_are_kept_as_values_are_all_steps():
    known = Periods()
    numbers = [known.number((1, 2 + each)) for each in range(MADE + 10)]

    assert [known.one(number).end for number in numbers] == [2 + each for each in range(MADE + 10)]
    assert len(known) == MADE + 11


def test_a_key_too_large_for_an_index_is_refused():
    with pytest.raises(OverflowError):
        Pages(Periods()).edited([(1, 2**32, 0)])


def test_users_of_an_account_are_joined_to_it_until_they_are_removed():
    account, desk = Ref(Kind.ACCOUNT, 20), Ref(Kind.DELIVERY_GROUP, 21)
    grant = LinkAdded(named(account), named(desk), PERMANENT.start, PERMANENT.end)
    person = LinkAdded(named(ALICE), named(USER), PERMANENT.start, PERMANENT.end)
    things = [*born((account, desk, ALICE)), ThingAdded(named(USER), account.key)]
    index = indexes.empty().after(1, [*things, grant, person])

    assert [link.target for link in decide(Question(ALICE, desk), index, 1).because] == [USER, account, desk]
    assert ALICE in {reach.ref for reach in reached_by(desk, index, 1)}
    gone = index.after(2, [LinkRemoved(named(ALICE), named(USER)), ThingRemoved(named(USER))])
    assert not decide(Question(USER, desk), gone, 2).allowed


def test_what_is_kept_of_a_subject_is_kept_until_somebody_is_joined_or_switched_off():
    links = [(ALICE, USER), (USER, DBA), (DBA, ROOT)]
    joined = [LinkAdded(named(a), named(b), PERMANENT.start, PERMANENT.end) for a, b in links]
    index = indexes.empty().after(1, [*born(), *joined])
    question = Question(ALICE, ROOT)
    assert decide(question, index, 1).allowed
    assert set(index.lasting) == {ALICE.key}

    granted = index.after(2, [LinkAdded(named(DBA), named(HOST), PERMANENT.start, PERMANENT.end)])
    assert granted.lasting is index.lasting
    locked = index.after(2, [ThingBlocked(named(DBA), "locked")])
    assert decide(question, locked, 1).reason is Reason.DISABLED
    # Of who is joined to something that is switched off nothing is kept: it would hide why they may not.
    assert decide(question, locked, 1).reason is Reason.DISABLED
    left = index.after(2, [LinkRemoved(named(USER), named(DBA))])
    assert decide(question, left, 1).reason is Reason.NOT_GRANTED


def test_what_is_kept_of_a_resource_is_of_one_revision():
    links = [(ALICE, USER), (USER, DBA), (DBA, ROOT)]
    joined = [LinkAdded(named(a), named(b), PERMANENT.start, PERMANENT.end) for a, b in links]
    before = indexes.empty().after(1, [*born(), *joined])
    question = Question(ALICE, ROOT)
    for _ in range(2):
        assert allows(question, before, 1)
    assert set(before.held) == {ROOT.key}

    after = before.after(2, [LinkRemoved(named(DBA), named(ROOT))])
    elsewhere = before.after(2, [LinkAdded(named(DBA), named(HOST), 0, 5)])
    locked = before.after(2, [ThingBlocked(named(ROOT), "locked")])

    for _ in range(2):
        assert (allows(question, before, 1), allows(question, after, 1)) == (True, False)
        assert (allows(question, elsewhere, 1), allows(question, locked, 1)) == (True, False)
    assert elsewhere.held[ROOT.key] is before.held[ROOT.key]


def test_of_no_more_resources_than_there_is_room_for_it_is_kept_who_holds_them(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(indexes, "MOST_HELD", 1)
    links = [(ALICE, USER), (USER, ROOT), (USER, HOST)]
    joined = [LinkAdded(named(a), named(b), PERMANENT.start, PERMANENT.end) for a, b in links]
    index = indexes.empty().after(1, [*born(), *joined])
    for resource in (ROOT, ROOT, HOST, ROOT):
        assert allows(Question(ALICE, resource), index, 1)
    assert set(index.held) == {ROOT.key}


def test_of_what_many_hold_a_walk_tells():
    many = [Ref(Kind.GROUP, 10_000 + number) for number in range(FEW + 1)]
    links = [(ALICE, USER), (USER, many[0]), *((group, ROOT) for group in many)]
    joined = [LinkAdded(named(a), named(b), PERMANENT.start, PERMANENT.end) for a, b in links]
    index = indexes.empty().after(1, [*born((*EVERYTHING, *many)), *joined])
    for _ in range(2):
        assert allows(Question(ALICE, ROOT), index, 1)
        assert index.sure(ALICE.key, ROOT.key) is None


def test_a_permission_is_not_told_without_its_terms():
    permission = Ref(Kind.PERMISSION, 10_000)
    added = ThingAdded(named(permission), 0, {"condition": "nobody judges this"})
    ends = [LinkAdded(named(a), named(b), 0, 2**63 - 1) for a, b in ((ALICE, USER), (USER, permission))]
    index = indexes.empty().after(1, [*born(), added, *ends])
    for _ in range(2):
        assert not allows(Question(ALICE, permission), index, 1)
        assert allows(Question(ALICE, permission), index, 1, presumed)


def test_a_thing_switched_off_twice_is_on_only_when_both_are_undone():
    index = indexes.empty().after(
        1, [*born(), ThingBlocked(named(DBA), "locked"), ThingBlocked(named(DBA), "off")]
    )
    once = index.after(2, [ThingUnblocked(named(DBA), "locked")])

    assert DBA.key in once.off
    assert DBA.key not in once.after(3, [ThingUnblocked(named(DBA), "off")]).off


def test_no_way_leads_from_who_is_switched_off():
    links = [(ALICE, USER), (USER, DBA), (DBA, ROOT)]
    joined = [LinkAdded(named(a), named(b), PERMANENT.start, PERMANENT.end) for a, b in links]
    index = indexes.empty().after(1, [*born(), *joined])
    locked = index.after(2, [ThingBlocked(named(ALICE), "locked")])

    assert ways_from(ALICE, index, 1)(ROOT) is not None
    assert ways_from(ALICE, locked, 1)(ROOT) is None
    assert ways_to(ROOT, locked, 1)(ALICE) is None


def test_a_group_that_is_removed_leaves_its_members_as_they_are():
    index = indexes.empty().after(
        1, [*born(), LinkAdded(named(ALICE), named(USER), PERMANENT.start, PERMANENT.end)]
    )
    gone = index.after(2, [ThingRemoved(named(DBA))])

    assert _steps(gone.out[Stage.JOIN]) == _steps(index.out[Stage.JOIN])


def test_of_no_more_subjects_than_there_is_room_for_it_is_kept_what_they_are(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "MOST_LASTING", 1)
    links = [(ALICE, USER), (USER, DBA), (DBA, ROOT)]
    joined = [LinkAdded(named(a), named(b), PERMANENT.start, PERMANENT.end) for a, b in links]
    index = indexes.empty().after(1, [*born(), *joined])
    for subject in (ALICE, USER, ALICE):
        assert decide(Question(subject, ROOT), index, 1).allowed
        assert set(index.lasting) == {subject.key}


def test_an_index_tells_the_kind_of_a_thing_and_grows_with_what_it_knows():
    index = indexes.empty().after(1, born())
    linked = index.after(2, [LinkAdded(named(USER), named(FAR), 0, 5), ThingBlocked(named(USER), "locked")])

    assert [linked.known.kinds.of(ref.key) for ref in EVERYTHING] == [ref.kind for ref in EVERYTHING]
    assert linked.size_bytes > index.size_bytes


def test_many_things_are_known_as_each_of_them():
    many, each = Kinds(), Kinds()
    things = [(3, int(Kind.USER)), (5, int(Kind.ACCOUNT)), (5_000, int(Kind.HOST))]
    many.put_all(things)
    for thing in things:
        each.put(*thing)

    assert [many.of(key) for key, _ in things] == [each.of(key) for key, _ in things]
    assert many.accounts == each.accounts == {5}


def test_from_no_links_no_pages_are_made():
    assert Filling().done(Periods()).pages == Pages(Periods()).pages
