"""Which measurement counts, and which fails block: for one characteristic (or any-of group) at one position.

Everything is ordered by when a test finished; when it arrived plays no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from .entries import Entry
from .reasons import Outcome, ReasonCode


def counting_entry(entries: Iterable[Entry]) -> Entry | None:
    """The latest result by `finished_at`, admissible or not; on a tie the worse. What was voided never counts."""
    valid = [entry for entry in entries if not entry.inspection.voided]
    if len(valid) == 1:
        return valid[0]
    return max(valid, key=lambda entry: (entry.inspection.finished_at, entry.rank, entry.identity), default=None)


def blocking_fails(entries: Sequence[Entry], repeats: int) -> list[Entry]:
    """The fails that block: undisposed, voided or not, and not excused by one of the `repeats` allowed after them."""
    return [entry for entry in entries if entry.blocks and not _excused(entry, entries, _allowed(entry, repeats))]


def _allowed(fail: Entry, repeats: int) -> int:
    """How many repeats count for a fail: no more than any revision allowed that failed the car for it."""
    return repeats if fail.before is None else min(repeats, fail.before)


def unexplained_repeats(entries: Sequence[Entry], repeats: int) -> int:
    """How often an undisposed fail was repeated, where that is more than the `repeats` allowed; else 0.

    Where none is allowed the undisposed fail itself blocks, and no count of repeats is held against it.
    """
    if repeats <= 0:
        return 0
    most = max((len(_repeats_of(entry, entries)) for entry in entries if entry.blocks), default=0)
    return most if most > repeats else 0


def reworked_at(entries: Iterable[Entry]) -> datetime | None:
    """When the latest rework that disposed of one of these fails was done: what counts must finish after it."""
    return max((entry.reworked_at for entry in entries if entry.reworked_at is not None), default=None)


def _excused(fail: Entry, entries: Sequence[Entry], repeats: int) -> bool:
    """Whether one of the first repeats of a fail passed, and nothing failed with the first pass or later.

    What failed later counts whether disposed of or not. The first pass is the first that was judged one: that it turns
    out inadmissible must not excuse a fail which came after it.
    """
    if repeats <= 0:
        return False
    tried = _repeats_of(fail, entries)
    if fail.old or not tried or len(tried) > repeats or not _passed(tried[-1]):
        return False
    passed_at = min(entry.inspection.finished_at for entry in tried if entry.outcome is Outcome.PASS)
    return not any(entry.failing and entry.inspection.finished_at >= passed_at for entry in _standing(entries))


def _repeats_of(fail: Entry, entries: Sequence[Entry]) -> list[Entry]:
    """The repeats of a fail: what finished after it, up to and with the first pass. After a pass nothing repeats."""
    later = sorted(
        (entry for entry in _standing(entries) if entry.inspection.finished_at > fail.inspection.finished_at),
        key=lambda entry: (entry.inspection.finished_at, -entry.rank, entry.identity),
    )
    repeated = []
    for entry in later:
        repeated.append(entry)
        if _passed(entry):
            break
    return repeated


def _standing(entries: Iterable[Entry]) -> list[Entry]:
    """All but what was voided and is no open fail: it is as if it had not been measured on this car."""
    return [entry for entry in entries if entry.blocks or not entry.inspection.voided]


def _passed(entry: Entry) -> bool:
    """Whether a repeat passed when it was made: a change of the car since then makes it stale, not a failed try."""
    return entry.outcome is Outcome.PASS and all(
        problem.code is ReasonCode.EVIDENCE_STALE for problem in entry.problems
    )
