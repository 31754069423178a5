"""Reads of rigs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from ..marks.arrays import number_array
from ..marks.trips import Statement, run_together


def authorised_procedures(*, rig_id: int, procedure_ids: Iterable[int], at: datetime) -> set[int]:
    """Which of the procedures the rig may carry out at a moment: the last word with effect by then says so."""
    (rows,) = run_together(reading_authorised(rig_id=rig_id, procedure_ids=procedure_ids, at=at))
    return {row[0] for row in rows}


def reading_authorised(*, rig_id: int, procedure_ids: Iterable[int], at: datetime) -> Statement:
    """The statement of `authorised_procedures`, to be run with others: a row for each procedure."""
    return _AUTHORISED, [rig_id, number_array(sorted(set(procedure_ids))), at]


_AUTHORISED: Final = (
    "select procedure_id from (select distinct on (procedure_id) procedure_id, granted"
    " from inspections_authorisation where rig_id = %s and procedure_id = any(%s::bigint[]) and effective_at <= %s"
    " order by procedure_id, effective_at desc, id desc) latest where granted"
)


@dataclass(frozen=True, slots=True)
class RigStanding:
    """How a rig stands at a moment. `calibrated_until` None: no certificate holds then, or a finding refutes it.

    A certificate that begins before the last finding "out of tolerance" does not hold after it. `calibration_ended_at`:
    the last moment up to which one held; None where none ever did.
    """

    code: str
    name: str
    line: str
    needs_calibration: bool
    calibrated_until: datetime | None
    last_heard_at: datetime | None
    calibration_ended_at: datetime | None = None


# A certificate holds until it ends, or until the moment back to which a later finding refutes it.
_STANDINGS = """
select r.code, r.name, r.line, r.needs_calibration,
    (select max(c.valid_until) from inspections_calibration c where c.rig_id = r.id
        and c.valid_from <= %(at)s and c.valid_until > %(at)s
        and not exists(select from inspections_outoftolerance o where o.rig_id = r.id
            and ((o.back_to <= %(at)s and o.found_at >= %(at)s)
                or (o.found_at < %(at)s and c.valid_from < o.found_at)))),
    r.last_heard_at,
    (select max(held.until) from (
        select c.valid_from, least(c.valid_until, (select min(o.back_to) from inspections_outoftolerance o
            where o.rig_id = r.id and o.found_at > c.valid_from)) as until
        from inspections_calibration c where c.rig_id = r.id and c.valid_from <= %(at)s) held
        where held.until > held.valid_from and held.until <= %(at)s)
from inspections_rig r order by r.code
"""


def rig_standings(*, at: datetime) -> list[RigStanding]:
    """Every rig with how its calibration stands and when it was last heard. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, {"at": at})
        return [RigStanding(*row) for row in cursor.fetchall()]
