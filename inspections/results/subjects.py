"""What an inspection may speak of: vehicles, components and lots, where they are, and what binds them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from django.db import connection

from ..marks.locks import Lock
from .posted import PostedInspection

SubjectKey: TypeAlias = tuple[Literal["vehicle", "component", "lot"], str, str]
"""("vehicle", vin, ""), ("component", kind, serial) or ("lot", kind, lot)."""


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """A batch as recording needs it. `revision_id` is the revision pinned, None where there is none."""

    id: int
    number: str
    configuration_id: int
    line: str
    status: str
    revision_id: int | None


@dataclass(frozen=True, slots=True)
class Subject:
    """A known subject. `vehicle_id` is the vehicle it counts for now: itself, or the one in which it is fitted.

    `destroyed`: a car given up to a test, on which coverage may rest.
    """

    kind: Literal["vehicle", "component", "lot"]
    id: int
    text: str
    vehicle_id: int | None = None
    vin: str = ""
    built_at: datetime | None = None
    batch: BatchFacts | None = None
    destroyed: bool = False

    def locks(self) -> list[tuple[Lock, int]]:
        """The locks under which what is said of this subject stays so."""
        own = {"vehicle": [], "component": [(Lock.COMPONENT, self.id)], "lot": [(Lock.LOT, self.id)]}[self.kind]
        if self.batch is None:
            return own
        return [(Lock.CONFIGURATION, self.batch.configuration_id), *own, (Lock.BATCH, self.batch.id)]


def key_of(posted: PostedInspection) -> SubjectKey:
    """What the inspection names."""
    if posted.component is not None:
        return "component", posted.component.kind, posted.component.serial
    if posted.material is not None:
        return "lot", posted.material.kind, posted.material.lot
    return "vehicle", posted.vin or "", ""


def subject_text(key: SubjectKey) -> str:
    return key[1] if key[0] == "vehicle" else f"{key[1]} {key[2]}"


_CREATE: Final = {
    "component": """
        insert into inspections_component (kind, serial, lot, first_seen_at)
        select named.kind, named.number, '', %s from unnest(%s::text[], %s::text[]) as named(kind, number)
        where not exists (
            select from inspections_component c where c.kind = named.kind and c.serial = named.number)
        order by 1, 2 on conflict (kind, serial) do nothing""",
    "lot": """
        insert into inspections_materiallot (kind, lot, first_seen_at)
        select named.kind, named.number, %s from unnest(%s::text[], %s::text[]) as named(kind, number)
        where not exists (
            select from inspections_materiallot l where l.kind = named.kind and l.lot = named.number)
        order by 1, 2 on conflict (kind, lot) do nothing""",
}


def create_parts(keys: Iterable[SubjectKey], at: datetime) -> None:
    """Make the components and lots that are named for the first time; they need no registration."""
    wanted = sorted(set(keys))
    for kind, statement in _CREATE.items():
        if parts := [key[1:] for key in wanted if key[0] == kind]:
            _execute(statement, at, *_columns(parts))


_VEHICLES: Final = """
select v.id, v.vin, v.registered_at, v.status = 'destroyed_for_test',
       b.id, b.number, b.configuration_id, b.line, b.status, b.revision_id
from inspections_vehicle v join inspections_batch b on b.id = v.batch_id where v.vin = any(%s)
"""
_COMPONENTS: Final = """
select c.id, c.kind, c.serial, v.id, v.vin, v.registered_at,
       b.id, b.number, b.configuration_id, b.line, b.status, b.revision_id
from unnest(%s::text[], %s::text[]) as named(kind, serial)
join inspections_component c on c.kind = named.kind and c.serial = named.serial
left join lateral (
    select vehicle_id, fitted from inspections_fitting f where f.component_id = c.id order by at desc, id desc limit 1
) latest on true
left join inspections_vehicle v on v.id = latest.vehicle_id and latest.fitted
left join inspections_batch b on b.id = v.batch_id
"""
_LOTS: Final = """
select l.id, l.kind, l.lot from unnest(%s::text[], %s::text[]) as named(kind, lot)
join inspections_materiallot l on l.kind = named.kind and l.lot = named.lot
"""


_BATCHES: Final = {
    "vehicle": """
        select distinct null::bigint, b.id, b.configuration_id from inspections_vehicle v
        join inspections_batch b on b.id = v.batch_id where v.vin = any(%s)""",
    "component": """
        select c.id, b.id, b.configuration_id from unnest(%s::text[], %s::text[]) as named(kind, serial)
        join inspections_component c on c.kind = named.kind and c.serial = named.serial
        left join lateral (
            select vehicle_id, fitted from inspections_fitting f where f.component_id = c.id
            order by at desc, id desc limit 1
        ) latest on true
        left join inspections_vehicle v on v.id = latest.vehicle_id and latest.fitted
        left join inspections_batch b on b.id = v.batch_id""",
    "lot": """
        select l.id, null::bigint, null::bigint from unnest(%s::text[], %s::text[]) as named(kind, lot)
        join inspections_materiallot l on l.kind = named.kind and l.lot = named.lot""",
}
_OWN_LOCK: Final = {"component": Lock.COMPONENT, "lot": Lock.LOT}


def locks_of(keys: Iterable[SubjectKey]) -> tuple[set[tuple[Lock, int]], bool]:
    """The locks under which the known ones of what is named stay as they are, and whether one is in no batch."""
    wanted = set(keys)
    locks: set[tuple[Lock, int]] = set()
    loose = False
    for kind, statement in _BATCHES.items():
        named = sorted(key[1:] for key in wanted if key[0] == kind)
        if not named:
            continue
        for own, batch_id, configuration_id in _execute(
            statement, *([[vin for vin, _ in named]] if kind == "vehicle" else _columns(named))
        ):
            if own is not None:
                locks.add((_OWN_LOCK[kind], own))
            if batch_id is None:
                loose = True
            else:
                locks.update([(Lock.CONFIGURATION, configuration_id), (Lock.BATCH, batch_id)])
    return locks, loose


def read_subjects(keys: Iterable[SubjectKey]) -> dict[SubjectKey, Subject]:
    """The known ones of what is named: at most one statement for each kind of subject."""
    wanted = sorted(set(keys))
    found: dict[SubjectKey, Subject] = {}
    batches: dict[int, BatchFacts] = {}
    if vins := [key[1] for key in wanted if key[0] == "vehicle"]:
        for number, vin, built_at, destroyed, batch_id, *batch in _execute(_VEHICLES, vins):
            shared = batches.get(batch_id) or batches.setdefault(batch_id, BatchFacts(batch_id, *batch))
            found["vehicle", vin, ""] = Subject("vehicle", number, vin, number, vin, built_at, shared, destroyed)
    if parts := [key[1:] for key in wanted if key[0] == "component"]:
        for number, kind, serial, vehicle_id, vin, built_at, *batch in _execute(_COMPONENTS, *_columns(parts)):
            bound = None if vehicle_id is None else BatchFacts(*batch)
            text = f"{kind} {serial}"
            found["component", kind, serial] = Subject(
                "component", number, text, vehicle_id, vin or "", built_at, bound
            )
    if lots := [key[1:] for key in wanted if key[0] == "lot"]:
        for number, kind, lot in _execute(_LOTS, *_columns(lots)):
            found["lot", kind, lot] = Subject("lot", number, f"{kind} {lot}")
    return found


def _columns(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [first for first, _ in pairs], [second for _, second in pairs]


def _execute(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []
