"""Kept files that are recorded after all: a subject is named, a profile mended, one or a thousand alike read again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.intake.choices import SubmissionState
from inspections.intake.models import Kept, NamedSubject, ProfileSample, Rereading, Submission
from inspections.intake.previewing import preview_file
from inspections.intake.services import (
    NotReadAgain,
    SettledAlready,
    keep_sample,
    land_submission,
    name_subject,
    read_again,
    read_files_again,
    read_submission,
    set_aside,
)
from inspections.intake.storage import open_file, path_of
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection
from inspections.rigs.models import Rig
from tests.factories import AT, Plant, make_engineer, make_person, make_rig, rig_actor
from tests.pack_csv import approved, assigned, csv, owner, profile_of, row

LATER = AT + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.SUBMISSIONS_DIR = tmp_path / "submissions"


@pytest.fixture
def plant(standing_pack: tuple[Plant, Rig]) -> Plant:
    return standing_pack[0]


@pytest.fixture
def rig(standing_pack: tuple[Plant, Rig]) -> Rig:
    return standing_pack[1]


def land(rig: Rig, content: bytes, **stated: Any) -> Submission:
    return land_submission(rig=rig, stream=[content], name="day.csv", actor=rig_actor(rig), at=AT, **stated)[0]


def read(rig: Rig, content: bytes, **stated: Any) -> Submission:
    return read_submission(submission_id=land(rig, content, **stated).pk, at=AT)


def blocked(plant: Plant) -> set[str]:
    decide_batch(batch_id=plant.batch.pk, at=LATER)
    return {str(reason.code) for reason in clearance(vin=plant.vehicle.vin, at=LATER).reasons} & {
        "submission_quarantined", "result_waiting"
    }  # fmt: skip


class TestNaming:
    def test_what_is_named_is_recorded_and_the_file_stays(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        submission = read(rig, csv(row(1, "PK-77")))
        digest, bytes_before = submission.sha256, path_of(submission.sha256).read_bytes()
        kept = Kept.objects.get()
        engineer = make_engineer()
        name_subject(kept=kept, vin=plant.vehicle.vin.lower(), reason="the traveller", actor=engineer, at=AT)
        now = read_submission(submission_id=submission.pk, at=LATER)
        assert (now.state, now.recorded, Inspection.objects.get().vehicle) == ("recorded", 1, plant.vehicle)
        assert (now.sha256, path_of(digest).read_bytes()) == (digest, bytes_before)
        assert set(Kept.objects.values_list("state", flat=True)) <= {"recorded", "set_aside"}
        entry = LedgerEntry.objects.get(act="kept.subject_named")
        assert (entry.subject, entry.reason, entry.actor_id) == (plant.vehicle.vin, "the traveller", engineer.id)

    @pytest.mark.law(1)
    def test_the_car_is_blocked_from_its_naming_until_the_test_is_recorded(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        read(rig, csv(row(1, "PK-77")))
        assert blocked(plant) == set()
        kept = Kept.objects.get()
        name_subject(kept=kept, vin=plant.vehicle.vin, reason="x", actor=make_engineer(), at=AT)
        assert blocked(plant) == {"submission_quarantined"}
        read_submission(submission_id=kept.submission_id or 0, at=LATER)
        assert blocked(plant) == set()

    def test_one_test_of_a_file_is_named_not_its_neighbours(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        submission = read(rig, csv(row(1, "PK-1"), row(2, "PK-2")))
        kept = Kept.objects.get(external_id="T-2")
        name_subject(kept=kept, vin=plant.vehicle.vin, reason="x", actor=make_engineer(), at=AT)
        now = read_submission(submission_id=submission.pk, at=LATER)
        assert (now.recorded, now.refused, Inspection.objects.get().external_id) == (1, 1, "T-2")
        assert Kept.objects.get(state="open").external_id == "T-1"

    @pytest.mark.law(1)
    def test_a_car_that_the_file_names_is_not_talked_away(self, rig: Rig, plant: Plant) -> None:
        from tests.factories import make_vehicle

        other = make_vehicle(plant.batch)
        items = [*profile_of()["items"], {"item": "Gone", "characteristic": "PK-ALIEN", "mandatory": True}]
        assigned(rig, profile_of(items=items))
        submission = read(rig, csv(row(1, other.vin)))
        name_subject(kept=Kept.objects.get(), vin=plant.vehicle.vin, reason="x", actor=make_engineer(), at=AT)
        read_submission(submission_id=submission.pk, at=LATER)
        still = set(Kept.objects.filter(state="open").values_list("vin", flat=True))
        assert still == {other.vin, plant.vehicle.vin}
        assert not Inspection.objects.exists()

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"vin": "", "reason": "x"}, "either a VIN or a component"),
            ({"vin": "LXM1A2B31TA00100", "reason": "x"}, "no VIN"),
            ({"vin": "LXM1A2B31TA001001", "component": ("pack", "1"), "reason": "x"}, "either a VIN"),
            ({"component": ("no-such", "1"), "reason": "x"}, "no component kind"),
            ({"vin": "LXM1A2B31TA001001", "reason": " "}, "the reason is empty"),
        ],
    )
    def test_what_names_nothing_is_refused(self, rig: Rig, said: dict[str, Any], words: str) -> None:
        assigned(rig)
        read(rig, csv(row(1, "PK-1")))
        with pytest.raises(NotReadAgain, match=words):
            name_subject(kept=Kept.objects.get(), actor=make_engineer(), at=AT, **said)
        assert not NamedSubject.objects.exists()

    def test_only_an_engineer_names_and_only_what_is_open(self, rig: Rig, plant: Plant) -> None:
        assigned(rig)
        read(rig, csv(row(1, "PK-1")))
        kept = Kept.objects.get()
        for role in (Role.INSPECTOR, Role.CATALOGUE_OWNER, Role.RELEASE_OFFICER, Role.AUDITOR):
            with pytest.raises(NotAllowed):
                name_subject(kept=kept, vin=plant.vehicle.vin, reason="x", actor=Actor.person(make_person(role)), at=AT)
        set_aside(kept=kept, reason="a trial", actor=make_engineer(), at=AT)
        with pytest.raises(SettledAlready):
            name_subject(kept=kept, vin=plant.vehicle.vin, reason="x", actor=make_engineer(), at=AT)


class TestReadingAgain:
    def many(self, rig: Rig, plant: Plant, count: int) -> list[Submission]:
        return [read(rig, csv(row(number, plant.vehicle.vin)), vin=plant.vehicle.vin) for number in range(1, count + 1)]

    def test_all_alike_are_read_again_in_one_act(self, rig: Rig, plant: Plant) -> None:
        files = self.many(rig, plant, 4)
        other = make_rig("PACK-8")
        elsewhere = read(other, csv(row(9, plant.vehicle.vin)))
        assert {file.reasons[0]["code"] for file in files} == {"unknown_format"}
        assigned(rig)
        actor = owner()
        kept = Kept.objects.filter(submission=files[0]).get()
        asked = read_again(kept=kept, every=True, actor=actor, at=AT)
        assert sorted(asked.submissions) == [file.pk for file in files]
        entry = LedgerEntry.objects.get(act="submissions.read_again")
        assert (entry.subject, entry.actor_id, entry.after["count"]) == (rig.code, actor.id, 4)
        assert read_files_again(rereading_id=asked.pk, at=LATER) == 4
        assert read_files_again(rereading_id=asked.pk, at=LATER) == 0
        assert set(Submission.objects.filter(rig=rig).values_list("state", flat=True)) == {"recorded"}
        assert (Inspection.objects.count(), Kept.objects.filter(state="open").count()) == (4, 1)
        elsewhere.refresh_from_db()
        assert elsewhere.state == SubmissionState.QUARANTINED

    @pytest.mark.law(1)
    def test_the_car_stays_blocked_while_it_is_read_again_and_when_that_fails(self, rig: Rig, plant: Plant) -> None:
        self.many(rig, plant, 1)
        kept = Kept.objects.get()
        asked = read_again(kept=kept, every=False, actor=owner(), at=AT)
        assert blocked(plant) == {"submission_quarantined"}
        read_files_again(rereading_id=asked.pk, at=LATER)
        assert blocked(plant) == {"submission_quarantined"}
        assert Kept.objects.filter(state="open").count() == 1

    def test_what_is_being_read_is_not_asked_for_twice(self, rig: Rig, plant: Plant) -> None:
        self.many(rig, plant, 1)
        kept = Kept.objects.get()
        read_again(kept=kept, every=True, actor=owner(), at=AT)
        with pytest.raises(NotReadAgain, match="already"):
            read_again(kept=kept, every=True, actor=owner(), at=AT)
        assert Rereading.objects.count() == 1

    @pytest.mark.parametrize("role", [Role.INSPECTOR, Role.RELEASE_OFFICER, Role.AUDITOR])
    def test_it_is_for_engineers_and_owners(self, rig: Rig, plant: Plant, role: Role) -> None:
        self.many(rig, plant, 1)
        with pytest.raises(NotAllowed), transaction.atomic():
            read_again(kept=Kept.objects.get(), every=True, actor=Actor.person(make_person(role)), at=AT)
        assert not Rereading.objects.exists()

    def test_what_came_without_a_file_is_sent_again_instead(self, rig: Rig, plant: Plant) -> None:
        from inspections.intake.services import post_inspection

        post_inspection(rig=rig, body=b"{", media_type="application/json", actor=rig_actor(rig), at=AT)
        with pytest.raises(NotReadAgain, match="without a file"):
            read_again(kept=Kept.objects.get(), every=False, actor=owner(), at=AT)


class TestTrying:
    def test_a_preview_says_what_recording_then_says_and_writes_nothing(self, rig: Rig, plant: Plant) -> None:
        content = csv(row(1, plant.vehicle.vin, bond="0,15"), row(2, "PK-1"))
        submission = land(rig, content)
        before = Inspection.objects.count(), Kept.objects.count(), LedgerEntry.objects.count()
        with open_file(submission.sha256) as file:
            preview = preview_file(file=file, name="day.csv", adapter="table", document=profile_of(), rig=rig)
        assert (Inspection.objects.count(), Kept.objects.count(), LedgerEntry.objects.count()) == before
        first, second = preview.tests
        assert [fault.code for fault in second.faults] == ["subject"]
        bond = first.items[1]
        assert bond.verdict is not None
        assert first.judged is not None
        assert first.judged.judged is not None
        assert ([each.code for each in bond.differences], first.items[2].place) == (["limit_differs"], None)
        assigned(rig)
        read_submission(submission_id=submission.pk, at=AT)
        assert Inspection.objects.get().verdict == first.judged.judged.verdict.outcome

    def test_a_sample_is_kept_once_and_is_no_result(self, rig: Rig, plant: Plant) -> None:
        profile = approved().profile
        actor = owner()
        samples = [
            keep_sample(profile=profile, stream=[csv(row(1, plant.vehicle.vin))], name="x.csv", actor=actor, at=AT)
            for _ in range(2)
        ]
        assert (samples[0].pk, ProfileSample.objects.count(), Submission.objects.count()) == (samples[1].pk, 1, 0)
        assert LedgerEntry.objects.filter(act="profile.sample_kept").count() == 1
        with pytest.raises(NotAllowed):
            keep_sample(
                profile=profile, stream=[b"x"], name="x", actor=Actor.person(make_person(Role.INSPECTOR)), at=AT
            )
