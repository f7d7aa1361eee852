"""Decisions in one process: a dictionary, one query, and ours."""

import gc
import sqlite3
from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter_ns

from sqlalchemy import Connection, text

from admit.core.access import Question, allows, decide
from admit.core.index import Index
from admit.core.links import Ref
from admit.core.validity import Millis
from admit.main import Admit
from admit.store.links import Scope, facts_about
from bench import peers
from bench.figures import Measured
from bench.peers import Plan

Asked = list[tuple[Ref, Ref]]

QUERY = """
select max(min(granted.ends_at, belongs.ends_at))
from links as belongs
join links as granted on granted.stage = 1 and granted.target = :resource and granted.source in (
    select belongs.target
    union all
    select target from links where source = belongs.target and stage = 0
        and starts_at <= :now and ends_at > :now
)
where belongs.source = :subject and belongs.stage = 0
    and granted.starts_at <= :now and granted.ends_at > :now
    and belongs.starts_at <= :now and belongs.ends_at > :now
"""
"""What one would write by hand: person, user, perhaps a group, resource. No units, nothing contained,
nothing switched off, and no answer but until when."""


def measure(admit: Admit, asked: Asked, size: str, measured: Measured) -> None:
    """One round: the same questions to everyone who answers."""
    now = admit.world.clock.now()
    tables = _Tables(admit.settings.database_file)
    with admit.store.read() as sql:
        facts = [facts_about(sql, Scope.CHECK, subject=who, resource=what) for who, what in asked]
        known = iter(facts)
        answers = {
            "dict of dicts": lambda who, what: tables.may(who.key, what.key, now),
            "one query": lambda who, what: tables.query(who.key, what.key, now),
            "decide": lambda who, what: decide(Question(who, what), next(known), now).allowed,
            "check through SQL": lambda who, what: _asked(sql, who, what, now),
        }
        index = _indexed(admit, sql, size, measured)
        answers |= {
            "yes or no from the index, first asked": lambda who, what: allows(
                Question(who, what), index, now
            ),
            "yes or no from the index": lambda who, what: allows(Question(who, what), index, now),
            "decide from the index": lambda who, what: decide(Question(who, what), index, now).allowed,
        }
        told = {name: _timed(answer, asked, measured, f"{name}, {size}") for name, answer in answers.items()}
        name = f"yes or no from the index, of pairs never asked, {size}"
        _timed(answers["yes or no from the index"], _crossed(asked), measured, name)
    if peers.installed() and len(asked) and tables.grants <= peers.MOST_GRANTS:
        for each in peers.ask(tables.plan(asked, now)):
            measured.add(f"{each.name}, {size}", each.p50_us)
            told[each.name] = each.told
    tables.sql.close()
    if len({tuple(answer) for answer in told.values()}) != 1:
        raise AssertionError("the answers differ")


def _crossed(asked: Asked) -> Asked:
    """The same subjects and resources, otherwise paired: what is kept of questions would be of no use."""
    return [(who, what) for (who, _), (_, what) in zip(asked, reversed(asked), strict=True)]


def _asked(sql: Connection, who: Ref, what: Ref, now: Millis) -> bool:
    facts = facts_about(sql, Scope.CHECK, subject=who, resource=what)
    return decide(Question(who, what), facts, now).allowed


def _indexed(admit: Admit, sql: Connection, size: str, measured: Measured) -> Index:
    """The index, loaded anew."""
    replica = admit.store.replica
    replica.drop()
    began = perf_counter_ns()
    replica.keep(sql)
    if replica.newest is None:
        raise AssertionError("there is no index")
    measured.add(f"index loaded, {size}", (perf_counter_ns() - began) / 1e9)
    grants = sql.execute(text("select count(*) from links where stage = 1")).scalar_one()
    measured.add(f"index, {size}", replica.newest.size_bytes / grants)
    # The answers of one source are not to be slower for what another one left behind.
    gc.collect()
    gc.freeze()
    return replica.newest


def _timed(answer: Callable[[Ref, Ref], bool], asked: Asked, measured: Measured, name: str) -> list[bool]:
    took_ns, told = [], []
    for who, what in asked:
        began = perf_counter_ns()
        may = answer(who, what)
        took_ns.append(perf_counter_ns() - began)
        told.append(may)
    measured.add(name, median(took_ns) / 1000)
    if len(took_ns) > 1:
        measured.add(f"{name}, p99", quantiles(took_ns, n=100)[98] / 1000)
    return told


_NONE: dict[int, tuple[Millis, Millis]] = {}
_NEVER = (0, 0)


class _Tables:
    """The same links in dictionaries, and in SQLite without anything of ours around it."""

    def __init__(self, database: object) -> None:
        self.sql = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        self._joins: dict[int, dict[int, tuple[Millis, Millis]]] = {}
        self._grants: dict[int, dict[int, tuple[Millis, Millis]]] = {}
        rows = self.sql.execute("select source, stage, target, starts_at, ends_at from links where stage < 2")
        # Most periods are alike: a million of one value would be measured, not a dictionary.
        known: dict[tuple[Millis, Millis], tuple[Millis, Millis]] = {}
        gc.disable()
        for source, stage, target, start, end in rows:
            period = known.setdefault((start, end), (start, end))
            (self._grants if stage else self._joins).setdefault(source, {})[target] = period
        gc.enable()

    @property
    def grants(self) -> int:
        """How many there are."""
        return sum(map(len, self._grants.values()))

    def plan(self, asked: Asked, now: Millis) -> Plan:
        """The links that hold now, and the questions, for those who know nothing of time."""

        def held(links: dict[int, dict[int, tuple[Millis, Millis]]]) -> list[tuple[int, int]]:
            return [
                (source, target)
                for source, targets in links.items()
                for target, (start, end) in targets.items()
                if start <= now < end
            ]

        return Plan(held(self._joins), held(self._grants), [(who.key, what.key) for who, what in asked])

    def may(self, subject: int, resource: int, now: Millis) -> bool:
        """Whether a walk over the dictionaries finds a way."""
        for user in self._joined(subject, now):
            if self._granted(user, resource, now):
                return True
            for group in self._joined(user, now):
                if self._granted(group, resource, now):
                    return True
        return False

    def _joined(self, key: int, now: Millis) -> list[int]:
        return [to for to, (start, end) in self._joins.get(key, _NONE).items() if start <= now < end]

    def _granted(self, key: int, resource: int, now: Millis) -> bool:
        start, end = self._grants.get(key, _NONE).get(resource, _NEVER)
        return start <= now < end

    def query(self, subject: int, resource: int, now: Millis) -> bool:
        """Whether one query finds a way."""
        values = {"subject": subject, "resource": resource, "now": now}
        return self.sql.execute(QUERY, values).fetchone()[0] is not None
