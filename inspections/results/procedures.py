"""Procedures and characteristics as recording names them. What was found once is found for ever: the database lets
nobody change their codes, kinds and domains, nor delete them. What was not found is looked for again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ..marks.acts import can_start_over
from ..marks.arrays import text_array
from ..marks.trips import Statement
from .posted import PostedInspection, PostedMeasurement
from .ready import KnownCharacteristic, KnownProcedure

_READ: Final = (
    "select p.code, p.id, p.domain, c.code, c.id, c.kind from inspections_procedure p"
    " left join inspections_characteristic c on c.procedure_id = p.id and c.code = any(%s::text[])"
    " where p.code = any(%s::text[])"
)
_remembered: dict[str, KnownProcedure] = {}


def remembered_procedures() -> Mapping[str, KnownProcedure]:
    """By code. Inside somebody else's transaction nothing is remembered: what it made may never have been."""
    return _remembered if can_start_over() else {}


def forget_procedures() -> None:
    """For who puts another database in the place of this one."""
    _remembered.clear()


def reading_unknown(items: Sequence[PostedInspection], known: Mapping[str, KnownProcedure]) -> list[Statement]:
    """The statement that reads what the inspections name and is not known; none where all is."""
    named: dict[str, list[Sequence[PostedMeasurement]]] = {}
    for posted in items:
        named.setdefault(posted.procedure, []).append(posted.measurements)
    codes, names = set(), set()
    for code, every in named.items():
        procedure = known.get(code)
        characteristics = {item.characteristic for measurements in every for item in measurements}
        missing = characteristics if procedure is None else characteristics - procedure.characteristics.keys()
        if missing or procedure is None:
            codes.add(code)
            names.update(missing)
    return [(_READ, [text_array(sorted(names)), text_array(sorted(codes))])] if codes else []


def procedures_read(
    known: Mapping[str, KnownProcedure], rows: Iterable[tuple[Any, ...]]
) -> Mapping[str, KnownProcedure]:
    """What is known with what `reading_unknown` found, which is remembered."""
    found: dict[str, tuple[int, str, dict[str, KnownCharacteristic]]] = {}
    for code, number, domain, name, characteristic_id, kind in rows:
        characteristics = found.setdefault(code, (number, domain, {}))[2]
        if name is not None:
            characteristics[name] = KnownCharacteristic(characteristic_id, kind)
    if not found:
        return known
    more = {}
    for code, (number, domain, characteristics) in found.items():
        before = known[code].characteristics if code in known else {}
        more[code] = KnownProcedure(number, code, domain, {**before, **characteristics})
    if can_start_over():
        _remembered.update(more)
    return {**known, **more}
