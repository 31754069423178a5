"""Reads of releases: what each vehicle rests on now, and how proposals stand."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..batches.models import Batch
from ..gates.choices import CoverageKind
from ..gates.models import Coverage
from ..gates.reading import read_named
from ..results.operators import STRANGE_CARS
from ..saying import Cars, Said, say
from .models import Release, ReleasedVehicle, Signature
from .rules import Basis, digest_of, may_propose

_DECISIONS: Final = """
with recursive {strange}
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
            and (n.vehicle_id = v.id or (n.batch_id = v.batch_id and n.vehicle_id is null)))
        and v.id not in (select vehicle_id from strange),
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


def collect_bases(*, batch_id: int, at: datetime, vehicle_ids: Collection[int] | None = None) -> list[Basis]:
    """What the vehicles of a batch rest on at a moment, in build order, in two statements whatever their number."""
    shared = read_named(_OF_BATCH, batch=batch_id)[0][0]
    ids = None if vehicle_ids is None else list(vehicle_ids)
    rows = read_named(_DECISIONS.format(strange=STRANGE_CARS), batch=batch_id, at=at, ids=ids)
    return [
        Basis(vehicle_id, vin, sequence, clear, (own, shared), tuple(conceded or ()))
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
    overtaken: bool

    def state(self, at: datetime) -> str:
        """`proposed`, `lapsed` or `overtaken` by a later release of its vehicles, `released`, or `suspended` where
        any of its vehicles may not leave under it now."""
        if self.signatures == 2:
            return "suspended" if self.suspended else "released"
        if self.overtaken:
            return "overtaken"
        return "lapsed" if at >= self.lapses_at else "proposed"


# `limit 1` keeps the view of standing releases from being read whole: only then is it asked for one vehicle.
_RELEASES: Final = """
select r.id, r.number, b.number, r.proposed_by, r.proposed_at, r.lapses_at,
    (select count(*) from inspections_releasedvehicle rv where rv.release_id = r.id),
    (select count(*) from inspections_signature s where s.release_id = r.id),
    (select coalesce(jsonb_agg(s.printed_name order by s.place), '[]') from inspections_signature s
        where s.release_id = r.id)::text,
    (select s.signed_at from inspections_signature s where s.release_id = r.id and s.place = 2),
    (select count(*) from inspections_releasedvehicle rv
        join inspections_vehicle v on v.id = rv.vehicle_id and v.status = 'released'
        cross join lateral (select * from interlock_standing_release s where s.vehicle_id = v.id limit 1) t
        where rv.release_id = r.id and t.release_id = r.id and t.suspended_at is not null),
    (select count(*) from inspections_delivery y where y.release_id = r.id),
    exists(select from inspections_releasedvehicle rv
        join inspections_releasedvehicle later on later.vehicle_id = rv.vehicle_id and later.release_id > r.id
        join inspections_signature s on s.release_id = later.release_id and s.place = 2
        where rv.release_id = r.id)
from inspections_release r join inspections_batch b on b.id = r.batch_id
where (%(id)s::bigint is null or r.id = %(id)s) and (%(batch)s::bigint is null or r.batch_id = %(batch)s)
    and (%(before)s::bigint is null or r.id < %(before)s)
order by r.id desc limit %(most)s
"""


def releases(
    *, batch_id: int | None = None, release_id: int | None = None, before: int | None = None, most: int = 100
) -> list[ProposedRelease]:
    """Releases, newest first: all, of one batch, or one. One statement."""
    return _read(_RELEASES, id=release_id, batch=batch_id, before=before, most=most)


_OPEN: Final = """
select r.id from inspections_release r
where r.lapses_at > %(at)s
        and (select count(*) from inspections_signature s where s.release_id = r.id) < 2
        and not exists(select from inspections_releasedvehicle rv
            join inspections_releasedvehicle later on later.vehicle_id = rv.vehicle_id and later.release_id > r.id
            join inspections_signature s on s.release_id = later.release_id and s.place = 2
            where rv.release_id = r.id)
union
select t.release_id from inspections_vehicle v
cross join lateral (select * from interlock_standing_release s where s.vehicle_id = v.id limit 1) t
where v.status = 'released' and t.suspended_at is not null
"""


def releases_to_answer(*, at: datetime, most: int) -> list[ProposedRelease]:
    """Proposals that wait for a signature and releases that new evidence suspended, newest first. One statement."""
    narrowed = _RELEASES.replace("where (", f"where r.id in ({_OPEN}) and (", 1)
    return _read(narrowed, at=at, id=None, batch=None, before=None, most=most)


def _read(statement: str, **parameters: object) -> list[ProposedRelease]:
    rows = read_named(statement, **parameters)
    return [ProposedRelease(*(*row[:8], tuple(json.loads(row[8])), *row[9:])) for row in rows]


@dataclass(frozen=True, slots=True)
class NamedVehicle:
    """A vehicle that a release names, as its page lists it.

    `stands`: this release is the one that the vehicle leaves under. `suspended_at`: since when new evidence stops it.
    """

    vehicle_id: int
    vin: str
    sequence: int
    status: str
    conceded: bool
    stands: bool
    suspended_at: datetime | None
    delivered_at: datetime | None


def vehicles_of_release(*, release_id: int, after: int = 0, most: int = 100) -> list[NamedVehicle]:
    """The vehicles that a release names, in build order, beyond the number `after`. One statement."""
    rows = read_named(
        "select v.id, v.vin, v.sequence, v.status, rv.conceded <> '{}', coalesce(t.release_id = rv.release_id, false),"
        " case when t.release_id = rv.release_id then t.suspended_at end, y.delivered_at"
        " from inspections_releasedvehicle rv join inspections_vehicle v on v.id = rv.vehicle_id"
        " left join lateral (select * from interlock_standing_release s where s.vehicle_id = v.id limit 1) t on true"
        " left join inspections_delivery y on y.vehicle_id = v.id and y.release_id = rv.release_id"
        " where rv.release_id = %(release)s and v.sequence > %(after)s order by v.sequence limit %(most)s",
        release=release_id,
        after=after,
        most=most,
    )
    return [NamedVehicle(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class VehicleRelease:
    """The release that matters for one vehicle: the one it stands under, else the newest that has not lapsed.

    `left_by`: ids of the concessions that it left by.
    """

    release_id: int
    number: str
    signatures: tuple[Signature, ...]
    suspended_at: datetime | None
    delivered_at: datetime | None
    left_by: tuple[int, ...] = ()


_OF_VEHICLE: Final = """
select r.id, r.number, t.suspended_at,
    (select y.delivered_at from inspections_delivery y where y.vehicle_id = %(vehicle)s),
    (select y.conceded from inspections_delivery y where y.vehicle_id = %(vehicle)s)
from inspections_releasedvehicle rv join inspections_release r on r.id = rv.release_id
left join lateral (select * from interlock_standing_release s where s.vehicle_id = rv.vehicle_id limit 1) t
    on t.release_id = r.id
where rv.vehicle_id = %(vehicle)s and (t.release_id is not null or (r.lapses_at > %(at)s
    and (select count(*) from inspections_signature s where s.release_id = r.id) < 2))
order by t.release_id is not null and t.suspended_at is null desc, r.id desc limit 1
"""


def release_of_vehicle(*, vehicle_id: int, at: datetime) -> VehicleRelease | None:
    """How far the release of a vehicle has come; None where nobody proposed one. At most two statements."""
    rows = read_named(_OF_VEHICLE, vehicle=vehicle_id, at=at)
    if not rows:
        return None
    release_id, number, suspended_at, delivered_at, left_by = rows[0]
    signatures = tuple(Signature.objects.filter(release_id=release_id).order_by("place"))
    return VehicleRelease(release_id, number, signatures, suspended_at, delivered_at, tuple(left_by or ()))


def proposable(*, batch_id: int, at: datetime) -> tuple[list[Basis], list[Basis]]:
    """What a proposal would name, and what it would leave behind: cars clear and not released, and all others."""
    found = collect_bases(batch_id=batch_id, at=at)
    standing = standing_vehicles([decision.vehicle_id for decision in found])
    return may_propose(found, standing)


def standing_vehicles(vehicle_ids: Sequence[int]) -> set[int]:
    """Those under a fully signed release that nothing suspends, and those that have left. One statement."""
    rows = read_named(
        "select vehicle_id from interlock_standing_release where vehicle_id = any(%(ids)s) and suspended_at is null"
        " union select vehicle_id from inspections_delivery where vehicle_id = any(%(ids)s)",
        ids=list(vehicle_ids),
    )
    return {row[0] for row in rows}


def differences_since(*, release: Release, at: datetime) -> tuple[list[Said], list[Basis]]:
    """What of a proposal is no longer as it was proposed, in words, and what its vehicles rest on now."""
    named = dict(ReleasedVehicle.objects.filter(release=release).values_list("vehicle_id", "digest"))
    found = collect_bases(batch_id=release.batch_id, at=at, vehicle_ids=list(named))
    differences = [
        say("Car %(car)d (%(vin)s) has changed.", car=row.sequence, vin=row.vin)
        if row.clear
        else say("Car %(car)d (%(vin)s) is not clear any more.", car=row.sequence, vin=row.vin)
        for row in found
        if not row.clear or row.digest != named[row.vehicle_id]
    ]
    if len(found) != len(named):
        differences.append(say("A car was moved to another batch."))
    if Batch.objects.values_list("revision_id", flat=True).get(pk=release.batch_id) != release.revision_id:
        differences.append(say("The batch is judged on another revision of its plan."))
    gone = standing_vehicles(list(named))
    if gone:
        released = Cars.of(row.sequence for row in found if row.vehicle_id in gone)
        differences.append(say("Cars %(cars)s are released already.", cars=released))
    if not differences and digest_of(release.statement, found) != release.digest:
        differences.append(say("The cars are no longer those of the proposal."))
    return differences, found


def rests_on_demonstration(*, configuration_id: int) -> bool:
    """Whether coverage of the configuration that nobody revoked is a demonstration: no evidence."""
    return Coverage.objects.filter(
        configuration_id=configuration_id, kind=CoverageKind.DEMONSTRATION, revocation__isnull=True
    ).exists()


_OPEN_CONTACTS: Final = """
select d.domain, count(*) from (values ('battery'), ('crash'), ('driving')) d(domain)
cross join inspections_releasedvehicle rv join inspections_vehicle v on v.id = rv.vehicle_id
where rv.release_id = %(release)s and (
    not exists(select from inspections_vehiclegate g where g.vehicle_id = v.id and g.domain = d.domain and g.state = 0
        and (g.valid_until is null or g.valid_until > %(at)s))
    or not exists(select from inspections_batchgate g where g.batch_id = v.batch_id and g.domain = d.domain
        and g.state = 0 and (g.valid_until is null or g.valid_until > %(at)s))
    or exists(select from inspections_mark m where m.batch_id = v.batch_id and m.domain in ('', d.domain)
        and (m.vehicle_id = v.id or m.vehicle_id is null)))
group by 1
union all
select 'holds', count(*) from inspections_releasedvehicle rv join inspections_vehicle v on v.id = rv.vehicle_id
where rv.release_id = %(release)s and exists(select from inspections_hold h where h.lifted_at is null
    and (h.vehicle_id = v.id or (h.batch_id = v.batch_id and h.vehicle_id is null)))
union all
select 'conceded ' || g.domain, count(*) from inspections_releasedvehicle rv
join inspections_vehiclegate g on g.vehicle_id = rv.vehicle_id
where rv.release_id = %(release)s and g.state = 0 and cardinality(g.conceded) > 0
group by 1
"""


def open_contacts(*, release_id: int, at: datetime) -> dict[str, int]:
    """How many of a release's vehicles each gate stops now, by domain, and `holds`; under `conceded` and the domain,
    how many pass it on a concession. One statement."""
    return dict(read_named(_OPEN_CONTACTS, release=release_id, at=at))
