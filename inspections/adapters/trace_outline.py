"""A channel of a kept trace in a few spans of time, each with its extremes: enough to draw it, and exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from .canonical import AdapterError
from .strict_json import shown


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last sample of the span: in seconds, or in numbers of samples where no time is known.
    Extremes are None where no sample of it has a value."""

    begin: Decimal
    end: Decimal
    low: Decimal | None
    high: Decimal | None
    samples: int


@dataclass(frozen=True, slots=True)
class Outline:
    """`timed`: the spans are in seconds."""

    spans: tuple[Span, ...]
    timed: bool


def read_outline(content: bytes, column: str, most: int) -> Outline:
    """The samples of one column in at most so many spans. Raises AdapterError for what is no trace of this column."""
    try:
        table = parquet.ParquetFile(BytesIO(content))
        fields = {field.name: field for field in table.schema_arrow}
        if column not in fields:
            raise AdapterError("trace", f"no channel {shown(column)}", "one of its channels")
        own = _words(fields[column])
        count = int(own.get("samples", "0"))
        values = _whole(table.read([column]).column(0)).slice(0, count)
        times = _times_of(own, fields, table, count)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise AdapterError("trace", shown(str(error)), "Parquet as it was kept") from error
    width = max(1, -(-count // most))
    spans = []
    for begin in range(0, count, width):
        end = min(count, begin + width)
        part = values.slice(begin, end - begin)
        low, high = _extremes(part)
        edges = (Decimal(begin), Decimal(end - 1)) if times is None else (times[begin], times[end - 1])
        spans.append(Span(*edges, low, high, end - begin))
    return Outline(tuple(spans), times is not None)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()


def _words(field: pa.Field) -> Mapping[str, str]:
    return {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}


def _extremes(part: pa.Array) -> tuple[Decimal | None, Decimal | None]:
    if pa.types.is_string(part.type):
        numbers = [Decimal(text) for text in part.to_pylist() if text is not None]
        return min(numbers, default=None), max(numbers, default=None)
    found = pc.min_max(part).as_py()
    return found["min"], found["max"]


def _times_of(
    own: Mapping[str, str], fields: Mapping[str, pa.Field], table: parquet.ParquetFile, count: int
) -> Sequence[Decimal] | None:
    """The seconds of each sample; None where they are not known."""
    code = own.get("time_channel")
    if code is None:
        try:
            first, step = Decimal(own.get("first_s", "")), Decimal(own.get("step_s", ""))
        except InvalidOperation:
            return None
        return [first + step * place for place in range(count)]
    column = next((name for name, field in fields.items() if _words(field).get("code") == code), None)
    if column is None or _words(fields[column]).get("unit") != "s":
        return None
    times = _whole(table.read([column]).column(0)).slice(0, count).to_pylist()
    whole = [Decimal(time) for time in times if time is not None]
    return whole if len(whole) == count else None
