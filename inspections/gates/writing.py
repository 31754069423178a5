"""Writes what a decision changed, and nothing else: gates, open reasons, counts by difference, decisions."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection

from ..batches.models import Batch, Vehicle
from ..catalogue.models import Characteristic
from ..dispatch import DECIDE_BATCH, Queue, enqueue_after_commit
from ..evaluation.facts import GateDecision, Reason
from ..evaluation.reasons import FAILED_CODES, ReasonCode, State
from ..marks.services import mark_vehicles
from ..people.rules import Actor
from ..records.services import Act, record_acts
from .comparing import Decided, Stored, content, reasons_differ, stored_content, stored_gates
from .evidence import Plan
from .models import BatchGate, Decision, OpenReason

DECIDER = Actor.system("Interlock")
MOST_TOLD: Final = 5
"""Reasons that an entry about a car that has left carries; its decision holds all of them."""


_UPSERT_GATES = """
insert into inspections_vehiclegate
    (vehicle_id, domain, batch_id, state, counted, missing, conceded, valid_until, decided_at, counter)
select vehicle_id, domain, %(batch)s, state, counted, missing, conceded, valid_until, %(at)s, %(counter)s
from jsonb_to_recordset(%(rows)s::jsonb) as row(vehicle_id bigint, domain text, state smallint, counted boolean,
    missing text, conceded bigint[], valid_until timestamptz)
on conflict (vehicle_id, domain) do update set batch_id = excluded.batch_id, state = excluded.state,
    counted = excluded.counted, missing = excluded.missing, conceded = excluded.conceded,
    valid_until = excluded.valid_until, decided_at = excluded.decided_at, counter = excluded.counter
"""


def write_gates(batch: Batch, rows: list[Decided], counter: int, at: datetime) -> None:
    if not rows:
        return
    payload = [
        {
            "vehicle_id": row.vehicle.id,
            "domain": row.domain,
            "state": int(row.decision.state),
            "counted": row.vehicle.for_delivery,
            "missing": "\n".join(row.missing),
            "conceded": list(row.decision.conceded) or None,
            "valid_until": row.decision.valid_until.isoformat() if row.decision.valid_until else None,
        }
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT_GATES, {"batch": batch.pk, "at": at, "counter": counter, "rows": json.dumps(payload)})


def write_reasons(batch: Batch, rows: list[Decided], stored: Mapping[tuple[int, str], Stored]) -> None:
    gone: list[int] = []
    new: list[OpenReason] = []
    for row in rows:
        was, now = stored[row.vehicle.id, row.domain].reasons, row.reasons
        gone += [old.pk for key, old in was.items() if key not in now or content(now[key]) != stored_content(old)]
        new += [
            _open_reason(batch, row, reason)
            for key, reason in now.items()
            if key not in was or content(reason) != stored_content(was[key])
        ]
    if gone:
        OpenReason.objects.filter(pk__in=gone).delete()
    if new:
        OpenReason.objects.bulk_create(new)


def _open_reason(batch: Batch, row: Decided, reason: Reason) -> OpenReason:
    return OpenReason(
        batch_id=batch.pk,
        vehicle_id=row.vehicle.id,
        domain=row.domain,
        code=reason.code.value,
        characteristic_id=reason.characteristic_id,
        position=reason.position,
        requirement_id=reason.requirement_id,
        inspection_id=reason.inspection_id,
        ordinal=reason.ordinal,
        found=reason.found,
        required=reason.required,
        detail=dict(reason.detail),
    )


def tallies_moved(rows: list[Decided], stored: Mapping[tuple[int, str], Stored]) -> dict[str, Counter[str]]:
    """By domain, how much each count of the batch's gate moves: `passed`, `failed`, `pending`, and `code:…`."""
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        was = stored[row.vehicle.id, row.domain]
        if was.counted:
            moved[row.domain].subtract(_counts(was.state, was.codes))
        if row.vehicle.for_delivery:
            moved[row.domain].update(_counts(row.decision.state, row.codes))
    return moved


def _counts(state: int, codes: Iterable[str]) -> list[str]:
    return [State(state).name.lower(), *(f"code:{code}" for code in codes)]


_LEFT = """
select g.vehicle_id, g.domain from inspections_vehiclegate g join inspections_vehicle v on v.id = g.vehicle_id
where g.vehicle_id = any(%(vehicles)s) and g.batch_id = %(batch)s and v.batch_id <> %(batch)s
"""
_TAKE_OUT = """
update inspections_vehiclegate g set batch_id = v.batch_id, counted = false from inspections_vehicle v
where v.id = g.vehicle_id and g.vehicle_id = any(%(vehicles)s) and g.batch_id = %(batch)s and v.batch_id <> %(batch)s
"""
_FOLLOW = """
update inspections_openreason o set batch_id = v.batch_id from inspections_vehicle v
where v.id = o.vehicle_id and o.vehicle_id = any(%(vehicles)s) and o.batch_id <> v.batch_id
"""


def take_out(batch: Batch, vehicle_ids: list[int], at: datetime) -> dict[str, Counter[str]]:
    """Cars that were moved away count here no more: by domain, how much each count of the batch moves.

    Their gates go with them, uncounted until their new batch decides them; so do the marks that were meant for them.
    """
    if not vehicle_ids:
        return {}
    named: dict[str, Any] = {"vehicles": vehicle_ids, "batch": batch.pk}
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, named)
        gone = stored_gates(sorted(cursor.fetchall()))
        cursor.execute(_TAKE_OUT, named)
        cursor.execute(_FOLLOW, named)
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, domain), was in gone.items():
        if was.counted:
            moved[domain].subtract(_counts(was.state, was.codes))
    places = Vehicle.objects.filter(pk__in=vehicle_ids).values_list("batch_id", "pk")
    mark_vehicles(rows=[(batch_id, vehicle_id, "") for batch_id, vehicle_id in places], at=at)
    for batch_id in sorted({batch_id for batch_id, _ in places}):
        enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": batch_id}, once=True)
    return moved


def names_of(rows: Iterable[Decided], own: Mapping[str, GateDecision]) -> dict[int, str]:
    """Codes of the characteristics that the changed reasons name: decisions and the ledger keep text, not ids."""
    ids = {reason.characteristic_id for row in rows for reason in row.decision.reasons if reason.code in FAILED_CODES}
    ids |= {key[1] for row in rows for key in row.reasons}
    ids |= {reason.characteristic_id for decision in own.values() for reason in decision.reasons}
    known = [number for number in ids if number is not None]
    return dict(Characteristic.objects.filter(pk__in=known).values_list("pk", "code")) if known else {}


def reason_record(reason: Reason, names: Mapping[int, str]) -> dict[str, Any]:
    """A reason as decisions keep it: text that outlives the rows it names."""
    record: dict[str, Any] = {"code": reason.code.value}
    if reason.characteristic_id is not None:
        record["characteristic"] = names.get(reason.characteristic_id, str(reason.characteristic_id))
        record["characteristic_id"] = reason.characteristic_id
    pairs = (
        ("position", reason.position),
        ("found", reason.found),
        ("required", reason.required),
        ("requirement_id", reason.requirement_id),
        ("procedure_id", reason.procedure_id),
        ("inspection_id", reason.inspection_id),
        ("ordinal", reason.ordinal),
        ("detail", dict(reason.detail)),
    )
    return record | {key: value for key, value in pairs if value not in ("", None, {})}


def write_vehicle_decisions(
    batch: Batch,
    plan: Plan,
    rows: list[Decided],
    stored: Mapping[tuple[int, str], Stored],
    names: Mapping[int, str],
    counter: int,
    at: datetime,
) -> None:
    """A decision for each gate whose state or reasons changed. Missing results are counted, not listed: which they
    are follows from the revision and the record. A gate that only awaits its first results has no decision yet."""
    decisions: list[Decision] = []
    acts: list[Act] = []
    for row in rows:
        was = stored[row.vehicle.id, row.domain]
        if was.state == row.decision.state and not reasons_differ(row, was):
            continue
        reasons = [reason_record(reason, names) for reason in row.reasons.values()]
        decisions.append(
            Decision(
                batch=batch,
                vehicle_id=row.vehicle.id,
                domain=row.domain,
                counter=counter,
                state=int(row.decision.state),
                reasons=reasons,
                counts={"missing": len(row.missing)} if row.missing else None,
                revision_id=plan.revision_id,
                valid_until=row.decision.valid_until,
                decided_at=at,
            )
        )
        acts += _new_acts(batch, row, was, names)
        if row.vehicle.delivered and row.decision.state is not State.PASSED:
            after = {"domain": row.domain, "state": row.decision.state.name.lower(), "reasons": reasons[:MOST_TOLD]}
            acts.append(Act("delivery.doubted", "vehicle", row.vehicle.vin, batch=batch.number, after=after))
        if was.state != row.decision.state and State.FAILED in (was.state, row.decision.state):
            acts.append(_gate_act("vehicle", row.vehicle.vin, batch, row.domain, was.state, row.decision, reasons))
    Decision.objects.bulk_create(decisions)
    record_acts(actor=DECIDER, acts=acts, at=at)


_TOLD_WHEN_NEW: Final = {
    ReasonCode.VERDICT_DISAGREEMENT.value: "disagreement.found",
    ReasonCode.SUBMISSION_QUARANTINED.value: "kept.blocks",
}
"""Reasons that fail no gate and flag nothing, and that a person has to answer all the same."""


def _new_acts(batch: Batch, row: Decided, was: Stored, names: Mapping[int, str]) -> Iterator[Act]:
    for key, reason in row.reasons.items():
        if key[0] in _TOLD_WHEN_NEW and key not in was.reasons:
            after = {
                "domain": row.domain,
                "code": key[0],
                "characteristic_id": reason.characteristic_id,
                "reason": reason_record(reason, names),
            }
            yield Act(_TOLD_WHEN_NEW[key[0]], "vehicle", row.vehicle.vin, batch=batch.number, after=after)


def _gate_act(
    kind: str, subject: str, batch: Batch, domain: str, was: int, decision: GateDecision, reasons: list[dict[str, Any]]
) -> Act:
    return Act(
        "gate.failed" if decision.state is State.FAILED else "gate.no_longer_failed",
        kind,
        subject,
        batch=batch.number,
        before={"domain": domain, "state": State(was).name.lower()},
        after={"domain": domain, "state": decision.state.name.lower(), "reasons": reasons},
    )


def write_batch_gates(
    batch: Batch,
    plan: Plan,
    own: Mapping[str, GateDecision],
    tallies: Mapping[str, Counter[str]],
    names: Mapping[int, str],
    counter: int,
    at: datetime,
) -> None:
    standing = {gate.domain: gate for gate in BatchGate.objects.filter(batch=batch)}
    for domain in sorted(set(own) | set(tallies)):
        gate = standing.get(domain)
        was = None if gate is None else (gate.state, gate.reasons, worst_state(gate))
        if gate is None:
            gate = BatchGate(batch=batch, domain=domain, state=int(State.PENDING))
        if domain in own:
            decision = own[domain]
            gate.state, gate.valid_until = int(decision.state), decision.valid_until
            gate.reasons = [reason_record(reason, names) for reason in decision.reasons]
        _apply_mismatch(gate)
        _apply_tally(gate, tallies.get(domain, Counter()))
        gate.decided_at, gate.counter = at, counter
        gate.save(force_insert=domain not in standing, force_update=domain in standing)
        if was != (gate.state, gate.reasons, worst_state(gate)):
            _write_batch_decision(batch, plan, gate, counter, at)


def _apply_mismatch(gate: BatchGate) -> None:
    """A recount that found something else fails the batch's gate until one agrees (`recount_batch`)."""
    gate.reasons = [row for row in gate.reasons if row["code"] != ReasonCode.TALLY_MISMATCH.value]
    if gate.mismatch is not None:
        gate.state = int(State.FAILED)
        gate.reasons.append({"code": ReasonCode.TALLY_MISMATCH.value, **gate.mismatch})


def _apply_tally(gate: BatchGate, moved: Counter[str]) -> None:
    gate.passed += moved["passed"]
    gate.failed += moved["failed"]
    gate.pending += moved["pending"]
    codes = Counter(gate.codes)
    codes.update({key.removeprefix("code:"): count for key, count in moved.items() if key.startswith("code:")})
    gate.codes = {code: count for code, count in sorted(codes.items()) if count}


def worst_state(gate: BatchGate) -> int:
    of_vehicles = State.FAILED if gate.failed else State.PENDING if gate.pending else State.PASSED
    return max(gate.state, int(of_vehicles))


def _write_batch_decision(batch: Batch, plan: Plan, gate: BatchGate, counter: int, at: datetime) -> None:
    Decision.objects.create(
        batch=batch,
        vehicle=None,
        domain=gate.domain,
        counter=counter,
        state=gate.state,
        reasons=gate.reasons,
        counts={
            "worst": worst_state(gate),
            "passed": gate.passed,
            "failed": gate.failed,
            "pending": gate.pending,
            "codes": gate.codes,
        },
        revision_id=plan.revision_id,
        valid_until=gate.valid_until,
        decided_at=at,
    )
