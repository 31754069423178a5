"""Acts on a registered vehicle: parts fitted and removed, software changed. Each may make evidence stale, or count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from ..batches.models import Batch, SoftwareChange, Vehicle
from ..dispatch import DECIDE_BATCH, Queue, enqueue_after_commit
from ..marks.acts import StartOver, one_act
from ..marks.locks import Lock, exclude, share
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.rules import Actor, ActorKind
from ..records.services import record_act
from ..saying import say
from .fitting import FittedPart, Move, check_moves, component_ids, store_moves
from .recording import AHEAD
from .refusals import FieldError, fault_at, pointer
from .rejudging import judge_on_current_pins

_FITTER: Final = (Role.INSPECTOR, Role.ENGINEER)


class ChangeRefused(Exception):
    """Software or parts cannot have changed so. `conflict`: it contradicts what is on the record."""

    def __init__(self, errors: Sequence[FieldError], *, conflict: bool = False) -> None:
        self.errors, self.conflict = tuple(errors), conflict
        super().__init__(self.errors[0].detail)

    def __str__(self) -> str:
        return self.errors[0].words

    @property
    def code(self) -> str:
        return self.errors[0].code


@one_act
def fit_components(
    *,
    vehicle: Vehicle,
    fitted: Sequence[FittedPart] = (),
    removed: Sequence[tuple[str, str]] = (),
    changed_at: datetime,
    actor: Actor,
    at: datetime,
) -> bool:
    """Record that parts were removed from and fitted to a vehicle at `changed_at`. False: all of it was known.

    `removed` holds (kind, serial) pairs. What was measured on a part before is judged on this vehicle's plan. Raises
    ChangeRefused: a part fitted elsewhere then, or one removed that is not in this vehicle.
    """
    _check_change(actor, changed_at, at, "fitting parts")
    twice = [part for part, count in Counter((part.kind, part.serial) for part in fitted).items() if count > 1]
    if twice:
        text = say("%(part)s is fitted twice.", part=" ".join(twice[0]))
        raise ChangeRefused([fault_at("/fitted", "part_twice", text)])
    gone = [FittedPart(kind, serial) for kind, serial in removed]
    parts = component_ids([*gone, *fitted], at)
    exclude(Lock.COMPONENT, parts.values())
    batch_id = _hold_batch(vehicle)
    moves = [
        Move(parts[part.kind, part.serial], part, vehicle.pk, fitted=is_fitted, at=changed_at, place=(name, index))
        for name, is_fitted, listed in (("removed", False, gone), ("fitted", True, fitted))
        for index, part in enumerate(listed)
    ]
    faults = check_moves(moves)
    if faults:
        raise ChangeRefused(faults, conflict=True)
    stored = store_moves(moves, recorded_at=at)
    if not stored:
        return False
    judge_on_current_pins(component_ids=[move.component_id for move in stored], act="component.fitted", at=at)
    after = {
        "at": changed_at.isoformat(),
        "fitted": [move.part.text for move in stored if move.fitted],
        "removed": [move.part.text for move in stored if not move.fitted],
    }
    _tell_changed(vehicle, batch_id, "component.fitted", after, actor, at)
    return True


@one_act
def change_software(
    *, vehicle: Vehicle, changes: Sequence[tuple[str, str]], changed_at: datetime, actor: Actor, at: datetime
) -> bool:
    """Record the versions that systems of a vehicle have from `changed_at` on (UN R156). False: all was known.

    `changes` holds (system, version) pairs. Raises ChangeRefused for a system named twice, or given another version
    at the same moment.
    """
    _check_change(actor, changed_at, at, "changing software")
    twice = [system for system, count in Counter(system for system, _ in changes).items() if count > 1]
    if twice:
        text = say("%(system)s is stated twice.", system=twice[0])
        raise ChangeRefused([fault_at("/software", "duplicate_system", text)])
    batch_id = _hold_batch(vehicle)
    Vehicle.objects.select_for_update(no_key=True).get(pk=vehicle.pk)
    known = dict(
        SoftwareChange.objects.filter(
            vehicle=vehicle, at=changed_at, system__in=[system for system, _ in changes]
        ).values_list("system", "version")
    )
    for place, (system, version) in enumerate(changes):
        if known.get(system, version) != version:
            text = say(
                "%(vin)s has %(system)s %(version)s from the same moment on; give the later moment.",
                vin=vehicle.vin,
                system=system,
                version=known[system],
            )
            raise ChangeRefused([fault_at(pointer("software", place), "software_conflict", text)], conflict=True)
    fresh = [(system, version) for system, version in changes if system not in known]
    if not fresh:
        return False
    SoftwareChange.objects.bulk_create(
        SoftwareChange(vehicle=vehicle, system=system, version=version, at=changed_at, recorded_at=at)
        for system, version in fresh
    )
    after = {"at": changed_at.isoformat(), "software": [" ".join(pair) for pair in fresh]}
    _tell_changed(vehicle, batch_id, "software.changed", after, actor, at)
    return True


def _check_change(actor: Actor, changed_at: datetime, at: datetime, what: str) -> None:
    if actor.kind is ActorKind.PERSON:
        actor.require(what, *_FITTER)
    if changed_at > at + AHEAD:
        text = say("%(at)s is ahead of our clock (%(now)s).", at=changed_at, now=at)
        raise ChangeRefused([fault_at("/at", "in_future", text)])


def _hold_batch(vehicle: Vehicle) -> int:
    """The batch of the vehicle, shared so that it is not moved meanwhile."""
    before = Vehicle.objects.values_list("batch_id", flat=True).get(pk=vehicle.pk)
    share(Lock.BATCH, [before])
    if Vehicle.objects.values_list("batch_id", flat=True).get(pk=vehicle.pk) != before:
        raise StartOver("the vehicle was moved")
    return before


def _tell_changed(vehicle: Vehicle, batch_id: int, act: str, after: dict[str, Any], actor: Actor, at: datetime) -> None:
    # The batch's own facts lean on the software of its cars, where coverage holds for stated versions only.
    mark_vehicles(rows=[(batch_id, vehicle.pk, ""), (batch_id, None, "")], at=at)
    number = Batch.objects.values_list("number", flat=True).get(pk=batch_id)
    record_act(actor=actor, act=act, subject_kind="vehicle", subject=vehicle.vin, batch=number, at=at, after=after)
    enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": batch_id}, once=True)
