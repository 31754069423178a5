"""Channels over time as Parquet: the samples exactly as decimals, what the channels are in the metadata.

One column a channel, in the order of the file, as long as the longest; the rest and samples without a value are null.
The metadata of a column say code, name, unit, data status, number of samples, and its times: first and step in seconds,
or the column that holds them. The same channels give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import BytesIO

import pyarrow as pa
from pyarrow import parquet

from .canonical import AdapterError
from .isomme_channels import Channel, time_channel_of
from .isomme_text import Header
from .trace_files import MOST_CELLS, TraceChannel, TraceFile

_DIGITS = 38
"""What a decimal of Parquet holds; a channel that needs more becomes a column of texts."""


def write_traces(external_id: str, channels: Iterable[Channel], reader: str) -> TraceFile:
    """The channels of one test as one file; each may be forgotten once the next is asked for. Raises AdapterError for
    more numbers than one file takes."""
    columns: list[pa.Array] = []
    fields: list[pa.Field] = []
    summaries = []
    for number, channel in enumerate(channels, 1):
        name = f"{number:03} {channel.code}"
        columns.append(_column(channel.samples))
        fields.append(pa.field(name, columns[-1].type, metadata=_metadata(channel)))
        summaries.append(TraceChannel(name, channel.name, channel.unit or "", channel.status, len(channel.samples)))
        _check_size([len(column) for column in columns])
    longest = max((len(column) for column in columns), default=0)
    for at, column in enumerate(columns):
        columns[at] = pa.concat_arrays([column, pa.nulls(longest - len(column), column.type)])
    metadata = {"interlock.test": external_id, "interlock.reader": reader}
    table = pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=metadata))
    written = BytesIO()
    parquet.write_table(table, written, compression="zstd", use_dictionary=False, write_statistics=False)
    return TraceFile(external_id, f"{external_id}.parquet", written.getvalue(), tuple(summaries))


def _check_size(lengths: Sequence[int]) -> None:
    if max(lengths) * len(lengths) > MOST_CELLS:
        found = f"{len(lengths)} channels or more, of up to {max(lengths)} samples"
        raise AdapterError("channels", found, f"at most {MOST_CELLS} numbers in one trace")


def _column(samples: Sequence[Decimal | None]) -> pa.Array:
    whole = scale = 0
    for sample in samples:
        if sample is None:
            continue
        _sign, digits, exponent = sample.as_tuple()
        places = int(exponent)
        scale = max(scale, -places)
        whole = max(whole, len(digits) + places)
    if whole + scale > _DIGITS:
        return pa.array([None if sample is None else str(sample) for sample in samples], pa.string())
    return pa.array(samples, pa.decimal128(_DIGITS, scale))


def _metadata(channel: Channel) -> dict[str, str]:
    found = {
        "code": channel.code,
        "name": channel.name,
        "unit": channel.unit or "",
        "data_status": channel.status,
        "samples": str(len(channel.samples)),
    }
    times = time_channel_of(channel)
    if times is not None:
        return {**found, "time_channel": times}
    return {**found, **_interval(channel.header)}


def _interval(header: Header) -> dict[str, str]:
    return {
        "first_s": header.get("Time of first sample") or "",
        "step_s": header.get("Sampling interval") or "",
    }
