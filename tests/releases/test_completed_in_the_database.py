"""The end of a batch, past every act: as the application's role."""

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.dispositions.models import Hold
from inspections.dispositions.services import (
    place_hold,
)
from inspections.gates.services import (
    close_batch,
)
from tests.factories import (
    AT,
    SYSTEM,
    become,
    make_batch,
    make_engineer,
    make_vehicle,
)
from tests.releases.completed import LATER, WHY, failing


@pytest.mark.law(4)
class TestRawStatements:
    """Law 4: as the application's role, past every act."""

    def refused(self, statement, why, *facts):
        with pytest.raises(DatabaseError, match=why), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, facts)

    def test_a_batch_goes_one_step_at_a_time_and_back_from_completed_alone(self, plant, good_car, left):
        fresh = make_batch("SU7-2026W47-04", configuration=plant.configuration)
        change = "update inspections_batch set status = %s, testing_closed_at = {}, completed_at = {} where id = %s"
        for old, new, dates in (
            (fresh, "completed", ("now()", "now()")),
            (left, "open", ("null", "null")),
        ):
            self.refused(change.format(*dates), f"it does not become {new}", new, old.pk)
        closed = make_batch("SU7-2026W47-05", configuration=plant.configuration)
        make_vehicle(closed)
        close_batch(batch=closed, actor=SYSTEM, at=AT)
        self.refused(change.format("null", "null"), "it does not become open", "open", closed.pk)

    def test_none_is_completed_with_a_car_in_the_plant_or_with_something_open(self, plant, left, record):
        complete = "update inspections_batch set status = 'completed', completed_at = now() where id = %s"
        other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
        car = make_vehicle(other)
        close_batch(batch=other, actor=SYSTEM, at=AT)
        self.refused(complete, "a car of it is in the plant", other.pk)
        become(car, "released")
        self.refused(complete, "a car of it is in the plant", other.pk)
        place_hold(batch=left, vehicle=None, reason=WHY, actor=make_engineer(), at=AT)
        self.refused(complete, "something is open", left.pk)
        Hold.objects.filter(batch=left).update(lifted_at=AT)
        record(failing(plant), at=LATER)
        self.refused(complete, "something is open", left.pk)

    def test_no_car_comes_into_a_completed_one_or_back_into_its_plant(self, plant, good_car, left):
        self.refused(
            "insert into inspections_vehicle (vin, batch_id, sequence, status, registered_at)"
            " values ('LXM1A2B30TA999999', %s, 99, 'in_process', now())",
            "its batch is completed",
            left.pk,
        )
        for stands in ("in_process", "released"):
            self.refused("update inspections_vehicle set status = %s where id = %s", "interlock", stands, good_car.pk)
        other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
        car = make_vehicle(other)
        self.refused("update inspections_vehicle set batch_id = %s where id = %s", "interlock", left.pk, car.pk)

    def test_none_begins_otherwise_than_open_and_dates_are_written_once(self, plant, left):
        self.refused(
            "insert into inspections_batch (number, configuration_id, planned_quantity, line, status, opened_at,"
            " testing_closed_at, completed_at) values ('X', %s, 1, 'L1', 'completed', now(), now(), now())",
            "begins open",
            plant.configuration.pk,
        )
        for column, why in (("testing_closed_at", "was closed once"), ("completed_at", "is written as it is")):
            self.refused(f"update inspections_batch set {column} = now() where id = %s", why, left.pk)
        self.refused("update inspections_batch set completed_at = null where id = %s", "interlock", left.pk)
