"""Whether a rig's results count now, in words: its certificates, findings and authorisations read together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from inspections.catalogue.models import Procedure
from inspections.evaluation import facts
from inspections.evaluation.evidence import in_calibration
from inspections.rigs.models import Authorisation, Calibration, OutOfTolerance, Rig

from .ages import stamp
from .statuses import Status

SOON: Final = timedelta(days=7)
SILENT: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class RigState:
    """`until`: when the certificates in force run out; None where none is."""

    status: Status
    words: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuthorisedFor:
    """What the last word with effect by now says of one procedure."""

    procedure: Procedure
    granted: bool
    since: datetime
    recorded_by: str


def rig_states(rigs: Sequence[Rig], at: datetime) -> dict[int, RigState]:
    """How calibration stands for each rig, by id. Two queries."""
    ids = [rig.pk for rig in rigs]
    certificates: dict[int, list[facts.Calibration]] = defaultdict(list)
    for row in Calibration.objects.filter(rig__in=ids):
        certificates[row.rig_id].append(facts.Calibration(row.valid_from, row.valid_until))
    findings: dict[int, list[facts.OutOfTolerance]] = defaultdict(list)
    for finding in OutOfTolerance.objects.filter(rig__in=ids):
        findings[finding.rig_id].append(facts.OutOfTolerance(finding.back_to, finding.found_at))
    return {
        rig.pk: _state(
            facts.Rig(
                rig.code,
                tuple(certificates[rig.pk]),
                tuple(findings[rig.pk]),
                needs_calibration=rig.needs_calibration,
            ),
            at,
        )
        for rig in rigs
    }


def _state(rig: facts.Rig, at: datetime) -> RigState:
    if not rig.needs_calibration:
        return RigState(Status.QUIET, _("Looks only; needs no calibration"))
    if in_calibration(rig, at, variable=True):
        until = max(own.valid_until for own in rig.calibrations if own.valid_from <= at < own.valid_until)
        words = _("In calibration until %(until)s") % {"until": stamp(until)}
        return RigState(Status.PENDING if until - at <= SOON else Status.PASS, words, until)
    found = max((finding.found_at for finding in rig.out_of_tolerance if finding.found_at <= at), default=None)
    if found is not None and any(own.valid_from <= at < own.valid_until for own in rig.calibrations):
        return RigState(
            Status.FAIL, _("Out of tolerance, found %(at)s, and no certificate since") % {"at": stamp(found)}
        )
    ended = max((own.valid_until for own in rig.calibrations if own.valid_until <= at), default=None)
    if ended is None:
        return RigState(Status.FAIL, _("Not in calibration: no certificate holds"))
    return RigState(Status.FAIL, _("Not in calibration since %(at)s") % {"at": stamp(ended)})


def authorisations_of(rig_ids: Collection[int], at: datetime) -> dict[int, list[AuthorisedFor]]:
    """What each rig may and may no longer do, by procedure code. One query."""
    latest: dict[tuple[int, int], Authorisation] = {}
    rows = Authorisation.objects.filter(rig__in=rig_ids, effective_at__lte=at).select_related("procedure")
    for row in rows.order_by("effective_at", "pk"):
        latest[row.rig_id, row.procedure_id] = row
    found: dict[int, list[AuthorisedFor]] = defaultdict(list)
    for row in sorted(latest.values(), key=lambda row: row.procedure.code):
        found[row.rig_id].append(AuthorisedFor(row.procedure, row.granted, row.effective_at, row.recorded_by))
    return found


def rigs_for(procedure: Procedure, at: datetime) -> list[Rig]:
    """The rigs that may carry out a procedure now, by code. One query."""
    latest: dict[int, Authorisation] = {}
    rows = Authorisation.objects.filter(procedure=procedure, effective_at__lte=at).select_related("rig")
    for row in rows.order_by("effective_at", "pk"):
        latest[row.rig_id] = row
    return sorted((row.rig for row in latest.values() if row.granted), key=lambda rig: rig.code)
