"""Decides what belongs to a batch itself in one domain: its plan, its coverage, its samples."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from .coverage import Covered, covered
from .decisions import detail_of, in_order, state_of
from .facts import BatchInput, GateDecision, Procedure, Reason, SampleRule
from .reasons import ReasonCode
from .sampling import PER_BATCH, Period, Sampled, sampled


def decide_batch(batch: BatchInput, *, at: datetime) -> GateDecision:
    """The state of a batch's own gate at the moment `at`, which is that of release when it is released.

    One reason at most for each code and procedure. `valid_until` is the first end (or, of one not yet valid, beginning)
    of a coverage, or moment at which a sample falls due. Never raises for facts whose times are aware.

    Coverage has to be valid at build and at release: of a batch that has left it is asked as of then, so that time
    alone changes nothing any more. One revoked since covers nothing.
    """
    asked_at = at if batch.left_at is None else min(at, batch.left_at)
    reasons: list[Reason] = []
    ends: list[datetime] = []
    if not batch.plan_approved:
        reasons.append(Reason(ReasonCode.PLAN_NOT_APPROVED))
    elif not batch.has_requirements:
        reasons.append(Reason(ReasonCode.NO_REQUIREMENTS))
    for procedure in batch.type_procedures:
        found = covered(procedure, batch, at=asked_at)
        if found.code is not None:
            reasons.append(_uncovered(procedure, found.code, found))
        if found.ends is not None and batch.left_at is None:
            ends.append(found.ends)
    for rule in batch.sample_rules:
        result = sampled(rule, batch, at=at)
        reasons += _sample_reasons(rule, result)
        if not result.short and result.next_due is not None:
            ends.append(result.next_due)
    ordered = in_order(reasons)
    return GateDecision(state_of(ordered, testing_closed=batch.testing_closed), ordered, min(ends, default=None))


def _uncovered(procedure: Procedure, code: ReasonCode, found: Covered) -> Reason:
    detail = [("procedure", procedure.code)]
    if found.software:
        carried = sorted(f"{claim.system} {claim.version}" for claim in found.software)
        detail.append(("software", ", ".join(carried)))
    named = found.named
    if named is not None:
        detail.append(("coverage", str(named.id)))
        if named.revoked_at is not None:
            detail += [("at", named.revoked_at.isoformat()), ("detail", named.revoked_reason)]
        else:
            detail += [("from", named.valid_from.isoformat()), ("at", named.valid_until.isoformat())]
    return Reason(code, detail=detail_of(detail), procedure_id=procedure.id)


def _sample_reasons(rule: SampleRule, result: Sampled) -> Iterator[Reason]:
    procedure = ("procedure", rule.procedure or str(rule.procedure_id))
    if result.short:
        detail = [procedure]
        if rule.basis == PER_BATCH:
            detail.append(("period", "batch"))
        elif result.period is not None:
            detail.append(("period", _period_text(result.period)))
        if result.next_due is not None:
            detail.append(("next_due", result.next_due.isoformat()))
        yield Reason(
            ReasonCode.SAMPLE_SHORT,
            found=str(result.conforming),
            required=str(result.required),
            detail=detail_of(detail),
            procedure_id=rule.procedure_id,
        )
    if result.rejected:
        first = result.rejected[0]
        told = [
            procedure,
            ("sample", first.subject),
            ("characteristic", first.characteristic),
            ("count", str(len(result.rejected))),
            ("rejected", str(first.id)),
            ("at", first.finished_at.isoformat()),
        ]
        yield Reason(ReasonCode.SAMPLE_REJECTED, detail=detail_of(told), procedure_id=rule.procedure_id)


def _period_text(period: Period) -> str:
    """A period as an ISO 8601 interval."""
    return "/".join(moment.isoformat(timespec="minutes") for moment in period)
