"""Who is likely to open something: told from anywhere, heard by whoever makes it ready."""

from admit.control.expected import MOST, Coming, Expected, Wanted


def coming(app: str) -> Coming:
    """Somebody who is likely to open an application."""
    return Coming((), Wanted("aig-1", app))


def test_what_is_told_while_somebody_hears_is_taken_in_its_order_and_the_oldest_is_forgotten():
    expected, woken = Expected(), []
    with expected.heard(lambda: woken.append(True)):
        for number in range(MOST + 1):
            expected.tell(coming(f"ca-{number}"))
        first = expected.take()
        rest = [expected.take() for _ in range(MOST)]

    assert first == coming("ca-1")
    assert rest[-2:] == [coming(f"ca-{MOST}"), None]
    assert len(woken) == MOST + 1


def test_what_nobody_hears_is_not_kept_for_who_hears_later():
    expected = Expected()
    expected.tell(coming("ca-1"))
    with expected.heard(lambda: None):
        assert expected.take() is None
        expected.tell(coming("ca-2"))
    with expected.heard(lambda: None):
        assert expected.take() is None
