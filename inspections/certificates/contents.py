"""What the certificate of one car says: collected from the record, nothing of it typed by anybody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..batches.models import Batch, Component, Vehicle
from ..catalogue.models import ComponentKind, PlanRevision
from ..catalogue.queries import Named
from ..evaluation.facts import SoftwareClaim
from ..gates.reading import read_named
from ..releases.models import Delivery
from ..results.queries import FittedChange, fittings_of_vehicle, software_of_vehicle
from ..saying import say
from . import words
from .lines import collect_gates
from .rules import CertificateRefused
from .signed import concessions_in_full, findings, releases_signed
from .type_level import coverage_of, samples_of

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stated:
    """What a paper says, and the release under which it says so (None for a dossier)."""

    facts: Facts
    subject: str
    release_id: int | None = None
    asides: Facts = field(default_factory=dict)
    """What is told beside the facts and may move on without ending the paper: who has left meanwhile."""


def collect_vehicle(*, vehicle_id: int, at: datetime) -> Stated:
    """What the record says now of a car that stands under a signed release.

    The same facts give the same content whenever it is asked. Raises CertificateRefused where there is no such release
    or something would have to be said that is not so.
    """
    vehicle = Vehicle.objects.select_related(
        "batch__configuration__model", "batch__revision__plan", "batch__revision__first_approver",
        "batch__revision__second_approver",
    ).get(pk=vehicle_id)  # fmt: skip
    batch, standing = vehicle.batch, _standing(vehicle_id)
    if standing is None or batch.revision is None:
        text = say("%(vin)s stands under no release that two people signed.", vin=vehicle.vin)
        raise CertificateRefused("not_released", text)
    release_id, released_at = standing
    software = _software(vehicle_id)
    gates, conceded = collect_gates(vehicle=vehicle, batch=batch, at=at)
    claims = tuple(SoftwareClaim(row["system"], row["version"]) for row in software)
    facts = {
        "kind": "vehicle",
        "vehicle": {
            "vin": vehicle.vin, "sequence": vehicle.sequence, "registered_at": vehicle.registered_at.isoformat()
        },
        **of_batch(batch),
        "software": software,
        "components": _components(vehicle_id),
        "plan": plan_of(batch.revision),
        "gates": gates,
        "coverage": coverage_of(batch=batch, vehicles=[vehicle], software=[claims], at=released_at),
        "samples": samples_of(batch=batch),
        "concessions": concessions_in_full(conceded),
        "findings": findings(vehicle_id=vehicle_id),
        "releases": releases_signed([release_id]),
    }  # fmt: skip
    left = Delivery.objects.filter(vehicle=vehicle).values_list("delivered_at", flat=True).first()
    asides = {"delivered_at": "" if left is None else left.isoformat()}
    return Stated(facts, vehicle.vin, release_id, asides)


def of_batch(batch: Batch) -> Facts:
    """Batch, configuration and model."""
    configuration = batch.configuration
    model = configuration.model
    return {
        "batch": {
            "number": batch.number,
            "line": batch.line,
            "opened_at": batch.opened_at.isoformat(),
            "planned": batch.planned_quantity,
        },
        "configuration": {
            "code": configuration.code,
            "trim": configuration.trim,
            "market": configuration.market,
            "pack_supplier": configuration.pack_supplier,
        },
        "model": {"code": model.code, "name": words.named(Named(model.code, model.name, model.name_zh))},
    }


def plan_of(revision: PlanRevision) -> Facts:
    """The revision that everything was judged on, and who approved it."""
    approved = (
        (revision.first_approver, revision.first_approved_at),
        (revision.second_approver, revision.second_approved_at),
    )
    return {
        "code": revision.plan.code,
        "name": revision.plan.name,
        "revision": revision.number,
        "digest": revision.digest,
        "approved": [
            {"by": "" if person is None else str(person), "at": "" if at is None else at.isoformat()}
            for person, at in approved
        ],
    }


def _standing(vehicle_id: int) -> tuple[int, datetime] | None:
    rows = read_named(
        "select release_id, signed_at from interlock_standing_release where vehicle_id = %(vehicle)s limit 1",
        vehicle=vehicle_id,
    )
    return (rows[0][0], rows[0][1]) if rows else None


def _software(vehicle_id: int) -> list[dict[str, str]]:
    """What runs on it now, by system (UN R156)."""
    runs: dict[str, dict[str, str]] = {}
    for row in software_of_vehicle(vehicle_id=vehicle_id):
        runs.setdefault(row.system, {"system": row.system, "version": row.version, "since": row.at.isoformat()})
    return [runs[system] for system in sorted(runs)]


def _components(vehicle_id: int) -> list[Facts]:
    """The parts with a serial number that are in it now. Three statements."""
    here: dict[int, FittedChange] = {}
    for row in fittings_of_vehicle(vehicle_id=vehicle_id):
        if row.here_now:
            here.setdefault(row.component_id, row)
    lots = dict(Component.objects.filter(pk__in=here).values_list("pk", "lot"))
    kinds = {row.code: Named(row.code, row.name, row.name_zh) for row in ComponentKind.objects.all()}
    return [
        {
            "kind": row.kind,
            "name": words.named(kinds.get(row.kind, Named(row.kind, row.kind, ""))),
            "serial": row.serial,
            "lot": lots.get(row.component_id, ""),
            "fitted_at": row.at.isoformat(),
        }
        for row in sorted(here.values(), key=lambda row: (row.kind, row.serial))
    ]
