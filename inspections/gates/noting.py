"""Writes into the ledger what time alone does to coverage, so that somebody is told."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..records.services import Act, record_acts
from .reading import read_named
from .writing import DECIDER

_ENDED: Final = """
select c.number, p.code, f.code, c.valid_until from inspections_coverage c
join inspections_procedure p on p.id = c.procedure_id join inspections_configuration f on f.id = c.configuration_id
where c.valid_until <= %(at)s
    and not exists(select from inspections_coveragerevocation r where r.coverage_id = c.id)
    and not exists(select from inspections_coverage o where o.procedure_id = c.procedure_id
        and o.configuration_id = c.configuration_id and o.valid_from <= %(at)s and o.valid_until > %(at)s
        and not exists(select from inspections_coveragerevocation r where r.coverage_id = o.id))
    and not exists(select from inspections_ledgerentry e
        where e.subject_kind = 'coverage' and e.subject = c.number and e.act = 'coverage.ended')
order by c.number
"""


@one_act
def note_ended_coverage(*, at: datetime) -> int:
    """Write into the ledger, once for each, that coverage has ended and nothing covers in its place: no act of a
    person does, and somebody has to be told. Returns how many."""
    exclude(Lock.NOTICES, [1])
    acts = [
        Act(
            "coverage.ended",
            "coverage",
            number,
            after={"procedure": procedure, "configuration": configuration, "valid_until": until.isoformat()},
        )
        for number, procedure, configuration, until in read_named(_ENDED, at=at)
    ]
    record_acts(actor=DECIDER, acts=acts, at=at)
    return len(acts)
