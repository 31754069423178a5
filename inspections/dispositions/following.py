"""What stands against a car goes with it to another batch: holds in force and nonconformances that nobody answered."""

from __future__ import annotations

from ..batches.models import Batch, Vehicle
from .choices import NonconformanceState
from .models import Hold, Nonconformance


def follow_vehicle(*, vehicle: Vehicle, to: Batch) -> tuple[int, int]:
    """Let the car's open holds and nonconformances be of the batch in which the car now is: the database lets them go
    nowhere else. What has ended stays where it was. Returns how many of each. In the transaction of the move.
    """
    holds = Hold.objects.filter(vehicle=vehicle, lifted_at__isnull=True).update(batch=to)
    nonconformances = Nonconformance.objects.filter(vehicle=vehicle, state=NonconformanceState.OPEN).update(batch=to)
    return holds, nonconformances
