"""Acts on gates: deciding what is marked, closing a batch, coverage, recounting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection

from ..batches.choices import BatchStatus
from ..batches.models import Batch
from ..catalogue.models import Configuration, Procedure
from ..evaluation.reasons import Outcome
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.rules import Actor, ActorKind
from ..records.services import record_act
from ..results.models import Inspection
from .choices import CoverageKind
from .deciding import Undecided, decide_marked
from .draws import reveal_draw
from .models import Coverage, CoverageRevocation, Decider
from .rules import CoverageRefused

MOST_MARKS = 2000
"""Marks decided in one transaction: enough to decide a backlog fast, few enough to commit often."""


def decide_batch(*, batch_id: int, at: datetime) -> int:
    """Decide everything that is marked in a batch, some at a time. Returns how many marks it consumed.

    Safe to call any number of times and by several workers: a mark can be deleted once (law 7).
    """
    consumed = 0
    while True:
        some = _decide_some(batch_id, at)
        consumed += some
        if some < MOST_MARKS:
            return consumed


def decide_marked_now(*, batch_id: int, at: datetime) -> None:
    """Decide everything that is marked, inside the caller's transaction, which holds the batch's lock alone."""
    while _decide_some(batch_id, at) == MOST_MARKS:
        pass


@one_act
def _decide_some(batch_id: int, at: datetime) -> int:
    counter = _lock_decider(batch_id)
    marks = _take_marks(batch_id)
    if not marks:
        return 0
    counter += len(marks)
    # Read after the marks were taken: what they speak of committed with them, so a later statement sees it.
    batch = Batch.objects.select_related("revision__plan", "configuration").get(pk=batch_id)
    decide_marked(batch, Undecided.of(marks), counter=counter, at=at)
    Decider.objects.filter(pk=batch_id).update(counter=counter, decided_at=at)
    return len(marks)


def _lock_decider(batch_id: int) -> int:
    """The row lock under which one batch is decided by one worker at a time; how far it came."""
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute("select counter from inspections_decider where batch_id = %s for update", [batch_id])
            row = cursor.fetchone()
            if row is not None:
                return int(row[0])
            cursor.execute(
                "insert into inspections_decider (batch_id, counter) values (%s, 0) on conflict do nothing", [batch_id]
            )
    raise Batch.DoesNotExist(f"batch {batch_id} has no decider and none could be made")


def _take_marks(batch_id: int) -> list[tuple[int | None, str]]:
    """Some marks, car by car: a car that was marked a dozen times is decided once. The batch's own come last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from inspections_mark where id = any(array("
            "select id from inspections_mark where batch_id = %s order by vehicle_id limit %s))"
            " returning vehicle_id, domain",
            [batch_id, MOST_MARKS],
        )
        return [(vehicle_id, domain) for vehicle_id, domain in cursor.fetchall()]


def mark_whole_batch(*, batch: Batch, at: datetime) -> None:
    """Mark every vehicle of a batch, and the batch's own facts, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inspections_mark (batch_id, vehicle_id, domain, at)"
            " select %s, id, '', %s from inspections_vehicle where batch_id = %s union all select %s, null, '', %s",
            [batch.pk, at, batch.pk, batch.pk, at],
        )


@one_act
def close_batch(*, batch: Batch, actor: Actor, at: datetime) -> Batch:
    """Close testing: no more vehicles will come, and what is missing is failed. Repeating it changes nothing.

    The seed of its draws goes into the ledger now, so that anybody can do them again.

    Takes the batch's lock alone, so that every recorder of the batch has committed or not begun, and decides inside.
    Raises NotAllowed for a person who is no engineer.
    """
    if actor.kind is ActorKind.PERSON:
        actor.require("closing a batch", Role.ENGINEER)
    exclude(Lock.BATCH, [batch.pk])
    batch = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if batch.status != BatchStatus.OPEN:
        return batch
    batch.status, batch.testing_closed_at = BatchStatus.TESTING_CLOSED, at
    batch.save(update_fields=["status", "testing_closed_at"])
    record_act(
        actor=actor,
        act="batch.closed",
        subject_kind="batch",
        subject=batch.number,
        batch=batch.number,
        at=at,
        before={"status": BatchStatus.OPEN.value},
        after={"status": BatchStatus.TESTING_CLOSED.value},
    )
    reveal_draw(batch=batch, actor=actor, at=at)
    mark_whole_batch(batch=batch, at=at)
    decide_marked_now(batch_id=batch.pk, at=at)
    return batch


@one_act
def enter_coverage(
    *,
    number: str,
    procedure: Procedure,
    configuration: Configuration,
    kind: CoverageKind,
    valid_from: datetime,
    valid_until: datetime,
    software: Sequence[dict[str, str]] = (),
    inspection: Inspection | None = None,
    document: str = "",
    document_sha256: str = "",
    actor: Actor,
    at: datetime,
) -> Coverage:
    """An engineer signs type-level evidence. Raises NotAllowed, and CoverageRefused where it is no evidence.

    Every batch of the configuration is marked: what was missing may be there now.
    """
    if kind is CoverageKind.DEMONSTRATION:
        if not settings.DEMO:
            raise CoverageRefused("Demonstration coverage exists in the demo only: enter a certificate or a test.")
    else:
        actor.require("signing coverage", Role.ENGINEER)
    if kind is CoverageKind.INSPECTION:
        _check_inspection(inspection, procedure)
    if kind is CoverageKind.CERTIFICATE and not (document and document_sha256):
        raise CoverageRefused("A laboratory's certificate needs its document: attach it.")
    if valid_until <= valid_from:
        raise CoverageRefused("The coverage ends before it begins: check the two dates.")
    exclude(Lock.CONFIGURATION, [configuration.pk])
    coverage = Coverage.objects.create(
        number=number,
        procedure=procedure,
        configuration=configuration,
        kind=kind,
        software=list(software),
        inspection_id=None if inspection is None else inspection.pk,
        document=document,
        document_sha256=document_sha256,
        valid_from=valid_from,
        valid_until=valid_until,
        signed_by=actor.label,
        person_id=actor.id,
        at=at,
    )
    record_act(
        actor=actor,
        act="coverage.signed",
        subject_kind="coverage",
        subject=number,
        at=at,
        after={
            "procedure": procedure.code,
            "configuration": configuration.code,
            "kind": kind.value,
            "valid_from": valid_from.isoformat(),
            "valid_until": valid_until.isoformat(),
        },
    )
    _mark_configuration(configuration.pk, procedure.domain, at)
    return coverage


def _check_inspection(inspection: Inspection | None, procedure: Procedure) -> None:
    if inspection is None or inspection.procedure_id != procedure.pk:
        raise CoverageRefused(f"Coverage by inspection needs an inspection of {procedure.code}: choose it.")
    if inspection.verdict != Outcome.PASS or inspection.vehicle is None:
        raise CoverageRefused("Only a complete, passing inspection of a car covers others.")
    if inspection.vehicle.status != "destroyed_for_test" or hasattr(inspection, "void"):
        raise CoverageRefused(f"{inspection.vehicle.vin} was not destroyed for this test, or the inspection is void.")


@one_act
def revoke_coverage(*, coverage: Coverage, reason: str, actor: Actor, at: datetime) -> CoverageRevocation:
    """Take type-level evidence back; every batch that it covered is decided again. Raises as `enter_coverage`."""
    actor.require("revoking coverage", Role.ENGINEER)
    if not reason.strip():
        raise CoverageRefused("Revoking coverage needs a reason: say what was found.")
    exclude(Lock.CONFIGURATION, [coverage.configuration_id])
    if CoverageRevocation.objects.filter(coverage=coverage).exists():
        raise CoverageRefused(f"Coverage {coverage.number} was revoked already.")
    revocation = CoverageRevocation.objects.create(
        coverage=coverage, reason=reason.strip(), revoked_by=actor.label, at=at
    )
    record_act(
        actor=actor,
        act="coverage.revoked",
        subject_kind="coverage",
        subject=coverage.number,
        reason=reason.strip(),
        at=at,
    )
    _mark_configuration(coverage.configuration_id, coverage.procedure.domain, at)
    return revocation


def _mark_configuration(configuration_id: int, domain: str, at: datetime) -> None:
    batches = Batch.objects.filter(configuration_id=configuration_id).values_list("pk", flat=True)
    mark_vehicles(rows=[(batch_id, None, domain) for batch_id in batches], at=at)


def mark_expired(*, at: datetime) -> int:
    """Mark what rested on a fact that has ended, so that it is decided again before anybody asks. Returns how many.

    Clearance does not wait for this: it compares `valid_until` with the moment of asking.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inspections_mark (batch_id, vehicle_id, domain, at)"
            " select g.batch_id, g.vehicle_id, g.domain, %(at)s from inspections_vehiclegate g"
            " where g.valid_until <= %(at)s union all"
            " select b.batch_id, null, b.domain, %(at)s from inspections_batchgate b where b.valid_until <= %(at)s",
            {"at": at},
        )
        return int(cursor.rowcount)
