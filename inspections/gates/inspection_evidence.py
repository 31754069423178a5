"""Gathers the inspections that count for vehicles: their own and those of the components now fitted in them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ..catalogue.queries import requirements_of
from ..evaluation import facts
from ..evaluation.judging import critical
from ..evaluation.reasons import JudgementReason, Outcome
from ..results.fields import NUMBER, RAW
from .reading import read_rows

_INSPECTIONS = """
select i.id, i.vehicle_id, i.component_id, i.procedure_id, r.code, i.finished_at, i.recorded_at, i.revision_id,
       i.verdict, i.claimed, i.software, v.id is not null
from inspections_inspection i
join inspections_rig r on r.id = i.rig_id
left join inspections_void v on v.inspection_id = i.id
where i.{subject} = any(%s) and i.procedure_id = any(%s)
"""


def collect_inspections(
    vehicle_ids: list[int],
    fitted: Mapping[int, dict[int, tuple[str, str]]],
    procedure_ids: list[int],
    pinned: int | None,
) -> dict[int, list[facts.Inspection]]:
    vehicle_of = {component: vehicle for vehicle, parts in fitted.items() for component in parts}
    rows = read_rows(_INSPECTIONS.format(subject="vehicle_id"), vehicle_ids, procedure_ids)
    if vehicle_of:
        rows += read_rows(_INSPECTIONS.format(subject="component_id"), sorted(vehicle_of), procedure_ids)
    judged = _judgements([row[0] for row in rows])
    disposed = _dispositions([row[0] for row in rows])
    measured = _measurements({row[0]: row[7] for row in rows}, pinned, judged, disposed)
    found: dict[int, list[facts.Inspection]] = defaultdict(list)
    for row in rows:
        inspection_id, vehicle_id, component_id, procedure_id, rig, finished_at, recorded_at, revision_id = row[:8]
        verdict, claimed, software, voided = row[8:]
        owner = vehicle_id if vehicle_id is not None else vehicle_of[component_id]
        if revision_id != pinned:
            verdict = _judged_now(judged, inspection_id, -1, pinned)[0]
        found[owner].append(
            facts.Inspection(
                id=inspection_id,
                procedure_id=procedure_id,
                rig=rig,
                finished_at=finished_at,
                recorded_at=recorded_at,
                measurements=tuple(measured[inspection_id]),
                software=tuple(facts.SoftwareClaim(item["system"], item["version"]) for item in _json(software)),
                voided=voided,
                claimed=None if claimed is None else Outcome(claimed),
                verdict=Outcome(verdict),
                reviewed=tuple(disposed.get((inspection_id, -1), ())),
                component="" if component_id is None else " ".join(fitted[owner][component_id]),
            )
        )
    return found


def _json(value: Any) -> Iterable[dict[str, str]]:
    # Under Django a raw statement hands jsonb over as text.
    return (json.loads(value) if isinstance(value, str) else value) or ()


Judged = dict[tuple[int, int], dict[int, tuple[int, int, int | None]]]


def _judgements(inspection_ids: list[int]) -> Judged:
    """Judgements made after recording: (inspection, ordinal) to revision to (outcome, reason, requirement)."""
    judged: Judged = defaultdict(dict)
    for inspection_id, ordinal, revision_id, outcome, reason, requirement_id in read_rows(
        "select inspection_id, ordinal, revision_id, outcome, reason, requirement_id from inspections_judgement"
        " where inspection_id = any(%s)",
        inspection_ids,
    ):
        judged[inspection_id, ordinal][revision_id] = (outcome, reason, requirement_id)
    return judged


def _judged_now(judged: Judged, inspection_id: int, ordinal: int, pinned: int | None) -> tuple[int, int, int | None]:
    """What stands on the pinned revision. Nothing judged on it is no plan, never the verdict of another revision."""
    nothing = (int(Outcome.NOT_JUDGED), int(JudgementReason.NO_PLAN), None)
    rows = judged.get((inspection_id, ordinal))
    return nothing if rows is None or pinned is None else rows.get(pinned, nothing)


def _measurements(
    revisions: Mapping[int, int | None],
    pinned: int | None,
    judged: Judged,
    disposed: Mapping[tuple[int, int], list[facts.Disposition]],
) -> dict[int, list[facts.Measured]]:
    rows = read_rows(
        "select m.inspection_id, m.ordinal, m.characteristic_id, m.position, m.outcome, m.reason, m.requirement_id,"  # noqa: S608
        # RAW is a constant.
        f" nullif(m.claimed, -1), {NUMBER}, {RAW}, m.unit, c.kind from inspections_measurement m"
        " left join inspections_characteristic c on c.id = m.characteristic_id where m.inspection_id = any(%s)",
        list(revisions),
    )
    before = _failed_before(rows, revisions, pinned, judged)
    measured: dict[int, list[facts.Measured]] = defaultdict(list)
    for inspection_id, ordinal, characteristic_id, position, outcome, reason, requirement_id, claimed, *shown in rows:
        value, raw, unit, kind = shown
        later = judged.get((inspection_id, ordinal), {})
        failed_ever = outcome == Outcome.FAIL or any(row[0] == Outcome.FAIL for row in later.values())
        if revisions[inspection_id] != pinned:
            outcome, reason, requirement_id = _judged_now(judged, inspection_id, ordinal, pinned)
        measured[inspection_id].append(
            facts.Measured(
                ordinal=ordinal,
                characteristic_id=characteristic_id,
                position=position,
                outcome=Outcome(outcome),
                reason=JudgementReason(reason),
                requirement_id=requirement_id,
                failed_ever=failed_ever,
                failed_before=before.get((inspection_id, ordinal)),
                claimed=None if claimed is None else Outcome(claimed),
                dispositions=tuple(disposed.get((inspection_id, ordinal), ())),
                found=value_text(value, raw, unit),
                kind=facts.Kind(kind or facts.Kind.VARIABLE),
                unit=unit or "",
            )
        )
    return measured


def _failed_before(
    rows: list[tuple[Any, ...]], revisions: Mapping[int, int | None], pinned: int | None, judged: Judged
) -> dict[tuple[int, int], int]:
    """Which measurements failed their subject under a revision that binds it no more, with the fewest repeats that one
    of those allowed. The fail of a member counts where no other member of its group passed then, as it did then."""
    said: dict[tuple[int, int], list[tuple[int, str, int, int | None]]] = defaultdict(list)
    failing: set[tuple[int, int]] = set()
    for inspection_id, ordinal, _, position, outcome, _, requirement_id, *_ in rows:
        verdicts = {revision: (row[0], row[2]) for revision, row in judged.get((inspection_id, ordinal), {}).items()}
        recorded = revisions[inspection_id]
        if recorded is not None:
            verdicts[recorded] = (outcome, requirement_id)
        for revision, (found, line_id) in verdicts.items():
            if revision != pinned:
                said[inspection_id, revision].append((ordinal, position, found, line_id))
                if found == Outcome.FAIL:
                    failing.add((inspection_id, revision))
    failed: dict[tuple[int, int], int] = {}
    for inspection_id, revision in sorted(failing):
        for ordinal, repeats in _failed_under(revision, said[inspection_id, revision]):
            failed[inspection_id, ordinal] = min(repeats, failed.get((inspection_id, ordinal), repeats))
    return failed


def _failed_under(revision_id: int, said: Iterable[tuple[int, str, int, int | None]]) -> Iterable[tuple[int, int]]:
    """The ordinals of one inspection that failed its subject under a revision, each with the repeats allowed there."""
    lines = {line.id: line for line in requirements_of(revision_id)}
    listed = [(ordinal, position, outcome, lines.get(line_id or 0)) for ordinal, position, outcome, line_id in said]
    excused = {
        (line.group, position)
        for _, position, outcome, line in listed
        if outcome == Outcome.PASS and line is not None and line.group is not None
    }
    for ordinal, position, outcome, line in listed:
        if outcome != Outcome.FAIL or (line is not None and (line.group, position) in excused):
            continue
        asking = None if line is None else lines.get(line.group or 0, line)
        free = asking is not None and line is not None and not critical(line) and not critical(asking)
        yield ordinal, asking.repeats if free and asking is not None else 0


def value_text(value: Decimal | None, raw: str | None, unit: str | None) -> str:
    """A value as it was written, with its unit; "" for none and for blanks, which say nothing."""
    written = format(value, "f") if value is not None else (raw or "")
    if not written.strip():
        return ""
    return f"{written} {unit}" if unit else written


def _dispositions(inspection_ids: list[int]) -> dict[tuple[int, int], list[facts.Disposition]]:
    disposed: dict[tuple[int, int], list[facts.Disposition]] = defaultdict(list)
    for row_id, inspection_id, ordinal, kind, done_at in read_rows(
        "select id, inspection_id, ordinal, kind, done_at from inspections_disposition where inspection_id = any(%s)",
        inspection_ids,
    ):
        disposed[inspection_id, ordinal].append(facts.Disposition(row_id, facts.DispositionKind(kind), done_at))
    return disposed
