"""Signing in: who somebody proves to be."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import select

from admit.base.chance import Chance
from admit.control import people
from admit.control.signing_in import one_time_codes, passwords
from admit.control.signing_in.signin import SecondFactor, SignIn, SignInRefused
from admit.core.links import Kind
from admit.core.validity import MINUTE, SECOND
from admit.main import open_admit
from admit.store import changes, messages, things
from admit.store.engine import Author
from admit.store.sign_in_tables import mailed_codes
from admit.store.things import Thing, Where
from tests.services.bastionhost.people import PASSWORD, Bastion
from tests.system import System

HOME, STRANGER = "192.0.2.1", "203.0.113.9"
AUTHOR = Author("acs:ram::1:root", "test", "request")


@pytest.fixture
def bastion(system: System) -> Bastion:
    return Bastion(system)


@pytest.fixture
def signin(system: System) -> SignIn:
    return SignIn(system.admit.store, replace(system.admit.world, mails=True))


def _names(users: tuple[Thing, ...]) -> list[str]:
    return [user.name for user in users]


def _by_password(signin: SignIn, name: str, password: str = PASSWORD, peer: str = HOME) -> tuple[Thing, ...]:
    return asyncio.run(signin.by_password(name, password, peer))


def _refusal(tried: Callable[[], Awaitable[object]]) -> str:
    async def wait() -> None:
        await tried()

    with pytest.raises(SignInRefused) as refused:
        asyncio.run(wait())
    return refused.value.text


def test_the_password_proves_the_user_and_another_does_not(bastion: Bastion, signin: SignIn) -> None:
    bastion.user("alice")
    assert _names(_by_password(signin, "alice")) == ["alice"]
    assert _by_password(signin, "alice", "Wrong-horse-9") == ()
    assert _by_password(signin, "bob") == ()


def test_the_name_of_the_person_will_do_as_well(system: System, bastion: Bastion, signin: SignIn) -> None:
    user_id = bastion.user("a_lice")
    store = system.admit.store
    with store.read() as sql:
        (user,) = things.named(sql, Kind.USER, user_id)
    store.write_now(AUTHOR, lambda tx: people.set_person(tx, user, people.person_named(tx, "alice")))
    assert _names(_by_password(signin, "alice")) == ["a_lice"]
    assert _names(_by_password(signin, "a_lice")) == ["a_lice"]


def test_users_of_other_services_are_nobody_at_a_bastion_host(system: System, signin: SignIn) -> None:
    system.call(
        "eds-user",
        "CreateUsers",
        Users=[{"EndUserId": "alice", "Email": "alice@example.com", "Password": PASSWORD}],
    )
    assert _by_password(signin, "alice") == ()


def test_a_locked_user_cannot_sign_in_until_unlocked(bastion: Bastion, signin: SignIn) -> None:
    user_id = bastion.user("alice")
    bastion.call("LockUsers", UserIds=json.dumps([user_id]))
    assert _by_password(signin, "alice") == ()
    bastion.call("UnlockUsers", UserIds=json.dumps([user_id]))
    assert _names(_by_password(signin, "alice")) == ["alice"]


def test_a_user_signs_in_within_their_time_only(system: System, bastion: Bastion, signin: SignIn) -> None:
    now = system.clock.now() // SECOND
    bastion.user("alice", EffectiveStartTime=now + 60, EffectiveEndTime=now + 120)
    proven = []
    for _ in range(3):
        proven.append(_names(_by_password(signin, "alice")))
        system.advance(MINUTE)
    assert proven == [[], ["alice"], []]


def test_a_removed_user_cannot_sign_in(bastion: Bastion, signin: SignIn) -> None:
    bastion.call("DeleteUser", UserId=bastion.user("alice"))
    assert _by_password(signin, "alice") == ()


def test_a_ram_user_has_no_password_even_if_one_was_kept(
    system: System, bastion: Bastion, signin: SignIn
) -> None:
    user_id = bastion.ram_user("alice", "247823888127488180")
    store, world = system.admit.store, system.admit.world
    with store.read() as sql:
        (user,) = things.named(sql, Kind.USER, user_id)
    store.write_now(AUTHOR, lambda tx: passwords.keep(tx, world, user, PASSWORD))
    assert _by_password(signin, "alice") == ()


def test_a_password_that_must_be_changed_proves_nothing_and_only_its_owner_is_told(
    bastion: Bastion, signin: SignIn
) -> None:
    bastion.user("alice", NeedResetPassword=True)
    assert _by_password(signin, "alice", "Wrong-horse-9") == ()
    assert "must be changed" in _refusal(lambda: signin.by_password("alice", PASSWORD, HOME))


NEW = "Better-horse-10"


def _changed(signin: SignIn, former: str, password: str) -> list[str]:
    return _names(asyncio.run(signin.change_password("alice", former, password, HOME)))


def test_a_password_that_must_be_changed_is_changed_by_who_has_it(
    system: System, bastion: Bastion, signin: SignIn
) -> None:
    user_id = bastion.user("alice", NeedResetPassword=True)
    assert _changed(signin, "Wrong-horse-9", NEW) == []
    before = system.revision()
    assert _changed(signin, PASSWORD, NEW) == ["alice"]
    assert bastion.shown(user_id)["NeedResetPassword"] is False
    assert _names(_by_password(signin, "alice", NEW)) == ["alice"]
    assert _by_password(signin, "alice", PASSWORD) == ()
    with system.admit.store.read() as sql:
        (change, *_) = changes.after(sql, before, 10)
    assert change.actor == "alice"


@pytest.mark.parametrize("password", [PASSWORD, "short", "no-capital-9"])
def test_a_new_password_is_another_one_and_strong_enough(
    bastion: Bastion, signin: SignIn, password: str
) -> None:
    bastion.user("alice", NeedResetPassword=True)
    told = _refusal(lambda: signin.change_password("alice", PASSWORD, password, HOME))
    assert "the new password is not taken" in told
    assert _changed(signin, PASSWORD, NEW) == ["alice"]


def test_nobody_is_kept_out_by_who_finds_their_password(bastion: Bastion, signin: SignIn) -> None:
    bastion.user("alice")
    assert _changed(signin, PASSWORD, NEW) == []
    assert _names(_by_password(signin, "alice")) == ["alice"]


def test_who_guesses_is_paused_and_an_unknown_name_no_less(
    system: System, bastion: Bastion, signin: SignIn
) -> None:
    bastion.user("alice")
    for name in ("alice", "nobody"):
        for _ in range(5):
            assert _by_password(signin, name, "Wrong-horse-9", STRANGER) == ()
        told = _refusal(lambda name=name: signin.by_password(name, PASSWORD, STRANGER))  # type: ignore[misc]
        assert told == "admit: too many wrong tries: try again in 1 minute"
    assert _names(_by_password(signin, "alice")) == ["alice"]
    system.advance(MINUTE)
    assert _names(_by_password(signin, "alice", peer=STRANGER)) == ["alice"]


def test_an_unknown_name_costs_as_many_checks_as_a_known_one(
    bastion: Bastion, signin: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    bastion.user("alice")
    bastion.ram_user("bob", "247823888127488180")
    checked: list[str] = []
    real = passwords.matches

    def counting(digest: str, password: str) -> bool:
        checked.append(digest)
        return real(digest, password)

    monkeypatch.setattr(passwords, "matches", counting)
    counts = []
    for name in ("alice", "bob", "nobody"):
        checked.clear()
        _by_password(signin, name, "Wrong-horse-9")
        counts.append([digest.rpartition("$")[0].rpartition("$")[0] for digest in checked])
    assert counts[0] == counts[1] == counts[2]
    assert len(counts[0]) == 1


def _factor(signin: SignIn, users: tuple[Thing, ...]) -> SecondFactor:
    factor = asyncio.run(signin.second_factor(users, HOME))
    assert factor is not None
    return factor


def _authenticator(system: System, users: tuple[Thing, ...]) -> pyotp.TOTP:
    (user,) = users
    store, world = system.admit.store, system.admit.world
    uri = store.write_now(AUTHOR, lambda tx: one_time_codes.set_secret(tx, world, user))
    parsed = pyotp.parse_uri(uri)
    assert isinstance(parsed, pyotp.TOTP)
    return parsed


def _code(signin: SignIn, factor: SecondFactor, code: str) -> list[str]:
    return _names(asyncio.run(signin.by_code(factor, "alice", code, HOME)))


def test_nobody_is_asked_twice_unless_it_is_set(bastion: Bastion, signin: SignIn) -> None:
    bastion.user("alice")
    assert asyncio.run(signin.second_factor(_by_password(signin, "alice"), HOME)) is None


def test_a_code_of_the_authenticator_is_good_once(system: System, bastion: Bastion, signin: SignIn) -> None:
    bastion.user("alice", TwoFactorStatus="Enable", TwoFactorMethods='["totp"]')
    users = _by_password(signin, "alice")
    totp = _authenticator(system, users)
    factor = _factor(signin, users)
    code = totp.at(system.clock.now() // SECOND)
    assert _code(signin, factor, f"{code[:3]} {code[3:]}") == ["alice"]
    assert _code(signin, factor, code) == []
    another_process = SignIn(system.admit.store, system.admit.world)
    assert _code(another_process, factor, code) == []


@pytest.mark.parametrize(("steps", "proven"), [(-2, []), (-1, ["alice"]), (1, ["alice"]), (2, [])])
def test_a_code_may_be_half_a_minute_early_or_late(
    system: System, bastion: Bastion, signin: SignIn, steps: int, proven: list[str]
) -> None:
    bastion.user("alice", TwoFactorStatus="Enable", TwoFactorMethods='["totp"]')
    users = _by_password(signin, "alice")
    totp = _authenticator(system, users)
    code = totp.at(system.clock.now() // SECOND + 30 * steps)
    assert _code(signin, _factor(signin, users), code) == proven


def test_wrong_codes_pause_as_wrong_passwords_do(system: System, bastion: Bastion, signin: SignIn) -> None:
    bastion.user("alice", TwoFactorStatus="Enable", TwoFactorMethods='["totp"]')
    users = _by_password(signin, "alice")
    totp = _authenticator(system, users)
    factor = _factor(signin, users)
    for _ in range(5):
        assert _code(signin, factor, "wrong") == []
    code = totp.at(system.clock.now() // SECOND)
    assert "too many wrong tries" in _refusal(lambda: signin.by_code(factor, "alice", code, HOME))


@pytest.mark.parametrize("method", ["totp", "sms", "dingtalk"])
def test_a_user_who_cannot_be_asked_is_refused_plainly(bastion: Bastion, signin: SignIn, method: str) -> None:
    more = {} if method == "totp" else {"Mobile": "13312345678"}
    bastion.user("alice", TwoFactorStatus="Enable", TwoFactorMethods=json.dumps([method]), **more)
    users = _by_password(signin, "alice")
    assert "cannot be asked for here" in _refusal(lambda: signin.second_factor(users, HOME))


def _mailed(system: System) -> list[str]:
    """The codes that wait in the outbox, taken out of it."""
    store, codes = system.admit.store, []
    while message := store.write_now(AUTHOR, lambda tx: messages.claim(tx.sql, tx.now, tx.now + MINUTE * 60)):
        assert message.recipient == "alice@example.com"
        codes.append(message.body.partition("sign in is ")[2][:6])
    return codes


def _asked_by_mail(bastion: Bastion, signin: SignIn) -> tuple[Thing, ...]:
    bastion.user("alice", TwoFactorStatus="Enable", TwoFactorMethods='["email"]', Email="alice@example.com")
    return _by_password(signin, "alice")


def test_a_mailed_code_is_good_once_and_for_five_minutes(
    system: System, bastion: Bastion, signin: SignIn
) -> None:
    users = _asked_by_mail(bastion, signin)
    factor = _factor(signin, users)
    assert factor.prompt == "Code sent to a…@example.com: "
    (code,) = _mailed(system)
    assert _code(signin, factor, code) == ["alice"]
    assert _code(signin, factor, code) == []
    _factor(signin, users)
    (late,) = _mailed(system)
    system.advance(5 * MINUTE)
    assert _code(signin, factor, late) == []


@pytest.fixture
def elsewhere(system: System) -> Iterator[SignIn]:
    """The same at another node."""
    admit = open_admit(system.admit.settings, system.clock, Chance.seeded(3))
    yield SignIn(admit.store, replace(admit.world, mails=True))
    admit.close()


def test_a_code_that_one_node_mailed_is_good_once_at_any(
    system: System, bastion: Bastion, signin: SignIn, elsewhere: SignIn
) -> None:
    factor = _factor(signin, _asked_by_mail(bastion, signin))
    # Nor does the other mail a second one.
    again = _factor(elsewhere, factor.users)
    (code,) = _mailed(system)
    assert _code(elsewhere, again, code) == ["alice"]
    assert _code(signin, factor, code) == []


def test_the_wrong_tries_of_all_nodes_use_a_mailed_code_up(
    system: System, bastion: Bastion, signin: SignIn, elsewhere: SignIn
) -> None:
    factor = _factor(signin, _asked_by_mail(bastion, signin))
    (code,) = _mailed(system)
    for node in (signin, elsewhere, signin, elsewhere, signin):
        assert _code(node, factor, "000 00") == []
    assert "too many wrong tries" in _refusal(lambda: elsewhere.by_code(factor, "alice", code, HOME))
    system.advance(MINUTE)
    assert _code(elsewhere, factor, code) == []


def test_no_mailed_code_can_be_read_where_it_is_kept(
    system: System, bastion: Bastion, signin: SignIn
) -> None:
    _factor(signin, _asked_by_mail(bastion, signin))
    (code,) = _mailed(system)
    with system.admit.store.read() as sql:
        (kept,) = sql.execute(select(mailed_codes)).mappings()
    assert (len(kept["digest"]), code.encode() in kept["digest"]) == (32, False)


def test_without_a_mail_server_nobody_waits_for_a_code(system: System, bastion: Bastion) -> None:
    signin = SignIn(system.admit.store, system.admit.world)
    users = _asked_by_mail(bastion, signin)
    assert "cannot be asked for here" in _refusal(lambda: signin.second_factor(users, HOME))
    assert _mailed(system) == []


def test_a_mailbox_cannot_be_filled(system: System, bastion: Bastion, signin: SignIn) -> None:
    users = _asked_by_mail(bastion, signin)
    for _ in range(10):
        factor = _factor(signin, users)
    (code,) = _mailed(system)
    assert _code(signin, factor, code) == ["alice"]


def test_five_wrong_tries_use_a_mailed_code_up(system: System, bastion: Bastion, signin: SignIn) -> None:
    factor = _factor(signin, _asked_by_mail(bastion, signin))
    (code,) = _mailed(system)
    for _ in range(5):
        assert _code(signin, factor, "000 00") == []
    system.advance(MINUTE)
    assert _code(signin, factor, code) == []


def _activities(system: System) -> list[tuple[str, ...]]:
    """What was noted of signing in, the newest first."""
    world = system.admit.world
    world.activities.write(system.admit.store, world.metrics)
    told = system.call("admit", "ListActivity", Kind="sign-in")["Activities"]
    fields = ("Caller", "Action", "Outcome", "Reason", "Peer")
    return [tuple(each.get(field, "") for field in fields) for each in told]


def test_who_came_and_who_was_refused_is_noted(system: System, bastion: Bastion, signin: SignIn) -> None:
    bastion.user("alice")
    users = _by_password(signin, "alice")
    assert _activities(system) == []
    asyncio.run(signin.signed_in(users, "alice", HOME, "password"))
    _by_password(signin, "alice", "guess", HOME)
    _by_password(signin, "mallory\x1b[2J", "guess", STRANGER)
    assert _activities(system) == [
        ("mallory\ufffd[2J", "password", "refused", "wrong", STRANGER),
        ("alice", "password", "refused", "wrong", HOME),
        ("alice", "password", "ok", "", HOME),
    ]
    found = system.call("admit", "ListActivity", Kind="sign-in", Person="alice")["Activities"]
    assert [each["Outcome"] for each in found] == ["refused", "ok"]


def test_no_password_or_code_is_ever_noted(system: System, bastion: Bastion, signin: SignIn) -> None:
    bastion.user("alice")
    for password in (PASSWORD, "Wrong-horse-9"):
        _by_password(signin, "alice", password)
    world = system.admit.world
    world.activities.write(system.admit.store, world.metrics)
    told = json.dumps(system.call("admit", "ListActivity", MaxResults=100))
    assert PASSWORD not in told
    assert "Wrong-horse-9" not in told


@pytest.mark.parametrize(
    ("status", "for_all", "asked"),
    [
        ("Global", (), "none"),
        ("Global", ("email",), "email"),
        ("Global", ("totp",), "unknown"),
        ("Disable", ("email",), "none"),
        ("Enable", (), "email"),
    ],
)
def test_who_follows_the_setting_for_all_is_asked_as_it_says(
    system: System, bastion: Bastion, status: str, for_all: tuple[str, ...], asked: str
) -> None:
    more = {"TwoFactorStatus": status, "Email": "alice@example.com"}
    bastion.user("alice", **more, **({"TwoFactorMethods": '["email"]'} if status == "Enable" else {}))
    world = replace(system.admit.world, mails=True, two_factor=for_all)
    with system.admit.store.read() as sql:
        (user,) = things.find(sql, Where(Kind.USER, names=("alice",)))
        assert one_time_codes.method_of(sql, world, user) == asked
