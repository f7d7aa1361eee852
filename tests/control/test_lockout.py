"""Lock-out: who guesses waits, and nobody else can be made to."""

from admit.control.lockout import FOR_ONE_NAME, FROM_ONE_PLACE, OF_ONE_PLACE, Lockout, Tally, place
from admit.core.validity import HOUR, MINUTE

HOME, STRANGER = "192.0.2.1", "203.0.113.9"


def _wrong(lockout: Lockout, name: str, peer: str, times: int, now: int = 0) -> None:
    for _ in range(times):
        lockout.trying(name, peer, now)


def test_five_wrong_tries_cost_a_minute_and_each_more_twice_as_long_up_to_fifteen() -> None:
    tally: Tally[str] = Tally(free=5)
    pauses = []
    now = 0
    for _ in range(11):
        tally.wrong("alice", now)
        pauses.append(tally.pause("alice", now))
        now += pauses[-1]
    minutes = [pause // MINUTE for pause in pauses]
    assert minutes == [0, 0, 0, 0, 1, 2, 4, 8, 15, 15, 15]


def test_a_pause_ends_at_its_moment() -> None:
    tally: Tally[str] = Tally(free=1)
    tally.wrong("alice", 0)
    assert tally.pause("alice", MINUTE - 1) == 1
    assert tally.pause("alice", MINUTE) == 0


def test_wrong_tries_are_forgotten_after_a_quiet_hour() -> None:
    tally: Tally[str] = Tally(free=2)
    tally.wrong("alice", 0)
    tally.wrong("alice", HOUR)
    assert tally.pause("alice", HOUR) == 0


def test_a_tally_keeps_count_of_the_latest_only() -> None:
    tally: Tally[str] = Tally(free=1, most=2)
    for name in ("alice", "bob", "alice", "carol"):
        tally.wrong(name, 0)
    assert [tally.pause(name, 0) > 0 for name in ("alice", "bob", "carol")] == [True, False, True]


def test_a_stranger_locks_out_only_their_own_place() -> None:
    lockout = Lockout()
    _wrong(lockout, "alice", STRANGER, FROM_ONE_PLACE)
    assert lockout.pause("alice", STRANGER, 0) == MINUTE
    assert lockout.pause("alice", HOME, 0) == 0


def test_many_places_together_pause_a_name_but_not_where_it_has_signed_in_before() -> None:
    lockout = Lockout()
    lockout.came_in("alice", HOME)
    for number in range(FOR_ONE_NAME):
        lockout.trying("alice", f"198.51.100.{number}", 0)
    assert lockout.pause("alice", STRANGER, 0) > 0
    assert lockout.pause("alice", HOME, 0) == 0
    assert lockout.pause("bob", STRANGER, 0) == 0


def test_one_password_tried_on_everybody_pauses_the_place() -> None:
    lockout = Lockout()
    for number in range(OF_ONE_PLACE):
        lockout.trying(f"user-{number}", STRANGER, 0)
    assert lockout.pause("alice", STRANGER, 0) == MINUTE


def test_an_account_of_ones_own_does_not_let_one_guess_at_others_without_end() -> None:
    lockout = Lockout()
    for number in range(OF_ONE_PLACE):
        lockout.trying(f"user-{number}", STRANGER, 0)
        lockout.trying("mallory", STRANGER, 0)
        lockout.was_right("mallory", STRANGER)
    assert lockout.pause("alice", STRANGER, 0) > 0


def test_tries_at_the_same_moment_are_all_counted() -> None:
    lockout = Lockout()
    taken = 0
    for _ in range(100):
        if lockout.pause("alice", STRANGER, 0) == 0:
            lockout.trying("alice", STRANGER, 0)
            taken += 1
    assert taken == FROM_ONE_PLACE


def test_a_right_try_gives_back_what_it_cost() -> None:
    lockout = Lockout()
    for _ in range(1_000):
        lockout.trying("alice", HOME, 0)
        lockout.was_right("alice", HOME)
    assert lockout.pause("alice", HOME, 0) == 0


def test_a_place_is_what_one_subscriber_has() -> None:
    assert place("2001:db8:1:2::1") == place("2001:db8:1:2:ffff::9") != place("2001:db8:1:3::1")
    assert place("::ffff:192.0.2.1") == place("192.0.2.1") != place("192.0.2.2")
    assert place("fe80::1%eth0") == place("fe80::2%eth1")
    assert place("a socket") == "a socket"
