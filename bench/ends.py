"""How fast live access ends, as one table for all doors: ends at each of them fit under one head."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

BY_THE_CLOCK = "end of the grant"
"""The change that is none: time passes."""
CUT_MS, CLOCK_MS = 500, 250
"""What the slowest of a hundred may take, from a call and from the end of a grant."""
HEAD = ("door", "live", "ended by", "p50 ms", "p99 ms", "max ms", "CPU ms each", "target", "")


@dataclass(frozen=True, slots=True)
class Cut:
    """How one change ended all that lived."""

    spans: list[float]
    """Milliseconds until each had ended, from the change or from the end it set; the shortest first."""
    cpu_ms: float
    """How long the server, with the gate before it, was busy for each, all writing down included."""

    @classmethod
    def of(cls, ended: Iterable[float], began: float, cpu_s: float) -> "Cut":
        """From the moments at which each ended, and all that the server did meanwhile."""
        spans = sorted(each - began for each in ended)
        return cls(spans, cpu_s * 1000 / len(spans))

    def at(self, share: float) -> float:
        """The span that a share of them stayed within."""
        return self.spans[min(int(len(self.spans) * share), len(self.spans) - 1)]


def ends(door: str, cuts: Mapping[str, Cut]) -> str:
    """What was measured at a door, as a table in Markdown."""
    lines = [HEAD, tuple("-" * len(each) for each in HEAD)]
    lines += [_cells(door, change, cut) for change, cut in cuts.items()]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    lines[1] = tuple("-" * width for width in widths)
    told = (" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(f"| {line} |" for line in told)


def _cells(door: str, change: str, cut: Cut) -> tuple[str, ...]:
    bound = CLOCK_MS if change == BY_THE_CLOCK else CUT_MS
    spans = tuple(f"{cut.at(share):.0f}" for share in (0.5, 0.99, 1))
    met = "met" if cut.at(0.99) <= bound else "missed"
    return (door, str(len(cut.spans)), change, *spans, f"{cut.cpu_ms:.2f}", f"p99 ≤ {bound}", met)
