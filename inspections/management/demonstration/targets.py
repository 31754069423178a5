"""Demonstration targets: a plant asked for 350,000 cars a year, and from the day of the demo on for 400,000.

The first begins the day before: the demo has built nothing earlier, and is asked for nothing earlier.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone

from ...batches.models import DeliveryTarget
from ...batches.services import set_target
from ...people.models import User
from ...people.rules import Actor

HOURS: Final = ("00:00-07:43", "08:00-15:43", "16:00-23:43")
"""Three shifts with a pause of 17 minutes each: 400,000 cars are one every 76 seconds of this time."""
WHY: Final = (
    (350_000, "Demonstration: what the plant was asked for at first."),
    (400_000, "Demonstration: the yearly target was raised."),
)


def ask(at: datetime) -> int:
    """Set the targets where none was ever set. Returns how many were set."""
    if DeliveryTarget.objects.exists():
        return 0
    owner = Actor.person(User.objects.get(username="owner"))
    today = timezone.localdate(at, timezone.get_default_timezone())
    seen: int | None = None
    first = max(date(today.year, 1, 1), today - timedelta(days=1))
    for (cars, reason), day in zip(WHY, (first, today), strict=True):
        seen = set_target(
            model=None,
            cars_per_year=cars,
            weekdays=range(1, 8),
            hours=HOURS,
            closed_days=[],
            effective_on=day,
            reason=reason,
            seen=seen,
            actor=owner,
            at=at,
            demonstration=True,
        ).pk
    return len(WHY)
