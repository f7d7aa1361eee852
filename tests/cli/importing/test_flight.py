"""Several calls under way at once."""

import threading

import pytest

from admit.cli.importing.flight import AT_ONCE, in_order


def test_what_is_done_out_of_order_is_told_in_order():
    begun: list[threading.Event] = [threading.Event() for _ in range(AT_ONCE)]
    told: list[tuple[int, int]] = []

    def work(number: int) -> int:
        begun[number].set()
        # The first is done only after all others have begun.
        for event in begun if number == 0 else ():
            assert event.wait(30)
        return number * 2

    in_order(work, range(AT_ONCE), lambda number, result: told.append((number, result)))

    assert told == [(number, number * 2) for number in range(AT_ONCE)]


def test_no_more_are_under_way_than_may_be():
    most, now, turn = 0, 0, threading.Lock()

    def work(_number: int) -> None:
        nonlocal most, now
        with turn:
            now += 1
            most = max(most, now)
        with turn:
            now -= 1

    in_order(work, range(500), lambda _number, _result: None)

    assert 1 <= most <= AT_ONCE


def test_what_fails_ends_it_and_those_before_it_are_told():
    done: list[int] = []
    told: list[int] = []

    def work(number: int) -> None:
        if number == 20:
            raise ZeroDivisionError
        done.append(number)

    with pytest.raises(ZeroDivisionError):
        in_order(work, range(1_000), lambda number, _result: told.append(number))

    assert told == list(range(20))
    assert max(done) < 20 + AT_ONCE
