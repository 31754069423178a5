"""Whether what a destroyed car showed is type evidence: asked of the car's whole record, as a gate asks.

Judged by the one evaluator, with the type lines of the procedure in place of the every-vehicle ones: the inspection is
complete and passes, its rig was in calibration and authorised, its software was the car's own, no fail of the
procedure is left unanswered and nothing that names the car is unread. No concession helps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ..batches.choices import VehicleStatus
from ..batches.models import Batch, Vehicle
from ..catalogue.models import Procedure
from ..catalogue.queries import characteristic_words, requirements_of, revision_in_force
from ..evaluation import facts
from ..evaluation.gates import decide
from ..evaluation.reasons import Outcome
from ..people.models import OperatorAlias, User
from ..results.models import Inspection
from ..saying import Said, say, say_count
from .catalogued import ReasonSentences, VerdictWord
from .evidence import Plan, collect_gate_inputs, collect_plan, collect_vehicles
from .sentences import ReasonFacts

_SAID: Final = 3


@dataclass(frozen=True, slots=True)
class TypeTest:
    """An inspection offered as type evidence. `refusal` is what keeps it from being any, or else `reasons` are: those
    a gate would give. `software` is what it was made with."""

    procedure: Procedure
    vehicle: Vehicle | None
    refusal: Said | None = None
    reasons: tuple[facts.Reason, ...] = ()
    software: tuple[dict[str, str], ...] = ()

    @property
    def holds(self) -> bool:
        return self.refusal is None and not self.reasons


def examine_type_test(*, inspection: Inspection, at: datetime) -> TypeTest:
    """What this inspection is worth as type evidence at a moment. The configuration is that of the car's batch."""
    procedure = Procedure.objects.get(pk=inspection.procedure_id)
    if inspection.vehicle_id is None:
        return TypeTest(procedure, None, say("It tested no car: type evidence comes from a car that was destroyed."))
    vehicle = Vehicle.objects.select_related("batch__configuration", "batch__revision__plan").get(
        pk=inspection.vehicle_id
    )
    claimed = tuple(inspection.software or ())
    refusal = _refusal(inspection, procedure, vehicle, at)
    if refusal is not None:
        return TypeTest(procedure, vehicle, refusal, software=claimed)
    return TypeTest(procedure, vehicle, reasons=_reasons(procedure, vehicle, at), software=claimed)


def _refusal(inspection: Inspection, procedure: Procedure, vehicle: Vehicle, at: datetime) -> Said | None:
    batch = vehicle.batch
    if vehicle.status != VehicleStatus.DESTROYED:
        return say("%(car)s was not destroyed for a test: an intact car is no type evidence.", car=vehicle.vin)
    if inspection.batch_id is None or Batch.objects.filter(pk=inspection.batch_id).exclude(
        configuration_id=batch.configuration_id
    ):
        return say(
            "%(car)s was tested in another configuration than %(configuration)s.",
            car=vehicle.vin,
            configuration=batch.configuration.code,
        )
    if hasattr(inspection, "void"):
        return say("Inspection %(inspection)s was declared void.", inspection=inspection.external_id)
    if inspection.operator and not _known(inspection.operator):
        return say(
            "Operator %(operator)s is nobody we know: say who it is before anybody signs for the test.",
            operator=inspection.operator,
        )
    if inspection.verdict != Outcome.PASS:
        return say(
            "The verdict of inspection %(inspection)s is %(verdict)s: only a complete pass covers others.",
            inspection=inspection.external_id,
            verdict=VerdictWord(Outcome(inspection.verdict).name.lower()),
        )
    latest = (
        Inspection.objects.filter(vehicle=vehicle, procedure_id=procedure.pk, void__isnull=True)
        .order_by("-finished_at", "-pk")
        .first()
    )
    if latest is not None and latest.pk != inspection.pk:
        return say(
            "Inspection %(later)s of the same procedure finished later: the latest one counts.",
            later=latest.external_id,
        )
    return _plan_moved(procedure, batch, at)


def _known(operator: str) -> bool:
    return (
        User.objects.filter(personnel_number=operator).exists()
        or OperatorAlias.objects.filter(operator=operator).exists()
    )


def _plan_moved(procedure: Procedure, batch: Batch, at: datetime) -> Said | None:
    """The car was judged on its batch's revision: the one in force must ask the same of this procedure."""
    in_force = revision_in_force(batch.configuration, at)
    if in_force is None or in_force.pk == batch.revision_id or batch.revision_id is None:
        return None
    now, then = (_asked(requirements_of(revision), procedure) for revision in (in_force, batch.revision_id))
    if [replace(line, id=0, members=(), group=None) for line in now] != [
        replace(line, id=0, members=(), group=None) for line in then
    ]:
        return say(
            "Revision %(number)s in force asks otherwise of %(procedure)s than the one on which %(batch)s was judged.",
            number=in_force.number,
            procedure=procedure.code,
            batch=batch.number,
        )
    return None


def _asked(lines: tuple[facts.Requirement, ...], procedure: Procedure) -> list[facts.Requirement]:
    """The type lines of a procedure; of a group that it has part in, the group and all its members."""
    typed = [line for line in lines if line.level is facts.Level.TYPE]
    own = {line.id for line in typed if line.procedure_id == procedure.pk}
    own |= {line.group for line in typed if line.id in own and line.group is not None}
    members = {member for line in typed if line.id in own for member in line.members}
    return [line for line in typed if line.id in own | members]


def _reasons(procedure: Procedure, vehicle: Vehicle, at: datetime) -> tuple[facts.Reason, ...]:
    plan = collect_plan(vehicle.batch)
    asked = tuple(
        replace(line, level=facts.Level.EVERY_VEHICLE, domain=procedure.domain)
        for line in _asked(plan.requirements, procedure)
    )
    gate = _gate_of(vehicle, plan, procedure.domain)
    concerned = {procedure.pk, *(line.procedure_id for line in asked)}
    asked_gate = replace(
        gate,
        requirements=asked,
        inspections=tuple(row for row in gate.inspections if row.procedure_id in concerned),
        testing_closed=True,
        for_delivery=True,
        concessions=(),
    )
    return decide(asked_gate, at=at).reasons


def _gate_of(vehicle: Vehicle, plan: Plan, domain: str) -> facts.GateInput:
    vehicles = collect_vehicles(vehicle.batch_id, [vehicle.pk])
    return collect_gate_inputs(vehicle.batch, plan, vehicles, [(vehicle.pk, domain)])[vehicle.pk, domain]


def reasons_in_words(test: TypeTest) -> Said:
    """The first of the reasons as sentences for a refusal."""
    ids = [reason.characteristic_id for reason in test.reasons[:_SAID] if reason.characteristic_id]
    names = characteristic_words(ids)
    told = ReasonSentences(
        tuple((_facts_of(test, reason), names.get(reason.characteristic_id or 0)) for reason in test.reasons[:_SAID])
    )
    left = len(test.reasons) - _SAID
    if left > 0:
        return say_count(
            "It is no type evidence. %(reasons)s And %(count)d more reason.",
            "It is no type evidence. %(reasons)s And %(count)d more reasons.",
            reasons=told,
            count=left,
        )
    return say("It is no type evidence. %(reasons)s", reasons=told)


def _facts_of(test: TypeTest, reason: facts.Reason) -> ReasonFacts:
    return ReasonFacts(
        code=reason.code.value,
        subject=test.vehicle.vin if test.vehicle is not None else "",
        position=reason.position,
        found=reason.found,
        required=reason.required,
        detail=dict(reason.detail) | {"gate": test.procedure.domain},
    )
