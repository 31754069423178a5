"""What a file says otherwise than the plan that judged it: a limit, a comparator, a unit. It changes no verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ..adapters.canonical import CanonicalItem, Comparator
from ..catalogue.queries import lines_by_id
from ..evaluation import facts
from ..evaluation.facts import Expression
from ..evaluation.quantities import EXACT, in_range
from ..evaluation.units import ratio, stated_unit
from ..results.recorded import Recorded, RecordState
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


class Beside(NamedTuple):
    """What a file states beside a value, as it is written."""

    unit: str | None
    comparator: str | None
    lower: str | None
    upper: str | None
    inclusive: tuple[bool, bool]
    expected: str | None
    note: str


class Stated(NamedTuple):
    """`ordinal` is that of the value, `item` the rig's own name of it."""

    ordinal: int
    item: str
    beside: Beside

    def content(self) -> dict[str, Any]:
        """As JSON; `stated_in` reads it."""
        return {"ordinal": self.ordinal, "item": self.item, **self.beside._asdict()}


def stated_in(content: Mapping[str, Any]) -> Stated:
    """What `Stated.content` was made of."""
    texts = {name: content[name] for name in Beside._fields if name != "inclusive"}
    lower, upper = content["inclusive"]
    return Stated(content["ordinal"], content["item"], Beside(**texts, inclusive=(lower, upper)))


def stated_beside(ordinal: int, item: CanonicalItem) -> Stated | None:
    """What the file states beside a value; None where it states neither unit nor comparator."""
    if item.comparator is None and not item.unit:
        return None
    beside = Beside(
        item.unit,
        item.comparator,
        None if item.lower is None else str(item.lower),
        None if item.upper is None else str(item.upper),
        (item.lower_inclusive, item.upper_inclusive),
        None if item.expected is None else str(item.expected),
        item.note[:_LONGEST],
    )
    return Stated(ordinal, item.item[-500:], beside)


_MOST_COMPARED: Final = 20_000
_LONGEST_COMPARED: Final = 200
_compared: Final[dict[tuple[int, Beside], tuple[facts.Requirement, tuple[Difference, ...]]]] = {}
"""What was found of the very same statement and line before. A line read anew, of a draft, is another one."""


def differences(beside: Beside, line: facts.Requirement) -> tuple[Difference, ...]:
    """How what a file states of a value differs from what the plan asks of it. Limits are compared exactly, converted
    where their units allow it."""
    key = line.id, beside
    kept = _compared.get(key)
    if kept is not None and kept[0] is line:
        return kept[1]
    if len(_compared) >= _MOST_COMPARED:
        _compared.clear()
    found = tuple(_differences(beside, line))
    if len(beside.expected or "") + len(beside.unit or "") <= _LONGEST_COMPARED:
        _compared[key] = line, found
    return found


def _differences(stated: Beside, line: facts.Requirement) -> Iterator[Difference]:
    unit = stated.unit
    if unit and stated_unit(unit) != stated_unit(line.unit):
        yield Difference("unit_differs", unit, line.unit or "–")
    if stated.comparator is None:
        return
    comparator = Comparator(stated.comparator)
    of_file, of_plan = _file_words(stated), line_words(line)
    if comparator is Comparator.UNPARSED:
        yield Difference("limits_unparsed", stated.note or "?", of_plan)
    elif line.expression not in _SAME[comparator]:
        if line.expression is not Expression.CONFORMS:
            yield Difference("comparator_differs", of_file, of_plan)
    elif comparator in _BOUNDED:
        if not _same_bounds(stated, line):
            yield Difference("limit_differs", of_file, of_plan)
    elif not _same_values(stated.expected, line):
        yield Difference("limit_differs", of_file, of_plan)


def _same_bounds(stated: Beside, line: facts.Requirement) -> bool:
    by = ratio(stated.unit or line.unit, line.unit)
    lower, upper = stated.inclusive
    return (
        by is not None
        and _same_bound(stated.lower, line.lower, by, same_edge=lower is line.lower_inclusive)
        and _same_bound(stated.upper, line.upper, by, same_edge=upper is line.upper_inclusive)
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


def _file_words(stated: Beside) -> str:
    lower, upper = stated.inclusive
    return _words(stated.comparator or "", stated.lower, stated.upper, lower, upper, [stated.expected], stated.unit)


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


def note_findings(*, stated: Iterable[tuple[Recorded, Iterable[Stated]]], at: datetime) -> int:
    """Store the differences of inspections just recorded, each with what its file states. In the act that recorded
    them; at most two statements. Returns how many."""
    recorded = [
        (fate.inspection_id, fate.lines, each)
        for fate, each in stated
        if fate.state is RecordState.RECORDED and fate.inspection_id is not None
    ]
    lines = lines_by_id({line for _, judged_on, _ in recorded for line in judged_on if line is not None})
    found = [
        FileFinding(
            inspection_id=inspection_id,
            ordinal=one.ordinal,
            item=one.item,
            code=difference.code,
            of_file=difference.of_file[:_LONGEST],
            of_plan=difference.of_plan[:_LONGEST],
            recorded_at=at,
        )
        for inspection_id, judged_on, each in recorded
        for one in each
        if (line := judged_on[one.ordinal]) is not None
        for difference in differences(one.beside, lines[line])
    ]
    FileFinding.objects.bulk_create(found)
    return len(found)
