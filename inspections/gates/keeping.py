"""What keeps a batch whose testing is closed from being completed. Fails closed: whatever is open anywhere keeps it.

Gates keep it while a car of it is with a customer: they say whether that car should have left. Where no car ever left
(all were scrapped or moved away, or none was ever registered) they speak of nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from .reading import read_named


class Keeps(StrEnum):
    """What keeps a batch."""

    IN_PLANT = "in_plant"
    """A car of it, in process or released, has not left."""
    UNDECIDED = "undecided"
    NONCONFORMANCE = "nonconformance"
    HOLD = "hold"
    """A person's; a gate's says nothing that its gate does not."""
    CONCESSION = "concession"
    """A proposal that can still be signed."""
    KEPT = "kept"
    """Something in the intake names a car of it and nobody has read it."""
    CAR = "car"
    """A car that has left, and a gate of it has not passed."""
    OWN_GATE = "own_gate"
    """What belongs to the batch itself has not passed. A sample that is due later keeps none: it is decided again then,
    and taken up if there is none."""


@dataclass(frozen=True, slots=True)
class Keeping:
    what: Keeps
    count: int


_KEEPING: Final = """
select b.id, k.what, k.count from inspections_batch b
cross join lateral (
    select count(*) filter (where v.status in ('in_process', 'released')) as here,
        count(*) filter (where v.status = 'delivered') as gone
    from inspections_vehicle v where v.batch_id = b.id
) cars
cross join lateral (values
    ('in_plant', cars.here),
    ('undecided', (select count(*) from inspections_mark m where m.batch_id = b.id)),
    ('nonconformance', (select count(*) from inspections_nonconformance n
        where n.batch_id = b.id and n.state = 'open')),
    ('hold', (select count(*) from inspections_hold h
        where h.batch_id = b.id and h.lifted_at is null and h.source = 'person')),
    ('concession', (select count(*) from inspections_concession c where c.batch_id = b.id and c.lapses_at > %(at)s
        and (c.expires_at is null or c.expires_at > %(at)s)
        and (select count(*) from inspections_concessionsignature s where s.concession_id = c.id) < 2)),
    ('kept', (select count(distinct o.vehicle_id) from inspections_openreason o
        where o.batch_id = b.id and o.code = 'submission_quarantined')),
    -- A look at each car, once all of them are gone.
    ('car', case when cars.here = 0 and cars.gone > 0 then (select count(*) from inspections_vehicle v
        where v.batch_id = b.id and v.status = 'delivered'
            and (select count(*) from inspections_vehiclegate g where g.vehicle_id = v.id and g.state = 0) < 3)
        else 0 end),
    ('own_gate', case when cars.here = 0 and cars.gone > 0 then 3 - (select count(*) from inspections_batchgate g
        where g.batch_id = b.id and g.state = 0) else 0 end)
) k(what, count)
where b.id = any(%(ids)s) and k.count > 0
"""


def what_keeps(*, batch_ids: Collection[int], at: datetime) -> dict[int, tuple[Keeping, ...]]:
    """By batch, what keeps it from being completed; nothing for one that nothing keeps. One statement."""
    found: dict[int, list[Keeping]] = defaultdict(list)
    for batch_id, what, count in read_named(_KEEPING, ids=list(batch_ids), at=at):
        found[batch_id].append(Keeping(Keeps(what), count))
    order = list(Keeps)
    return {
        batch_id: tuple(sorted(found.get(batch_id, ()), key=lambda row: order.index(row.what)))
        for batch_id in batch_ids
    }


# Of the completed ones those alone that an index finds: what else could stand against one comes as a mark.
_TO_SETTLE: Final = """
select b.id, b.status from inspections_batch b where b.status = 'testing_closed' and not exists(
    select from inspections_vehicle v where v.batch_id = b.id and v.status in ('in_process', 'released'))
union
select b.id, b.status from inspections_batch b where b.status = 'completed' and b.id in (
    select h.batch_id from inspections_hold h where h.lifted_at is null and h.source = 'person'
    union select n.batch_id from inspections_nonconformance n where n.state = 'open')
order by 1
"""


def unsettled_batches(*, at: datetime) -> list[int]:
    """Batches that would be completed now and are not, or are and should not be. At most two statements."""
    standing = dict(read_named(_TO_SETTLE))
    keeping = what_keeps(batch_ids=list(standing), at=at) if standing else {}
    return [batch_id for batch_id, status in standing.items() if (status == "completed") == bool(keeping[batch_id])]
