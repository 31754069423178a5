"""What an engineer answers to a fail: rework, a confirmed retest, an invalid measurement; reviews of disagreements.

A disposition lifts the block only: a later pass is still required. Nobody disposes of what they recorded themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from ..batches.choices import OUT_FOR_GOOD, VehicleStatus
from ..batches.models import Vehicle
from ..catalogue.models import Characteristic
from ..dispatch import DECIDE_BATCH, Queue, enqueue_after_commit
from ..evaluation.entries import LIFTING
from ..evaluation.facts import DispositionKind
from ..evaluation.reasons import Outcome
from ..marks.acts import one_act
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.models import OperatorAlias, User
from ..people.rules import Actor
from ..records.services import record_act
from ..results.covered import batches_covered_by
from ..results.models import Inspection
from ..results.sampling import mark_leaning_batches
from ..results.services import FittedPart, fit_components
from ..saying import say
from .choices import CauseClass, NonconformanceState
from .models import Disposition, Nonconformance
from .queries import disagreements_of
from .rules import DispositionRefused

MAY_DISPOSE: Final = (Role.ENGINEER,)
AHEAD: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part that a rework changed: what was removed, what was fitted in its place (either may be empty)."""

    kind: str
    removed: str = ""
    fitted: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """A fail that nobody has disposed of yet, with who recorded it."""

    inspection_id: int
    ordinal: int
    characteristic_id: int | None
    position: str
    found: str
    finished_at: datetime
    person_id: int | None
    operator: str | None


# A fail of a part that has left the car is answered where the part is now, not here. A group (any of several
# characteristics) fails through its members. What nobody judged is a fail only where a review treats it as one.
_FAILS: Final = """
with asked as (
    select n.id, n.vehicle_id, n.domain, n.characteristic_id,
        (select v.status in ('destroyed_for_test', 'scrapped') from inspections_vehicle v where v.id = n.vehicle_id)
            as gone,
        array(select n.characteristic_id union select part.characteristic_id from inspections_requirement whole
            join inspections_requirement part on part.revision_id = whole.revision_id
                and part.line = any(whole.members)
            where whole.characteristic_id = n.characteristic_id) as concerned,
        array(select f.component_id from (
                select distinct on (l.component_id) l.component_id, l.vehicle_id, l.fitted from inspections_fitting l
                where l.component_id in (
                    select o.component_id from inspections_fitting o where o.vehicle_id = n.vehicle_id)
                order by l.component_id, l.at desc, l.id desc
            ) f where f.fitted and f.vehicle_id = n.vehicle_id) as parts
    from inspections_nonconformance n where n.id = any(%(ids)s) and n.vehicle_id is not null
), tests as (
    select a.id, a.gone, a.characteristic_id, a.concerned, i.id as inspection_id, i.finished_at, i.person_id,
        i.operator, i.procedure_id, a.domain
    from asked a join inspections_inspection i on i.vehicle_id = a.vehicle_id
    union all
    select a.id, a.gone, a.characteristic_id, a.concerned, i.id, i.finished_at, i.person_id, i.operator,
        i.procedure_id, a.domain
    from asked a join inspections_inspection i on i.component_id = any(a.parts)
), failing as (
    select t.id, t.inspection_id, m.ordinal, m.characteristic_id, m.position,
        coalesce(nullif(m.value, 'NaN')::text, nullif(m.raw, '""'), '')
            || coalesce(' ' || nullif(m.unit, ''), '') as found,
        t.finished_at, t.person_id, t.operator, t.gone
    from tests t join inspections_measurement m on m.inspection_id = t.inspection_id
    where m.characteristic_id = any(t.concerned) and (
        m.outcome = %(fail)s
        or exists(select from inspections_judgement j where j.inspection_id = t.inspection_id
            and j.ordinal = m.ordinal and j.outcome = %(fail)s)
        or exists(select from inspections_disposition d where d.inspection_id = t.inspection_id
            and d.ordinal in (m.ordinal, -1) and d.kind = 'treat_as_fail'))
    union all
    select t.id, t.inspection_id, d.ordinal, null, '', '', t.finished_at, t.person_id, t.operator, t.gone
    from tests t join inspections_procedure p on p.id = t.procedure_id and p.domain = t.domain
    join inspections_disposition d on d.inspection_id = t.inspection_id and d.kind = 'treat_as_fail'
    where t.characteristic_id is null and not exists(
        select from inspections_measurement m where m.inspection_id = t.inspection_id
            and m.characteristic_id is not null and d.ordinal in (m.ordinal, -1) and m.outcome <> %(not_judged)s)
)
select distinct f.id, f.inspection_id, f.ordinal, f.characteristic_id, f.position, f.found, f.finished_at, f.person_id,
    f.operator
from failing f
where not exists(select from inspections_disposition d where d.inspection_id = f.inspection_id
    and d.ordinal in (f.ordinal, -1) and (d.kind = any(%(lifting)s) or (f.gone and d.kind = 'scrap')))
order by f.id, f.finished_at, f.inspection_id, f.ordinal
"""


def open_fails(*, nonconformance: Nonconformance) -> list[Fail]:
    """The fails that a nonconformance is about and that nobody has disposed of, oldest first."""
    return open_fails_of(ids=[nonconformance.pk])[nonconformance.pk]


def open_fails_of(*, ids: Collection[int]) -> dict[int, list[Fail]]:
    """For each nonconformance, by id, what `open_fails` tells. One statement. A batch's own has none."""
    found: dict[int, list[Fail]] = {number: [] for number in ids}
    with connection.cursor() as cursor:
        cursor.execute(
            _FAILS,
            {
                "ids": list(ids),
                "fail": int(Outcome.FAIL),
                "not_judged": int(Outcome.NOT_JUDGED),
                "lifting": [kind.value for kind in LIFTING],
            },
        )
        for number, *fail in cursor.fetchall():
            found[number].append(Fail(*fail))
    return found


@one_act
def take_nonconformance(
    *,
    nonconformance: Nonconformance,
    actor: Actor,
    at: datetime,
    cause: str = "",
    containment: str = "",
    cause_class: str = "",
) -> Nonconformance:
    """An engineer takes a nonconformance, or says more of it: its cause and of which class it is, what contains it.
    Saying the same again is no act. Raises NotAllowed, DispositionRefused for a closed one or a class there is not."""
    actor.require("answering a nonconformance", *MAY_DISPOSE)
    if cause_class and cause_class not in CauseClass.values:
        known = list(CauseClass.values)
        text = say("%(found)s is no class of cause: choose one of %(known)s.", found=cause_class, known=known)
        raise DispositionRefused("cause_class", text)
    row = _open(nonconformance)
    before = _said(row)
    row.owner_id, row.owner = actor.id, actor.label
    row.cause, row.containment = cause.strip() or row.cause, containment.strip() or row.containment
    row.cause_class = cause_class or row.cause_class
    after = _said(row)
    if after == before:
        return row
    row.save(update_fields=["owner_id", "owner", "cause_class", "cause", "containment"])
    _tell(actor, "nonconformance.taken", row, at, before=before, after=after)
    return row


def _said(row: Nonconformance) -> dict[str, str]:
    """What its owner has said of it, as the ledger keeps it."""
    return {name: getattr(row, name) for name in ("owner", "cause_class", "cause", "containment")}


@one_act
def record_rework(
    *,
    nonconformance: Nonconformance,
    what: str,
    done_at: datetime,
    parts: Sequence[PartChange] = (),
    repeats: Collection[str] = (),
    actor: Actor,
    at: datetime,
) -> list[Disposition]:
    """Record rework: what was done and when, the parts changed, the characteristics to measure again (by code).

    Disposes of the nonconformance's fails that finished before `done_at`; what counts must finish after it. The parts
    changed are fitted and removed as of `done_at`, which makes their evidence stale. Raises DispositionRefused,
    NotAllowed, ChangeRefused (a part that is fitted elsewhere).
    """
    if done_at > at + AHEAD:
        text = say("The rework is said to be done at %(at)s, ahead of now.", at=done_at)
        raise DispositionRefused("done_ahead", text)
    row, fails = _answerable(nonconformance, what, actor)
    before = [fail for fail in fails if fail.finished_at <= done_at]
    if not before:
        text = say("The rework was done before the test that failed: say when it was finished.")
        raise DispositionRefused("done_before_fail", text)
    ids = _characteristics(repeats)
    if parts and row.vehicle is not None:
        fit_components(
            vehicle=row.vehicle,
            fitted=[FittedPart(part.kind, part.fitted) for part in parts if part.fitted],
            removed=[(part.kind, part.removed) for part in parts if part.removed],
            changed_at=done_at,
            actor=actor,
            at=at,
        )
    changed = [asdict(part) for part in parts]
    return _dispose(row, before, DispositionKind.REWORK, what, actor, at, done_at=done_at, parts=changed, repeats=ids)


@one_act
def confirm_retest(*, nonconformance: Nonconformance, reason: str, actor: Actor, at: datetime) -> list[Disposition]:
    """An engineer explains the repeats: the fails were looked into, nothing was changed, a later pass may count."""
    row, fails = _answerable(nonconformance, reason, actor)
    return _dispose(row, fails, DispositionKind.CONFIRMED_RETEST, reason, actor, at)


@one_act
def declare_invalid(*, nonconformance: Nonconformance, reason: str, actor: Actor, at: datetime) -> list[Disposition]:
    """An engineer declares the failing measurements invalid (a loose probe, a wrong set-up) and says why."""
    row, fails = _answerable(nonconformance, reason, actor)
    return _dispose(row, fails, DispositionKind.MEASUREMENT_INVALID, reason, actor, at)


@one_act
def answer_by_scrap(*, nonconformance: Nonconformance, reason: str, actor: Actor, at: datetime) -> list[Disposition]:
    """The car never leaves, scrapped or destroyed for a test: that answers its fails, for this car and for no other
    that a part of it goes to. Raises DispositionRefused for a car that may leave yet, NotAllowed."""
    row, fails = _answerable(nonconformance, reason, actor)
    if row.vehicle is None or row.vehicle.status not in OUT_FOR_GOOD:
        raise DispositionRefused("still_here", say("The car may leave yet: scrap it first, on its own page."))
    return _dispose(row, fails, DispositionKind.SCRAP, reason, actor, at)


@one_act
def review_disagreement(
    *, inspection: Inspection, ordinal: int, treat_as_fail: bool, reason: str, actor: Actor, at: datetime
) -> Disposition:
    """Review a verdict on which rig and Interlock disagree: ours stands, or it is treated as a fail.

    `ordinal` -1 is the whole inspection. Raises DispositionRefused (also for what was reviewed already), NotAllowed.
    """
    actor.require("reviewing a disagreement", *MAY_DISPOSE)
    _say_why(reason)
    _refuse_own(actor, inspection.person_id, inspection.operator)
    vehicle = vehicle_measured(inspection=inspection)
    if vehicle is None:
        text = say("What was measured is in no vehicle: there is nothing to review yet.")
        raise DispositionRefused("no_vehicle", text)
    # Of two who review at once the second waits here, and finds it reviewed.
    Vehicle.objects.select_for_update(no_key=True).get(pk=vehicle.pk)
    if ordinal not in {row.ordinal for row in disagreements_of(inspection_id=inspection.pk)}:
        text = say("Nothing here waits for a review: it was reviewed, or none differs.")
        raise DispositionRefused("no_disagreement", text)
    kind = DispositionKind.TREAT_AS_FAIL if treat_as_fail else DispositionKind.OURS_STANDS
    disposition = Disposition.objects.create(
        nonconformance=None,
        inspection_id=inspection.pk,
        ordinal=ordinal,
        kind=kind.value,
        reason=reason.strip(),
        done_at=at,
        disposed_by=actor.label,
        person_id=actor.id or 0,
        at=at,
    )
    record_act(
        actor=actor,
        act="disagreement.reviewed",
        subject_kind="vehicle",
        subject=vehicle.vin,
        batch=vehicle.batch.number,
        reason=reason.strip(),
        at=at,
        after={"inspection": inspection.external_id, "ordinal": ordinal, "kind": kind.value},
    )
    _mark(vehicle, at)
    mark_vehicles(rows=[(vehicle.batch_id, None, "")], at=at)
    mark_leaning_batches(inspection_id=inspection.pk, at=at)
    return disposition


def _open(nonconformance: Nonconformance) -> Nonconformance:
    row = (
        Nonconformance.objects.select_for_update(no_key=True, of=("self",))
        .select_related("batch", "vehicle")
        .get(pk=nonconformance.pk)
    )
    if row.state != NonconformanceState.OPEN:
        raise DispositionRefused("closed", say("%(number)s is closed: there is nothing to answer.", number=row.number))
    return row


def _answerable(nonconformance: Nonconformance, reason: str, actor: Actor) -> tuple[Nonconformance, list[Fail]]:
    """The nonconformance, locked, and its fails: refuses whoever recorded one of them, and an answer without words."""
    actor.require("disposing of a fail", *MAY_DISPOSE)
    _say_why(reason)
    row = _open(nonconformance)
    fails = open_fails(nonconformance=row)
    if row.vehicle_id is None:
        text = say(
            "%(number)s is the batch's own: it clears when every car is screened or scrapped.", number=row.number
        )
        raise DispositionRefused("of_the_batch", text)
    if not fails:
        text = say("Every fail of %(number)s is disposed of; a later pass is awaited.", number=row.number)
        raise DispositionRefused("no_open_fail", text)
    for fail in fails:
        _refuse_own(actor, fail.person_id, fail.operator)
    return row, fails


def _say_why(reason: str) -> None:
    if not reason.strip():
        raise DispositionRefused("reason_missing", say("Say what was found or done: the reason is empty."))


def _refuse_own(actor: Actor, person_id: int | None, operator: str | None) -> None:
    if recorded_it(actor=actor, person_id=person_id, operator=operator):
        text = say("You recorded this result yourself: another engineer has to answer it.")
        raise DispositionRefused("four_eyes", text)


def recorded_it(*, actor: Actor, person_id: int | None, operator: str | None) -> bool:
    """Whether this actor recorded a result: in a form, or as the operator whom a rig named, by personnel number or by
    another name that is mapped to the person."""
    if actor.id is not None and actor.id == person_id:
        return True
    if not operator:
        return False
    number = User.objects.filter(pk=actor.id or 0).values_list("personnel_number", flat=True).first()
    return operator == number or OperatorAlias.objects.filter(operator=operator, user_id=actor.id or 0).exists()


def _characteristics(codes: Collection[str]) -> list[int]:
    found = dict(Characteristic.objects.filter(code__in=list(codes)).values_list("code", "pk"))
    unknown = sorted(set(codes) - set(found))
    if unknown:
        raise DispositionRefused("unknown_characteristic", say("The catalogue knows no %(codes)s.", codes=unknown))
    return sorted(found.values())


def _dispose(
    row: Nonconformance,
    fails: Sequence[Fail],
    kind: DispositionKind,
    reason: str,
    actor: Actor,
    at: datetime,
    *,
    done_at: datetime | None = None,
    parts: Sequence[dict[str, str]] = (),
    repeats: Sequence[int] = (),
) -> list[Disposition]:
    dispositions = Disposition.objects.bulk_create(
        Disposition(
            nonconformance=row,
            inspection_id=fail.inspection_id,
            ordinal=fail.ordinal,
            kind=kind.value,
            reason=reason.strip(),
            parts=list(parts),
            repeats=list(repeats),
            done_at=done_at or at,
            disposed_by=actor.label,
            person_id=actor.id or 0,
            at=at,
        )
        for fail in fails
    )
    after = {
        "kind": kind.value,
        "fails": [
            {"inspection_id": fail.inspection_id, "ordinal": fail.ordinal, "found": fail.found} for fail in fails
        ],
        "done_at": (done_at or at).isoformat(),
        "parts": list(parts),
        "repeats": list(repeats),
    }
    _tell(actor, "nonconformance.disposed", row, at, reason=reason.strip(), after=after)
    if row.vehicle is not None:
        _mark(row.vehicle, at)
    return dispositions


def vehicle_measured(*, inspection: Inspection) -> Vehicle | None:
    """The vehicle that an inspection speaks for: its own, or the one its component is in now; None for neither."""
    if inspection.vehicle_id is not None:
        return Vehicle.objects.select_related("batch").get(pk=inspection.vehicle_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "select vehicle_id, fitted from inspections_fitting where component_id = %s"
            " order by at desc, id desc limit 1",
            [inspection.component_id],
        )
        row = cursor.fetchone()
    return None if row is None or not row[1] else Vehicle.objects.select_related("batch").get(pk=row[0])


def _mark(vehicle: Vehicle, at: datetime) -> None:
    # Read now, under the row lock of the act: a move has gone before it, or waits for it.
    batch_id, status = Vehicle.objects.values_list("batch_id", "status").get(pk=vehicle.pk)
    marks: set[tuple[int, int | None, str]] = {(batch_id, vehicle.pk, "")}
    if status == VehicleStatus.DESTROYED:
        marks |= batches_covered_by(vehicle_ids=[vehicle.pk])
    mark_vehicles(rows=marks, at=at)
    enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": batch_id}, once=True)


def _tell(
    actor: Actor,
    act: str,
    row: Nonconformance,
    at: datetime,
    *,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    record_act(
        actor=actor,
        act=act,
        subject_kind="vehicle" if row.vehicle is not None else "batch",
        subject=row.batch.number if row.vehicle is None else row.vehicle.vin,
        batch=row.batch.number,
        reason=reason,
        at=at,
        before=before,
        after={"nonconformance": row.number, **(after or {})},
    )
