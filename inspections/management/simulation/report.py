"""The table at the end of a run: what was posted, what each batch's gates say and why, which cars are clear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from textwrap import wrap

from ...batches.models import Batch
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
    whys = causes(found)
    if whys:
        yield "  why"
    for why in whys:
        yield from _why_lines(why, zone)
    yield f"  clear: {len(clear)} of {len(cars)} cars" + (f" ({cars_text(clear, 'en', named=12)})" if clear else "")


def _gate_lines(summary: BatchSummary) -> Iterator[str]:
    for gate in summary.gates:
        counts = f"{gate.passed} cars passed, {gate.failed} failed, {gate.pending} pending"
        own = "" if gate.own_state == "passed" else f"; the batch's own evidence: {gate.own_state}"
        yield f"  {gate.domain:<8} gate {gate.state:<8} {counts}{own}"


def causes(found: Mapping[int, Clearance]) -> list[Why]:
    """The causes that keep cars from being clear, the same ones of several cars told once, in order of the cars."""
    shared: dict[tuple[object, ...], tuple[ReasonFacts, set[int], int]] = {}
    for sequence, answer in sorted(found.items()):
        if answer.clear:
            continue
        for cause, more in _distinct(answer.reasons):
            own = cause.subject == answer.vin
            facts = _facts(cause)
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


def _facts(cause: OpenCause) -> ReasonFacts:
    return ReasonFacts(
        code=cause.code,
        subject=cause.subject,
        characteristic=cause.name,
        position=cause.position,
        found=cause.found,
        required=cause.required,
        detail={key: str(value) for key, value in cause.detail.items()},
    )


def _why_lines(why: Why, zone: tzinfo) -> Iterator[str]:
    facts = why.facts
    if why.cars:
        facts = replace(facts, subject=cars_text(why.cars, "en"), several=len(why.cars) > 1)
    said = sentence(facts, "en", zone)
    more = f" And {why.more} more like it." if why.more else ""
    count = f"{len(why.cars)} car{'s' if len(why.cars) > 1 else ''}" if why.cars else "batch"
    yield from _paragraph(f"{count:>8}  ", f"{said.text}{more} {said.clears_when}")


def gate_lines(car: Car, answer: Clearance, zone: tzinfo) -> Iterator[str]:
    """How a car fares at the factory gate, and every reason."""
    who = f"{car.vin} (car {car.sequence} of {car.batch})"
    if answer.clear:
        yield f"MES asks at the factory gate: may {who} leave? Not yet: it is clear, and nobody has released it."
    else:
        yield f"MES asks at the factory gate: may {who} leave? No."
    for cause in answer.reasons:
        facts = replace(_facts(cause), subject=f"Car {car.sequence}" if cause.subject == car.vin else cause.subject)
        said = sentence(facts, "en", zone)
        yield from _paragraph("  - ", f"{said.text} {said.clears_when}")


def _paragraph(lead: str, text: str) -> Iterator[str]:
    for place, line in enumerate(wrap(text, WIDTH - len(lead))):
        yield (lead if place == 0 else " " * len(lead)) + line
