"""Every car of a batch by every characteristic, positions folded: read from what the decider stored, judged by nobody.

A byte a cell: 2,000 cars by 100 characteristics are 400 kilobytes, whatever stands against them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

from ..batches.choices import FOR_DELIVERY
from ..batches.models import Batch
from ..catalogue.choices import Domain, RevisionStatus
from ..catalogue.queries import requirements_of
from ..evaluation.facts import Level, Requirement
from ..evaluation.groups import asked_of, positions_of
from ..evaluation.reasons import ReasonCode, State
from .reading import read_named
from .standing import missing_results


class Mark(IntEnum):
    """What stands in a cell. Higher is worse, so that of several positions, or cars sharing a pixel, the worst wins."""

    NOT_ASKED = 0
    PASS = 1
    CONCEDED = 2
    PENDING = 3
    STALE = 4
    MISSING = 5
    UNCLEAR = 6
    HELD = 7
    FAIL = 8


WRONG: Final = tuple(mark for mark in Mark if mark > Mark.PASS)
"""What a matrix draws: all but passes and what is not asked."""
HELD: Final = "held"
UNDECIDED: Final = "undecided"
_MOST_COUNTED: Final = 255
_WRONG_CELLS: Final = re.compile(b"[^%c%c]" % (Mark.NOT_ASKED, Mark.PASS))


def wrong_places(marks: bytes | bytearray) -> list[int]:
    """Where a row of marks says that something is wrong. A matrix has 200,000 cells, nearly all of them passes: those
    are passed over by the expression, not one by one."""
    return [found.start() for found in _WRONG_CELLS.finditer(marks)]


@dataclass(frozen=True, slots=True)
class MatrixCar:
    """A car in its place. `sequence` is its number in build order."""

    id: int
    sequence: int
    vin: str
    for_delivery: bool


@dataclass(slots=True)
class MatrixRow:
    """One characteristic on every car, in the order of `Matrix.cars`.

    `characteristic_id` None: the gate `domain` as a whole, or what is said of the car itself (`HELD`, `UNDECIDED`).
    `marks` holds a `Mark` a car, `counts` at how many of the `positions` it stands; `asked` False: the plan does not
    ask it, and it stands here by what is open against it.
    """

    domain: str
    characteristic_id: int | None
    positions: int
    marks: bytearray
    counts: bytearray
    asked: bool = True

    @property
    def worst(self) -> Mark:
        return Mark(max(self.marks, default=0))


@dataclass(frozen=True, slots=True)
class Matrix:
    cars: Sequence[MatrixCar]
    rows: Sequence[MatrixRow]


# A hold of the whole batch is told once, over the matrix, not in each of its columns.
_CARS: Final = """
select v.id, v.sequence, v.vin, v.status = any(%(delivered)s), v.registered_at,
    exists(select from inspections_hold h where h.vehicle_id = v.id and h.lifted_at is null),
    exists(select from inspections_mark m where m.batch_id = v.batch_id and m.vehicle_id = v.id)
from inspections_vehicle v where v.batch_id = %(batch)s order by v.sequence
"""
_DECIDED: Final = """
select g.domain, g.state, coalesce(g.state = %(passed)s and g.valid_until <= %(at)s, false), array_agg(v.sequence)
from inspections_vehiclegate g join inspections_vehicle v on v.id = g.vehicle_id
where g.batch_id = %(batch)s and v.batch_id = %(batch)s group by 1, 2, 3
"""
# Of one position the worst reason speaks, of a characteristic the worst position, and how many are like it.
_OPEN: Final = """
with by_position as (
    select o.vehicle_id, o.domain, o.characteristic_id, o.position, max(k.mark) as mark
    from inspections_openreason o join unnest(%(codes)s::text[], %(marks)s::int[]) k(code, mark) on k.code = o.code
    where o.batch_id = %(batch)s group by 1, 2, 3, 4
), by_characteristic as (
    select p.vehicle_id, p.domain, p.characteristic_id, p.mark, count(*) as positions,
        max(p.mark) over (partition by p.vehicle_id, p.domain, p.characteristic_id) as worst
    from by_position p group by 1, 2, 3, 4
)
select c.domain, c.characteristic_id, c.mark, c.positions, array_agg(v.sequence)
from by_characteristic c join inspections_vehicle v on v.id = c.vehicle_id
where v.batch_id = %(batch)s and c.mark = c.worst group by 1, 2, 3, 4
"""
# What a gate relies on is named there; at which positions, in what its approvers saw.
_CONCEDED: Final = """
select g.domain, c.characteristic_id, r.positions, array_agg(v.sequence)
from inspections_vehiclegate g join inspections_vehicle v on v.id = g.vehicle_id
cross join lateral (
    select n.characteristic_id, n.id from inspections_concession n where n.id = any(g.conceded)) c
cross join lateral (
    select count(distinct d ->> 'position') as positions from inspections_concededvehicle w,
        jsonb_array_elements(w.departures) d where w.concession_id = c.id and w.vehicle_id = v.id) r
where g.batch_id = %(batch)s and v.batch_id = %(batch)s and g.conceded <> '{}' group by 1, 2, 3
"""


def matrix_of_batch(*, batch: Batch, mark_of: Callable[[str], Mark], at: datetime) -> Matrix:
    """Every car by every characteristic that the pinned revision asks of each car, and by whatever else is open.

    `mark_of` says how a reason code is drawn. Five statements, and at most two for the lines of a revision not read
    yet, however many cars there are.
    """
    found = read_named(_CARS, batch=batch.pk, delivered=[status.value for status in FOR_DELIVERY])
    cars = [MatrixCar(*row[:4]) for row in found]
    places = {car.sequence: place for place, car in enumerate(cars)}
    draft = _Draft(cars, places)
    draft.ask(_lines(batch), [row[4] for row in found])
    decided = read_named(_DECIDED, batch=batch.pk, passed=int(State.PASSED), at=at)
    draft.decide(decided)
    marks = {code.value: mark_of(code.value) for code in ReasonCode if code is not ReasonCode.NOT_FOR_DELIVERY}
    listed = read_named(_OPEN, batch=batch.pk, codes=list(marks), marks=[int(mark) for mark in marks.values()])
    for domain, characteristic_id, mark, positions, sequences in listed:
        draft.put((domain, characteristic_id), Mark(mark), positions, sequences)
    draft.miss(batch)
    for domain, characteristic_id, positions, sequences in read_named(_CONCEDED, batch=batch.pk):
        draft.put((domain, characteristic_id), Mark.CONCEDED, positions, sequences)
    draft.leave_no_gate_unsaid(decided)
    draft.put((HELD, None), Mark.HELD, 1, [row[1] for row in found if row[5]])
    draft.put((UNDECIDED, None), Mark.PENDING, 1, [row[1] for row in found if row[6]])
    return Matrix(cars, draft.rows())


def _lines(batch: Batch) -> list[Requirement]:
    """What an approved revision asks of every car: what no two people approved asks for nothing that could pass."""
    revision = batch.revision
    if revision is None or revision.status == RevisionStatus.DRAFT:
        return []
    return [line for line in requirements_of(revision) if line.level is Level.EVERY_VEHICLE]


_Key = tuple[str, int | None]


@dataclass(slots=True)
class _Draft:
    """A matrix in the making."""

    cars: Sequence[MatrixCar]
    places: Mapping[int, int]
    found: dict[_Key, MatrixRow] = field(default_factory=dict)

    def ask(self, lines: Sequence[Requirement], built: Sequence[datetime]) -> None:
        """A pass wherever a line binds a car meant for delivery; everything read later can only be worse."""
        ends = sorted({end for line in lines for end in (line.effective_from, line.effective_to) if end is not None})
        alike: dict[int, bytearray] = {}
        first: dict[int, datetime] = {}
        for place, (car, moment) in enumerate(zip(self.cars, built, strict=True)):
            span = bisect_right(ends, moment)
            first.setdefault(span, moment)
            if car.for_delivery:
                alike.setdefault(span, bytearray(len(self.cars)))[place] = Mark.PASS
        for domain in Domain.values:
            here = [line for line in lines if line.domain == domain]
            for line in here:
                self._row((domain, line.characteristic_id), positions=0)
            for span, passes in alike.items():
                for characteristic_id, positions in _positions(here, first[span]).items():
                    row = self._row((domain, characteristic_id))
                    row.positions = max(row.positions, positions)
                    row.marks = bytearray(map(max, row.marks, passes)) if len(alike) > 1 else bytearray(passes)
        # A member of an any-of group, or a line whose days are over, is asked of nobody by itself.
        self.found = {key: row for key, row in self.found.items() if row.positions}

    def decide(self, decided: Iterable[tuple[Any, ...]]) -> None:
        """What was never decided is not passed; nor is a gate whose facts have ended since."""
        known: dict[str, set[int]] = {domain: set() for domain in Domain.values}
        for domain, _state, ended, sequences in decided:
            known[domain].update(sequences)
            if ended:
                self.put((domain, None), Mark.STALE, 1, sequences)
        for domain, here in known.items():
            undecided = [car.sequence for car in self.cars if car.for_delivery and car.sequence not in here]
            if undecided:
                for key in [(domain, None), *(key for key in self.found if key[0] == domain)]:
                    self.put(key, Mark.PENDING, 0, [s for s in undecided if key[1] is None or self._asks(key, s)])

    def _asks(self, key: _Key, sequence: int) -> bool:
        return self.found[key].marks[self.places[sequence]] != Mark.NOT_ASKED

    def miss(self, batch: Batch) -> None:
        at: dict[_Key, Counter[int]] = {}
        for cause in missing_results(batch_id=batch.pk):
            at.setdefault((cause.gate, cause.characteristic_id), Counter()).update(cause.cars)
        for key, cars in at.items():
            alike: dict[int, list[int]] = {}
            for sequence, positions in cars.items():
                alike.setdefault(positions, []).append(sequence)
            for positions, sequences in alike.items():
                self.put(key, Mark.MISSING, positions, sequences)

    def leave_no_gate_unsaid(self, decided: Iterable[tuple[Any, ...]]) -> None:
        """A gate that is not passed shows it, even where the record keeps no reason of it."""
        for domain, state, _ended, sequences in decided:
            if state == State.PASSED:
                continue
            rows = [row for key, row in self.found.items() if key[0] == domain]
            places = {sequence: self.places[sequence] for sequence in sequences if sequence in self.places}
            silent = [
                sequence
                for sequence, place in places.items()
                if self.cars[place].for_delivery and all(row.marks[place] <= Mark.CONCEDED for row in rows)
            ]
            if silent:
                self.put((domain, None), Mark.FAIL if state == State.FAILED else Mark.PENDING, 1, silent)

    def put(self, key: _Key, mark: Mark, positions: int, sequences: Iterable[int]) -> None:
        """Set a mark on cars that carry no worse one here."""
        count = min(positions, _MOST_COUNTED)
        for sequence in sequences:
            place = self.places.get(sequence)
            if place is None:
                continue
            row = self._row(key)
            if mark > row.marks[place]:
                row.marks[place], row.counts[place] = mark, count

    def _row(self, key: _Key, positions: int = 1) -> MatrixRow:
        if key not in self.found:
            size = len(self.cars)
            asked = positions == 0
            self.found[key] = MatrixRow(*key, positions, bytearray(size), bytearray(size), asked)
        return self.found[key]

    def rows(self) -> list[MatrixRow]:
        """The car itself first, then gate by gate: the gate as a whole, then the plan's order."""
        order = (HELD, UNDECIDED, *Domain.values)
        return sorted(
            self.found.values(),
            key=lambda row: (order.index(row.domain), row.characteristic_id is not None, not row.asked),
        )


def _positions(lines: Sequence[Requirement], built_at: datetime) -> Counter[int]:
    """By characteristic, at how many positions it is asked of a car built then."""
    asked = asked_of(lines, built_at=built_at)
    found = Counter(characteristic_id for characteristic_id, _ in asked.single)
    for group in asked.groups:
        found[group.requirement.characteristic_id] += len(positions_of(group.requirement))
    return found
