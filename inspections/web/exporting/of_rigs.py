"""Rigs, and the cars that one makes wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.gates.waiting_cars import WaitingCar
from inspections.rigs.models import Rig

from ..access import moment_of
from ..batch_facts import vehicle_status_text
from ..rig_states import RigState, authorisations_of, rig_states
from .sheets import Column, Sheet, coded, in_pages


@dataclass(frozen=True, slots=True)
class _Row:
    rig: Rig
    state: RigState
    procedures: tuple[str, ...]


def rigs(request: HttpRequest) -> Sheet:
    """All rigs, by their code."""
    columns = [
        Column(_("Rig"), lambda row: row.rig.code),
        Column(_("Name"), lambda row: row.rig.name),
        Column(_("Line"), lambda row: row.rig.line),
        *coded(_("Calibration"), lambda row: row.state.words, lambda row: row.state.status.value),
        Column(_("In calibration until"), lambda row: row.state.until),
        Column(_("Needs calibration"), lambda row: row.rig.needs_calibration),
        Column(_("Attended"), lambda row: row.rig.attended),
        Column(_("Last heard"), lambda row: row.rig.last_heard_at),
        Column(_("Clock off by seconds"), lambda row: _offset(row.rig)),
        Column(_("Authorised for (codes)"), lambda row: "; ".join(row.procedures)),
    ]
    return Sheet("rigs", _("Rigs"), columns, _rigs(moment_of(request)))


def _rigs(at: datetime) -> Iterator[list[_Row]]:
    def read(after: str | None, most: int) -> list[Rig]:
        return list(Rig.objects.filter(code__gt=after or "").order_by("code")[:most])

    for found in in_pages(read, lambda rig: rig.code):
        states, allowed = rig_states(found, at), authorisations_of([rig.pk for rig in found], at)
        yield [
            _Row(rig, states[rig.pk], tuple(own.procedure.code for own in allowed.get(rig.pk, []) if own.granted))
            for rig in found
        ]


def _offset(rig: Rig) -> int | None:
    return None if rig.clock_offset is None else round(rig.clock_offset.total_seconds())


def cars(
    rig: Rig,
    read: Callable[[tuple[int, int], int], Sequence[WaitingCar]],
    said: Callable[[WaitingCar], str],
    narrowed: Sequence[tuple[str, str]],
) -> Sheet:
    """The cars that a rig makes wait, or that a finding concerns. `read` takes the last rank and id and how many."""
    columns = [
        Column(_("Vehicle identification number"), lambda row: row.vin),
        Column(_("Batch"), lambda row: row.batch),
        Column(_("Car"), lambda row: row.sequence),
        *coded(_("State"), lambda row: vehicle_status_text(row.status), lambda row: row.status),
        Column(_("Tests by it"), lambda row: row.tests),
        Column(_("Last measured by it"), lambda row: row.last),
        Column(_("Now"), said),
        Column(_("Waits"), lambda row: row.waits),
        Column(_("Being decided"), lambda row: row.undecided),
    ]
    pages = in_pages(lambda place, most: read(place or (-1, 0), most), lambda row: (row.rank, row.id))
    title = _("Cars that rig %(code)s measured") % {"code": rig.code}
    return Sheet(f"rig-{rig.code}-cars", title, columns, pages, narrowed)
