"""Reads of the intake inbox and of landed files."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from ..adapters import registry
from ..results.models import Inspection
from .choices import KeptKind, KeptState, SubmissionState
from .models import Kept, Photograph, Submission, Trace

PATIENCE: Final = timedelta(seconds=30)
"""How long a landed file is left to the task that was queued for it before the sweep takes it."""
GIVEN_UP: Final = timedelta(minutes=2)
"""How long after a reader was heard of last another one takes the file over."""
TRACED_WITHIN: Final = timedelta(days=7)
"""How long after it was read a file is looked through for its traces; later it is left alone."""
WAITING_IS_LATE: Final = timedelta(hours=4)


def unread_submissions(*, at: datetime, limit: int = 100) -> list[int]:
    """The landed files that nobody has read by now, the oldest first."""
    rows = Submission.objects.filter(state=SubmissionState.LANDED, received_at__lte=at - PATIENCE)
    rows = rows.filter(Q(reading_at__isnull=True) | Q(reading_at__lte=at - GIVEN_UP))
    return list(rows.order_by("received_at", "pk").values_list("pk", flat=True)[:limit])


def untraced_submissions(*, at: datetime, limit: int = 100) -> list[int]:
    """The files that were read, of formats with traces, for which nobody has looked for them since: whoever read them
    was broken off in between. The oldest first, of the last week."""
    rows = Submission.objects.filter(
        adapter__in=registry.tracing(),
        traced_at=None,
        read_at__lte=at - GIVEN_UP,
        read_at__gt=at - TRACED_WITHIN,
    ).exclude(state=SubmissionState.LANDED)
    return list(rows.order_by("read_at", "pk").values_list("pk", flat=True)[:limit])


def open_inbox(*, at: datetime) -> QuerySet[Kept]:
    """What a person has to look at, the oldest first: all that is open, what waits only after four hours.

    Bodies are not read.
    """
    fresh = Kept.objects.filter(kind=KeptKind.WAITING, code="waiting", received_at__gt=at - WAITING_IS_LATE)
    return (
        Kept.objects.filter(state=KeptState.OPEN)
        .exclude(pk__in=fresh.values("pk"))
        .select_related("rig", "submission")
        .defer("body")
        .order_by("received_at", "pk")
    )


def kept_of_vehicle(vin: str) -> QuerySet[Kept]:
    """All that was ever kept under this VIN, the newest first; bodies are not read."""
    return Kept.objects.filter(vin=vin).select_related("rig").defer("body").order_by("-received_at", "-pk")


def traces_of(inspection: Inspection) -> list[Trace]:
    """What the file from which an inspection was read measured over time; nothing for one that came otherwise."""
    digest = (inspection.source or {}).get("sha256")
    if not digest:
        return []
    rows = Trace.objects.filter(
        submission__rig_id=inspection.rig_id, submission__sha256=digest, external_id=inspection.external_id
    )
    return list(rows.order_by("pk"))


def inspections_of_trace(trace: Trace) -> list[Inspection]:
    """The inspections that were recorded of the test that a trace belongs to, with their cars."""
    rows = Inspection.objects.filter(
        rig_id=trace.submission.rig_id, external_id=trace.external_id, source__sha256=trace.submission.sha256
    )
    return list(rows.select_related("vehicle").order_by("pk"))


def photographs_of(inspections: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The numbers of the photographs put with each of these inspections, as they were put there. One query; none where
    there is no inspection."""
    found: dict[int, tuple[int, ...]] = {}
    if inspections:
        rows = Photograph.objects.filter(inspection__in=inspections).order_by("pk")
        for inspection, number in rows.values_list("inspection_id", "pk"):
            found[inspection] = (*found.get(inspection, ()), number)
    return found
