"""Small files of one rig read in one act: what becomes of each is what would become of it alone, in any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspections.intake import portions, submissions, turns
from inspections.intake.bucket import StoreUnavailable
from inspections.intake.models import FileFinding, Kept, Submission
from inspections.intake.queries import GIVEN_UP, unread_submissions
from inspections.intake.reading import FileReader
from inspections.intake.rereading import name_subject
from inspections.intake.services import land_submission, read_landed, read_submission
from inspections.intake.storage import path_of
from inspections.marks.models import Mark
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection, Measurement
from inspections.rigs.models import Rig
from tests.depth import examples
from tests.factories import AT, Plant, make_engineer, rig_actor, vin
from tests.pack_csv import csv, row

LATER = AT + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.SUBMISSIONS_DIR = tmp_path / "submissions"


@pytest.fixture
def plant(standing_read_pack: tuple[Plant, Rig]) -> Plant:
    return standing_read_pack[0]


@pytest.fixture
def rig(standing_read_pack: tuple[Plant, Rig]) -> Rig:
    return standing_read_pack[1]


def land(rig: Rig, content: bytes, name: str = "day.csv", **stated: Any) -> Submission:
    return land_submission(rig=rig, stream=[content], name=name, actor=rig_actor(rig), at=AT, **stated)[0]


def land_good(rig: Rig, plant: Plant, *numbers: int) -> list[Submission]:
    return [land(rig, csv(row(number, plant.vehicle.vin))) for number in numbers]


def altered(submission: Submission) -> None:
    path = path_of(submission.sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"812", b"813"))


def gone(submission: Submission) -> None:
    path_of(submission.sha256).unlink()


Kind = tuple[Callable[[str, int], bytes], dict[str, Any], Callable[[Submission], None] | None]
KINDS: dict[str, Kind] = {
    "good": (lambda car, place: csv(row(10 + place, car)), {}, None),
    "failing": (lambda car, place: csv(row(20 + place, car, bond="0,3", result="NOK")), {}, None),
    "skipped": (lambda car, place: csv(row(30 + place, car, iso="-")), {}, None),
    "several": (lambda car, place: csv(*(row(100 * place + number, car) for number in range(1, 4))), {}, None),
    "of nobody yet": (lambda car, place: csv(row(40 + place, vin(900))), {}, None),
    "no VIN": (lambda car, place: csv(row(50 + place, "PK-1")), {}, None),
    "no test": (lambda car, place: csv(row(60 + place, car, kind="GOLDEN")), {}, None),
    "half bad": (lambda car, place: csv(row(70 + place, car), row(80 + place, car, kind="GOLDEN")), {}, None),
    "truncated": (lambda car, place: csv(row(90 + place, car)) + b"T-9;" + car.encode() + b";EOL;2", {}, None),
    "empty": (lambda car, place: csv() + b"\n" * place, {}, None),
    "of another car": (lambda car, place: csv(row(110 + place, car)), {"vin": vin(901)}, None),
    "no reader": (lambda car, place: b"\x00" * (place + 1), {"format": "no-such"}, None),
    "broken": (lambda car, place: b'{"type": "T", ' + b" " * place, {"format": "wats_json"}, None),
    "altered": (lambda car, place: csv(row(120 + place, car)), {}, altered),
    "gone": (lambda car, place: csv(row(130 + place, car)), {}, gone),
    # Of one id, in whatever order: a test, its repeat, other content, another car, one that is no test.
    "one": (lambda car, place: csv(row(5, car)) + b"\n" * place, {}, None),
    "one otherwise": (lambda car, place: csv(row(5, car, iso=f"81{place},0")), {}, None),
    "one of nobody": (lambda car, place: csv(row(5, vin(900), iso=f"81{place % 2},0")) + b"\n" * place, {}, None),
    "one no test": (lambda car, place: csv(row(5, car, kind="GOLDEN")) + b"\n" * place, {}, None),
    "one twice": (lambda car, place: csv(row(5, car), row(5, car, iso=f"80{place % 2},0")) + b"\n" * place, {}, None),
}

ONE_ID = [kind for kind in KINDS if kind.split()[0] == "one"]


def landed(rig: Rig, plant: Plant, kinds: Sequence[str]) -> list[Submission]:
    files = []
    for place, kind in enumerate(kinds):
        content, stated, spoil = KINDS[kind]
        files.append(land(rig, content(plant.vehicle.vin, place), **stated))
        if spoil is not None:
            spoil(files[-1])
    return files


def undone(work: Callable[[], Any]) -> Any:
    """What the work gives, while nothing of what it did stays."""
    with transaction.atomic():
        given = work()
        transaction.set_rollback(True)
    return given


def record() -> dict[str, Any]:
    """All that reading leaves behind, without the numbers of rows and acts."""
    names = dict(Submission.objects.values_list("pk", "sha256"))
    ids = dict(Inspection.objects.values_list("pk", "external_id"))
    return {
        "files": list(
            Submission.objects.order_by("pk").values_list(
                "sha256", "state", "adapter", "adapter_version", "profile_revision__number", "recorded", "waiting",
                "refused", "reasons", "read_at", "reading_at", "attempts",
            )
        ),
        "tests": list(
            Inspection.objects.order_by("external_id").values_list(
                "external_id", "digest", "vehicle__vin", "batch_id", "verdict", "verdict_reason", "claimed", "source",
                "started_at", "finished_at", "revision_id",
            )
        ),
        "values": sorted(
            (ids[number], *more)
            for number, *more in Measurement.objects.values_list(
                "inspection_id", "ordinal", "outcome", "reason", "requirement_id", "unit", "name"
            )
        ),
        "findings": sorted(
            (ids[number], *more)
            for number, *more in FileFinding.objects.values_list("inspection_id", "ordinal", "code", "of_file")
        ),
        "kept": sorted(
            (names[number], ids.get(inspection or 0), str(problem), *more)
            for number, inspection, problem, *more in Kept.objects.values_list(
                "submission_id", "inspection_id", "problem", "kind", "state", "external_id", "vin", "component_serial",
                "domain", "code", "status", "settled_by", "settled_reason",
            )
        ),
        "marks": set(Mark.objects.values_list("vehicle_id", "domain")),
        "ledger": sorted(
            (subject, act, str(after))
            for subject, act, after in LedgerEntry.objects.filter(subject_kind="submission").values_list(
                "subject", "act", "after"
            )
        ),
    }  # fmt: skip


class TestTheSameAsAlone:
    @pytest.mark.law(1)
    @settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=7), first=st.integers(0, 6))
    def test_law_1_what_becomes_of_a_file_is_what_becomes_of_it_alone(
        self, rig: Rig, plant: Plant, kinds: list[str], first: int
    ) -> None:
        assert self.together(rig, plant, kinds, first) == self.alone(rig, plant, kinds)

    @pytest.mark.law(1)
    @pytest.mark.parametrize("first", ONE_ID)
    @pytest.mark.parametrize("second", ONE_ID)
    def test_law_1_so_it_is_where_two_have_one_id(self, rig: Rig, plant: Plant, first: str, second: str) -> None:
        kinds = [first, second]
        assert self.together(rig, plant, kinds) == self.alone(rig, plant, kinds)

    def alone(self, rig: Rig, plant: Plant, kinds: list[str]) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            for file in landed(rig, plant, kinds):
                read_submission(submission_id=file.pk, at=AT)
            return record()

        return undone(work)

    def together(self, rig: Rig, plant: Plant, kinds: list[str], first: int = 0) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            files = landed(rig, plant, kinds)
            for file in [files[first % len(files)], *files]:
                read_landed(submission_id=file.pk, at=AT)
            return record()

        return undone(work)

    def test_each_inspection_names_its_own_file(self, rig: Rig, plant: Plant) -> None:
        files = land_good(rig, plant, 1, 2, 3)
        read_landed(submission_id=files[0].pk, at=AT)
        assert {row.external_id: (row.source or {})["sha256"] for row in Inspection.objects.all()} == {
            f"T-{number}": file.sha256 for number, file in enumerate(files, 1)
        }
        assert LedgerEntry.objects.filter(act="inspection.recorded").count() == 1

    def test_ten_cost_the_statements_of_one_and_one_for_each_task(self, rig: Rig, plant: Plant) -> None:
        def read(*numbers: int) -> int:
            files = land_good(rig, plant, *numbers)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                for file in files:
                    read_landed(submission_id=file.pk, at=AT)
            assert all(Submission.objects.get(pk=file.pk).state == "recorded" for file in files)
            return len(asked)

        read(1)
        one = read(2)
        assert read(*range(10, 20)) <= one + 9 + 5  # COPY instead of one statement, and those that were taken along

    def test_a_large_file_among_them_is_read_in_its_turn(
        self, rig: Rig, plant: Plant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(submissions, "TESTS_AN_ACT", 3)
        one, *_ = land_good(rig, plant, 1, 2)
        land(rig, csv(*(row(number, plant.vehicle.vin) for number in range(10, 18))))
        land_good(rig, plant, 3)
        read_landed(submission_id=one.pk, at=AT)
        assert list(Submission.objects.order_by("pk").values_list("state", "recorded", "attempts")) == [
            ("recorded", 1, 1), ("recorded", 1, 1), ("recorded", 8, 1), ("recorded", 1, 1),
        ]  # fmt: skip

    def test_another_rigs_files_and_large_ones_are_left(
        self, rig: Rig, plant: Plant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(turns, "LARGEST_TOGETHER", 300)
        one, two = land_good(rig, plant, 1, 2)
        large = land(rig, csv(*(row(number, plant.vehicle.vin) for number in range(10, 18))))
        other = land(plant.rig, csv(row(3, plant.vehicle.vin)))
        assert [file.pk for file in read_landed(submission_id=two.pk, at=AT)] == [one.pk, two.pk]
        assert [file.pk for file in read_landed(submission_id=large.pk, at=AT)] == [large.pk]
        other.refresh_from_db()
        assert other.state == "landed"


class TestBreaking:
    """What is no fault of a file, or a fault that nobody foresaw."""

    def crash(self, monkeypatch: pytest.MonkeyPatch, external_id: str, error: BaseException) -> None:
        inner = FileReader.read

        def read(reader: FileReader, test: Any) -> Any:
            if test.external_id == external_id:
                raise error
            return inner(reader, test)

        monkeypatch.setattr(FileReader, "read", read)

    def states(self) -> list[tuple[str, int]]:
        return list(Submission.objects.order_by("pk").values_list("state", "recorded"))

    @pytest.mark.parametrize("error", [RuntimeError("a bug"), SoftTimeLimitExceeded()])
    def test_a_file_that_breaks_its_reader_takes_no_other_with_it(
        self, rig: Rig, plant: Plant, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        files = land_good(rig, plant, 1, 2, 3, 4)
        self.crash(monkeypatch, "T-2", error)
        with pytest.raises(type(error)):
            read_landed(submission_id=files[0].pk, at=AT)
        assert self.states() == [("recorded", 1), ("landed", 0), ("landed", 0), ("landed", 0)]
        assert read_landed(submission_id=files[1].pk, at=AT) == []  # it is left to the sweep, alone
        read_landed(submission_id=files[2].pk, at=AT)
        assert self.states() == [("recorded", 1), ("landed", 0), ("recorded", 1), ("recorded", 1)]
        for _ in range(5):
            self.forgotten()
            with pytest.raises(type(error)):
                read_landed(submission_id=files[1].pk, at=AT)
        self.forgotten()
        read_landed(submission_id=files[1].pk, at=AT)
        last = Submission.objects.get(pk=files[1].pk)
        assert (last.state, last.reasons[0]["code"]) == ("quarantined", "reading_broke_off")

    def forgotten(self) -> None:
        rows = Submission.objects.filter(reading_at__isnull=False)
        rows.update(reading_at=AT - timedelta(days=1))

    def test_a_file_that_kills_its_worker_kills_no_second_one_with_others(self, rig: Rig, plant: Plant) -> None:
        """Nothing is left of a killed worker but its claims."""
        one, two, three = land_good(rig, plant, 1, 2, 3)
        turns.begin_together(one.pk, AT)
        (late,) = land_good(rig, plant, 4)
        assert read_landed(submission_id=two.pk, at=AT) == []  # its reader may live
        assert [file.pk for file in read_landed(submission_id=late.pk, at=AT)] == [late.pk]
        assert unread_submissions(at=AT + timedelta(hours=1)) == []
        self.forgotten()
        assert unread_submissions(at=AT + timedelta(hours=1)) == [one.pk, two.pk, three.pk]
        for file in (one, two, three):
            assert [each.pk for each in read_landed(submission_id=file.pk, at=AT)] == [file.pk]
        assert self.states() == [("recorded", 1)] * 4

    def test_the_task_that_is_delivered_again_takes_over_its_own_file_at_once(self, rig: Rig, plant: Plant) -> None:
        one, _ = land_good(rig, plant, 1, 2)
        turns.begin_together(one.pk, AT)
        assert [file.pk for file in read_landed(submission_id=one.pk, at=AT)] == [one.pk]

    def test_who_was_given_up_records_nothing_more(
        self, rig: Rig, plant: Plant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, two = land_good(rig, plant, 1, 2)
        inner = submissions.record_portions

        def late(*more: Any) -> Any:
            monkeypatch.setattr(submissions, "record_portions", inner)
            self.forgotten()
            read_landed(submission_id=two.pk, at=AT)
            return inner(*more)

        monkeypatch.setattr(submissions, "record_portions", late)
        read_landed(submission_id=one.pk, at=AT)
        assert (self.states(), Inspection.objects.count()) == ([("recorded", 1)] * 2, 2)
        assert LedgerEntry.objects.filter(act="submission.recorded").count() == 2

    def test_where_the_act_breaks_each_is_recorded_by_itself(
        self, rig: Rig, plant: Plant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = land_good(rig, plant, 1, 2, 3)
        inner = portions.source_of

        def source_of(row: Submission) -> dict[str, Any]:
            if row.pk == files[1].pk:
                raise ValueError("what the database does not take")
            return inner(row)

        monkeypatch.setattr(portions, "source_of", source_of)
        with pytest.raises(ExceptionGroup) as broken:
            read_landed(submission_id=files[0].pk, at=AT)
        assert [type(error) for error in broken.value.exceptions] == [ValueError]
        assert self.states() == [("recorded", 1), ("landed", 0), ("recorded", 1)]

    def test_a_store_out_of_reach_in_between_gives_back_what_was_not_read(
        self, rig: Rig, plant: Plant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = land_good(rig, plant, 1, 2, 3)
        inner = submissions.open_file
        with monkeypatch.context() as away:
            opened = Mock(side_effect=[inner(files[0].sha256), StoreUnavailable()])
            away.setattr(submissions, "open_file", opened)
            with pytest.raises(StoreUnavailable):
                read_landed(submission_id=files[1].pk, at=AT)
        assert list(Submission.objects.order_by("pk").values_list("state", "attempts", "reading_at")) == [
            ("recorded", 1, None), ("landed", 0, None), ("landed", 0, None),
        ]  # fmt: skip
        read_landed(submission_id=files[2].pk, at=AT)
        assert self.states() == [("recorded", 1)] * 3

    def test_a_word_of_a_person_takes_the_file_from_whoever_reads_it_without(
        self, rig: Rig, plant: Plant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = land(rig, csv(row(1, "PK-1")))
        read_landed(submission_id=file.pk, at=AT)
        Submission.objects.filter(pk=file.pk).update(state="landed", attempts=0, reading_at=None)
        (other,) = land_good(rig, plant, 2)
        held = turns.begin_together(other.pk, AT)
        name_subject(
            kept=Kept.objects.get(code="subject"),
            vin=plant.vehicle.vin,
            reason="the label",
            actor=make_engineer(),
            at=AT,
        )
        assert [turn.is_ours(Submission.objects.get(pk=turn.submission.pk)) for turn in held] == [False, True]
        assert [each.pk for each in read_landed(submission_id=file.pk, at=LATER)] == [file.pk]
        assert Inspection.objects.get().vehicle == plant.vehicle

    def test_given_up_is_told_by_the_clock_of_the_database(self, rig: Rig, plant: Plant) -> None:
        one, two = land_good(rig, plant, 1, 2)
        turns.begin_together(one.pk, AT)
        with connection.cursor() as cursor:
            cursor.execute("update inspections_submission set reading_at = statement_timestamp() - %s", [GIVEN_UP])
        assert [file.pk for file in read_landed(submission_id=two.pk, at=AT)] == [two.pk]
