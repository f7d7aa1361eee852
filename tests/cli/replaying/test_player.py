"""Playing in time: pauses, speed, keys."""

import pytest

from admit.base.clock import FakeClock
from admit.cli.replaying.player import Event, NotARecording, Pace, events, header, play, shown
from admit.core.validity import HOUR, SECOND

SEEN = [
    Event(0, "o", "a"),
    Event(2 * SECOND, "o", "b"),
    Event(2 * SECOND, "i", "typed"),
    Event(HOUR, "o", "c"),
]


class Player:
    """A person at a keyboard, and a note of what was shown when."""

    def __init__(self, *keys):
        self.clock = FakeClock()
        self.began = self.clock.now()
        self.keys = list(keys)
        self.shown = []

    def pressed(self, wait):
        """A key is (after so long, key); without one, time passes."""
        if self.keys and (wait is None or self.keys[0][0] < wait):
            after, key = self.keys.pop(0)
            self.clock.advance(after)
            return key
        assert wait is not None, "waits for a key that never comes"
        self.clock.advance(wait)
        return ""

    def play(self, speed=1.0, idle_limit=None):
        pace = Pace(speed, idle_limit)
        return play(iter(SEEN), pace, self, self._show, self.clock)

    def _show(self, text):
        if "\x1b" not in text:
            self.shown.append((self.clock.now() - self.began, text))


def test_it_is_shown_when_it_was():
    player = Player()
    assert player.play()
    assert player.shown == [(0, "a"), (2 * SECOND, "b"), (HOUR, "c")]


def test_it_can_be_sped_up():
    player = Player()
    player.play(speed=2)
    assert player.shown == [(0, "a"), (SECOND, "b"), (HOUR // 2, "c")]


def test_long_pauses_can_be_shortened():
    player = Player()
    player.play(idle_limit=SECOND)
    assert player.shown == [(0, "a"), (SECOND, "b"), (2 * SECOND, "c")]


def test_one_may_leave():
    player = Player((500, "q"))
    assert not player.play()
    assert player.shown == [(0, "a")]


def test_space_pauses_and_goes_on():
    player = Player((500, " "), (HOUR, " "))
    player.play()
    assert player.shown == [(0, "a"), (500 + HOUR, "b"), (500 + 2 * HOUR - 2 * SECOND, "c")]


def test_a_dot_steps_while_it_pauses():
    player = Player((500, " "), (10, "."), (10, "."))
    player.play()
    assert player.shown == [(0, "a"), (510, "b"), (520, "c")]


def test_other_keys_do_nothing():
    player = Player((500, "x"), (500, "."))
    player.play()
    assert player.shown == [(0, "a"), (2 * SECOND, "b"), (HOUR, "c")]


def test_for_a_pipe_all_of_it_comes_at_once():
    assert "".join(shown(SEEN)) == "abc"


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"version": 1}', "x"])
def test_what_is_no_recording_is_refused(line):
    with pytest.raises(NotARecording):
        header(line)


@pytest.mark.parametrize("line", ["{}", "[1]", '["x", "o", "y"]', "x", "1"])
def test_what_is_no_event_is_refused(line):
    with pytest.raises(NotARecording):
        list(events([line]))
