"""Events: what each is about."""

from admit.core.events import (
    EVENTS,
    GlassBroken,
    GraceSet,
    GrantReviewed,
    LinkAdded,
    LinkChanged,
    LinkRemoved,
    Named,
    SessionEnded,
    SessionEndOrdered,
    ThingAdded,
    touched,
)
from admit.core.links import Kind

ALICE, ROOT = Named(Kind.PERSON, 1, "u-1", "alice"), Named(Kind.HOST_ACCOUNT, 2, "a-2", "root")


def test_what_happens_to_one_thing_touches_it() -> None:
    assert touched(ThingAdded(ALICE, 0)) == (ALICE,)


def test_what_happens_between_two_touches_both() -> None:
    links = (
        LinkAdded(ALICE, ROOT, 0, 1),
        LinkChanged(ALICE, ROOT, 0, 2, 0, 1),
        LinkRemoved(ALICE, ROOT),
        GraceSet(ALICE, ROOT, 5),
        GrantReviewed(Named(Kind.GROUP, 3, "r-1", "review"), 1, ALICE, ROOT, "keep", "", ""),
    )
    sessions = (
        SessionEndOrdered("s-1", ALICE, ROOT, ""),
        SessionEnded("s-1", "ssh", ALICE, ROOT, 0, 1, "closed", ""),
        GlassBroken(Named(Kind.GROUP, 4, "g-1", "agreement"), ALICE, ROOT, "", 1),
    )

    assert {touched(event) for event in (*links, *sessions)} == {(ALICE, ROOT)}


def test_every_event_is_found_by_its_name() -> None:
    assert [EVENTS[cls.__name__] for cls in EVENTS.values()] == list(EVENTS.values())
