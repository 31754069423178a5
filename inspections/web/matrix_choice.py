"""What of a matrix was asked for, and which cars and rows that are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

from inspections.catalogue.choices import Domain
from inspections.catalogue.queries import CharacteristicWords
from inspections.gates.matrix import WRONG, Mark, Matrix, MatrixRow, wrong_places

from .paging import number_cursor
from .statuses import Status, of_reason

CARS: Final = 60
ROWS: Final = 100
SEGMENT: Final = 50
_LONGEST: Final = 64

STATUS_OF: Final[dict[Mark, Status]] = {
    Mark.FAIL: Status.FAIL,
    Mark.HELD: Status.HELD,
    Mark.UNCLEAR: Status.UNCLEAR,
    Mark.MISSING: Status.MISSING,
    Mark.STALE: Status.STALE,
    Mark.PENDING: Status.PENDING,
    Mark.CONCEDED: Status.CONCEDED,
    Mark.PASS: Status.PASS,
    Mark.NOT_ASKED: Status.QUIET,
}
_MARK_OF: Final = {status: mark for mark, status in STATUS_OF.items()}


def mark_of(code: str) -> Mark:
    """How a reason is drawn in a cell: as in every list of reasons."""
    return _MARK_OF[of_reason(code)]


@dataclass(frozen=True, slots=True)
class Choice:
    """The filter of an address. `every`: cars and rows with nothing wrong too; `segment`: fifty cars, from 1 on."""

    every: bool = False
    status: Mark | None = None
    gate: str = ""
    procedure: str = ""
    segment: int = 0
    after: int = 0
    rows: int = 1

    @property
    def filtered(self) -> bool:
        return bool(self.status is not None or self.gate or self.procedure or self.segment)


def read_choice(request: HttpRequest) -> Choice:
    """What an address asks for; what it does not know is left out. Raises Http404 for a cursor that is none."""
    status = request.GET.get("status", "")
    gate = request.GET.get("gate", "")
    return Choice(
        every=request.GET.get("show") == "all",
        status=_MARK_OF[Status(status)] if status in {STATUS_OF[mark].value for mark in WRONG} else None,
        gate=gate if gate in Domain.values else "",
        procedure=request.GET.get("procedure", "")[:_LONGEST],
        segment=number_cursor(request, "segment") or 0,
        after=number_cursor(request, "after") or 0,
        rows=max(number_cursor(request, "rows") or 1, 1),
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """What a choice selects: `rows`, and the `places` of cars, all of them; a page shows some."""

    rows: Sequence[MatrixRow]
    places: Sequence[int]


def select(matrix: Matrix, choice: Choice, words: Mapping[int, CharacteristicWords]) -> Selection:
    """The rows and cars that a choice is about: by default those with anything wrong, each with all that stands."""
    rows = [row for row in matrix.rows if _is_of(row, choice, words)]
    places: Sequence[int] = range(len(matrix.cars))
    if choice.segment:
        places = places[(choice.segment - 1) * SEGMENT : choice.segment * SEGMENT]
    if choice.every and choice.status is None:
        return Selection([row for row in rows if row.characteristic_id is not None or row.worst], places)
    wanted = set(WRONG) if choice.status is None else {choice.status}
    standing = [
        {place for place in wrong_places(row.marks) if row.marks[place] in wanted and place in places} for row in rows
    ]
    wrong = sorted(set().union(*standing))
    return Selection([row for row, own in zip(rows, standing, strict=True) if own], wrong)


def _is_of(row: MatrixRow, choice: Choice, words: Mapping[int, CharacteristicWords]) -> bool:
    if choice.gate and row.domain != choice.gate:
        return False
    if not choice.procedure:
        return True
    found = words.get(row.characteristic_id or 0)
    return found is not None and found.procedure.code == choice.procedure


def wrong_cars(matrix: Matrix) -> tuple[int, dict[Mark, int]]:
    """How many cars have anything wrong, and how many have each kind of it."""
    seen: dict[Mark, set[int]] = {mark: set() for mark in WRONG}
    for row in matrix.rows:
        for place in wrong_places(row.marks):
            seen[Mark(row.marks[place])].add(place)
    return len(set().union(*seen.values())), {mark: len(places) for mark, places in seen.items()}
