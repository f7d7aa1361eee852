"""Pages of lists: put together they are what the whole walk finds, from either source."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from admit.core import lists
from admit.core.access import Question, Reach, allows, decide, reachable, reached_by
from admit.core.events import LinkAdded, Named, ThingAdded, ThingBlocked
from admit.core.facts import AsUser, Facts, Source
from admit.core.index import Index, empty
from admit.core.links import STEPS, Kind, Link, Ref
from admit.core.lists import Page, Span
from admit.core.validity import Validity
from admit.core.ways import ways_to
from tests.core.test_access import moments, periods

ALICE, BOB = Ref(Kind.PERSON, 1), Ref(Kind.PERSON, 9)
USERS = (Ref(Kind.USER, 2), Ref(Kind.USER, 3), Ref(Kind.USER, 12), Ref(Kind.USER, 5))
DBA, TEAM, COMPANY = Ref(Kind.GROUP, 4), Ref(Kind.UNIT, 6), Ref(Kind.UNIT, 14)
HOST, ROOT, WIKI = Ref(Kind.HOST, 7), Ref(Kind.HOST_ACCOUNT, 8), Ref(Kind.APPLICATION, 10)
RULE, ROLE = Ref(Kind.RULE, 11), Ref(Kind.CLOUD_ROLE, 13)
THINGS = (ALICE, BOB, *USERS, DBA, TEAM, COMPANY, HOST, ROOT, WIKI, RULE, ROLE)
JOINED = [(ALICE, USERS[0]), (ALICE, USERS[2]), (BOB, USERS[1]), (BOB, USERS[3])]
JOINABLE = [
    *JOINED,
    *(
        (a, b)
        for a in THINGS
        for b in THINGS
        if a != b and a not in (ALICE, BOB) and b.kind in STEPS.get(a.kind, {})
    ),
]
SUBJECTS = (Kind.PERSON, Kind.APPLICATION)
USABLE = (Kind.HOST, Kind.HOST_ACCOUNT, Kind.APPLICATION, Kind.CLOUD_ROLE)

facts = st.builds(
    lambda found, off: Facts(
        tuple(Link(*ends, period) for ends, period in found.items()), dict.fromkeys(off, "off"), 1
    ),
    st.dictionaries(st.sampled_from(JOINABLE), periods, max_size=20),
    st.sets(st.sampled_from(THINGS), max_size=1),
)


def _named(ref: Ref) -> Named:
    return Named(ref.kind, ref.key, str(ref.key), "")


def index(known: Facts) -> Index:
    links = (
        LinkAdded(_named(each.source), _named(each.target), each.validity.start, each.validity.end)
        for each in known.links
    )
    off = (ThingBlocked(_named(ref), word) for ref, word in known.blocked.items())
    return empty().after(1, [*(ThingAdded(_named(ref), 0) for ref in THINGS), *links, *off])


def pages(turn: Callable[[Span], Page], limit: int, kinds: tuple[Kind, ...]) -> list[Reach]:
    """All pages, one after another."""
    found: list[Reach] = []
    after: int | None = 0
    while after is not None:
        page = turn(Span(limit, kinds, after))
        assert len(page.reaches) == limit or page.after is None
        found += page.reaches
        after = page.after
    return found


def _from_both(
    known: Facts, listing: Callable[[Source, Span], Page], limit: int, kinds: tuple[Kind, ...]
) -> list[Reach]:
    indexed = index(known)
    told = pages(lambda span: listing(known, span), limit, kinds)
    assert told == pages(lambda span: listing(indexed, span), limit, kinds)
    assert len({each.ref for each in told}) == len(told)
    return told


@given(facts, st.sampled_from((HOST, ROOT, WIKI, ROLE, RULE)), moments, st.integers(1, 3))
@settings(max_examples=200)
def test_who_in_pages_is_everybody_the_walk_finds_and_each_once(
    known: Facts, resource: Ref, now: int, limit: int
) -> None:
    told = _from_both(known, lambda source, span: lists.who(resource, source, now, span), limit, SUBJECTS)

    found = {(each.ref, each.until) for each in reached_by(resource, known, now) if each.ref.kind in SUBJECTS}
    assert {(each.ref, each.until) for each in told} == found
    one_by_one = ways_to(resource, known, now)
    for each in told:
        assert each == one_by_one(each.ref)
        assert each.path == decide(Question(each.ref, resource), known, now).because


@given(facts, st.sampled_from((ALICE, BOB)), moments, st.integers(1, 3))
def test_what_in_pages_is_everything_the_walk_finds_in_the_order_of_keys(
    known: Facts, subject: Ref, now: int, limit: int
) -> None:
    told = _from_both(known, lambda source, span: lists.what(subject, source, now, span), limit, USABLE)

    found = {(each.ref, each.until) for each in reachable(subject, known, now) if each.ref.kind in USABLE}
    assert {(each.ref, each.until) for each in told} == found
    assert [each.ref.key for each in told] == sorted(each.ref.key for each in told)


@given(facts, st.sampled_from((DBA, TEAM, HOST, RULE)), moments, st.integers(1, 3))
def test_those_with_a_way_through_a_thing_are_those_who_lose_access_without_it(
    known: Facts, thing: Ref, now: int, limit: int
) -> None:
    told = _from_both(known, lambda source, span: lists.through(thing, source, now, span), limit, SUBJECTS)

    for each in told:
        assert each.path[-1].target == thing
        assert all(link.validity.holds_at(now) for link in each.path)
    if thing.kind in (Kind.HOST, Kind.RULE):
        found = {each.ref for each in reached_by(thing, known, now) if each.ref.kind in SUBJECTS}
        assert {each.ref for each in told} == found


def test_through_a_group_that_is_granted_nothing_nobody_has_a_way() -> None:
    known = Facts((Link(ALICE, USERS[0]), Link(USERS[0], DBA)))
    granted = Facts((*known.links, Link(DBA, ROOT, Validity(5, 10))))

    def through(facts: Facts, now: int) -> list[Ref]:
        return [each.ref for each in lists.through(DBA, facts, now, Span(5, SUBJECTS)).reaches]

    assert through(known, 6) == through(granted, 4) == through(granted, 10) == []
    assert through(granted, 6) == [ALICE]


def test_as_one_user_nothing_is_listed_that_another_has() -> None:
    known = Facts((Link(ALICE, USERS[0]), Link(ALICE, USERS[2]), Link(USERS[0], HOST), Link(USERS[2], ROOT)))
    seen = AsUser(known, ALICE.key, USERS[0].key)

    assert [each.ref for each in lists.what(ALICE, seen, 1, Span(5, USABLE)).reaches] == [HOST]
    assert [each.ref for each in lists.who(HOST, seen, 1, Span(5, SUBJECTS)).reaches] == [ALICE]
    assert lists.who(ROOT, seen, 1, Span(5, SUBJECTS)).reaches == ()
    assert allows(Question(ALICE, HOST), seen, 1)
    assert not allows(Question(ALICE, ROOT), seen, 1)


def test_ways_that_many_share_are_as_decide_finds_them_also_where_joining_ends() -> None:
    user, other, third = USERS[:3]
    known = Facts(
        (
            Link(ALICE, user, Validity(0, 10)),
            Link(BOB, other),
            Link(user, DBA),
            Link(user, ROOT, Validity(0, 15)),
            Link(other, DBA),
            Link(other, TEAM),
            Link(TEAM, COMPANY, Validity(0, 30)),
            Link(DBA, ROOT, Validity(0, 20)),
            Link(COMPANY, WIKI),
            Link(ALICE, third),
            Link(third, COMPANY),
            Link(other, COMPANY, Validity(5, 9)),
        ),
        {third: "locked"},
        1,
    )

    def until(resource: Ref) -> dict[Ref, int]:
        told = _from_both(known, lambda source, span: lists.who(resource, source, 1, span), 2, SUBJECTS)
        for each in told:
            assert each.path == decide(Question(each.ref, resource), known, 1).because
        return {each.ref: each.until for each in told}

    # Both her ways end with her user, and the shorter is told; his end with a grant, and with a nested unit.
    assert until(ROOT) == {ALICE: 10, BOB: 20}
    assert until(WIKI) == {BOB: 30}


def test_who_comes_in_as_two_users_is_told_once_and_the_users_each() -> None:
    twice = (USERS[0], USERS[2])
    known = Facts((*(Link(ALICE, user) for user in twice), *(Link(user, HOST) for user in twice)))

    def who(*kinds: Kind) -> list[Ref]:
        return [each.ref for each in lists.who(HOST, known, 1, Span(5, kinds)).reaches]

    assert who(Kind.PERSON) == [ALICE]
    assert who(Kind.USER) == [*twice]


def test_as_one_user_nobody_is_told_for_a_group_that_only_another_of_their_users_is_in() -> None:
    people = (Link(ALICE, USERS[0]), Link(ALICE, USERS[2]), Link(BOB, USERS[1]))
    known = Facts((*people, Link(USERS[2], DBA), Link(USERS[1], DBA), Link(DBA, ROOT)))

    def who(source: Source) -> set[Ref]:
        return {each.ref for each in lists.who(ROOT, source, 1, Span(5, SUBJECTS)).reaches}

    assert who(known) == who(AsUser(known, ALICE.key, USERS[2].key)) == {ALICE, BOB}
    assert who(AsUser(known, ALICE.key, USERS[0].key)) == {BOB}


def test_a_page_that_is_full_tells_where_the_next_begins() -> None:
    known = Facts((Link(ALICE, USERS[0]), *(Link(USERS[0], thing) for thing in (HOST, ROOT, WIKI))))

    first = lists.what(ALICE, known, 1, Span(2, USABLE))
    assert [each.ref for each in first.reaches] == [HOST, ROOT]
    assert first.after == ROOT.key
    second = lists.what(ALICE, known, 1, Span(2, USABLE, first.after))
    assert [each.ref for each in second.reaches] == [WIKI]
    assert second.after is None


def test_what_a_rule_holds_is_listed_with_it() -> None:
    known = Facts((Link(ALICE, USERS[0]), Link(USERS[0], RULE), Link(RULE, ROLE)))

    assert [each.ref for each in lists.what(ALICE, known, 1, Span(5, USABLE)).reaches] == [ROLE]


def test_who_is_switched_off_is_listed_nowhere_and_hides_nobody_else() -> None:
    """although links lead on from them: a walk that begins at one must not"""
    known = Facts((Link(ALICE, USERS[0]), Link(BOB, USERS[1]), *(Link(user, DBA) for user in USERS[:2])))
    known = Facts((*known.links, Link(DBA, ROOT)), {ALICE: "locked"})
    for source in (known, index(known)):
        for page in (
            lists.who(ROOT, source, 1, Span(5, SUBJECTS)),
            lists.through(DBA, source, 1, Span(5, SUBJECTS)),
        ):
            assert [each.ref for each in page.reaches] == [BOB]
