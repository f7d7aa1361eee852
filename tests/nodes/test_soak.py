"""The same for minutes: servers are killed and started again, and the database with them, at random."""

from contextlib import ExitStack
from random import Random

import pytest

from admit.main import open_admit
from admit.store import changes
from admit.store.verification import verify
from tests.databases import Cluster
from tests.nodes.firm import PEOPLE, founded
from tests.nodes.linear import is_linearizable
from tests.nodes.load import Crowd, assert_told_once, changes_of

pytestmark = [pytest.mark.postgres, pytest.mark.soak]

ROUNDS = 20


@pytest.mark.parametrize("seed", range(3))
def test_servers_and_the_database_die_again_and_again(
    server: Cluster, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    firm, random = founded(tmp_path_factory.mktemp("soak"), server), Random(seed)  # noqa: S311 - repeatable
    with ExitStack() as opened:
        servers = opened.enter_context(firm.served(many=3))
        seen = opened.enter_context(Crowd(firm, servers))
        for _ in range(ROUNDS):
            seen.wait_for(random.randrange(5, 60))
            if random.random() < 0.5:
                firm.cluster.crash()
                continue
            place = random.randrange(len(servers))
            servers[place].process.kill()
            (servers[place],) = opened.enter_context(firm.served())
            seen.meet(servers)
        seen.wait_for(50)
    admit = open_admit(firm.settings)
    with admit.store.read() as sql:
        ledger = changes_of([each.event for each in changes.after(sql, 0, 10**9)])
        assert verify(sql, admit.world.sealer.subkey("ledger")).fault is None
    admit.close()
    for person in PEOPLE:
        assert is_linearizable(seen.histories[person])
        assert_told_once(seen.histories[person], ledger[person])
