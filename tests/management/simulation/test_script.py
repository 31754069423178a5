"""The script of a simulated line: the same run is the same, and what it plans to go wrong really does."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest

from inspections.evaluation.facts import Reading
from inspections.evaluation.inspecting import ProcedureJudge
from inspections.evaluation.reasons import JudgementReason, Outcome
from inspections.management.simulation.events import DONE_SECONDS
from inspections.management.simulation.plan import PlanTooSmall
from inspections.management.simulation.script import LEAST_CARS, MOST_CARS, build_script
from inspections.management.simulation.steps import Call, Certificate, Expect, Kind, Rework
from inspections.results.decoding import BodyRefused, decode_inspection, split_lines
from inspections.results.posted import WrittenNumber
from tests.management.shipped import characteristics, plans

OPENED = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
RUN = "2026W48-42"


def clock(anchor):
    """Batches are opened at six; car n is registered n minutes later."""
    return OPENED if "W48" in anchor else OPENED + timedelta(minutes=int(anchor[-3:]))


@cache
def script(cars=20, run=RUN):
    return build_script(plans(), run, cars)


def another_time():
    return build_script(plans(), RUN, 20)


def calls(played):
    return [act for step in played.steps for act in step.acts if isinstance(act, Call)]


def bodies(played):
    return [(call.holder, call.path, call.body(clock)) for call in calls(played)]


def inspections_of(call):
    content = call.body(clock)
    return split_lines(content) if call.path.endswith("bulk/") else [content]


def posted(played):
    """Every inspection that can be read, with its call."""
    for call in calls(played):
        if call.path.startswith("inspections/"):
            for body in inspections_of(call):
                try:
                    yield call, decode_inspection(body)
                except BodyRefused:
                    assert call.expect is Expect.REFUSED


def verdict_of(inspection, number=0):
    """What the plan of batch `number` says of a posted inspection, and the reasons of its measurements."""
    plan = plans()[number]
    stations = (*plan.stations, *plan.samples)
    station = next(station for station in stations if station.procedure == inspection.procedure)
    judge = ProcedureJudge(station.lines)
    judged = []
    for item in inspection.measurements:
        is_number = isinstance(item.value, WrittenNumber)
        value = item.value if isinstance(item.value, bool) else str(item.value)
        reading = Reading(value, item.unit or "", item.position or "", is_number)
        judged.append(judge.judge(characteristics()[item.characteristic].id, reading))
    reasons = {row.verdict.reason for row in judged if row.verdict.outcome is not Outcome.PASS}
    return judge.verdict(judged).verdict.outcome, reasons


def steps_of_car(played, batch, sequence):
    vin = played.cars[batch][sequence - 1].vin
    return [step for step in played.steps if step.car == vin]


def verdicts_of_car(played, batch, sequence):
    """Procedure to verdict, of what is posted of a car by itself."""
    vin = played.cars[batch][sequence - 1].vin
    return {
        inspection.procedure: verdict_of(inspection, batch) for _, inspection in posted(played) if inspection.vin == vin
    }


def test_same_run_posts_the_same_bytes():
    assert bodies(script()) == bodies(another_time())


def test_another_run_posts_other_ids_values_and_vins():
    first, other = script(), script(run="2026W48-43")
    assert {call.vin for _, call in posted(first)} & {call.vin for _, call in posted(other)} == {None}
    assert {item.id for _, item in posted(first)} & {item.id for _, item in posted(other)} == set()
    assert bodies(first)[5] != bodies(other)[5]


def test_ids_are_unique_for_a_rig_but_where_the_script_repeats_one():
    played = script()
    once = Counter((call.holder, item.id) for call, item in posted(played) if call.expect is Expect.RECORDED)
    assert set(once.values()) == {1}


@pytest.mark.parametrize("cars", [LEAST_CARS, 17, 20, 41])
def test_every_number_of_cars_plays_every_event(cars):
    played = script(cars)
    assert [len(fleet) for fleet in played.cars] == [cars, cars]
    expected = Counter(call.expect for call in calls(played))
    assert expected[Expect.REFUSED] == 2
    assert expected[Expect.WAITING] == 1
    assert expected[Expect.REPEATED] == 2
    assert sum(isinstance(act, Certificate) for step in played.steps for act in step.acts) == 1


@pytest.mark.parametrize("cars", [LEAST_CARS - 1, MOST_CARS + 1])
def test_number_of_cars_out_of_range_is_refused(cars):
    with pytest.raises(ValueError, match="expected 10 to 500"):
        script(cars)


def test_good_cars_pass_every_procedure_of_their_plan():
    played = script()
    assert played.troubled == ({3, 6, 8, 10, 14, 17}, {3, 7, 9, 13, 15})
    for batch, plan in enumerate(plans()):
        packs = {item.component.serial for call, item in posted(played) if call.kind is Kind.PACK}
        for car in played.cars[batch]:
            if car.sequence in played.troubled[batch]:
                continue
            found = verdicts_of_car(played, batch, car.sequence)
            assert {outcome for outcome, _ in found.values()} == {Outcome.PASS}, car
            assert set(found) >= {station.procedure for station in car.stations}
            assert car.pack in packs
        assert len(plan.stations) > len(played.cars[batch][0].stations)


def test_packs_and_samples_pass():
    played = script()
    for call, item in posted(played):
        if call.kind is Kind.PACK or (call.kind is Kind.SAMPLE and item.vin):
            batch = 0 if item.id.startswith("SU7") else 1
            assert verdict_of(item, batch)[0] is Outcome.PASS, item.id


def test_samples_of_parts_pass_on_every_plan_that_asks_for_them():
    samples = [item for call, item in posted(script()) if call.kind is Kind.SAMPLE and not item.vin]
    assert {item.procedure for item in samples} == {
        station.procedure for plan in plans() for station in plan.samples if station.domain != "driving"
    }
    assert [verdict_of(item, batch)[0] for item in samples for batch in (0, 1)] == [Outcome.PASS] * 2 * len(samples)


@pytest.mark.parametrize(("batch", "car", "domain"), [(0, 3, "battery"), (1, 3, "driving"), (1, 15, "crash")])
def test_planned_failure_of_each_domain_really_fails_and_nothing_else_does(batch, car, domain):
    found = verdicts_of_car(script(), batch, car)
    failed = {procedure for procedure, (outcome, _) in found.items() if outcome is Outcome.FAIL}
    stations = {station.procedure: station.domain for station in plans()[batch].stations}
    assert [stations[procedure] for procedure in failed] == [domain]
    assert {outcome for procedure, (outcome, _) in found.items() if procedure not in failed} == {Outcome.PASS}


@pytest.mark.parametrize(
    ("batch", "car", "reason"), [(0, 10, JudgementReason.UNIT_MISMATCH), (1, 7, JudgementReason.NOT_A_NUMBER)]
)
def test_wrong_unit_and_nan_cannot_be_judged(batch, car, reason):
    found = verdicts_of_car(script(), batch, car)
    assert [reasons for outcome, reasons in found.values() if outcome is Outcome.INDETERMINATE] == [{reason}]


def test_missing_result_is_not_posted():
    found = verdicts_of_car(script(), 0, 6)
    missing = {station.procedure for station in script().cars[0][5].stations} - set(found)
    assert missing == {"CRS-EOL-SRS"}


def test_refused_body_names_its_car_and_cannot_be_read():
    played = script()
    vin = played.cars[1][12].vin
    (body,) = [
        body
        for call in calls(played)
        if call.expect is Expect.REFUSED and call.path == "inspections/"
        for body in inspections_of(call)
        if vin.encode() in body
    ]
    with pytest.raises(BodyRefused) as refused:
        decode_inspection(body)
    assert refused.value.errors[0].pointer == "/started_at"


def test_conflict_has_the_id_of_a_recorded_test_and_other_values():
    played = script()
    vin = played.cars[0][13].vin
    same = [(call, item) for call, item in posted(played) if item.vin == vin and item.procedure == "BAT-EOL-ELEC"]
    (first, recorded), (second, conflicting) = same
    assert (first.expect, second.expect) == (Expect.RECORDED, Expect.REFUSED)
    assert recorded.id == conflicting.id
    assert recorded.measurements != conflicting.measurements


def test_duplicate_is_the_same_body_from_the_same_rig():
    played = script()
    vin = played.cars[0][4].vin
    same = [call for call, item in posted(played) if item.vin == vin and item.procedure == "BAT-EOL-ELEC"]
    assert [call.expect for call in same] == [Expect.RECORDED, Expect.REPEATED]
    assert same[0].body(clock) == same[1].body(clock)


def test_late_upload_finished_before_and_comes_after_later_cars():
    played = script()
    car = played.cars[0][11]
    places = {item.id: place for place, (_, item) in enumerate(posted(played))}
    finished = {item.id: item.finished_at for _, item in posted(played)}
    late = next(item.id for call, item in posted(played) if call.kind is Kind.LATE and item.vin == car.vin)
    others = [item.id for _, item in posted(played) if item.vin == played.cars[0][12].vin]
    assert all(finished[late] < finished[other] and places[late] > places[other] for other in others)


def test_worked_example_on_car_17():
    played = script()
    vin = played.cars[0][16].vin
    told = []
    for call, item in posted(played):
        if item.vin == vin and item.procedure == "BAT-EOL-ELEC":
            bond = next(
                m for m in item.measurements if m.characteristic == "BAT-EOL-BOND" and m.position == "charge-port"
            )
            told.append((str(bond.value), verdict_of(item)[0], call.holder[-2:], item.finished_at, item.verdict))
    assert [(value, outcome, rig, claim) for value, outcome, rig, _, claim in told] == [
        ("0.043", Outcome.PASS, "R3", "pass"),
        ("0.100", Outcome.FAIL, "R2", "fail"),
        ("0.040", Outcome.PASS, "R3", "pass"),
        ("0.038", Outcome.PASS, "R3", "pass"),
    ]
    moments = [finished for *_, finished, _ in told]
    assert moments[2] < moments[0] < moments[1] < moments[3]


def test_worked_example_is_played_on_the_last_of_fewer_cars():
    good, refused = script(cars=12).at_the_gate()
    assert (good.sequence, refused.sequence) == (1, 12)
    assert [car.sequence for car in script(cars=30).at_the_gate()] == [1, 17]


def test_fewer_troubles_leave_other_cars_good_and_the_same_run_chooses_the_same():
    quiet = build_script(plans(), RUN, 20, troubles=0)
    assert quiet.troubled == (frozenset(), frozenset())
    assert {call.expect for call in calls(quiet)} == {Expect.RECORDED}
    assert [car.sequence for car in quiet.at_the_gate()] == [1]
    one = build_script(plans(), RUN, 20, troubles=1)
    assert bodies(one) == bodies(build_script(plans(), RUN, 20, troubles=1))
    assert max(len(cars) for cars in one.troubled) <= 1


def test_certificate_ends_between_two_cars_on_the_same_rig():
    played = script()
    (certificate,) = [act for step in played.steps for act in step.acts if isinstance(act, Certificate)]
    ends = clock(certificate.valid_until.anchor) + timedelta(seconds=certificate.valid_until.seconds)
    tests = [item.finished_at for call, item in posted(played) if call.holder == certificate.rig]
    assert certificate.rig == "DRV-EOL-BRAKE-R2"
    assert clock(certificate.valid_from.anchor) < tests[0] < ends <= tests[1]
    assert len(tests) == 2


def test_waiting_car_is_tested_before_it_is_registered_and_never_again_there():
    played = script()
    car = played.cars[1][10]
    early, registered = steps_of_car(played, 1, 11)
    assert [act.expect for act in early.acts] == [Expect.WAITING]
    assert registered.acts[0].kind is Kind.CAR
    found = [item for _, item in posted(played) if item.vin == car.vin]
    assert len({item.procedure for item in found}) == len(found)
    assert found[0].finished_at < clock(car.vin)


def test_software_changes_after_the_tests_of_its_system():
    played = script()
    car = played.cars[0][7]
    (change,) = [call for call in calls(played) if call.kind is Kind.CHANGE]
    assert change.path == f"vehicles/{car.vin}/software/"
    finished = [item.finished_at for _, item in posted(played) if item.vin == car.vin]
    at = clock(car.vin) + timedelta(seconds=change.content["at"].seconds)
    assert max(finished) < at
    assert change.content["software"] == [{"system": "ADAS", "version": plans()[0].newer["ADAS"]}]


def test_cars_are_tested_after_they_are_registered():
    for call, item in posted(script()):
        if call.kind in (Kind.TEST, Kind.LATE) and item.vin and call.expect is not Expect.WAITING:
            assert timedelta(0) < item.finished_at - clock(item.vin) <= timedelta(seconds=5)


def test_drifting_measurement_moves_along_the_batch():
    values = [
        Decimal(m.value)
        for _, item in posted(script(cars=40))
        for m in item.measurements
        if item.vin and item.vin.startswith("LZXSU") and m.characteristic == "ALN-TOE-F"
    ]
    assert len(values) == 40
    assert sum(values[30:]) / 10 > sum(values[:10]) / 10 + Decimal("0.02")


def test_first_batch_is_closed_at_the_end():
    last = calls(script())[-1]
    assert (last.path, last.body(clock)) == ("batches/SU7-2026W48-42/close/", b"")


def test_plan_without_what_an_event_needs_is_named():
    plan = plans()[0]
    small = replace(plan, stations=tuple(station for station in plan.stations if station.domain != "driving"))
    with pytest.raises(PlanTooSmall, match="SU7-MAX-CN-P2: no driving procedure"):
        build_script([small, plans()[1]], RUN, 20)


def answering(played):
    return [(step, act) for step in played.answers for act in step.acts]


def test_every_trouble_is_answered_and_one_car_stays_behind():
    played = script()
    troubled = {car.vin for fleet, numbers in zip(played.cars, played.troubled, strict=True) for car in fleet
                if car.sequence in numbers}  # fmt: skip
    assert {step.car for step in played.answers} == troubled
    assert played.staying == {played.cars[1][14].vin}


def test_a_repeated_test_passes_and_finishes_after_what_was_done():
    played = script()
    repeated = [
        act for _, act in answering(played) if isinstance(act, Call) and act.content.get("id", "").endswith("-8")
    ]
    assert len(repeated) >= 7
    first = {car.vin for car in played.cars[0]}
    for call in repeated:
        item = decode_inspection(call.body(clock))
        assert verdict_of(item, 0 if item.vin in first else 1)[0] is Outcome.PASS, item.id
        assert clock(item.vin) + timedelta(seconds=DONE_SECONDS) < item.finished_at
    reworked = {act.vin: act.done.seconds for _, act in answering(played) if isinstance(act, Rework)}
    assert reworked == {car.vin: DONE_SECONDS for car in (played.cars[0][2], played.cars[0][16], played.cars[1][2])}


def test_what_is_found_of_the_rig_of_the_worked_example_concerns_its_car_alone():
    played = script()
    (step,) = played.afterwards
    (found,) = step.acts
    assert (found.vin, found.rig) == (played.cars[0][16].vin, "BAT-EOL-ELEC-R3")
    on_it = [item.vin for call, item in posted(played) if call.holder == found.rig]
    assert set(on_it) == {found.vin}
    assert len(on_it) == 3


def test_the_same_run_is_answered_the_same_way():
    assert script().answers == another_time().answers
    assert build_script(plans(), RUN, 20, troubles=0).answers == ()
