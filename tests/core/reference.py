"""The decision, written as slowly and plainly as it can be: every path, one by one."""

from collections.abc import Iterator

from admit.core.facts import Facts
from admit.core.links import Link, Ref, Stage, stage_of
from admit.core.validity import Millis


def paths(facts: Facts, start: Ref, end: Ref) -> Iterator[tuple[Link, ...]]:
    """Every way from ``start`` to ``end``: links that join, one that grants, links that hold."""
    for path in ways(facts, start, end):
        stages = [stage_of(link.source.kind, link.target.kind) for link in path]
        if stages == sorted(stages) and stages.count(Stage.GRANT) == 1:
            yield path


def ways(facts: Facts, start: Ref, end: Ref, gone: tuple[Ref, ...] = ()) -> Iterator[tuple[Link, ...]]:
    """Every way along links that visits nothing twice."""
    if start == end:
        yield ()
        return
    for link in facts.links:
        if link.source == start and link.target not in (*gone, start):
            for rest in ways(facts, link.target, end, (*gone, start)):
                yield (link, *rest)


def is_open(facts: Facts, path: tuple[Link, ...], now: Millis) -> bool:
    """Whether every link of a path holds and nothing on it is switched off."""
    things = {ref for link in path for ref in (link.source, link.target)}
    return not things & facts.blocked.keys() and all(
        link.validity.start <= now < link.validity.end for link in path
    )


def open_until(facts: Facts, subject: Ref, resource: Ref, now: Millis) -> Millis | None:
    """Until when the path that holds longest holds; None if none does."""
    ends = [
        min(link.validity.end for link in path)
        for path in paths(facts, subject, resource)
        if path and is_open(facts, path, now)
    ]
    return max(ends, default=None)
