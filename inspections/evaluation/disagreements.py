"""Where a rig's own verdict and ours contradict each other, and nobody has reviewed it yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .entries import LIFTING
from .facts import Disposition, DispositionKind, Inspection, Measured
from .reasons import Outcome


@dataclass(frozen=True, slots=True)
class Disagreement:
    """`row` None: only the verdict of the whole inspection was claimed."""

    inspection: Inspection
    row: Measured | None
    claimed: Outcome
    judged: Outcome


def open_disagreements(inspection: Inspection) -> Iterator[Disagreement]:
    """The disagreements of one inspection, voided or not, that no engineer has reviewed.

    The rig says pass and we fail; or it says fail and we do not. The whole inspection is asked about only where its
    measurements do not already say what the rig meant.
    """
    for row in inspection.measurements:
        if row.claimed is not None and _contradicts(row.claimed, row) and not _reviewed(row.claimed, row.dispositions):
            yield Disagreement(inspection, row, row.claimed, row.outcome)
    if inspection.claimed is not None and _whole(inspection):
        yield Disagreement(inspection, None, inspection.claimed, inspection.verdict)


def _contradicts(claimed: Outcome, row: Measured) -> bool:
    if claimed is Outcome.PASS:
        return row.outcome is Outcome.FAIL
    return claimed is Outcome.FAIL and row.outcome is not Outcome.FAIL and not row.failed_ever


def _reviewed(claimed: Outcome, reviews: tuple[Disposition, ...]) -> bool:
    """A fail of ours that was disposed of was looked at with it; a rig's fail needs a review that says so."""
    kinds = {review.kind for review in reviews}
    if claimed is Outcome.PASS and kinds & LIFTING:
        return True
    return bool(kinds & {DispositionKind.OURS_STANDS, DispositionKind.TREAT_AS_FAIL})


def _whole(inspection: Inspection) -> bool:
    claimed = inspection.claimed
    if claimed is None or _reviewed(claimed, inspection.reviewed):
        return False
    rows = inspection.measurements
    if claimed is Outcome.PASS and inspection.verdict is Outcome.FAIL:
        fails = [row for row in rows if row.outcome is Outcome.FAIL]
        return not fails or not all(
            row.claimed is Outcome.PASS or _reviewed(claimed, row.dispositions) for row in fails
        )
    if claimed is Outcome.FAIL and inspection.verdict is not Outcome.FAIL:
        return not any(row.claimed is Outcome.FAIL and _contradicts(Outcome.FAIL, row) for row in rows)
    return False
