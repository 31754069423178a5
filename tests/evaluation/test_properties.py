"""What must hold of every decision, whatever the evidence (hypothesis)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspections.evaluation.counted import CountedAs, counted_lines
from inspections.evaluation.facts import (
    BatchInput,
    BuiltCar,
    ComponentChange,
    Concession,
    Coverage,
    Disposition,
    DispositionKind,
    Expression,
    GateInput,
    Inspection,
    Kept,
    Kind,
    Measured,
    Procedure,
    Requirement,
    Rework,
    Sample,
    SampleRule,
    SoftwareChange,
    SoftwareClaim,
)
from inspections.evaluation.gates import decide, decide_batch
from inspections.evaluation.reasons import Outcome, State
from inspections.evaluation.sampling import sampled, stands_for
from tests.depth import examples

from .builders import MIDNIGHT, PROCEDURE, at, gate_input, requirement, rig, torque

K = DispositionKind
NOON = at("12:00", day=1)
"""When the generated gates are decided: after all that they hold."""

SEEDS = st.integers(min_value=0, max_value=999)
HOURS = st.integers(min_value=0, max_value=24)
MOMENTS = HOURS.map(lambda hours: MIDNIGHT + timedelta(hours=hours))
CHARACTERISTICS = (1, 2, 31, 32)
POSITIONS = ("", "rear")
ALL_KEYS = [(1, ""), *((number, position) for number in (2, 31, 32) for position in POSITIONS)]


def lines(repeats: int) -> tuple[Requirement, ...]:
    """One critical line, one that is not and has positions, and a group of two."""
    group = {"positions": POSITIONS, "repeats": repeats}
    return (
        requirement(id=101, characteristic_id=1),
        torque(id=102, characteristic_id=2, **group),
        torque(id=131, characteristic_id=31, group=130, **group),
        torque(id=132, characteristic_id=32, group=130, **group),
        torque(id=130, characteristic_id=30, expression=Expression.ANY_OF, members=(131, 132), **group),
    )


@st.composite
def rows(draw: st.DrawFn, ordinal: int, characteristic: int, position: str) -> Measured:
    """Mostly a pass that nobody questions, so that gates do open."""
    good = Measured(ordinal, characteristic, position, Outcome.PASS, requirement_id=100 + characteristic, found="1")
    if draw(st.integers(0, 4)):
        return good
    outcome = draw(st.sampled_from(Outcome))
    failed_ever = outcome is Outcome.FAIL or draw(st.integers(0, 4)) == 4
    claimed = draw(st.sampled_from([None, Outcome.PASS, Outcome.FAIL]))
    reviews: list[Disposition] = []
    if failed_ever and draw(st.booleans()):
        kind = draw(st.sampled_from([K.REWORK, K.CONFIRMED_RETEST, K.MEASUREMENT_INVALID]))
        reviews.append(Disposition(1, kind, draw(MOMENTS)))
    if {claimed, outcome} >= {Outcome.FAIL} and claimed not in (None, outcome) and draw(st.booleans()):
        reviews.append(Disposition(2, draw(st.sampled_from([K.OURS_STANDS, K.TREAT_AS_FAIL])), NOON))
    return replace(
        good,
        outcome=outcome,
        failed_ever=failed_ever,
        claimed=claimed,
        dispositions=tuple(reviews),
        found="2",
        kind=draw(st.sampled_from([Kind.VARIABLE, Kind.ATTRIBUTE])),
    )


@st.composite
def inspections_(draw: st.DrawFn, number: int) -> Inspection:
    """A test of the whole car, of which a part may be left out."""
    keys = ALL_KEYS if draw(st.integers(0, 2)) else draw(st.lists(st.sampled_from(ALL_KEYS), max_size=4))
    measured = tuple(draw(rows(ordinal, *key)) for ordinal, key in enumerate(keys))
    finished = draw(MOMENTS)
    usual = Inspection(
        id=number,
        procedure_id=PROCEDURE,
        rig="EOL-1",
        finished_at=finished,
        recorded_at=finished + timedelta(minutes=1),
        measurements=measured,
        software=(SoftwareClaim("BMS", "1"),),
        verdict=max((row.outcome for row in measured), default=Outcome.INDETERMINATE),
    )
    if draw(st.integers(0, 3)):
        return usual
    return replace(
        usual,
        rig=draw(st.sampled_from(["EOL-1", "EOL-2"])),
        software=draw(st.sampled_from([(SoftwareClaim("BMS", "1"),), (SoftwareClaim("BMS", "2"),), ()])),
        voided=draw(st.booleans()),
        claimed=draw(st.sampled_from([None, Outcome.PASS, Outcome.FAIL])),
        component=draw(st.sampled_from(["", "pack P-1"])),
    )


FITTED = ComponentChange("pack", at("05:00"), "P-1")
CONCESSIONS = (
    Concession(1, 2, (), at("20:00"), at("18:00", day=1)),
    Concession(2, 30, ("rear",), at("20:00"), at("15:00", day=1)),
)


@st.composite
def gates(draw: st.DrawFn) -> GateInput:
    """Gates of a car with up to five inspections, often enough of them passed."""
    repeats = draw(st.integers(0, 2))
    wanted = lines(repeats)
    gate = gate_input(
        [draw(inspections_(number)) for number in range(1, draw(st.integers(0, 5)) + 1)],
        requirements=draw(st.sampled_from([wanted, wanted, wanted[:2], wanted[:1], wanted[2:]])),
        rigs={"EOL-1": rig(), "EOL-2": rig("EOL-2", calibrations=())},
        procedures={PROCEDURE: Procedure(PROCEDURE, "BAT-EOL-ELEC", "battery", ("BMS",), ("pack",))},
        software=(SoftwareChange("BMS", "1", MIDNIGHT - timedelta(days=1), 1),),
        concessions=draw(st.sampled_from([(), CONCESSIONS])),
    )
    if draw(st.integers(0, 2)):
        return gate
    flashed = SoftwareChange("BMS", "2", draw(MOMENTS), 2)
    return replace(
        gate,
        testing_closed=draw(st.booleans()),
        software=draw(st.sampled_from([gate.software, (*gate.software, flashed)])),
        components=draw(st.sampled_from([(), (FITTED,)])),
        kept=draw(st.sampled_from([(), (Kept(1, "waiting", NOON),)])),
        reworks=draw(st.sampled_from([(), (Rework(1, at("06:00"), (1, 30)),)])),
    )


def is_open(gate: GateInput) -> bool:
    """Whether the gate lets the car through (the circuit is closed)."""
    return decide(gate, at=NOON).state is State.PASSED


@settings(max_examples=examples(300), deadline=None)
@given(gates())
def test_law_1_what_counts_as_passed_is_an_admissible_pass_and_nothing_else(gate: GateInput) -> None:
    """What a paper prints of a line: of a gate that lets the car through every line passed or is conceded, and no fail,
    no voided, no inadmissible and no missing result is ever called passed."""
    counted = counted_lines(gate, at=NOON)
    for row in counted:
        if row.as_ is CountedAs.PASSED:
            assert row.entry is not None
            assert (row.entry.outcome, row.entry.problems, row.entry.inspection.voided) == (Outcome.PASS, (), False)
            assert row.concession is None
        if row.as_ is CountedAs.CONCEDED:
            assert row.concession is not None
    decision = decide(gate, at=NOON)
    if decision.state is State.PASSED:
        assert None not in {row.as_ for row in counted}
        conceded = {row.concession.id for row in counted if row.concession is not None}
        assert conceded == set(decision.conceded)


@settings(max_examples=examples(100), deadline=None)
@given(gates(), SEEDS)
def test_law_6_any_order_of_arrival_gives_the_same_decision(gate: GateInput, seed: int) -> None:
    random = Random(seed)

    def shuffled(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(random.sample(items, len(items)))

    other = replace(
        gate,
        inspections=shuffled(tuple(replace(row, measurements=shuffled(row.measurements)) for row in gate.inspections)),
        requirements=shuffled(gate.requirements),
        software=shuffled(gate.software),
        components=shuffled(gate.components),
        concessions=shuffled(gate.concessions),
        kept=shuffled(gate.kept),
        reworks=shuffled(gate.reworks),
    )

    assert decide(other, at=NOON) == decide(gate, at=NOON)


@settings(max_examples=examples(100), deadline=None)
@given(gates())
def test_law_1_an_open_gate_has_a_pass_of_everything_asked_and_no_open_fail(gate: GateInput) -> None:
    decision = decide(gate, at=NOON)
    assert (decision.state is State.PASSED) == (not decision.reasons)
    if decision.reasons:
        return

    conceded = {concession.characteristic_id for concession in gate.concessions if concession.id in decision.conceded}
    for line in gate.requirements:
        if line.group is not None:
            continue
        wanted = set(line.members) if line.members else {line.id}
        for position in line.positions:
            found = [
                (row, inspection)
                for inspection in gate.inspections
                for row in inspection.measurements
                if row.requirement_id in wanted and row.position == position
            ]
            assert any(row.outcome is Outcome.PASS or line.characteristic_id in conceded for row, _ in found)
            if not line.members and not line.repeats and line.characteristic_id not in conceded:
                assert all(row.dispositions for row, _ in found if row.failed_ever)
                latest = max((one for one in found if not one[1].voided), key=lambda one: one[1].finished_at)
                assert latest[0].outcome is Outcome.PASS


@settings(max_examples=examples(100), deadline=None)
@given(gates(), st.sampled_from(CHARACTERISTICS), st.sampled_from(POSITIONS), MOMENTS, st.booleans())
def test_law_6_a_failing_measurement_added_never_opens_a_gate(
    gate: GateInput, characteristic: int, position: str, finished: datetime, voided: bool
) -> None:
    row = Measured(0, characteristic, position, Outcome.FAIL, requirement_id=100 + characteristic, failed_ever=True)
    fail = Inspection(
        99, PROCEDURE, "EOL-1", finished, NOON, (row,), (SoftwareClaim("BMS", "1"),), voided, verdict=Outcome.FAIL
    )
    after = replace(gate, inspections=(*gate.inspections, fail))

    assert decide(after, at=NOON).state >= decide(gate, at=NOON).state


@settings(max_examples=examples(100), deadline=None)
@given(gates())
def test_law_1_without_its_only_pass_a_characteristic_opens_no_gate(gate: GateInput) -> None:
    gate = replace(gate, concessions=())
    for line in gate.requirements:
        passing = {*line.members, line.id}
        if line.group is None:
            assert not is_open(replace(gate, inspections=tuple(unpassed(row, passing) for row in gate.inspections)))


def unpassed(inspection: Inspection, lines: set[int]) -> Inspection:
    """The inspection without its passes of these lines."""
    return replace(
        inspection,
        measurements=tuple(
            row for row in inspection.measurements if not (row.requirement_id in lines and row.outcome is Outcome.PASS)
        ),
    )


def without_one_disposition(gate: GateInput) -> Iterator[GateInput]:
    """The gate without each of its dispositions in turn.

    A rework is left alone where the fail that it answered may not block by itself: excused by a repeat, let go by a
    concession, of one member of a group. It asks for more than they do: that what counts was measured after the work.
    """
    excused = bool(gate.concessions) or any(line.repeats for line in gate.requirements)
    for number, inspection in enumerate(gate.inspections):
        for place, row in enumerate(inspection.measurements):
            for gone in row.dispositions:
                if gone.kind is K.REWORK and (excused or row.characteristic_id in (31, 32)):
                    continue
                left = replace(row, dispositions=tuple(one for one in row.dispositions if one is not gone))
                kept = (*inspection.measurements[:place], left, *inspection.measurements[place + 1 :])
                changed = replace(inspection, measurements=kept)
                yield replace(gate, inspections=(*gate.inspections[:number], changed, *gate.inspections[number + 1 :]))


@settings(max_examples=examples(100), deadline=None)
@given(gates())
def test_law_6_a_disposition_taken_away_never_opens_a_gate(gate: GateInput) -> None:
    if not is_open(gate):
        assert not any(map(is_open, without_one_disposition(gate)))


@settings(max_examples=examples(100), deadline=None)
@given(gates())
def test_law_1_a_certificate_or_an_authorisation_taken_away_never_opens_a_gate(gate: GateInput) -> None:
    if not is_open(gate):
        for code, known in gate.rigs.items():
            for less in (replace(known, calibrations=()), replace(known, authorisations=())):
                assert not is_open(replace(gate, rigs={**gate.rigs, code: less}))
        assert not is_open(replace(gate, rigs={}))
        assert not is_open(replace(gate, procedures={}))
        assert not is_open(replace(gate, software=()))


@settings(max_examples=examples(100), deadline=None)
@given(gates())
def test_a_concession_taken_away_never_opens_a_gate(gate: GateInput) -> None:
    decision = decide(gate, at=NOON)

    for gone in gate.concessions:
        less = replace(gate, concessions=tuple(one for one in gate.concessions if one is not gone))
        assert decide(less, at=NOON).state >= decision.state


@settings(max_examples=examples(100), deadline=None)
@given(gates(), st.integers(min_value=0, max_value=96))
def test_law_9_a_decision_stands_until_the_first_fact_that_it_relied_on_ends(gate: GateInput, hours: int) -> None:
    decision = decide(gate, at=NOON)
    later = NOON + timedelta(hours=hours)
    ends = {one.id: one.expires_at for one in gate.concessions}

    assert decision.valid_until == min((ends[number] for number in decision.conceded), default=None)
    if decision.valid_until is None or later < decision.valid_until:
        assert decide(gate, at=later) == decision
    else:
        assert decide(gate, at=later).state is State.FAILED


AWARE = st.datetimes(timezones=st.just(UTC))
st.register_type_strategy(datetime, AWARE)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.from_type(GateInput), AWARE)
def test_deciding_never_raises_and_states_a_reason_for_every_gate_that_is_not_passed(
    gate: GateInput, moment: datetime
) -> None:
    decision = decide(gate, at=moment)

    assert (decision.state is State.PASSED) == (decision.reasons == ())
    named = [(reason.code, reason.characteristic_id, reason.position) for reason in decision.reasons]
    assert len(named) == len(set(named))


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.from_type(BatchInput), AWARE)
def test_deciding_a_batch_never_raises_and_states_a_reason_too(batch: BatchInput, moment: datetime) -> None:
    decision = decide_batch(batch, at=moment)

    assert (decision.state is State.PASSED) == (decision.reasons == ())


# Batches

DAYS = st.integers(min_value=0, max_value=28)
DAY = DAYS.map(lambda days: MIDNIGHT + timedelta(days=days, hours=8))
WEEKS = tuple((MIDNIGHT + timedelta(weeks=n), MIDNIGHT + timedelta(weeks=n + 1)) for n in range(-1, 8))
DECIDED = MIDNIGHT + timedelta(days=29)


BASES = (("per_period", 1), ("per_period", 2), ("per_batch", 1), ("per_batch", 2))


@st.composite
def batches(draw: st.DrawFn) -> BatchInput:
    first, last = sorted((draw(DAY), draw(DAY)))
    built = draw(st.booleans())
    samples = tuple(
        Sample(
            number,
            50,
            draw(DAY),
            draw(st.sampled_from([Outcome.PASS, Outcome.PASS, *Outcome])),
            f"S{number}",
            cleared_for=draw(st.sampled_from([frozenset(), frozenset({1}), frozenset({1, 2})])),
            made_at=draw(st.sampled_from([None, None, MIDNIGHT + timedelta(days=3)])),
            drawn=draw(st.integers(0, 3)) > 0,
            item=draw(st.sampled_from(["", "A", "B"])),
        )
        for number in range(draw(st.integers(0, 6)))
    )
    coverages = tuple(
        Coverage(
            number,
            draw(st.sampled_from([40, 41])),
            draw(DAY),
            draw(DAY) + timedelta(days=draw(DAYS)),
            (SoftwareClaim("ADAS", draw(st.sampled_from(["1", "2"]))),),
            draw(st.sampled_from([None, None, MIDNIGHT])),
        )
        for number in range(draw(st.integers(0, 5)))
    )
    types = (Procedure(40, "CRS", "crash"), Procedure(41, "AEB", "crash", software_systems=("ADAS",)))
    return BatchInput(
        domain="crash",
        plan_approved=True,
        has_requirements=True,
        type_procedures=draw(st.lists(st.sampled_from(types), unique=True).map(tuple)),
        coverages=coverages,
        sample_rules=draw(st.sampled_from([(), *((SampleRule(50, basis, size, WEEKS),) for basis, size in BASES)])),
        samples=samples,
        testing_closed=draw(st.booleans()),
        built_from=first if built else None,
        built_until=last if built else None,
        software=draw(st.sampled_from([((SoftwareClaim("ADAS", "1"),),), ()])),
        cars=draw(st.sampled_from([(), (BuiltCar(1, first), BuiltCar(2, last))])) if built else (),
    )


@settings(max_examples=examples(100), deadline=None)
@given(batches(), SEEDS)
def test_a_batch_is_decided_alike_in_any_order_of_its_facts(batch: BatchInput, seed: int) -> None:
    random = Random(seed)
    other = replace(
        batch,
        samples=tuple(random.sample(batch.samples, len(batch.samples))),
        coverages=tuple(random.sample(batch.coverages, len(batch.coverages))),
        type_procedures=tuple(random.sample(batch.type_procedures, len(batch.type_procedures))),
    )

    assert decide_batch(other, at=DECIDED) == decide_batch(batch, at=DECIDED)


@settings(max_examples=examples(100), deadline=None)
@given(batches(), DAY)
def test_law_9_a_batch_that_has_left_is_decided_of_its_coverage_as_it_was_when_it_left(
    batch: BatchInput, left_at: datetime
) -> None:
    type_only = replace(batch, sample_rules=(), testing_closed=True)
    then = decide_batch(type_only, at=left_at)
    since = replace(type_only, left_at=left_at)

    for later in (0, 1, 4000):
        now = decide_batch(since, at=left_at + timedelta(days=later))
        assert (now.state, now.reasons, now.valid_until) == (then.state, then.reasons, None)


@settings(max_examples=examples(100), deadline=None)
@given(batches(), DAY)
def test_law_1_that_a_batch_has_left_opens_nothing_of_its_samples(batch: BatchInput, left_at: datetime) -> None:
    sampled_only = replace(batch, type_procedures=())

    assert decide_batch(replace(sampled_only, left_at=left_at), at=DECIDED) == decide_batch(sampled_only, at=DECIDED)


@settings(max_examples=examples(100), deadline=None)
@given(batches())
def test_law_1_coverage_or_a_good_sample_taken_away_never_opens_a_batch(batch: BatchInput) -> None:
    if decide_batch(batch, at=DECIDED).state is not State.PASSED:
        for gone in batch.coverages:
            less = replace(batch, coverages=tuple(one for one in batch.coverages if one is not gone))
            assert decide_batch(less, at=DECIDED).state is not State.PASSED
        for sample in batch.samples:
            if sample.outcome is Outcome.PASS:
                fewer = replace(batch, samples=tuple(one for one in batch.samples if one is not sample))
                assert decide_batch(fewer, at=DECIDED).state is not State.PASSED


@settings(max_examples=examples(100), deadline=None)
@given(batches(), st.integers(min_value=0, max_value=60))
def test_law_9_a_batch_decision_stands_until_the_first_fact_it_relied_on_ends(batch: BatchInput, days: int) -> None:
    decision = decide_batch(batch, at=DECIDED)
    later = DECIDED + timedelta(days=days)
    codes = [reason.code for reason in decision.reasons]

    assert decision.valid_until is None or decision.valid_until > DECIDED
    if decision.valid_until is None or later < decision.valid_until:
        assert [reason.code for reason in decide_batch(batch, at=later).reasons] == codes


@settings(max_examples=examples(100), deadline=None)
@given(batches(), DAY)
def test_law_1_a_rejected_sample_added_never_opens_a_batch(batch: BatchInput, moment: datetime) -> None:
    for item in ("", "A"):
        rejected = Sample(99, 50, moment, Outcome.FAIL, "S99", item=item)
        after = replace(batch, samples=(*batch.samples, rejected))

        assert decide_batch(after, at=DECIDED).state >= decide_batch(batch, at=DECIDED).state


@settings(max_examples=examples(100), deadline=None)
@given(batches(), DAY, DAY)
def test_a_good_sample_of_an_earlier_car_tested_after_a_reject_takes_no_reject_away(
    batch: BatchInput, made_at: datetime, finished_at: datetime
) -> None:
    """Nobody narrows a rejection by testing again."""
    good = Sample(98, 50, finished_at, Outcome.PASS, "S98", made_at=made_at, drawn=True)
    for rule in batch.sample_rules:
        rejected = {sample.id for sample in sampled(rule, batch, at=DECIDED).rejected}
        after = sampled(rule, replace(batch, samples=(*batch.samples, good)), at=DECIDED)
        spared = rejected - {sample.id for sample in after.rejected}
        for sample in batch.samples:
            if sample.id in spared:
                assert stands_for(sample) < made_at or finished_at < sample.finished_at


@settings(max_examples=examples(100), deadline=None)
@given(batches(), st.integers(0, 6))
def test_a_screening_of_fewer_cars_never_opens_a_batch(batch: BatchInput, place: int) -> None:
    if decide_batch(batch, at=DECIDED).state is not State.PASSED and place < len(batch.samples):
        less = replace(batch.samples[place], cleared_for=frozenset())
        samples = (*batch.samples[:place], less, *batch.samples[place + 1 :])
        assert decide_batch(replace(batch, samples=samples), at=DECIDED).state is not State.PASSED


def test_the_generated_gates_do_open_now_and_then() -> None:
    """Properties of gates that never open would prove nothing."""
    many = examples(300)
    opened: list[bool] = []

    @settings(max_examples=many, database=None, derandomize=True, deadline=None)
    @given(gates())
    def look(gate: GateInput) -> None:
        opened.append(is_open(gate))

    look()

    assert many / 20 <= sum(opened) <= many * 19 / 20
