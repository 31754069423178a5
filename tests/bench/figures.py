"""What was measured, against what is asked, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One line of the table. `found` against `target`: at least it, or with `at_most` at most it; None asks nothing."""

    what: str
    found: float
    target: float | None = None
    at_most: bool = False
    below: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        if self.target is None:
            return True
        if self.below:
            return self.found < self.target
        return self.found <= self.target if self.at_most else self.found >= self.target

    def row(self) -> tuple[str, str, str, str, str]:
        sign = "<" if self.below else "≤" if self.at_most else "≥"
        asked = "" if self.target is None else f"{sign} {_number(self.target)}"
        verdict = "" if self.target is None else "met" if self.met else "NOT MET"
        return self.what, _number(self.found), asked, verdict, self.note


def middle(values: list[float]) -> float:
    return median(values)


def spread(values: list[float]) -> str:
    """The lowest and highest of several rounds."""
    return f"{_number(min(values))} to {_number(max(values))} in {len(values)} rounds" if len(values) > 1 else ""


def table(figures: list[Figure]) -> str:
    """Markdown that reads as plain text too."""
    rows = [("measured", "found", "asked", "", "of"), *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}" if value < 10 else f"{value:.1f}"
