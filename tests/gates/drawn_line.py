"""A batch of which samples of CRS-EOL are drawn, and what its tests do with it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from inspections.batches.choices import VehicleStatus
from inspections.batches.models import DrawSeed, Vehicle
from inspections.evaluation.drawing import draw_positions
from inspections.gates.models import BatchGate
from inspections.gates.recounting import recount_batch
from inspections.gates.services import decide_batch
from inspections.marks.services import mark_vehicles
from inspections.results.services import NewVehicle, record_inspection, register_vehicles
from inspections.rigs.models import Rig
from tests.factories import AT, LINES, SYSTEM, Plant, become, make_batch, make_plant, posted, rig_actor, vin

DRAWN = {
    "characteristic": "SQUIB", "lower": Decimal("1.5"), "upper": Decimal("3.0"), "level": "sample",
    "basis": "per_batch", "sample_size": 2,
}  # fmt: skip
CODE = "CRS-EOL"


class Line:
    """A batch of ten planned cars, two of which are samples of CRS-EOL, and what its tests do with it."""

    def __init__(self, plant: Plant, planned: int = 10) -> None:
        self.plant = plant
        self.batch = make_batch("B-1", configuration=plant.configuration, planned_quantity=planned)
        self.seed = bytes.fromhex(DrawSeed.objects.get(batch=self.batch).seed)
        self.serials = count(500_001)
        self.cars: dict[int, Vehicle] = {}

    def draw(self, **more: Any) -> tuple[int, ...]:
        return draw_positions(self.seed, CODE, planned=10, size=2, **{"built": list(self.cars), **more})

    def register(self, *places: int, at: Any = AT) -> None:
        news = [NewVehicle(vin(next(self.serials)), place) for place in places]
        for car in register_vehicles(batch=self.batch, vehicles=news, actor=SYSTEM, at=at).created:
            self.cars[car.sequence] = car

    def test(self, place: int, squib: str = "2.2", *, minutes: int = 1, rig: Rig | None = None, **more: Any) -> Any:
        item = posted(
            CODE,
            vin=self.cars[place].vin,
            measurements=[
                {"characteristic": "SQUIB", "value": Decimal(squib), "unit": "ohm"},
                {"characteristic": "DTC", "value": Decimal(0)},
            ],
            finished_at=AT + timedelta(minutes=minutes),
            **more,
        )
        rig = rig or self.plant.rig
        return record_inspection(posted=item, rig=rig, actor=rig_actor(rig), at=AT + timedelta(minutes=minutes))

    def becomes(self, place: int, status: VehicleStatus) -> None:
        """What becomes of a car, as the act that says so would mark it."""
        become(self.cars[place], status)
        mark_vehicles(rows=[(self.batch.pk, self.cars[place].pk, ""), (self.batch.pk, None, "")], at=AT)

    def gate(self) -> list[tuple[str, str, str]]:
        """The reasons of the batch's own crash gate: code, found, required. The recount must agree."""
        decide_batch(batch_id=self.batch.pk, at=AT + timedelta(hours=1))
        gate = BatchGate.objects.get(batch=self.batch, domain="crash")
        assert recount_batch(batch_id=self.batch.pk, at=AT + timedelta(hours=1)) == []
        return [(row["code"], row.get("found", ""), row.get("required", "")) for row in gate.reasons]


def make_line() -> Line:
    return Line(make_plant(lines=[*LINES[:5], DRAWN]))
