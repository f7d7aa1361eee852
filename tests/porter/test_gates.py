"""A gate in somebody else's hands: it gets what people sign in to it for, and nothing else."""

import asyncio
import os
import struct
import threading
from collections.abc import Awaitable, Callable

import asyncssh
import msgspec
import pytest

from admit.control.live.recorder import THREADS
from admit.core.recordings import Opening
from admit.porter.asks import What
from admit.porter.gates import ASKED
from admit.porter.link import LinkBroken
from admit.porter.messages import Answer, Asked, Closed, Ended, Here, Left, Season, Shown, Unwelcome
from admit.porter.names import Wanted
from admit.porter.questions import (
    Admissions,
    Arrive,
    ByKey,
    ByPassword,
    CredentialsOf,
    Enter,
    Holds,
    Open,
    Pin,
    Record,
    Sign,
)
from admit.porter.wire import LARGEST_ASKED, VERSION
from tests.control.live.watched import until
from tests.porter.counter import Counter, Liar, counter
from tests.porter.lobby import HOME, PASSWORD, Lobby, exchange, request, signed

WANTED = Wanted("alice", "root", "db-1")
NOBODY = "nobody of that name has come"
NO_SESSION = "there is no session of that number"
Story = Callable[[Counter, Liar], Awaitable[None]]


def play(lobby: Lobby, story: Story) -> None:
    async def played() -> None:
        async with counter(lobby) as there:
            await story(there, await there.liar())

    asyncio.run(played())


def sessions(lobby: Lobby) -> list[tuple[str, str, str]]:
    listed = lobby.system.call("admit", "ListSessions")["Sessions"]
    return [(each["State"], each.get("Outcome", ""), each.get("Reason", "")) for each in listed]


# -- saying who somebody is --------------------------------------------------------------------------


def test_it_cannot_say_that_somebody_is_in(lobby):
    async def story(_, liar):
        me = await liar.ask(Arrive(HOME, liar.season.number, 1))
        assert await liar.ask(Holds(me, "alice", lobby.key.public_data)) is True
        assert await liar.ask(Enter(me, "client")) == "not signed in"
        assert await liar.ask(Admissions(me, WANTED)) == "not signed in"

    play(lobby, story)


def test_it_cannot_make_up_a_key_for_somebody(lobby):
    own = asyncssh.generate_private_key("ssh-ed25519")

    async def story(_, liar):
        me = await liar.ask(Arrive(HOME, liar.season.number, 1))
        made = exchange(liar.season.cookie(1), lobby.public_host_key(liar))
        assert (await liar.ask(ByKey(me, signed(own, "alice", made)))).state == "refused"
        forged = msgspec.structs.replace(signed(own, "alice", made), request=request("alice", lobby.key))
        assert (await liar.ask(ByKey(me, forged))).state == "refused"

    play(lobby, story)


def test_it_cannot_use_a_signature_again_that_somebody_gave_it_before(lobby):
    async def story(there, liar):
        first = await liar.ask(Arrive(HOME, liar.season.number, 1))
        kept = signed(lobby.key, "alice", exchange(liar.season.cookie(1), lobby.public_host_key(liar)))
        assert (await liar.ask(ByKey(first, kept))).state == "proven"
        liar.say(Left(first))
        assert await liar.ask(Arrive(HOME, liar.season.number, 1)) == "that took too long: try again"
        second = await liar.ask(Arrive(HOME, liar.season.number, 2))
        assert (await liar.ask(ByKey(second, kept))).state == "refused"
        # Nor on a new link, where numbers begin anew: the season is another one.
        later = await there.liar()
        third = await later.ask(Arrive(HOME, later.season.number, 1))
        assert (await later.ask(ByKey(third, kept))).state == "refused"

    play(lobby, story)


def test_a_signature_counts_no_more_when_its_season_is_long_over(lobby):
    async def story(_, liar):
        lobby.system.clock.advance(121_000)
        assert await liar.ask(Arrive(HOME, liar.season.number, 1)) == "that took too long: try again"

    play(lobby, story)


def test_it_may_guess_no_more_passwords_than_a_client(lobby):
    async def story(_, liar):
        told = []
        for number in range(1, 9):
            me = await liar.ask(Arrive(HOME, liar.season.number, number))
            told.append(await liar.ask(ByPassword(me, "alice", f"guess-{number}")))
        assert [each.text for each in told[:5]] == [""] * 5
        assert all("too many wrong tries" in each.text for each in told[5:])

    play(lobby, story)


# -- names of others ---------------------------------------------------------------------------------


def test_what_was_given_on_one_link_is_worth_nothing_on_another(lobby):
    async def story(there, liar):
        me = await liar.alice()
        offer, session = await liar.offered(me), await liar.opened(me)
        other = await there.liar()
        assert await other.ask(Admissions(me, WANTED)) == NOBODY
        opening = Open(offer.admission, 1, What.SHELL, None)
        assert await other.ask(opening) == "that was not offered, or too long ago: try again"
        assert await other.ask(CredentialsOf(session)) == NO_SESSION
        assert (await liar.ask(CredentialsOf(session))).key is not None

    play(lobby, story)


def test_credentials_are_not_given_before_a_session_was_opened_nor_after_it_ended(lobby):
    async def story(_, liar):
        me = await liar.alice()
        await liar.offered(me)
        assert await liar.ask(CredentialsOf(1)) == NO_SESSION
        session = await liar.opened(me, "app")
        assert (await liar.ask(CredentialsOf(session))).password == "the app's own"
        liar.say(Closed(session, "over"))
        assert await liar.ask(CredentialsOf(session)) == NO_SESSION

    play(lobby, story)


def test_a_session_that_was_cut_gives_nothing_more_even_if_the_gate_goes_on(lobby):
    async def story(_, liar):
        session = await liar.opened(await liar.alice())
        assert (await liar.ask(CredentialsOf(session))).key is not None
        lobby.take_away()
        ended = await liar.hear(lambda each: isinstance(each, Ended))
        assert (ended.session, "the grant was revoked" in ended.text) == (session, True)
        for ask in (
            CredentialsOf(session),
            Sign(session, exchange(b"x" * 16, lobby.host_key.public_data), b"", "ssh-ed25519"),
            Pin(session, lobby.host_key.get_fingerprint()),
            Record(session, Opening()),
        ):
            assert await liar.ask(ask) == "this session is over"

    play(lobby, story)


def test_an_admission_goes_with_its_visitor(lobby):
    async def story(_, liar):
        me = await liar.alice()
        offer = await liar.offered(me)
        liar.say(Left(me))
        opening = Open(offer.admission, 9, What.SHELL, None)
        assert await liar.ask(opening) == "that was not offered, or too long ago: try again"

    play(lobby, story)


def test_a_number_is_given_to_one_session_at_a_time(lobby):
    async def story(_, liar):
        me = await liar.alice()
        session = await liar.opened(me)
        again = Open((await liar.offered(me)).admission, session, What.SHELL, None)
        assert await liar.ask(again) == "there is a session of that number"

    play(lobby, story)


def test_a_kept_key_signs_for_its_own_account_and_host_alone(lobby):
    async def story(_, liar):
        session = await liar.opened(await liar.alice())
        await liar.ask(CredentialsOf(session))
        right, wrong = (
            exchange(b"x" * 16, each.public_data)
            for each in (lobby.host_key, asyncssh.generate_private_key("ssh-ed25519"))
        )
        asked = request("root", lobby.kept)
        assert isinstance(await liar.ask(Sign(session, right, asked, "ssh-ed25519")), bytes)
        no = "the credentials that are kept cannot be used for that"
        assert await liar.ask(Sign(session, wrong, asked, "ssh-ed25519")) == no
        assert await liar.ask(Sign(session, right, b"anything", "ssh-ed25519")) == no

    play(lobby, story)


# -- saying what cannot be understood, or too much of it -----------------------------------------------


async def is_hung_up_on(liar: Liar) -> bool:
    try:
        async with asyncio.timeout(20):
            await liar.hear(lambda _: False)
    except LinkBroken:
        return True


@pytest.mark.parametrize(
    "octets",
    [
        struct.pack(">I", LARGEST_ASKED + 1),
        struct.pack(">I", 4) + b"\xc1\xc1\xc1\xc1",
        struct.pack(">I", 1) + b"\x90",
        b"GET / HTTP/1.1\r\n\r\n",
        os.urandom(4096),
    ],
)
def test_garbage_ends_its_own_link_and_no_other(lobby, octets):
    async def story(there, liar):
        other = await there.liar()
        await other.opened(await other.alice())
        session = await liar.opened(await liar.alice())
        liar.link._writer.write(octets)
        assert await is_hung_up_on(liar)
        assert session
        assert (await other.ask(CredentialsOf(await other.opened(await other.alice())))).key is not None

    play(lobby, story)


@pytest.mark.parametrize(
    "message",
    [["Asked", 1, ["Grant", "alice", "root"]], ["Asked", -1, ["Enter", "a", "b"]], ["Welcome", b"", 1]],
)
def test_what_is_no_message_ends_the_link(lobby, message):
    async def story(_, liar):
        content = msgspec.msgpack.encode(message)
        liar.link._writer.write(struct.pack(">I", len(content)) + content)
        assert await is_hung_up_on(liar)

    play(lobby, story)


def test_a_gate_that_asks_and_never_reads_is_held_up_and_nobody_else(lobby):
    async def story(there, liar):
        me = await liar.ask(Arrive(HOME, liar.season.number, 1))
        # A few more than are taken at once; with many more a slow database would outlast the lease.
        many = ASKED + ASKED // 8
        for _ in range(many):
            liar.say(Asked(next(liar.numbers), Holds(me, "alice", b"k" * 1000)))
        other = await there.liar()
        assert (await other.ask(CredentialsOf(await other.opened(await other.alice())))).key is not None
        answers = [await liar.hear(lambda each: not isinstance(each, Season)) for _ in range(many)]
        assert any(isinstance(each, Answer) for each in answers)

    play(lobby, story)


def test_a_recording_is_not_fed_faster_than_it_is_written(system):
    lobby = Lobby(system, recorded=True)

    async def story(there, liar):
        session, disk = await liar.opened(await liar.alice()), threading.Event()
        assert await liar.ask(Record(session, Opening())) == "shown"
        for _ in range(THREADS):
            there.house.recorder.threads.submit(disk.wait)
        for _ in range(24):
            liar.say(Shown(session, b"x" * 1_000_000))
        try:
            assert await is_hung_up_on(liar)
        finally:
            disk.set()

    play(lobby, story)
    (recording,) = lobby.system.call("admit", "ListRecordings")["Recordings"]
    assert (recording["State"], recording["Reason"]) == ("cut off", "the gate broke off")


# -- who may connect, and what becomes of what a gate had ------------------------------------------------


def test_a_gate_of_another_system_user_may_not_connect(lobby):
    async def story():
        async with counter(lobby, frozenset({os.geteuid() + 1})) as there:
            said = await (await there.link()).receive()
            assert isinstance(said, Unwelcome)
            assert "gate_users" in said.why

    asyncio.run(story())


def test_a_gate_of_another_version_is_told_so(lobby):
    async def story():
        async with counter(lobby) as there:
            _, said = await there.greeted(VERSION + 1)
            assert isinstance(said, Unwelcome)

    asyncio.run(story())


def test_sessions_of_a_gate_that_is_gone_are_closed_in_the_ledger(lobby):
    async def story(there, liar):
        await liar.opened(await liar.alice())
        assert len(there.house.sessions) == 1
        liar.link._writer.transport.abort()
        await until(lambda: not there.house.sessions)

    play(lobby, story)
    assert sessions(lobby) == [("ended", "stopped", "the gate broke off")]


def test_the_names_of_messages_are_what_they_show_of_themselves():
    message = ByPassword("visitor", "alice", PASSWORD)
    assert repr(message) == str(message) == "ByPassword"
    assert repr(Here()) == "Here"
