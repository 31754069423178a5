"""Reads of the ledger, newest first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from .models import LedgerEntry


def entries_of(
    *, subject_kind: str, subject: str, before: tuple[datetime, int], most: int, without: Collection[str] = ()
) -> list[LedgerEntry]:
    """Acts on one subject, older than the moment and number of `before`. One query."""
    at, number = before
    rows = LedgerEntry.objects.filter(subject_kind=subject_kind, subject=subject, at__lte=at).exclude(act__in=without)
    return list(rows.exclude(at=at, id__gte=number).order_by("-at", "-id")[:most])


def entries_of_batch(*, batch: str, before: int | None, most: int, without: Collection[str] = ()) -> list[LedgerEntry]:
    """Acts on a batch and on what is in it, below the number `before`. One query."""
    rows = LedgerEntry.objects.filter(batch=batch).exclude(act__in=without)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:most])
