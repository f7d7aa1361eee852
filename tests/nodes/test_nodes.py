"""Two servers on one PostgreSQL: what one acknowledges holds at the other."""

from collections.abc import Iterator

import pytest

from tests.nodes.firm import RESOURCE, Asker
from tests.nodes.story import Story
from tests.system import Refused

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def pair(story: Story) -> Iterator[list[Asker]]:
    """Clients of the two servers that are left."""
    with story.firm.asking(*story.servers[1:]) as askers:
        yield askers


def test_what_one_node_acknowledged_the_other_answers_by(pair: list[Asker]) -> None:
    here, there = pair
    for _ in range(5):
        assert here.change("GrantAccess", "alice")
        assert there.may("alice", here.revision)
        assert there.revision >= here.revision
        assert here.change("RevokeAccess", "alice")
        assert not there.may("alice", here.revision)
        # Nor without it: what is answered is read from the database at that moment.
        assert there.change("GrantAccess", "alice")
        assert here.may("alice")
        assert there.change("RevokeAccess", "alice")
        assert not here.may("alice")


def test_a_request_is_good_once_for_all_nodes(pair: list[Asker]) -> None:
    here, there = pair
    for action, parameters in (
        ("CheckAccess", {"Person": "bob", "Resource": RESOURCE}),
        ("GrantAccess", {"Subject": "bob", "Resource": RESOURCE}),
    ):
        target, headers, body = here.signed("admit", action, parameters)
        refused = []
        for each in (here, there, here):
            each.connection.request("POST", target, body, headers)
            refused.append(b"SignatureNonceUsed" in each.connection.getresponse().read())
        assert refused == [False, True, True]


def test_a_revision_that_is_of_no_system_here_is_not_answered(pair: list[Asker]) -> None:
    asker, _ = pair
    asker.may("alice")
    with pytest.raises(Refused) as refused:
        asker.may("alice", asker.revision + 1_000_000)
    assert (refused.value.status, refused.value.code) == (503, "RevisionNotReached")
