"""An inspection of a sampled procedure speaks for all batches of its configuration on its line."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from inspections.batches.choices import BatchStatus
from inspections.catalogue.models import Characteristic
from inspections.evaluation.reasons import Outcome
from inspections.gates.services import close_batch
from inspections.marks.models import Mark
from inspections.results.models import Sample
from inspections.results.services import record_inspection
from tests.factories import AT, LINES, SYSTEM, Plant, make_batch, make_configuration, make_plant, posted

SAMPLED = {
    "characteristic": "SQUIB", "lower": Decimal("1.5"), "upper": Decimal("3.0"), "level": "sample",
    "basis": "per_period", "period": "week", "sample_size": 1,
}  # fmt: skip


@pytest.fixture
def sampled(db: None) -> Plant:
    """A plant whose plan asks for a sample of CRS-EOL a week, of the squib's resistance; its DTC is for every car."""
    made = make_plant(lines=[*LINES[:5], SAMPLED, LINES[6]])
    Mark.objects.all().delete()
    return made


def record(plant: Plant, item: Any) -> Any:
    return record_inspection(posted=item, rig=plant.rig, actor=plant.rig_actor, at=AT)


def measured(squib: str, dtc: str = "0") -> list[dict[str, Any]]:
    return [
        {"characteristic": "SQUIB", "value": Decimal(squib), "unit": "ohm"},
        {"characteristic": "DTC", "value": Decimal(dtc)},
    ]


def batch_marks() -> set[tuple[int, str]]:
    return set(Mark.objects.filter(vehicle_id=None).values_list("batch_id", "domain"))


def test_a_good_sample_is_stored_and_marks_the_batches_that_lean_on_it(sampled: Plant) -> None:
    same = make_batch("B2", configuration=sampled.configuration)
    make_batch("B3", configuration=sampled.configuration, line="L2")
    make_batch("B4", configuration=make_configuration("SU7-PRO-CN"))
    done = make_batch("B5", configuration=sampled.configuration)
    assert close_batch(batch=done, actor=SYSTEM, at=AT).status == BatchStatus.COMPLETED
    Mark.objects.all().delete()
    recorded = record(sampled, sampled.posted("CRS-EOL"))
    row = Sample.objects.get()
    assert (row.inspection_id, row.configuration, row.line) == (recorded.inspection_id, sampled.configuration, "L1")
    assert (row.outcome, row.subject, row.characteristic_id) == (Outcome.PASS, sampled.vehicle.vin, None)
    assert (row.revision_id, row.finished_at) == (sampled.revision.pk, AT - timedelta(minutes=1))
    # The completed one too: on its own revision the same sample may be a reject.
    assert batch_marks() == {(batch.pk, "crash") for batch in (sampled.batch, same, done)}


def test_a_rejected_sample_names_the_worst_characteristic(sampled: Plant) -> None:
    record(sampled, sampled.posted("CRS-EOL", measurements=measured("3.1")))
    row = Sample.objects.get()
    assert row.outcome == Outcome.FAIL
    assert row.characteristic_id == Characteristic.objects.get(code="SQUIB").pk


def test_a_sample_is_judged_on_its_sample_requirements_alone(sampled: Plant) -> None:
    recorded = record(sampled, sampled.posted("CRS-EOL", measurements=measured("2.0", dtc="3")))
    assert (recorded.verdict, Sample.objects.get().outcome) == (Outcome.FAIL, Outcome.PASS)


@pytest.mark.law(1)
def test_a_sample_that_lacks_its_characteristic_is_no_good_one(sampled: Plant) -> None:
    record(sampled, sampled.posted("CRS-EOL", measurements=measured("2.0")[1:]))
    assert Sample.objects.get().outcome == Outcome.INDETERMINATE


def test_a_part_in_no_car_speaks_for_every_configuration_that_asks_on_the_rigs_line(sampled: Plant) -> None:
    record(sampled, posted("CRS-EOL", component={"kind": "seat", "serial": "S-1"}))
    row = Sample.objects.get()
    assert (row.configuration, row.line, row.subject) == (sampled.configuration, sampled.rig.line, "seat S-1")
    assert row.outcome == Outcome.PASS
    assert batch_marks() == {(sampled.batch.pk, "crash")}


def test_a_procedure_without_sample_requirements_makes_no_sample(sampled: Plant) -> None:
    record(sampled, sampled.posted("BAT-EOL"))
    assert not Sample.objects.exists()
    assert batch_marks() == set()
