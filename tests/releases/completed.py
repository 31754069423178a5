"""How a batch stands at its end, what keeps it and what the ledger says of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from inspections.batches.models import Batch
from inspections.gates.keeping import Keeps, what_keeps
from inspections.records.models import LedgerEntry
from tests.factories import AT, Plant, changed_value

LATER = AT + timedelta(hours=3)
WHY = "seen on the line"
CARRIES = [("ADAS", "4.10"), ("BMS", "2.0")]


def status(batch: Batch) -> str:
    batch.refresh_from_db()
    return batch.status


def acts(batch: Batch, *names: str) -> list[str]:
    """What the ledger tells of the batch itself, in order; of these acts alone, where some are named."""
    rows = LedgerEntry.objects.filter(subject_kind="batch", subject=batch.number).order_by("pk")
    return [row.act for row in rows if row.act.startswith("batch.") and (not names or row.act in names)]


def keeps(batch: Batch, at: Any = AT) -> dict[Keeps, int]:
    return {found.what: found.count for found in what_keeps(batch_ids=[batch.pk], at=at)[batch.pk]}


def failing(plant: Plant, **changed: Any) -> Any:
    """A squib far beyond its limit."""
    return plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "9.9"), **changed)
