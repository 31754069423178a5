"""The one act that clears a rejected sample: 100 % screening of what it reaches, recorded by an engineer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from ..batches.models import Batch
from ..dispatch import DECIDE_BATCH, Queue, enqueue_after_commit
from ..dispositions.answering import recorded_it
from ..evaluation.reasons import ReasonCode
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.rules import Actor
from ..records.services import record_act
from ..results.models import Sample
from ..saying import CodedRefusal, Said, say, say_count
from .models import ScreenedVehicle, Screening
from .reading import read_named
from .rejections import ReachedBatch, ReachedCar, reached_batch

MAY_SCREEN: Final = (Role.ENGINEER,)
_NAMED: Final = 5


class ScreeningRefused(CodedRefusal):
    """The rejection is not cleared. `lacking` are the cars that lack a conforming result, where that is why."""

    def __init__(self, code: str, said: Said, lacking: Collection[ReachedCar] = ()) -> None:
        self.lacking = tuple(lacking)
        super().__init__(code, said)


@one_act
def record_screening(*, sample: Sample, batch: Batch, reason: str, actor: Actor, at: datetime) -> Screening:
    """Record that every car of a batch that a rejected sample reaches was screened: each has a result that counts and
    conforms, finished after the rejection, or cannot leave any more. Releases the rejection for those cars alone.

    Raises NotAllowed, and ScreeningRefused: a car lacks it, nothing of the batch is rejected, no reason is given, or
    the engineer recorded the rejected sample or one of the results.
    """
    actor.require("recording a screening", *MAY_SCREEN)
    if not reason.strip():
        raise ScreeningRefused("reason_missing", say("Say how the cars were screened: the reason is empty."))
    # Recorders share it: no result of these cars is on its way while this one looks and writes.
    exclude(Lock.CONFIGURATION, [batch.configuration_id])
    found = reached_batch(batch, sample, at=at)
    if found is None or not found.open:
        text = say(
            "Sample %(sample)s reaches no car of %(batch)s that is not cleared: there is nothing to do.",
            sample=sample.subject,
            batch=batch.number,
        )
        raise ScreeningRefused("not_rejected", text)
    if found.lacking:
        raise ScreeningRefused("not_screened", _lacking_text(found), found.lacking)
    _refuse_own(found, sample.procedure_id, actor)
    screening = Screening.objects.create(
        procedure_id=sample.procedure_id,
        rejected=list(found.rejected),
        since=found.since,
        reason=reason.strip(),
        screened_by=actor.label,
        person_id=actor.id or 0,
        at=at,
    )
    ScreenedVehicle.objects.bulk_create(
        ScreenedVehicle(screening=screening, vehicle_id=car.vehicle_id) for car in found.open
    )
    _tell(screening, sample, batch, found, actor, at)
    return screening


def _lacking_text(found: ReachedBatch) -> Said:
    named: list[str] | Said = [f"{car.sequence} ({car.vin})" for car in found.lacking[:_NAMED]]
    more = len(found.lacking) - _NAMED
    if more > 0:
        named = say("%(cars)s and %(more)d more", cars=named, more=more)
    return say_count(
        "%(count)d of %(open)d cars of %(batch)s lacks a conforming result that counts and finished after %(at)s: car"
        " %(cars)s. Test it, or scrap it.",
        "%(count)d of %(open)d cars of %(batch)s lack a conforming result that counts and finished after %(at)s: cars"
        " %(cars)s. Test each, or scrap it.",
        count=len(found.lacking),
        open=len(found.open),
        batch=found.number,
        at=found.since,
        cars=named,
    )


def _refuse_own(found: ReachedBatch, procedure_id: int, actor: Actor) -> None:
    rows = read_named(
        "select i.person_id, i.operator, true from inspections_sample s"
        " join inspections_inspection i on i.id = s.inspection_id where s.id = any(%(rejected)s)"
        " union select i.person_id, i.operator, false from inspections_inspection i"
        " left join lateral (select f.vehicle_id, f.fitted from inspections_fitting f"
        "  where f.component_id = i.component_id order by f.at desc, f.id desc limit 1) place"
        "  on i.component_id is not null"
        " where i.procedure_id = %(procedure)s and i.finished_at > %(since)s and (i.vehicle_id = any(%(cars)s)"
        "  or (i.component_id in (select component_id from inspections_fitting where vehicle_id = any(%(cars)s))"
        "   and place.fitted and place.vehicle_id = any(%(cars)s)))",
        rejected=list(found.rejected),
        procedure=procedure_id,
        since=found.since,
        cars=[car.vehicle_id for car in found.open],
    )
    for person_id, operator, of_the_sample in rows:
        if recorded_it(actor=actor, person_id=person_id, operator=operator):
            text = say("You recorded one of the results yourself: another engineer has to record the screening.")
            if of_the_sample:
                text = say("You recorded the rejected sample yourself: another engineer has to record the screening.")
            raise ScreeningRefused("four_eyes", text)


def _tell(screening: Screening, sample: Sample, batch: Batch, found: ReachedBatch, actor: Actor, at: datetime) -> None:
    domain = sample.procedure.domain
    numbers = read_named(
        "select number from inspections_nonconformance where batch_id = %(batch)s and vehicle_id is null"
        " and domain = %(domain)s and code = %(code)s and state = 'open' order by id",
        batch=batch.pk,
        domain=domain,
        code=ReasonCode.SAMPLE_REJECTED.value,
    )
    record_act(
        actor=actor,
        act="sample.screened",
        subject_kind="batch",
        subject=batch.number,
        batch=batch.number,
        reason=screening.reason,
        at=at,
        after={
            "screening": screening.pk,
            "procedure": sample.procedure.code,
            "sample": sample.subject,
            "rejected": list(found.rejected),
            "since": found.since.isoformat(),
            "cars": [car.vin for car in found.open],
            "nonconformances": [row[0] for row in numbers],
        },
    )
    mark_vehicles(rows=[(batch.pk, None, domain)], at=at)
    enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": batch.pk}, once=True)
