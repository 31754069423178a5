"""Coverage whose own test fell after it was signed: voided, failed by another result, or by a rig that was not fit.

Nobody has to notice and revoke it: from the next decision on it covers nothing. What fell can stand again, when the
certificate of the rig is entered or the fail is answered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..evaluation.entries import LIFTING
from ..evaluation.evidence import authorised, in_calibration
from ..evaluation.reasons import Outcome
from .evidence import collect_rigs
from .reading import read_named

VOIDED: Final = "its inspection was declared void"
OTHER_RESULT: Final = "another result of the same test on the same car did not pass"
OUT_OF_CALIBRATION: Final = "its rig was not in calibration then:"
NOT_AUTHORISED: Final = "its rig was not authorised for it then:"
"""Why, as the record of decisions says it; pages say these beginnings in their own language."""

_TESTS: Final = """
select c.id, r.code, i.procedure_id, i.finished_at, w.at, w.reason,
    exists(select from inspections_measurement m join inspections_characteristic k on k.id = m.characteristic_id
        where m.inspection_id = i.id and k.kind = 'variable'),
    (select min(o.recorded_at) from inspections_inspection o
        where o.vehicle_id = i.vehicle_id and o.procedure_id = i.procedure_id and (
            exists(select from inspections_measurement m where m.inspection_id = o.id
                and (m.outcome = %(fail)s
                    or exists(select from inspections_judgement j where j.inspection_id = o.id
                        and j.ordinal = m.ordinal and j.outcome = %(fail)s)
                    or exists(select from inspections_disposition d where d.inspection_id = o.id
                        and d.ordinal in (m.ordinal, -1) and d.kind = 'treat_as_fail'))
                and not exists(select from inspections_disposition d where d.inspection_id = o.id
                    and d.ordinal in (m.ordinal, -1) and d.kind = any(%(lifting)s)))
            or (o.verdict <> 0 and (o.finished_at, o.id) > (i.finished_at, i.id)
                and not exists(select from inspections_void v where v.inspection_id = o.id)))),
    (select max(told.recorded_at) from (
        select recorded_at from inspections_calibration where rig_id = r.id
        union all select recorded_at from inspections_outoftolerance where rig_id = r.id
        union all select recorded_at from inspections_authorisation where rig_id = r.id) told)
from inspections_coverage c
join inspections_inspection i on i.id = c.inspection_id
join inspections_rig r on r.id = i.rig_id
left join inspections_void w on w.inspection_id = i.id
where c.id = any(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class Fallen:
    """Since when a coverage's own test counts no more, and why."""

    at: datetime
    reason: str


def collect_fallen(*, coverage_ids: Collection[int]) -> dict[int, Fallen]:
    """Which of these coverages rest on a test that counts no more, by id. None of them: no statement; else five."""
    if not coverage_ids:
        return {}
    rows = read_named(_TESTS, ids=list(coverage_ids), fail=int(Outcome.FAIL), lifting=[kind.value for kind in LIFTING])
    rigs = collect_rigs({row[1] for row in rows})
    fallen: dict[int, Fallen] = {}
    for number, code, procedure_id, finished_at, voided_at, why, variable, failed_at, told_at in rows:
        since = told_at or finished_at
        if voided_at is not None:
            fallen[number] = Fallen(voided_at, f"{VOIDED}: {why}")
        elif failed_at is not None:
            fallen[number] = Fallen(failed_at, OTHER_RESULT)
        elif not in_calibration(rigs[code], finished_at, variable=variable):
            fallen[number] = Fallen(since, f"{OUT_OF_CALIBRATION} {code}")
        elif not authorised(rigs[code], procedure_id, finished_at):
            fallen[number] = Fallen(since, f"{NOT_AUTHORISED} {code}")
    return fallen
