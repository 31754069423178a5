"""Causes as read from the record, turned into reasons that a page can say: names, values and limits in its language.

What one sentence can say is said once: the missing results of one procedure on the same cars are one reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from django.urls import reverse

from inspections.catalogue.queries import CharacteristicWords, LineWords, Named
from inspections.evaluation.reasons import ReasonCode
from inspections.gates.limit_wording import SYMBOLS, quantity_text, required_text
from inspections.gates.queries import OpenCause, StandingCause
from inspections.gates.sentence_catalogue import Language
from inspections.gates.sentences import ReasonFacts, named_with_position

from .coverage_words import fallen_text
from .reason_groups import PageReason
from .statuses import Status

_BY_CHARACTERISTIC = frozenset(
    {ReasonCode.MISSING_RESULT, ReasonCode.RIG_OUT_OF_CALIBRATION, ReasonCode.EVIDENCE_STALE}
)
"""Of these one sentence speaks for all characteristics of a procedure."""
_WITHOUT_CHARACTERISTIC = frozenset({ReasonCode.SOFTWARE_MISMATCH, ReasonCode.RIG_NOT_AUTHORISED})
_NOT_SAID = frozenset({"finished_at", "kept", "software", "from"})
_NAMED_POSITIONS = 3

_OF_COVERAGE = frozenset({ReasonCode.COVERAGE_MISSING, ReasonCode.COVERAGE_EXPIRED, ReasonCode.COVERAGE_REVOKED})

_NOT_FOR_DELIVERY: Mapping[str, tuple[str, str]] = {
    "destroyed for test": ("destroyed for a test", "已作破坏性试验"),
    "scrapped": ("scrapped", "已报废"),
    "transferred": ("transferred", "已转出"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What a page knows beside the causes: the words of what they name by id or code."""

    language: Language
    zone: tzinfo
    batch: str
    plan: str = ""
    revision: str = ""
    configuration: str = ""
    testing_closed: bool = False
    lines: Mapping[int, LineWords] = field(default_factory=dict)
    characteristics: Mapping[int, CharacteristicWords] = field(default_factory=dict)
    procedures: Mapping[str, Named] = field(default_factory=dict)
    coverages: Mapping[str, str] = field(default_factory=dict)
    here: str = ""
    """The VIN whose page this is: it needs no link to itself."""

    def name(self, named: Named) -> str:
        return (named.name_zh or named.name) if self.language == "zh-hans" else named.name

    def characteristic(self, cause: StandingCause) -> CharacteristicWords | None:
        line = self.line(cause)
        if line is not None:
            return line.characteristic
        return self.characteristics.get(cause.characteristic_id or 0)

    def line(self, cause: StandingCause) -> LineWords | None:
        return self.lines.get(cause.requirement_id or 0)


def of_car(cause: OpenCause, sequence: int, vin: str) -> StandingCause:
    """A clearance's cause as one of the car, or of its batch."""
    own = cause.subject == vin
    return StandingCause(
        code=cause.code,
        gate=cause.gate,
        characteristic_id=cause.characteristic_id,
        position=cause.position,
        requirement_id=cause.requirement_id,
        found=cause.found,
        required=cause.required,
        detail={key: str(value) for key, value in cause.detail.items()},
        cars=(sequence,) if own else (),
        vin=vin if own else "",
    )


def of_batch(gate: str, reasons: Iterable[Mapping[str, object]]) -> list[StandingCause]:
    """The batch's own reasons of one gate, as they are kept with it."""
    causes = []
    for reason in reasons:
        detail = reason.get("detail")
        causes.append(
            StandingCause(
                code=str(reason["code"]),
                gate=gate,
                characteristic_id=_number(reason.get("characteristic_id")),
                position=str(reason.get("position", "")),
                requirement_id=_number(reason.get("requirement_id")),
                found=str(reason.get("found", "")),
                required=str(reason.get("required", "")),
                detail={key: str(value) for key, value in detail.items()} if isinstance(detail, dict) else {},
            )
        )
    return causes


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def named_in(causes: Iterable[StandingCause]) -> tuple[set[int], set[int], set[str]]:
    """What a page must look up for these causes: requirement ids, characteristic ids, procedure codes."""
    lines, characteristics, procedures = set(), set(), set()
    for cause in causes:
        if cause.requirement_id is not None:
            lines.add(cause.requirement_id)
        if cause.characteristic_id is not None:
            characteristics.add(cause.characteristic_id)
        if "procedure" in cause.detail:
            procedures.add(cause.detail["procedure"])
    return lines, characteristics, procedures


def page_reasons(causes: Iterable[StandingCause], known: Known) -> list[PageReason]:
    """The reasons that a page says, one for what one sentence can say. `car_url` opens a car by its VIN."""
    return [_reason(members, known) for members in _together(causes, known).values()]


def _together(causes: Iterable[StandingCause], known: Known) -> dict[tuple[object, ...], list[StandingCause]]:
    gathered: dict[tuple[object, ...], list[StandingCause]] = defaultdict(list)
    for place, cause in enumerate(causes):
        gathered[_key(cause, place, known)].append(cause)
    return gathered


def _key(cause: StandingCause, place: int, known: Known) -> tuple[object, ...]:
    if not cause.cars or cause.code not in _BY_CHARACTERISTIC | _WITHOUT_CHARACTERISTIC:
        return (place,)
    words = known.characteristic(cause) if cause.code in _BY_CHARACTERISTIC else None
    procedure = words.procedure.code if words is not None else ""
    moving = {"at", "at_last"} if cause.code != ReasonCode.EVIDENCE_STALE else set()
    told = tuple(sorted(item for item in cause.detail.items() if item[0] not in moving | _NOT_SAID))
    values = (cause.found, cause.required) if cause.code == ReasonCode.SOFTWARE_MISMATCH else ()
    return (cause.code, cause.gate, procedure, cause.cars, told, values)


def _reason(members: Sequence[StandingCause], known: Known) -> PageReason:
    first = members[0]
    line = known.line(first)
    characteristic, position = _characteristic(members, known)
    facts = ReasonFacts(
        code=first.code,
        subject=_subject(first, known),
        characteristic=characteristic,
        position=position,
        found=found_text(first.found, line, known.language),
        required=line_text(line, known) if _asks(first, line) else first.required,
        detail=_detail(members, known),
    )
    closed = first.code == ReasonCode.MISSING_RESULT and known.testing_closed
    url = reverse("web:vehicle", args=[first.vin]) if first.vin and first.vin != known.here else ""
    status = Status.FAIL if closed else None
    return PageReason(facts, url=url, links=_links(first, known), status=status, cars=first.cars)


def _links(cause: StandingCause, known: Known) -> tuple[tuple[str, str], ...]:
    """The page of the one nonconformance or rejected sample that a reason names, or of the coverage it asks for."""
    if cause.code == ReasonCode.SAMPLE_REJECTED and cause.detail.get("rejected", "").isdigit():
        return (("sample", reverse("web:rejection", args=[cause.detail["rejected"]])),)
    if cause.code in _OF_COVERAGE and known.configuration:
        number = known.coverages.get(cause.detail.get("coverage", ""), "")
        one = [("coverage", reverse("web:coverage-one", args=[known.configuration, number]))] if number else []
        return (("procedure", reverse("web:coverage-of", args=[known.configuration])), *one)
    number = cause.detail.get("nonconformance", "")
    if not number or ", " in number:
        return ()
    return (("nonconformance", reverse("web:nonconformance", args=[number])),)


def _asks(cause: StandingCause, line: LineWords | None) -> bool:
    return line is not None and cause.code not in {ReasonCode.SOFTWARE_MISMATCH, ReasonCode.RETEST_UNEXPLAINED}


def _subject(cause: StandingCause, known: Known) -> str:
    if known.language == "zh-hans":
        return f"批次{known.batch}"
    return f"Batch {known.batch}"


def _characteristic(members: Sequence[StandingCause], known: Known) -> tuple[str, str]:
    """What the members are about, as name and position, in words for one or for many."""
    first = members[0]
    words = [known.characteristic(member) for member in members]
    named = {word.named.code: word for word in words if word is not None}
    positions = sorted({member.position for member in members if member.position})
    if first.code in _WITHOUT_CHARACTERISTIC or not named:
        return first.detail.get("characteristic", "") if not named else "", ""
    only = next(iter(named.values()))
    if len(named) == 1:
        return known.name(only.named), _positions([known.name(only.place(each)) for each in positions], known.language)
    procedure = known.name(only.procedure)
    if known.language == "zh-hans":
        return f"{procedure}的{len(named)}项特性", ""
    each = "" if first.code == ReasonCode.MISSING_RESULT else "each of "
    return f"{each}{len(named)} characteristics of {procedure}", ""


def _positions(positions: Sequence[str], language: Language) -> str:
    if len(positions) > _NAMED_POSITIONS:
        return f"{len(positions)}处" if language == "zh-hans" else f"{len(positions)} positions"
    return ("、" if language == "zh-hans" else ", ").join(positions)


def found_text(found: str, line: LineWords | None, language: Language) -> str:
    """A value as it stands in the record ("0.100 ohm", "true"), as people write it."""
    if found in {"true", "false"}:
        return quantity_text(found == "true", "", language)
    value, space, unit = found.rpartition(" ")
    if space and (unit in SYMBOLS or (line is not None and unit == line.unit)):
        return quantity_text(value, unit, language)
    return found


def line_text(line: LineWords | None, known: Known) -> str:
    """What a requirement asks, in words."""
    if line is None:
        return ""
    values = [known.name(member) for member in line.members] if line.members else list(line.values)
    return required_text(
        line.expression,
        known.language,
        lower=line.lower,
        upper=line.upper,
        lower_inclusive=line.lower_inclusive,
        upper_inclusive=line.upper_inclusive,
        values=values,
        unit=line.unit,
    )


def _detail(members: Sequence[StandingCause], known: Known) -> dict[str, str]:
    first = members[0]
    detail = {key: value for key, value in first.detail.items() if key not in _NOT_SAID | {"at_last", "characteristic"}}
    detail |= {"gate": first.gate, "plan": known.plan, "revision": known.revision, "configuration": known.configuration}
    if "procedure" in detail and detail["procedure"] in known.procedures:
        detail["procedure"] = known.name(known.procedures[detail["procedure"]])
    if "coverage" in detail:
        detail["coverage"] = known.coverages.get(detail["coverage"], detail["coverage"])
    if "period" in detail:
        detail["period"] = _period(detail["period"], known)
    moments = [
        moment for member in members for moment in (member.detail.get("at"), member.detail.get("at_last")) if moment
    ]
    if moments:
        detail["at"] = _between(min(moments), max(moments), known)
    return _worded(first, detail, known)


def _worded(cause: StandingCause, detail: dict[str, str], known: Known) -> dict[str, str]:
    """Details that the record keeps as codes or in one language only."""
    chinese = known.language == "zh-hans"
    if cause.code == ReasonCode.HOLD_ACTIVE and detail.get("hold_ends") == "cause":
        words = known.characteristic(cause)
        if words is not None:
            detail["detail"] = named_with_position(
                known.name(words.named), known.name(words.place(cause.position)), known.language
            )
        elif chinese:
            detail["detail"] = "关卡不合格"
    if cause.code == ReasonCode.COVERAGE_REVOKED and "detail" in detail:
        detail["detail"] = fallen_text(detail["detail"], known.language)
    if cause.code == ReasonCode.NOT_FOR_DELIVERY:
        told = detail.get("detail", "")
        detail["detail"] = _NOT_FOR_DELIVERY.get(told, (told, told))[chinese]
    return detail


def _between(first: str, last: str, known: Known) -> str:
    """One moment, or the two ends of several, to the minute."""
    ends = [moment_text(text, known.zone) for text in (first, last)]
    if ends[0] == ends[1]:
        return first
    return f"{ends[0]}至{ends[1]}" if known.language == "zh-hans" else f"{ends[0]} to {ends[1]}"


def _period(text: str, known: Known) -> str:
    """An ISO 8601 interval in local time."""
    start, slash, end = text.partition("/")
    if not slash:
        return text
    joint = "至" if known.language == "zh-hans" else " to "
    return f"{moment_text(start, known.zone)}{joint}{moment_text(end, known.zone)}"


def moment_text(text: str, zone: tzinfo) -> str:
    """An ISO 8601 moment as pages write it, to the minute; what is none is left as it stands."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.astimezone(zone) if moment.tzinfo else moment:%Y-%m-%d %H:%M}"
