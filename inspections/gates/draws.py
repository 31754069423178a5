"""Which positions of a batch are drawn as samples: its seed is read here and nowhere else (see docs/evaluation.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..batches.choices import FOR_DELIVERY, BatchStatus
from ..batches.models import Batch, DrawSeed
from ..evaluation.drawing import ALGORITHM, commitment_of, draw_positions
from ..people.rules import Actor
from ..records.services import record_act
from .reading import read_named


@dataclass(frozen=True, slots=True)
class Place:
    """A registered car and its position in build order."""

    vehicle_id: int
    vin: str
    sequence: int
    for_delivery: bool


@dataclass(frozen=True, slots=True, repr=False)
class Draw:
    """The draw of a batch. `positions` by procedure id, built or not: a secret while the batch is open."""

    positions: Mapping[int, tuple[int, ...]]
    places: tuple[Place, ...] = ()
    commitment: str = ""
    planned: int = 0
    seed: str = ""
    """"" until testing is closed."""

    def holds(self, procedure_id: int, sequence: int) -> bool:
        return sequence in self.positions.get(procedure_id, ())

    def cars(self, procedure_id: int) -> list[Place]:
        """The registered cars that are samples for the procedure, in build order."""
        return [place for place in self.places if self.holds(procedure_id, place.sequence)]


def draw_samples(batch: Batch, sizes: Mapping[int, tuple[str, int]], conforming: Collection[tuple[int, int]]) -> Draw:
    """Draw for each procedure of `sizes` (id to code and how many), which its plan samples per batch. Two statements.

    `conforming`: vehicle and procedure ids of samples that conform. A car that cannot be delivered is lost to a
    procedure for which it gave none. Without a seed nothing is drawn, and what is asked stays short.
    """
    kept = DrawSeed.objects.filter(batch=batch).first()
    if kept is None:
        return Draw(dict.fromkeys(sizes, ()))
    places = _places(batch)
    closed = batch.status != BatchStatus.OPEN
    given = set(conforming)
    positions = {
        procedure_id: draw_positions(
            bytes.fromhex(kept.seed),
            code,
            planned=kept.planned_quantity,
            size=size,
            built=[place.sequence for place in places],
            lost=[
                place.sequence
                for place in places
                if not place.for_delivery and (place.vehicle_id, procedure_id) not in given
            ],
            closed=closed,
        )
        for procedure_id, (code, size) in sizes.items()
    }
    commitment = commitment_of(bytes.fromhex(kept.seed))
    return Draw(positions, places, commitment, kept.planned_quantity, kept.seed if closed else "")


def reveal_draw(*, batch: Batch, actor: Actor, at: datetime) -> None:
    """Tell the seed in the ledger, in the act that closes testing. A batch without a seed has nothing to tell."""
    kept = DrawSeed.objects.filter(batch=batch).first()
    if kept is None:
        return
    record_act(
        actor=actor,
        act="batch.draw_revealed",
        subject_kind="batch",
        subject=batch.number,
        batch=batch.number,
        at=at,
        after={
            "algorithm": ALGORITHM,
            "commitment": commitment_of(bytes.fromhex(kept.seed)),
            "seed": kept.seed,
            "planned_quantity": kept.planned_quantity,
        },
    )


def _places(batch: Batch) -> tuple[Place, ...]:
    """The registered cars. A car that was moved away leaves its position, lost until another is registered there."""
    rows = read_named(
        "select id, vin, sequence, status = any(%(delivery)s) from inspections_vehicle where batch_id = %(batch)s"
        " union all select m.vehicle_id, v.vin, m.from_sequence, false from inspections_vehiclemove m"
        " join inspections_vehicle v on v.id = m.vehicle_id where m.from_batch_id = %(batch)s and not exists("
        " select from inspections_vehicle o where o.batch_id = %(batch)s and o.sequence = m.from_sequence) order by 3",
        batch=batch.pk,
        delivery=[status.value for status in FOR_DELIVERY],
    )
    return tuple(Place(*row) for row in rows)
