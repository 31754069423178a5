"""How many cars stand where in the plant, by model: the unusual ones looked at one by one, all others by their batch.

A car is unusual if something of its own is not in order, if it is in a proposal or was released, or if the counts of
its batch do not account for its cars (`gates.tallied`). Of all others it is known what keeps them: their batch, or that
nobody has proposed them. Thousands of clear cars cost a walk along one index, where `cars_in_plant` looks at each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..gates.reading import read_named
from ..gates.tallied import STOPPED, UNEVEN
from ..results.operators import STRANGE_CARS
from .in_plant import STANDINGS

_PERIODS: Final = ("day", "week", "year")

_COUNTS: Final = """
with recursive {strange}, many as materialized (
    select batch_id, count(*) as cars, {built} from inspections_vehicle
    where status in ('in_process', 'released') group by 1
), left_already as materialized (
    select batch_id, count(*) as cars from inspections_vehicle
    where status = 'delivered' and batch_id = any(array(select batch_id from many)) group by 1
), counted as materialized (
    select m.batch_id, m.cars + coalesce(l.cars, 0) as for_delivery
    from many m left join left_already l on l.batch_id = m.batch_id
), {stopped}, {uneven}, unusual as materialized (
    select vehicle_id as id from stopped
    union select id from inspections_vehicle
        where batch_id = any(array(select batch_id from many)) and status = 'released'
    union select id from inspections_vehicle
        where batch_id = any(array(select batch_id from uneven)) and status in ('in_process', 'released')
    union select n.vehicle_id from inspections_release r join inspections_releasedvehicle n on n.release_id = r.id
        where r.lapses_at > %(at)s
), wip as materialized (
    select v.id, v.vin, v.sequence, v.batch_id, v.status, v.registered_at
    from unusual u join inspections_vehicle v on v.id = u.id where v.status in ('in_process', 'released')
), {standings}, usual as (
    select m.batch_id, {usual}
    from many m left join (select batch_id, count(*) as cars, {built} from wip group by 1) w on w.batch_id = m.batch_id
), removed as (
    select batch_id, count(*) as cars, {built} from inspections_vehicle
    where status in ('destroyed_for_test', 'scrapped', 'transferred') and registered_at >= %(earliest)s group by 1
), told as (
    select model, standing, tested, clear, held, 1 as cars, {one} from car
    union all
    select a.model, case when a.held then 'held' when not a.clear then 'not_clear' else 'to_propose' end,
        true, a.clear and not a.held, a.held, u.cars, {each} from usual u join around a on a.id = u.batch_id
    union all
    select m.code, 'removed', false, false, false, u.cars, {each}
    from removed u join inspections_batch b on b.id = u.batch_id
    join inspections_configuration c on c.id = b.configuration_id join inspections_vehiclemodel m on m.id = c.model_id
    where %(model)s = '' or m.code = %(model)s
)
select model, standing, tested, clear, held, {summed} from told group by 1, 2, 3, 4, 5 having sum(cars) > 0
"""
_PARTS: Final = {
    "strange": STRANGE_CARS,
    "stopped": STOPPED.format(batches="array(select batch_id from many)"),
    "uneven": UNEVEN.format(counted="counted"),
    "standings": STANDINGS.format(batches="select batch_id from many"),
    "built": ", ".join(f"count(*) filter (where registered_at >= %({name})s) as {name}" for name in _PERIODS),
    "one": ", ".join(f"(registered_at >= %({name})s)::int as {name}" for name in _PERIODS),
    "each": ", ".join(f"u.{name}" for name in _PERIODS),
    "usual": ", ".join(f"m.{name} - coalesce(w.{name}, 0) as {name}" for name in ("cars", *_PERIODS)),
    "summed": ", ".join(f"sum({name})::bigint" for name in ("cars", *_PERIODS)),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """Cars that stand alike, and how many of them were built in each period, by its name.

    `standing` is a `Standing`, or "removed" for those taken out of delivery that were built in one of the periods.
    """

    model: str
    standing: str
    tested: bool
    clear: bool
    held: bool
    cars: int
    built: Mapping[str, int]


def count_in_plant(*, at: datetime, starts: Mapping[str, datetime], model: str = "") -> list[Counted]:
    """The cars in the plant by how they stand, of one model or ("") of all. One statement.

    `starts`: when the periods "day", "week" and "year" began.
    """
    rows = read_named(_COUNTS.format(**_PARTS), at=at, model=model, earliest=min(starts.values()), **starts)
    return [
        Counted(name, standing, tested, clear, held, cars, dict(zip(_PERIODS, built, strict=True)))
        for name, standing, tested, clear, held, cars, *built in rows
    ]
