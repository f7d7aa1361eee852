"""The checker finds what cannot have happened, and nothing else."""

from tests.nodes.linear import Operation, is_linearizable


def test_what_happened_one_after_another_is_explained() -> None:
    assert is_linearizable(
        [
            Operation("check", 0, 1, saw=False),
            Operation("grant", 2, 3, saw=True),
            Operation("check", 4, 5, saw=True),
            Operation("grant", 6, 7, saw=False),
            Operation("revoke", 8, 9, saw=True),
            Operation("check", 10, 11, saw=False),
        ]
    )


def test_a_stale_allow_after_an_acknowledged_revoke_is_found() -> None:
    history = [
        Operation("grant", 0, 1, saw=True),
        Operation("revoke", 2, 3, saw=True),
        Operation("check", 4, 5, saw=True),
    ]
    assert not is_linearizable(history)
    # At the same time as the revoke it may have been either.
    assert is_linearizable([*history[:2], Operation("check", 2.5, 5, saw=True)])


def test_a_lost_grant_is_found() -> None:
    assert not is_linearizable([Operation("grant", 0, 1, saw=True), Operation("check", 2, 3, saw=False)])


def test_a_change_that_happened_twice_is_found() -> None:
    twice = [Operation("revoke", 0, 5, saw=True), Operation("revoke", 1, 6, saw=True)]
    assert not is_linearizable(twice, granted=True)


def test_what_was_never_answered_may_have_happened_at_any_time_later_or_never() -> None:
    lost = Operation("grant", 0)
    assert is_linearizable([lost, Operation("check", 1, 2, saw=True)])
    assert is_linearizable([lost, Operation("check", 1, 2, saw=False), Operation("check", 3, 4, saw=True)])
    assert is_linearizable([lost, Operation("check", 1, 2, saw=False)])
    assert not is_linearizable(
        [lost, Operation("check", 1, 2, saw=True), Operation("check", 3, 4, saw=False)]
    )
    assert not is_linearizable([Operation("grant", 2), Operation("check", 0, 1, saw=True)])


def test_reads_that_see_a_change_come_and_go_are_found() -> None:
    assert not is_linearizable(
        [
            Operation("grant", 0, 9, saw=True),
            Operation("check", 1, 2, saw=True),
            Operation("check", 3, 4, saw=False),
        ]
    )
