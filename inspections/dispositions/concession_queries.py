"""Reads of concessions: which cars depart from a line and how, who had a hand in them, how proposals stand."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from ..batches.models import Batch
from ..catalogue.queries import requirements_of
from ..evaluation.facts import Level, Requirement
from ..evaluation.reasons import Outcome
from ..people.models import User
from .answering import Fail, open_fails_of
from .concession_rules import Departing, Departure
from .models import Nonconformance
from .rules import DEPARTS


def batch_of(*, nonconformance: Nonconformance) -> Batch | None:
    """The batch that the car of a nonconformance is in now; None for a nonconformance of a batch itself. One query."""
    return Batch.objects.select_related("revision__plan").filter(vehicles=nonconformance.vehicle_id or 0).first()


def lines_failed(*, nonconformance: Nonconformance) -> list[Requirement]:
    """The lines of the batch's pinned revision that a nonconformance is about: one, or several by position."""
    batch = batch_of(nonconformance=nonconformance)
    if batch is None or batch.revision is None or nonconformance.code not in DEPARTS:
        return []
    return [
        line
        for line in requirements_of(batch.revision)
        if line.characteristic_id == nonconformance.characteristic_id and line.group is None
    ]


def members_of(*, line: Requirement, batch: Batch) -> list[Requirement]:
    """The lines of an any-of group; none for another line."""
    if not line.members or batch.revision is None:
        return []
    return [each for each in requirements_of(batch.revision) if each.id in line.members]


# What is conceded is renewed before it ends too, under the nonconformance that has closed. What was never conceded and
# is closed has been answered.
_DEPARTING: Final = """
select v.id, v.vin, v.sequence, max(n.id), (array_agg(n.number order by n.id desc))[1]
from inspections_vehicle v join inspections_nonconformance n on n.vehicle_id = v.id
where v.batch_id = %(batch)s and v.status in ('in_process', 'released') and n.domain = %(domain)s
    and n.characteristic_id = %(characteristic)s and n.code = any(%(codes)s)
    and (%(ids)s::bigint[] is null or v.id = any(%(ids)s))
    and (n.state = 'open' or exists(select from inspections_concededvehicle cv
        join inspections_concession c on c.id = cv.concession_id
        join inspections_concessionsignature s on s.concession_id = c.id and s.place = 2
        where cv.vehicle_id = v.id and c.requirement_id = %(requirement)s))
group by v.id order by v.sequence
"""
# What was judged on another revision counts by what was judged of it later, on the pinned one.
_JUDGED: Final = """
select m.inspection_id, m.ordinal from inspections_measurement m
join inspections_inspection i on i.id = m.inspection_id
where m.inspection_id = any(%(ids)s) and case when i.revision_id = %(revision)s then m.outcome = %(fail)s
    else exists(select from inspections_judgement j where j.inspection_id = m.inspection_id and j.ordinal = m.ordinal
        and j.revision_id = %(revision)s and j.outcome = %(fail)s) end
"""


def departing(*, batch: Batch, line: Requirement, vehicle_ids: Collection[int] | None = None) -> list[Departing]:
    """The cars of a batch, not delivered, that now depart from a line of its pinned revision, with every fail that
    nobody answered, in build order. Three statements however many there are."""
    if line.level is not Level.EVERY_VEHICLE:
        return []
    rows = _rows(
        _DEPARTING,
        batch=batch.pk,
        domain=line.domain,
        codes=[code.value for code in DEPARTS],
        characteristic=line.characteristic_id,
        requirement=line.id,
        ids=None if vehicle_ids is None else list(vehicle_ids),
    )
    fails = {
        number: [fail for fail in found if fail.position in line.positions]
        for number, found in open_fails_of(ids=[row[3] for row in rows]).items()
    }
    judged = _judged(fails.values(), batch.revision_id)
    return [
        Departing(
            vehicle_id,
            vin,
            sequence,
            nonconformance_id,
            nonconformance,
            tuple(Departure(fail.inspection_id, fail.ordinal, fail.position, fail.found) for fail in found),
            unseen=any((fail.inspection_id, fail.ordinal) not in judged for fail in found),
        )
        for vehicle_id, vin, sequence, nonconformance_id, nonconformance in rows
        if (found := fails[nonconformance_id])
    ]


def _judged(fails: Iterable[Iterable[Fail]], revision_id: int | None) -> set[tuple[int, int]]:
    ids = sorted({fail.inspection_id for found in fails for fail in found})
    return {(row[0], row[1]) for row in _rows(_JUDGED, ids=ids, revision=revision_id, fail=int(Outcome.FAIL))}


_HANDS: Final = """
select v.sequence, interlock_reworked(%(person)s, v.id) from inspections_vehicle v where v.id = any(%(ids)s)
    and (interlock_inspected(%(person)s, %(number)s, v.id) or interlock_reworked(%(person)s, v.id))
order by v.sequence
"""


def had_a_hand_in(*, person: User, vehicle_ids: Collection[int]) -> list[int]:
    """Which of the vehicles this person inspected or reworked, by number in build order. One statement.

    Whoever did may approve no concession of any of them; the database refuses it too.
    """
    number = person.personnel_number or ""
    return [row[0] for row in _rows(_HANDS, ids=list(vehicle_ids), person=person.pk, number=number)]


@dataclass(frozen=True, slots=True)
class ListedConcession:
    """A concession as lists show it. `left`: how many of its cars left by it; `used_up_at`: when the last one did."""

    id: int
    number: str
    batch: str
    nonconformance: str
    characteristic_id: int
    requirement_id: int
    authority: str
    reason: str
    proposed_by: str
    proposer_id: int
    proposed_at: datetime
    lapses_at: datetime
    expires_at: datetime | None
    quantity: int | None
    cars: tuple[int, ...]
    signers: tuple[str, ...]
    approved_at: datetime | None
    left: int

    @property
    def signatures(self) -> int:
        return len(self.signers)

    @property
    def used_up(self) -> bool:
        return self.quantity is not None and self.left >= self.quantity

    def state(self, at: datetime) -> str:
        """`proposed` or `lapsed`; once approved `in_force`, `expired` by its date, or `used_up` by its number."""
        if self.approved_at is None:
            over = at >= self.lapses_at or (self.expires_at is not None and at >= self.expires_at)
            return "lapsed" if over else "proposed"
        if self.used_up:
            return "used_up"
        return "expired" if self.expires_at is not None and at >= self.expires_at else "in_force"


_LISTED: Final = """
select c.id, c.number, b.number, n.number, c.characteristic_id, c.requirement_id, c.authority, c.reason, c.proposed_by,
    c.proposer_id, c.proposed_at, c.lapses_at, c.expires_at, c.quantity,
    (select array_agg(v.sequence order by v.sequence) from inspections_concededvehicle cv
        join inspections_vehicle v on v.id = cv.vehicle_id where cv.concession_id = c.id),
    (select coalesce(jsonb_agg(s.printed_name order by s.place), '[]') from inspections_concessionsignature s
        where s.concession_id = c.id)::text,
    (select s.signed_at from inspections_concessionsignature s where s.concession_id = c.id and s.place = 2),
    (select count(*) from interlock_left_by_concession l where l.concession_id = c.id)
from inspections_concession c join inspections_batch b on b.id = c.batch_id
join inspections_nonconformance n on n.id = c.nonconformance_id
where {wanted} order by c.id desc limit %(most)s
"""


def concessions(*, before: int | None = None, most: int = 100) -> list[ListedConcession]:
    """Concessions, newest first. One statement."""
    return _listed("%(before)s::bigint is null or c.id < %(before)s", before=before, most=most)


def concessions_by_id(*, ids: Collection[int]) -> list[ListedConcession]:
    """The concessions of these ids, newest first. One statement."""
    return _listed("c.id = any(%(ids)s)", ids=list(ids), most=len(ids))


def concessions_of_vehicle(*, vehicle_id: int) -> list[ListedConcession]:
    """Concessions that name a vehicle, newest first: proposals too. One statement."""
    wanted = "c.id in (select cv.concession_id from inspections_concededvehicle cv where cv.vehicle_id = %(vehicle)s)"
    return _listed(wanted, vehicle=vehicle_id, most=100)


def concessions_to_sign(*, at: datetime, most: int) -> list[ListedConcession]:
    """Proposals that wait for a signature, newest first. One statement."""
    wanted = (
        "c.lapses_at > %(at)s and (c.expires_at is null or c.expires_at > %(at)s)"
        " and not exists(select from inspections_concessionsignature s where s.concession_id = c.id and s.place = 2)"
    )
    return _listed(wanted, at=at, most=most)


def _listed(wanted: str, **parameters: Any) -> list[ListedConcession]:
    return [
        ListedConcession(*(*row[:14], tuple(row[14] or ()), tuple(json.loads(row[15])), *row[16:]))
        for row in _rows(_LISTED.format(wanted=wanted), **parameters)
    ]


def _rows(sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
