"""The table at the end of a run: what was posted, what each batch's gates say and why, which cars are clear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from textwrap import wrap

from ...batches.models import Batch
from ...catalogue.wording import LineWords, line_words
from ...gates.limit_wording import quantity_text, required_text
from ...gates.queries import BatchSummary, Clearance, OpenCause, batch_summary, clearance
from ...gates.sentences import ReasonFacts, cars_text, sentence
from .car import Car
from .playing import Tally
from .steps import Expect, Kind

WIDTH = 112
CONSEQUENCES = frozenset({"hold_active", "nonconformance_open"})
"""What follows from the other reasons: the table tells causes."""


@dataclass(frozen=True, slots=True)
class Why:
    """One cause with the cars that have it; `more` results of each car have it too. No cars: it is the batch's own."""

    facts: ReasonFacts
    cars: tuple[int, ...]
    more: int


def posted_lines(tally: Tally) -> Iterator[str]:
    """How many of each kind were recorded, repeated, wait and were refused."""
    yield f"{'What was posted':<30}" + "".join(f"{state.value:>10}" for state in Expect)
    for kind in Kind:
        counts = [tally.counts[kind, state] for state in Expect]
        if any(counts):
            yield f"  {kind.value:<28}" + "".join(f"{count or '·':>10}" for count in counts)
    for line in tally.unexpected:
        yield f"  not foreseen: {line}"


def batch_lines(number: str, cars: Sequence[Car], *, at: datetime, zone: tzinfo) -> Iterator[str]:
    """What the gates of a batch say, why, and which of its cars are clear. As the pages show it."""
    batch = Batch.objects.get(number=number)
    summary = batch_summary(batch_id=batch.pk, at=at)
    found = {car.sequence: clearance(vin=car.vin, at=at) for car in cars}
    clear = [sequence for sequence, answer in found.items() if answer.clear]
    yield (
        f"{number}: {'FLAGGED' if summary.state == 'failed' else summary.state}; {summary.status.replace('_', ' ')}, "
        f"judged on plan {summary.plan} revision {summary.revision}"
    )
    yield from _gate_lines(summary)
    whys = causes(found, _lines_of(found.values()))
    if whys:
        yield "  why"
    for why in whys:
        yield from _why_lines(why, zone)
    yield from paragraph("  clear: ", f"{len(clear)} of {len(cars)} cars" + (f": {listed(clear)}" if clear else ""))


def _gate_lines(summary: BatchSummary) -> Iterator[str]:
    for gate in summary.gates:
        counts = f"{gate.passed} cars passed, {gate.failed} failed, {gate.pending} pending"
        own = "" if gate.own_state == "passed" else f"; the batch's own evidence: {gate.own_state}"
        yield f"  {gate.domain:<8} gate {gate.state:<8} {counts}{own}"


def listed(sequences: Sequence[int]) -> str:
    """Cars by number, neighbours as a range: 1, 2, 4 to 9."""
    runs: list[list[int]] = []
    for number in sorted(sequences):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(texts)


def _lines_of(answers: Iterable[Clearance]) -> dict[int, LineWords]:
    """The lines of the plan that reasons speak of."""
    return line_words({cause.requirement_id for answer in answers for cause in answer.reasons if cause.requirement_id})


def causes(found: Mapping[int, Clearance], lines: Mapping[int, LineWords]) -> list[Why]:
    """The causes that keep cars from being clear, the same ones of several cars told once, in order of the cars."""
    shared: dict[tuple[object, ...], tuple[ReasonFacts, set[int], int]] = {}
    for sequence, answer in sorted(found.items()):
        if answer.clear:
            continue
        for cause, more in _distinct(answer.reasons):
            own = cause.subject == answer.vin
            facts = _facts(cause, lines.get(cause.requirement_id or 0))
            key = (
                facts.code,
                facts.characteristic,
                facts.position,
                facts.found,
                facts.required,
                str(facts.detail),
                more,
            )
            _, cars, _ = shared.setdefault((*key, "" if own else cause.subject), (facts, set(), more))
            if own:
                cars.add(sequence)
    return [Why(facts, tuple(sorted(cars)), more) for facts, cars, more in shared.values()]


def _distinct(reasons: Sequence[OpenCause]) -> list[tuple[OpenCause, int]]:
    """The first cause of each code and gate with how many more there are; fails are told one by one."""
    first: dict[tuple[str, ...], list[OpenCause]] = {}
    for cause in reasons:
        if cause.code in CONSEQUENCES:
            continue
        single = (cause.characteristic, cause.position) if cause.code == "measurement_failed" else ()
        first.setdefault((cause.code, cause.gate, cause.subject, *single), []).append(cause)
    return [(members[0], len(members) - 1) for members in first.values()]


def _facts(cause: OpenCause, line: LineWords | None) -> ReasonFacts:
    """A cause with its value and limits as the pages word them."""
    found, required = cause.found, cause.required
    if line is not None and cause.code == "measurement_failed":
        value, _, unit = found.rpartition(" ") if found.endswith(f" {line.unit}") else (found, "", "")
        conforms = {"true": True, "false": False}.get(found)
        found = quantity_text(value if conforms is None else conforms, unit, "en")
        required = _required(line)
    return ReasonFacts(
        code=cause.code,
        subject=cause.subject,
        characteristic=cause.name,
        position=cause.position,
        found=found,
        required=required,
        detail={key: str(value) for key, value in cause.detail.items()},
    )


def _required(line: LineWords) -> str:
    return required_text(
        line.expression,
        "en",
        lower=line.lower,
        upper=line.upper,
        lower_inclusive=line.lower_inclusive,
        upper_inclusive=line.upper_inclusive,
        values=[member.name for member in line.members] or line.values,
        unit=line.unit,
    )


def _why_lines(why: Why, zone: tzinfo) -> Iterator[str]:
    facts = why.facts
    if why.cars:
        facts = replace(facts, subject=cars_text(why.cars, "en"), several=len(why.cars) > 1)
    said = sentence(facts, "en", zone)
    more = f" And {why.more} more like it." if why.more else ""
    count = f"{len(why.cars)} car{'s' if len(why.cars) > 1 else ''}" if why.cars else "batch"
    yield from paragraph(f"{count:>8}  ", f"{said.text}{more} {said.clears_when}")


def gate_lines(car: Car, answer: Clearance, zone: tzinfo) -> Iterator[str]:
    """How a car fares at the factory gate, and every reason."""
    who = f"{car.vin} (car {car.sequence} of {car.batch})"
    if answer.may_leave:
        yield f"MES asks at the factory gate: may {who} leave? Yes."
    elif answer.clear:
        yield f"MES asks at the factory gate: may {who} leave? Not yet: it is clear, and nobody has released it."
    else:
        yield f"MES asks at the factory gate: may {who} leave? No."
    yield from reason_lines(car, answer, zone)


def behind_lines(car: Car, answer: Clearance, zone: tzinfo) -> Iterator[str]:
    """Why a car stays behind: each cause once, with how many more are like it, and what clears it."""
    lines = _lines_of([answer])
    for cause, more in _distinct(answer.reasons):
        known = _facts(cause, lines.get(cause.requirement_id or 0))
        facts = replace(known, subject=f"Car {car.sequence}" if cause.subject == car.vin else cause.subject)
        said = sentence(facts, "en", zone)
        like_it = f" And {more} more like it." if more else ""
        yield from paragraph("            - ", f"{said.text}{like_it} {said.clears_when}")


def reason_lines(car: Car, answer: Clearance, zone: tzinfo) -> Iterator[str]:
    """Every reason for which a car may not leave, and what clears it."""
    lines = _lines_of([answer])
    for cause in answer.reasons:
        known = _facts(cause, lines.get(cause.requirement_id or 0))
        facts = replace(known, subject=f"Car {car.sequence}" if cause.subject == car.vin else cause.subject)
        said = sentence(facts, "en", zone)
        yield from paragraph("  - ", f"{said.text} {said.clears_when}")


def paragraph(lead: str, text: str) -> Iterator[str]:
    for place, line in enumerate(wrap(text, WIDTH - len(lead))):
        yield (lead if place == 0 else " " * len(lead)) + line
