"""What is said beside one value: the mark of its verdict and, where it is no plain pass, why."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from inspections.catalogue.models import Requirement as PlannedLine
from inspections.evaluation.facts import Expression, Requirement
from inspections.evaluation.reasons import JudgementReason, Outcome
from inspections.gates.limit_wording import quantity_text, required_text
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import indeterminate_text

from .limit_bar import LimitBar, Limits, draw_limit_bar
from .statuses import OF_OUTCOME, Status

_NEGATED = {Expression.INSIDE, Expression.EQUAL, Expression.ONE_OF}


@dataclass(frozen=True, slots=True)
class SaidVerdict:
    """`words` is empty for a pass: what is in order stays quiet."""

    status: Status
    word: str
    words: str
    bar: LimitBar | None = None


def say_verdict(
    outcome: Outcome,
    reason: JudgementReason,
    line: Requirement | None,
    value: Decimal | str | bool | None,
    unit: str,
    language: Language,
) -> SaidVerdict:
    """The verdict on one value held against one line (None: against none). `value` is in `unit`."""
    word = {
        Outcome.PASS: _("Pass"),
        Outcome.FAIL: _("Fail"),
        Outcome.INDETERMINATE: _("Unclear"),
        Outcome.NOT_JUDGED: _("Not judged"),
    }[outcome]
    status = OF_OUTCOME[outcome]
    return SaidVerdict(
        status, word, _words(outcome, reason, line, value, unit, language), _bar(line, value, unit, status, language)
    )


def limit_words(line: Requirement, language: Language) -> str:
    """What a line asks, in words."""
    return required_text(
        line.expression.value,
        language,
        lower=line.lower,
        upper=line.upper,
        lower_inclusive=line.lower_inclusive,
        upper_inclusive=line.upper_inclusive,
        values=line.values,
        unit=line.unit,
    )


def limit_itself(line: Requirement | PlannedLine) -> str:
    """Whether a value on the limit passes, where there is a limit to lie on."""
    if line.expression not in (Expression.INSIDE, Expression.OUTSIDE):
        return ""
    passes = {
        inclusive
        for limit, inclusive in ((line.lower, line.lower_inclusive), (line.upper, line.upper_inclusive))
        if limit is not None
    }
    if passes == {True}:
        return _("The limit itself passes.")
    return _("The limit itself fails.") if passes == {False} else ""


def _words(
    outcome: Outcome,
    reason: JudgementReason,
    line: Requirement | None,
    value: Decimal | str | bool | None,
    unit: str,
    language: Language,
) -> str:
    if outcome is Outcome.PASS:
        return ""
    if outcome is Outcome.FAIL and line is not None:
        if isinstance(value, bool):
            return _("It does not conform.")
        said = {"found": quantity_text(value, unit, language), "required": limit_words(line, language)}
        if line.expression in _NEGATED:
            return _("%(found)s is not %(required)s.") % said
        return _("%(found)s was found; %(required)s is required.") % said
    detail = indeterminate_text(reason, language, unit, line.unit if line is not None else "")
    if outcome is Outcome.NOT_JUDGED:
        return _("Kept, and judged by nobody: %(detail)s.") % {"detail": detail}
    return _("It cannot be judged: %(detail)s.") % {"detail": detail or reason.name.lower()}


def _bar(
    line: Requirement | None, value: Decimal | str | bool | None, unit: str, status: Status, language: Language
) -> LimitBar | None:
    if line is None or line.expression not in (Expression.INSIDE, Expression.OUTSIDE) or unit != line.unit:
        return None
    limits = Limits(
        line.lower,
        line.upper,
        line.lower_inclusive,
        line.upper_inclusive,
        line.unit,
        inside=line.expression is Expression.INSIDE,
    )
    number = value if isinstance(value, Decimal) else None
    return draw_limit_bar(limits, language, value=number, uncertainty=line.uncertainty, status=status)
