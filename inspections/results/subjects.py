"""What an inspection may speak of: vehicles, components and lots, where they are, and what binds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from ..marks.acts import can_start_over
from ..marks.arrays import text_array
from ..marks.locks import Lock
from ..marks.trips import Statement, run_together
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


class Subject(NamedTuple):
    """A known subject. `vehicle_id` is the vehicle it counts for now: itself, or the one in which it is fitted.

    `destroyed`: a car given up to a test, on which coverage may rest. `bound_until`: until when something else bound
    the vehicle, because it was moved then or its batch re-pinned; None: never.
    """

    kind: Literal["vehicle", "component", "lot"]
    id: int
    text: str
    vehicle_id: int | None = None
    vin: str = ""
    built_at: datetime | None = None
    batch: BatchFacts | None = None
    destroyed: bool = False
    bound_until: datetime | None = None


def locks_of_subjects(subjects: Iterable[Subject]) -> set[tuple[Lock, int]]:
    """The locks under which what is said of these subjects stays so."""
    locks: set[tuple[Lock, int]] = set()
    batches: dict[int, BatchFacts] = {}
    for subject in subjects:
        if subject.kind in _OWN_LOCK:
            locks.add((_OWN_LOCK[subject.kind], subject.id))
        if subject.batch is not None:
            batches[subject.batch.id] = subject.batch
    for batch in batches.values():
        locks.update([(Lock.CONFIGURATION, batch.configuration_id), (Lock.BATCH, batch.id)])
    return locks


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
        if parts := [key for key in wanted if key[0] == kind]:
            run_together((statement, [at, *_columns(kind, parts)]))


_VEHICLES: Final = """
select 'vehicle', v.id, v.vin, '', v.id, v.vin, v.registered_at::text, v.status = 'destroyed_for_test',
       greatest((select max(m.at) from inspections_vehiclemove m where m.vehicle_id = v.id),
           (select max(r.at) from inspections_repinning r where r.batch_id = v.batch_id))::text,
       b.id, b.number, b.configuration_id, b.line, b.status, b.revision_id
from inspections_vehicle v join inspections_batch b on b.id = v.batch_id where v.vin = any(%s::text[])
"""
_VEHICLES_ALIKE: Final = """
select 'vehicles', v.vins, v.ids, v.registered_at::text, v.destroyed,
       greatest(v.moved_at, (select max(r.at) from inspections_repinning r where r.batch_id = b.id))::text,
       b.id, b.number, b.configuration_id, b.line, b.status, b.revision_id
from (select batch_id, registered_at, status = 'destroyed_for_test' as destroyed,
          (select max(m.at) from inspections_vehiclemove m where m.vehicle_id = v.id) as moved_at,
          string_agg(vin, ' ') as vins, string_agg(id::text, ' ') as ids
      from inspections_vehicle v where vin = any(%s::text[]) group by 1, 2, 3, 4) v
join inspections_batch b on b.id = v.batch_id
"""
_COMPONENTS: Final = """
select 'component', c.id, c.kind, c.serial, v.id, v.vin, v.registered_at::text, false,
       greatest((select max(m.at) from inspections_vehiclemove m where m.vehicle_id = v.id),
           (select max(r.at) from inspections_repinning r where r.batch_id = v.batch_id))::text,
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
select 'lot', l.id, l.kind, l.lot, null::bigint, null, null, false, null,
       null::bigint, null, null::bigint, null, null, null::bigint
from unnest(%s::text[], %s::text[]) as named(kind, lot)
join inspections_materiallot l on l.kind = named.kind and l.lot = named.lot
"""
_READ: Final = {"vehicle": _VEHICLES, "component": _COMPONENTS, "lot": _LOTS}
_READ_MANY: Final = {**_READ, "vehicle": _VEHICLES_ALIKE}
_MANY: Final = 50
"""Of so many vehicles it takes less to say of each kind once which they are, than of each what it is."""
_PLACES: Final = {
    "vehicle": """
        select distinct '', null::bigint, b.id, b.configuration_id from inspections_vehicle v
        join inspections_batch b on b.id = v.batch_id where v.vin = any(%s::text[])""",
    "component": """
        select 'component', c.id, b.id, b.configuration_id from unnest(%s::text[], %s::text[]) as named(kind, serial)
        join inspections_component c on c.kind = named.kind and c.serial = named.serial
        left join lateral (
            select vehicle_id, fitted from inspections_fitting f where f.component_id = c.id
            order by at desc, id desc limit 1
        ) latest on true
        left join inspections_vehicle v on v.id = latest.vehicle_id and latest.fitted
        left join inspections_batch b on b.id = v.batch_id""",
    "lot": """
        select 'lot', l.id, null::bigint, null::bigint from unnest(%s::text[], %s::text[]) as named(kind, lot)
        join inspections_materiallot l on l.kind = named.kind and l.lot = named.lot""",
}
_OWN_LOCK: Final = {"component": Lock.COMPONENT, "lot": Lock.LOT}


def locks_of(keys: Iterable[SubjectKey]) -> tuple[set[tuple[Lock, int]], bool]:
    """The locks under which the known ones of what is named stay as they are, and whether one is in no batch.

    Of a vehicle it is where it was when it was last read, if the act can start over. Whoever has the locks reads it
    again; where it is elsewhere by now the act calls `forget_places` and does start over.
    """
    wanted = set(keys)
    where = _where if can_start_over() else {}
    guessed = {key: place for key in wanted if (place := where.get(key))}
    places = set(guessed.values())
    locks: set[tuple[Lock, int]] = set()
    loose = False
    asking = _asking(_PLACES, wanted - guessed.keys())
    for kind, own, batch_id, configuration_id in chain.from_iterable(run_together(*asking.values())):
        if kind in _OWN_LOCK:
            locks.add((_OWN_LOCK[kind], own))
        if batch_id is None:
            loose = True
        else:
            places.add((batch_id, configuration_id))
    for batch_id, configuration_id in places:
        locks.update([(Lock.CONFIGURATION, configuration_id), (Lock.BATCH, batch_id)])
    return locks, loose


def forget_places(keys: Iterable[SubjectKey]) -> None:
    """Read anew where these are: they moved."""
    for key in keys:
        _where.pop(key, None)


def read_subjects(keys: Iterable[SubjectKey]) -> dict[SubjectKey, Subject]:
    """The known ones of what is named, in one trip to the database."""
    return subjects_read(run_together(*reading_subjects(keys)))


def reading_subjects(keys: Iterable[SubjectKey]) -> list[Statement]:
    """The statements of `read_subjects`, to be run with others; `subjects_read` takes what they answer."""
    wanted = list(keys)
    return list(_asking(_READ if len(wanted) < _MANY else _READ_MANY, wanted).values())


def subjects_read(answers: Iterable[Iterable[tuple[Any, ...]]]) -> dict[SubjectKey, Subject]:
    """The subjects that `reading_subjects` found."""
    found: dict[SubjectKey, Subject] = {}
    batches: dict[int, BatchFacts] = {}
    if len(_where) >= _MOST_PLACES:
        _where.clear()
    for (
        kind,
        *said,
        built_at,
        destroyed,
        until,
        batch_id,
        number,
        configuration_id,
        line,
        status,
        revision_id,
    ) in chain.from_iterable(answers):
        batch = None
        if batch_id is not None:
            batch = batches.get(batch_id) or batches.setdefault(
                batch_id, BatchFacts(batch_id, number, configuration_id, line, status, revision_id)
            )
        facts = built_at and _moment(built_at), batch, destroyed, until and _moment(until)
        if kind == "vehicles":
            vins, ids = said
            for vin, own in zip(vins.split(), map(int, ids.split()), strict=True):
                found["vehicle", vin, ""] = Subject("vehicle", own, vin, own, vin, *facts)
        else:
            own, first, second, vehicle_id, vin = said
            text = first if kind == "vehicle" else f"{first} {second}"
            found[kind, first, second] = Subject(kind, own, text, vehicle_id, vin or "", *facts)
    _where.update(
        (key, (subject.batch.id, subject.batch.configuration_id))
        for key, subject in found.items()
        if subject.kind == "vehicle" and subject.batch is not None
    )
    return found


_MOST_PLACES: Final = 200_000
_where: Final[dict[SubjectKey, tuple[int, int]]] = {}
"""The batch and configuration of vehicles as last read: a guess at what to lock, never an answer."""


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    """A time as PostgreSQL writes it; of cars that were registered together it is one."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _asking(statements: Mapping[str, str], keys: Iterable[SubjectKey]) -> dict[str, Statement]:
    named: dict[str, list[SubjectKey]] = {}
    for key in sorted(set(keys)):
        named.setdefault(key[0], []).append(key)
    return {kind: (statements[kind], _columns(kind, some)) for kind, some in named.items()}


def _columns(kind: str, keys: Sequence[SubjectKey]) -> list[str]:
    firsts = text_array(key[1] for key in keys)
    return [firsts] if kind == "vehicle" else [firsts, text_array(key[2] for key in keys)]
