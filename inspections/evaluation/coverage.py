"""Type-level evidence: is a procedure covered, for the software that the cars carry, when they were built and now?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .facts import BatchInput, Coverage, Procedure, SoftwareClaim
from .reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class Covered:
    """Whether a procedure is covered. `ends`: when the first coverage relied on now ends.

    Where it is not covered, `code` says how, `named` is the coverage that came nearest, if any, and `ends` when time
    alone may change that: a coverage begins or ends.
    """

    code: ReasonCode | None
    ends: datetime | None = None
    named: Coverage | None = None
    software: tuple[SoftwareClaim, ...] = ()


def covered(procedure: Procedure, batch: BatchInput, *, at: datetime) -> Covered:
    """Whether every car of the batch is covered for a procedure, when it was built and at the moment `at`.

    Where the procedure names software systems, each set of versions that the cars carry needs a coverage that holds for
    these versions. Cars built over a time may lean on one coverage after another, without a gap between them.
    """
    own = [coverage for coverage in batch.coverages if coverage.procedure_id == procedure.id]
    ends: list[datetime] = []
    for carried in _software_sets(procedure, batch):
        fitting = [coverage for coverage in own if carried is None or _holds_for(coverage, procedure, carried)]
        valid = [coverage for coverage in fitting if coverage.revoked_at is None]
        now = _last_end(valid, at)
        if now is None or not _covers_building(valid, batch):
            return _uncovered(fitting, at, carried or ())
        ends.append(now)
    return Covered(None, min(ends))


def leans_on(coverage: Coverage, procedure: Procedure, batch: BatchInput, *, at: datetime) -> bool:
    """Whether the batch rests, or rested, on this one of its coverages: it holds for what some of its cars carry, and
    was valid at some moment since the first of them was built. Revoked or not."""
    since = at if batch.built_from is None else min(batch.built_from, at)
    if coverage.valid_from > at or coverage.valid_until <= since:
        return False
    return any(
        carried is None or _holds_for(coverage, procedure, carried) for carried in _software_sets(procedure, batch)
    )


def _software_sets(procedure: Procedure, batch: BatchInput) -> Sequence[tuple[SoftwareClaim, ...] | None]:
    """The sets of versions to be covered; None where software plays no part or no car exists yet."""
    if not procedure.software_systems or (batch.built_from is None and not batch.software):
        return [None]
    return batch.software or [()]


def _holds_for(coverage: Coverage, procedure: Procedure, carried: Iterable[SoftwareClaim]) -> bool:
    carried = list(carried)
    for system in procedure.software_systems:
        versions = {claim.version for claim in carried if claim.system == system}
        covered_versions = {claim.version for claim in coverage.software if claim.system == system}
        if not versions or not versions <= covered_versions:
            return False
    return True


def _last_end(coverages: Iterable[Coverage], moment: datetime) -> datetime | None:
    return max(
        (coverage.valid_until for coverage in coverages if coverage.valid_from <= moment < coverage.valid_until),
        default=None,
    )


def _covers_building(coverages: Sequence[Coverage], batch: BatchInput) -> bool:
    if batch.built_from is None or batch.built_until is None:
        return True
    moment = batch.built_from
    while True:
        end = _last_end(coverages, moment)
        if end is None:
            return False
        if end > batch.built_until:
            return True
        moment = end


def _uncovered(fitting: Sequence[Coverage], at: datetime, carried: tuple[SoftwareClaim, ...]) -> Covered:
    if not fitting:
        return Covered(ReasonCode.COVERAGE_MISSING, software=carried)
    nearest = max(fitting, key=lambda coverage: (coverage.valid_until, coverage.id))
    moments = [moment for coverage in fitting for moment in (coverage.valid_from, coverage.valid_until) if moment > at]
    code = ReasonCode.COVERAGE_MISSING
    if nearest.revoked_at is not None:
        code = ReasonCode.COVERAGE_REVOKED
    elif nearest.valid_until <= at:
        code = ReasonCode.COVERAGE_EXPIRED
    return Covered(code, min(moments, default=None), nearest, carried)
