"""Who reads a landed file, and since when.

A reader counts its attempt before it makes it, so that one that kills its worker counts too. A reader that began later
takes a file over: the one before it stops at its next act, so that however many read, each test is recorded once. Only
what nobody has tried is read together with others: a file that breaks its reader takes no other with it twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThan

from ..people.rules import Actor, ActorKind
from ..rigs.models import ProfileRevision
from .choices import SubmissionState
from .faulting import Earlier
from .models import Submission
from .naming import Said, said_of
from .queries import GIVEN_UP

FILES_TOGETHER: Final = 50
LARGEST_TOGETHER: Final = 512 * 1024
"""Bytes of a file that is read together with others, and of all of them sixteen times as many."""


@dataclass(slots=True)
class Turn:
    """One reading of a file. `number` tells it from those before and after, 0 where it is the first and another file's
    reader took it along; `stood` are ids that stand otherwise read before, met in it."""

    submission: Submission
    number: int
    at: datetime
    earlier: Earlier
    said: Said
    adapter: str = ""
    version: str = ""
    revision: ProfileRevision | None = None
    stood: frozenset[str] = field(default_factory=frozenset)

    @property
    def actor(self) -> Actor:
        rig = self.submission.rig
        return Actor(ActorKind.RIG, rig.pk, rig.code)

    def is_ours(self, row: Submission) -> bool:
        """Whether nobody else took the file over, by its row as it stands now."""
        return row.state == SubmissionState.LANDED and row.attempts == self.number


def locked(ids: Iterable[int]) -> list[Submission]:
    """The rows, locked in the order of their ids."""
    rows = Submission.objects.select_for_update(no_key=True, of=("self",)).select_related("rig")
    return list(rows.filter(pk__in=list(ids)).order_by("pk"))


@transaction.atomic
def begin_alone(submission_id: int, at: datetime) -> Turn | None:
    """Take a landed file, whoever reads it. None where it is not landed."""
    (row,) = locked([submission_id])
    if row.state != SubmissionState.LANDED:
        return None
    _take(row)
    return _turns([row], at)[0]


@transaction.atomic
def begin_together(submission_id: int, at: datetime) -> list[Turn]:
    """Take a landed file and, where nobody tried it yet, the small ones of its rig that nobody has in hand or tried,
    fifty in all, in the order in which they landed. None where it is not landed, or where another file's reader took
    it along and was heard of."""
    (row,) = locked([submission_id])
    if row.state != SubmissionState.LANDED or (row.attempts == 0 and _is_in_hand(row)):
        return []
    is_new = row.attempts == 0 and row.reading_at is None
    _take(row)
    rows = [row, *_taken_along(row)] if is_new and row.size <= LARGEST_TOGETHER else [row]
    return _turns(sorted(rows, key=lambda one: one.pk), at)


def _is_in_hand(row: Submission) -> bool:
    # A sign of life is no moment of the act: it is the database's clock that set it and tells how old it is.
    return row.reading_at is not None and _heard_of(Submission.objects.filter(pk=row.pk)).exists()


def _heard_of(rows: QuerySet[Submission]) -> QuerySet[Submission]:
    return rows.filter(GreaterThan(F("reading_at"), Now() - GIVEN_UP))


def _take(row: Submission) -> None:
    row.attempts += 1
    Submission.objects.filter(pk=row.pk).update(
        attempts=row.attempts, recorded=0, waiting=0, refused=0, reasons=[], reading_at=Now()
    )


def _taken_along(row: Submission) -> list[Submission]:
    rows = Submission.objects.select_for_update(no_key=True, of=("self",), skip_locked=True).filter(
        rig=row.rig_id, state=SubmissionState.LANDED, attempts=0, reading_at=None, size__lte=LARGEST_TOGETHER
    )
    taken, size = [], row.size
    for other in rows.exclude(pk=row.pk).order_by("pk")[: FILES_TOGETHER - 1]:
        size += other.size
        if size > 16 * LARGEST_TOGETHER:
            break
        other.rig = row.rig
        taken.append(other)
    if taken:
        Submission.objects.filter(pk__in=[other.pk for other in taken]).update(
            recorded=0, waiting=0, refused=0, reasons=[], reading_at=Now()
        )
    return taken


def note_alive(ids: Sequence[int]) -> None:
    """The readers of these files were heard of."""
    if ids:
        Submission.objects.filter(pk__in=ids).update(reading_at=Now())


def let_go(turns: Sequence[Turn]) -> None:
    """Give back files that nobody read: that says nothing of them, and counts as no attempt."""
    for turn in turns:
        rows = Submission.objects.filter(pk=turn.submission.pk, state=SubmissionState.LANDED, attempts=turn.number)
        rows.update(attempts=max(turn.number - 1, 0), reading_at=None)


def _turns(rows: Sequence[Submission], at: datetime) -> list[Turn]:
    """Two queries."""
    earlier, said = Earlier.of_each(rows), said_of(rows)
    return [Turn(row, row.attempts, at, earlier[row.pk], said[row.pk]) for row in rows]
