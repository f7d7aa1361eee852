"""How long the server works on each page of a system with 100,000 people and a million grants.

``python -m bench.pages`` fills such a system and asks for every page of the console, of what people meet at
home, and of the explorer, as a browser does, in one process: what the network and the browser take is theirs.
Before each page the policy changes, so that nothing helps that is kept for one revision.
"""

import argparse
import asyncio
import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import msgspec

from admit.base.log import configure
from admit.cli.local import local
from admit.control import grants
from admit.control.signing_in.web_sessions import Lasting, Proven, WebSessions
from admit.core.events import Named
from admit.core.links import Kind
from admit.core.validity import HOUR, Validity
from admit.main import Admit, create, open_admit
from admit.settings import Settings, load
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing
from bench.filling import AUTHOR, Size, fill
from bench.furnishing import Furnished, furnish
from bench.page_list import Asked, console, explorer, home, reviewing

TARGET_MS = 20.0
GRANTS = 1_000_000
FURNISHED = "furnished.json"
PLACE = Path("var")
"""Beside the sources: a temporary directory may be in memory, and this takes gigabytes."""
BROWSER = {"host": "admit.test", "accept": "text/html", "accept-language": "en"}


@dataclass(frozen=True, slots=True)
class Timed:
    """What a page took."""

    name: str
    cpu_ms: float
    """The processor's time, of all threads: the median."""
    wall_ms: float
    size_kb: float


def main() -> None:
    """Measure."""
    asked = _arguments()
    configure(json=True, level="ERROR")
    PLACE.mkdir(exist_ok=True)
    where: AbstractContextManager[str] = (
        TemporaryDirectory(dir=PLACE, prefix="pages-") if asked.keep is None else nullcontext(asked.keep)
    )
    with where as place:
        settings = load({"data": Path(place) / "data"})
        known = _system(settings, asked.grants)
        admit = open_admit(settings)
        try:
            timed = sorted(_pages(admit, known, asked), key=lambda each: -each.cpu_ms)
        finally:
            admit.close()
    print(f"{asked.grants:,} grants, {Size(asked.grants).people:,} people; {asked.rounds} rounds\n")
    print(table(timed))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description="Measure pages.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is asked for (5)")
    parser.add_argument("--grants", type=int, default=GRANTS, help="how large the system is (a million)")
    parser.add_argument("--keep", help="a directory in which the filled system stays, or is")
    parser.add_argument("--only", default="", help="pages whose names contain this")
    return parser.parse_args()


def _system(settings: Settings, size: int) -> Furnished:
    """A filled system: it is made if it is not there."""
    kept = settings.data / FURNISHED
    if not kept.exists():
        began = perf_counter()
        create(settings)
        admit = open_admit(settings)
        try:
            filled = fill(admit, Size(size))
        finally:
            admit.close()
        with local(settings) as client:
            admit = open_admit(settings)
            try:
                kept.write_bytes(msgspec.json.encode(furnish(admit, client, filled)))
            finally:
                admit.close()
        print(f"filled in {perf_counter() - began:.0f} s", file=sys.stderr)
    return msgspec.json.decode(kept.read_bytes(), type=Furnished)


def _pages(admit: Admit, known: Furnished, asked: argparse.Namespace) -> Iterator[Timed]:
    """Every page, so many times, by whom it is for."""
    with admit.store.read() as sql:
        admit.store.replica.keep(sql)
    gc.collect()
    gc.freeze()
    change = _Changing(admit, known)
    with asyncio.Runner() as runner:
        for who, proven, pages in (
            ("", _administrator(admit), (*console(known), *explorer())),
            ("", _user(admit, known.user), home()),
            ("reviewer: ", _user(admit, known.owner), reviewing(known)),
        ):
            browser = _Browser(admit, runner, proven)
            for page in pages:
                if asked.only in page.name:
                    yield _timed(browser, page, f"{who}{page.name}", partial(change.once), asked.rounds)


def _timed(browser: "_Browser", page: Asked, name: str, between: Callable[[], None], rounds: int) -> Timed:
    # Once to have what is made once: statements, templates.
    size = len(browser.get(page))
    cpu, wall = [], []
    for _ in range(rounds):
        between()
        began, began_cpu = perf_counter(), process_time()
        browser.get(page)
        cpu.append((process_time() - began_cpu) * 1000)
        wall.append((perf_counter() - began) * 1000)
    return Timed(name, median(cpu), median(wall), size / 1000)


class _Changing:
    """Gives, takes and gives one grant that concerns nobody who is asked about."""

    def __init__(self, admit: Admit, known: Furnished) -> None:
        self._admit = admit
        self._ends = known.granted
        self._hours = 1_000

    def once(self) -> None:
        """Change the policy once, and let the index hear of it."""
        self._hours += 1
        self._admit.store.write_now(AUTHOR, self._change)
        with self._admit.store.read() as sql:
            self._admit.store.replica.keep(sql)

    def _change(self, tx: Tx) -> None:
        source, target = (things.by_key(tx.sql, each.key) for each in self._ends)
        grants.set_validity(tx, source, target, Validity(0, tx.now + self._hours * HOUR))


class _Browser:
    """Somebody who has signed in, and asks for pages."""

    def __init__(self, admit: Admit, runner: asyncio.Runner, proven: Proven) -> None:
        self._admit, self._runner = admit, runner
        sessions = WebSessions(admit.store, admit.world, Lasting())
        token = runner.run(sessions.open(proven, "password", "bench", ("127.0.0.1", "bench")))
        self._headers = [
            (name.encode(), value.encode()) for name, value in {**BROWSER, "cookie": f"admit={token}"}.items()
        ]

    def get(self, page: Asked) -> bytes:
        """The page.

        Raises:
            RuntimeError: it is none.
        """
        return self._runner.run(self._get(page))

    async def _get(self, page: Asked) -> bytes:
        path, _, query = page.target.partition("?")
        by_script = [(b"hx-request", b"true"), (b"hx-target", page.part.encode())] if page.part else []
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "scheme": "http",
            "client": ("127.0.0.1", 40_000),
            "headers": [*self._headers, *by_script],
        }
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._admit.web(scope, receive, send)
        body = b"".join(each.get("body", b"") for each in sent[1:])
        if sent[0]["status"] != HTTPStatus.OK:
            raise RuntimeError(f"{page.target}: {sent[0]['status']} {body[-2000:].decode()}")
        return body


def _administrator(admit: Admit) -> Proven:
    with admit.store.read() as sql:
        person = things.by_handle(sql, Kind.PERSON, 0, "admin")
    if person is None:
        raise LookupError("there is no administrator")
    return Proven((), person)


def _user(admit: Admit, named: Named) -> Proven:
    with admit.store.read() as sql:
        found: Thing = things.by_key(sql, named.key)
    return Proven((found,))


def table(timed: Iterable[Timed]) -> str:
    """The pages as a table in Markdown, with what each should take."""
    lines = ["| page | processor | wall | size | target | |", "|---|---|---|---|---|---|"]
    for each in timed:
        met = "met" if each.cpu_ms <= TARGET_MS else "missed"
        took = f"{each.cpu_ms:.1f} ms | {each.wall_ms:.1f} ms | {each.size_kb:.0f} KB"
        lines.append(f"| {each.name} | {took} | ≤ {TARGET_MS:g} ms | {met} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
