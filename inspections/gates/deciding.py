"""Deciding some marked vehicles of one batch: read their evidence, evaluate, write only what differs.

Runs inside the decider's transaction, under the row lock of the batch's decider (see docs/deciding.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ..batches.models import Batch
from ..catalogue.choices import Domain
from ..evaluation.facts import GateDecision
from ..evaluation.gates import decide, decide_batch
from .batch_evidence import collect_batch_input
from .comparing import Decided, differs, stored_gates
from .evidence import Plan, collect_gate_inputs, collect_plan, collect_vehicles
from .flagging import flag_failures
from .writing import (
    names_of,
    take_out,
    tallies_moved,
    write_batch_gates,
    write_gates,
    write_reasons,
    write_vehicle_decisions,
)

DOMAINS = tuple(Domain.values)


@dataclass(slots=True)
class Undecided:
    """What the consumed marks name: domains by vehicle, and domains of the batch's own facts."""

    vehicles: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    own: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, marks: Iterable[tuple[int | None, str]]) -> Undecided:
        undecided = cls()
        for vehicle_id, domain in marks:
            domains = {domain} if domain else set(DOMAINS)
            if vehicle_id is None:
                undecided.own |= domains
            else:
                undecided.vehicles[vehicle_id] |= domains
        return undecided


def decide_marked(batch: Batch, undecided: Undecided, *, counter: int, at: datetime) -> None:
    """Decide what the marks name and write the differences: gates, reasons, counts, decisions, flags."""
    plan = collect_plan(batch)
    vehicles = collect_vehicles(batch.pk, undecided.vehicles)
    left = take_out(batch, [vehicle_id for vehicle_id in undecided.vehicles if vehicle_id not in vehicles], at)
    wanted = sorted((vehicle_id, domain) for vehicle_id in vehicles for domain in undecided.vehicles[vehicle_id])
    stored = stored_gates(wanted)
    inputs = collect_gate_inputs(batch, plan, vehicles, wanted)
    decided = [
        Decided(vehicles[vehicle_id], domain, decide(inputs[vehicle_id, domain], at=at))
        for vehicle_id, domain in wanted
    ]
    differing = [row for row in decided if differs(row, stored[row.vehicle.id, row.domain])]
    write_gates(batch, differing, counter, at)
    write_reasons(batch, differing, stored)
    tallies = tallies_moved(differing, stored)
    for domain, counts in left.items():
        tallies[domain].update(counts)
    new = {domain for vehicle_id, domain in wanted if stored[vehicle_id, domain].gate is None}
    own = _decide_own(batch, plan, undecided.own | new, at)
    shown = names_of(differing, own)
    write_vehicle_decisions(batch, plan, differing, stored, shown, counter, at)
    write_batch_gates(batch, plan, own, tallies, shown, counter, at)
    flag_failures(batch, differing, stored, own, shown, at)


def _decide_own(batch: Batch, plan: Plan, domains: Collection[str], at: datetime) -> dict[str, GateDecision]:
    return {domain: decide_batch(collect_batch_input(batch, plan, domain, at=at), at=at) for domain in sorted(domains)}
