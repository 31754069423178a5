"""Files of traces read: ISO-MME, and MDF 4 where a Python with asammdf is named; megabytes a second, of processor time
where the reader works in this process and of the clock where it works in one of its own."""

from __future__ import annotations

import io
import math
import os
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from inspections.adapters import registry
from inspections.adapters.canonical import Adapter, ParseContext
from inspections.adapters.mdf4 import PROGRAM

from .figures import Figure, middle, spread

CHANNELS, SAMPLES = 12, 20_000
_MAKE = """
import sys
import numpy as np
from asammdf import MDF, Signal
times = np.arange(0, {samples} / 10_000, 0.0001)[:{samples}]
mdf = MDF(version="4.10")
mdf.append([Signal(np.sin(times * (at + 1)), times, unit="g", name=f"C{{at}}") for at in range({channels})])
mdf.save(sys.argv[1], overwrite=True)
"""


def measure_traces(rounds: int, say: Callable[[str], None]) -> list[Figure]:
    """A feature of every channel of one test, read again and again."""
    mme = iso_mme()
    size = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(mme)).infolist())
    features = [_feature(f"C{at}", f"1{at:X}HEAD0000H3ACXA") for at in range(CHANNELS)]
    figures = [_read(registry.get("iso_mme"), mme, size, features, rounds, time.process_time)]
    program = os.environ.get(PROGRAM)
    if program:
        made = mdf4(program)
        features = [_feature(f"C{at}", f"C{at}") for at in range(CHANNELS)]
        figures.append(_read(registry.get("mdf4"), made, len(made), features, rounds, time.monotonic))
    else:
        note = f"not measured: {PROGRAM} names no Python with asammdf (requirements-mdf4.txt)"
        figures.append(Figure("mdf4 read: MB/s", 0.0, note=note))
    for figure in figures:
        say(f"  {figure.what} {figure.found:.1f} {figure.note}".rstrip())
    return figures


def _feature(name: str, channel: str) -> dict[str, str]:
    return {"name": name, "kind": "absolute_maximum", "channel": channel}


def _read(
    adapter: Adapter, data: bytes, size: int, features: list[dict[str, str]], rounds: int, clock: Callable[[], float]
) -> Figure:
    context = ParseContext(max_bytes=registry.most_bytes(adapter), time_zone="UTC", options={"features": features})
    rates = []
    for turn in range(rounds + 1):
        begun = clock()
        tests = list(adapter.parse(io.BytesIO(data), context))
        seconds = clock() - begun
        if [len(test.items) for test in tests] != [CHANNELS]:
            raise RuntimeError(f"{adapter.name} found {[len(test.items) for test in tests]} features")
        if turn:  # the first makes it ready
            rates.append(size / 1_000_000 / seconds)
    note = f"{size / 1_000_000:.1f} MB unpacked, {CHANNELS} channels; {spread(rates)}".rstrip("; ")
    return Figure(f"{adapter.name} read: MB/s", middle(rates), note=note)


def iso_mme() -> bytes:
    """A zip of one test of as many channels as a dummy's head and chest have."""

    def lines(**pairs: object) -> str:
        return "".join(f"{key.replace('_', ' '):<28}:{value}\n" for key, value in pairs.items())

    codes = [f"1{at:X}HEAD0000H3ACXA" for at in range(CHANNELS)]
    named = {f"Name_of_channel_{at:03}": code for at, code in enumerate(codes, 1)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr("t.mme", lines(Test_number="T1", Date_of_the_test="2026-05-14", Time_of_the_test="10:00"))
        folder.writestr("Channel/t.chn", lines(Number_of_channels=CHANNELS, **named))
        for at, code in enumerate(codes, 1):
            head = lines(
                Channel_code=code, Unit="g", Reference_channel="implicit", Time_of_first_sample="-0.05",
                Sampling_interval="0.0001", Number_of_samples=SAMPLES, Data_source="transducer", Data_status="ok",
            )  # fmt: skip
            samples = "".join(f"{80 * math.sin(sample / (400 + at)):.6f}\n" for sample in range(SAMPLES))
            folder.writestr(f"Channel/t.{at:03}", head + samples)
    return packed.getvalue()


def mdf4(program: str) -> bytes:
    """A file of as many channels, made by the Python that reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.mf4"
        make = _MAKE.format(samples=SAMPLES, channels=CHANNELS)
        subprocess.run([program, "-c", make, str(path)], check=True, timeout=120)
        return path.read_bytes()
