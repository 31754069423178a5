"""A file of 200 MB takes the memory of a small one: each reader in a process of its own, whose peak is measured.

A part of it is read each time, 60 MB with INTERLOCK_LONG=1; what grows by the test would show in either.
"""

import io
import subprocess
import sys
import zipfile

import pytest

from inspections.adapters import registry
from inspections.adapters.canonical import AdapterError, ParseContext
from tests.adapters.reading_endless import FORMATS
from tests.depth import LONG

SIZE, MOST = (60_000_000, 64 * 1024 * 1024) if LONG else (2_000_000, 8 * 1024 * 1024)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_memory_stays_while_a_file_grows(name):
    told = subprocess.run(
        [sys.executable, "-m", "tests.adapters.reading_endless", name, str(SIZE)],
        capture_output=True, check=True, text=True, timeout=1800,
    )  # fmt: skip
    tests, size, grown = map(int, told.stdout.split())
    assert size >= SIZE
    assert tests > SIZE / (15_000 if name == "atml" else 3_000)
    assert grown < MOST


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_as_much_is_let_in(name):
    assert registry.most_bytes(registry.get(name)) >= 200_000_000


def test_a_zip_of_aqdef_is_held_in_memory_and_so_bounded_apart():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr("a.dfq", b"K0100 1\r\n" + b"K1001 x\r\n" * 2_000_000)
    packed.seek(0)
    with pytest.raises(AdapterError, match="at most 16777216"):
        list(registry.get("qdas").parse(packed, ParseContext(max_bytes=10**9)))
