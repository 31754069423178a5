"""A gate's reasons in a mail: as the pages say them, for one car or for many of one cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from ..catalogue.queries import CharacteristicWords
from ..evaluation.reasons import FAILED_CODES, ReasonCode
from ..gates.limit_wording import SYMBOLS, quantity_text, required_text
from ..gates.sentences import ReasonFacts, cars_text, gate_text, named_with_position, sentence
from .collecting import Group, Known, reasons_of
from .findings import Finding
from .telling import Told, as_written, numbers_of, one_line, said_of, subject_of


def tell_reason(group: Group, known: Known) -> Told:
    """A gate's reason: as the pages say it, for one car or for many of one cause."""
    reasons = reasons_of(group.first)
    if not reasons or reasons[0].get("code") not in _CODES:
        return as_written(group, known)
    facts = facts_of(group, reasons[0], known)
    said = sentence(facts, known.language, known.zone)
    values = list(dict.fromkeys(_found_of(member, known) for member in group.members))
    title, first = said.text, ""
    if len(values) > 1 and facts.code == ReasonCode.MEASUREMENT_FAILED:
        title = _("%(subject)s: %(characteristic)s fails; %(required)s is required.") % {
            "subject": facts.subject,
            "characteristic": named_with_position(facts.characteristic, "", known.language),
            "required": facts.required,
        }
        first = _("First: %(values)s.") % {"values": _("; ").join(_values(group, known))}
    several = numbers_of(group) if group.count > 1 else ""
    rig = _("Measured on %(rig)s.") % {"rig": group.rig} if group.rig and facts.code in _MEASURED else ""
    return said_of(group, title, first, rig, _critical(group, known), several, said.clears_when)


_CODES: Final = frozenset(code.value for code in ReasonCode)
_MEASURED: Final = frozenset({ReasonCode.MEASUREMENT_FAILED, ReasonCode.RETEST_UNEXPLAINED})


def facts_of(group: Group, reason: Mapping[str, Any], known: Known) -> ReasonFacts:
    characteristic = known.characteristics.get(_id(reason))
    line = known.lines.get(reason.get("requirement_id") or 0)
    required = str(reason.get("required", ""))
    if line is not None and reason["code"] in _MEASURED - {ReasonCode.RETEST_UNEXPLAINED}:
        required = required_text(
            line.expression, known.language, lower=line.lower, upper=line.upper, unit=line.unit,
            lower_inclusive=line.lower_inclusive, upper_inclusive=line.upper_inclusive,
            values=[known.name(member) for member in line.members] or line.values,
        )  # fmt: skip
    return ReasonFacts(
        code=str(reason.get("code", "")),
        subject=subject_of(group, known),
        characteristic="" if characteristic is None else known.name(characteristic.named),
        position=_place(str(reason.get("position", "")), characteristic, known),
        found=one_line(_value(str(reason.get("found", "")), known)),
        required=required,
        detail=_detail(group, reason, known),
        several=len(group.vins) > 1,
    )


def _place(position: str, characteristic: CharacteristicWords | None, known: Known) -> str:
    return position if characteristic is None else known.name(characteristic.place(position))


def _id(reason: Mapping[str, Any]) -> int:
    found = reason.get("characteristic_id")
    return found if isinstance(found, int) else 0


def _value(found: str, known: Known) -> str:
    if found in {"true", "false"}:
        return quantity_text(found == "true", "", known.language)
    value, blank, unit = found.rpartition(" ")
    return quantity_text(value, unit, known.language) if blank and unit in SYMBOLS else found


def _found_of(member: Finding, known: Known) -> str:
    reasons = reasons_of(member)
    return one_line(_value(str(reasons[0].get("found", "")), known), 60) if reasons else ""


def _values(group: Group, known: Known) -> Iterator[str]:
    for member in group.members:
        number = known.sequences.get(member.vin)
        car = cars_text([number], known.language) if number else member.vin
        yield _("%(car)s %(value)s") % {"car": car, "value": _found_of(member, known)}


def _detail(group: Group, reason: Mapping[str, Any], known: Known) -> dict[str, str]:
    own = reason.get("detail")
    detail = {str(key): one_line(str(value)) for key, value in own.items()} if isinstance(own, dict) else {}
    batch = group.first.batch
    detail |= {
        "gate": gate_text(str(group.first.facts.get("domain", "")), known.language),
        "configuration": known.configurations.get(batch, batch),
    }
    if group.count == 1 and group.first.facts.get("nonconformance"):
        detail["nonconformance"] = str(group.first.facts["nonconformance"])
    if detail.get("procedure") in known.procedures:
        detail["procedure"] = known.name(known.procedures[detail["procedure"]])
    if "coverage" in detail:
        detail["coverage"] = known.coverages.get(detail["coverage"], detail["coverage"])
    return detail


def _critical(group: Group, known: Known) -> str:
    found = known.characteristics.get(_id(group.first.facts))
    return _("Critical characteristic.") if found is not None and found.special == "CC" else ""


def worst_reason(group: Group, known: Known) -> str:
    """What is the matter, where an act carries several reasons: one that failed a gate before any other."""
    reasons = [reason for reason in reasons_of(group.first) if reason.get("code") in _CODES]
    reasons.sort(key=lambda reason: reason["code"] not in FAILED_CODES)
    return sentence(facts_of(group, reasons[0], known), known.language, known.zone).text if reasons else ""
