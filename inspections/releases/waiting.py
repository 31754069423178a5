"""Since when cars wait for somebody to propose their release."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from ..gates.reading import read_named

# What opened a car's way last: its own gates, what held it or its batch, its nonconformances, the batch's own gates.
_SINCE: Final = """
with own as materialized (
    select v.batch_id, v.id, max(g.decided_at) as at
    from inspections_vehicle v join inspections_vehiclegate g on g.vehicle_id = v.id
    where v.batch_id = any(%(ids)s) and v.status = 'in_process'
        and not exists(select from inspections_hold h where h.vehicle_id = v.id and h.lifted_at is null)
        and not exists(select from inspections_nonconformance n where n.vehicle_id = v.id and n.state = 'open')
        and not exists(select from inspections_mark m where m.batch_id = v.batch_id and m.vehicle_id = v.id)
    group by v.id having count(*) filter (where g.state = 0 and (g.valid_until is null or g.valid_until > %(at)s)) = 3
), ended as materialized (
    select batch_id, vehicle_id, lifted_at as at from inspections_hold
    where batch_id = any(%(ids)s) and lifted_at is not null
    union all
    select batch_id, vehicle_id, closed_at from inspections_nonconformance
    where batch_id = any(%(ids)s) and closed_at is not null
), passed as materialized (
    select d.batch_id, min(d.decided_at) as at, d.domain from inspections_decision d
    where d.vehicle_id is null and d.batch_id = any(%(ids)s) and d.state = 0
        and not exists(select from inspections_decision l where l.vehicle_id is null and l.batch_id = d.batch_id
            and l.domain = d.domain and l.state <> 0 and l.counter > d.counter)
    group by d.batch_id, d.domain
)
select o.batch_id, min(greatest(o.at, mine.at, shared.at, p.at)) from own o
left join (select vehicle_id, max(at) as at from ended group by 1) mine on mine.vehicle_id = o.id
left join (select batch_id, max(at) as at from ended where vehicle_id is null group by 1) shared
    on shared.batch_id = o.batch_id
left join (select batch_id, max(at) as at from passed group by 1) p on p.batch_id = o.batch_id
group by 1
"""


def waiting_since(*, batch_ids: Collection[int], at: datetime) -> dict[int, datetime]:
    """By batch with clear cars that nobody released, since when the first of them has been clear. One statement.

    It tells an age on a page and weighs in nothing: whether the batch itself stops its cars is asked elsewhere.
    """
    return dict(read_named(_SINCE, ids=list(batch_ids), at=at))
