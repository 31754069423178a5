"""A real OpenHTF test, run in an environment of its own: its record is read, and arrives as a recorded inspection."""

import io
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inspections.adapters import registry
from inspections.adapters.canonical import CanonicalInspection, ParseContext, ReportClaim
from inspections.adapters.openhtf import OpenHtfAdapter
from inspections.catalogue.models import Characteristic, SourceItem
from inspections.evaluation.reasons import Outcome
from inspections.intake.services import land_submission, read_submission
from inspections.results.models import Inspection, Measurement
from tests.adapters.openhtf_environment import needs_openhtf, run_station
from tests.adapters.oracle import recompute
from tests.factories import Plant, make_procedure, make_revision, make_rig, pin, rig_actor

pytestmark = [needs_openhtf, pytest.mark.processes]


def read(data: bytes) -> CanonicalInspection:
    (found,) = OpenHtfAdapter().parse(io.BytesIO(data), ParseContext())
    return found


def test_a_passed_test_is_read_with_all_its_limits(tmp_path: Path) -> None:
    record = run_station("passed", "S-1", tmp_path)
    assert registry.detect(record[:4096], "record.json").name == "openhtf"
    found = read(record)
    assert (found.claimed, found.serial, found.process_code) == (ReportClaim.PASS, "S-1", "PACK-EOL")
    assert found.notes[0] == "the test passed marginally"
    assert [(item.item, item.claimed.value, recompute(item)) for item in found.items] == [
        ("pack / insulation", "pass", "pass"),
        ("pack / voltage", "pass", "pass"),
        ("pack / spread", "pass", "pass"),
        ("pack / near", "pass", "pass"),
        ("pack / modules", "pass", "pass"),
        ("pack / connector", "pass", "pass"),
        ("pack / closed", "pass", "pass"),
        ("pack / version", "pass", "indeterminate"),
        ("pack / odd", "pass", "indeterminate"),
        ("pack / room", "none", None),
        ("pack / cells", "pass", "pass"),
        ("pack / cells / (1)", "pass", "pass"),
        ("pack / cells / (2)", "pass", "pass"),
        ("pack / ramp", "pass", "pass"),
        ("pack / ramp / (0 s)", "pass", "pass"),
        ("pack / ramp / (1 s)", "pass", "pass"),
        ("pack / ramp / (2 s)", "pass", "pass"),
    ]


@pytest.mark.law(1)
def test_what_failed_or_was_never_set_is_no_pass(tmp_path: Path) -> None:
    found = read(run_station("failed", "S-2", tmp_path))
    imbalance, forgotten = found.items[-2:]
    assert found.claimed is ReportClaim.FAIL
    assert (imbalance.item, imbalance.value, recompute(imbalance)) == ("brake / imbalance", Decimal("26.5"), "fail")
    assert (forgotten.item, forgotten.value, forgotten.claimed.value) == ("brake / forgotten", None, "not_measured")


@pytest.mark.law(1)
def test_a_test_that_breaks_is_an_error(tmp_path: Path) -> None:
    found = read(run_station("broken", "S-3", tmp_path))
    assert (found.claimed, found.verdict_claimed) == (ReportClaim.ERROR, "fail")
    assert [(item.item, item.claimed.value) for item in found.items] == [("breaks / (status)", "error")]


def test_a_record_arrives_as_a_recorded_inspection(plant: Plant, settings: Any, tmp_path: Path) -> None:
    settings.SUBMISSIONS_DIR = tmp_path / "submissions"
    procedure = make_procedure("PACK-EOL", "battery", {"PK-VOLT": {"unit": "V"}})
    volt = Characteristic.objects.get(code="PK-VOLT")
    SourceItem.objects.create(procedure=procedure, adapter="openhtf", item="pack / voltage", characteristic=volt)
    pin(plant.batch, make_revision(plant.configuration, [{"characteristic": "PK-VOLT", "lower": Decimal(700)}]))
    rig = make_rig("PACK-EOL-7", procedures=[procedure])
    record = run_station("passed", plant.vehicle.vin, tmp_path)
    at = read(record).finished_at + timedelta(seconds=1)
    submission, _ = land_submission(rig=rig, stream=[record], name="record.json", actor=rig_actor(rig), at=at)
    submission = read_submission(submission_id=submission.pk, at=at)
    assert (submission.state, submission.adapter, submission.recorded) == ("recorded", "openhtf", 1)
    row = Inspection.objects.get(rig_id=rig.pk)
    assert (row.vehicle, row.claimed) == (plant.vehicle, Outcome.PASS)
    (found,) = Measurement.objects.filter(characteristic_id=volt.pk)
    assert (found.value, found.outcome) == (Decimal("742.3"), Outcome.PASS)
