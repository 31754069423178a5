"""Registers vehicles in a batch with their software and parts: all of them or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from ..batches.choices import BatchStatus
from ..batches.models import Batch, SoftwareChange, Vehicle
from ..batches.rules import vin_fault
from ..dispatch import DECIDE_BATCH, RECORD_WAITING, Queue, enqueue_after_commit
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude, share
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.rules import Actor, ActorKind
from ..records.services import Act, record_acts
from .fitting import FittedPart, Move, check_moves, component_ids, store_moves
from .refusals import FieldError, pointer
from .rejudging import judge_on_current_pins


@dataclass(frozen=True, slots=True)
class NewVehicle:
    """A car as the MES registers it. `software` holds (system, version) pairs; `sequence` is its place in order."""

    vin: str
    sequence: int
    software: Sequence[tuple[str, str]] = ()
    components: Sequence[FittedPart] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """`created` were registered by this act; `repeated` were there already, exactly so."""

    created: tuple[Vehicle, ...]
    repeated: tuple[Vehicle, ...]


class RegistrationRefused(Exception):
    """The vehicles cannot be registered so; none was. `conflict`: something else is on the record already."""

    def __init__(self, errors: Sequence[FieldError], *, conflict: bool = False) -> None:
        self.errors, self.conflict = tuple(errors), conflict
        super().__init__(self.errors[0].detail)

    @property
    def code(self) -> str:
        return self.errors[0].code


@one_act
def register_vehicles(*, batch: Batch, vehicles: Sequence[NewVehicle], actor: Actor, at: datetime) -> Registered:
    """Register vehicles in a batch, with their software and parts: all of them or none.

    What is registered so already is repeated. What was measured on a part before it met its car is judged on the
    batch's plan now. Raises RegistrationRefused with a pointer into `vehicles` for each fault: a VIN that is none
    (ISO 3779; the check digit where the market demands it), one in another batch or at another place, a batch that
    is closed, a part that is fitted elsewhere.
    """
    if actor.kind is ActorKind.PERSON:
        actor.require("registering vehicles", Role.ENGINEER)
    market = batch.configuration.market
    _refuse(_entry_faults(vehicles, market), conflict=False)
    parts = component_ids((part for new in vehicles for part in new.components), at)
    exclude(Lock.COMPONENT, parts.values())
    share(Lock.BATCH, [batch.pk])
    exclude(Lock.REGISTRATION, [1])
    batch = Batch.objects.select_related("configuration", "revision").get(pk=batch.pk)
    known = {row.vin: row for row in Vehicle.objects.filter(vin__in=[new.vin for new in vehicles])}
    _refuse(list(_conflicts(batch, vehicles, known)), conflict=True)
    fresh = [(place, new) for place, new in enumerate(vehicles) if new.vin not in known]
    repeated = tuple(known[new.vin] for new in vehicles if new.vin in known)
    if not fresh:
        return Registered((), repeated)
    if batch.status != BatchStatus.OPEN:
        detail = f"Batch {batch.number} takes no more vehicles: its testing is closed. Open another batch."
        raise RegistrationRefused([FieldError("/vehicles", "batch_closed", detail)], conflict=True)
    created = _create(batch, [new for _, new in fresh], at)
    moves = [
        Move(parts[part.kind, part.serial], part, created[new.vin].pk, fitted=True, at=at,
             place=("vehicles", place, "components", index))
        for place, new in fresh
        for index, part in enumerate(new.components)
    ]  # fmt: skip
    _refuse(check_moves(moves), conflict=True)
    store_moves(moves, recorded_at=at)
    judge_on_current_pins(component_ids=[move.component_id for move in moves], act="vehicle.registered", at=at)
    _tell_registered(batch, [new for _, new in fresh], created, actor, at)
    return Registered(tuple(created.values()), repeated)


def _entry_faults(vehicles: Sequence[NewVehicle], market: str) -> list[FieldError]:
    faults = []
    vins, sequences = Counter(new.vin for new in vehicles), Counter(new.sequence for new in vehicles)
    parts = Counter((part.kind, part.serial) for new in vehicles for part in new.components)
    for place, new in enumerate(vehicles):
        if fault := vin_fault(new.vin, market):
            detail = f"{new.vin[:20]} is no VIN for {market}: {fault}."
            faults.append(FieldError(pointer("vehicles", place, "vin"), "vin_malformed", detail))
        if vins[new.vin] > 1:
            faults.append(FieldError(pointer("vehicles", place, "vin"), "vin_twice", f"{new.vin} is named twice."))
        if sequences[new.sequence] > 1:
            detail = f"Place {new.sequence} is given to several vehicles."
            faults.append(FieldError(pointer("vehicles", place, "sequence"), "sequence_taken", detail))
        for index, part in enumerate(new.components):
            if parts[part.kind, part.serial] > 1:
                detail = f"{part.kind} {part.serial} is fitted twice; one part is in one place."
                faults.append(FieldError(pointer("vehicles", place, "components", index), "part_twice", detail))
        for system, count in Counter(system for system, _ in new.software).items():
            if count > 1:
                detail = f"{system} is stated twice; state each system once."
                faults.append(FieldError(pointer("vehicles", place, "software"), "duplicate_system", detail))
    return faults


def _refuse(faults: Sequence[FieldError], *, conflict: bool) -> None:
    if faults:
        raise RegistrationRefused(faults, conflict=conflict)


def _conflicts(batch: Batch, vehicles: Sequence[NewVehicle], known: dict[str, Vehicle]) -> Iterable[FieldError]:
    """What contradicts the record: a vehicle registered otherwise, or a place in build order that is taken."""
    taken = dict(
        Vehicle.objects.filter(batch=batch, sequence__in=[new.sequence for new in vehicles]).values_list(
            "sequence", "vin"
        )
    )
    said = _said_at_registration([row.pk for row in known.values()])
    for place, new in enumerate(vehicles):
        row = known.get(new.vin)
        if row is not None and (row.batch_id, row.sequence) != (batch.pk, new.sequence):
            detail = f"{new.vin} is registered in batch {row.batch.number} at place {row.sequence}."
            yield FieldError(pointer("vehicles", place, "vin"), "vehicle_conflict", detail)
        elif row is not None and said[row.pk] != _said(new):
            detail = f"{new.vin} was registered with other software or parts. Report a change instead."
            yield FieldError(pointer("vehicles", place), "vehicle_conflict", detail)
        elif row is None and taken.get(new.sequence, new.vin) != new.vin:
            detail = f"Place {new.sequence} of batch {batch.number} is taken by {taken[new.sequence]}."
            yield FieldError(pointer("vehicles", place, "sequence"), "sequence_taken", detail)


def _said(new: NewVehicle) -> set[tuple[str, str]]:
    return {*new.software, *((part.kind, part.serial) for part in new.components)}


def _said_at_registration(vehicle_ids: Sequence[int]) -> dict[int, set[tuple[str, str]]]:
    said: dict[int, set[tuple[str, str]]] = {vehicle_id: set() for vehicle_id in vehicle_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            "select v.id, s.system, s.version from inspections_vehicle v join inspections_softwarechange s"
            " on s.vehicle_id = v.id and s.at = v.registered_at where v.id = any(%s) union all"
            " select v.id, c.kind, c.serial from inspections_vehicle v join inspections_fitting f"
            " on f.vehicle_id = v.id and f.at = v.registered_at and f.fitted"
            " join inspections_component c on c.id = f.component_id where v.id = any(%s)",
            [list(vehicle_ids), list(vehicle_ids)],
        )
        for vehicle_id, name, value in cursor.fetchall():
            said[vehicle_id].add((name, value))
    return said


def _create(batch: Batch, fresh: Sequence[NewVehicle], at: datetime) -> dict[str, Vehicle]:
    rows = [Vehicle(vin=new.vin, batch=batch, sequence=new.sequence, registered_at=at) for new in fresh]
    created = {row.vin: row for row in Vehicle.objects.bulk_create(rows)}
    SoftwareChange.objects.bulk_create(
        SoftwareChange(vehicle=created[new.vin], system=system, version=version, at=at, recorded_at=at)
        for new in fresh
        for system, version in new.software
    )
    return created


def _tell_registered(
    batch: Batch, fresh: Sequence[NewVehicle], created: dict[str, Vehicle], actor: Actor, at: datetime
) -> None:
    rows: list[tuple[int, int | None, str]] = [(batch.pk, row.pk, "") for row in created.values()]
    mark_vehicles(rows=[*rows, (batch.pk, None, "")], at=at)
    acts = [
        Act("vehicle.registered", "vehicle", new.vin, batch.number, after=_registered_content(new)) for new in fresh
    ]
    record_acts(actor=actor, acts=acts, at=at)
    enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": batch.pk}, once=True)
    enqueue_after_commit(RECORD_WAITING, queue=Queue.DEFAULT, kwargs={}, once=True)


def _registered_content(new: NewVehicle) -> dict[str, Any]:
    return {
        "sequence": new.sequence,
        "software": [{"system": system, "version": version} for system, version in new.software],
        "components": [
            {"kind": part.kind, "serial": part.serial} | ({"lot": part.lot} if part.lot else {})
            for part in new.components
        ],
    }
