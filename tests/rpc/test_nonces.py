from admit.core.validity import SECOND
from admit.rpc.nonces import FORGOTTEN, WINDOW, Nonces

NOW = 1_780_000_000_000


def test_a_nonce_is_good_once_for_as_long_as_its_request_can_be_accepted():
    nonces = Nonces()
    assert nonces.use("key:a", NOW)
    assert not nonces.use("key:a", NOW)
    assert not nonces.use("key:a", NOW + 2 * WINDOW)

    assert nonces.use("key:a", NOW + 2 * WINDOW + 1)


def test_one_that_was_used_in_an_earlier_run_is_known_whatever_the_order_it_is_read_in():
    nonces = Nonces()
    nonces.load({"key:newer": NOW, "key:older": NOW - WINDOW})

    assert not nonces.use("key:older", NOW)
    later = NOW + WINDOW + SECOND
    assert nonces.use("key:older", later)
    assert not nonces.use("key:newer", later)


def test_however_many_are_over_each_that_comes_is_good_once():
    nonces = Nonces()
    many = [f"key:{number}" for number in range(3 * FORGOTTEN)]
    assert all(nonces.use(each, NOW) for each in many)

    later = NOW + 2 * WINDOW + 1
    fresh = [nonces.use(f"later:{number}", later) for number in range(3)]
    assert fresh == [True] * 3
    assert [nonces.use(each, later) for each in many] == [True] * len(many)
    assert not nonces.use("later:0", later)
