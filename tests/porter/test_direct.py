"""What the porter hands out, to whom, and for how long: a door is not believed."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncssh
import pytest

from admit.base.ssh_exchange import to_be_signed
from admit.core.validity import DAY, MINUTE
from admit.porter.asks import Porter, Refused, What
from admit.porter.names import Wanted
from tests.control.live.watched import until
from tests.porter.lobby import HOME, PASSWORD, Lobby, Screen, exchange, request, signed

WANTED = Wanted("alice", "root", "db-1")
Story = Callable[[Porter], Awaitable[None]]


def play(lobby: Lobby, story: Story) -> None:
    async def played() -> None:
        async with lobby.porter() as porter:
            await story(porter)

    asyncio.run(played())


async def refusal(asked: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refused:
        await asked
    return refused.value.reason


def test_nobody_is_in_before_they_have_proven_who_they_are(lobby):
    async def story(porter):
        visitor = porter.visitor(HOME)
        assert await visitor.holds("alice", lobby.key.public_data)
        for asked in (visitor.enter("x"), visitor.admissions(WANTED), visitor.reachable()):
            assert await refusal(asked) == "not signed in"

    play(lobby, story)


def test_a_signature_counts_on_the_connection_it_was_made_on_alone(lobby):
    async def story(porter):
        first, second = porter.visitor(HOME), porter.visitor(HOME)
        shown = signed(lobby.key, "alice", exchange(first.cookie, lobby.public_host_key(porter)))
        assert (await second.by_key(shown)).state == "refused"
        assert (await first.by_key(shown)).state == "proven"

    play(lobby, story)


def test_a_key_proves_only_its_own_users_whatever_name_is_signed(lobby):
    lobby.bastion.user("bob")

    async def story(porter):
        visitor = porter.visitor(HOME)
        shown = signed(lobby.key, "bob", exchange(visitor.cookie, lobby.public_host_key(porter)))
        assert (await visitor.by_key(shown)).state == "refused"
        assert await refusal(visitor.enter("x")) == "not signed in"

    play(lobby, story)


def test_what_was_proven_under_one_name_is_gone_when_another_is_tried(lobby):
    lobby.bastion.user("bob")

    async def story(porter):
        visitor = porter.visitor(HOME)
        assert (await visitor.by_password("alice", PASSWORD)).state == "proven"
        assert (await visitor.by_password("bob", "wrong")).state == "refused"
        assert await refusal(visitor.enter("x")) == "not signed in"

    play(lobby, story)


def test_a_code_is_not_asked_of_whom_nothing_was_shown(lobby):
    async def story(porter):
        assert (await porter.visitor(HOME).by_code("123456")).state == "refused"

    play(lobby, story)


def test_who_signed_in_a_day_ago_begins_nothing_more(lobby):
    async def story(porter):
        visitor = await lobby.come(porter)
        lobby.system.clock.advance(DAY + MINUTE)
        assert "connect again" in await refusal(visitor.admissions(WANTED))

    play(lobby, story)


def test_what_was_offered_the_day_before_begins_nothing_more(lobby):
    async def story(porter):
        admission = await lobby.admission(porter)
        lobby.system.clock.advance(DAY + MINUTE)
        assert "connect again" in await refusal(admission.open(What.SHELL, None, Screen()))

    play(lobby, story)


def test_what_somebody_showed_lets_them_in_for_two_minutes(lobby):
    async def story(porter):
        visitor = porter.visitor(HOME)
        shown = signed(lobby.key, "alice", exchange(visitor.cookie, lobby.public_host_key(porter)))
        lobby.system.clock.advance(2 * MINUTE + 1)
        assert (await visitor.by_key(shown)).state == "proven"
        assert await refusal(visitor.enter("x")) == "that took too long: try again"
        assert await refusal(visitor.admissions(WANTED)) == "not signed in"

    play(lobby, story)


def test_who_has_left_begins_nothing_more(lobby):
    async def story(porter):
        visitor = await lobby.come(porter)
        visitor.leave()
        assert await refusal(visitor.admissions(WANTED)) == "not signed in"

    play(lobby, story)


def test_an_admission_opens_nothing_once_access_has_ended(lobby):
    async def story(porter):
        admission = await lobby.admission(porter)
        lobby.take_away()
        assert "no access to root@db-1" in await refusal(admission.open(What.SHELL, None, Screen()))

    play(lobby, story)


def test_credentials_are_those_of_the_account_and_gone_with_the_session(lobby):
    async def story(porter):
        session = await lobby.opened(porter, Screen(), "app")
        assert (await session.credentials()).password == "the app's own"
        session.closed("the client left")
        assert await refusal(session.credentials()) == "this session is over"

    play(lobby, story)


def test_credentials_are_not_given_in_the_moment_between_a_revocation_and_its_cut(lobby):
    async def story(porter):
        screen = Screen()
        session = await lobby.opened(porter, screen)
        lobby.take_away()
        # Not awaited in between: nothing else has run since.
        assert "root@db-1" in await refusal(session.credentials())
        await until(lambda: screen.ended)

    play(lobby, story)


def test_a_kept_key_signs_for_the_account_at_its_host_and_never_leaves(lobby):
    async def story(porter):
        session = await lobby.opened(porter, Screen())
        found = await session.credentials()
        assert asyncssh.import_public_key(found.key).public_data == lobby.kept.public_data
        assert b"PRIVATE" not in repr((found.key, found.password, found.certificate)).encode()
        made = exchange(b"x" * 16, lobby.host_key.public_data)
        asked = request("root", lobby.kept)
        signature = await session.sign(made, asked, "ssh-ed25519")
        public = asyncssh.import_public_key(found.key)
        assert public.verify(to_be_signed(made.hash, asked), signature)

    play(lobby, story)


def test_a_kept_key_signs_nothing_else(lobby):
    other = asyncssh.generate_private_key("ssh-ed25519")

    async def story(porter):
        session = await lobby.opened(porter, Screen())
        made = exchange(b"x" * 16, lobby.host_key.public_data)
        asked = request("root", lobby.kept)
        no = "the credentials that are kept cannot be used for that"
        assert await refusal(session.sign(made, asked, "ssh-ed25519")) == no, "before they were asked for"
        await session.credentials()
        for exchanged, asking, algorithm in (
            (exchange(b"x" * 16, other.public_data), asked, "ssh-ed25519"),
            (made, request("app", lobby.kept), "ssh-ed25519"),
            (made, request("root", other), "ssh-ed25519"),
            (made, request("root", lobby.kept, b"ssh-userauth"), "ssh-ed25519"),
            (made, b"a release of software", "ssh-ed25519"),
            (made, asked, "ssh-rsa"),
        ):
            assert await refusal(session.sign(exchanged, asking, algorithm)) == no
        session.closed("over")
        assert await refusal(session.sign(made, asked, "ssh-ed25519")) == "this session is over"

    play(lobby, story)


def test_a_key_that_was_pinned_is_not_replaced_by_a_door(lobby):
    other = asyncssh.generate_private_key("ssh-ed25519")

    async def story(porter):
        session = await lobby.opened(porter, Screen())
        assert await session.pin(other.get_fingerprint()) == lobby.host_key.get_fingerprint()
        assert (
            await refusal(session.pin("anything")) == "the credentials that are kept cannot be used for that"
        )

    play(lobby, story)


def test_where_only_pinned_keys_are_taken_the_first_one_is_refused_with_what_to_do(lobby):
    lobby.system.call("admit", "SetHostKey", Host="db-1", Fingerprint="")
    shown = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint()

    async def story(porter):
        porter.house.pins_first = False
        session = await lobby.opened(porter, Screen())
        told = await refusal(session.pin(shown))
        assert told.startswith(f"db-1 shows the host key {shown}, and none is pinned")
        assert "SetHostKey" in told
        await asyncio.to_thread(lobby.pin, lobby.host_key)
        assert await session.pin(shown) == lobby.host_key.get_fingerprint()

    play(lobby, story)


def test_a_session_whose_door_is_gone_is_closed_with_the_truth(lobby):
    async def story(porter):
        session = await lobby.opened(porter, Screen())
        session.lost("the gate broke off")

    play(lobby, story)
    (told,) = lobby.system.call("admit", "ListSessions")["Sessions"]
    assert (told["Outcome"], told["Reason"]) == ("stopped", "the gate broke off")
