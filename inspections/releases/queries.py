"""Reads of releases: what each vehicle rests on now, and how proposals stand."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..gates.reading import read_named
from .rules import Decision

_DECISIONS: Final = """
select v.id, v.vin, v.sequence,
    v.status in ('in_process', 'released')
        and (select count(*) from inspections_vehiclegate g where g.vehicle_id = v.id and g.state = 0
            and (g.valid_until is null or g.valid_until > %(at)s)) = 3
        and (select count(*) from inspections_batchgate g where g.batch_id = v.batch_id and g.state = 0
            and (g.valid_until is null or g.valid_until > %(at)s)) = 3
        and not exists(select from inspections_mark m where m.batch_id = v.batch_id
            and (m.vehicle_id = v.id or m.vehicle_id is null))
        and not exists(select from inspections_hold h where h.lifted_at is null
            and (h.vehicle_id = v.id or (h.batch_id = v.batch_id and h.vehicle_id is null)))
        and not exists(select from inspections_nonconformance n where n.state = 'open'
            and (n.vehicle_id = v.id or (n.batch_id = v.batch_id and n.vehicle_id is null))),
    (select jsonb_agg(jsonb_build_array(g.domain, g.state, g.missing, g.conceded, g.valid_until,
            (select max(d.id) from inspections_decision d where d.vehicle_id = v.id and d.domain = g.domain))
            order by g.domain)
        from inspections_vehiclegate g where g.vehicle_id = v.id),
    (select array_agg(c) from inspections_vehiclegate g, unnest(g.conceded) c where g.vehicle_id = v.id),
    v.batch_id
from inspections_vehicle v where v.batch_id = %(batch)s and (%(ids)s::bigint[] is null or v.id = any(%(ids)s))
order by v.sequence
"""
_OF_BATCH: Final = """
select jsonb_agg(jsonb_build_array(g.domain, g.state, g.valid_until,
    (select max(d.id) from inspections_decision d
        where d.batch_id = g.batch_id and d.vehicle_id is null and d.domain = g.domain and d.state = g.state))
    order by g.domain)
from inspections_batchgate g where g.batch_id = %(batch)s
"""


def collect_decisions(*, batch_id: int, at: datetime, vehicle_ids: Collection[int] | None = None) -> list[Decision]:
    """What the vehicles of a batch rest on at a moment, in build order, in two statements whatever their number."""
    shared = read_named(_OF_BATCH, batch=batch_id)[0][0]
    rows = read_named(_DECISIONS, batch=batch_id, at=at, ids=None if vehicle_ids is None else list(vehicle_ids))
    return [
        Decision(vehicle_id, vin, sequence, clear, (own, shared), tuple(conceded or ()))
        for vehicle_id, vin, sequence, clear, own, conceded, _ in rows
    ]


@dataclass(frozen=True, slots=True)
class ProposedRelease:
    """A release as lists show it. `signatures` of 2; `suspended` counts its vehicles that new evidence stopped."""

    id: int
    number: str
    batch: str
    proposed_by: str
    proposed_at: datetime
    lapses_at: datetime
    vehicles: int
    signatures: int
    signers: tuple[str, ...]
    signed_at: datetime | None
    suspended: int
    delivered: int

    def state(self, at: datetime) -> str:
        """`proposed`, `lapsed`, `released`, or `suspended` where any of its vehicles may not leave under it now."""
        if self.signatures == 2:
            return "suspended" if self.suspended else "released"
        return "lapsed" if at >= self.lapses_at else "proposed"


_RELEASES: Final = """
select r.id, r.number, b.number, r.proposed_by, r.proposed_at, r.lapses_at,
    (select count(*) from inspections_releasedvehicle rv where rv.release_id = r.id),
    (select count(*) from inspections_signature s where s.release_id = r.id),
    (select coalesce(jsonb_agg(s.printed_name order by s.place), '[]') from inspections_signature s
        where s.release_id = r.id)::text,
    (select s.signed_at from inspections_signature s where s.release_id = r.id and s.place = 2),
    (select count(*) from interlock_standing_release t join inspections_vehicle v on v.id = t.vehicle_id
        where t.release_id = r.id and t.suspended_at is not null and v.status = 'released'),
    (select count(*) from inspections_delivery y where y.release_id = r.id)
from inspections_release r join inspections_batch b on b.id = r.batch_id
where (%(id)s::bigint is null or r.id = %(id)s) and (%(batch)s::bigint is null or r.batch_id = %(batch)s)
    and (%(before)s::bigint is null or r.id < %(before)s)
order by r.id desc limit %(most)s
"""


def releases(
    *, batch_id: int | None = None, release_id: int | None = None, before: int | None = None, most: int = 100
) -> list[ProposedRelease]:
    """Releases, newest first: all, of one batch, or one. One statement."""
    rows = read_named(_RELEASES, id=release_id, batch=batch_id, before=before, most=most)
    return [ProposedRelease(*(*row[:8], tuple(json.loads(row[8])), *row[9:])) for row in rows]
