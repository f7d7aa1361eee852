"""Facts, seen by who proved to be one of a person's users."""

from admit.core.facts import AsUser, Facts
from admit.core.links import Kind, Link, Ref
from tests.core.test_access import ALICE, USER

OTHER = Ref(Kind.USER, 20)


def test_a_person_is_joined_to_the_user_they_proved_to_be_and_to_no_other_of_theirs() -> None:
    seen = AsUser(Facts((Link(ALICE, USER), Link(ALICE, OTHER))), ALICE.key, USER.key)

    assert [*seen.joined_after(USER.key, 0)] == [ALICE.key]
    assert [*seen.joined_after(OTHER.key, 0)] == []
