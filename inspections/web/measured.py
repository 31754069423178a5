"""One measurement as the page of a vehicle shows it: value as written, what is asked, verdict, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from inspections.catalogue.choices import Confidence
from inspections.catalogue.models import Characteristic
from inspections.catalogue.queries import CharacteristicWords, LineWords, Named, place_of
from inspections.evaluation.facts import Expression
from inspections.evaluation.reasons import Outcome
from inspections.gates.limit_wording import quantity_text, required_text, within_text
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import indeterminate_text, named_with_position, verdict_text
from inspections.results.queries import MeasuredValue

from .limit_bar import LimitBar, Limits, draw_limit_bar
from .statuses import OF_OUTCOME, Status, word_of


@dataclass(frozen=True, slots=True)
class ShownValue:
    """A measurement in words. `why`: why it is no plain pass; `source`: who asks; `claimed`: the rig's own verdict."""

    name: str
    code: str
    special: str
    value: str
    required: str
    status: Status
    word: str
    why: str
    source: str
    confidence: str
    plant_default: bool
    claimed: str
    bar: LimitBar | None = None
    anchor: str = ""
    """Where a link to its characteristic goes on the page of its car."""

    @property
    def wrong(self) -> bool:
        return self.status in {Status.FAIL, Status.UNCLEAR}


def show_value(
    measured: MeasuredValue,
    words: CharacteristicWords | None,
    line: LineWords | None,
    language: Language,
    *,
    with_bar: bool,
) -> ShownValue:
    """One measurement. `words`: its characteristic, None where the catalogue knows none; `line`: what it is held to."""
    name = measured.name if words is None else _in(language, words.named)
    place = measured.position if words is None else _in(language, words.place(measured.position))
    status = OF_OUTCOME[measured.outcome]
    return ShownValue(
        name=named_with_position(name, place, language),
        code=words.named.code if words is not None else "",
        special=line.special if line is not None else "",
        value=value_text(measured, language),
        required=required_words(line, language),
        status=status,
        word=_("Not judged") if measured.outcome is Outcome.NOT_JUDGED else word_of(status, language),
        why=_why(measured, line, language),
        source=" ".join(part for part in (line.standard, line.edition, line.clause) if part) if line else "",
        confidence=confidence_text(line.confidence) if line is not None else "",
        plant_default=line is not None and line.plant_default,
        claimed=_claimed(measured, language),
        bar=_bar(measured, line, status, language) if with_bar or status in {Status.FAIL, Status.UNCLEAR} else None,
    )


def position_text(characteristic: Characteristic, position: str, language: Language) -> str:
    """The name of a position, by its code where it has none. The characteristic comes with its procedure."""
    return _in(language, place_of(characteristic, position))


def _in(language: Language, named: Named) -> str:
    return (named.name_zh or named.name) if language == "zh-hans" else named.name


def value_text(measured: MeasuredValue, language: Language) -> str:
    """The value as written with its unit; a yes or no says whether it conforms."""
    if measured.value is not None:
        return quantity_text(measured.value, measured.unit, language)
    if measured.raw is None:
        return _("no value")
    if measured.raw in {"true", "false"}:
        return quantity_text(measured.raw == "true", "", language)
    return quantity_text(measured.raw, measured.unit, language)


def required_words(line: LineWords | None, language: Language) -> str:
    """What a line asks, with its uncertainty; "" where nothing is asked."""
    if line is None:
        return ""
    chinese = language == "zh-hans"
    members = [(member.name_zh or member.name) if chinese else member.name for member in line.members]
    words = required_text(
        line.expression,
        language,
        lower=line.lower,
        upper=line.upper,
        lower_inclusive=line.lower_inclusive,
        upper_inclusive=line.upper_inclusive,
        values=members or line.values,
        unit=line.unit,
    )
    if line.uncertainty:
        words += f" {within_text(line.uncertainty, line.unit, language)}"
    return words


def _why(measured: MeasuredValue, line: LineWords | None, language: Language) -> str:
    if measured.outcome not in {Outcome.INDETERMINATE, Outcome.NOT_JUDGED}:
        return ""
    return indeterminate_text(measured.reason, language, measured.unit, line.unit if line is not None else "")


def _claimed(measured: MeasuredValue, language: Language) -> str:
    """What the rig said, where it said otherwise."""
    if measured.claimed is None or measured.claimed is measured.outcome:
        return ""
    return _("The rig says %(verdict)s.") % {"verdict": verdict_text(measured.claimed.name.lower(), language)}


def confidence_text(confidence: str) -> str:
    """How sure the source of a limit is."""
    return {
        Confidence.READ.value: _("read in the standard's text"),
        Confidence.READ_SECONDARY.value: _("read in a second-hand text"),
        Confidence.MEMORY_HIGH.value: _("known, not read"),
        Confidence.MEMORY_MEDIUM.value: _("known, to be checked"),
        Confidence.PLANT_DEFAULT.value: _("plant default, not law"),
    }.get(confidence, confidence)


def _bar(measured: MeasuredValue, line: LineWords | None, status: Status, language: Language) -> LimitBar | None:
    ranged = line is not None and line.expression in (Expression.INSIDE.value, Expression.OUTSIDE.value)
    if line is None or not ranged or measured.unit not in {line.unit, ""}:
        return None
    limits = Limits(
        line.lower,
        line.upper,
        line.lower_inclusive,
        line.upper_inclusive,
        line.unit,
        inside=line.expression == Expression.INSIDE.value,
    )
    value: Decimal | None = measured.value
    return draw_limit_bar(limits, language, value=value, uncertainty=line.uncertainty, status=status)
