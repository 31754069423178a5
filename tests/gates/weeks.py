"""Two batches on one line whose plan asks for a sample of CRS-EOL a week, and what becomes of one that is rejected."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from inspections.batches.choices import VehicleStatus
from inspections.batches.models import Batch
from inspections.dispositions.models import Nonconformance
from inspections.dispositions.services import confirm_retest
from inspections.gates.models import BatchGate, Screening
from inspections.gates.recounting import recount_batch
from inspections.gates.rejections import ReachedBatch, reached_batches
from inspections.gates.services import decide_batch, record_screening
from inspections.marks.services import mark_vehicles
from inspections.people.rules import Actor
from inspections.results.models import Sample
from inspections.results.services import record_inspection
from tests.factories import (
    AT,
    LINES,
    Plant,
    become,
    make_batch,
    make_engineer,
    make_plant,
    make_vehicle,
    posted,
    rig_actor,
)

WEEKLY = {
    "characteristic": "SQUIB", "lower": Decimal("1.5"), "upper": Decimal("3.0"), "level": "sample",
    "basis": "per_period", "period": "week", "sample_size": 1,
}  # fmt: skip
PER_BATCH = {**WEEKLY, "basis": "per_batch", "period": ""}
CODE = "CRS-EOL"
MONDAY = AT
"""The cars of these tests are built from this Monday on, one an hour, and tested ten minutes later."""
WHY = "every squib measured again on EOL-3"


class Week:
    """Two batches on one line, three cars each, built hour by hour: cars 0 to 5 in order of production."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.first = make_batch("B-1", configuration=plant.configuration, at=MONDAY)
        self.second = make_batch("B-2", configuration=plant.configuration, at=MONDAY)
        become(plant.vehicle, VehicleStatus.SCRAPPED)
        self.cars = [
            make_vehicle(batch, at=self.built(number))
            for number, batch in enumerate([self.first] * 3 + [self.second] * 3)
        ]

    def built(self, number: int) -> datetime:
        return MONDAY + timedelta(hours=number)

    def test(self, number: int, squib: str = "2.2", *, after: int = 10, **more: Any) -> Sample:
        """A result of a car, finished `after` minutes after it was built."""
        finished = self.built(number) + timedelta(minutes=after)
        item = posted(
            CODE,
            vin=self.cars[number].vin,
            measurements=[
                {"characteristic": "SQUIB", "value": Decimal(squib), "unit": "ohm"},
                {"characteristic": "DTC", "value": Decimal(0)},
            ],
            finished_at=finished,
            **more,
        )
        rig = self.plant.rig
        recorded = record_inspection(posted=item, rig=rig, actor=rig_actor(rig), at=finished)
        return Sample.objects.get(inspection_id=recorded.inspection_id)

    def becomes(self, number: int, status: VehicleStatus) -> None:
        car = self.cars[number]
        become(car, status)
        mark_vehicles(rows=[(car.batch_id, car.pk, ""), (car.batch_id, None, "")], at=MONDAY)

    def codes(self, batch: Batch) -> list[str]:
        """The reasons of a batch's own crash gate, decided late on Monday; the recount must agree."""
        late = MONDAY + timedelta(hours=20)
        decide_batch(batch_id=batch.pk, at=late)
        assert recount_batch(batch_id=batch.pk, at=late) == []
        return [row["code"] for row in BatchGate.objects.get(batch=batch, domain="crash").reasons]

    def reached(self, sample: Sample) -> dict[str, list[int]]:
        """By batch, the numbers of the cars that a rejection reaches."""
        for batch in (self.first, self.second):
            self.codes(batch)
        numbers = {car.pk: number for number, car in enumerate(self.cars)}
        return {
            found.number: [numbers[car.vehicle_id] for car in found.cars]
            for found in reached_batches(sample, at=MONDAY + timedelta(hours=20))
            if found.number != self.plant.batch.number
        }

    def of(self, sample: Sample, batch: Batch) -> ReachedBatch:
        self.codes(batch)
        found = reached_batches(sample, at=MONDAY + timedelta(hours=20))
        return next(each for each in found if each.number == batch.number)

    def screen(self, sample: Sample, batch: Batch | None = None, actor: Actor | None = None) -> Screening:
        return record_screening(
            sample=sample,
            batch=batch or self.first,
            reason=WHY,
            actor=actor or make_engineer(),
            at=MONDAY + timedelta(hours=19),
        )

    def dispose(self, batch: Batch, number: int) -> None:
        """An engineer answers the car's own fail, so that a later pass may count."""
        self.codes(batch)
        own = Nonconformance.objects.get(vehicle=self.cars[number], state="open")
        confirm_retest(nonconformance=own, reason="looked into", actor=make_engineer(), at=MONDAY + timedelta(hours=18))


def make_week() -> Week:
    return Week(make_plant(lines=[*LINES[:5], WEEKLY]))
