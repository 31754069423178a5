"""Measurement data in ASAM MDF 4, as vehicle loggers, battery rigs and test tracks write it. One file is one test.

It is read by asammdf in a process of its own (`mdf4_child`), with a Python that has it: INTERLOCK_MDF4 in the
environment names that Python, an environment of requirements-mdf4.txt. Features of channels are named by the profile as
for ISO-MME (`feature_options`; a channel by its name). `serial` there is the header's property with the unit's serial
or VIN, `external_id` the one with the test's own number; without it the number is that of the file's content.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from .canonical import AdapterError, CanonicalInspection, ParseContext
from .child import Limits, read_by_child
from .feature_options import feature_faults, read_features
from .strict_json import shown

PROGRAM = "INTERLOCK_MDF4"
_MAGIC, _UNFINISHED = b"MDF     ", b"UnFinMF "
_TEXTS = ("serial", "external_id")
_LIMITS = Limits(memory=1536 * 1024 * 1024, seconds=300, silence=300)
"""Addresses, not memory: numpy and its like map several hundred megabytes that they never touch."""


class Mdf4Adapter:
    """Reads MDF 4 where asammdf is installed. Stateless; one instance serves all."""

    name = "mdf4"
    version = "1"

    def sniff(self, head: bytes, name: str) -> float:
        """By the first eight bytes. A file that was never finalised is claimed too, to be told so."""
        return 1.0 if head[:8] in (_MAGIC, _UNFINISHED) else 0.0

    def parse(self, stream: BinaryIO, context: ParseContext) -> Iterator[CanonicalInspection]:
        """The one test in the file."""
        read_features(context.options)
        for pointer, what in self.option_faults(context.options):
            raise AdapterError(f"options of the profile, {pointer}", what, "options as the reader's guide says")
        head = stream.read(16)
        if head[:8] == _UNFINISHED:
            raise AdapterError("byte 0", "a file that was never finalised (UnFinMF)", "a whole file: finalise it first")
        if head[:8] != _MAGIC:
            raise AdapterError("byte 0", shown(head[:8].decode("latin-1")), "MDF, the mark of a measurement data file")
        if head[8:10] != b"4.":
            raise AdapterError("byte 8", f"version {shown(head[8:16].decode('latin-1').strip())}", "version 4")
        program = os.environ.get(PROGRAM)
        if not program:
            raise AdapterError(
                "reader",
                "MDF 4, which needs asammdf",
                f"an environment of requirements-mdf4.txt (python -m venv DIR && DIR/bin/pip install -r "
                f"requirements-mdf4.txt) and its DIR/bin/python in {PROGRAM}",
            )
        return read_by_child([program, "-s", "-m", "inspections.adapters.mdf4_child"], stream, context, _LIMITS)

    def option_faults(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """As `feature_options` says, and `serial` and `external_id`, texts."""
        yield from feature_faults(options)
        for key, value in options.items():
            if key not in ("features", *_TEXTS):
                yield f"/{key}", f"an option that this reader does not know; known are features, {', '.join(_TEXTS)}"
            elif key in _TEXTS and (not isinstance(value, str) or not value.strip()):
                yield f"/{key}", f"{shown(value)}; the name of a property in the file's header is expected"
