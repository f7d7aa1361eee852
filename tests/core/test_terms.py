"""Permissions with actions and conditions, in the same walk as everything else."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from admit.core.access import Question, Reason, allows, decide, open_paths, reachable, reached_by
from admit.core.events import LinkAdded, Named, ThingAdded
from admit.core.facts import Facts
from admit.core.index import Index, empty
from admit.core.links import STEPS, Kind, Link, Ref
from admit.core.terms import Terms, Unmet, presumed
from admit.core.validity import PERMANENT, Validity
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
