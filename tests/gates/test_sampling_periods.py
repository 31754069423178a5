"""Where periodic sampling stands on each line: what is due next, what is overdue, and what keeps it so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from inspections.batches.choices import VehicleStatus
from inspections.gates.models import BatchGate
from inspections.gates.queries import PeriodStanding, period_standings
from inspections.gates.services import close_batch, decide_batch
from inspections.marks.services import mark_vehicles
from inspections.results.services import record_inspection
from tests.factories import (
    AT,
    LINES,
    SYSTEM,
    Plant,
    become,
    make_batch,
    make_configuration,
    make_plant,
    make_revision,
    make_rig,
    make_vehicle,
    posted,
    rig_actor,
)

pytestmark = pytest.mark.django_db

WEEKLY = {
    "characteristic": "SQUIB", "lower": Decimal("1.5"), "upper": Decimal("3.0"), "level": "sample",
    "basis": "per_period", "period": "week", "sample_size": 2,
}  # fmt: skip
MONDAY = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
"""Midnight in Shanghai: the week of AT begins."""
WEEK = timedelta(weeks=1)


@pytest.fixture
def plant() -> Plant:
    return make_plant(lines=[*LINES[:5], WEEKLY])


def lot(plant: Plant, name: str, finished_at: datetime, squib: str = "2.2", **more: Any) -> None:
    item = posted(
        "CRS-EOL",
        material={"kind": "squib", "lot": name},
        finished_at=finished_at,
        measurements=[
            {"characteristic": "SQUIB", "value": Decimal(squib), "unit": "ohm"},
            {"characteristic": "DTC", "value": Decimal(0)},
        ],
    )
    rig = more.get("rig", plant.rig)
    record_inspection(posted=item, rig=rig, actor=rig_actor(rig), at=finished_at)


def one(at: datetime = AT) -> PeriodStanding:
    (found,) = period_standings(at=at)
    return found


def test_with_no_sample_it_is_overdue_and_says_what_is_asked(plant: Plant) -> None:
    assert one() == PeriodStanding(
        line="L1", configuration="SU7-MAX-CN", procedure_id=plant.procedures["CRS-EOL"].pk, procedure="CRS-EOL",
        domain="crash", period="week", size=2, current=(MONDAY, MONDAY + WEEK), conforming=0, last_good=None,
        next_due=None, overdue=True,
    )  # fmt: skip


def test_it_counts_what_conforms_in_this_period_and_tells_when_the_next_is_due(plant: Plant) -> None:
    lot(plant, "L-1", AT - timedelta(hours=2))
    assert (one().conforming, one().overdue) == (1, True)
    lot(plant, "L-2", AT - timedelta(hours=1))
    found = one()
    assert (found.conforming, found.last_good, found.overdue) == (2, AT - timedelta(hours=1), False)
    assert found.next_due == MONDAY + 2 * WEEK
    assert one(MONDAY + WEEK).conforming == 0
    assert one(MONDAY + 2 * WEEK - timedelta(seconds=1)).overdue is False
    assert one(MONDAY + 2 * WEEK).overdue is True


@pytest.mark.law(1)
def test_law_1_what_it_says_is_what_the_batches_gate_says(plant: Plant) -> None:
    batch = make_batch("B-2", configuration=plant.configuration, at=AT)
    make_vehicle(batch, at=AT)
    for number, moment in enumerate((AT, MONDAY + WEEK, MONDAY + 2 * WEEK)):
        if number == 1:
            lot(plant, "L-1", AT)
            lot(plant, "L-2", AT)
        mark_vehicles(rows=[(batch.pk, None, "")], at=moment)
        decide_batch(batch_id=batch.pk, at=moment)
        codes = [row["code"] for row in BatchGate.objects.get(batch=batch, domain="crash").reasons]
        assert ("sample_short" in codes) is one(moment).overdue is (number != 1)


@pytest.mark.law(1)
def test_law_1_a_sample_of_an_uncalibrated_rig_is_not_counted(plant: Plant) -> None:
    rig = make_rig("EOL-9", procedures=[plant.procedures["CRS-EOL"]], calibrated=False)
    lot(plant, "L-1", AT, rig=rig)
    assert one().conforming == 0


def test_a_reject_begins_the_count_anew(plant: Plant) -> None:
    lot(plant, "L-1", AT - timedelta(minutes=30))
    lot(plant, "L-2", AT - timedelta(minutes=20), "9.9")
    lot(plant, "L-3", AT - timedelta(minutes=10))
    assert one().overdue is True


def test_a_line_whose_cars_have_all_left_is_not_listed(plant: Plant) -> None:
    become(plant.vehicle, VehicleStatus.DELIVERED)
    assert len(period_standings(at=AT)) == 1
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    assert period_standings(at=AT) == []


def test_lines_and_configurations_stand_by_themselves(plant: Plant) -> None:
    make_batch("B-2", configuration=plant.configuration, line="L2")
    other = make_configuration("YU7-MAX-CN")
    make_revision(other, [*LINES[:5], {**WEEKLY, "period": "shift", "sample_size": 1}])
    make_batch("B-3", configuration=other)
    lot(plant, "L-1", AT)
    lot(plant, "L-2", AT)
    found = {(row.line, row.configuration): (row.overdue, row.period) for row in period_standings(at=AT)}
    assert found == {
        ("L1", "SU7-MAX-CN"): (False, "week"),
        ("L1", "YU7-MAX-CN"): (False, "shift"),
        ("L2", "SU7-MAX-CN"): (True, "week"),
    }
    assert [row.overdue for row in period_standings(at=AT)] == [True, False, False]


@pytest.mark.law(1)
def test_law_1_a_material_lot_as_the_period_stays_short(db: None) -> None:
    plant = make_plant(lines=[*LINES[:5], {**WEEKLY, "period": "lot"}])
    lot(plant, "L-1", AT)
    lot(plant, "L-2", AT)
    found = one()
    assert (found.current, found.conforming, found.overdue) == (None, 0, True)


def test_how_many_statements_it_takes_does_not_grow(plant: Plant, django_assert_num_queries: Any) -> None:
    lot(plant, "L-1", AT)
    with django_assert_num_queries(7):
        period_standings(at=AT)
    for number in (2, 3, 4):
        make_batch(f"B-{number}", configuration=plant.configuration, line=f"L{number}")
        lot(plant, f"L-{number}", AT)
    with django_assert_num_queries(7):
        assert len(period_standings(at=AT)) == 4
