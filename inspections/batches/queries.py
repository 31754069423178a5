"""Reads of batches and vehicles that no other room answers."""

from __future__ import annotations

from .models import Batch, Vehicle


def find_vehicle(vin: str) -> Vehicle | None:
    """The vehicle with its batch, configuration and pinned revision; None where it is not registered."""
    return (
        Vehicle.objects.select_related("batch__configuration", "batch__revision__plan").filter(vin=vin.upper()).first()
    )


def vehicles_by_tail(tail: str, limit: int = 20) -> list[Vehicle]:
    """The vehicles whose VIN ends so; with six characters the index answers."""
    return list(Vehicle.objects.select_related("batch").filter(vin__endswith=tail.upper()).order_by("-pk")[:limit])


def find_batch(number: str) -> Batch | None:
    return Batch.objects.select_related("configuration", "revision__plan").filter(number=number).first()
