"""What was tested of one car, line by line as its plan asks, each with the result that counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..batches.models import Batch, Vehicle
from ..catalogue.choices import Domain
from ..catalogue.queries import LineWords, line_words
from ..evaluation.counted import Counted, CountedAs, counted_lines
from ..evaluation.facts import GateInput
from ..evaluation.gates import decide
from ..evaluation.reasons import State
from ..gates.evidence import collect_gate_inputs, collect_plan, collect_vehicles
from ..results.models import Inspection
from ..saying import say
from . import words
from .rules import CertificateRefused


def collect_gates(*, vehicle: Vehicle, batch: Batch, at: datetime) -> tuple[list[dict[str, Any]], list[int]]:
    """The car's gates with every line that they ask, and the ids of the concessions that they rest on.

    Judged here and now from the evidence, as a decision would be. Raises CertificateRefused where a gate does not
    pass, or a line of it counts as neither passed nor conceded: such a result is never printed (law 1).
    """
    plan = collect_plan(batch)
    vehicles = collect_vehicles(batch.pk, [vehicle.pk])
    wanted = [(vehicle.pk, domain) for domain in Domain.values]
    inputs = collect_gate_inputs(batch, plan, vehicles, wanted)
    counted = {domain: _count(vehicle, inputs[vehicle.pk, domain], at) for domain in Domain.values}
    rows = [row for lines in counted.values() for row in lines]
    named = line_words({row.requirement.id for row in rows})
    inspections = _inspections(rows)
    gates = [
        {
            "domain": domain,
            "name": words.GATES[domain],
            "verdict": "conceded" if any(row.concession for row in lines) else "passed",
            "lines": [_line(row, named[row.requirement.id], inspections) for row in lines],
        }
        for domain, lines in counted.items()
    ]
    return gates, sorted({row.concession.id for row in rows if row.concession is not None})


def _count(vehicle: Vehicle, gate: GateInput, at: datetime) -> list[Counted]:
    decision = decide(gate, at=at)
    counted = counted_lines(gate, at=at)
    conceded = {row.concession.id for row in counted if row.concession is not None}
    if decision.state is not State.PASSED or not counted or conceded != set(decision.conceded):
        text = say("A gate of %(vin)s does not pass: no certificate says that it does.", vin=vehicle.vin)
        raise CertificateRefused("gate_not_passed", text)
    for row in counted:
        if row.as_ is None or row.entry is None or (row.entry.inspection.voided and row.as_ is CountedAs.PASSED):
            text = say(
                "%(vin)s: what counts for %(characteristic)s is no pass and not conceded: nothing certifies it.",
                vin=vehicle.vin,
                characteristic=row.requirement.characteristic,
            )
            raise CertificateRefused("line_not_passed", text)
    return counted


def _inspections(rows: Iterable[Counted]) -> dict[int, Inspection]:
    return Inspection.objects.in_bulk({row.entry.inspection.id for row in rows if row.entry is not None})


def _line(row: Counted, line: LineWords, inspections: dict[int, Inspection]) -> dict[str, Any]:
    entry, characteristic = row.entry, line.characteristic
    if entry is None or row.as_ is None:
        raise ValueError("a line without a result that counts is refused before it is written")
    return {
        "code": characteristic.named.code,
        "name": words.named(characteristic.named),
        "position": words.named(characteristic.place(row.position)) if row.position else None,
        "procedure": characteristic.procedure.code,
        "value": words.value(entry.found, entry.unit),
        "recorded": entry.found,
        "unit": entry.unit,
        "required": words.required(line),
        "special": line.special,
        "legal": line.legal,
        "source": " ".join(part for part in (line.standard, line.edition, line.clause) if part),
        "plant_default": line.plant_default,
        "verdict": row.as_.value,
        "concession": row.concession.number if row.concession is not None else "",
        "earlier_fails": row.fails,
        "measured_at": entry.inspection.finished_at.isoformat(),
        "rig": entry.inspection.rig,
        "inspection": inspections[entry.inspection.id].external_id,
        "part": entry.inspection.component,
    }
