"""What an address names, or the answer that there is no such thing."""

from __future__ import annotations

from django.http import Http404

from ...batches.models import Batch, Vehicle
from ...batches.rules import is_vin


def batch_named(number: str) -> Batch:
    """Raises Http404."""
    batch = (
        Batch.objects.select_related("configuration").filter(number=number).first() if number.isprintable() else None
    )
    if batch is None:
        raise Http404(f"There is no batch {number[:64]!a}.")
    return batch


def vehicle_named(vin: str) -> Vehicle:
    """Raises Http404."""
    vehicle = Vehicle.objects.select_related("batch").filter(vin=vin).first() if is_vin(vin) else None
    if vehicle is None:
        raise Http404(f"No vehicle {vin[:64]!a} is registered.")
    return vehicle
