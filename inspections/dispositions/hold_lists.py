"""Holding many vehicles in one act with one reason, and letting them go on together or some of them.

The list is frozen when it is placed: what comes under its condition later is not on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from django.db import connection

from ..batches.completing import take_up_batches
from ..marks.acts import StartOver, one_act
from ..marks.locks import Lock, share
from ..people.rules import Actor
from ..records.services import Act, record_acts
from ..saying import say, say_count
from .concerning import ConcernedVehicle, digest_of, some_of, vehicles_concerned
from .conditions import Condition, record_of
from .models import HoldList
from .rules import MAY_LIFT_HOLD, MAY_PLACE_HOLD, HoldRefused, ListChanged

_LIST: Final = """
insert into inspections_listedvehicle (hold_list_id, vehicle_id, batch_id, status)
select %(list)s, * from unnest(%(vehicles)s::bigint[], %(batches)s::bigint[], %(statuses)s::text[])
"""
_HOLD: Final = """
insert into inspections_hold (batch_id, vehicle_id, hold_list_id, source, domain, code, position, reason, placed_by,
    placed_at, lifted_by, lifted_reason)
select l.batch_id, l.vehicle_id, l.hold_list_id, 'person', '', '', '', h.reason, h.placed_by, h.placed_at, '', ''
from inspections_listedvehicle l join inspections_holdlist h on h.id = l.hold_list_id
where l.hold_list_id = %(list)s and l.status <> 'delivered'
"""


@one_act
def place_hold_list(*, condition: Condition, reason: str, seen: str, actor: Actor, at: datetime) -> HoldList:
    """Hold every vehicle that the condition concerns and that has not left, in one act with one reason.

    `seen` is the digest of the list that the person was shown. Read again under the locks of all its batches, so that
    no vehicle is delivered or moved meanwhile: where the list is another one, nothing is held. Raises NotAllowed,
    ListChanged, and HoldRefused without a reason, for unknown VINs, or where nothing is left to hold.
    """
    actor.require("placing a hold", *MAY_PLACE_HOLD)
    if not reason.strip():
        raise HoldRefused(say("A hold needs a reason: say what you saw or what you are waiting for."))
    batches = {row.batch_id for row in vehicles_concerned(condition=condition)}
    # A delivery under way holds its batch alone: the hold comes before it, or finds the vehicle gone.
    share(Lock.BATCH, batches)
    found = vehicles_concerned(condition=condition)
    if not {row.batch_id for row in found} <= batches:
        raise StartOver("the list reached another batch while the batches were being locked")
    if digest_of(found) != seen:
        raise ListChanged(found)
    if all(row.gone for row in found):
        text = say_count(
            "There is nothing to hold: %(count)d car is concerned, and it has left the plant.",
            "There is nothing to hold: %(count)d cars are concerned, and all have left the plant.",
            count=len(found),
        )
        raise HoldRefused(text)
    held = {row.batch_id for row in found if not row.gone}
    take_up_batches(batch_ids=held, because=[{"what": "hold", "count": 1}], actor=actor, at=at)
    hold_list = HoldList.objects.create(
        number=_next_number(),
        condition=record_of(condition),
        reason=reason.strip(),
        digest=seen,
        placed_by=actor.label,
        placed_at=at,
    )
    _execute(
        _LIST,
        list=hold_list.pk,
        vehicles=[row.id for row in found],
        batches=[row.batch_id for row in found],
        statuses=[row.status for row in found],
    )
    _execute(_HOLD, list=hold_list.pk)
    record_acts(actor=actor, acts=_placed(hold_list, found), at=at)
    return hold_list


@one_act
def lift_hold_list(
    *, hold_list: HoldList, vins: Collection[str] | None, reason: str, seen: int, actor: Actor, at: datetime
) -> int:
    """Lift the holds of a list: of all its vehicles that are still held by it, or of those named. Returns how many.

    `seen` is how many vehicles the person was told would go on. Holds of others stay. Raises NotAllowed, ListChanged
    where it would be another number, and HoldRefused without a reason or for a vehicle that the list does not hold.
    """
    actor.require("lifting a hold", *MAY_LIFT_HOLD)
    if not reason.strip():
        raise HoldRefused(say("Lifting a hold needs a reason: say what you checked."))
    held = _held_now(hold_list.pk)
    chosen = held if vins is None else choose(hold_list, held, vins)
    if not chosen:
        text = say("%(number)s holds no car any more: every hold of it was lifted.", number=hold_list.number)
        raise HoldRefused(text)
    if len(chosen) != seen:
        raise ListChanged(())
    _execute(
        "update inspections_hold set lifted_at = %(at)s, lifted_by = %(by)s, lifted_reason = %(reason)s"
        " where id = any(%(holds)s)",
        at=at,
        by=actor.label,
        reason=reason.strip(),
        holds=[hold_id for hold_id, _ in chosen.values()],
    )
    record_acts(actor=actor, acts=_lifted(hold_list, chosen, len(held) - len(chosen), reason.strip()), at=at)
    return len(chosen)


Held: TypeAlias = dict[str, tuple[int, str]]
"""By VIN: the hold's id, and the batch in which the vehicle is."""


def held_by_list(*, list_id: int) -> Held:
    """What a list holds now. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select v.vin, h.id, b.number from inspections_hold h join inspections_vehicle v on v.id = h.vehicle_id"
            " join inspections_batch b on b.id = v.batch_id"
            " where h.hold_list_id = %s and h.lifted_at is null order by v.vin",
            [list_id],
        )
        return {vin: (hold_id, batch) for vin, hold_id, batch in cursor.fetchall()}


def _held_now(list_id: int) -> Held:
    """What the list still holds, locked: of two who lift at once the second waits and finds what the first left."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from inspections_hold where hold_list_id = %s and lifted_at is null order by id"
            " for no key update",
            [list_id],
        )
    return held_by_list(list_id=list_id)


def choose(hold_list: HoldList, held: Held, vins: Collection[str]) -> Held:
    """Those of the held vehicles that are named. Raises HoldRefused for one that the list does not hold (any more)."""
    others = sorted(set(vins) - set(held))
    if others:
        text = say(
            "Nothing is lifted: %(number)s does not hold %(vins)s. They are not on the list, have left, or were lifted"
            " already: take them out.",
            number=hold_list.number,
            vins=some_of(others),
        )
        raise HoldRefused(text)
    return {vin: held[vin] for vin in sorted(set(vins))}


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('interlock_hold_list_number')")
        return f"H-{cursor.fetchone()[0]}"


def _execute(statement: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _placed(hold_list: HoldList, found: Sequence[ConcernedVehicle]) -> list[Act]:
    """One entry for each batch concerned, and one for each vehicle, so that its life tells of it."""
    acts = []
    for batch, count in sorted(Counter(row.batch for row in found).items()):
        gone = sum(row.gone for row in found if row.batch == batch)
        after = {
            "condition": hold_list.condition,
            "listed": len(found),
            "of_batch": count,
            "held": count - gone,
            "gone": gone,
            "digest": hold_list.digest,
        }
        acts.append(Act("hold_list.placed", "hold_list", hold_list.number, batch, hold_list.reason, after=after))
    return acts + [
        Act(
            "hold.listed_gone" if row.gone else "hold.placed_by_list",
            "vehicle",
            row.vin,
            row.batch,
            hold_list.reason,
            after={"list": hold_list.number},
        )
        for row in found
    ]


def _lifted(hold_list: HoldList, chosen: Held, left: int, reason: str) -> list[Act]:
    counts = Counter(batch for _, batch in chosen.values())
    acts = [
        Act(
            "hold_list.lifted",
            "hold_list",
            hold_list.number,
            batch,
            reason,
            after={"lifted": len(chosen), "of_batch": count, "left": left},
        )
        for batch, count in sorted(counts.items())
    ]
    return acts + [
        Act("hold.lifted_by_list", "vehicle", vin, batch, reason, after={"list": hold_list.number})
        for vin, (_, batch) in chosen.items()
    ]
