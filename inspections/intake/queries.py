"""Reads of the intake inbox and of landed files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from .choices import KeptKind, KeptState, SubmissionState
from .models import Kept, Submission

PATIENCE: Final = timedelta(seconds=30)
"""How long a landed file is left to the task that was queued for it before the sweep takes it."""
WAITING_IS_LATE: Final = timedelta(hours=4)


def unread_submissions(*, at: datetime, limit: int = 100) -> list[int]:
    """The landed files that nobody has read by now, the oldest first."""
    rows = Submission.objects.filter(state=SubmissionState.LANDED, received_at__lte=at - PATIENCE)
    return list(rows.order_by("received_at", "pk").values_list("pk", flat=True)[:limit])


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
