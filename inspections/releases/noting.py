"""Writes into the ledger what becomes of releases without anybody's act, so that somebody is told: new evidence that
suspends one, and a proposal that lapses. Both stay derived; nothing here changes what may leave."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from ..gates.reading import read_named
from ..gates.writing import MOST_TOLD
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..people.rules import Actor
from ..records.services import Act, record_acts

_SUSPENDED: Final = """
select v.vin, b.number, t.number, t.suspended_at, d.domain, d.reasons::text from inspections_vehicle v
join inspections_batch b on b.id = v.batch_id
cross join lateral (select * from interlock_standing_release s where s.vehicle_id = v.id limit 1) t
left join lateral (select d.domain, d.reasons from inspections_decision d
    where d.decided_at = t.suspended_at and d.state <> 0
        and (d.vehicle_id = v.id or (d.vehicle_id is null and d.batch_id = v.batch_id))
    order by d.vehicle_id is null, d.id limit 1) d on true
where v.status = 'released' and t.suspended_at is not null
    and not exists(select from inspections_ledgerentry e where e.subject_kind = 'vehicle' and e.subject = v.vin
        and e.act = 'release.suspended' and e.after ->> 'release' = t.number)
order by v.batch_id, v.sequence
"""


@one_act
def note_suspended_releases(*, at: datetime) -> int:
    """Note each released car whose release new evidence has suspended, once for each release. Returns how many."""
    exclude(Lock.NOTICES, [1])
    acts = [
        Act(
            "release.suspended",
            "vehicle",
            vin,
            batch=batch,
            after={
                "release": release,
                "suspended_at": since.isoformat(),
                "domain": domain or "",
                "reasons": json.loads(reasons or "[]")[:MOST_TOLD],
            },
        )
        for vin, batch, release, since, domain, reasons in read_named(_SUSPENDED)
    ]
    record_acts(actor=Actor.system(), acts=acts, at=at)
    return len(acts)


_LAPSED: Final = """
select r.number, b.number, (select count(*) from inspections_signature s where s.release_id = r.id),
    (select count(*) from inspections_releasedvehicle rv where rv.release_id = r.id), r.lapses_at
from inspections_release r join inspections_batch b on b.id = r.batch_id
where r.lapses_at <= %(at)s
    and (select count(*) from inspections_signature s where s.release_id = r.id) < 2
    and not exists(select from inspections_releasedvehicle rv
        join inspections_releasedvehicle later on later.vehicle_id = rv.vehicle_id and later.release_id > r.id
        join inspections_signature s on s.release_id = later.release_id and s.place = 2
        where rv.release_id = r.id)
    and not exists(select from inspections_ledgerentry e where e.subject_kind = 'release' and e.subject = r.number
        and e.act = 'release.lapsed')
order by r.id
"""


@one_act
def note_lapsed_releases(*, at: datetime) -> int:
    """Note each proposal that lapsed without both signatures, once. One that a later release overtook is not noted:
    its cars went under that. Returns how many."""
    exclude(Lock.NOTICES, [1])
    acts = [
        Act(
            "release.lapsed",
            "release",
            number,
            batch=batch,
            after={"signatures": signatures, "count": count, "lapses_at": lapses_at.isoformat()},
        )
        for number, batch, signatures, count, lapses_at in read_named(_LAPSED, at=at)
    ]
    record_acts(actor=Actor.system(), acts=acts, at=at)
    return len(acts)
