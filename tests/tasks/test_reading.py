"""Real workers that find more files than they can read one by one: each is read once, the bad one among them too."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Count
from django.utils import timezone

from inspections.intake.models import Kept, Submission
from inspections.intake.services import land_submission
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection
from inspections.rigs.models import Rig
from tests.factories import Plant, make_plant, rig_actor
from tests.pack_csv import assigned, csv, make_pack, row

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True), pytest.mark.law(7)]

FILES = 40


@pytest.fixture
def plant(transactional_db: None) -> Plant:
    return make_plant()


def land(rig: Rig, content: bytes) -> Submission:
    return land_submission(rig=rig, stream=[content], name="day.csv", actor=rig_actor(rig), at=timezone.now())[0]


def test_law_7_a_heap_of_files_is_read_together_and_each_test_recorded_once(
    plant: Plant, start_celery_worker: Callable[..., Any]
) -> None:
    rig, _ = make_pack(plant)
    assigned(rig)
    files = [land(rig, csv(row(number, plant.vehicle.vin))) for number in range(FILES)]
    bad = land(rig, csv(row(FILES, plant.vehicle.vin)) + b"T-99;" + plant.vehicle.vin.encode())
    start_celery_worker(concurrency=2)
    end = time.monotonic() + 60
    while Submission.objects.filter(state="landed").exists():
        assert time.monotonic() < end, list(Submission.objects.values_list("state", "attempts", "reading_at"))
        time.sleep(0.05)
    assert Submission.objects.filter(pk__in=[file.pk for file in files], state="recorded", recorded=1).count() == FILES
    bad.refresh_from_db()
    assert (bad.state, bad.recorded, bad.reasons[0]["code"]) == ("quarantined", 1, "unreadable")
    assert Kept.objects.get().submission == bad
    read = LedgerEntry.objects.filter(act__in=["submission.recorded", "submission.quarantined"])
    assert set(read.values_list("subject").annotate(times=Count("pk")).values_list("times", flat=True)) == {1}
    assert Inspection.objects.count() == FILES + 1
    acts = LedgerEntry.objects.filter(act="inspection.recorded").count()
    assert acts < FILES / 4, f"{acts} acts recorded {FILES} files"
