"""What a reader hands out beside its inspections: what was measured over time, as a file to keep. Needs no pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol, runtime_checkable

from .canonical import Adapter, ParseContext

MOST_CELLS = 4_000_000
"""Numbers in one file: 200 channels of one second at 20 kHz."""


@dataclass(frozen=True, slots=True)
class TraceChannel:
    """One column of the file, by its name there."""

    column: str
    name: str
    unit: str
    status: str
    samples: int


@dataclass(frozen=True, slots=True)
class TraceFile:
    """The traces of one test: Parquet, which says of each column what it is. `external_id` is the inspection's."""

    external_id: str
    name: str
    content: bytes
    channels: tuple[TraceChannel, ...]


@runtime_checkable
class TracingAdapter(Adapter, Protocol):
    """A reader of a format that holds traces."""

    def traces(self, stream: BinaryIO, context: ParseContext) -> Iterator[TraceFile]:
        """The traces of each test in the file. Raises AdapterError, and nothing else."""
