"""Coverage as lists and pages show it: what the plans ask of a type, what covers it, and who leans on one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ..evaluation import facts
from ..evaluation.coverage import covered, leans_on
from .batch_evidence import carried_software, coverage_facts
from .choices import CoverageKind
from .evidence import procedure_facts
from .fallen import collect_fallen
from .models import Coverage
from .queries import BatchSummary, batch_summaries
from .reading import read_named


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One coverage. `ended_at` and `ended_why`: when and why it was revoked or its own test fell; None while it stands.

    `software` is pairs of system and version.
    """

    id: int
    number: str
    configuration: str
    procedure_id: int
    procedure: str
    name: str
    name_zh: str
    gate: str
    kind: str
    software: tuple[tuple[str, str], ...]
    valid_from: datetime
    valid_until: datetime
    signed_by: str
    at: datetime
    ended_at: datetime | None
    ended_why: str

    @property
    def demonstration(self) -> bool:
        return self.kind == CoverageKind.DEMONSTRATION

    def in_force(self, at: datetime) -> bool:
        return self.ended_at is None and self.valid_from <= at < self.valid_until


@dataclass(frozen=True, slots=True)
class AskedOfType:
    """A procedure that the revision in force, or one that an unfinished batch is judged on, asks of the type."""

    configuration: str
    configuration_id: int
    procedure_id: int
    procedure: str
    name: str
    name_zh: str
    gate: str
    software_systems: tuple[str, ...]


_ROWS: Final = """
select c.id, c.number, f.code, p.id, p.code, p.name, p.name_zh, p.domain, c.kind, c.software::text, c.valid_from,
    c.valid_until, c.signed_by, c.at, r.at, coalesce(r.reason, '')
from inspections_coverage c join inspections_configuration f on f.id = c.configuration_id
join inspections_procedure p on p.id = c.procedure_id
left join inspections_coveragerevocation r on r.coverage_id = c.id
where (%(configuration)s::text is null or f.code = %(configuration)s)
    and (%(at)s::timestamptz is null or (c.valid_from <= %(at)s and c.valid_until > %(at)s and r.id is null))
    and (%(before)s::bigint is null or c.id < %(before)s)
order by c.id desc limit %(most)s
"""
_ASKED: Final = """
select distinct f.code, f.id, p.id, p.code, p.name, p.name_zh, p.domain, p.software_systems
from inspections_requirement r join inspections_characteristic k on k.id = r.characteristic_id
join inspections_procedure p on p.id = k.procedure_id
join inspections_planrevision n on n.id = r.revision_id
join inspections_controlplan t on t.id = n.plan_id
join inspections_configuration f on f.id = t.configuration_id
where r.level = 'type' and (%(configuration)s::text is null or f.code = %(configuration)s)
    and (n.status = 'approved' or exists(select from inspections_batch b
        where b.revision_id = n.id and b.status <> 'completed'))
order by 1, 7, 4
"""


def coverage_rows(
    *, configuration: str | None = None, in_force_at: datetime | None = None, before: int | None = None, most: int
) -> list[CoverageRow]:
    """Coverages, the one entered last first: of one configuration (by code), in force at a moment, entered before the
    one of that id. One statement, and five where some rest on a test of ours."""
    rows = read_named(_ROWS, configuration=configuration, at=in_force_at, before=before, most=most)
    fallen = collect_fallen(coverage_ids=[row[0] for row in rows if row[8] == CoverageKind.INSPECTION and not row[14]])
    found = []
    for row in rows:
        software = tuple((item["system"], item["version"]) for item in json.loads(row[9]))
        read = CoverageRow(*(*row[:9], software, *row[10:]))
        fell = fallen.get(read.id)
        found.append(read if fell is None else replace(read, ended_at=fell.at, ended_why=fell.reason))
    return found


def asked_of_types(*, configuration: str | None = None) -> list[AskedOfType]:
    """What plans ask of a type, by configuration, gate and procedure. One statement."""
    return [AskedOfType(*(*row[:7], tuple(row[7]))) for row in read_named(_ASKED, configuration=configuration)]


@dataclass(frozen=True, slots=True)
class LeaningBatch:
    """A batch that rests, or rested, on a coverage. `stays`: it is covered without it too."""

    number: str
    cars: int
    clear: int
    released: int
    delivered: int
    stays: bool


@dataclass(frozen=True, slots=True)
class Leaning:
    """Who leans on a coverage. `released` counts cars that have not left."""

    batches: tuple[LeaningBatch, ...]

    def total(self, name: str) -> int:
        return sum(int(getattr(batch, name)) for batch in self.batches)

    @property
    def token(self) -> str:
        """What a person was told before acting: compared when the act is done."""
        counted = [self.total(name) for name in ("cars", "clear", "released", "delivered")]
        return "-".join(map(str, [len(self.batches), *counted]))


_BATCHES: Final = """
select b.id, min(v.registered_at), max(v.registered_at), count(v.id) from inspections_batch b
left join inspections_vehicle v on v.batch_id = b.id and v.status in ('in_process', 'released', 'delivered')
where b.configuration_id = %(configuration)s and exists(
    select from inspections_requirement r join inspections_characteristic k on k.id = r.characteristic_id
    where r.revision_id = b.revision_id and r.level = 'type' and k.procedure_id = %(procedure)s)
group by b.id order by b.id desc
"""


def leaning_on(*, coverage: Coverage, at: datetime) -> Leaning:
    """The batches that lean on a coverage, newest first, with their cars. At most eleven statements."""
    procedure = procedure_facts(coverage.procedure)
    rows = read_named(_BATCHES, configuration=coverage.configuration_id, procedure=coverage.procedure_id)
    software = carried_software([row[0] for row in rows], procedure.software_systems)
    known = _coverages(coverage)
    own = next(row for row in known if row.id == coverage.pk)
    leaning: dict[int, tuple[int, bool]] = {}
    for batch_id, built_from, built_until, cars in rows:
        batch = _batch(procedure, known, built_from, built_until, software.get(batch_id, ()))
        if leans_on(own, procedure, batch, at=at):
            without = replace(batch, coverages=tuple(row for row in known if row.id != own.id))
            leaning[batch_id] = (cars, covered(procedure, without, at=at).code is None)
    summaries = {row.id: row for row in batch_summaries(ids=list(leaning), at=at)} if leaning else {}
    return Leaning(tuple(_leaning(summaries[batch_id], *told) for batch_id, told in leaning.items()))


def _coverages(coverage: Coverage) -> tuple[facts.Coverage, ...]:
    rows = list(
        Coverage.objects.filter(
            configuration_id=coverage.configuration_id, procedure_id=coverage.procedure_id
        ).select_related("revocation")
    )
    by_test = [row.pk for row in rows if row.kind == CoverageKind.INSPECTION and not hasattr(row, "revocation")]
    fallen = collect_fallen(coverage_ids=by_test)
    return tuple(coverage_facts(row, fallen.get(row.pk)) for row in rows)


def _batch(
    procedure: facts.Procedure,
    coverages: Sequence[facts.Coverage],
    built_from: datetime | None,
    built_until: datetime | None,
    software: tuple[tuple[facts.SoftwareClaim, ...], ...],
) -> facts.BatchInput:
    return facts.BatchInput(
        domain=procedure.domain,
        plan_approved=True,
        has_requirements=True,
        type_procedures=(procedure,),
        coverages=tuple(coverages),
        sample_rules=(),
        samples=(),
        testing_closed=False,
        built_from=built_from,
        built_until=built_until,
        software=software,
    )


def _leaning(summary: BatchSummary, cars: int, stays: bool) -> LeaningBatch:
    waiting = summary.released - summary.delivered
    return LeaningBatch(summary.number, cars, summary.clear, waiting, summary.delivered, stays)


def covered_by(rows: Iterable[CoverageRow], at: datetime) -> dict[tuple[str, int], CoverageRow]:
    """By configuration and procedure, the coverage in force that ends last."""
    best: dict[tuple[str, int], CoverageRow] = {}
    for row in rows:
        key = (row.configuration, row.procedure_id)
        if row.in_force(at) and (key not in best or row.valid_until > best[key].valid_until):
            best[key] = row
    return best


def by_procedure(rows: Iterable[CoverageRow]) -> dict[int, list[CoverageRow]]:
    """The coverages of each procedure, in the order given."""
    found: dict[int, list[CoverageRow]] = defaultdict(list)
    for row in rows:
        found[row.procedure_id].append(row)
    return found
