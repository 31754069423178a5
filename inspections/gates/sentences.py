"""A reason said in words: one sentence for what was found, one for what would clear it, for page, API and mail.

Pure: no database and no clock. Texts of the language wanted (names, positions) are handed in by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from string import Formatter

from inspections.evaluation.reasons import JudgementReason, ReasonCode

from .fault_catalogue import FAULTS
from .limit_wording import unit_symbol
from .sentence_catalogue import (
    CHANGES,
    DETAILS,
    DRAWN,
    GATES,
    HOLD_ENDS,
    KEPT,
    LANGUAGES,
    NEVER_MET,
    PART_NOT_MEASURED,
    SENTENCES,
    UNSAID,
    VERDICTS,
    Language,
)

_TIMES = frozenset({"at", "next_due"})
_EMPHASISED = frozenset({"found", "required"})


@dataclass(frozen=True, slots=True)
class ReasonFacts:
    """One reason with its facts as text, already in the language of the sentence.

    `several` tells that `subject` names more than one ("Cars 57 and 190"). `detail` holds the keys that
    `sentence_catalogue.KEYS` names for the code; times among them are ISO 8601 with an offset, the gate and the
    verdicts are their codes, and `detail` of an indeterminate measurement is the name of a `JudgementReason`, or
    `part_not_measured` with the `part`.
    """

    code: str
    subject: str = ""
    characteristic: str = ""
    position: str = ""
    found: str = ""
    required: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    several: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a sentence. `role` is the name of the fact it states, or "" for the words between."""

    text: str
    role: str = ""

    @property
    def emphasised(self) -> bool:
        """Whether a page sets it bold: what was found and what is required."""
        return self.role in _EMPHASISED


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is the matter and what would clear it, as plain text and, for a page, in parts."""

    text: str
    clears_when: str
    parts: tuple[Part, ...] = ()
    clears_parts: tuple[Part, ...] = ()


def language_of(code: str) -> Language:
    """The language of the catalogue for a language code of a request: Chinese for every `zh`, else English."""
    return LANGUAGES[1] if code.lower().startswith("zh") else LANGUAGES[0]


def sentence(reason: ReasonFacts, language: Language, zone: tzinfo | None = None) -> Sentence:
    """Say a reason in words. Times are shown in `zone`, or in their own offset without one.

    A fact that the reason does not carry is said to be unknown; a sentence never fails for want of one.
    Raises ValueError for a code that is none of `ReasonCode`.
    """
    first, second = SENTENCES[language][ReasonCode(reason.code)]
    if reason.detail.get("has") and reason.detail.get("asks"):
        found, cleared = NEVER_MET[language]
        first, second = first + found, second + cleared
    facts = _facts(reason, language, zone)
    parts, clears = tuple(_fill(first, facts, language)), tuple(_fill(second, facts, language))
    return Sentence(
        text="".join(part.text for part in parts),
        clears_when="".join(part.text for part in clears),
        parts=parts,
        clears_parts=clears,
    )


def indeterminate_text(reason: JudgementReason, language: Language, found: str = "", required: str = "") -> str:
    """Why one measurement could not be judged; `found` and `required` are units and matter for a unit mismatch."""
    if reason not in DETAILS:
        return ""
    words = DETAILS[reason][LANGUAGES.index(language)]
    unsaid = UNSAID[language][""]
    return words.format(found=found or unsaid, required=required or unsaid)


def gate_text(domain: str, language: Language) -> str:
    """The name of a gate inside a sentence."""
    return _pair(GATES, domain, language)


def verdict_text(verdict: str, language: Language) -> str:
    """The word for a verdict given by its code (`pass`, `fail`, `indeterminate`, `not_judged`)."""
    return _pair(VERDICTS, verdict, language)


def change_text(change: str, language: Language) -> str:
    """What made a result stale, inside a sentence: a part or version by its name, or what was done."""
    return _pair(CHANGES, change, language)


def kept_text(code: str, language: Language) -> str:
    """Why something that was sent is not on the record, or what of it is wrong, given by its code."""
    table = KEPT if code in KEPT else FAULTS
    return _pair(table, code, language) if code in table else code.replace("_", " ")


def named_with_position(characteristic: str, position: str, language: Language) -> str:
    """A characteristic and where it is measured, as one name."""
    if not position:
        return characteristic
    return f"{characteristic}（{position}）" if language == "zh-hans" else f"{characteristic}, {position}"


def cars_text(sequences: Sequence[int], language: Language, named: int = 5) -> str:
    """Several cars of one batch by their number in build order: named up to `named`, beyond that counted with ranges.

    Raises ValueError for no car.
    """
    cars = sorted(set(sequences))
    if not cars:
        raise ValueError("no car to name: hand in at least one number in build order")
    chinese = language == "zh-hans"
    if len(cars) == 1:
        return f"第{cars[0]}台" if chinese else f"Car {cars[0]}"
    if len(cars) <= named:
        return f"第{'、'.join(map(str, cars))}台" if chinese else f"Cars {_listed([str(car) for car in cars])}"
    return _counted(cars, language, named)


def _counted(cars: list[int], language: Language, named: int) -> str:
    runs = list(_runs(cars))
    shown = runs[:named]
    left = sum(last - first + 1 for first, last in runs[named:])
    if language == "zh-hans":
        texts = [str(first) if first == last else f"{first}至{last}" for first, last in shown]
        return f"{len(cars)}台，第{'、'.join(texts)}台" + (f"及另外{left}台" if left else "")
    texts = [str(first) if first == last else f"{first} to {last}" for first, last in shown]
    return f"{len(cars)} cars, {_listed([*texts, f'{left} more'] if left else texts)}"


def _runs(cars: list[int]) -> Iterator[tuple[int, int]]:
    first = last = cars[0]
    for car in cars[1:]:
        if car != last + 1:
            yield first, last
            first = car
        last = car
    yield first, last


def _listed(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _pair(table: Mapping[str, tuple[str, str]], key: str, language: Language) -> str:
    return table[key][LANGUAGES.index(language)] if key in table else key


def _facts(reason: ReasonFacts, language: Language, zone: tzinfo | None) -> dict[str, str]:
    facts = {key: _time_text(value, zone) if key in _TIMES else value for key, value in reason.detail.items()}
    facts |= {"subject": reason.subject, "found": reason.found, "required": reason.required}
    if reason.characteristic:
        name = reason.characteristic if language == "zh-hans" else _inside_a_sentence(reason.characteristic)
        facts["characteristic"] = named_with_position(name, reason.position, language)
    facts["is"] = "are" if reason.several else "is"
    facts["times"] = "time" if reason.found == "1" else "times"
    facts["submissions"] = "submission" if facts.get("count") == "1" else "submissions"
    for key, table in (("gate", GATES), ("claimed", VERDICTS), ("judged", VERDICTS)):
        if key in facts:
            facts[key] = _pair(table, facts[key], language)
    if reason.code == ReasonCode.MEASUREMENT_INDETERMINATE:
        facts["detail"] = _judgement_detail(facts, language)
    if reason.code == ReasonCode.EVIDENCE_STALE and "change" in facts:
        facts["change"] = change_text(facts["change"], language)
    if reason.code == ReasonCode.SUBMISSION_QUARANTINED and "detail" in facts:
        facts["detail"] = kept_text(facts["detail"], language)
    if reason.code == ReasonCode.SAMPLE_SHORT and facts.get("period") == "batch":
        facts["period"], facts["next_due"] = DRAWN[language]
    if reason.code == ReasonCode.HOLD_ACTIVE:
        facts["hold_ends"] = _pair(HOLD_ENDS, facts.get("hold_ends", "cause"), language)
    return facts


def _inside_a_sentence(name: str) -> str:
    """A name as it stands after the first word; an abbreviation or code ("HV interlock loop") keeps its capitals."""
    return name[0].lower() + name[1:] if name[1:2].islower() else name


def _judgement_detail(facts: Mapping[str, str], language: Language) -> str:
    name = facts.get("detail", "").upper()
    if name == "PART_NOT_MEASURED":
        return PART_NOT_MEASURED[LANGUAGES.index(language)].format(part=facts.get("part") or UNSAID[language][""])
    if name not in JudgementReason.__members__:
        return facts.get("detail", "")
    found = unit_symbol(facts.get("found_unit", "")) or facts["found"]
    required = unit_symbol(facts.get("required_unit", "")) or facts["required"]
    return indeterminate_text(JudgementReason[name], language, found, required)


def _time_text(text: str, zone: tzinfo | None) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if "T" not in text and " " not in text:
        return text
    return f"{moment.astimezone(zone) if zone and moment.tzinfo else moment:%Y-%m-%d %H:%M}"


def _fill(template: str, facts: Mapping[str, str], language: Language) -> Iterator[Part]:
    unsaid = UNSAID[language]
    for words, name, _, _ in Formatter().parse(template):
        if words:
            yield Part(words)
        if name is not None:
            yield Part(facts.get(name) or unsaid.get(name, unsaid[""]), name)
