"""Acts on batches that need no other room: opening, setting a target. Registering is in results, closing in gates."""

from __future__ import annotations

from datetime import datetime
from secrets import token_bytes
from typing import Final

from ..catalogue.models import Configuration
from ..catalogue.queries import revision_in_force
from ..evaluation.drawing import ALGORITHM, commitment_of
from ..marks.acts import one_act
from ..marks.locks import Lock, exclude
from ..marks.services import mark_vehicles
from ..people.choices import Role
from ..people.rules import Actor, ActorKind
from ..records.services import record_act
from .models import Batch, DrawSeed
from .targets import MAY_SET, TargetChanged, TargetRefused, set_target

__all__ = ["MAY_SET", "BatchConflict", "TargetChanged", "TargetRefused", "open_batch", "set_target"]

_SEED_BYTES: Final = 32


class BatchConflict(Exception):
    """The batch is open already and something else was said of it then."""


@one_act
def open_batch(
    *, number: str, configuration: Configuration, planned_quantity: int, line: str, actor: Actor, at: datetime
) -> tuple[Batch, bool]:
    """Open a batch and pin the revision in force at `at`, or none. Returns it, and whether it is new.

    The secret from which its samples are drawn is made here, whether the plan asks for samples per batch or not: a
    later revision may. The ledger gets its commitment.
    Repeating it with the same content changes nothing. Raises BatchConflict for other content, NotAllowed for a
    person who is no engineer.
    """
    if actor.kind is ActorKind.PERSON:
        actor.require("opening a batch", Role.ENGINEER)
    # Alone with its configuration: an approval under way is either in force for this batch or comes after it.
    exclude(Lock.CONFIGURATION, [configuration.pk])
    revision = revision_in_force(configuration, at)
    batch, created = Batch.objects.get_or_create(
        number=number,
        defaults={
            "configuration": configuration,
            "revision": revision,
            "planned_quantity": planned_quantity,
            "line": line,
            "opened_at": at,
        },
    )
    if not created:
        _check_same(batch, configuration, planned_quantity, line)
        return batch, False
    record_act(
        actor=actor,
        act="batch.opened",
        subject_kind="batch",
        subject=number,
        batch=number,
        at=at,
        after={
            "configuration": configuration.code,
            "planned_quantity": planned_quantity,
            "line": line,
            "plan": None if revision is None else revision.plan.code,
            "revision": None if revision is None else revision.number,
            "draw": {"algorithm": ALGORITHM, "commitment": _draw_seed(batch, at)},
        },
    )
    mark_vehicles(rows=[(batch.pk, None, "")], at=at)
    return batch, True


def _draw_seed(batch: Batch, at: datetime) -> str:
    """Draw and keep the secret of the batch's samples; returns its commitment, which alone is told."""
    seed = token_bytes(_SEED_BYTES)
    DrawSeed.objects.create(batch=batch, seed=seed.hex(), planned_quantity=batch.planned_quantity, at=at)
    return commitment_of(seed)


def _check_same(batch: Batch, configuration: Configuration, planned_quantity: int, line: str) -> None:
    was = (batch.configuration.code, batch.planned_quantity, batch.line)
    now = (configuration.code, planned_quantity, line)
    names = ("configuration", "planned_quantity", "line")
    changed = [
        f"{name} {before}, not {after}" for name, before, after in zip(names, was, now, strict=True) if before != after
    ]
    if changed:
        raise BatchConflict(f"Batch {batch.number} was opened with {'; '.join(changed)}. Use another number.")
