"""Decisions and coverage as they are kept, for pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..evaluation.reasons import State
from .choices import CoverageKind
from .fallen import collect_fallen
from .reading import read_named


@dataclass(frozen=True, slots=True)
class EndingCoverage:
    """Coverage in force that ends soon, and nothing later covers the same."""

    number: str
    configuration: str
    gate: str
    procedure: str
    kind: str
    valid_until: datetime


def ending_coverages(*, at: datetime, before: datetime, most: int) -> list[EndingCoverage]:
    """Coverage in force at a moment that ends before another one, soonest first.

    One statement, six where some rests on a test. Coverage whose own test fell is left out: it covers
    nothing already, and the gate says so.
    """
    rows = read_named(
        "select c.id, c.number, f.code, p.domain, p.code, c.kind, c.valid_until from inspections_coverage c"
        " join inspections_configuration f on f.id = c.configuration_id"
        " join inspections_procedure p on p.id = c.procedure_id"
        " where c.valid_from <= %(at)s and c.valid_until > %(at)s and c.valid_until < %(before)s"
        " and not exists(select from inspections_coveragerevocation r where r.coverage_id = c.id)"
        " and not exists(select from inspections_coverage l where l.configuration_id = c.configuration_id"
        "  and l.procedure_id = c.procedure_id and l.valid_until >= %(before)s"
        "  and not exists(select from inspections_coveragerevocation r where r.coverage_id = l.id))"
        " order by c.valid_until, c.id limit %(most)s",
        at=at,
        before=before,
        most=most,
    )
    fallen = collect_fallen(coverage_ids=[row[0] for row in rows if row[5] == CoverageKind.INSPECTION])
    return [EndingCoverage(*row) for number, *row in rows if number not in fallen]


@dataclass(frozen=True, slots=True)
class TypeEvidence:
    """Coverage that bears on a batch: what it covers, until when, and whether it is a demonstration only."""

    id: int
    number: str
    gate: str
    procedure: str
    kind: str
    valid_until: datetime
    revoked: bool


def coverages_of(*, configuration_id: int, at: datetime) -> list[TypeEvidence]:
    """The coverage entered for a configuration, the latest of each procedure first among its own. One statement, and
    those that tell whether its own tests still stand, where there are any."""
    rows = read_named(
        "select c.id, c.number, p.domain, p.code, c.kind, c.valid_until, r.id is not null"
        " from inspections_coverage c join inspections_procedure p on p.id = c.procedure_id"
        " left join inspections_coveragerevocation r on r.coverage_id = c.id"
        " where c.configuration_id = %(configuration)s and c.valid_from <= %(at)s"
        " order by p.domain, p.code, c.valid_until desc, c.id limit 500",
        configuration=configuration_id,
        at=at,
    )
    fallen = collect_fallen(coverage_ids=[row[0] for row in rows if row[4] == CoverageKind.INSPECTION and not row[6]])
    return [TypeEvidence(*(*row[:6], row[6] or row[0] in fallen)) for row in rows]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision on one gate of a vehicle, as kept: `reasons` as text that outlives what it names."""

    id: int
    gate: str
    state: State
    decided_at: datetime
    revision: int | None
    reasons: tuple[dict[str, object], ...]
    missing: int


_DECISIONS: Final = """
select d.id, d.domain, d.state, d.decided_at, r.number, d.reasons::text, d.counts::text
from inspections_decision d left join inspections_planrevision r on r.id = d.revision_id
where d.vehicle_id = %(vehicle)s and (d.decided_at, d.id) {past} (%(at)s, %(id)s)
order by d.decided_at {way}, d.id {way} limit %(most)s
"""
_NEWEST_FIRST: Final = _DECISIONS.format(past="<", way="desc")
_OLDEST_FIRST: Final = _DECISIONS.format(past=">", way="asc")


def decisions_of_vehicle(
    *, vehicle_id: int, before: tuple[datetime, int], most: int, oldest_first: bool = False
) -> list[DecisionRow]:
    """Decisions on a vehicle's gates, newest first, older than the moment and number of `before`; or `oldest_first`,
    and then newer than it. One statement."""
    rows = read_named(
        _OLDEST_FIRST if oldest_first else _NEWEST_FIRST,
        vehicle=vehicle_id,
        at=before[0],
        id=before[1],
        most=most,
    )
    return [
        DecisionRow(id_, gate, State(state), decided_at, number, tuple(json.loads(reasons)), _missing_of(counts))
        for id_, gate, state, decided_at, number, reasons, counts in rows
    ]


def flagged_since(*, batch_ids: Sequence[int]) -> dict[int, datetime]:
    """By batch that a gate flags now, when the run of moments began in which at least one of its gates failed: gates
    may have taken turns, and what was decided within it does not begin it anew. One statement."""
    worst: dict[int, dict[str, int]] = {}
    found: dict[int, datetime] = {}
    rows = read_named(
        "select batch_id, decided_at, array_agg(domain order by domain),"
        " array_agg((counts->>'worst')::int order by domain) from inspections_decision"
        " where vehicle_id is null and batch_id = any(%(ids)s)"
        " group by batch_id, counter, decided_at order by batch_id, counter",
        ids=list(batch_ids),
    )
    for batch_id, decided_at, domains, states in rows:
        standing = worst.setdefault(batch_id, {})
        standing.update(zip(domains, states, strict=True))
        if State.FAILED not in standing.values():
            found.pop(batch_id, None)
        else:
            found.setdefault(batch_id, decided_at)
    return found


def _missing_of(counts: str | None) -> int:
    return int((json.loads(counts) or {}).get("missing", 0)) if counts else 0
