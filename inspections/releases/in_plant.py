"""The cars in the plant: meant to reach a customer, not left yet; and what keeps each of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ..gates.reading import read_named
from ..results.operators import STRANGE_CARS


class Standing(StrEnum):
    """What keeps a car in the plant; of several the first, so every car counts once."""

    HELD = "held"
    """A hold of its own, of its batch or of a list is in force."""
    TO_TEST = "to_test"
    """A gate was never decided, or a result is missing."""
    NOT_CLEAR = "not_clear"
    """Tested, and not clear: a gate has not passed, a nonconformance is open, something is undecided or unknown."""
    TO_PROPOSE = "to_propose"
    """Clear; nobody has proposed its release, or the release that names it was suspended since."""
    TO_SIGN = "to_sign"
    """Clear and proposed: it waits for signatures."""
    TO_DELIVER = "to_deliver"
    """Released and clear: it has not left yet."""


# Read for many cars, so what their batches have is found once for each batch. A car is clear exactly as `clearance`
# says. `wip` holds the cars, `{batches}` the ids of their batches.
STANDINGS: Final = """
around as materialized (
    select b.id, b.number, m.code as model,
        (select count(*) from inspections_batchgate g where g.batch_id = b.id and g.state = 0
            and (g.valid_until is null or g.valid_until > %(at)s)) = 3
        and not exists(select from inspections_mark k where k.batch_id = b.id and k.vehicle_id is null)
        and not exists(select from inspections_nonconformance n where n.batch_id = b.id and n.vehicle_id is null
            and n.state = 'open') as clear,
        exists(select from inspections_hold h where h.batch_id = b.id and h.vehicle_id is null
            and h.lifted_at is null) as held
    from inspections_batch b join inspections_configuration c on c.id = b.configuration_id
    join inspections_vehiclemodel m on m.id = c.model_id
    where b.id in ({batches}) and (%(model)s = '' or m.code = %(model)s)
), gates as materialized (
    select w.id, count(*) filter (where g.missing = '') = 3 as tested,
        count(*) filter (where g.state = 0 and (g.valid_until is null or g.valid_until > %(at)s)) = 3 as passed
    from wip w join inspections_vehiclegate g on g.vehicle_id = w.id group by w.id
), looked as materialized (
    select w.*, b.number, b.model, coalesce(g.tested, false) as tested,
        b.held or exists(select from inspections_hold h where h.vehicle_id = w.id and h.lifted_at is null) as held,
        case when b.clear and coalesce(g.passed, false) then
            not exists(select from inspections_mark k where k.batch_id = w.batch_id and k.vehicle_id = w.id)
            and not exists(select from inspections_nonconformance n where n.vehicle_id = w.id and n.state = 'open')
            and w.id not in (select vehicle_id from strange)
        else false end as passes
    from wip w join around b on b.id = w.batch_id left join gates g on g.id = w.id
), car as (
    select l.*, l.passes and not l.held as clear, case
        when l.held then 'held'
        when not l.tested then 'to_test'
        when not l.passes then 'not_clear'
        when l.status = 'released' and exists(
            select from (select * from interlock_standing_release s where s.vehicle_id = l.id limit 1) t
            where t.suspended_at is null) then 'to_deliver'
        when exists(select from inspections_releasedvehicle rv join inspections_release r on r.id = rv.release_id
            where rv.vehicle_id = l.id and r.lapses_at > %(at)s
                and (select count(*) from inspections_signature s where s.release_id = r.id) < 2) then 'to_sign'
        else 'to_propose' end as standing
    from looked l
)
"""
_LISTED: Final = """
with recursive {strange}, wip as materialized (
    select v.id, v.vin, v.sequence, v.batch_id, v.status, v.registered_at from inspections_vehicle v
    where v.status in ('in_process', 'released')
), {standings}
select id, vin, sequence, number, model, status, standing, registered_at from car
where (%(standing)s = '' or standing = %(standing)s)
    and (%(since)s::timestamptz is null or (registered_at, id) > (%(since)s, %(id)s))
order by registered_at, id limit %(most)s
"""
_PARTS: Final = {"strange": STRANGE_CARS, "standings": STANDINGS.format(batches="select batch_id from wip")}


@dataclass(frozen=True, slots=True)
class CarInPlant:
    """One car that has not left, with what keeps it. `model` and `batch` are their code and number."""

    id: int
    vin: str
    sequence: int
    batch: str
    model: str
    status: str
    standing: Standing
    registered_at: datetime


def cars_in_plant(
    *,
    at: datetime,
    standing: str = "",
    model: str = "",
    after: tuple[datetime, int] | None = None,
    most: int = 100,
) -> list[CarInPlant]:
    """Cars in the plant, those built first before the others, of one standing and model ("" for all). One statement."""
    since, id_ = after or (None, 0)
    asked = {"standing": standing, "model": model, "since": since, "id": id_, "most": most}
    rows = read_named(_LISTED.format(**_PARTS), at=at, **asked)
    return [
        CarInPlant(id_, vin, sequence, batch, model_, status, Standing(standing), registered_at)
        for id_, vin, sequence, batch, model_, status, standing, registered_at in rows
    ]
