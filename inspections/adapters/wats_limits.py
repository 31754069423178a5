"""The comparison operators of WATS reports (compOp), restated as a comparator with limits that say what is inclusive.

Facts from real reports: an operator of one limit keeps it in `lowLimit`, the upper ones too; GTLT and its kin pass
inside, LTGT and its kin outside, of both limits; LOG compares nothing, whatever its status says.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from .canonical import Comparator
from .strict_json import Json, shown

_DIGITS = 30
"""A limit of more significant digits, or of an exponent beyond this, is no limit that a plan can hold."""

_ONE_SIDED = {"GT": ("lower", False), "GE": ("lower", True), "LT": ("upper", False), "LE": ("upper", True)}
_TWO_SIDED = {
    "GTLT": (Comparator.INSIDE, False, False),
    "GTLE": (Comparator.INSIDE, False, True),
    "GELT": (Comparator.INSIDE, True, False),
    "GELE": (Comparator.INSIDE, True, True),
    "LTGT": (Comparator.OUTSIDE, False, False),
    "LTGE": (Comparator.OUTSIDE, False, True),
    "LEGT": (Comparator.OUTSIDE, True, False),
    "LEGE": (Comparator.OUTSIDE, True, True),
}
_EQUALITY = {"EQ": Comparator.EQUAL, "NE": Comparator.NOT_EQUAL}
_TEXT = {
    "EQ": (Comparator.EQUAL, True),
    "CASESENSIT": (Comparator.EQUAL, True),
    "IGNORECASE": (Comparator.EQUAL, False),
    "NE": (Comparator.NOT_EQUAL, True),
}


class Comparison(NamedTuple):
    """A comparator with all that belongs to it; `note` says why where it is `unparsed`."""

    comparator: Comparator | None
    lower: Decimal | None = None
    upper: Decimal | None = None
    lower_inclusive: bool = True
    upper_inclusive: bool = True
    expected: Decimal | str | bool | None = None
    case_sensitive: bool = True
    note: str = ""


LOGGED = Comparison(None)


def _unparsed(note: str) -> Comparison:
    return Comparison(Comparator.UNPARSED, note=note)


def read_numeric_comparison(measurement: Json) -> Comparison:
    """The comparison of one entry of `numericMeas`. What is unknown, incomplete or contradicts itself is `unparsed`."""
    operator = measurement.get("compOp")
    if operator == "LOG":
        return LOGGED
    if not isinstance(operator, str):
        return _unparsed(f"the report compares by {shown(operator)}, which is no operator")
    if operator in _TWO_SIDED:
        return _read_two_sided(operator, measurement)
    if operator in _ONE_SIDED or operator in _EQUALITY:
        return _read_single(operator, measurement)
    return _unparsed(f"the report compares by {shown(operator)}, an operator that this reader does not know")


def _read_single(operator: str, measurement: Json) -> Comparison:
    written = [limit for limit in (measurement.get("lowLimit"), measurement.get("highLimit")) if limit is not None]
    limits = [read_limit(limit) for limit in written]
    limit = limits[0] if limits else None
    if limit is None or any(other != limit for other in limits):
        stated = " and ".join(shown(value) for value in written) or "no limit"
        return _unparsed(f"{operator} needs one limit, the report has {stated}")
    if operator in _EQUALITY:
        return Comparison(_EQUALITY[operator], expected=limit)
    side, inclusive = _ONE_SIDED[operator]
    if side == "lower":
        return Comparison(Comparator.INSIDE, lower=limit, lower_inclusive=inclusive)
    return Comparison(Comparator.INSIDE, upper=limit, upper_inclusive=inclusive)


def _read_two_sided(operator: str, measurement: Json) -> Comparison:
    comparator, lower_inclusive, upper_inclusive = _TWO_SIDED[operator]
    lower, upper = read_limit(measurement.get("lowLimit")), read_limit(measurement.get("highLimit"))
    if lower is None or upper is None:
        stated = f"{shown(measurement.get('lowLimit'))} and {shown(measurement.get('highLimit'))}"
        return _unparsed(f"{operator} needs two limits, the report has {stated}")
    if lower > upper:
        return _unparsed(f"{operator} with its lower limit {lower} above its upper limit {upper}")
    return Comparison(comparator, lower, upper, lower_inclusive, upper_inclusive)


def read_limit(value: object) -> Decimal | None:
    """A limit as a decimal, or None for what is none: absent, a word, more digits than a plan can hold."""
    if not isinstance(value, Decimal):
        return None
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > _DIGITS:
        return None
    return None if abs(exponent) > _DIGITS or abs(value.adjusted()) > _DIGITS else value


def read_text_comparison(measurement: Json) -> Comparison:
    """The comparison of one entry of `stringMeas`. What is unknown or has no limit is `unparsed`."""
    operator = measurement.get("compOp")
    if operator == "LOG":
        return LOGGED
    if not isinstance(operator, str) or operator not in _TEXT:
        return _unparsed(f"the report compares texts by {shown(operator)}, which this reader does not know")
    limit = measurement.get("limit")
    if not isinstance(limit, str):
        return _unparsed(f"{operator} needs a text to compare with, the report has {shown(limit)}")
    comparator, case_sensitive = _TEXT[operator]
    return Comparison(comparator, expected=limit, case_sensitive=case_sensitive)
