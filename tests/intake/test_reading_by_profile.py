"""A rig's file read by the profile of its rig: what is recorded of it, what is kept instead, and that nothing unsaid
passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.evaluation.reasons import Outcome
from inspections.gates.services import decide_batch
from inspections.intake import submissions
from inspections.intake.models import FileFinding, Kept, Submission
from inspections.intake.queries import unread_submissions
from inspections.intake.services import land_submission, read_submission, record_waiting
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection, Measurement
from inspections.rigs.models import Rig
from tests.factories import AT, Plant, make_rig, make_vehicle, rig_actor, vin
from tests.pack_csv import approved, assigned, csv, profile_of, row


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.SUBMISSIONS_DIR = tmp_path / "submissions"


@pytest.fixture
def plant(standing_pack: tuple[Plant, Rig]) -> Plant:
    return standing_pack[0]


@pytest.fixture
def rig(standing_pack: tuple[Plant, Rig]) -> Rig:
    return standing_pack[1]


def land(rig: Rig, content: bytes, name: str = "day.csv", **stated: Any) -> Submission:
    return land_submission(rig=rig, stream=[content], name=name, actor=rig_actor(rig), at=AT, **stated)[0]


def read(rig: Rig, content: bytes, **stated: Any) -> Submission:
    return read_submission(submission_id=land(rig, content, **stated).pk, at=AT)


def again(submission: Submission) -> Submission:
    Submission.objects.filter(pk=submission.pk).update(state="landed", attempts=0)
    return read_submission(submission_id=submission.pk, at=AT)


def codes(submission: Submission) -> list[str]:
    return [reason["code"] for reason in submission.reasons]


def values(inspection: Inspection) -> list[tuple[str, Any, str | None, str | None]]:
    rows = Measurement.objects.filter(inspection_id=inspection.pk).order_by("ordinal")
    return [(row.name or "mapped", row.value, row.raw, row.unit) for row in rows]


class TestRecording:
    def test_a_table_is_recorded_with_where_it_came_from(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        submission = read(rig, csv(row(1, plant.vehicle.vin)))
        assert (submission.state, submission.recorded, submission.reasons) == ("recorded", 1, [])
        inspection = Inspection.objects.get()
        assert inspection.source == {
            "sha256": submission.sha256, "adapter": "table", "version": "1", "name": "day.csv", "profile": "PACK-CSV",
            "revision": 1,
        }  # fmt: skip
        assert (inspection.vehicle, inspection.verdict, inspection.claimed) == (
            plant.vehicle, Outcome.PASS, Outcome.PASS
        )  # fmt: skip
        assert values(inspection) == [
            ("mapped", Decimal("812.0"), None, "Mohm"),
            ("mapped", Decimal("0.043"), None, "ohm"),
            ("table: Note", None, "n", None),
        ]
        assert inspection.started_at.isoformat() == "2026-11-20T00:14:01+00:00"

    def test_a_unit_that_the_file_states_is_never_overwritten(self, rig: Rig, plant: Plant) -> None:
        items = [{"item": "Iso", "characteristic": "PK-ISO", "unit": "kohm"}]
        assigned(rig, profile_of(items=items))
        read(rig, csv(row(1, plant.vehicle.vin)))
        assert values(Inspection.objects.get())[0] == ("mapped", Decimal("812.0"), None, "Mohm")

    @pytest.mark.law(1)
    def test_a_fail_fails_and_blocks_its_car(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        read(rig, csv(row(1, plant.vehicle.vin, bond="0,2", result="OK")))
        inspection = Inspection.objects.get()
        assert (inspection.verdict, inspection.claimed) == (Outcome.FAIL, Outcome.PASS)
        decide_batch(batch_id=plant.batch.pk, at=AT)
        assert plant.vehicle.nonconformances.count() == 1

    @pytest.mark.law(1)
    def test_what_was_skipped_has_no_value_and_does_not_pass(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        read(rig, csv(row(1, plant.vehicle.vin, iso="-")))
        inspection = Inspection.objects.get()
        assert (inspection.verdict != Outcome.PASS, values(inspection)[0][1:3]) == (True, (None, None))

    def test_vin_by_file_name_and_purpose_by_the_rigs_word(self, rig: Rig, plant: Plant) -> None:
        assigned(
            rig,
            profile_of(
                subject={"vin": {"from": "file_name", "pattern": "EOL_([A-Z0-9]{17})_.*"}},
                purpose={"from": "header", "name": "Kind", "words": {"EOL": "retest"}},
            ),
        )
        submission = read(rig, csv(row(1, "unknown")), name=f"EOL_{plant.vehicle.vin}_1.csv")
        assert (submission.state, Inspection.objects.get().vehicle) == ("recorded", plant.vehicle)
        assert Inspection.objects.get().purpose == 1

    def test_procedure_by_a_word_and_component_as_subject(self, rig: Rig, plant: Plant) -> None:
        from inspections.catalogue.models import ComponentKind

        ComponentKind.objects.get_or_create(code="pack", defaults={"name": "Pack"})
        assigned(
            rig,
            profile_of(
                subject={"component": {"kind": "pack", "serial": {"from": "serial"}}},
                procedure={"by": {"from": "header", "name": "Kind"}, "codes": {"EOL": "PACK"}},
            ),
        )
        assert read(rig, csv(row(1, "PK-1"))).state == "recorded"
        assert Inspection.objects.get().component_id is not None

    def test_five_hundred_an_act_and_no_statement_more_for_each(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        few = land(rig, csv(*(row(number, plant.vehicle.vin) for number in range(10))))
        with CaptureQueriesContext(connection) as first:
            read_submission(submission_id=few.pk, at=AT)
        many = land(rig, csv(*(row(number, plant.vehicle.vin) for number in range(10, 50))))
        with CaptureQueriesContext(connection) as then:
            assert read_submission(submission_id=many.pk, at=AT).recorded == 40
        assert len(then) <= len(first) + 2

    def test_many_tests_are_several_acts(self, rig: Rig, plant: Plant, monkeypatch: Any) -> None:
        monkeypatch.setattr(submissions, "TESTS_AN_ACT", 4)
        assigned(rig)
        submission = read(rig, csv(*(row(number, plant.vehicle.vin) for number in range(10))))
        assert (submission.recorded, Inspection.objects.count()) == (10, 10)
        assert LedgerEntry.objects.filter(act="inspection.recorded").count() == 3

    def test_the_revision_in_force_when_it_is_read_reads_it(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        approved(profile_of(purpose={"from": "header", "name": "Kind", "words": {}}))
        submission = read(rig, csv(row(1, plant.vehicle.vin)))
        revision = submission.profile_revision
        assert (revision.number if revision else 0, Inspection.objects.get().source["revision"]) == (2, 2)

    def test_a_waiting_test_keeps_how_it_was_read(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        assert read(rig, csv(row(1, vin(900)))).waiting == 1
        approved(profile_of(purpose={"from": "header", "name": "Kind", "words": {}}))
        make_vehicle(plant.batch, vin=vin(900))
        assert record_waiting(at=AT) == 1
        inspection = Inspection.objects.get()
        assert inspection.source["revision"] == 1
        assert FileFinding.objects.filter(inspection=inspection).count() == 1


class TestFindings:
    def test_other_limits_of_the_file_are_told_and_the_plan_judges(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        read(rig, csv(row(1, plant.vehicle.vin, bond="0,15")))
        assert Inspection.objects.get().verdict == Outcome.FAIL
        found = FileFinding.objects.values_list("ordinal", "item", "code", "of_file", "of_plan")
        assert list(found) == [(1, "Bond", "limit_differs", "≤ 0.2", "< 0.1 ohm")]

    def test_the_same_limits_in_another_unit_are_no_difference_but_the_unit(self, rig: Rig, plant: Plant) -> None:
        content = csv(row(1, plant.vehicle.vin, iso="812000")).replace(b"Iso [Mohm]", b"Iso [kohm]")
        options = profile_of()["reading"]["options"]
        iso = {"value": "Iso [kohm]", "unit": {"header": True}, "lower": {"text": "500000"}}
        document = profile_of(
            reading={"time_zone": "UTC", "decimal_comma": True, "options": {**options, "items": [iso]}},
            items=[{"item": "Iso", "characteristic": "PK-ISO"}],
        )
        assigned(rig, document)
        read(rig, content)
        assert list(FileFinding.objects.values_list("code", "of_file", "of_plan")) == [("unit_differs", "kohm", "Mohm")]


@pytest.mark.law(1)
class TestKept:
    def test_a_mandatory_item_that_is_absent(self, rig: Rig, plant: Plant) -> None:
        items = [*profile_of()["items"], {"item": "Gone", "characteristic": "PK-ALIEN", "mandatory": True}]
        assigned(rig, profile_of(items=items))
        submission = read(rig, csv(row(1, plant.vehicle.vin)))
        kept = Kept.objects.get()
        assert (codes(submission), kept.vin, kept.external_id) == (["item_missing"], plant.vehicle.vin, "T-1")
        assert "Gone" in kept.problem["detail"]
        assert not Inspection.objects.exists()

    @pytest.mark.parametrize(
        ("rows", "changed", "code"),
        [
            (lambda own: [row(1, own, kind="GOLDEN")], {}, "not_a_test"),
            (lambda own: [row(1, "nobody")], {}, "subject"),
            (lambda own: [row(1, own)], {"procedure": {"by": {"from": "header", "name": "Kind"}, "codes": {}}},
             "unknown_procedure"),
        ],
    )  # fmt: skip
    def test_what_does_not_count_or_names_nothing_certain(
        self, rig: Rig, plant: Plant, rows: Callable[[str], list[str]], changed: dict[str, Any], code: str
    ) -> None:
        assigned(rig, profile_of(**changed))
        submission = read(rig, csv(*rows(plant.vehicle.vin)))
        assert (submission.state, codes(submission), Inspection.objects.count()) == ("quarantined", [code], 0)
        named = Kept.objects.get().vin
        assert named == ("" if code == "subject" else plant.vehicle.vin)

    def test_a_car_stated_and_another_in_the_file_block_both(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        other = make_vehicle(plant.batch)
        submission = read(rig, csv(row(1, other.vin)), vin=plant.vehicle.vin)
        assert codes(submission) == ["subject_differs", "subject_differs"]
        assert set(Kept.objects.values_list("vin", flat=True)) == {plant.vehicle.vin, other.vin}

    def test_a_procedure_stated_and_another_in_the_file(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        assert codes(read(rig, csv(row(1, plant.vehicle.vin)), procedure="BAT-EOL")) == ["procedure_differs"]

    def test_a_file_that_breaks_in_its_middle_keeps_what_was_recorded(
        self, rig: Rig, plant: Plant, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(submissions, "TESTS_AN_ACT", 2)
        assigned(rig)
        broken = csv(*(row(number, plant.vehicle.vin) for number in range(5))) + b"T-9;half\n"
        submission = read(rig, broken, vin=plant.vehicle.vin)
        assert (submission.state, submission.recorded, codes(submission)) == ("quarantined", 5, ["unreadable"])
        kept = Kept.objects.get()
        assert (kept.problem["place"], kept.vin) == ("line 7 column 3", plant.vehicle.vin)
        assert Inspection.objects.count() == 5

    def test_no_profile_no_reading(self, rig: Rig, plant: Plant) -> None:
        content = csv(row(1, plant.vehicle.vin))
        assert codes(read(rig, content, vin=plant.vehicle.vin)) == ["unknown_format"]
        other = make_rig("PACK-8")
        assert codes(read(other, content, format="table", vin=plant.vehicle.vin)) == ["no_profile"]
        assert not Inspection.objects.exists()

    def test_a_profile_counts_from_its_moment_on_alone(self, rig: Rig, plant: Plant) -> None:
        from inspections.rigs.services import assign_profile
        from tests.pack_csv import owner

        profile = approved().profile
        late = AT + timedelta(minutes=1)
        assign_profile(rig=rig, profile=profile, effective_at=late, actor=owner(), at=AT)
        assert codes(read(rig, csv(row(1, plant.vehicle.vin)))) == ["unknown_format"]

    def test_an_item_that_comes_oftener_than_the_profile_places_it(self, rig: Rig, plant: Plant) -> None:
        options = {
            "layout": "long", "delimiter": ";",
            "test": {"id": "T", "key": ["T"], "serial": "V", "started": "At"},
            "items": [{"item": "Item", "value": "Value"}],
        }  # fmt: skip
        items = [{"item": "Bond", "characteristic": "PK-BOND", "unit": "ohm"}]
        document = profile_of(reading={"time_zone": "UTC", "options": options}, tests=None, items=items)
        assigned(rig, document)
        start = f"1;{plant.vehicle.vin};2026-11-20T08:00:00"
        content = f"T;V;At;Item;Value\n{start};Bond;0.04\n{start};Bond;0.5\n".encode()
        assert codes(read(rig, content)) == ["item_repeated"]
        assert Kept.objects.get().vin == plant.vehicle.vin


@pytest.mark.law(3)
class TestReadAgain:
    def test_what_was_recorded_stays_as_judged_when_the_profile_maps_a_fail_elsewhere(
        self, rig: Rig, plant: Plant
    ) -> None:
        assigned(rig)
        submission = read(rig, csv(row(1, plant.vehicle.vin, bond="0,2")))
        before = list(Inspection.objects.values()), list(Measurement.objects.values())
        approved(profile_of(items=[{"item": "Iso", "characteristic": "PK-ISO"}]))
        again(submission)
        assert (list(Inspection.objects.values()), list(Measurement.objects.values())) == before
        assert Inspection.objects.get().verdict == Outcome.FAIL

    @pytest.mark.law(1)
    def test_what_did_not_fail_and_is_a_fail_as_read_now_stands_and_blocks(self, rig: Rig, plant: Plant) -> None:
        assigned(rig, profile_of(items=[{"item": "Iso", "characteristic": "PK-ISO"}]))
        submission = read(rig, csv(row(1, plant.vehicle.vin, bond="0,2")))
        assert Inspection.objects.get().verdict != Outcome.FAIL
        approved()
        now = again(submission)
        assert (now.state, codes(now)) == ("quarantined", ["recorded_otherwise"])
        kept = Kept.objects.get(state="open")
        assert (kept.vin, kept.status, Inspection.objects.count()) == (plant.vehicle.vin, 409, 1)

    def test_what_is_read_no_worse_stands_and_the_rest_is_recorded(self, rig: Rig, plant: Plant) -> None:
        gone = {"item": "Gone", "characteristic": "PK-ALIEN"}
        assigned(rig, profile_of(items=[*profile_of()["items"], gone]))
        submission = read(rig, csv(row(1, plant.vehicle.vin), row(2, "nobody")))
        assert (submission.recorded, codes(submission)) == (1, ["subject"])
        approved()
        now = again(submission)
        assert (now.recorded, codes(now), Inspection.objects.count()) == (1, ["subject"], 1)
        assert Kept.objects.filter(state="open").count() == 1

    @pytest.mark.law(1)
    def test_a_test_that_is_not_met_again_goes_on_blocking(self, rig: Rig, plant: Plant) -> None:
        items = [*profile_of()["items"], {"item": "Gone", "characteristic": "PK-ALIEN", "mandatory": True}]
        assigned(rig, profile_of(items=items))
        submission = read(rig, csv(row(1, plant.vehicle.vin)))
        options = {**profile_of()["reading"]["options"], "comment": "T"}
        approved(profile_of(reading={"time_zone": "UTC", "decimal_comma": True, "options": options}))
        now = again(submission)
        assert now.state == "quarantined"
        assert Kept.objects.filter(state="open", vin=plant.vehicle.vin).count() == 1

    def test_two_readers_of_one_file_record_each_test_once(self, rig: Rig, plant: Plant, monkeypatch: Any) -> None:
        """The second takes over between two acts of the first, which stops there."""
        monkeypatch.setattr(submissions, "TESTS_AN_ACT", 2)
        assigned(rig)
        bad = row(7, plant.vehicle.vin, kind="GOLDEN")
        submission = land(rig, csv(bad, *(row(number, plant.vehicle.vin) for number in range(5))))
        inner = submissions.record_portions
        turns: list[int] = []

        def meeting(portions: Any, *more: Any) -> Any:
            turns.append(portions[0].turn.number)
            if len(turns) == 2:
                read_submission(submission_id=submission.pk, at=AT)
            return inner(portions, *more)

        monkeypatch.setattr(submissions, "record_portions", meeting)
        read_submission(submission_id=submission.pk, at=AT)
        submission.refresh_from_db()
        assert (submission.state, submission.recorded, submission.refused) == ("quarantined", 5, 1)
        assert (Inspection.objects.count(), Kept.objects.filter(state="open").count()) == (5, 1)
        assert LedgerEntry.objects.filter(act="submission.quarantined").count() == 1
        assert turns == [1, 1, 2, 2, 2, 2]

    def test_the_sweep_leaves_a_file_to_a_reader_that_lives(self, rig: Rig) -> None:
        submission = land(rig, csv(row(1, "nobody")))
        late = AT + timedelta(minutes=10)
        Submission.objects.filter(pk=submission.pk).update(reading_at=late - timedelta(minutes=1))
        assert unread_submissions(at=late) == []
        Submission.objects.filter(pk=submission.pk).update(reading_at=late - timedelta(minutes=2))
        assert unread_submissions(at=late) == [submission.pk]
