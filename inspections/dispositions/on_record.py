"""What the record knows of the things by which cars are named, so that a slip of the pen is not taken for "no car"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db import connection

from ..batches.models import Batch, Component, SoftwareChange
from ..catalogue.models import Configuration
from ..rigs.models import Rig
from ..saying import Said, say
from .conditions import BuildWindow, ComponentLot, Condition, SoftwareVersion

MOST_KNOWN: Final = 50
MOST_NAMED: Final = 5

# One step of an index for each distinct value, however many rows have it.
_DISTINCT: Final = """
with recursive known as (
    (select {column} as value from {table} order by {column} limit 1)
    union all
    select (select {column} from {table} where {column} > known.value order by {column} limit 1)
    from known where known.value is not null)
select value from known where value is not null limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What can be named: kinds of parts, systems with software, lines, configurations and rigs, at most 50 of each."""

    kinds: tuple[str, ...]
    systems: tuple[str, ...]
    lines: tuple[str, ...]
    configurations: tuple[str, ...]
    rigs: tuple[str, ...]


def on_record() -> OnRecord:
    """What people can choose from. Five statements."""
    codes = Configuration.objects.order_by("code").values_list("code", flat=True)[:MOST_KNOWN]
    rigs = Rig.objects.order_by("code").values_list("code", flat=True)[:MOST_KNOWN]
    lines = Batch.objects.order_by("line").values_list("line", flat=True).distinct()[:MOST_KNOWN]
    return OnRecord(_kinds(), _systems(), tuple(lines), tuple(codes), tuple(rigs))


def never_recorded(*, condition: Condition) -> Said | None:
    """What of a condition nobody has ever recorded, in words; None where all that it names is known."""
    match condition:
        case ComponentLot():
            return _lot_unknown(condition)
        case SoftwareVersion():
            return _software_unknown(condition)
        case BuildWindow():
            return _window_unknown(condition)
        case _:
            return None


def _lot_unknown(asked: ComponentLot) -> Said | None:
    if Component.objects.filter(kind=asked.component, lot=asked.lot).exclude(lot="").exists():
        return None
    if not Component.objects.filter(kind=asked.component).exists():
        return say(
            "No part of kind “%(kind)s” is on record. Kinds on record: %(known)s.",
            kind=asked.component, known=_some(_kinds()),
        )  # fmt: skip
    lots = Component.objects.filter(kind=asked.component).exclude(lot="").order_by("-lot")
    known = lots.values_list("lot", flat=True).distinct()[: MOST_NAMED + 1]
    return say(
        "No %(kind)s of lot “%(lot)s” is on record. Lots on record: %(known)s.",
        kind=asked.component, lot=asked.lot, known=_some(tuple(known)),
    )  # fmt: skip


def _software_unknown(asked: SoftwareVersion) -> Said | None:
    changes = SoftwareChange.objects.filter(system=asked.system)
    if changes.filter(version=asked.version).exists():
        return None
    if not changes.exists():
        return say(
            "No system “%(system)s” is on record. Systems on record: %(known)s.",
            system=asked.system, known=_some(_systems()),
        )  # fmt: skip
    known = changes.order_by("-version").values_list("version", flat=True).distinct()[: MOST_NAMED + 1]
    return say(
        "No car ever had %(system)s %(version)s. Versions on record: %(known)s.",
        system=asked.system, version=asked.version, known=_some(tuple(known)),
    )  # fmt: skip


def _window_unknown(asked: BuildWindow) -> Said | None:
    if asked.line and not Batch.objects.filter(line=asked.line).exists():
        return say("No batch was built on a line “%(line)s”.", line=asked.line)
    if asked.configuration and not Configuration.objects.filter(code=asked.configuration).exists():
        return say("The catalogue has no configuration “%(code)s”.", code=asked.configuration)
    return None


def _some(known: Collection[str]) -> list[object]:
    """Up to five names, a sign that there are more, or that there is none."""
    named: list[object] = []
    named += list(known)[:MOST_NAMED]
    if not named:
        return [say("none yet")]
    return [*named, "…"] if len(known) > MOST_NAMED else named


def _kinds() -> tuple[str, ...]:
    return _distinct("inspections_component", "kind")


def _systems() -> tuple[str, ...]:
    return _distinct("inspections_softwarechange", "system")


def _distinct(table: str, column: str) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_DISTINCT.format(table=table, column=column), {"most": MOST_KNOWN})
        return tuple(row[0] for row in cursor.fetchall())
