"""One more result in a batch of a hundred cars and in one of thousands: the time and the rows that it takes."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from .figures import Figure, middle, spread
from .line import PROCEDURES, Plant, inspection
from .stage import database


@dataclass
class Batch:
    """A batch in a database of its own, and what deciding it took."""

    database: str
    vins: Sequence[str]
    milliseconds: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    tables: Counter[str] = field(default_factory=Counter)
    posted: int = 0


def measure_deciding(
    plant: Plant, small: Batch, large: Batch, rounds: int, each: int, say: Callable[[str], None]
) -> list[Figure]:
    """Turn by turn in either, so that both meet the same machine."""
    chance = random.Random(3)
    for batch in (small, large):
        _decide_some(plant, batch, chance, each)
        batch.milliseconds.clear()
        batch.rows.clear()
        batch.tables.clear()
    growth = []
    for _ in range(rounds):
        for batch in (small, large):
            _decide_some(plant, batch, chance, each)
        growth.append(middle(large.milliseconds[-each:]) / middle(small.milliseconds[-each:]))
    of = f"{len(small.vins):,} to {len(large.vins):,} cars"
    rows = middle(large.rows) / middle(small.rows)
    say(f"  rows read: small {_most_read(small)}; large {_most_read(large)}")
    counts = f"{middle(small.rows):.0f} rows to {middle(large.rows):.0f}, {of}"
    return [
        Figure("deciding after one more result, small batch: ms", middle(small.milliseconds)),
        Figure("deciding after one more result, large batch: ms", middle(large.milliseconds)),
        Figure("growth in time", middle(growth), 1.5, below=True, note=f"{spread(growth)}, {of}"),
        Figure("growth in rows read", rows, 1.5, below=True, note=counts),
    ]


def _decide_some(plant: Plant, batch: Batch, chance: random.Random, count: int) -> None:
    from inspections.gates.services import decide_batch
    from inspections.results.decoding import decode_inspection
    from inspections.results.services import record_inspection
    from inspections.rigs.models import Rig
    from tests.factories import rig_actor

    with database(batch.database):
        from inspections.batches.models import Batch as BatchRow

        rig, row = Rig.objects.order_by("pk")[0], BatchRow.objects.get()
        for _ in range(count):
            batch.posted += 1
            vin, procedure = chance.choice(batch.vins), chance.choice(PROCEDURES)
            body = inspection(plant, chance, f"again-{batch.posted}", vin, procedure)
            at = plant.at + timedelta(seconds=batch.posted)
            record_inspection(posted=decode_inspection(body), rig=rig, actor=rig_actor(rig), at=at)
            before = _rows_read()
            begun = time.perf_counter()
            consumed = decide_batch(batch_id=row.pk, at=at)
            batch.milliseconds.append(1000 * (time.perf_counter() - begun))
            if not consumed:
                raise RuntimeError("nothing was marked, so nothing was decided")
            read = _rows_read()
            read.subtract(before)
            batch.rows.append(read.total())
            batch.tables.update(read)


def _rows_read() -> Counter[str]:
    """Rows that statements fetched from each table of ours, by scan or by index, as the server counts them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_force_next_flush()")
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute(
            "select relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables"
        )
        return Counter(dict(cursor.fetchall()))


def _most_read(batch: Batch) -> str:
    most = [(name.removeprefix("inspections_"), count / len(batch.rows)) for name, count in batch.tables.most_common(4)]
    return ", ".join(f"{name} {count:.0f}" for name, count in most)
