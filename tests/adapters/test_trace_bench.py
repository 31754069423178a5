"""The bench of traces makes files that the readers take, and says so where MDF 4 cannot be measured."""

import os

import pytest

from inspections.adapters.mdf4 import PROGRAM
from tests.bench import traces


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(traces, "SAMPLES", 200)


def test_each_format_is_told_in_megabytes_a_second(monkeypatch):
    monkeypatch.delenv(PROGRAM, raising=False)
    mme, mdf4 = traces.measure_traces(1, lambda text: None)
    assert (mme.what, mme.found > 0, mme.met) == ("iso_mme read: MB/s", True, True)
    assert mdf4.row()[:4] == ("mdf4 read: MB/s", "0.00", "", "")
    assert "INTERLOCK_MDF4 names no Python with asammdf" in mdf4.note


@pytest.mark.skipif(not os.environ.get(PROGRAM), reason=f"{PROGRAM} names no Python with asammdf")
def test_mdf4_is_measured_where_it_can_be_read():
    assert traces.measure_traces(1, lambda text: None)[1].found > 0
