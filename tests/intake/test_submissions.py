"""A rig's file: landed once by its hash, read by a worker, recorded by the one path or quarantined with a reason."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from inspections.catalogue.models import Characteristic, SourceItem
from inspections.evaluation.reasons import JudgementReason, Outcome
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.intake.models import Kept, Submission
from inspections.intake.queries import unread_submissions
from inspections.intake.services import FileTooLarge, land_submission, read_submission, record_waiting
from inspections.intake.storage import StoreUnavailable, path_of
from inspections.marks.models import Mark
from inspections.results.models import Inspection, Measurement
from inspections.results.services import FittedPart, fit_components
from inspections.rigs.models import Rig
from tests.factories import (
    AT,
    SYSTEM,
    Plant,
    make_procedure,
    make_revision,
    make_rig,
    make_vehicle,
    pin,
    rig_actor,
    vin,
)

REPORTS = Path(__file__).parents[1] / "fixtures" / "wats"
CHARACTERISTICS: dict[str, dict[str, Any]] = {
    "PK-ISO": {"unit": "Mohm"},
    "PK-BOND": {"unit": "ohm"},
    "PK-HVIL": {"kind": "attribute"},
    "PK-PRE": {"unit": "s", "positions": ["1", "2", "3"]},
}
LINES: list[dict[str, Any]] = [
    {"characteristic": "PK-ISO", "lower": Decimal(500)},
    {"characteristic": "PK-BOND", "upper": Decimal("0.1"), "upper_inclusive": False},
    {"characteristic": "PK-HVIL", "expression": "conforms"},
    {"characteristic": "PK-PRE", "upper": Decimal("0.5")},
]
ITEMS = [
    ("High voltage / Insulation plus", "PK-ISO", ""),
    ("High voltage / Bonding charge port", "PK-BOND", ""),
    ("High voltage / HVIL closed", "PK-HVIL", ""),
    *(("High voltage / Precharge", "PK-PRE", str(place)) for place in (1, 2, 3)),
]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.SUBMISSIONS_DIR = tmp_path / "submissions"
    return tmp_path / "submissions"


@pytest.fixture
def rig(plant: Plant) -> Rig:
    """A pack rig whose WATS reports the catalogue knows to map."""
    procedure = make_procedure("PACK-EOL", "battery", CHARACTERISTICS)
    for item, code, position in ITEMS:
        SourceItem.objects.create(
            procedure=procedure,
            adapter="wats_json",
            item=item,
            characteristic=Characteristic.objects.get(code=code),
            position=position,
        )
    pin(plant.batch, make_revision(plant.configuration, LINES))
    made = make_rig("PACK-EOL-3", procedures=[procedure])
    Mark.objects.all().delete()
    return made


def report(name: str = "pack-eol-passed", old: str = "", new: str = "") -> bytes:
    """One of the reports, with a text in it replaced: its numbers stay as they are written."""
    content = (REPORTS / f"{name}.json").read_text()
    assert old in content
    return content.replace(old, new, 1).encode() if old else content.encode()


def chunks(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


def land(rig: Rig, content: bytes, **stated: Any) -> Submission:
    stated.setdefault("name", "report.json")
    return land_submission(rig=rig, stream=chunks(content), actor=rig_actor(rig), at=AT, **stated)[0]


def read(rig: Rig, content: bytes, **stated: Any) -> Submission:
    return read_submission(submission_id=land(rig, content, **stated).pk, at=AT)


def marked() -> set[tuple[int | None, str]]:
    return set(Mark.objects.values_list("vehicle_id", "domain"))


class TestLanding:
    def test_the_bytes_lie_under_their_hash_and_nothing_else_is_left(self, rig: Rig, folder: Path) -> None:
        content = report()
        submission = land(rig, content, vin=vin(1), procedure="PACK-EOL", format="wats_json")
        digest = sha256(content).hexdigest()
        assert (submission.sha256, submission.size, submission.state) == (digest, len(content), "landed")
        assert (submission.vin, submission.procedure, submission.format) == (vin(1), "PACK-EOL", "wats_json")
        assert path_of(digest).read_bytes() == content
        assert [place.name for place in folder.rglob("*") if place.is_file()] == [digest]

    def test_the_same_bytes_of_one_rig_are_one_submission(self, rig: Rig, plant: Plant) -> None:
        content = report()
        first = land_submission(rig=rig, stream=[content], name="a", actor=rig_actor(rig), at=AT)
        again = land_submission(rig=rig, stream=[content], name="b", actor=rig_actor(rig), at=AT)
        other = land_submission(rig=plant.rig, stream=[content], name="a", actor=plant.rig_actor, at=AT)
        assert (first[1], again[1], other[1]) == (True, False, True)
        assert (first[0].pk == again[0].pk, first[0].pk == other[0].pk) == (True, False)

    def test_a_file_too_large_leaves_nothing(self, rig: Rig, folder: Path, settings: Any) -> None:
        settings.SUBMISSION_MAX_BYTES = 2000
        with pytest.raises(FileTooLarge):
            land(rig, b"x" * 2001)
        assert not Submission.objects.exists()
        assert [place for place in folder.rglob("*") if place.is_file()] == []

    def test_a_stream_that_breaks_off_leaves_nothing(self, rig: Rig, folder: Path) -> None:
        def broken() -> Iterator[bytes]:
            yield b"half"
            raise OSError("cut")

        with pytest.raises(OSError):
            land_submission(rig=rig, stream=broken(), name="", actor=rig_actor(rig), at=AT)
        assert [place for place in folder.rglob("*") if place.is_file()] == []


class TestReading:
    def test_a_report_is_recorded_judged_and_marks_its_car(self, rig: Rig, plant: Plant) -> None:
        submission = read(rig, report(), vin=plant.vehicle.vin)
        assert (submission.state, submission.recorded, submission.refused) == ("recorded", 1, 0)
        row = Inspection.objects.get()
        assert (row.external_id, row.vehicle) == ("7d0f5c1e-2b7a-4c55-9a53-0f6a1e3b9c01", plant.vehicle)
        assert (row.verdict, row.claimed, row.operator) == (Outcome.PASS, Outcome.PASS, "0417")
        assert row.source == {
            "sha256": submission.sha256,
            "adapter": "wats_json",
            "version": "1",
            "name": "report.json",
        }
        assert marked() == {(plant.vehicle.pk, ""), (plant.vehicle.pk, "battery")}

    @pytest.mark.law(5)
    def test_values_come_to_their_characteristics_and_positions_as_written(self, rig: Rig, plant: Plant) -> None:
        read(rig, report(), vin=plant.vehicle.vin)
        known = Measurement.objects.exclude(characteristic_id=None).order_by("ordinal")
        codes = dict(Characteristic.objects.values_list("pk", "code"))
        found = [(codes[row.characteristic_id or 0], row.position, row.value, row.raw) for row in known]
        assert found == [
            ("PK-ISO", "", Decimal("812.0"), None),
            ("PK-BOND", "", Decimal("0.043"), None),
            ("PK-HVIL", "", None, "true"),
            ("PK-PRE", "1", Decimal("0.412"), None),
            ("PK-PRE", "2", Decimal("0.398"), None),
            ("PK-PRE", "3", Decimal("0.397"), None),
        ]

    def test_items_that_the_catalogue_does_not_know_are_kept_and_judge_nothing(self, rig: Rig, plant: Plant) -> None:
        read(rig, report(), vin=plant.vehicle.vin)
        unknown = Measurement.objects.filter(characteristic_id=None)
        assert unknown.count() == 14
        assert set(unknown.values_list("outcome", "reason")) == {
            (Outcome.NOT_JUDGED, JudgementReason.UNKNOWN_CHARACTERISTIC)
        }
        assert unknown.filter(name="wats_json: Cells / Spread").count() == 1

    def test_a_failed_report_fails(self, rig: Rig, plant: Plant) -> None:
        read(rig, report("pack-eol-failed"), vin=plant.vehicle.vin)
        row = Inspection.objects.get()
        assert (row.verdict, row.claimed) == (Outcome.FAIL, Outcome.FAIL)

    def test_a_part_may_be_its_subject(self, rig: Rig, plant: Plant) -> None:
        read(rig, report(), component=("pack", "PK-2611-000321"))
        assert Inspection.objects.get().verdict == Outcome.NOT_JUDGED

    def test_the_units_serial_number_may_be_the_vin(self, rig: Rig, plant: Plant) -> None:
        assert read(rig, report(old="PK-2611-000321", new=plant.vehicle.vin)).state == "recorded"
        assert Inspection.objects.get().vehicle == plant.vehicle

    def test_reading_it_twice_records_it_once(self, rig: Rig, plant: Plant) -> None:
        submission = read(rig, report(), vin=plant.vehicle.vin)
        Submission.objects.filter(pk=submission.pk).update(state="landed")
        again = read_submission(submission_id=submission.pk, at=AT)
        assert (again.state, again.recorded, Inspection.objects.count()) == ("recorded", 1, 1)
        assert read_submission(submission_id=submission.pk, at=AT).attempts == 2

    def test_a_car_that_is_not_registered_yet_is_waited_for(self, rig: Rig, plant: Plant) -> None:
        submission = read(rig, report(), vin=vin(900))
        assert (submission.state, submission.recorded, submission.waiting) == ("recorded", 0, 1)
        car = make_vehicle(plant.batch, vin=vin(900))
        assert record_waiting(at=AT) == 1
        submission.refresh_from_db()
        row = Inspection.objects.get()
        assert (submission.recorded, submission.waiting, row.vehicle, row.verdict) == (1, 0, car, Outcome.PASS)
        assert Measurement.objects.get(inspection_id=row.pk, ordinal=2).value == Decimal("0.043")
        assert row.source == {
            "sha256": submission.sha256,
            "adapter": "wats_json",
            "version": "1",
            "name": "report.json",
        }


class TestQuarantine:
    @pytest.mark.law(6)
    @pytest.mark.parametrize("spoil", [lambda vin: vin.replace("0", "O"), lambda vin: f"{vin[:3]} {vin[3:]}"])
    def test_law_6_a_unit_whose_vin_is_misspelt_may_be_that_car(self, rig: Rig, plant: Plant, spoil: Any) -> None:
        submission = read(rig, report("pack-eol-failed", old="PK-2611-000322", new=spoil(plant.vehicle.vin)))
        assert (submission.state, Kept.objects.get().code, Kept.objects.get().vin) == (
            "quarantined", "subject", plant.vehicle.vin,
        )  # fmt: skip
        decide_batch(batch_id=plant.batch.pk, at=AT)
        codes = {cause.code for cause in clearance(vin=plant.vehicle.vin, at=AT).reasons}
        assert "submission_quarantined" in codes

    @pytest.mark.law(1)
    @pytest.mark.parametrize(
        ("content", "stated", "code", "words"),
        [
            (report("repair"), {}, "not_a_test", "no test"),
            (b"PK-1;0.043;ohm", {}, "unknown_format", "no reader claims"),
            (report()[:-50], {}, "unreadable", "broken JSON"),
            (report(), {"format": "no-such"}, "unknown_format", "no reader named"),
            (report(), {"procedure": "NO-SUCH"}, "unknown_procedure", "knows no procedure NO-SUCH"),
        ],
    )
    def test_what_cannot_be_recorded_waits_for_a_person_and_blocks_its_car(
        self, rig: Rig, plant: Plant, content: bytes, stated: dict[str, Any], code: str, words: str
    ) -> None:
        submission = read(rig, content, vin=plant.vehicle.vin, **stated)
        assert (submission.state, submission.recorded, submission.refused) == ("quarantined", 0, 1)
        assert submission.reasons[0]["code"] == code
        assert words in submission.reasons[0]["detail"]
        kept = Kept.objects.get()
        assert (kept.kind, kept.submission, kept.vin, kept.code) == ("submission", submission, plant.vehicle.vin, code)
        assert marked() == {(plant.vehicle.pk, "")}

    def test_a_unit_that_is_no_car_needs_its_subject_stated(self, rig: Rig) -> None:
        submission = read(rig, report())
        assert (submission.state, submission.reasons[0]["code"]) == ("quarantined", "subject")
        assert submission.reasons[0]["id"] == "7d0f5c1e-2b7a-4c55-9a53-0f6a1e3b9c01"

    def test_the_same_bytes_with_more_stated_are_read_again_and_free_what_was_kept(
        self, rig: Rig, plant: Plant
    ) -> None:
        read(rig, report())
        again = read(rig, report(), vin=plant.vehicle.vin)
        assert (again.state, again.reasons, Submission.objects.count()) == ("recorded", [], 1)
        assert Kept.objects.get().state == "recorded"

    def test_an_id_used_for_other_content_is_a_conflict(self, rig: Rig, plant: Plant) -> None:
        read(rig, report(), vin=plant.vehicle.vin)
        submission = read(rig, report(old='"value": 0.043', new='"value": 0.044'), vin=plant.vehicle.vin)
        assert (submission.state, submission.reasons[0]["code"]) == ("quarantined", "id_conflict")
        assert (Kept.objects.get().status, Inspection.objects.count()) == (409, 1)

    def test_a_file_that_is_gone_is_said_to_be(self, rig: Rig, plant: Plant) -> None:
        submission = land(rig, report(), vin=plant.vehicle.vin)
        path_of(submission.sha256).unlink()
        assert read_submission(submission_id=submission.pk, at=AT).reasons[0]["code"] == "file_missing"

    def test_a_file_that_was_altered_is_said_to_be_and_records_nothing(self, rig: Rig, plant: Plant) -> None:
        submission = land(rig, report(), vin=plant.vehicle.vin)
        path = path_of(submission.sha256)
        whole = path.read_bytes()
        path.chmod(0o600)
        path.write_bytes(whole.replace(b"0.043", b"0.044"))
        found = read_submission(submission_id=submission.pk, at=AT)
        assert (found.state, found.reasons[0]["code"], found.attempts) == ("quarantined", "file_altered", 1)
        assert not Inspection.objects.exists()

    def test_a_store_that_is_out_of_reach_counts_as_no_attempt(
        self, rig: Rig, plant: Plant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submission = land(rig, report(), vin=plant.vehicle.vin)
        with monkeypatch.context() as away:
            away.setattr("inspections.intake.submissions.open_file", Mock(side_effect=StoreUnavailable()))
            for _ in range(7):
                with pytest.raises(StoreUnavailable):
                    read_submission(submission_id=submission.pk, at=AT)
        submission.refresh_from_db()
        assert (submission.state, submission.attempts) == ("landed", 0)
        assert read_submission(submission_id=submission.pk, at=AT).state == "recorded"

    def test_a_file_that_kills_its_readers_is_left_to_a_person(self, rig: Rig, plant: Plant) -> None:
        submission = land(rig, report(), vin=plant.vehicle.vin)
        Submission.objects.filter(pk=submission.pk).update(attempts=5)
        found = read_submission(submission_id=submission.pk, at=AT)
        assert (found.state, found.reasons[0]["code"]) == ("quarantined", "reading_broke_off")
        assert not Inspection.objects.exists()


def test_the_sweep_finds_what_no_task_has_read(rig: Rig) -> None:
    submission = land(rig, report())
    assert unread_submissions(at=AT + timedelta(seconds=29)) == []
    assert unread_submissions(at=AT + timedelta(seconds=30)) == [submission.pk]
    read_submission(submission_id=submission.pk, at=AT)
    assert unread_submissions(at=AT + timedelta(hours=1)) == []


def reasons(plant: Plant) -> set[str]:
    """What keeps the plant's car, as clearance answers, once the batch is decided."""
    decide_batch(batch_id=plant.batch.pk, at=AT)
    return {reason.code for reason in clearance(vin=plant.vehicle.vin, at=AT).reasons}


@pytest.mark.law(1)
def test_law_1_a_car_cannot_pass_before_the_file_that_was_sent_for_it_is_read(rig: Rig, plant: Plant) -> None:
    vin = plant.vehicle.vin
    read(rig, report(), vin=vin)
    before = reasons(plant)
    assert "submission_quarantined" not in before
    failed = land(rig, report("pack-eol-failed"), vin=vin)
    assert {(plant.vehicle.pk, "")} <= marked()
    assert reasons(plant) == before | {"submission_quarantined"}
    read_submission(submission_id=failed.pk, at=AT)
    after = reasons(plant)
    assert "submission_quarantined" not in after
    assert "measurement_failed" in after


@pytest.mark.law(1)
def test_law_1_a_part_fitted_after_a_file_landed_for_it_keeps_its_car_until_the_file_is_read(
    rig: Rig, plant: Plant
) -> None:
    other = land(rig, report("pack-eol-failed"), component=("battery-pack", "PK-1"))
    assert "submission_quarantined" not in reasons(plant)
    fit_components(
        vehicle=plant.vehicle, fitted=[FittedPart("battery-pack", "PK-1")], changed_at=AT, actor=SYSTEM, at=AT
    )
    assert "submission_quarantined" in reasons(plant)
    read_submission(submission_id=other.pk, at=AT)
    assert "submission_quarantined" not in reasons(plant)
