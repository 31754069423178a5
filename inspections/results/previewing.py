"""What recording would say of an inspection, without recording it: the same judge, on the same plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from ..marks.trips import run_together
from .judging import JudgedInspection, Judges, judge_of, judge_posted
from .posted import PostedInspection
from .procedures import procedures_read, reading_unknown
from .subjects import Subject, key_of, read_subjects


@dataclass(frozen=True, slots=True)
class Previewed:
    """`subject` None: nobody registered it yet, so that nothing judges it; `judged` None then."""

    subject: Subject | None
    judged: JudgedInspection | None


def preview_inspections(items: Sequence[PostedInspection]) -> list[Previewed]:
    """How each would be judged if it were recorded now. Locks, stores and marks nothing. Two trips and the plans'."""
    if not items:
        return []
    procedures = procedures_read({}, chain.from_iterable(run_together(*reading_unknown(items, {}))))
    subjects = read_subjects([key_of(posted) for posted in items])
    judges: Judges = {}
    found = []
    for posted in items:
        procedure, subject = procedures.get(posted.procedure), subjects.get(key_of(posted))
        if procedure is None or subject is None:
            found.append(Previewed(subject, None))
        else:
            found.append(
                Previewed(subject, judge_posted(posted, procedure, subject, judge_of(procedure, subject, judges)))
            )
    return found
