"""May this vehicle leave? One indexed read, and a second one for the reasons why not."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from .reading import read_named


@dataclass(frozen=True, slots=True)
class OpenCause:
    """One reason why a vehicle is not clear or may not leave, with what its sentence needs.

    `subject` is a VIN, or the batch's number where the batch itself is the cause. `gate` is the domain, or "".
    `characteristic`, `name` and `name_zh` are "" where the reason is about none.
    """

    code: str
    subject: str
    gate: str = ""
    characteristic: str = ""
    name: str = ""
    name_zh: str = ""
    position: str = ""
    requirement_id: int | None = None
    inspection_id: int | None = None
    found: str = ""
    required: str = ""
    detail: dict[str, str] = field(default_factory=dict)
    characteristic_id: int | None = None


@dataclass(frozen=True, slots=True)
class Clearance:
    """May this vehicle leave? `clear`: its gates and its batch's passed and nothing stops it. Right as of `asked_at`.

    `decided_at` is up to when its batch is decided (None: never), `valid_until` when that stops being true.
    """

    vin: str
    batch: str
    clear: bool
    may_leave: bool
    asked_at: datetime
    decided_at: datetime | None
    valid_until: datetime | None
    reasons: tuple[OpenCause, ...]


class UnknownVehicle(Exception):
    """No vehicle of this VIN is registered."""


# The limit keeps the view from being read whole: only then is it asked for this one vehicle.
# One statement, one snapshot. An absent gate is not passed: three of the vehicle's and three of its batch's must stand.
_STANDING = """
select v.id, v.vin, v.status, b.id, b.number, d.decided_at,
    (select count(*) from inspections_vehiclegate g where g.vehicle_id = v.id and g.state = 0
        and (g.valid_until is null or g.valid_until > %(at)s)),
    (select count(*) from inspections_batchgate g where g.batch_id = b.id and g.state = 0
        and (g.valid_until is null or g.valid_until > %(at)s)),
    least((select min(valid_until) from inspections_vehiclegate g where g.vehicle_id = v.id),
          (select min(valid_until) from inspections_batchgate g where g.batch_id = b.id)),
    (select min(at) from (
        select at from inspections_mark m where m.batch_id = b.id and m.vehicle_id = v.id
        union all select at from inspections_mark m where m.batch_id = b.id and m.vehicle_id is null) marked),
    exists(select from inspections_hold h where h.vehicle_id = v.id and h.lifted_at is null)
        or exists(select from inspections_hold h where h.batch_id = b.id and h.vehicle_id is null
            and h.lifted_at is null),
    exists(select from inspections_nonconformance n where n.vehicle_id = v.id and n.state = 'open')
        or exists(select from inspections_nonconformance n where n.batch_id = b.id and n.vehicle_id is null
            and n.state = 'open'),
    (select min(i.operator) from (
            select operator from inspections_inspection where vehicle_id = v.id
            union all select m.operator from inspections_fitting f
                join inspections_inspection m on m.component_id = f.component_id where f.vehicle_id = v.id and f.fitted
        ) i where i.operator is not null
        and not exists(select from inspections_user u where u.personnel_number = i.operator)
        and not exists(select from inspections_operatoralias a where a.operator = i.operator)),
    t.number, t.suspended_at,
    (select count(*) from inspections_signature s where s.release_id = (
        select max(r.id) from inspections_release r join inspections_releasedvehicle rv on rv.release_id = r.id
        where rv.vehicle_id = v.id and r.lapses_at > %(at)s))
from inspections_vehicle v
join inspections_batch b on b.id = v.batch_id
left join inspections_decider d on d.batch_id = b.id
left join lateral (select * from interlock_standing_release s where s.vehicle_id = v.id limit 1) t on true
where v.vin = %(vin)s
"""

DOMAINS = 3


def clearance(*, vin: str, at: datetime) -> Clearance:
    """Whether a vehicle is clear and may leave, at the moment `at`: one indexed read, a second one for the reasons.

    Raises UnknownVehicle.
    """
    rows = read_named(_STANDING, vin=vin, at=at)
    if not rows:
        raise UnknownVehicle(f"No vehicle {vin} is registered: check the VIN, or register it in a batch.")
    (vehicle_id, vin, status, batch_id, number, decided_at, own, shared, valid_until, marked, held, answering) = rows[
        0
    ][:12]
    stranger, release, suspended_at, signatures = rows[0][12:]
    going_out = status in ("in_process", "released", "delivered")
    passed = going_out and own == DOMAINS and shared == DOMAINS
    clear = bool(passed and marked is None and not held and not answering and stranger is None)
    reasons = () if clear else _causes(vehicle_id, vin, status if not going_out else "", batch_id, number, marked, at)
    if stranger is not None:
        told = OpenCause("operator_unknown", vin, found=stranger)
        reasons = (*(cause for cause in reasons if cause.code != "evaluation_pending" or marked is not None), told)
    if suspended_at is not None:
        detail = {"release": release, "at": suspended_at.isoformat()}
        reasons = (*reasons, OpenCause("release_suspended", vin, detail=detail))
    elif clear and release is None:
        reasons = (OpenCause("not_released", vin, detail={"count": str(signatures)}),)
    may_leave = clear and release is not None and suspended_at is None
    return Clearance(vin, number, clear, may_leave, at, decided_at, valid_until, reasons)


_CAUSES = """
with nc as (
    select domain, code, characteristic_id, number, opened_at, vehicle_id from inspections_nonconformance
    where state = 'open' and (vehicle_id = %(vehicle)s or (batch_id = %(batch)s and vehicle_id is null))
)
select 1 as rank, o.code, true as of_vehicle, o.domain, o.characteristic_id, o.position, o.requirement_id,
    o.inspection_id, o.found, o.required,
    o.detail || coalesce((select jsonb_build_object('nonconformance', nc.number) from nc where nc.domain = o.domain
        and nc.code = o.code and nc.characteristic_id is not distinct from o.characteristic_id limit 1), '{}') as detail
from inspections_openreason o where o.vehicle_id = %(vehicle)s and o.code <> 'not_for_delivery'
union all
select 2, r.value ->> 'code', false, g.domain, (r.value ->> 'characteristic_id')::bigint,
    coalesce(r.value ->> 'position', ''), (r.value ->> 'requirement_id')::bigint,
    (r.value ->> 'inspection_id')::bigint, coalesce(r.value ->> 'found', ''), coalesce(r.value ->> 'required', ''),
    coalesce(r.value -> 'detail', '{}')
from inspections_batchgate g cross join lateral jsonb_array_elements(g.reasons) r where g.batch_id = %(batch)s
union all
select 3, 'missing_result', true, g.domain, split_part(m, '|', 1)::bigint, split_part(m, '|', 2), null, null,
    '', '', '{}'
from inspections_vehiclegate g cross join lateral string_to_table(g.missing, chr(10)) m where g.vehicle_id = %(vehicle)s
union all
select 4, 'decision_expired', true, g.domain, null, '', null, null, '', '',
    jsonb_build_object('at', g.valid_until) from inspections_vehiclegate g
where g.vehicle_id = %(vehicle)s and g.state = 0 and g.valid_until <= %(at)s
union all
select 4, 'decision_expired', false, g.domain, null, '', null, null, '', '',
    jsonb_build_object('at', g.valid_until) from inspections_batchgate g
where g.batch_id = %(batch)s and g.state = 0 and g.valid_until <= %(at)s
union all
select 5, 'hold_active', h.vehicle_id is not null, h.domain, h.characteristic_id, h.position, null, null, '', '',
    jsonb_build_object('who', h.placed_by, 'at', h.placed_at, 'detail', h.reason,
        'hold_ends', case h.source when 'gate' then 'cause' else 'person' end)
from inspections_hold h where h.lifted_at is null
    and (h.vehicle_id = %(vehicle)s or (h.batch_id = %(batch)s and h.vehicle_id is null))
union all
select 6, 'nonconformance_open', vehicle_id is not null, domain, characteristic_id, '', null, null, '', '',
    jsonb_build_object('nonconformance', number) from nc
order by 1, 4, 5, 6
limit %(most)s
"""

MOST_REASONS = 200


def _causes(
    vehicle_id: int, vin: str, not_for_delivery: str, batch_id: int, number: str, marked: datetime | None, at: datetime
) -> tuple[OpenCause, ...]:
    rows = read_named(
        f"select c.*, k.code, k.name, k.name_zh from ({_CAUSES}) c"  # noqa: S608 our own statement, set in another
        " left join inspections_characteristic k on k.id = c.characteristic_id"
        " order by c.rank, c.domain, k.code, c.position",
        vehicle=vehicle_id,
        batch=batch_id,
        at=at,
        most=MOST_REASONS,
    )
    causes = [
        OpenCause(
            code=code,
            subject=vin if of_vehicle else number,
            gate=domain,
            characteristic=characteristic or "",
            name=name or "",
            name_zh=name_zh or "",
            position=position,
            requirement_id=requirement_id,
            inspection_id=inspection_id,
            found=found,
            required=required,
            detail=json.loads(detail) if isinstance(detail, str) else detail,
            characteristic_id=characteristic_id,
        )
        for (
            _, code, of_vehicle, domain, characteristic_id, position, requirement_id, inspection_id, found, required,
            detail, characteristic, name, name_zh,
        ) in rows
    ]  # fmt: skip
    if not_for_delivery:
        causes.insert(0, OpenCause("not_for_delivery", vin, detail={"detail": not_for_delivery.replace("_", " ")}))
    if marked is not None or not causes:
        # Nothing decided that stops it, and yet not clear: a gate was never decided.
        causes.append(OpenCause("evaluation_pending", vin, detail={"at": (marked or at).isoformat()}))
    return tuple(causes)
