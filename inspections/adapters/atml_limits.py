"""The limits of ATML test results, restated as a comparator with limits that say what is inclusive.

Facts from real reports of TestStand: a pair of limits under OR passes outside of both; where the executive compares
with a nominal and tolerances (EQT), the limits written are the widths of the tolerances and no limits at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal
from xml.etree.ElementTree import Element

from .canonical import Comparator, ItemKind
from .step_items import limit_of, read_number
from .strict_json import shown
from .wats_limits import LOGGED, Comparison

_LOWER = {"GT": False, "GE": True}
_UPPER = {"LT": False, "LE": True}
_EQUALITY = {"EQ": Comparator.EQUAL, "NE": Comparator.NOT_EQUAL}
_TEXT = {
    "EQ": (Comparator.EQUAL, True),
    "CSEQ": (Comparator.EQUAL, True),
    "CIEQ": (Comparator.EQUAL, False),
    "NE": (Comparator.NOT_EQUAL, True),
    "CSNE": (Comparator.NOT_EQUAL, True),
    "CINE": (Comparator.NOT_EQUAL, False),
}
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_SHARES = {"PERCENTAGE": Decimal(100), "PPM": Decimal(1_000_000)}
_TOLERANCES = ("ThresholdType", "ThresholdLow", "ThresholdHigh")
_EXACT = Context(prec=100)


def read_comparison(
    result: Element, kind: ItemKind, unit: str | None, compares: bool, decimal_comma: bool
) -> Comparison:
    """The comparison of a TestResult, whose value has `unit`. What is unknown or contradicts itself is `unparsed`, and
    so is one without limits of a step that `compares`."""
    properties = _properties(result)
    if "IsComparisonTypeLog" in properties and properties["IsComparisonTypeLog"].get("value", "").lower() == "true":
        return LOGGED
    written = result.findall("TestLimits/Limits")
    if len(written) > 1:
        return _unparsed("the report has limits twice for one value")
    limits = written[0] if written else None
    if limits is None:
        if compares or any(name in properties for name in _TOLERANCES) or result.find("TestLimits") is not None:
            return _unparsed("the report compares, but does not say with what")
        return LOGGED
    if any(name in properties for name in _TOLERANCES) or _has(limits, "Nominal", "ErrorLimits"):
        return _read_tolerance(properties, decimal_comma)
    other = next((datum for datum in limits.iter("Datum") if unit_of(datum) not in (None, unit)), None)
    if other is not None:
        return _unparsed(f"the value is in {shown(unit)}, a limit in {shown(unit_of(other))}")
    stated = [part for part in limits if part.tag not in ("Extension", "Description")]
    if len(stated) != 1:
        return _unparsed(f"the report has {len(stated)} comparisons for one value")
    if kind is ItemKind.NUMBER:
        return _read_numeric(stated[0], decimal_comma)
    return _read_expected(stated[0], kind)


def unit_of(datum: Element) -> str | None:
    """The unit of a Datum, as written; None where there is none."""
    unit = datum.get("nonStandardUnit") or datum.get("standardUnit") or datum.get("unit") or ""
    return unit.strip()[:200] or None


def _unparsed(note: str) -> Comparison:
    return Comparison(Comparator.UNPARSED, note=note)


def _properties(result: Element) -> Mapping[str, Element]:
    """What TestStand adds to the limits, wherever its generations put it."""
    found: dict[str, Element] = {}
    for properties in result.iter("TSLimitProperties"):
        for part in properties.iter():
            found.setdefault(part.tag, part)
    return found


def _has(limits: Element, *names: str) -> bool:
    return any(next(limits.iter(name), None) is not None for name in names)


def _read_numeric(stated: Element, decimal_comma: bool) -> Comparison:
    if stated.tag == "LimitPair":
        return _read_pair(stated, decimal_comma)
    if stated.tag not in ("SingleLimit", "Expected"):
        return _unparsed(f"the report compares by {shown(stated.tag)}, which this reader does not know")
    comparator, limit = _read_limit(stated, decimal_comma)
    if limit is None:
        return _unparsed(f"{shown(comparator)} needs a number to compare with")
    if comparator in _EQUALITY:
        return Comparison(_EQUALITY[comparator], expected=limit)
    if comparator in _LOWER:
        return Comparison(Comparator.INSIDE, lower=limit, lower_inclusive=_LOWER[comparator])
    if comparator in _UPPER:
        return Comparison(Comparator.INSIDE, upper=limit, upper_inclusive=_UPPER[comparator])
    return _unparsed(f"the report compares by {shown(comparator)}, an operator that this reader does not know")


def _read_pair(pair: Element, decimal_comma: bool) -> Comparison:
    operator = (pair.get("operator") or "").strip()
    read = [_read_limit(limit, decimal_comma) for limit in pair.findall("Limit")]
    lower = [(comparator, limit) for comparator, limit in read if comparator in _LOWER]
    upper = [(comparator, limit) for comparator, limit in read if comparator in _UPPER]
    if len(read) != 2 or len(lower) != 1 or len(upper) != 1 or operator not in ("AND", "OR"):
        stated = f" {operator} ".join(comparator for comparator, _ in read)
        return _unparsed(f"the report compares by {shown(stated)}, which this reader does not know")
    (above, low), (below, high) = lower[0], upper[0]
    if low is None or high is None:
        return _unparsed(f"{above} {operator} {below} needs two numbers to compare with")
    if operator == "AND" and low > high:
        return _unparsed(f"{above} and {below} with the lower limit {low} above the upper limit {high}")
    if operator == "AND":
        return Comparison(Comparator.INSIDE, low, high, _LOWER[above], _UPPER[below])
    if high > low:
        return _unparsed(f"{below} {high} or {above} {low}, which every value is")
    return Comparison(Comparator.OUTSIDE, high, low, _UPPER[below], _LOWER[above])


def _read_limit(stated: Element, decimal_comma: bool) -> tuple[str, Decimal | None]:
    datum = stated.find("Datum")
    value = None if datum is None else datum.get("value")
    comparator = (stated.get("comparator") or "").strip()
    return comparator, None if value is None else limit_of(read_number(value.strip(), decimal_comma=decimal_comma))


def _read_expected(stated: Element, kind: ItemKind) -> Comparison:
    comparator, datum = (stated.get("comparator") or "").strip(), stated.find("Datum")
    if stated.tag != "Expected" or datum is None or comparator not in _TEXT:
        return _unparsed(f"the report compares by {shown(stated.tag)} {shown(comparator)}, which is not known here")
    how, case_sensitive = _TEXT[comparator]
    text = datum.findtext("Value") if datum.get("value") is None else datum.get("value")
    if kind is ItemKind.BOOLEAN:
        truth = _TRUTHS.get((text or "").strip().lower())
        return _unparsed("the report compares a truth with none") if truth is None else Comparison(how, expected=truth)
    if text is None:
        return _unparsed(f"{comparator} needs a text to compare with")
    return Comparison(how, expected=text, case_sensitive=case_sensitive)


def _read_tolerance(properties: Mapping[str, Element], decimal_comma: bool) -> Comparison:
    """True bounds of a comparison with a nominal: those written, else nominal and widths by their type."""

    def number(name: str) -> Decimal | None:
        text = properties[name].get("value") if name in properties else None
        return None if text is None else limit_of(read_number(text.strip(), decimal_comma=decimal_comma))

    written = number("ThresholdLow"), number("ThresholdHigh")
    kind = (properties["ThresholdType"].text or "").strip() if "ThresholdType" in properties else ""
    return within_tolerance(kind, number("Nominal"), number("Low"), number("High"), written)


def within_tolerance(
    kind: str,
    nominal: Decimal | None,
    below: Decimal | None,
    above: Decimal | None,
    written: tuple[Decimal | None, Decimal | None] = (None, None),
) -> Comparison:
    """The comparison with `nominal` and the widths `below` and `above` it, of a `kind` (DELTA, PERCENTAGE or PPM of the
    nominal), or with the bounds `written`. Unparsed where they do not say what the bounds are."""
    kind = kind.upper()
    computed: tuple[Decimal | None, Decimal | None] = None, None
    if nominal is not None and below is not None and above is not None and (kind == "DELTA" or kind in _SHARES):
        width = Decimal(1) if kind == "DELTA" else _EXACT.divide(_EXACT.abs(nominal), _SHARES[kind])
        computed = (
            _EXACT.subtract(nominal, _EXACT.multiply(width, below)),
            _EXACT.add(nominal, _EXACT.multiply(width, above)),
        )
    low, high = (limit_of(bound) for bound in (written if None not in written else computed))
    if low is None or high is None:
        return _unparsed("the report compares with a nominal and tolerances, and does not say within which bounds")
    if low > high:
        return _unparsed(f"tolerances that leave nothing between {low} and {high}")
    return Comparison(Comparator.INSIDE, low, high)
