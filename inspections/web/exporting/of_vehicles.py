"""The inspections of one car, and every value that was measured on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from inspections.batches.models import Vehicle
from inspections.catalogue.queries import CharacteristicWords, LineWords, characteristic_words, line_words
from inspections.evaluation.reasons import Outcome
from inspections.gates.sentences import gate_text, verdict_text
from inspections.results.choices import Purpose
from inspections.results.queries import (
    MeasuredValue,
    VehicleInspection,
    fittings_of_vehicle,
    inspections_of_vehicle,
)

from ..access import language_now
from ..life import LARGEST
from ..measured import ShownValue, show_value
from ..paging import END_OF_TIME
from .sheets import Cell, Column, Sheet, coded, in_pages

_FEWER = 50
"""Inspections that are read at a time, each with all that it measured."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value with its inspection, and how the page shows it."""

    test: VehicleInspection
    measured: MeasuredValue
    shown: ShownValue
    line: LineWords | None

    def number_or_text(self) -> Cell:
        return self.measured.raw if self.measured.value is None else self.measured.value


def inspections(vehicle: Vehicle) -> Sheet:
    """Every inspection of a car and of parts that are or were in it, newest first, whatever it is worth."""
    columns = [
        *_test_columns(lambda row: row),
        Column(_("Started"), lambda row: row.started_at),
        Column(_("Recorded"), lambda row: row.recorded_at),
        Column(_("Arrived late"), lambda row: row.late),
        *coded(_("Purpose"), lambda row: _purpose_text(row.purpose), lambda row: Purpose(row.purpose).label),
        *coded(_("Verdict"), lambda row: _verdict(row.verdict), lambda row: row.verdict.name.lower()),
        *coded(_("Verdict of the rig"), lambda row: _verdict(row.claimed), lambda row: _code(row.claimed)),
        Column(_("Judged on revision"), lambda row: row.revision),
        Column(_("Judged again on another revision"), lambda row: row.judged_later),
        Column(_("Operator"), lambda row: row.operator),
        Column(_("Entered by"), lambda row: row.entered_by),
        Column(_("Nonconformance"), lambda row: row.nonconformance),
        Column(_("Software"), lambda row: "; ".join(row.software)),
        Column(_("Values"), lambda row: len(row.measurements)),
        *_void_columns(lambda row: row),
    ]
    title = _("Inspections of car %(vin)s") % {"vin": vehicle.vin}
    return Sheet(f"vehicle-{vehicle.vin}-inspections", title, columns, _tests(vehicle))


def measurements(vehicle: Vehicle) -> Sheet:
    """Every value of every inspection of a car, newest inspection first."""
    columns = [
        *_test_columns(lambda row: row.test),
        *coded(_("Characteristic"), lambda row: row.shown.name, lambda row: row.shown.code or row.measured.name),
        Column(_("Position (code)"), lambda row: row.measured.position),
        Column(_("Value"), lambda row: row.number_or_text()),
        Column(_("Unit"), lambda row: row.measured.unit),
        Column(_("Required"), lambda row: row.shown.required),
        *coded(_("Verdict"), lambda row: row.shown.word, lambda row: _code(row.measured.outcome)),
        *coded(_("Why"), lambda row: row.shown.why, lambda row: row.measured.reason.name.lower()),
        *coded(
            _("Verdict of the rig"), lambda row: _verdict(row.measured.claimed), lambda row: _code(row.measured.claimed)
        ),
        Column(_("Class"), lambda row: row.shown.special),
        Column(_("Source"), lambda row: row.shown.source),
        *coded(_("How sure"), lambda row: row.shown.confidence, lambda row: row.line.confidence if row.line else ""),
        *_void_columns(lambda row: row.test),
    ]
    title = _("Measurements of car %(vin)s") % {"vin": vehicle.vin}
    return Sheet(f"vehicle-{vehicle.vin}-measurements", title, columns, _values(vehicle))


def _tests(vehicle: Vehicle) -> Iterator[Sequence[VehicleInspection]]:
    components = sorted({change.component_id for change in fittings_of_vehicle(vehicle_id=vehicle.pk)})

    def read(before: tuple[datetime, int] | None, most: int) -> list[VehicleInspection]:
        return inspections_of_vehicle(
            vehicle_id=vehicle.pk,
            component_ids=components,
            pinned=vehicle.batch.revision_id,
            before=before or (END_OF_TIME, LARGEST),
            most=most,
        )

    return in_pages(read, lambda row: (row.finished_at, row.id), _FEWER)


def _values(vehicle: Vehicle) -> Iterator[list[Value]]:
    for tests in _tests(vehicle):
        measured = [(test, value) for test in tests for value in test.measurements]
        named = characteristic_words({value.characteristic_id for _test, value in measured if value.characteristic_id})
        lines = line_words({value.requirement_id for _test, value in measured if value.requirement_id is not None})
        yield [
            _value(
                test,
                value,
                named.get(value.characteristic_id or 0),
                lines.get(value.requirement_id or 0),
            )
            for test, value in measured
        ]


def _value(
    test: VehicleInspection, value: MeasuredValue, named: CharacteristicWords | None, line: LineWords | None
) -> Value:
    return Value(test, value, show_value(value, named, line, language_now(), with_bar=False), line)


def _test_columns(test: Any) -> list[Column]:
    return [
        Column(_("Inspection"), lambda row: test(row).id),
        Column(_("Id at the rig"), lambda row: test(row).external_id),
        Column(_("Finished"), lambda row: test(row).finished_at),
        *coded(_("Procedure"), lambda row: _procedure(test(row)), lambda row: test(row).procedure),
        *coded(_("Gate"), lambda row: gate_text(test(row).domain, language_now()), lambda row: test(row).domain),
        Column(_("Rig"), lambda row: test(row).rig),
        Column(_("Part"), lambda row: test(row).component),
    ]


def _void_columns(test: Any) -> list[Column]:
    return [
        Column(_("Declared void"), lambda row: test(row).voided_at),
        Column(_("Declared void by"), lambda row: test(row).voided_by),
        Column(_("Why it is void"), lambda row: test(row).void_reason),
    ]


def _procedure(test: VehicleInspection) -> str:
    return (test.procedure_name_zh if language_now() == "zh-hans" else "") or test.procedure_name


def _purpose_text(purpose: int) -> str:
    return {
        Purpose.INITIAL.value: _("first test"),
        Purpose.RETEST.value: _("repeat"),
        Purpose.AFTER_REWORK.value: _("after rework"),
    }[purpose]


def _verdict(outcome: Outcome | None) -> str:
    return "" if outcome is None else verdict_text(outcome.name.lower(), language_now())


def _code(outcome: Outcome | None) -> str:
    return "" if outcome is None else outcome.name.lower()
