"""Acts on rigs and inspections that decide what evidence is worth: calibration, tolerance, authorisation, voiding.

They change no verdict. Whether a result is admissible is derived at each decision, so each act marks, in one
statement, every vehicle that leans on what the rig measured in the time concerned.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import connection

from ..batches.choices import FOR_DELIVERY
from ..catalogue.models import Procedure
from ..dispatch import SWEEP_UNDECIDED, Queue, enqueue_after_commit
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude, share
from ..people.choices import Role
from ..people.rules import Actor, ActorKind
from ..records.services import Act, record_act, record_acts
from ..rigs.models import Authorisation, Calibration, OutOfTolerance, Rig
from ..saying import Refusal, say
from .covered import LEANING_ON_TESTS
from .models import Inspection, Void

_DELIVERABLE: Final = [status.value for status in FOR_DELIVERY]


class FactRefused(Refusal):
    """The fact cannot be so. Says what was found and what is expected."""


@one_act
def enter_calibration(
    *, rig: Rig, certificate: str, valid_from: datetime, valid_until: datetime, actor: Actor, at: datetime
) -> tuple[Calibration, bool]:
    """Enter a certificate: in calibration from `valid_from` until before `valid_until`. Entered late it counts back.

    Returns it, and whether it is new. Raises FactRefused for other dates under a known certificate, NotAllowed for a
    person who is no engineer.
    """
    _require(actor, "entering a calibration")
    if not certificate.strip():
        raise FactRefused(say("The certificate has no number: enter the one that is printed on it."))
    if valid_until <= valid_from:
        raise FactRefused(say("The certificate ends before it begins: check the two dates."))
    exclude(Lock.RIG, [rig.pk])
    known = Calibration.objects.filter(rig=rig, certificate=certificate.strip()).first()
    if known is not None:
        if (known.valid_from, known.valid_until) != (valid_from, valid_until):
            text = say(
                "Certificate %(certificate)s of %(rig)s is on record with other dates.",
                certificate=known.certificate,
                rig=rig.code,
            )
            raise FactRefused(text)
        return known, False
    calibration = Calibration.objects.create(
        rig=rig,
        certificate=certificate.strip(),
        valid_from=valid_from,
        valid_until=valid_until,
        recorded_at=at,
        recorded_by=actor.label,
    )
    _tell(actor, "calibration.entered", rig, at, "", {
        "certificate": calibration.certificate,
        "valid_from": valid_from.isoformat(),
        "valid_until": valid_until.isoformat(),
        "marked": _mark_measured(rig, at, since=valid_from, until=valid_until),
    })  # fmt: skip
    return calibration, True


@one_act
def report_out_of_tolerance(
    *, rig: Rig, back_to: datetime, found_at: datetime, reason: str, actor: Actor, at: datetime
) -> OutOfTolerance:
    """The rig was found out of tolerance: what it measured from its last good calibration, `back_to`, to `found_at`
    does not count, nor what it measures until a certificate begins that is no older. Raises FactRefused, NotAllowed."""
    _require(actor, "reporting a rig out of tolerance")
    if not reason.strip():
        raise FactRefused(say("Say what was found: the reason is empty."))
    if found_at < back_to:
        raise FactRefused(say("It was found before it began: check the two dates."))
    exclude(Lock.RIG, [rig.pk])
    finding = OutOfTolerance.objects.create(
        rig=rig, back_to=back_to, found_at=found_at, reason=reason.strip(), recorded_at=at, recorded_by=actor.label
    )
    _tell(actor, "rig.out_of_tolerance", rig, at, reason.strip(), {
        "back_to": back_to.isoformat(),
        "found_at": found_at.isoformat(),
        # Until a new certificate begins, nothing counts that was measured after the finding either.
        "marked": _mark_measured(rig, at, since=back_to),
    })  # fmt: skip
    return finding


@one_act
def authorise_rig(
    *, rig: Rig, procedure: Procedure, effective_at: datetime, actor: Actor, at: datetime, reason: str = ""
) -> Authorisation:
    """The rig may carry out the procedure from `effective_at` on. Raises NotAllowed."""
    _require(actor, "authorising a rig")
    return _authorise(rig, procedure, effective_at, actor, at, reason.strip(), granted=True)


@one_act
def withdraw_authorisation(
    *, rig: Rig, procedure: Procedure, effective_at: datetime, reason: str, actor: Actor, at: datetime
) -> Authorisation:
    """The rig may not carry out the procedure from `effective_at` on, which may lie back. Raises FactRefused,
    NotAllowed."""
    _require(actor, "withdrawing an authorisation")
    if not reason.strip():
        raise FactRefused(say("Say why it is withdrawn: the reason is empty."))
    return _authorise(rig, procedure, effective_at, actor, at, reason.strip(), granted=False)


def _authorise(
    rig: Rig, procedure: Procedure, effective_at: datetime, actor: Actor, at: datetime, reason: str, *, granted: bool
) -> Authorisation:
    exclude(Lock.RIG, [rig.pk])
    authorisation = Authorisation.objects.create(
        rig=rig,
        procedure=procedure,
        granted=granted,
        effective_at=effective_at,
        recorded_at=at,
        recorded_by=actor.label,
        reason=reason,
    )
    _tell(actor, "rig.authorised" if granted else "rig.authorisation_withdrawn", rig, at, reason, {
        "procedure": procedure.code,
        "effective_at": effective_at.isoformat(),
        "marked": _mark_measured(rig, at, since=effective_at, procedure_id=procedure.pk),
    })  # fmt: skip
    return authorisation


@one_act
def void_inspection(*, inspection: Inspection, reason: str, actor: Actor, at: datetime) -> Void:
    """Declare an inspection void (wrong VIN, a master part run as a car). The row stays and shows; its passes count
    no more, its fails block until they are disposed of. Raises FactRefused, NotAllowed."""
    actor.require("voiding an inspection", Role.ENGINEER)
    if not reason.strip():
        raise FactRefused(say("Say why it is void: the reason is empty."))
    exclude(Lock.RIG, [inspection.rig_id])
    if inspection.component_id is not None:
        share(Lock.COMPONENT, [inspection.component_id])
    if Void.objects.filter(inspection=inspection).exists():
        raise FactRefused(say("Inspection %(id)s was declared void already.", id=inspection.external_id))
    void = Void.objects.create(
        inspection=inspection, reason=reason.strip(), voided_by=actor.label, person_id=actor.id or 0, at=at
    )
    _execute(_MARK_ONE, at=at, id=inspection.pk)
    record_acts(actor=actor, acts=_voided(void, inspection), at=at)
    enqueue_after_commit(SWEEP_UNDECIDED, queue=Queue.URGENT, kwargs={}, once=True)
    return void


def _voided(void: Void, inspection: Inspection) -> list[Act]:
    """One entry for the inspection, and one for its car, so that the life of the car and of its batch tell of it."""
    external_id, vehicle = inspection.external_id, inspection.vehicle
    acts = [Act("inspection.voided", "inspection", external_id, reason=void.reason, before={"id": inspection.pk})]
    if vehicle is not None:
        told = {"inspection": external_id, "procedure": Procedure.objects.get(pk=inspection.procedure_id).code}
        acts.append(Act("vehicle.result_voided", "vehicle", vehicle.vin, vehicle.batch.number, void.reason, after=told))
    return acts


def _require(actor: Actor, act: str) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        actor.require(act, Role.ENGINEER)


# An inspection speaks for its vehicle, or for the one in which its component is fitted; as a sample or a type test
# also for batches.
_SPOKEN_FOR: Final = """
insert into inspections_mark (batch_id, vehicle_id, domain, at)
with measured as (
    select i.id, i.vehicle_id, i.component_id, p.domain from inspections_inspection i
    join inspections_procedure p on p.id = i.procedure_id where {which}
), vehicles as (
    select vehicle_id, domain from measured where vehicle_id is not null
    union
    select latest.vehicle_id, m.domain from (select distinct component_id, domain from measured) m
    join lateral (
        select f.vehicle_id, f.fitted from inspections_fitting f where f.component_id = m.component_id
        order by f.at desc, f.id desc limit 1
    ) latest on latest.fitted
)
select v.batch_id, v.id, x.domain, %(at)s from vehicles x join inspections_vehicle v on v.id = x.vehicle_id
where v.status = any(%(deliverable)s)
union
select b.id, null, m.domain, %(at)s from measured m
join inspections_sample s on s.inspection_id = m.id
join inspections_batch b on b.configuration_id = s.configuration_id and b.line = s.line
union
select v.batch_id, null, x.domain, %(at)s from vehicles x join inspections_vehicle v on v.id = x.vehicle_id
where exists(select from measured m join inspections_sample s on s.inspection_id = m.id)
union
select leaning.id, null, leaning.domain, %(at)s from ({covered}) leaning
"""
_MEASURED: Final = (
    "i.rig_id = %(rig)s and i.finished_at >= %(since)s"
    " and (%(until)s::timestamptz is null or i.finished_at <= %(until)s)"
    " and (%(procedure)s::bigint is null or i.procedure_id = %(procedure)s)"
)
_MARK_MEASURED: Final = _SPOKEN_FOR.format(which=_MEASURED, covered=LEANING_ON_TESTS.format(which=_MEASURED))
_ONE: Final = "i.id = %(id)s"
_MARK_ONE: Final = _SPOKEN_FOR.format(which=_ONE, covered=LEANING_ON_TESTS.format(which=_ONE))


def _mark_measured(
    rig: Rig, at: datetime, *, since: datetime, until: datetime | None = None, procedure_id: int | None = None
) -> int:
    """Mark whatever leans on what the rig measured in a time, in one statement. Returns how many marks."""
    return _execute(_MARK_MEASURED, at=at, rig=rig.pk, since=since, until=until, procedure=procedure_id)


def _execute(statement: str, **parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**parameters, "deliverable": _DELIVERABLE})
        return int(cursor.rowcount)


def _tell(actor: Actor, act: str, rig: Rig, at: datetime, reason: str, after: dict[str, Any]) -> None:
    record_act(actor=actor, act=act, subject_kind="rig", subject=rig.code, reason=reason, at=at, after=after)
    enqueue_after_commit(SWEEP_UNDECIDED, queue=Queue.URGENT, kwargs={}, once=True)
