"""Recounting a batch from its measurements: what is stored must be what would be decided from nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..batches.models import Batch, Vehicle
from ..evaluation.gates import decide, decide_batch
from ..evaluation.reasons import ReasonCode, State
from ..marks.acts import one_act
from ..marks.services import mark_vehicles
from ..people.rules import Actor
from ..records.services import Act, record_acts
from ..saying import Said, say
from .batch_evidence import collect_batch_input
from .catalogued import GateWord
from .comparing import Decided, Stored, differs, stored_gates
from .deciding import DOMAINS
from .evidence import collect_gate_inputs, collect_plan, collect_vehicles
from .models import BatchGate, Decider
from .reading import read_rows

VEHICLES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """Where what is stored of a gate parts from its recomputation. `subject` is a VIN or the batch's number."""

    subject: str
    domain: str
    stored: str
    recounted: str

    def __str__(self) -> str:
        return self.said.english

    @property
    def said(self) -> Said:
        return say(
            "%(subject)s, %(gate)s: stored %(stored)s, recounted %(recounted)s",
            subject=self.subject,
            gate=GateWord(self.domain),
            stored=self.stored,
            recounted=self.recounted,
        )


def batches_to_recount() -> list[int]:
    """Batches of which some vehicle has not left yet."""
    return [
        row[0]
        for row in read_rows(
            "select distinct batch_id from inspections_vehicle where status in ('in_process', 'released') order by 1"
        )
    ]


@one_act
def recount_batch(*, batch_id: int, at: datetime, actor: Actor | None = None) -> list[Difference]:
    """Recompute every gate and count of a batch that nothing marks, under the decider's lock, and compare.

    A difference fails the batch's gate of that domain (`tally_mismatch`) until a later recount agrees. What is marked
    just now is left out: it is being decided anyway.
    """
    actor = actor or Actor.system()
    decider = Decider.objects.select_for_update().filter(pk=batch_id).first()
    if decider is None:
        return []
    batch = Batch.objects.select_related("revision__plan", "configuration").get(pk=batch_id)
    differences = list(_differences(batch, at))
    _keep(batch, differences, actor, at)
    return differences


def _differences(batch: Batch, at: datetime) -> Iterator[Difference]:
    marked = {
        row[0] for row in read_rows("select distinct vehicle_id from inspections_mark where batch_id = %s", batch.pk)
    }
    ids = list(Vehicle.objects.filter(batch=batch).order_by("pk").values_list("pk", flat=True))
    counts: dict[str, Counter[str]] = {domain: Counter() for domain in DOMAINS}
    for start in range(0, len(ids), VEHICLES_AT_ONCE):
        yield from _recount_some(batch, ids[start : start + VEHICLES_AT_ONCE], marked, counts, at)
    for gate in BatchGate.objects.filter(batch=batch):
        stored = Counter(gate.codes) + Counter(passed=gate.passed, failed=gate.failed, pending=gate.pending)
        if stored != +counts[gate.domain]:
            yield Difference(batch.number, gate.domain, _text(stored), _text(counts[gate.domain]))
        if None not in marked and (gate.valid_until is None or gate.valid_until > at):
            yield from _recount_own(batch, gate, at)


def _recount_own(batch: Batch, gate: BatchGate, at: datetime) -> Iterator[Difference]:
    """The batch's own facts: plan, coverage, samples."""
    decision = decide_batch(collect_batch_input(batch, collect_plan(batch), gate.domain, at=at), at=at)
    stored = Counter(row["code"] for row in gate.reasons if row["code"] != ReasonCode.TALLY_MISMATCH.value)
    recounted = Counter(reason.code.value for reason in decision.reasons)
    if stored != recounted:
        yield Difference(batch.number, gate.domain, _text(stored), _text(recounted))


def _recount_some(
    batch: Batch, ids: list[int], marked: set[int | None], counts: Mapping[str, Counter[str]], at: datetime
) -> Iterator[Difference]:
    plan = collect_plan(batch)
    vehicles = collect_vehicles(batch.pk, ids)
    wanted = [(vehicle_id, domain) for vehicle_id in vehicles for domain in DOMAINS]
    inputs = collect_gate_inputs(batch, plan, vehicles, wanted)
    stored = stored_gates(wanted)
    for vehicle_id, domain in wanted:
        vehicle, was = vehicles[vehicle_id], stored[vehicle_id, domain]
        now = Decided(vehicle, domain, decide(inputs[vehicle_id, domain], at=at))
        if vehicle_id in marked or _ran_out(was, at):
            if was.counted:
                counts[domain].update([State(was.state).name.lower(), *was.codes])
            continue
        if vehicle.for_delivery:
            counts[domain].update([now.decision.state.name.lower(), *now.codes])
        if differs(now, was):
            yield Difference(vehicle.vin, domain, _stored_text(was), _now_text(now))


def _ran_out(was: Stored, at: datetime) -> bool:
    """Rested on a fact that has ended: clearance refuses it already, and it is about to be decided again."""
    return was.gate is not None and was.gate.valid_until is not None and was.gate.valid_until <= at


def _text(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{key} {count}" for key, count in sorted(counts.items()) if count) or "nothing"


def _stored_text(was: Stored) -> str:
    return "nothing" if was.gate is None else _text({State(was.state).name.lower(): 1, **dict.fromkeys(was.codes, 1)})


def _now_text(now: Decided) -> str:
    return _text({now.decision.state.name.lower(): 1, **dict.fromkeys(now.codes, 1)})


def _keep(batch: Batch, differences: list[Difference], actor: Actor, at: datetime) -> None:
    first: dict[str, Difference] = {}
    for difference in differences:
        first.setdefault(difference.domain, difference)
    acts = []
    for gate in BatchGate.objects.filter(batch=batch):
        found = first.get(gate.domain)
        mismatch = (
            None
            if found is None
            else {
                "found": found.stored,
                "required": found.recounted,
                "detail": {"subject": found.subject},
            }
        )
        if mismatch == gate.mismatch:
            continue
        gate.mismatch = mismatch
        gate.save(update_fields=["mismatch"])
        acts.append(
            Act(
                "batch.recount_differs" if mismatch else "batch.recount_agrees",
                "batch",
                batch.number,
                batch=batch.number,
                after={"domain": gate.domain, **(mismatch or {})},
            )
        )
    if acts:
        record_acts(actor=actor, acts=acts, at=at)
        # The decider takes the finding into the gate, and out of it, as it does every other fact.
        mark_vehicles(rows=[(batch.pk, None, "")], at=at)
