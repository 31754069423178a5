"""How much the disk holds for each measurement: every table and index, whatever it is for."""

from __future__ import annotations

from collections.abc import Callable

from .figures import Figure
from .stage import Stage


def measure_storage(
    stage: Stage, name: str, how: str, target: float | None, say: Callable[[str], None]
) -> list[Figure]:
    """All of the database's tables, indexes and overflow, over its measurements; nothing is subtracted."""
    with stage.connect(name) as connection:
        rows = connection.execute(
            "select relname, pg_table_size(oid), pg_indexes_size(oid) from pg_class"
            " where relkind = 'r' and relnamespace = 'public'::regnamespace order by pg_total_relation_size(oid) desc"
        ).fetchall()
        count = connection.execute("select count(*) from inspections_measurement").fetchone()
    measured = int(str(count[0]))  # type: ignore[index]
    sizes = [(str(name), int(str(table)), int(str(indexes))) for name, table, indexes in rows]
    for table, heap, indexes in sizes[:8]:
        say(f"  {table.removeprefix('inspections_'):<16} {heap / measured:6.1f} + indexes {indexes / measured:6.1f}")
    whole = sum(heap + indexes for _, heap, indexes in sizes)
    note = f"{measured:,} measurements, {whole / 2**20:,.0f} MiB"
    return [Figure(f"bytes on disk for each measurement, {how}", whole / measured, target, at_most=True, note=note)]
