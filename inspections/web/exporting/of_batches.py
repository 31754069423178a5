"""Batches, and the cars of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.batches.choices import BatchStatus
from inspections.batches.models import Batch
from inspections.batches.queries import batch_ids
from inspections.catalogue.choices import Domain
from inspections.gates.queries import SHOWN, BatchSummary, CarCounts, CarRow, batch_summaries, cars_of_batch
from inspections.gates.sentences import gate_text

from ..access import language_now, moment_of
from ..batch_facts import CarLine, car_lines, vehicle_status_text
from ..batch_rows import BatchRow, batch_row, batch_status_text
from ..statuses import OF_STATE, word_of
from .sheets import Column, Sheet, coded, in_pages

LONGEST_FILTER = 64
_FEWER = 200
"""Batches that are summed up at a time: each has gates with all their counts."""


def batches_asked(request: HttpRequest) -> tuple[str, str]:
    """The filter of the list of batches: a status, "" for all, and what numbers contain."""
    status, text = request.GET.get("status", ""), request.GET.get("q", "").strip()[:LONGEST_FILTER]
    return (status if status in BatchStatus.values else ""), text.replace("\x00", "")


def batches(request: HttpRequest) -> Sheet:
    """The list of batches."""
    (status, text), at = batches_asked(request), moment_of(request)
    narrowed = [(_("Batch (state)"), batch_status_text(status))] if status else []
    narrowed += [(_("Number contains"), text)] if text else []
    return Sheet("batches", _("Batches"), _batch_columns(), _batches(status, text, at), narrowed)


def _batches(status: str, text: str, at: datetime) -> Iterator[list[BatchRow]]:
    places = in_pages(
        lambda before, most: batch_ids(status=status, text=text, before=before, most=most), lambda row: row, _FEWER
    )
    for found in places:
        summaries = batch_summaries(ids=[row[1] for row in found], at=at)
        yield [batch_row(summary, language_now()) for summary in summaries]


def _batch_columns() -> list[Column]:
    return [
        Column(_("Batch"), lambda row: row.batch.number),
        Column(_("Configuration"), lambda row: row.batch.configuration),
        Column(_("Line"), lambda row: row.batch.line or None),
        Column(_("Opened"), lambda row: row.batch.opened_at),
        Column(_("Control plan"), lambda row: row.batch.plan),
        Column(_("Revision"), lambda row: row.batch.revision),
        *coded(_("Testing"), lambda row: row.status_word, lambda row: row.batch.status),
        *coded(_("State"), lambda row: row.word, lambda row: row.batch.state),
        Column(_("Where it stops"), lambda row: row.under),
        Column(_("Completed"), lambda row: row.batch.completed_at),
        *(column for domain in Domain.values for column in _gate_columns(domain)),
        Column(_("Planned"), lambda row: row.batch.planned),
        Column(_("Built"), lambda row: row.batch.registered),
        Column(_("Clear"), lambda row: row.batch.clear),
        Column(_("Held"), lambda row: row.batch.held),
        Column(_("Released"), lambda row: row.batch.released),
        Column(_("Delivered"), lambda row: row.batch.delivered),
        Column(_("Undecided"), lambda row: row.batch.undecided),
    ]


def _gate_columns(domain: str) -> tuple[Column, Column]:
    def state(row: BatchRow) -> str:
        return next(gate.state for gate in row.batch.gates if gate.domain == domain)

    return coded(gate_text(domain, language_now()).capitalize(), lambda row: _state_text(state(row)), state)


def _state_text(state: str) -> str:
    found = {known.name.lower(): status for known, status in OF_STATE.items()}[state]
    return word_of(found, language_now())


def cars_asked(request: HttpRequest, summary: BatchSummary, counts: CarCounts) -> str:
    """Which cars of a batch are asked for: by default what is wrong, if anything is."""
    asked = request.GET.get("cars", "")
    if asked in SHOWN:
        return asked
    return "wrong" if summary.clear < counts.for_delivery else "all"


def cars(batch: Batch, shown: str, name: str, at: datetime) -> Sheet:
    """The cars of a batch in build order. `name`: what they are narrowed to, as the page calls it."""
    title = _("Cars of batch %(number)s") % {"number": batch.number}
    return Sheet(f"batch-{batch.number}-cars", title, _car_columns(), _cars(batch.pk, shown, at), [(_("Cars"), name)])


def _cars(batch_id: int, shown: str, at: datetime) -> Iterator[list[CarLine]]:
    def read(after: int | None, most: int) -> Sequence[CarRow]:
        return cars_of_batch(batch_id=batch_id, shown=shown, after=after or 0, at=at, most=most)

    for rows in in_pages(read, lambda row: row.sequence):
        yield car_lines(rows, language_now())


def _car_columns() -> list[Column]:
    return [
        Column(_("Car"), lambda line: line.row.sequence),
        Column(_("Vehicle identification number"), lambda line: line.row.vin),
        *coded(_("State"), lambda line: vehicle_status_text(line.row.status), lambda line: line.row.status),
        *(column for number, domain in enumerate(Domain.values) for column in _mark_columns(number, domain)),
        Column(_("Held"), lambda line: line.row.held),
        Column(_("Being decided"), lambda line: line.row.undecided),
        Column(_("Open nonconformances"), lambda line: line.row.nonconformances),
    ]


def _mark_columns(number: int, domain: str) -> tuple[Column, Column]:
    words: Callable[[CarLine], str] = lambda line: line.gates[number][2]  # noqa: E731 - beside its code
    return coded(gate_text(domain, language_now()).capitalize(), words, lambda line: line.gates[number][1].value)
