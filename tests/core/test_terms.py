"""Permissions with actions and conditions, in the same walk as everything else."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from admit.core import lists
from admit.core.access import Question, Reach, Reason, allows, decide, open_paths, reachable, reached_by
from admit.core.events import LinkAdded, Named, ThingAdded
from admit.core.facts import Facts, Source
from admit.core.index import Index, empty
from admit.core.links import STEPS, Kind, Link, Ref
from admit.core.lists import Page, Span
from admit.core.terms import Judge, Terms, Undecided, Unmet, presumed
from admit.core.validity import PERMANENT, Validity
from admit.core.ways import Judging
from tests.core import reference

ALICE, TEAM, USERS = Ref(Kind.SUBJECT, 1), Ref(Kind.SUBJECT, 2), Ref(Kind.TYPE, 3)
READ, WRITE, ALL = Ref(Kind.PERMISSION, 4), Ref(Kind.PERMISSION, 5), Ref(Kind.PERMISSION, 6)
RECORDS, FOLDER, RECORD = Ref(Kind.TYPE, 7), Ref(Kind.RESOURCE, 8), Ref(Kind.RESOURCE, 9)
THINGS = (ALICE, TEAM, USERS, READ, WRITE, ALL, RECORDS, FOLDER, RECORD)
CHAIN = (Link(ALICE, USERS), Link(USERS, READ), Link(READ, RECORDS), Link(RECORDS, RECORD))

JOINABLE = [(a, b) for a in THINGS for b in THINGS if a != b and b.kind in STEPS.get(a.kind, {})]
periods = st.one_of(st.just(PERMANENT), st.just(Validity(3, 9)), st.just(Validity(0, 4)))
links = st.builds(lambda ends, period: Link(*ends, period), st.sampled_from(JOINABLE), periods)
terms = st.builds(
    Terms,
    st.one_of(st.none(), st.frozensets(st.sampled_from(("read", "write")), min_size=1)),
    st.sampled_from(("", "yes", "no", "unknown")),
)
facts = st.builds(
    lambda found, asked: Facts(tuple(found), {}, 7, asked),
    st.lists(links, max_size=14),
    st.dictionaries(st.sampled_from((READ, WRITE, ALL)), terms),
)
questions = st.builds(
    Question,
    st.sampled_from((ALICE, USERS)),
    st.sampled_from((RECORDS, FOLDER, RECORD)),
    st.sampled_from((None, "read", "write")),
)


def judge(condition: str) -> Unmet | None:
    if condition == "yes":
        return None
    return Unmet(Reason.CONDITION_NOT_MET if condition == "no" else Reason.INPUT_MISSING, condition)


def closed(question: Question, known: Facts) -> set[Ref]:
    """The permissions that do not count for a question."""
    return {
        ref
        for ref, asked in known.terms.items()
        if (question.action and asked.actions is not None and question.action not in asked.actions)
        or asked.condition not in ("", "yes")
    }


@given(questions, facts, st.integers(0, 10))
def test_terms_that_are_not_met_close_a_permission_like_a_block(
    question: Question, known: Facts, now: int
) -> None:
    without = replace(known, terms={}, blocked=dict.fromkeys(closed(question, known), "closed"))
    until = reference.open_until(without, question.subject, question.resource, now)

    decision = decide(question, known, now, judge)

    assert decision.allowed == (until is not None) == allows(question, known, now, judge)
    assert not decision.allowed or decision.valid_until == until
    indexed = decide(question, _index(known), now, judge)
    assert indexed == decide(question, _joined_once(known), now, judge)
    assert decision.allowed == any(open_paths(question, known, now, judge))


def _joined_once(known: Facts) -> Facts:
    """The same as a store has it: of two things at most one link."""
    by_ends = {(link.source, link.target): link for link in known.links}
    return replace(known, links=tuple(by_ends.values()))


def _index(known: Facts) -> Index:
    none = Terms()
    born = [
        ThingAdded(
            _named(ref), 0, {"actions": told.actions and tuple(told.actions), "condition": told.condition}
        )
        for ref in THINGS
        if (told := known.terms.get(ref, none))
    ]
    joined = [
        LinkAdded(_named(link.source), _named(link.target), link.validity.start, link.validity.end)
        for link in _joined_once(known).links
    ]
    return empty().after(known.revision, [*born, *joined])


def _named(ref: Ref) -> Named:
    return Named(ref.kind, ref.key, str(ref.key), "")


@given(questions, facts, st.integers(0, 10))
def test_what_is_presumed_is_no_less_than_what_is_granted(question: Question, known: Facts, now: int) -> None:
    if not decide(question, known, now, judge).allowed:
        return
    assert question.resource in {reach.ref for reach in reachable(question.subject, known, now, presumed)}
    assert question.subject in {reach.ref for reach in reached_by(question.resource, known, now, presumed)}


def test_who_brings_no_judge_is_granted_nothing_that_has_a_condition() -> None:
    known = Facts(CHAIN, terms={READ: Terms(None, "yes")})

    assert decide(Question(ALICE, RECORD), known, 1).reason is Reason.INPUT_MISSING
    assert decide(Question(ALICE, RECORD), known, 1, judge).allowed


def test_a_refusal_names_the_actions_that_are_granted() -> None:
    known = Facts(CHAIN, terms={READ: Terms(frozenset({"read", "list"}))})

    refused = decide(Question(ALICE, RECORD, "write"), known, 1)

    assert refused.reason is Reason.OTHER_ACTIONS
    assert refused.unmet == Unmet(Reason.OTHER_ACTIONS, "list, read")


def test_what_is_missing_is_told_before_what_has_ended() -> None:
    ended = (Link(ALICE, WRITE, Validity(0, 1)), Link(WRITE, RECORD))
    known = Facts((*CHAIN, *ended), terms={READ: Terms(None, "unknown")})

    refused = decide(Question(ALICE, RECORD), known, 5, judge)

    assert (refused.reason, refused.because) == (Reason.INPUT_MISSING, CHAIN)


SUBJECTS, RESOURCES = (ALICE, TEAM, USERS, RECORDS), (RECORDS, FOLDER, RECORD, USERS)


def judge_of(subject: Ref, resource: Ref) -> Judge:
    """What nobody knows of some pairs is so for others."""
    if (subject.key + resource.key) % 3:
        return judge
    return lambda condition: None if condition == "unknown" else judge(condition)


def tolerant(subject: Ref, resource: Ref) -> Judge:
    """As if everything were told, and as one would wish."""

    def judged(condition: str) -> Unmet | None:
        unmet = judge_of(subject, resource)(condition)
        return None if unmet is None or unmet.reason is Reason.INPUT_MISSING else unmet

    return judged


@given(facts, st.sampled_from((None, "read", "write")), st.integers(0, 10), st.integers(1, 3))
@settings(max_examples=200)
def test_lists_from_both_ends_tell_of_every_pair_what_decide_does(
    known: Facts, action: str | None, now: int, limit: int
) -> None:
    known, judging = _joined_once(known), Judging(judge_of, action)
    told = [*_told(known, judging, now, limit), *_told(_index(known), judging, now, limit)]
    assert told == [told[0]] * 4

    for subject in SUBJECTS:
        for resource in RESOURCES:
            asked = Question(subject, resource, action)
            decision = decide(asked, known, now, judge_of(subject, resource))
            might = decide(asked, known, now, tolerant(subject, resource))
            reach = told[0].get((subject, resource))
            assert (reach is not None) == might.allowed
            if reach is not None and decision.allowed:
                assert (reach.path, reach.until) == (decision.because, decision.valid_until)
                assert reach.undecided == ()
            elif reach is not None:
                assert (reach.path, reach.until) == (might.because, might.valid_until)
                assert reach.undecided == (Undecided("unknown", "unknown"),)
                assert decision.reason is Reason.INPUT_MISSING


def _told(known: Source, judging: Judging, now: int, limit: int) -> list[dict[tuple[Ref, Ref], Reach]]:
    """All lists from the one end, and all from the other."""
    kinds = (Kind.SUBJECT, Kind.TYPE, Kind.RESOURCE)
    who = {
        (each.ref, resource): Reach(resource, *_of(each))
        for resource in RESOURCES
        for each in _all(lambda span, end=resource: lists.who(end, known, now, span, judging), limit, kinds)
    }
    what = {
        (subject, each.ref): each
        for subject in SUBJECTS
        for each in _all(lambda span, end=subject: lists.what(end, known, now, span, judging), limit, kinds)
    }
    return [who, what]


def _of(reach: Reach) -> tuple[int, tuple[Link, ...], tuple[Undecided, ...]]:
    return reach.until, reach.path, reach.undecided


def _all(turn: Callable[[Span], Page], limit: int, kinds: tuple[Kind, ...]) -> Iterator[Reach]:
    after: int | None = 0
    while after is not None:
        page = turn(Span(limit, kinds, after))
        yield from page.reaches
        after = page.after


def test_of_two_conditions_either_of_which_would_do_both_are_told() -> None:
    by_two = (Link(ALICE, READ, Validity(0, 9)), Link(ALICE, WRITE), Link(READ, RECORD), Link(WRITE, RECORD))
    known = Facts(by_two, terms={READ: Terms(None, "ticket"), WRITE: Terms(None, "code")})

    (told,) = lists.who(RECORD, known, 1, Span(5, (Kind.SUBJECT,))).reaches

    assert told.path == by_two[1::2]
    assert [each.condition for each in told.undecided] == ["code", "ticket"]
