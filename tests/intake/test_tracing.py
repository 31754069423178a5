"""Traces: kept once, beside the file, exactly; what cannot be kept holds nothing up and is told in the ledger."""

import io
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from pyarrow import parquet

from inspections.adapters import traces as writing
from inspections.intake.models import Submission, Trace
from inspections.intake.queries import inspections_of_trace, traces_of, untraced_submissions
from inspections.intake.services import keep_traces, land_submission
from inspections.intake.storage import read_whole
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection
from inspections.results.services import record_inspections
from tests.adapters.isomme_zips import fixture_members, make_zip
from tests.factories import AT, Plant

CRASH = make_zip(fixture_members())


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.SUBMISSIONS_DIR = tmp_path / "submissions"
    return tmp_path / "submissions"


def read_file(plant: Plant, content: bytes = CRASH, *, state: str = "recorded", adapter: str = "iso_mme") -> Submission:
    """A file that landed and was read; its test is recorded under its own number."""
    submission, _ = land_submission(rig=plant.rig, stream=[content], name="odb.zip", actor=plant.rig_actor, at=AT)
    Submission.objects.filter(pk=submission.pk).update(state=state, adapter=adapter)
    submission.refresh_from_db()
    return submission


def record_test(plant: Plant, submission: Submission) -> Inspection:
    source = {"sha256": submission.sha256, "adapter": submission.adapter, "name": submission.name}
    posted = [plant.posted("BAT-EOL", id="F26-0117")]
    record_inspections(items=posted, rig=plant.rig, actor=plant.rig_actor, at=AT, source=source)
    return Inspection.objects.get(external_id="F26-0117")


def test_the_channels_are_kept_by_their_hash_beside_the_file(plant: Plant) -> None:
    submission = read_file(plant)
    (trace,) = keep_traces(submission_id=submission.pk, at=AT)
    content = read_whole(trace.sha256)
    assert (sha256(content).hexdigest(), len(content)) == (trace.sha256, trace.size)
    assert parquet.read_table(io.BytesIO(content)).num_columns == len(trace.channels) == 12
    assert (trace.external_id, trace.name, trace.adapter) == ("F26-0117", "F26-0117.parquet", "iso_mme/1")
    assert trace.channels[0] == {
        "column": "001 11HEAD0000H3ACXA", "name": "Kopf Schwerpunkt, längs", "unit": "g", "status": "ok", "samples": 8,
    }  # fmt: skip
    assert read_whole(submission.sha256) == CRASH


def test_an_inspection_finds_its_traces_and_no_other_does(plant: Plant) -> None:
    submission = read_file(plant)
    (trace,) = keep_traces(submission_id=submission.pk, at=AT)
    record_inspections(items=[plant.posted("BAT-EOL", id="other")], rig=plant.rig, actor=plant.rig_actor, at=AT)
    inspection = record_test(plant, submission)
    assert (traces_of(inspection), inspections_of_trace(trace)) == ([trace], [inspection])
    assert traces_of(Inspection.objects.get(external_id="other")) == []


def test_they_are_kept_once_and_told_once(plant: Plant) -> None:
    submission = read_file(plant)
    first = keep_traces(submission_id=submission.pk, at=AT)
    assert (len(first), keep_traces(submission_id=submission.pk, at=AT), Trace.objects.count()) == (1, [], 1)
    entry = LedgerEntry.objects.get(act="submission.traced")
    assert (entry.actor, entry.subject, entry.reason) == (plant.rig.code, submission.sha256, "")
    assert entry.after == {"traces": [{"id": "F26-0117", "sha256": first[0].sha256}]}


def test_the_sweep_keeps_what_a_broken_off_reader_left_and_looks_no_file_through_twice(plant: Plant) -> None:
    submission = read_file(plant)
    Submission.objects.filter(pk=submission.pk).update(read_at=AT)
    later = AT + timedelta(minutes=2)
    assert (untraced_submissions(at=later - timedelta(seconds=1)), untraced_submissions(at=later)) == (
        [],
        [submission.pk],
    )
    assert untraced_submissions(at=AT + timedelta(days=8)) == []
    assert len(keep_traces(submission_id=submission.pk, at=later)) == 1
    assert untraced_submissions(at=later) == []


def test_the_sweep_leaves_alone_what_is_of_no_such_format_or_could_not_be_traced(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_CELLS", 10)
    submission = read_file(plant)
    Submission.objects.filter(pk=submission.pk).update(read_at=AT)
    keep_traces(submission_id=submission.pk, at=AT)
    assert untraced_submissions(at=AT + timedelta(hours=1)) == []
    Submission.objects.filter(pk=submission.pk).update(adapter="wats_json", traced_at=None)
    assert untraced_submissions(at=AT + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    "change", [{"state": "landed"}, {"adapter": "wats_json"}, {"adapter": ""}, {"adapter": "gone"}]
)
def test_a_file_not_read_or_without_traces_has_none(plant: Plant, change: dict[str, str]) -> None:
    submission = read_file(plant, **change)
    assert keep_traces(submission_id=submission.pk, at=AT) == []
    assert not LedgerEntry.objects.filter(act="submission.traced").exists()


def test_what_cannot_be_kept_is_told_with_its_reason(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_CELLS", 10)
    submission = read_file(plant)
    assert keep_traces(submission_id=submission.pk, at=AT) == []
    assert "at most 10 numbers" in LedgerEntry.objects.get(act="submission.traced").reason


@pytest.mark.law(1)
def test_law_1_a_trace_changes_no_verdict_and_marks_no_car(plant: Plant) -> None:
    from inspections.marks.models import Mark

    submission = read_file(plant)
    inspection = record_test(plant, submission)
    before = (inspection.verdict, inspection.verdict_reason, list(Mark.objects.values_list()))
    keep_traces(submission_id=submission.pk, at=AT)
    inspection.refresh_from_db()
    assert (inspection.verdict, inspection.verdict_reason, list(Mark.objects.values_list())) == before


@pytest.mark.law(4)
def test_law_4_a_trace_stays_as_it_is(plant: Plant) -> None:
    (trace,) = keep_traces(submission_id=read_file(plant).pk, at=AT)
    for change in (lambda: Trace.objects.update(sha256="0" * 64), trace.delete):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            change()
