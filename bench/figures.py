"""What is measured, as data: each figure with its unit, the floor it stands on and its target."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal["/s", "MB/s", "µs", "ms", "s", "s/GB", "KB", "MB", "bytes", "bytes a grant"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should be: a share of its floor's rate, times its floor's time, or an amount.

    A peer's should be at least so many times ours.
    """

    kind: Literal["share", "times", "at least times", "amount"]
    bound: float

    def met(self, value: float, floor: float | None) -> bool:
        """Whether a value is as it should be."""
        if self.kind in ("share", "at least times"):
            return floor is not None and value >= self.bound * floor
        return value <= self.bound * (floor if self.kind == "times" and floor is not None else 1)

    def text(self, unit: Unit) -> str:
        """As the table shows it."""
        if self.kind == "share":
            return f"≥ {self.bound:.0%}"
        if self.kind == "at least times":
            return f"≥ {self.bound:g} x"
        return f"≤ {self.bound:g} x" if self.kind == "times" else f"≤ {self.bound:g} {unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    unit: Unit
    floor: str | None = None
    """The name of the row it is compared with."""
    target: Target | None = None


@dataclass(slots=True)
class Measured:
    """The values of every round, by the name of their row."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Take the value of one more round."""
        self.values.setdefault(name, []).append(value)

    def of(self, name: str) -> float:
        """The median of all rounds."""
        return median(self.values[name])


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured row."""

    name: str
    unit: Unit
    value: float
    rounds: int
    floor: str | None
    ratio: float | None
    """To its floor."""
    target: str | None
    met: bool | None


def figures(rows: Iterable[Row], measured: Measured) -> Iterator[Figure]:
    """Every row that was measured."""
    for row in rows:
        if row.name not in measured.values:
            continue
        value = measured.of(row.name)
        # A peer that is not installed is no floor.
        floor = measured.of(row.floor) if row.floor in measured.values else None
        yield Figure(
            row.name,
            row.unit,
            value,
            len(measured.values[row.name]),
            row.floor,
            None if floor is None else value / floor,
            None if row.target is None else row.target.text(row.unit),
            None if row.target is None or (row.floor and floor is None) else row.target.met(value, floor),
        )


def table(found: Iterable[Figure]) -> str:
    """The figures as a table in Markdown."""
    head = ("what", "figure", "next to its floor", "target", "")
    lines = [head, *map(_cells, found)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    told = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    told.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in told)


def _cells(figure: Figure) -> tuple[str, str, str, str, str]:
    ratio = ""
    if figure.ratio is not None and figure.unit in ("/s", "MB/s") and figure.ratio < 10:
        ratio = f"{figure.ratio:.0%} of {figure.floor}"
    elif figure.ratio is not None:
        digits = 0 if figure.ratio >= 100 else 1 if figure.ratio >= 1 else 2
        ratio = f"{figure.ratio:.{digits}f} x {figure.floor}"
    verdict = "" if figure.met is None else "met" if figure.met else "missed"
    return figure.name, f"{_number(figure.value)} {figure.unit}", ratio, figure.target or "", verdict


def _number(value: float) -> str:
    """Three digits, whatever the size."""
    if value >= 100:
        return f"{round(value, 3 - len(str(int(value)))):,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
