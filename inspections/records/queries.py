"""Reads of the ledger, newest first unless they say otherwise."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from .models import LedgerEntry


def entries_of(
    *,
    subject_kind: str,
    subject: str,
    before: tuple[datetime, int],
    most: int,
    without: Collection[str] = (),
    oldest_first: bool = False,
) -> list[LedgerEntry]:
    """Acts on one subject, older than the moment and number of `before`; or `oldest_first`, and then newer than it.
    One query."""
    at, number = before
    rows = LedgerEntry.objects.filter(subject_kind=subject_kind, subject=subject).exclude(act__in=without)
    if oldest_first:
        return list(rows.filter(at__gte=at).exclude(at=at, id__lte=number).order_by("at", "id")[:most])
    return list(rows.filter(at__lte=at).exclude(at=at, id__gte=number).order_by("-at", "-id")[:most])


def entries_of_batch(*, batch: str, before: int | None, most: int, without: Collection[str] = ()) -> list[LedgerEntry]:
    """Acts on a batch and on what is in it, below the number `before`. One query."""
    rows = LedgerEntry.objects.filter(batch=batch).exclude(act__in=without)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:most])
