"""What a row of results says in numbers that were measured: how many, how they came out, lowest, middle, highest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from ..evaluation.facts import Expression, Requirement
from ..evaluation.limits import Limits, limits_of
from ..evaluation.reasons import Outcome
from .facts import Measured
from .lattice import Lattice
from .trend import LAST, direction

RANGED = (Expression.INSIDE, Expression.OUTSIDE)


@dataclass(frozen=True, slots=True)
class Placed:
    """A value on the ruler. `place` None: it is no number, or of a unit that cannot be compared.

    `room`: steps to the nearest limit of what it was held against, below zero beyond it; None without such a limit.
    """

    measured: Measured
    place: int | None
    room: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """`middle` is a value that was measured: of an even number of values the lower of the two in the middle."""

    results: int
    passed: int
    fails: int
    unclear: int
    not_judged: int
    numbers: int
    lowest: Placed | None
    middle: Placed | None
    highest: Placed | None


@dataclass(frozen=True, slots=True)
class Drift:
    """The latest values of one rig at one position rise (1) or fall (-1): see `trend`. `middle` is theirs, `before`
    that of the values before them; None without any."""

    rig: str
    position: str
    direction: int
    middle: Placed | None
    before: Placed | None


def place_values(
    values: Sequence[Measured], requirements: dict[int, Requirement], lattice: Lattice
) -> tuple[Placed, ...]:
    """Every value on the ruler, with its room to the limits that it was held against; in the order given."""
    limits = {number: _steps_of(line, lattice) for number, line in requirements.items()}
    placed = []
    for value in values:
        place = None if value.value is None else lattice.steps(value.value, value.unit)
        held = limits.get(value.requirement_id or 0)
        placed.append(Placed(value, place, None if place is None or held is None else _room(place, held)))
    return tuple(placed)


def limit_numbers(requirements: Sequence[Requirement]) -> list[tuple[Decimal, str]]:
    """Every limit as a number with its unit: what a ruler must be fine enough for."""
    found = []
    for line in requirements:
        limits = limits_of(line)
        if isinstance(limits, Limits):
            stated = [number for number in (limits.lower, limits.upper) if number is not None]
            found += [(number, line.unit) for number in (*stated, *limits.values)]
    return found


@dataclass(frozen=True, slots=True)
class _Held:
    lower: int | None
    upper: int | None
    inside: bool


def _steps_of(line: Requirement, lattice: Lattice) -> _Held | None:
    limits = limits_of(line)
    if not isinstance(limits, Limits) or limits.expression not in RANGED:
        return None
    lower = None if limits.lower is None else lattice.steps(limits.lower, line.unit)
    upper = None if limits.upper is None else lattice.steps(limits.upper, line.unit)
    return None if lower is None and upper is None else _Held(lower, upper, limits.expression is Expression.INSIDE)


def _room(place: int, held: _Held) -> int:
    rooms = []
    if held.lower is not None:
        rooms.append(place - held.lower)
    if held.upper is not None:
        rooms.append(held.upper - place)
    return min(rooms) if held.inside else max(-room for room in rooms)


def worst_first(values: Sequence[Placed]) -> list[Placed]:
    """Fails, then what is unclear or was not judged, then passes; within each the least room first, then the newest.

    What has no room that could be told comes before what has.
    """
    newest = sorted(values, key=lambda value: (value.measured.finished_at, value.measured.inspection_id), reverse=True)
    return sorted(newest, key=lambda value: (-value.measured.outcome, value.room is not None, value.room or 0))


def tally(values: Sequence[Placed]) -> Tally:
    """What these values say together."""
    outcomes = [value.measured.outcome for value in values]
    ordered = _by_place(values)
    return Tally(
        results=len(values),
        passed=outcomes.count(Outcome.PASS),
        fails=outcomes.count(Outcome.FAIL),
        unclear=outcomes.count(Outcome.INDETERMINATE),
        not_judged=outcomes.count(Outcome.NOT_JUDGED),
        numbers=len(ordered),
        lowest=ordered[0] if ordered else None,
        middle=_middle(ordered),
        highest=ordered[-1] if ordered else None,
    )


def _by_place(values: Sequence[Placed]) -> list[Placed]:
    return sorted((value for value in values if value.place is not None), key=lambda value: value.place or 0)


def _middle(ordered: Sequence[Placed]) -> Placed | None:
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def drifts(values: Sequence[Placed]) -> list[Drift]:
    """What rises or falls, each rig and position by itself. `values` are in the order of time."""

    def series(value: Placed) -> tuple[str, str]:
        return value.measured.rig, value.measured.position

    found = []
    for (rig, position), several in groupby(sorted(values, key=series), key=series):
        own = [value for value in several if value.place is not None]
        way = direction([value.place or 0 for value in own])
        if way:
            last, before = _by_place(own[-LAST:]), _by_place(own[:-LAST])
            found.append(Drift(rig, position, way, _middle(last), _middle(before)))
    return found
