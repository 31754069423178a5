"""Reads of batches and vehicles that no other room answers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Right

from .choices import BatchStatus
from .models import Batch, Fitting, Vehicle

TAIL = 6
"""By the last six characters of its VIN people know a car."""


def find_vehicle(vin: str) -> Vehicle | None:
    """The vehicle with its batch, configuration and pinned revision; None where it is not registered."""
    return (
        Vehicle.objects.select_related("batch__configuration", "batch__revision__plan").filter(vin=vin.upper()).first()
    )


def vehicles_by_tail(tail: str, limit: int = 20) -> list[Vehicle]:
    """The vehicles whose VIN ends so, newest first. From six characters on the index answers."""
    text = tail.upper()
    rows = Vehicle.objects.select_related("batch").filter(vin__endswith=text)
    if len(text) >= TAIL:
        rows = rows.alias(tail=Right("vin", TAIL)).filter(tail=text[-TAIL:])
    return list(rows.order_by("-pk")[:limit])


def find_batch(number: str) -> Batch | None:
    return Batch.objects.select_related("configuration", "revision__plan").filter(number=number).first()


def batches_on_line(most: int) -> list[int]:
    """Ids of the batches that have not left, newest first. One query."""
    rows = Batch.objects.exclude(status=BatchStatus.COMPLETED).order_by("-opened_at", "-pk")
    return list(rows.values_list("pk", flat=True)[:most])


def batch_numbers(ids: Collection[int]) -> dict[int, str]:
    """The numbers of batches by id. One query."""
    return dict(Batch.objects.filter(pk__in=ids).values_list("pk", "number"))


def batch_ids(*, status: str, text: str, before: tuple[datetime, int] | None, most: int) -> list[tuple[datetime, int]]:
    """When batches were opened and their ids, newest first: of one status ("" for all), with `text` in the number,
    opened before the moment and id of `before`. One query."""
    rows = Batch.objects.all()
    if status:
        rows = rows.filter(status=status)
    if text:
        rows = rows.filter(number__icontains=text)
    if before is not None:
        rows = rows.filter(Q(opened_at__lt=before[0]) | Q(opened_at=before[0], pk__lt=before[1]))
    return list(rows.order_by("-opened_at", "-pk").values_list("opened_at", "pk")[:most])


def count_batches(*, status: str, text: str) -> int:
    rows = Batch.objects.filter(status=status) if status else Batch.objects.all()
    return rows.filter(number__icontains=text).count() if text else rows.count()


def batches_with_code(text: str, limit: int = 20) -> list[Batch]:
    """The batches whose number holds the text, newest first. One query."""
    return list(Batch.objects.filter(number__icontains=text).order_by("-opened_at", "-pk")[:limit])


def vehicles_with_part(serial: str, limit: int = 20) -> list[tuple[Vehicle, str]]:
    """Vehicles in which a component of that serial number is or was fitted, with its kind. One query."""
    rows = (
        Fitting.objects.filter(component__serial=serial)
        .select_related("vehicle__batch", "component")
        .order_by("vehicle_id", "-at")
        .distinct("vehicle_id")[:limit]
    )
    return [(row.vehicle, row.component.kind) for row in rows]


def sequences_of(vins: Collection[str]) -> dict[str, int]:
    """Numbers in build order by VIN. One query."""
    return dict(Vehicle.objects.filter(vin__in=vins).values_list("vin", "sequence"))
