"""Results of many cars read at once: whose, when, and with the verdict that counts now."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.catalogue.models import Characteristic
from inspections.evaluation.reasons import Outcome
from inspections.results.models import Judgement, Void
from inspections.results.services import record_inspections
from inspections.statistics.facts import Counts, Scope
from inspections.statistics.queries import counts_in_window, lines_held_to, values_in_scope
from tests import factories
from tests.factories import AT, changed_value

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def plant(standing_plant):
    return standing_plant


def record(plant, *items, rig=None, at=AT):
    rig = rig or plant.rig
    return record_inspections(items=items, rig=rig, actor=factories.rig_actor(rig), at=at)


def bonding(plant, value, *, minutes=1, **changed):
    """A test of the battery with this bonding at the charge port, finished so long before AT."""
    values = changed_value("BAT-EOL", "BOND", Decimal(value), position="charge-port")
    return plant.posted(finished_at=AT - minutes * MINUTE, measurements=values, **changed)


def scope(code="BOND", **changed):
    found = Characteristic.objects.get(code=code)
    window = {"since": AT - timedelta(hours=24), "until": AT}
    return Scope(procedure_id=found.procedure_id, characteristic_id=found.pk, **{**window, **changed})


def read(most=100, **changed):
    return values_in_scope(scope=scope(**changed), most=most)


def numbers(found):
    return [str(value.value) for value in found.values if value.position in ("charge-port", "")]


def test_values_come_as_written_in_the_order_of_time_with_what_they_belong_to(plant):
    record(plant, bonding(plant, "0.100", minutes=3, id="T-1"), bonding(plant, "0.0430", minutes=5))
    first, _pack, last, _other = read().values
    assert (str(first.value), str(last.value)) == ("0.0430", "0.100")
    assert (last.external_id, last.rig, last.position, last.unit, last.outcome) == (
        "T-1", plant.rig.code, "charge-port", "ohm", Outcome.FAIL,
    )  # fmt: skip
    assert (last.vin, last.car, last.batch, last.part) == (plant.vehicle.vin, 1, plant.batch.number, "")
    assert last.requirement_id == plant.revision.requirements.get(characteristic__code="BOND").pk


def test_a_window_holds_its_first_moment_and_not_its_last(plant):
    record(plant, *(bonding(plant, f"0.0{minutes}", minutes=minutes) for minutes in (10, 20, 30)))
    assert numbers(read(since=AT - 20 * MINUTE, until=AT - 10 * MINUTE)) == ["0.020"]


def test_rig_position_and_configuration_narrow_it(plant):
    other = factories.make_rig("EOL-9", procedures=list(plant.procedures.values()))
    there = factories.make_configuration("YU7-PRO-CN")
    factories.make_revision(there, factories.LINES)
    car = factories.make_vehicle(factories.make_batch("YU7-1", configuration=there))
    record(plant, bonding(plant, "0.041"))
    record(plant, bonding(plant, "0.042", vin=car.vin), rig=other)
    assert numbers(read()) == ["0.041", "0.042"]
    assert numbers(read(rig_id=other.pk)) == ["0.042"]
    assert numbers(read(configurations=(plant.configuration.pk,))) == ["0.041"]
    assert numbers(read(configurations=())) == []
    assert [value.position for value in read(position="pack").values] == ["pack", "pack"]


def test_a_batch_is_read_whole_or_in_a_window_and_by_its_cars_of_now(plant):
    moved = factories.make_vehicle(plant.batch)
    record(plant, bonding(plant, "0.041"), bonding(plant, "0.042", vin=moved.vin))
    elsewhere = factories.make_batch("SU7-2", configuration=plant.configuration)
    factories.put_into(elsewhere, moved, 1)
    whole = {"since": None, "until": None}
    assert numbers(read(batch_id=plant.batch.pk, **whole)) == ["0.041"]
    assert numbers(read(batch_id=elsewhere.pk, **whole)) == ["0.042"]
    assert numbers(read(batch_id=plant.batch.pk, since=AT, until=AT + MINUTE)) == []


def test_a_window_without_an_end_is_refused_unless_a_batch_bounds_it(plant):
    with pytest.raises(ValueError, match="one batch alone"):
        read(since=None)
    with pytest.raises(ValueError, match="one batch alone"):
        read(until=None)


def test_a_part_tested_by_itself_belongs_to_the_car_that_it_is_in_now(plant):
    fitted = plant.posted(component={"kind": "pack", "serial": "P-1"})
    loose = plant.posted(component={"kind": "pack", "serial": "P-2"}, finished_at=AT - 2 * MINUTE)
    record(plant, fitted, loose)
    found = [(value.part, value.vin, value.car, value.batch) for value in read(position="pack").values]
    assert found == [("pack P-2", "", 0, ""), ("pack P-1", plant.vehicle.vin, 1, plant.batch.number)]
    whole = read(position="pack", batch_id=plant.batch.pk, since=None, until=None)
    assert [value.part for value in whole.values] == ["pack P-1"]


def test_what_was_declared_void_is_left_out_and_counted(plant):
    record(plant, bonding(plant, "0.100", id="T-void"), bonding(plant, "0.041", minutes=9))
    inspection = read().values[-1].inspection_id
    Void.objects.create(inspection_id=inspection, reason="a master part", voided_by="0388", person_id=1, at=AT)
    found = read()
    assert (numbers(found), found.voided) == (["0.041"], 1)
    bond = Characteristic.objects.get(code="BOND")
    counted = counts_in_window(procedure_ids=[bond.procedure_id], since=AT - 60 * MINUTE, until=AT)
    assert counted[bond.pk] == Counts(bond.pk, 2, 0, 0, 0)


@pytest.mark.law(3)
def test_law_3_of_a_batch_judged_on_a_later_revision_its_own_verdict_counts(plant):
    record(plant, bonding(plant, "0.06"))
    later = factories.make_revision(plant.configuration, factories.LINES)
    factories.pin(plant.batch, later)
    bond = Characteristic.objects.get(code="BOND")
    window = {"procedure_ids": [bond.procedure_id], "since": AT - 60 * MINUTE, "until": AT}
    assert {value.outcome for value in read().values} == {Outcome.NOT_JUDGED}
    assert counts_in_window(**window)[bond.pk] == Counts(bond.pk, 2, 0, 0, 2)
    line = later.requirements.get(characteristic=bond)
    value = read().values[0]
    Judgement.objects.create(
        inspection_id=value.inspection_id, ordinal=value.ordinal, revision_id=later.pk, requirement_id=line.pk,
        outcome=Outcome.FAIL, reason=16, act="repin", at=AT,
    )  # fmt: skip
    assert [(each.outcome, each.requirement_id) for each in read().values] == [
        (Outcome.FAIL, line.pk), (Outcome.NOT_JUDGED, None),
    ]  # fmt: skip
    assert counts_in_window(**window)[bond.pk] == Counts(bond.pk, 2, 1, 0, 1)


def test_the_newest_are_kept_and_it_says_that_there_are_more(plant):
    record(plant, *(bonding(plant, f"0.0{minutes}", minutes=minutes) for minutes in (10, 20, 30)))
    found = read(most=2, position="charge-port")
    assert (numbers(found), found.more) == (["0.020", "0.010"], True)
    assert read(most=3, position="charge-port").more is False


def test_what_is_no_number_keeps_its_text(plant):
    record(plant, plant.posted(measurements=[
        {"characteristic": "BOND", "position": "pack", "value": "NaN", "unit": "ohm"},
        {"characteristic": "BOND", "position": "charge-port", "value": "", "unit": "ohm"},
    ]))  # fmt: skip
    assert [(value.value, value.raw) for value in read().values] == [(None, "NaN"), (None, "")]


def test_counts_are_by_characteristic_and_leave_out_what_was_not_measured(plant):
    record(plant, plant.posted(), bonding(plant, "0.2"))
    record(plant, plant.posted("CRS-EOL"))
    ids = {row.code: row.pk for row in Characteristic.objects.all()}
    battery = [plant.procedures["BAT-EOL"].pk]
    window = {"since": AT - 60 * MINUTE, "until": AT}
    counted = counts_in_window(procedure_ids=battery, **window)
    assert counted == {
        ids["BOND"]: Counts(ids["BOND"], 4, 1, 0, 0),
        ids["ISO"]: Counts(ids["ISO"], 2, 0, 0, 0),
        ids["HVIL"]: Counts(ids["HVIL"], 2, 0, 0, 0),
    }
    assert counts_in_window(procedure_ids=battery, rig_id=plant.rig.pk + 1, **window) == {}
    assert counts_in_window(procedure_ids=battery, since=AT, until=AT + MINUTE) == {}


def test_lines_are_those_asked_for_and_those_in_force(plant):
    old = plant.revision.requirements.get(characteristic__code="BOND")
    new = factories.make_revision(plant.configuration, factories.LINES).requirements.get(characteristic__code="BOND")
    factories.make_revision(plant.configuration, factories.LINES, approved=False)

    def found(ids, configurations=None):
        lines = lines_held_to(
            characteristic_id=old.characteristic_id, requirement_ids=ids, configurations=configurations
        )
        return [(number, line.revision, line.in_force) for number, line in lines.items()]

    assert found([]) == [(new.pk, 2, True)]
    assert found([old.pk]) == [(new.pk, 2, True), (old.pk, 1, False)]
    assert found([old.pk], configurations=()) == [(old.pk, 1, False)]


@pytest.mark.parametrize("whose", ["window", "batch"])
def test_it_is_one_statement_that_looks_each_inspection_up(plant, whose):
    record(plant, plant.posted())
    changed = {} if whose == "window" else {"batch_id": plant.batch.pk, "since": None, "until": None}
    wanted = scope(**changed)
    with CaptureQueriesContext(connection) as asked:
        values_in_scope(scope=wanted, most=100)
    assert len(asked) == 1
    with connection.cursor() as cursor:
        # So few rows are read whole by any planner; forbidden to, it shows whether it could do otherwise.
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("explain " + asked[0]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on inspections_measurement" not in plan
    assert "Seq Scan on inspections_inspection" not in plan
    assert "measurement_inspection" in plan
    assert ("inspection_finished" if whose == "window" else "inspection_vehicle") in plan


def test_the_index_of_time_takes_next_to_no_room(owner_connection):
    kind = owner_connection.execute(
        "select a.amname from pg_class c join pg_am a on a.oid = c.relam where c.relname = 'inspection_finished'"
    ).fetchone()
    assert kind == ("brin",)
