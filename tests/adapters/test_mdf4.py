"""MDF 4: refused in words where it cannot be read; read exactly where INTERLOCK_MDF4 names a Python with asammdf."""

import io
import os
import pathlib
import subprocess
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from inspections.adapters import registry
from inspections.adapters.canonical import AdapterError, Measured, ParseContext, ReportClaim
from inspections.adapters.mdf4 import PROGRAM, Mdf4Adapter

PYTHON = os.environ.get(PROGRAM, "")
SAMPLE = pathlib.Path(__file__).parents[3] / "shared" / "samples" / "mf4" / "css_17BD1DB7_00000170.MF4"
needs_asammdf = pytest.mark.skipif(not PYTHON, reason=f"{PROGRAM} names no Python with asammdf")
HEAD = b"MDF     4.10    " + bytes(100)

MAKE = """
import sys
from datetime import datetime, timezone
import numpy as np
from asammdf import MDF, Signal
folder = sys.argv[1]
times = np.arange(0, 1, 0.001)
mdf = MDF(version="4.10")
mdf.header.comment = ('<HDcomment><TX/><common_properties><tree name="Car"><e name="VIN">LSGPC52U6AF102554</e></tree>'
                      '<e name="test">T-7</e></common_properties></HDcomment>')
mdf.start_time = datetime(2026, 5, 14, 10, 32, 45, tzinfo=timezone.utc)
mdf.append([
    Signal((100 * np.sin(np.pi * times)).astype("<f4"), times, unit="A", name="Current"),
    Signal(np.arange(1000, dtype="<u2"), times, unit="V", name="Volt", conversion={"a": 0.1, "b": -40}),
    Signal(np.where(times == 0.5, np.nan, 1.0), times, unit="V", name="Gap"),
    Signal(np.array([b"on"] * 1000), times, name="State", encoding="utf-8"),
    Signal(np.full(1000, 50.0), times, unit="g", name="Head"),
])
mdf.append([Signal(np.array([1, 2, 3], dtype="<i4"), np.array([0, 1, 1.0]), unit="V", name="Stuck")])
mdf.append([Signal(np.array([1, 2], dtype="<i4"), np.array([0, 1.0]), unit="V", name="Twice")])
mdf.append([Signal(np.array([1, 2], dtype="<i4"), np.array([0, 1.0]), unit="V", name="Twice")])
mdf.save(folder + "/made.mf4")
MDF(version="4.10").save(folder + "/empty.mf4")
if len(sys.argv) > 2:
    with MDF(sys.argv[2]) as sample:
        sample.save(folder + "/sample.mf4")
"""


def read(data, *features, **options):
    context = ParseContext(name="x.mf4", options={"features": list(features), **options})
    return list(Mdf4Adapter().parse(io.BytesIO(data), context))


def feature(name, kind="maximum", **more):
    return {"name": f"{kind} of {name}", "kind": kind, "channel": name, **more}


def refusal(data, **options):
    with pytest.raises(AdapterError) as refused:
        read(data, **options)
    return refused.value


def test_a_file_is_known_by_its_first_bytes():
    assert registry.detect(HEAD, "x").name == "mdf4"
    assert registry.detect(b"UnFinMF 4.11    ", "x").name == "mdf4"


@pytest.mark.law(1)
def test_law_1_a_file_that_was_never_finalised_is_refused():
    assert refusal(b"UnFinMF 4.11    " + bytes(100)).found == "a file that was never finalised (UnFinMF)"


@pytest.mark.parametrize("data", [b"", b"MDF", b"MDF     3.30    ", b"PK\x03\x04", b"MDF     "])
def test_other_files_and_versions_are_refused(data):
    assert refusal(data).place.startswith("byte ")


def test_without_asammdf_it_says_how_to_install_it(monkeypatch):
    monkeypatch.delenv(PROGRAM, raising=False)
    refused = refusal(HEAD)
    assert (refused.found, "requirements-mdf4.txt" in refused.expected) == ("MDF 4, which needs asammdf", True)
    monkeypatch.setenv(PROGRAM, "/no/such/python")
    assert "No such file" in refusal(HEAD).found


def test_faults_of_a_profile_are_told():
    faults = Mdf4Adapter().option_faults({"features": 1, "serial": "", "external_id": 7, "more": 1})
    assert [pointer for pointer, _ in faults] == ["/features", "/serial", "/external_id", "/more"]
    assert refusal(HEAD, serial="").place == "options of the profile, /serial"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("mdf4")
    samples = [str(SAMPLE)] if SAMPLE.exists() else []
    subprocess.run([PYTHON, "-c", MAKE, str(made), *samples], check=True)
    return made


@pytest.fixture(scope="module")
def made(folder):
    return (folder / "made.mf4").read_bytes()


@needs_asammdf
def test_features_are_those_of_its_channels(made):
    features = [
        feature("Current"), feature("Volt"), feature("Volt", "value_at", at="0.25"),
        feature("Current", "time_of_maximum"), feature("Head", "hic15"),
    ]  # fmt: skip
    (report,) = read(made, *features, serial="Car / VIN", external_id="test")
    assert (report.external_id, report.serial, report.claimed) == ("T-7", "LSGPC52U6AF102554", ReportClaim.NONE)
    assert report.started_at == datetime(2026, 5, 14, 10, 32, 45, tzinfo=UTC)
    assert report.finished_at == datetime(2026, 5, 14, 10, 32, 46, tzinfo=UTC)
    found = [(item.value, item.unit) for item in report.items[:4]]
    assert found == [(Decimal(100), "A"), (Decimal("59.9"), "V"), (Decimal(-15), "V"), (Decimal("0.5"), "s")]
    assert abs(report.items[4].value - Decimal("265.165042945")) < Decimal("0.000001")
    assert dict(report.headers)["Group 0 / Volt"] == "[V], 1000 samples"


@needs_asammdf
@pytest.mark.law(1)
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Gap", "channel Gap: sample 501 at 0.5 s has no value"),
        ("State", "channel State holds no single numbers"),
        ("Stuck", "channel Stuck: its times do not increase from sample to sample"),
        ("Twice", "2 channels of the name Twice with samples"),
        ("Absent", "no channels of the name Absent with samples"),
    ],
)
def test_law_1_what_is_not_good_is_not_measured(made, name, why):
    (report,) = read(made, feature(name))
    (item,) = report.items
    assert (item.value, item.measured, item.note) == (None, Measured.NOT_MEASURED, why)


@needs_asammdf
def test_a_file_without_samples_or_without_the_property_asked_for_is_refused(folder, made):
    assert refusal((folder / "empty.mf4").read_bytes()).found == "no samples in any group"
    assert refusal(made, external_id="number").found == "no property 'number'"


@needs_asammdf
@pytest.mark.law(1)
def test_law_1_a_file_broken_off_or_damaged_is_read_or_refused(made):
    whole = read(made, feature("Volt"))[0].items[0].value
    for length in range(len(made) // 5, len(made), len(made) // 5):
        for data in (made[:length], made[:length] + b"\xff" * 16 + made[length + 16 :]):
            try:
                reports = read(data, feature("Volt"))
            except AdapterError:
                continue
            assert [report.claimed for report in reports] == [ReportClaim.NONE]
            if len(data) < len(made):
                assert reports[0].items[0].value in (None, whole)


@needs_asammdf
@pytest.mark.skipif(not SAMPLE.exists(), reason="the samples of other makers are not here")
def test_a_logger_of_another_maker_is_refused_as_it_is_and_read_once_finalised(folder):
    assert refusal(SAMPLE.read_bytes()).place == "byte 0"
    (report,) = read((folder / "sample.mf4").read_bytes(), feature("CAN_DataFrame.DLC"))
    assert (str(report.items[0].value), dict(report.headers)["File Information / session"]) == ("8", "6")
    assert len([name for name, _ in report.headers if name.startswith("Group ")]) == 19
