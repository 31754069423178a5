"""What may be told of a batch's draw: which of its built cars are samples and how they stand, never what is to come."""

from __future__ import annotations

from dataclasses import dataclass

from ..batches.models import Batch
from ..catalogue.choices import Basis
from ..catalogue.models import Requirement as RequirementRow
from ..catalogue.queries import requirements_of
from ..evaluation import facts
from ..evaluation.reasons import Outcome
from ..evaluation.sampling import samples_of
from .sample_evidence import collect_drawn, item_of_car


@dataclass(frozen=True, slots=True)
class DrawnCar:
    """A registered car that is a sample for a procedure (by code). `outcome`: what its latest result says, if any."""

    procedure: str
    vehicle_id: int
    vin: str
    sequence: int
    for_delivery: bool
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class BatchDraw:
    """The draw of a batch. `asked`: procedure codes with how many positions are drawn, built or not. `seed` is "" until
    testing is closed. No `asked`: its plan samples nothing per batch."""

    commitment: str = ""
    seed: str = ""
    planned: int = 0
    asked: tuple[tuple[str, int], ...] = ()
    cars: tuple[DrawnCar, ...] = ()

    def of_car(self, vehicle_id: int) -> tuple[DrawnCar, ...]:
        """For which procedures one car is a sample."""
        return tuple(car for car in self.cars if car.vehicle_id == vehicle_id)


def batch_draw(batch: Batch) -> BatchDraw:
    """The draw of a batch. No statement where its plan samples nothing, a fixed number where it samples per batch."""
    lines = _drawn_lines(batch)
    if not lines:
        return BatchDraw()
    rules, samples, draw = collect_drawn(batch, lines, batch.revision_id)
    if draw is None:
        return BatchDraw()
    cars = []
    for rule in rules:
        latest = _latest(rule, samples)
        cars += [
            DrawnCar(
                rule.procedure,
                place.vehicle_id,
                place.vin,
                place.sequence,
                place.for_delivery,
                latest.get(item_of_car(place.vehicle_id)),
            )
            for place in draw.cars(rule.procedure_id)
        ]
    asked = tuple((rule.procedure, len(draw.positions[rule.procedure_id])) for rule in rules)
    return BatchDraw(draw.commitment, draw.seed, draw.planned, asked, tuple(cars))


def _drawn_lines(batch: Batch) -> list[facts.Requirement]:
    if batch.revision_id is None:
        return []
    lines = [line for line in requirements_of(batch.revision_id) if line.level is facts.Level.SAMPLE]
    if not lines:
        return []
    rows = RequirementRow.objects.filter(pk__in=[line.id for line in lines], basis=Basis.PER_BATCH)
    wanted = set(rows.values_list("pk", flat=True))
    return [line for line in lines if line.id in wanted]


def _latest(rule: facts.SampleRule, samples: tuple[facts.Sample, ...]) -> dict[str, Outcome]:
    """By item, what its latest result as a sample says."""
    ordered = sorted(samples_of(rule, samples), key=lambda sample: (sample.finished_at, sample.outcome))
    return {sample.item: sample.outcome for sample in ordered}
