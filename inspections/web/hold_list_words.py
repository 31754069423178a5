"""Hold lists in words: what was asked for, how many cars it concerns and in which states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inspections.batches.choices import VehicleStatus
from inspections.dispositions.concerning import ConcernedVehicle, by_batch
from inspections.dispositions.listed import HoldListRow, ListedRow

from .ages import clauses, stamp
from .batch_facts import vehicle_status_text

MOST_BATCHES = 100
_ON_THE_WAY = (VehicleStatus.IN_PROCESS.value, VehicleStatus.RELEASED.value, VehicleStatus.DELIVERED.value)


def condition_text(condition: Mapping[str, Any]) -> str:
    """What a list was asked for, as the record keeps it."""
    kind = condition.get("kind", "")
    said = {key: _shown(key, value) for key, value in condition.items()}
    if kind == "vehicles":
        count = int(condition.get("count", 0))
        return ngettext("%(count)d car named by VIN", "%(count)d cars named by VIN", count) % {"count": count}
    if kind == "component_lot":
        words = _("Cars with a part %(component)s of lot %(lot)s") % said
        return clauses([words, _("or from which one was removed")]) if condition.get("removed") else words
    if kind == "rig_window":
        return _("Cars for which rig %(rig)s finished a test from %(since)s to %(until)s") % said
    if kind == "build_window":
        parts = [_("Cars built from %(since)s until before %(until)s") % said]
        parts += [_("line %(line)s") % said] if condition.get("line") else []
        parts += [said["configuration"]] if condition.get("configuration") else []
        return clauses(parts)
    return _("Cars on which %(system)s %(version)s runs") % {"system": "", "version": "", **said}


def _shown(key: str, value: Any) -> str:
    return stamp(datetime.fromisoformat(value)) if key in ("since", "until") else str(value)


@dataclass(frozen=True, slots=True)
class BatchLine:
    """How many cars of one batch are concerned: on their way, released, gone, and not for customers."""

    number: str
    count: int
    in_process: int
    released: int
    gone: int
    others: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What would be held, counted: nothing of it is done yet."""

    heading: str
    held: int
    gone: int
    already: int
    totals: BatchLine
    batches: tuple[BatchLine, ...]
    more: int


def counted(found: Sequence[ConcernedVehicle]) -> Counted:
    """The cars that are concerned, by batch and state, and the sentence that says so."""
    gone = sum(row.gone for row in found)
    held = len(found) - gone
    rows = by_batch(found)
    return Counted(
        heading=_heading(held, gone),
        held=held,
        gone=gone,
        already=sum(row.held and not row.gone for row in found),
        totals=_line("", Counter(row.status for row in found)),
        batches=tuple(_line(row.number, row.states) for row in rows[:MOST_BATCHES]),
        more=max(0, len(rows) - MOST_BATCHES),
    )


def _heading(held: int, gone: int) -> str:
    if not held and not gone:
        return _("No car is concerned: there is nothing to hold")
    if not held:
        words = ngettext("The one car has left already", "All %(count)d cars have left already", gone)
        return words % {"count": gone}
    words = ngettext("%(count)d car would be held", "%(count)d cars would be held", held) % {"count": held}
    if not gone:
        return words
    left = ngettext("%(count)d has left already", "%(count)d have left already", gone) % {"count": gone}
    return clauses([words, left])


def _line(number: str, states: Counter[str]) -> BatchLine:
    first, second, third = (states[state] for state in _ON_THE_WAY)
    return BatchLine(number, states.total(), first, second, third, states.total() - first - second - third)


def list_heading(row: HoldListRow) -> str:
    """What a list still holds, as a sentence."""
    held = row.listed - row.gone
    said = {"number": row.number, "holding": row.holding, "held": held}
    if not row.holding:
        return _("%(number)s holds no car any more") % said
    words = ngettext(
        "%(number)s holds %(holding)d of %(held)d car", "%(number)s holds %(holding)d of %(held)d cars", held
    )
    return words % said


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A car of a list as its page shows it. `became` tells what became of its hold; `held`: it still stands."""

    row: ListedRow
    was: str
    now: str
    became: str
    held: bool


def listed_line(row: ListedRow) -> ListedLine:
    """A car of a list in words."""
    if row.hold_id is None:
        became = _("had left already: no hold")
    elif row.lifted_at is None:
        became = _("held")
    else:
        said = {"who": row.lifted_by, "at": stamp(row.lifted_at), "why": row.lifted_reason}
        became = _("lifted by %(who)s, %(at)s: %(why)s") % said
    held = row.hold_id is not None and row.lifted_at is None
    return ListedLine(row, vehicle_status_text(row.status_then), vehicle_status_text(row.status), became, held)
