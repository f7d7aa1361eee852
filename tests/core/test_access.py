"""The decision against a slow reference, and what must hold of any decision."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admit.core.access import (
    AccessDenied,
    Decision,
    Permit,
    Question,
    Reason,
    decide,
    open_paths,
    reachable,
    reached_by,
)
from admit.core.facts import Facts
from admit.core.links import STEPS, Kind, Link, Ref, stage_of
from admit.core.validity import FOREVER, PERMANENT, Validity
from admit.core.walks import MOST_PATHS
from tests.core import reference

ALICE, USER = Ref(Kind.PERSON, 1), Ref(Kind.USER, 2)
DBA, OPS = Ref(Kind.GROUP, 3), Ref(Kind.GROUP, 4)
HOST, ROOT = Ref(Kind.HOST, 5), Ref(Kind.HOST_ACCOUNT, 6)
RULE, PROJECT, ROLE = Ref(Kind.RULE, 7), Ref(Kind.PROJECT, 8), Ref(Kind.CLOUD_ROLE, 9)
TEAM, COMPANY = Ref(Kind.UNIT, 10), Ref(Kind.UNIT, 11)
WIKI = Ref(Kind.APPLICATION, 12)
THINGS = (ALICE, USER, DBA, OPS, HOST, ROOT, RULE, PROJECT, ROLE, TEAM, COMPANY, WIKI)
JOINABLE = [(a, b) for a in THINGS for b in THINGS if a != b and b.kind in STEPS.get(a.kind, {})]

moments = st.integers(0, 20)
periods = st.one_of(
    st.just(PERMANENT),
    st.tuples(moments, moments).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Validity(*pair)),
)
links = st.builds(lambda ends, period: Link(*ends, period), st.sampled_from(JOINABLE), periods)
facts = st.builds(
    lambda found, off: Facts(tuple(found), dict.fromkeys(off, "disabled"), 7),
    st.lists(links, max_size=14),
    st.sets(st.sampled_from(THINGS), max_size=2),
)
questions = st.builds(Question, st.sampled_from(THINGS[:3]), st.sampled_from(THINGS[4:]))


@given(questions, facts, moments)
@settings(max_examples=400)
def test_a_decision_is_what_the_reference_says(question: Question, known: Facts, now: int) -> None:
    until = reference.open_until(known, question.subject, question.resource, now)
    decision = decide(question, known, now)
    assert decision.allowed == (until is not None)
    if until is not None:
        assert decision.valid_until == until
        assert reference.is_open(known, decision.because, now)
        assert decision.because in list(reference.paths(known, question.subject, question.resource))


@given(facts, moments)
def test_list_and_check_agree_from_both_ends(known: Facts, now: int) -> None:
    forward = {(ALICE, reach.ref, reach.until) for reach in reachable(ALICE, known, now)}
    checked = {
        (ALICE, thing, decision.valid_until)
        for thing in THINGS
        if (decision := decide(Question(ALICE, thing), known, now)).allowed
    }
    backward = {
        (reach.ref, thing, reach.until)
        for thing in THINGS
        for reach in reached_by(thing, known, now)
        if reach.ref == ALICE
    }
    assert forward == checked == backward


@given(facts, moments, links)
def test_adding_a_link_never_takes_access_away(known: Facts, now: int, more: Link) -> None:
    before = {reach.ref: reach.until for reach in reachable(ALICE, known, now)}
    wider = replace(known, links=(*known.links, more))
    after = {reach.ref: reach.until for reach in reachable(ALICE, wider, now)}
    assert all(after[ref] >= until for ref, until in before.items())


@given(questions, facts, moments)
def test_a_permit_holds_until_exactly_its_end(question: Question, known: Facts, now: int) -> None:
    decision = decide(question, known, now)
    if not decision.allowed or decision.valid_until == FOREVER:
        return
    last = decision.valid_until - 1
    assert reference.is_open(known, decision.because, last)
    assert not reference.is_open(known, decision.because, decision.valid_until)
    assert decide(question, known, last).allowed


@given(questions, facts, moments)
def test_every_open_path_is_found(question: Question, known: Facts, now: int) -> None:
    expected = {
        path
        for path in reference.paths(known, question.subject, question.resource)
        if path and reference.is_open(known, path, now)
    }
    assert set(open_paths(question, known, now)) == expected


@given(questions, facts, moments)
def test_a_refusal_tells_why_truthfully(question: Question, known: Facts, now: int) -> None:
    decision = decide(question, known, now)
    if decision.reason is Reason.DISABLED:
        assert decision.blocked in known.blocked
        assert all(link.validity.holds_at(now) for link in decision.because)
    elif decision.reason is Reason.STARTS_LATER:
        assert decision.changes_at is not None
        assert decision.changes_at > now
        assert all(link.validity.holds_at(decision.changes_at) for link in decision.because)
    elif decision.reason is Reason.HAS_ENDED:
        assert not any(
            all(link.validity.holds_at(later) for link in decision.because) for later in range(now, 25)
        )
    elif decision.reason is Reason.NOT_GRANTED:
        assert not any(reference.paths(known, question.subject, question.resource))


def _facts(*found: Link, off: tuple[Ref, ...] = ()) -> Facts:
    return Facts(found, dict.fromkeys(off, "locked"))


CHAIN = (Link(ALICE, USER), Link(USER, DBA), Link(DBA, ROOT, Validity(5, 10)))


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (4, Reason.STARTS_LATER),
        (5, Reason.GRANTED),
        (9, Reason.GRANTED),
        (10, Reason.HAS_ENDED),
    ],
)
def test_the_start_is_inside_and_the_end_is_not(now: int, reason: Reason) -> None:
    assert decide(Question(ALICE, ROOT), _facts(*CHAIN), now).reason is reason


def test_a_locked_user_reaches_nothing() -> None:
    decision = decide(Question(ALICE, ROOT), _facts(*CHAIN, off=(USER,)), 6)
    assert (decision.reason, decision.blocked) == (Reason.DISABLED, USER)


def test_of_two_paths_the_one_open_longest_counts() -> None:
    other = (Link(USER, OPS), Link(OPS, ROOT, Validity(0, 99)))
    decision = decide(Question(ALICE, ROOT), _facts(*CHAIN, *other), 6)
    assert decision.valid_until == 99
    assert [link.target for link in decision.because] == [USER, OPS, ROOT]


def test_of_several_paths_those_that_are_open_are_told() -> None:
    by_ops = (CHAIN[0], Link(USER, OPS), Link(OPS, ROOT))
    known = _facts(*CHAIN, *by_ops[1:])

    assert set(open_paths(Question(ALICE, ROOT), known, 7)) == {CHAIN, by_ops}
    assert set(open_paths(Question(ALICE, ROOT), known, 10)) == {by_ops}
    assert set(open_paths(Question(ALICE, ROOT), replace(known, blocked={OPS: "locked"}), 10)) == set()


def test_of_equal_paths_the_shorter_explains() -> None:
    decision = decide(
        Question(ALICE, ROOT),
        _facts(Link(USER, DBA), Link(DBA, ROOT), Link(ALICE, USER), Link(USER, ROOT)),
        0,
    )
    assert [link.target for link in decision.because] == [USER, ROOT]


def test_links_that_never_hold_together_are_an_ended_path() -> None:
    apart = _facts(Link(ALICE, USER), Link(USER, DBA, Validity(0, 3)), Link(DBA, ROOT, Validity(5, 10)))
    decision = decide(Question(ALICE, ROOT), apart, 1)
    assert decision.reason is Reason.HAS_ENDED
    assert decision.changes_at == 1


def test_without_any_link_nothing_is_granted() -> None:
    decision = decide(Question(ALICE, ROOT), _facts(), 1)
    assert (decision.reason, decision.because, decision.allowed) == (Reason.NOT_GRANTED, (), False)


def test_a_closed_way_behind_more_ways_than_are_looked_at_is_refused_without_it() -> None:
    closed = (Link(USER, DBA), Link(DBA, ROOT, Validity(5, 10)))
    idle = (Link(USER, Ref(Kind.GROUP, 100 + each)) for each in range(MOST_PATHS))
    known = _facts(Link(ALICE, USER), *closed, *idle)

    assert decide(Question(ALICE, ROOT), known, 6).reason is Reason.GRANTED
    refusal = decide(Question(ALICE, ROOT), known, 10)
    assert (refusal.reason, refusal.because) == (Reason.NOT_GRANTED, ())


def test_a_permit_cannot_be_made_from_a_refusal() -> None:
    refusal = decide(Question(ALICE, ROOT), _facts(), 1)
    with pytest.raises(AccessDenied, match="not granted"):
        Permit(refusal)
    granted: Decision = decide(Question(ALICE, ROOT), _facts(*CHAIN), 6)
    assert granted.permit().decision is granted


def test_what_a_person_may_open_is_not_what_they_act_as() -> None:
    known = _facts(Link(ALICE, USER), Link(USER, WIKI), Link(WIKI, RULE), Link(RULE, ROLE))
    assert {reach.ref for reach in reachable(ALICE, known, 0)} == {WIKI}
    assert {reach.ref for reach in reached_by(ROLE, known, 0)} == {WIKI}
    assert not decide(Question(ALICE, ROLE), known, 0).allowed
    assert decide(Question(WIKI, ROLE), known, 0).allowed


def test_belonging_to_a_group_is_not_using_it() -> None:
    known = _facts(Link(ALICE, USER), Link(USER, DBA))
    assert not decide(Question(ALICE, DBA), known, 0).allowed
    assert list(reachable(ALICE, known, 0)) == list(reached_by(DBA, known, 0)) == []


def test_some_kinds_are_never_joined() -> None:
    with pytest.raises(ValueError, match="from a host to a person"):
        stage_of(Kind.HOST, Kind.PERSON)


def test_a_period_must_start_before_it_ends() -> None:
    with pytest.raises(ValueError, match="start before it ends"):
        Validity(5, 5)
    assert PERMANENT.permanent
    assert not Validity(0, 5).permanent
