"""Nodes that serve one database: who lives, who is gone, and who does the timers."""

import asyncio

import pytest
from sqlalchemy import update

from admit.control.nodes import LOOKS, LOST, Node, Roll
from admit.core.sessions import LASTING_DOOR
from admit.core.validity import FOREVER, HOUR, SECOND
from admit.store import nodes as stored
from admit.store import sessions
from admit.store.schema import version
from tests.control.live.watched import Place
from tests.system import System

A, B = Node("a", "process-a", 30 * SECOND), Node("b", "process-b", 30 * SECOND)


class Served:
    """A database that several nodes may serve, and a host that alice may use."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.store = system.admit.store
        self.place = Place(system)

    def roll(self, node: Node) -> Roll:
        return Roll(self.store, self.system.clock, node, shared=True)

    def living(self) -> set[str]:
        return {each.process for each in self.store.beside(stored.roll)}

    def session(self, name: str, node: Node, door: str = "ssh") -> None:
        """A session that a node watches."""
        row = sessions.NewSession(
            id=name,
            node=node.name,
            process=node.process,
            door=door,
            person=self.place.things["alice"].key,
            user=self.place.things["alice"].key,
            resource=self.place.things["root"].key,
            login="root",
            peer="192.0.2.7",
            client="test",
            what="shell",
            revision=1,
            until=FOREVER,
        )
        self.place.write(lambda tx: sessions.add(tx.sql, row, tx.now))

    def ended(self, name: str) -> tuple[int | None, str | None, str | None]:
        with self.store.read() as sql:
            found = sessions.by_id(sql, name)
        assert found is not None
        return found.ended_at, found.outcome, found.reason


@pytest.fixture
def served(system: System) -> Served:
    return Served(system)


def test_a_node_that_says_nothing_is_struck_off_after_ten_looks_and_its_sessions_end_when_last_seen(
    served: Served,
) -> None:
    a, b = served.roll(A), served.roll(B)
    a.look()
    b.look()
    served.session("s-a", A)
    served.session("s-b", B)
    died = served.system.clock.now()
    served.system.advance(HOUR)

    for _ in range(LOOKS - 1):
        b.look()
        assert served.living() == {A.process, B.process}
    b.look()

    assert served.living() == {B.process}
    assert served.ended("s-a") == (died, "stopped", LOST)
    assert served.ended("s-b") == (None, None, None)


def test_a_node_that_could_not_look_for_long_takes_nobody_for_gone_because_of_that(served: Served) -> None:
    a, b = served.roll(A), served.roll(B)
    a.look()
    b.look()
    served.session("s-a", A)
    for _ in range(3 * LOOKS):
        served.system.advance(HOUR)
        b.look()
        a.look()
    assert served.living() == {A.process, B.process}
    assert served.ended("s-a") == (None, None, None)


def test_one_that_was_struck_off_and_lives_after_all_is_on_the_roll_again_and_leads_no_more(
    served: Served,
) -> None:
    a, b = served.roll(A), served.roll(B)
    assert a.look().leads
    assert not b.look().leads
    looks = [b.look().leads for _ in range(LOOKS)]
    assert looks == [False] * (LOOKS - 1) + [True]

    assert not a.look().leads
    assert served.living() == {A.process, B.process}
    assert b.look().leads


def test_what_one_database_file_was_served_by_before_is_gone_at_the_first_look(served: Served) -> None:
    served.roll(A).look()
    served.session("s-a", A)
    again = Roll(served.store, served.system.clock, B, shared=False)
    assert again.look().leads
    assert served.ended("s-a")[1:] == ("stopped", LOST)


def test_a_sign_in_to_an_application_outlasts_its_node_and_is_watched_by_the_next(served: Served) -> None:
    a, b = served.roll(A), served.roll(B)
    a.look()
    b.look()
    served.session("s-a", A, LASTING_DOOR)
    place = sessions.Place(B.name, B.process)

    def taken() -> list[str]:
        return [
            each.id for each in served.place.write(lambda tx: sessions.take_over(tx.sql, place, tx.now, 9))
        ]

    assert taken() == []
    served.store.beside(lambda sql: stored.leave(sql, A.process))
    b.look()
    assert served.ended("s-a") == (None, None, None)
    assert taken() == ["s-a"]
    assert taken() == []


def test_tasks_for_all_run_where_the_lease_is_and_move_when_their_node_stops(served: Served) -> None:
    async def body() -> None:
        runs: list[str] = []
        changed = asyncio.Event()

        async def task(name: str) -> None:
            runs.append(f"{name} begins")
            changed.set()
            try:
                await asyncio.Event().wait()
            finally:
                runs.append(f"{name} ends")

        async def moved(many: int) -> None:
            async with asyncio.timeout(10):
                while len(runs) < many:
                    changed.clear()
                    served.system.advance(A.pause)
                    await asyncio.to_thread(lambda: None)

        a, b = served.roll(A), served.roll(B)
        a_runs = asyncio.create_task(a.run())
        a_works = asyncio.create_task(a.while_leading(lambda: task("a")))
        await moved(1)
        b_runs = asyncio.create_task(b.run())
        b_works = asyncio.create_task(b.while_leading(lambda: task("b")))
        a_runs.cancel()
        await asyncio.gather(a_runs, return_exceptions=True)
        await moved(3)
        assert runs == ["a begins", "a ends", "b begins"]
        for each in (a_works, b_runs, b_works):
            each.cancel()
        await asyncio.gather(a_works, b_runs, b_works, return_exceptions=True)
        assert served.living() == set()

    asyncio.run(body())


def test_a_task_that_ends_or_fails_is_done_with_and_says_so(served: Served) -> None:
    async def body() -> None:
        roll = served.roll(A)
        running = asyncio.create_task(roll.run())

        async def fails() -> None:
            raise LookupError("it failed")

        with pytest.raises(LookupError, match="it failed"):
            await roll.while_leading(fails)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(body())


def test_a_node_sees_that_the_schema_has_moved_on_and_leads_no_more(served: Served) -> None:
    assert not served.roll(A).look().outdated
    served.place.write(lambda tx: tx.sql.execute(update(version).values(version_num="9999")) and None)
    assert served.roll(A).look().outdated

    async def body() -> None:
        roll = served.roll(A)
        running = asyncio.create_task(roll.run())
        async with asyncio.timeout(10):
            await roll.outdated.wait()
        assert not roll.leads
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(body())
