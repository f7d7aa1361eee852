"""Requests that wait for the writer together."""

import asyncio
import json

from sqlalchemy import text

from admit.store.engine import Store
from admit.store.writers import Writer
from tests.rpc.raw import Raw
from tests.store.writing import held
from tests.system import System


def codes_after(system: System, *raws: Raw) -> list[str]:
    """What these are answered that come in, in this order, while the writer is busy."""

    async def sent() -> list[tuple[int, bytes, dict[str, str]]]:
        tasks = []
        with held(system.admit.store):
            for raw in raws:
                asked = system._http(raw.method, raw.target, raw.headers, raw.body, system.peer)
                tasks.append(asyncio.create_task(asked))
                async with asyncio.timeout(30):
                    while await asyncio.to_thread(waiting, system.admit.store) < len(tasks):
                        pass
        return await asyncio.gather(*tasks)

    return [json.loads(body).get("Code", "OK") for _, body, _ in asyncio.run(sent())]


def waiting(store: Store) -> int:
    """How many writes wait for their turn."""
    if isinstance(store._writer, Writer):
        return store._writer._waiting.qsize()
    with store.read() as sql:
        locked = "from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        return int(sql.execute(text(f"select count(*) {locked}")).scalar_one())
