"""Writing, when those who wait do not wait to the end."""

from threading import Event

from admit.store.engine import Author
from tests.system import System

AUTHOR = Author("admit", "test", "request")


def test_a_write_that_is_called_off_before_it_began_is_never_begun_and_stops_no_other(system: System):
    store, begun, done, ran = system.admit.store, Event(), Event(), []

    def hold(_tx):
        begun.set()
        assert done.wait(30)
        return "held"

    first = store.write(AUTHOR, hold)
    assert begun.wait(30)
    waiting = [store.write(AUTHOR, lambda _tx: ran.append("begun")) for _ in range(20)]
    called_off = [each for each in waiting if each.cancel()]
    done.set()
    for each in waiting:
        if not each.cancelled():
            each.result(30)

    assert called_off
    assert first.result(30) == "held"
    assert store.write_now(AUTHOR, lambda _tx: "after") == "after"
    assert len(ran) == len(waiting) - len(called_off)


def test_a_write_that_has_begun_cannot_be_called_off(system: System):
    begun, done = Event(), Event()

    def hold(_tx):
        begun.set()
        assert done.wait(30)
        return "held"

    writing = system.admit.store.write(AUTHOR, hold)
    assert begun.wait(30)
    assert not writing.cancel()
    done.set()

    assert writing.result(30) == "held"
