"""Judges one reading against one requirement, and one inspection against the plan. The verdict is frozen with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Final
from unicodedata import normalize

from .facts import Expression, Kind, Reading, Requirement, Verdict
from .limits import Limits, limits_of
from .quantities import EXACT, is_whole, parse_number
from .reasons import JudgementReason, Outcome
from .units import ratio, stated_unit

PASS: Final = Verdict(Outcome.PASS)
FAIL: Final = Verdict(Outcome.FAIL)
OUTSIDE_LIMITS: Final = Verdict(Outcome.FAIL, JudgementReason.OUTSIDE_LIMITS)

_INDETERMINATE: Final = {reason: Verdict(Outcome.INDETERMINATE, reason) for reason in JudgementReason}
_NOT_JUDGED: Final = {reason: Verdict(Outcome.NOT_JUDGED, reason) for reason in JudgementReason}


def judge(reading: Reading, requirement: Requirement | None, *, built_at: datetime | None = None) -> Verdict:
    """What one reading says against one requirement: pass, fail, indeterminate, or not judged with nothing to judge by.

    `built_at` is when the vehicle was built: a requirement not in effect then is not asked (`NOT_IN_EFFECT`); None
    leaves its dates aside. Never raises: what cannot be judged is indeterminate with its reason. To judge many
    readings against one requirement, make one `Judge` and call it.
    """
    if requirement is None:
        return _NOT_JUDGED[JudgementReason.NO_REQUIREMENT]
    if built_at is not None and not in_effect(requirement, built_at):
        return _NOT_JUDGED[JudgementReason.NOT_IN_EFFECT]
    return Judge(requirement)(reading)


def in_effect(requirement: Requirement, built_at: datetime) -> bool:
    """Whether a requirement binds what was built at that moment: from `effective_from` on, before `effective_to`."""
    if requirement.effective_from is not None and built_at < requirement.effective_from:
        return False
    return requirement.effective_to is None or built_at < requirement.effective_to


def critical(requirement: Requirement) -> bool:
    """Whether a requirement is of a critical characteristic (CC, IATF 16949) or legal: nothing excuses its fails."""
    return requirement.legal or requirement.special.strip().upper() == "CC"


class Judge:
    """One requirement made ready to judge many readings. Holds nothing of what it judged."""

    __slots__ = ("_by_kind", "_in_unit", "_limits", "_positions", "_requirement", "_unstated")

    def __init__(self, requirement: Requirement) -> None:
        self._requirement = requirement
        self._positions = frozenset(requirement.positions or ("",))
        self._limits = limits_of(requirement)
        self._in_unit: dict[str, tuple[Decimal | None, Limits]] = {}
        self._by_kind = {Kind.ATTRIBUTE: self._judge_attribute, Kind.IDENTITY: self._judge_identity}.get(
            requirement.kind, self._judge_number
        )
        self._unstated = (
            requirement.kind is Kind.VARIABLE
            and requirement.uncertainty is None
            and requirement.special.strip().upper() == "CC"
        )

    def __call__(self, reading: Reading) -> Verdict:
        if reading.position not in self._positions:
            return _NOT_JUDGED[JudgementReason.UNKNOWN_POSITION]
        value = reading.value
        if value is None or (isinstance(value, str) and not value.strip()):
            return _INDETERMINATE[JudgementReason.NO_VALUE]
        return self._by_kind(value, reading)

    def judging(self, like: Reading) -> Callable[[str], Verdict]:
        """What says of the text of a number, never blank, what this judge says of `like` with that value."""
        if like.position not in self._positions:
            return lambda value: _NOT_JUDGED[JudgementReason.UNKNOWN_POSITION]
        by_kind = self._by_kind
        return lambda value: by_kind(value, like)

    def _judge_attribute(self, value: str | bool, reading: Reading) -> Verdict:
        if self._requirement.expression is not Expression.CONFORMS:
            return _INDETERMINATE[JudgementReason.UNPARSED_LIMIT]
        if not isinstance(value, bool):
            return _INDETERMINATE[JudgementReason.WRONG_TYPE]
        return PASS if value else FAIL

    def _judge_identity(self, value: str | bool, reading: Reading) -> Verdict:
        requirement = self._requirement
        if isinstance(value, bool) or reading.is_number:
            # A part number sent as a number has lost its leading zeros already: it is not compared as stated.
            return _INDETERMINATE[JudgementReason.WRONG_TYPE]
        if requirement.expression not in (Expression.EQUAL, Expression.NOT_EQUAL, Expression.ONE_OF):
            return _INDETERMINATE[JudgementReason.UNPARSED_LIMIT]
        if not requirement.values:
            return _INDETERMINATE[JudgementReason.NO_LIMIT]
        if requirement.expression is Expression.EQUAL and len(requirement.values) != 1:
            return _INDETERMINATE[JudgementReason.UNPARSED_LIMIT]
        if requirement.case_sensitive:
            found = value in requirement.values
        else:
            found = value.casefold() in {text.casefold() for text in requirement.values}
        if requirement.expression is Expression.NOT_EQUAL and not found:
            return self._judge_other(value)
        return PASS if found is not (requirement.expression is Expression.NOT_EQUAL) else FAIL

    def _judge_other(self, value: str) -> Verdict:
        """What is not the text that is forbidden conforms, unless it is the same to whoever reads it: a blank, wide
        letters or what nobody sees make no other part of it."""
        stated = _read_as(value)
        if not stated:
            return _INDETERMINATE[JudgementReason.NO_VALUE]
        forbidden = [_read_as(text) for text in self._requirement.values]
        if not self._requirement.case_sensitive:
            stated, forbidden = stated.casefold(), [text.casefold() for text in forbidden]
        return FAIL if stated in forbidden else PASS

    def _judge_number(self, value: str | bool, reading: Reading) -> Verdict:
        if isinstance(value, bool):
            return _INDETERMINATE[JudgementReason.WRONG_TYPE]
        number = parse_number(value)
        if not isinstance(number, Decimal):
            return _INDETERMINATE[number]
        if self._requirement.kind is Kind.COUNT and not is_whole(number):
            return _INDETERMINATE[JudgementReason.WRONG_TYPE]
        if not isinstance(self._limits, Limits):
            return _INDETERMINATE[self._limits]
        scale = self._in_unit.get(reading.unit) or self._scale(self._limits, reading.unit)
        if scale is None:
            return _INDETERMINATE[JudgementReason.UNIT_MISMATCH]
        factor, limits = scale
        outcome = limits.outcome(number if factor is None else EXACT.multiply(number, factor))
        if outcome is Outcome.FAIL:
            return OUTSIDE_LIMITS
        if outcome is Outcome.INDETERMINATE:
            return _INDETERMINATE[JudgementReason.WITHIN_UNCERTAINTY]
        return _INDETERMINATE[JudgementReason.UNCERTAINTY_NOT_STATED] if self._unstated else PASS

    def _scale(self, limits: Limits, unit: str) -> tuple[Decimal | None, Limits] | None:
        if self._requirement.kind is Kind.COUNT:
            factors = ratio(stated_unit(unit) or "count", stated_unit(self._requirement.unit) or "count")
        else:
            factors = ratio(unit, self._requirement.unit)
        if factors is None:
            # Not kept: texts of rigs that mean nothing here would pile up.
            return None
        scale = None if factors[0] == 1 else Decimal(factors[0]), limits.scaled(factors[1])
        self._in_unit[unit] = scale
        return scale


def _read_as(text: str) -> str:
    """A text as it is read: letters in their usual width, without what nobody sees and without blanks around it."""
    return normalize("NFKC", "".join(filter(str.isprintable, text))).strip()
