"""A matrix in words: its overview with the same behind it as a table, its cells, its filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.catalogue.choices import Domain
from inspections.catalogue.queries import CharacteristicWords
from inspections.gates.matrix import HELD, UNDECIDED, Mark, Matrix, MatrixCar, MatrixRow, wrong_places
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import cars_text

from .frame import optional_url
from .gate_contacts import gate_heading
from .life_anchors import anchor_of
from .matrix_choice import SEGMENT, STATUS_OF
from .matrix_drawing import ROW, Stroke, draw_rows, percent, tick_step
from .statuses import Status, word_of

AXIS: Final = 20


@dataclass(frozen=True, slots=True)
class Label:
    """What a row is called. `heading`: the gate that begins with it."""

    name: str
    code: str = ""
    url: str = ""


def label_of(row: MatrixRow, words: Mapping[int, CharacteristicWords], language: Language) -> Label:
    """The name of a row, and the page of its characteristic where this version has one."""
    if row.domain == HELD:
        return Label(_("Hold"))
    if row.domain == UNDECIDED:
        return Label(_("Being decided"))
    if row.characteristic_id is None:
        return Label(_("The gate as a whole"))
    found = words.get(row.characteristic_id)
    if found is None:
        return Label(str(row.characteristic_id))
    named = found.named
    name = (named.name_zh or named.name) if language == "zh-hans" else named.name
    return Label(name, named.code, optional_url("web:characteristic", named.code))


def heading_of(row: MatrixRow, language: Language) -> str:
    """Under what a row stands: the car itself, or one of the gates."""
    return gate_heading(row.domain, language) if row.domain in Domain.values else _("The car itself")


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One line of the overview: a heading, or a row with its drawing. `y` is its upper edge."""

    label: Label | None
    heading: str = ""
    y: int = 0
    wrong: int = 0
    strokes: tuple[Stroke, ...] = ()
    said: tuple[tuple[Status, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """Fifty cars of the overview, which open as a table."""

    number: int
    x: str
    width: str
    words: str


@dataclass(frozen=True, slots=True)
class Overview:
    rows: tuple[OverviewRow, ...]
    height: int
    ticks: tuple[tuple[str, int], ...]
    segments: tuple[Segment, ...]
    unbuilt_x: str
    unbuilt: str
    folded: str
    together: int

    @property
    def whole_height(self) -> int:
        return self.height + AXIS


def draw_overview(
    matrix: Matrix, words: Mapping[int, CharacteristicWords], language: Language, planned: int
) -> Overview:
    """The rows in which anything is wrong, drawn; all others are counted."""
    cars = len(matrix.cars)
    to_come = max(planned - cars, 0)
    extent = cars + to_come if to_come <= cars else cars
    shown = [row for row in matrix.rows if row.worst > Mark.PASS]
    drawing = draw_rows([bytes(row.marks) for row in shown], cars, extent)
    rows: list[OverviewRow] = []
    before = ""
    for row, strokes in zip(shown, drawing.rows, strict=True):
        heading = heading_of(row, language)
        if heading != before:
            rows.append(OverviewRow(None, heading, len(rows) * ROW))
            before = heading
        said = tuple(_said(row, matrix.cars, language))
        wrong = len(wrong_places(row.marks))
        rows.append(OverviewRow(label_of(row, words, language), "", len(rows) * ROW, wrong, strokes, said))
    return Overview(
        rows=tuple(rows),
        height=len(rows) * ROW,
        ticks=tuple(_ticks(matrix.cars, extent)),
        segments=tuple(_segments(matrix, extent)),
        unbuilt_x=percent(cars, extent) if extent > cars else "",
        unbuilt=_unbuilt(to_come),
        folded=_folded(sum(row.worst is Mark.PASS for row in matrix.rows)),
        together=drawing.together,
    )


def _said(row: MatrixRow, cars: Sequence[MatrixCar], language: Language) -> Iterable[tuple[Status, str, str]]:
    """The same in words: each status with the cars that have it, the worst first."""
    found: dict[int, list[int]] = {}
    for place in wrong_places(row.marks):
        found.setdefault(row.marks[place], []).append(cars[place].sequence)
    for mark in sorted(found, reverse=True):
        status = STATUS_OF[Mark(mark)]
        yield status, word_of(status, language), cars_text(found[mark], language)


def _ticks(cars: Sequence[MatrixCar], extent: int) -> Iterable[tuple[str, int]]:
    step = tick_step(extent)
    for place in range(step - 1, len(cars), step):
        yield percent(place + 0.5, extent), cars[place].sequence


def _segments(matrix: Matrix, extent: int) -> Iterable[Segment]:
    wrong = bytearray(len(matrix.cars))
    for row in matrix.rows:
        for place in wrong_places(row.marks):
            wrong[place] = 1
    for first in range(0, len(matrix.cars), SEGMENT):
        last = min(first + SEGMENT, len(matrix.cars))
        count = wrong.count(1, first, last)
        said = {"first": matrix.cars[first].sequence, "last": matrix.cars[last - 1].sequence, "count": count}
        yield Segment(
            first // SEGMENT + 1,
            percent(first, extent),
            percent(last - first, extent),
            _("Cars %(first)d to %(last)d: %(count)d with something wrong") % said,
        )


def _unbuilt(to_come: int) -> str:
    words = ngettext("%(count)d car is not built yet", "%(count)d cars are not built yet", to_come)
    return words % {"count": to_come} if to_come else ""


def _folded(count: int) -> str:
    words = ngettext(
        "%(count)d other characteristic: every car passed",
        "%(count)d other characteristics: every car passed",
        count,
    )
    return words % {"count": count} if count else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One car at one characteristic. `shape` "" is a pass or nothing asked, which stay `quiet`."""

    name: str
    url: str
    shape: str
    quiet: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    label: Label
    cells: tuple[Cell, ...]
    heading: str = ""


def table_rows(
    rows: Sequence[MatrixRow],
    cars: Sequence[tuple[int, MatrixCar]],
    words: Mapping[int, CharacteristicWords],
    language: Language,
) -> list[TableRow]:
    """Rows with their cells, for cars by place. A gate is named at the first of its rows."""
    urls = [reverse("web:vehicle", args=[car.vin]) for _place, car in cars]
    names = {mark: word_of(status, language).lower() for mark, status in STATUS_OF.items()}
    found, before = [], ""
    for row in rows:
        # Of a characteristic nothing is asked; against the gate as a whole, or the car, nothing stands.
        names[Mark.NOT_ASKED] = _("nothing") if row.characteristic_id is None else _("not asked")
        heading, label = heading_of(row, language), label_of(row, words, language)
        cells = tuple(
            _cell(row, place, car.sequence, label, names, url)
            for (place, car), url in zip(cars, urls, strict=True)
        )  # fmt: skip
        found.append(TableRow(label, cells, heading if heading != before else ""))
        before = heading
    return found


def _cell(row: MatrixRow, place: int, sequence: int, label: Label, names: Mapping[Mark, str], url: str) -> Cell:
    mark, count = Mark(row.marks[place]), row.counts[place]
    said = {"car": sequence, "name": label.name, "word": names[mark], "count": count}
    if row.positions > 1 and count:
        words = _("car %(car)d, %(name)s, %(word)s, %(count)d of %(positions)d positions")
        name = words % {**said, "positions": max(row.positions, count)}
    else:
        name = _("car %(car)d, %(name)s, %(word)s") % said
    url = f"{url}#{anchor_of(label.code)}" if label.code else url
    if mark is Mark.PASS:
        return Cell(name, url, "", "·")
    if mark is Mark.NOT_ASKED:
        return Cell(name, url, "", "" if row.characteristic_id is None else "–")
    return Cell(name, url, STATUS_OF[mark].value)
