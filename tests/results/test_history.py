"""The evidence of one vehicle as people read it, in a number of statements that never grows."""

from datetime import timedelta

from inspections.results.models import Inspection
from inspections.results.queries import (
    LATE,
    fittings_of_vehicle,
    inspections_of_vehicle,
    late_arrivals,
    software_of_vehicle,
    vehicles_of_inspection,
)
from inspections.results.services import record_inspection
from tests.factories import AT, posted

LATER = (AT + timedelta(days=1), 2**63 - 1)


def record(plant, procedure="BAT-EOL", *, at=AT, **changed):
    done = record_inspection(posted=plant.posted(procedure, **changed), rig=plant.rig, actor=plant.rig_actor, at=at)
    return Inspection.objects.get(pk=done.inspection_id)


def read(plant, before=LATER, most=100):
    parts = sorted({row.component_id for row in fittings_of_vehicle(vehicle_id=plant.vehicle.pk)})
    return inspections_of_vehicle(
        vehicle_id=plant.vehicle.pk, component_ids=parts, pinned=plant.revision.pk, before=before, most=most
    )


def test_it_takes_four_statements_however_many_inspections_there_are(plant, django_assert_num_queries):
    record(plant)
    with django_assert_num_queries(5):
        read(plant)  # four, and one for the parts
    for hour in range(3):
        record(plant, "CRS-EOL", finished_at=AT - timedelta(hours=hour + 1))
    with django_assert_num_queries(5):
        read(plant)


def test_the_order_is_that_of_finishing_whatever_arrived_when(plant):
    first = record(plant, finished_at=AT - timedelta(minutes=30), at=AT)
    second = record(plant, finished_at=AT - timedelta(minutes=50), at=AT + timedelta(minutes=1))
    third = record(plant, finished_at=AT - timedelta(minutes=40), at=AT + timedelta(minutes=2))
    assert [row.id for row in read(plant)] == [first.pk, third.pk, second.pk]


def test_a_page_goes_on_behind_its_last_row_even_within_one_moment(plant):
    found = [record(plant, "CRS-EOL", finished_at=AT - timedelta(minutes=9)).pk for _ in range(5)]
    seen, before = [], LATER
    while rows := read(plant, before=before, most=2):
        seen += [row.id for row in rows]
        before = (rows[-1].finished_at, rows[-1].id)
    assert seen == sorted(found, reverse=True)


def test_what_was_measured_on_a_fitted_part_belongs_to_the_car(plant):
    tested = posted(component={"kind": "pack", "serial": "P-1"})
    record_inspection(posted=tested, rig=plant.rig, actor=plant.rig_actor, at=AT)
    assert [row.component for row in read(plant)] == ["pack P-1"]


def test_late_is_what_arrives_more_than_five_minutes_after_it_finished(plant):
    record(plant, finished_at=AT - LATE, at=AT)
    late = record(plant, finished_at=AT - LATE - timedelta(seconds=1), at=AT)
    rows = late_arrivals(vehicle_id=plant.vehicle.pk, before=LATER, most=10)
    assert [row.id for row in rows] == [late.pk]
    assert {row.id: row.late for row in read(plant)}[late.pk] is True


def test_the_newest_software_of_a_system_comes_first(plant):
    rows = software_of_vehicle(vehicle_id=plant.vehicle.pk)
    assert {(row.system, row.version) for row in rows} == {("ADAS", "4.10"), ("BMS", "2.0")}


def test_an_inspection_is_found_by_the_id_that_its_rig_gave_it(plant):
    inspection = record(plant, id="EOL-4711")
    assert vehicles_of_inspection(external_id="EOL-4711", most=5) == [(inspection.pk, plant.vehicle.vin)]
    assert vehicles_of_inspection(external_id="EOL-4712", most=5) == []
