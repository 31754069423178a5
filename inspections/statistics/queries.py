"""Reads of many results at once. Each walks the inspections of a window of time, or those of a batch's cars, and from
each of them to its own measurements: never through all that was ever measured."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from ..catalogue.choices import RevisionStatus
from ..catalogue.models import Requirement
from ..catalogue.queries import requirement_facts
from ..evaluation.reasons import JudgementReason, Outcome
from ..results.fields import NUMBER, RAW
from ..results.history import read
from .facts import Counts, Found, HeldLine, Measured, Scope

__all__ = ["counts_in_window", "lines_held_to", "values_in_scope"]

_COLUMNS: Final = "i.id, i.rig_id, i.vehicle_id, i.component_id, i.lot_id, i.revision_id, i.finished_at, i.external_id"
_IN_A_WINDOW: Final = (
    f"select {_COLUMNS} from inspections_inspection i"  # noqa: S608 - the columns are a constant
    " where i.finished_at >= %(since)s and i.finished_at < %(until)s"
    " and i.procedure_id = any(%(procedures)s) and (%(rig)s::int is null or i.rig_id = %(rig)s)"
)
# `offset 0` keeps a subquery where it stands: each car, and each inspection, is looked up by its own key.
_IN_A_BATCH: Final = f"""
select i.* from inspections_vehicle v cross join lateral (
    select {_COLUMNS}, i.procedure_id from inspections_inspection i where i.vehicle_id = v.id
    union all
    select {_COLUMNS}, i.procedure_id from inspections_inspection i where i.component_id in (
        select f.component_id from inspections_fitting f where f.vehicle_id = v.id)
    offset 0
) i
where v.batch_id = %(batch)s and i.procedure_id = any(%(procedures)s)
    and (%(since)s::timestamptz is null or i.finished_at >= %(since)s)
    and (%(until)s::timestamptz is null or i.finished_at < %(until)s)
    and (%(rig)s::int is null or i.rig_id = %(rig)s)
"""  # noqa: S608
_SUBJECTS: Final = """
subject as (
    select t.*, v.vin, v.sequence, b.id as batch_id, b.number, b.configuration_id, b.revision_id as pinned,
        t.revision_id is distinct from b.revision_id and b.id is not null as judged_later,
        exists(select from inspections_void d where d.inspection_id = t.id) as voided
    from tested t
    left join lateral (
        select f.vehicle_id, f.fitted from inspections_fitting f where f.component_id = t.component_id
        order by f.at desc, f.id desc limit 1
    ) l on l.fitted
    left join {vehicle} on v.id = coalesce(t.vehicle_id, l.vehicle_id)
    left join inspections_batch b on b.id = v.batch_id
)
"""
_SOME_SUBJECTS: Final = _SUBJECTS.format(
    vehicle="lateral (select * from inspections_vehicle v where v.id = coalesce(t.vehicle_id, l.vehicle_id) offset 0) v"
)
_MANY_SUBJECTS: Final = _SUBJECTS.format(vehicle="inspections_vehicle v")
_JUDGED: Final = """
left join lateral (
    select j.outcome, j.reason, j.requirement_id from inspections_judgement j
    where s.judged_later and j.inspection_id = s.id and j.ordinal = m.ordinal and j.revision_id = s.pinned
    offset 0
) j on true
"""
_OUTCOME: Final = f"case when s.judged_later then coalesce(j.outcome, {Outcome.NOT_JUDGED:d}) else m.outcome end"
_VALUES: Final = f"""
with tested as materialized ({{tested}}), {_SOME_SUBJECTS}
select s.id, m.ordinal, s.external_id, s.finished_at, r.code, m.position, m.value, m.raw, m.unit, {_OUTCOME},
    case when s.judged_later then coalesce(j.reason, {JudgementReason.NO_PLAN:d}) else m.reason end,
    case when s.judged_later then j.requirement_id else m.requirement_id end,
    coalesce(s.vin, ''), coalesce(s.sequence, 0), coalesce(s.number, ''),
    coalesce((select c.kind || ' ' || c.serial from inspections_component c where c.id = s.component_id),
        (select o.kind || ' ' || o.lot from inspections_materiallot o where o.id = s.lot_id), ''), s.voided
from subject s
cross join lateral (
    select m.ordinal, m.position, {NUMBER} as value, {RAW} as raw, m.unit, m.outcome, m.reason, m.requirement_id
    from inspections_measurement m
    where m.inspection_id = s.id and m.characteristic_id = %(characteristic)s
        and (%(position)s::text is null or m.position = %(position)s)
    offset 0
) m
{_JUDGED}
join inspections_rig r on r.id = s.rig_id
where (%(configurations)s::int[] is null or s.configuration_id = any(%(configurations)s))
    and (%(batch)s::int is null or s.batch_id = %(batch)s)
order by s.finished_at desc, s.id desc, m.ordinal desc limit %(most)s
"""  # noqa: S608 - of constants


def values_in_scope(*, scope: Scope, most: int) -> Found:
    """The newest `most` values of the scope, oldest first. One statement.

    Raises ValueError for a window without an end that no batch bounds.
    """
    if scope.batch_id is None and (scope.since is None or scope.until is None):
        raise ValueError("a window without an end is read for one batch alone")
    tested = _IN_A_WINDOW if scope.batch_id is None else _IN_A_BATCH
    rows = read(
        _VALUES.format(tested=tested),
        procedures=[scope.procedure_id],
        characteristic=scope.characteristic_id,
        since=scope.since,
        until=scope.until,
        rig=scope.rig_id,
        batch=scope.batch_id,
        configurations=None if scope.configurations is None else list(scope.configurations),
        position=scope.position,
        most=most + 1,
    )
    kept = rows[:most]
    values = tuple(_measured(row) for row in reversed(kept) if not row[16])
    return Found(values, more=len(rows) > most, voided=len({row[0] for row in kept if row[16]}))


_OUTCOMES: Final = {outcome.value: outcome for outcome in Outcome}
_REASONS: Final = {reason.value: reason for reason in JudgementReason}
"""To look up ten thousand times is a tenth of calling as often."""


def _measured(row: tuple[Any, ...]) -> Measured:
    facts_of_it = [*row[:9], _OUTCOMES[row[9]], _REASONS[row[10]], *row[11:16]]
    return Measured(*facts_of_it)


_COUNTS: Final = f"""
with tested as materialized ({_IN_A_WINDOW}), {_MANY_SUBJECTS}
select m.characteristic_id, count(*), count(*) filter (where o.outcome = {Outcome.FAIL:d}),
    count(*) filter (where o.outcome = {Outcome.INDETERMINATE:d}),
    count(*) filter (where o.outcome = {Outcome.NOT_JUDGED:d})
from subject s
cross join lateral (
    select m.characteristic_id, m.ordinal, m.outcome from inspections_measurement m
    where m.inspection_id = s.id and m.characteristic_id is not null
    offset 0
) m
{_JUDGED}
cross join lateral (select {_OUTCOME} as outcome) o
where not s.voided
group by m.characteristic_id
"""  # noqa: S608


def counts_in_window(
    *, procedure_ids: Collection[int], since: datetime, until: datetime, rig_id: int | None = None
) -> dict[int, Counts]:
    """By characteristic, what was measured by these procedures in a window of time, without what was declared void;
    a characteristic that was not measured is left out. One statement."""
    rows = read(_COUNTS, procedures=sorted(procedure_ids), since=since, until=until, rig=rig_id)
    return {row[0]: Counts(*row) for row in rows}


def lines_held_to(
    *, characteristic_id: int, requirement_ids: Collection[int], configurations: tuple[int, ...] | None
) -> dict[int, HeldLine]:
    """The lines of these ids, and those in force that ask for the characteristic of the configurations (None: of any).

    By id, the newest revision of each plan first. One query.
    """
    asked = Q(characteristic=characteristic_id, revision__status=RevisionStatus.APPROVED)
    if configurations is not None:
        asked &= Q(revision__plan__configuration__in=configurations)
    rows = Requirement.objects.filter(asked | Q(pk__in=requirement_ids))
    rows = rows.select_related("revision__plan__configuration", "characteristic__procedure")
    return {row.pk: _held(row) for row in rows.order_by("revision__plan__code", "-revision__number", "line")}


def _held(row: Requirement) -> HeldLine:
    revision = row.revision
    plan = revision.plan
    in_force = revision.status == RevisionStatus.APPROVED
    return HeldLine(requirement_facts(row), plan.code, revision.number, plan.configuration.code, in_force)
