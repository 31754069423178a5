"""What a file says otherwise than the plan that judged it: a limit, a comparator, a unit. It changes no verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ..adapters.canonical import CanonicalItem, Comparator
from ..catalogue.models import Requirement
from ..catalogue.queries import requirement_facts
from ..evaluation import facts
from ..evaluation.facts import Expression
from ..evaluation.quantities import EXACT, in_range
from ..evaluation.units import ratio, stated_unit
from ..results.models import Measurement
from .models import FileFinding

_LONGEST: Final = 400
_SAME: Final = {
    Comparator.INSIDE: (Expression.INSIDE,),
    Comparator.OUTSIDE: (Expression.OUTSIDE,),
    Comparator.EQUAL: (Expression.EQUAL, Expression.ONE_OF),
    Comparator.NOT_EQUAL: (Expression.NOT_EQUAL,),
}
_BOUNDED: Final = (Comparator.INSIDE, Comparator.OUTSIDE)


class Difference(NamedTuple):
    """`code`: unit_differs, comparator_differs, limit_differs or limits_unparsed; both sides as they are written."""

    code: str
    of_file: str
    of_plan: str


def stated_beside(ordinal: int, item: CanonicalItem) -> dict[str, Any] | None:
    """What the file states beside a value, as JSON; None where it states neither unit nor comparator."""
    if item.comparator is None and not item.unit:
        return None
    return {
        "ordinal": ordinal,
        "item": item.item[-500:],
        "unit": item.unit,
        "comparator": None if item.comparator is None else item.comparator.value,
        "lower": None if item.lower is None else str(item.lower),
        "upper": None if item.upper is None else str(item.upper),
        "inclusive": [item.lower_inclusive, item.upper_inclusive],
        "expected": None if item.expected is None else str(item.expected),
        "note": item.note[:_LONGEST],
    }


def differences(stated: Mapping[str, Any], line: facts.Requirement) -> Iterator[Difference]:
    """How what a file states of a value differs from what the plan asks of it. Limits are compared exactly, converted
    where their units allow it."""
    unit = stated["unit"]
    if unit and stated_unit(unit) != stated_unit(line.unit):
        yield Difference("unit_differs", unit, line.unit or "–")
    if stated["comparator"] is None:
        return
    comparator = Comparator(stated["comparator"])
    of_file, of_plan = _file_words(stated), line_words(line)
    if comparator is Comparator.UNPARSED:
        yield Difference("limits_unparsed", stated["note"] or "?", of_plan)
    elif line.expression not in _SAME[comparator]:
        if line.expression is not Expression.CONFORMS:
            yield Difference("comparator_differs", of_file, of_plan)
    elif comparator in _BOUNDED:
        if not _same_bounds(stated, line):
            yield Difference("limit_differs", of_file, of_plan)
    elif not _same_values(stated["expected"], line):
        yield Difference("limit_differs", of_file, of_plan)


def _same_bounds(stated: Mapping[str, Any], line: facts.Requirement) -> bool:
    by = ratio(stated["unit"] or line.unit, line.unit)
    lower, upper = stated["inclusive"]
    return (
        by is not None
        and _same_bound(stated["lower"], line.lower, by, same_edge=lower is line.lower_inclusive)
        and _same_bound(stated["upper"], line.upper, by, same_edge=upper is line.upper_inclusive)
    )


def _same_bound(written: str | None, limit: Decimal | None, by: tuple[int, int], *, same_edge: bool) -> bool:
    if written is None or limit is None:
        return written is None and limit is None
    bound = Decimal(written)
    if not bound.is_finite() or not in_range(bound) or not same_edge:
        return False
    return EXACT.multiply(bound, Decimal(by[0])) == EXACT.multiply(limit, Decimal(by[1]))


def _same_values(expected: str | None, line: facts.Requirement) -> bool:
    return len(line.values) == 1 and (expected or "").casefold() == line.values[0].casefold()


def _file_words(stated: Mapping[str, Any]) -> str:
    lower, upper = stated["inclusive"]
    return _words(
        stated["comparator"], stated["lower"], stated["upper"], lower, upper, [stated["expected"]], stated["unit"]
    )


def line_words(line: facts.Requirement) -> str:
    """A requirement in signs, the same in every language."""
    lower, upper = (None if bound is None else str(bound) for bound in (line.lower, line.upper))
    return _words(
        line.expression.value, lower, upper, line.lower_inclusive, line.upper_inclusive, line.values, line.unit
    )


def _words(
    expression: str,
    lower: str | None,
    upper: str | None,
    lower_inclusive: bool,
    upper_inclusive: bool,
    values: Sequence[str | None],
    unit: str | None,
) -> str:
    """In signs, so that both languages read it alike."""
    behind = f" {unit}" if unit and unit != "-" else ""
    told = ", ".join(str(value) for value in values)
    if expression == "outside":
        below, above = ("≤" if lower_inclusive else "<"), ("≥" if upper_inclusive else ">")
        bounds = [(below, lower), (above, upper)]
        return " | ".join(f"{sign} {bound}" for sign, bound in bounds if bound is not None) + behind
    if expression == "inside":
        above, below = ("≥" if lower_inclusive else ">"), ("≤" if upper_inclusive else "<")
        bounds = [(above, lower), (below, upper)]
        return ", ".join(f"{sign} {bound}" for sign, bound in bounds if bound is not None) + behind
    sign = {"equal": "=", "not_equal": "≠", "one_of": "∈"}.get(expression, expression)
    return f"{sign} {told}{behind}".strip()


def note_findings(*, stated: Mapping[int, Iterable[Mapping[str, Any]]], at: datetime) -> int:
    """Store the differences of inspections just recorded: `stated` by the inspection's id. In the act that recorded
    them; at most three statements. Returns how many."""
    wanted = {number: {one["ordinal"]: one for one in each} for number, each in stated.items()}
    wanted = {number: each for number, each in wanted.items() if each}
    if not wanted:
        return 0
    rows = list(
        Measurement.objects.filter(inspection_id__in=wanted, requirement_id__isnull=False).values_list(
            "inspection_id", "ordinal", "requirement_id"
        )
    )
    lines = Requirement.objects.select_related("characteristic__procedure").in_bulk(
        {requirement for _, _, requirement in rows}
    )
    told = {number: requirement_facts(line) for number, line in lines.items()}
    found = [
        FileFinding(
            inspection_id=inspection_id,
            ordinal=ordinal,
            item=wanted[inspection_id][ordinal]["item"],
            code=difference.code,
            of_file=difference.of_file[:_LONGEST],
            of_plan=difference.of_plan[:_LONGEST],
            recorded_at=at,
        )
        for inspection_id, ordinal, requirement in rows
        if ordinal in wanted[inspection_id]
        for difference in differences(wanted[inspection_id][ordinal], told[requirement])
    ]
    FileFinding.objects.bulk_create(found)
    return len(found)
