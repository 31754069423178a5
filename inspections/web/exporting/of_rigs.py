"""Rigs, and the cars that one makes wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.gates.waiting_cars import WaitingCar
from inspections.rigs.models import Rig
from inspections.saying import Name

from ..access import moment_of
from ..batch_facts import vehicle_status_text
from ..rig_rows import STATES, rig_rows, rigs_asked
from ..rig_states import authorisations_of
from .sheets import Column, Sheet, coded, in_pages


def rigs(request: HttpRequest) -> Sheet:
    """The list of rigs, by their code."""
    asked = rigs_asked(request)
    narrowed = [(_("State"), str(STATES[asked.state][0]))] if asked.state else []
    narrowed += [(_("Code, name or line contains"), asked.text)] if asked.text else []
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
        Column(_("Authorised for (codes)"), lambda row: "; ".join(own.code for own in row.procedures)),
    ]
    return Sheet("rigs", _("Rigs"), columns, rig_rows(asked, moment_of(request)), narrowed)


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


def calibrations(rig: Rig) -> Sheet:
    """Every certificate of a rig, the latest end first."""
    columns = [
        Column(_("Certificate"), lambda row: row.certificate),
        Column(_("In calibration from"), lambda row: row.valid_from),
        Column(_("Until before"), lambda row: row.valid_until),
        Column(_("Entered by"), lambda row: row.recorded_by),
        Column(_("Entered"), lambda row: row.recorded_at),
    ]
    rows = list(rig.calibrations.order_by("-valid_until", "-pk"))
    return Sheet(f"rig-{rig.code}-calibrations", _("Calibration of rig %(code)s") % {"code": rig.code}, columns, [rows])


def findings(rig: Rig) -> Sheet:
    """What was found out of tolerance, newest first."""
    columns = [
        Column(_("Last known good"), lambda row: row.back_to),
        Column(_("Found"), lambda row: row.found_at),
        Column(_("What was found"), lambda row: row.reason),
        Column(_("By"), lambda row: row.recorded_by),
    ]
    rows = list(rig.findings.order_by("-found_at", "-pk"))
    title = _("Rig %(code)s, found out of tolerance") % {"code": rig.code}
    return Sheet(f"rig-{rig.code}-findings", title, columns, [rows])


def authorisations(rig: Rig, at: datetime) -> Sheet:
    """What a rig may carry out and no longer may, as the last word with effect says."""
    columns = [
        *coded(
            _("Procedure"),
            lambda own: str(Name(own.procedure.name, own.procedure.name_zh)),
            lambda own: own.procedure.code,
        ),
        Column(_("Authorised"), lambda own: own.granted),
        Column(_("Since"), lambda own: own.since),
        Column(_("By"), lambda own: own.recorded_by),
    ]
    title = _("What rig %(code)s may carry out") % {"code": rig.code}
    return Sheet(f"rig-{rig.code}-authorisations", title, columns, [authorisations_of([rig.pk], at).get(rig.pk, [])])


def keys(rig: Rig) -> Sheet:
    """The keys of a rig by their beginning, never the secret."""
    columns = [
        Column(_("Key"), lambda key: key.prefix),
        Column(_("Issued"), lambda key: key.created_at),
        Column(_("Ends"), lambda key: key.expires_at),
        Column(_("Revoked"), lambda key: key.revoked_at),
    ]
    rows = list(rig.keys.order_by("-created_at", "-pk"))
    return Sheet(f"rig-{rig.code}-keys", _("Keys of rig %(code)s") % {"code": rig.code}, columns, [rows])
