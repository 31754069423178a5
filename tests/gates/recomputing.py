"""The gates of the tests' small plant from nothing but stored values: no code of the evaluator, no stored outcome."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection


def _number(text: Any) -> Decimal | None:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _within(conforms: Callable[[Decimal], bool]) -> Callable[[Any], bool | None]:
    def say(value: Any) -> bool | None:
        number = _number(value)
        return None if number is None else conforms(number)

    return say


def _whole(value: Any) -> bool | None:
    number = _number(value)
    return None if number is None or number != int(number) else number == 0


REQUIRED: dict[str, dict[tuple[str, str], Callable[[Any], bool | None]]] = {
    "battery": {
        ("BOND", "charge-port"): _within(lambda number: number < Decimal("0.1")),
        ("BOND", "pack"): _within(lambda number: number < Decimal("0.1")),
        ("ISO", ""): _within(lambda number: number >= 500),
        ("HVIL", ""): lambda value: {"true": True, "false": False}.get(value),
    },
    "driving": {
        ("BRAKE", "FL"): _within(lambda number: number >= Decimal("2.5")),
        ("BRAKE", "FR"): _within(lambda number: number >= Decimal("2.5")),
        ("ADAS-SW", ""): lambda value: value == "4.10",
    },
    "crash": {
        ("SQUIB", ""): _within(lambda number: Decimal("1.5") <= number <= 3),
        ("DTC", ""): _whole,
    },
}
"""By domain and (characteristic, position): whether a value conforms, None where that cannot be said."""
VERSIONS = {"battery": [{"system": "BMS", "version": "2.0"}], "driving": [{"system": "ADAS", "version": "4.10"}]}

_ROWS = """
select v.vin, p.domain, c.code, m.position, i.finished_at, i.software::text, nullif(m.value, 'NaN')::text,
    nullif(m.raw, '')
from inspections_vehicle v
join inspections_inspection i on i.vehicle_id = v.id
join inspections_procedure p on p.id = i.procedure_id
join inspections_measurement m on m.inspection_id = i.id
join inspections_characteristic c on c.id = m.characteristic_id
where v.vin = any(%s)
"""


_KEPT = "select distinct vin, domain from inspections_kept where state = 'open' and vin = any(%s)"


def states_of(vins: Collection[str]) -> dict[tuple[str, str], str]:
    """passed, pending or failed, by VIN and domain: no repeats are allowed and nothing was disposed of."""
    measured: dict[tuple[str, str], dict[tuple[str, str], list[tuple[Any, bool | None, bool]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [list(vins)])
        for vin, domain, code, position, finished_at, software, value, raw in cursor.fetchall():
            conforms = REQUIRED[domain][code, position](value if value is not None else raw)
            own = (json.loads(software) if software else None) == VERSIONS.get(domain)
            measured[vin, domain][code, position].append((finished_at, conforms, own))
        cursor.execute(_KEPT, [list(vins)])
        kept = set(cursor.fetchall())
    return {
        (vin, domain): _state(measured[vin, domain], asked, blocked=(vin, domain) in kept)
        for vin in vins
        for domain, asked in REQUIRED.items()
    }


def _state(
    found: dict[tuple[str, str], list[tuple[Any, bool | None, bool]]],
    asked: Collection[tuple[str, str]],
    *,
    blocked: bool,
) -> str:
    if any(conforms is False for rows in found.values() for _, conforms, _ in rows):
        return "failed"
    if blocked:
        return "pending"
    for key in asked:
        last = max((row[0] for row in found[key]), default=None)
        if last is None or not all(conforms and own for moment, conforms, own in found[key] if moment == last):
            return "pending"
    return "passed"
