"""What clears a fail and what does not: rework, confirmed retests, invalid measurements, reviews; four eyes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspections.catalogue.models import Characteristic
from inspections.dispositions.answering import (
    PartChange,
    confirm_retest,
    declare_invalid,
    open_fails,
    record_rework,
    review_disagreement,
    take_nonconformance,
)
from inspections.dispositions.models import Disposition, Hold, Nonconformance
from inspections.dispositions.queries import disagreements_of
from inspections.dispositions.rules import DispositionRefused
from inspections.gates.models import VehicleGate
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch
from inspections.people.choices import Role
from inspections.people.models import OperatorAlias
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection
from inspections.results.services import (
    fit_components,
    record_inspection,
    report_out_of_tolerance,
    void_inspection,
)
from tests import factories
from tests.depth import examples
from tests.factories import AT, SYSTEM, changed_value, make_engineer, make_person, mes_actor
from tests.signing import PASSWORD, shown

BMS = [{"system": "BMS", "version": "2.0"}]
PASSED, PENDING, FAILED = 0, 1, 2


def at(clock, days=0):
    """A moment of the day of AT on the plant's clock: `08:14` is 14 minutes after AT."""
    hour, minute = map(int, clock.split(":"))
    return AT + timedelta(days=days, hours=hour - 8, minutes=minute)


@pytest.fixture
def bond(plant, record):
    """Record bonding of the pack as measured at a time; by default it is known a minute after."""

    def run(clock, value, *, rig=None, arrives=None, characteristic="BOND", position="pack", **changed):
        posted = plant.posted(
            "BAT-EOL",
            finished_at=at(clock),
            software=BMS,
            measurements=changed_value("BAT-EOL", characteristic, value, position=position),
            **changed,
        )
        record(posted, rig=rig, at=at(arrives) if arrives else at(clock) + timedelta(minutes=1))
        return Inspection.objects.get(external_id=posted.id)

    return run


@pytest.fixture
def failed(bond):
    """The nonconformance of a bonding that failed at 08:31."""
    bond("08:31", "0.100")
    return Nonconformance.objects.get()


def gate(plant, domain="battery"):
    return VehicleGate.objects.get(vehicle=plant.vehicle, domain=domain).state


def codes(plant, moment):
    return sorted({reason.code for reason in clearance(vin=plant.vehicle.vin, at=moment).reasons if reason.gate != ""})


def battery(plant, moment):
    found = clearance(vin=plant.vehicle.vin, at=moment).reasons
    return sorted(reason.code for reason in found if reason.gate == "battery")


def decide(plant, moment):
    decide_batch(batch_id=plant.batch.pk, at=moment)


def refusal(run):
    with pytest.raises(DispositionRefused) as refused:
        run()
    return refused.value.code


def rework(nc, done, known, *, actor=None, **more):
    words = {"what": "Joint cleaned", "done_at": at(done), "actor": actor or make_engineer(), "at": at(known)}
    return record_rework(nonconformance=nc, **{**words, **more})


def test_the_worked_example_step_by_step(plant, record, bond):
    second = factories.make_rig("EOL-4", procedures=list(plant.procedures.values()))
    engineer = make_engineer()
    bond("08:14", "0.043")
    assert gate(plant) == PASSED

    bond("08:31", "0.100", rig=second)
    nc, hold = Nonconformance.objects.get(), Hold.objects.get()
    assert (gate(plant), nc.state, nc.vehicle, hold.vehicle) == (FAILED, "open", plant.vehicle, plant.vehicle)
    assert battery(plant, at("08:33")) == ["hold_active", "measurement_failed", "nonconformance_open"]

    bond("08:12", "0.040", arrives="08:40")
    assert (gate(plant), Nonconformance.objects.count(), Hold.objects.count()) == (FAILED, 1, 1)

    bond("09:05", "0.038")
    assert (gate(plant), len(open_fails(nonconformance=nc))) == (FAILED, 1)

    repeats = ["BOND"]
    disposed = rework(nc, "08:55", "09:20", actor=engineer, repeats=repeats)
    assert [(row.kind, row.done_at, row.disposed_by) for row in disposed] == [("rework", at("08:55"), engineer.label)]
    decide(plant, at("09:20"))
    nc.refresh_from_db()
    hold.refresh_from_db()
    assert (gate(plant), nc.state, nc.closed_at, hold.lifted_at) == (PASSED, "closed", at("09:20"), at("09:20"))
    assert battery(plant, at("09:21")) == []
    assert Hold.objects.filter(vehicle=None).count() == 0

    next_week = at("10:00", days=7)
    report_out_of_tolerance(
        rig=plant.rig, back_to=at("06:00"), found_at=next_week, reason="reads low", actor=engineer, at=next_week
    )
    decide(plant, next_week)
    assert gate(plant) == PENDING
    assert set(battery(plant, next_week)) == {"rig_out_of_calibration"}
    acts = LedgerEntry.objects.filter(subject=plant.vehicle.vin, act__regex="^(nonconformance|hold)\\.").order_by("id")
    assert list(acts.values_list("act", flat=True)) == [
        "hold.placed",
        "nonconformance.opened",
        "nonconformance.disposed",
        "hold.lifted",
        "nonconformance.closed",
    ]


def test_a_release_is_suspended_when_its_evidence_falls_away_after_the_rework(plant, record, bond, good_car):
    from inspections.releases.services import propose_release, sign_release

    bond("08:31", "0.100")
    nc = Nonconformance.objects.get()
    rework(nc, "08:55", "09:00")
    bond("09:05", "0.038")
    officers = [make_person(Role.RELEASE_OFFICER) for _ in range(2)]
    moment = at("09:30")
    release = propose_release(batch=plant.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=moment)
    for officer in officers:
        sign_release(release=release, signer=officer, password=PASSWORD, seen=shown(release, moment), at=moment)
    assert clearance(vin=plant.vehicle.vin, at=moment).may_leave is True
    later = at("10:00", days=7)
    report_out_of_tolerance(
        rig=plant.rig, back_to=at("06:00"), found_at=later, reason="reads low", actor=make_engineer(), at=later
    )
    decide(plant, later)
    found = clearance(vin=plant.vehicle.vin, at=later)
    assert (found.may_leave, found.clear) == (False, False)
    assert "release_suspended" in {reason.code for reason in found.reasons}


@pytest.mark.parametrize("answer", [confirm_retest, declare_invalid])
def test_an_answer_lifts_the_block_only_and_a_later_pass_is_still_required(plant, bond, failed, answer):
    answer(nonconformance=failed, reason="Probe was loose", actor=make_engineer(), at=at("08:50"))
    decide(plant, at("08:50"))
    failed.refresh_from_db()
    assert (gate(plant), failed.state) == (FAILED, "open")
    assert refusal(lambda: answer(nonconformance=failed, reason="Again", actor=make_engineer(), at=at("08:51"))) == (
        "no_open_fail"
    )
    bond("09:05", "0.038")
    failed.refresh_from_db()
    assert (gate(plant), failed.state) == (PASSED, "closed")


def test_a_pass_before_the_rework_was_done_does_not_count(plant, bond, failed):
    bond("08:40", "0.038")
    rework(failed, "08:55", "09:00")
    decide(plant, at("09:00"))
    assert battery(plant, at("09:01")) == ["evidence_stale"]
    bond("09:05", "0.038")
    assert gate(plant) == PASSED


def test_a_test_to_be_repeated_is_stale_until_it_is(plant, bond, failed):
    bond("08:50", "0.038")
    rework(failed, "08:55", "09:00", repeats=["BOND", "ISO"])
    decide(plant, at("09:00"))
    found = clearance(vin=plant.vehicle.vin, at=at("09:01")).reasons
    stale = {reason.characteristic_id for reason in found if reason.code == "evidence_stale"}
    wanted = set(Characteristic.objects.filter(code__in=["BOND", "ISO"]).values_list("pk", flat=True))
    assert stale == wanted
    bond("09:05", "0.038")
    assert gate(plant) == PASSED


def test_rework_done_before_the_fail_is_refused(failed):
    assert refusal(lambda: rework(failed, "08:30", "09:00")) == "done_before_fail"
    assert Disposition.objects.count() == 0


def test_rework_said_to_be_done_ahead_of_now_is_refused(failed):
    assert refusal(lambda: rework(failed, "09:06", "09:00")) == "done_ahead"
    assert Disposition.objects.count() == 0


def test_a_fail_after_the_rework_was_done_stays(plant, bond, failed):
    bond("09:10", "0.120")
    assert len(open_fails(nonconformance=failed)) == 2
    assert len(rework(failed, "08:55", "09:20")) == 1
    assert [fail.finished_at for fail in open_fails(nonconformance=failed)] == [at("09:10")]
    bond("09:30", "0.038")
    failed.refresh_from_db()
    assert (gate(plant), failed.state) == (FAILED, "open")


def test_a_fail_that_arrives_late_blocks_again_in_a_nonconformance_of_its_own(plant, bond, failed):
    rework(failed, "08:55", "09:00")
    bond("09:05", "0.038")
    assert gate(plant) == PASSED
    bond("08:20", "0.200", arrives="10:00")
    assert gate(plant) == FAILED
    again = Nonconformance.objects.get(state="open")
    assert (again.pk != failed.pk, [fail.found for fail in open_fails(nonconformance=again)]) == (True, ["0.200 ohm"])


def test_parts_changed_make_their_evidence_stale(plant, good_car, bond):
    bond("08:31", "100", characteristic="ISO", position=None)
    nc = Nonconformance.objects.get()
    rework(nc, "08:55", "09:00", what="Pack replaced", parts=[PartChange("pack", "P-1", "P-2")])
    decide(plant, at("09:00"))
    assert set(battery(plant, at("09:01"))) == {
        "evidence_stale",
        "hold_active",
        "measurement_failed",
        "nonconformance_open",
    }
    bond("09:05", "0.038")
    assert gate(plant) == PASSED
    assert Disposition.objects.get().parts == [{"kind": "pack", "removed": "P-1", "fitted": "P-2"}]


def test_a_part_that_is_not_in_the_car_cannot_be_removed_and_nothing_is_disposed_of(plant, failed):
    from inspections.results.services import ChangeRefused

    with pytest.raises(ChangeRefused):
        rework(failed, "08:55", "09:00", parts=[PartChange("pack", "P-9", "P-2")])
    assert Disposition.objects.count() == 0


def test_the_fail_of_a_part_that_went_to_another_car_is_not_answered_here(plant, record, bond):
    other = factories.make_vehicle(plant.batch)
    bond("08:31", "0.100")
    here = Nonconformance.objects.get(vehicle=plant.vehicle)
    moved = {"actor": SYSTEM, "at": at("08:40"), "changed_at": at("08:40")}
    fit_components(vehicle=plant.vehicle, removed=[("pack", "P-1")], **moved)
    fit_components(vehicle=other, fitted=[factories.FittedPart("pack", "P-1")], **moved)
    values = changed_value("BAT-EOL", "BOND", "0.3", position="pack")
    part = {"kind": "pack", "serial": "P-1"}
    posted = factories.posted("BAT-EOL", component=part, finished_at=at("08:45"), measurements=values, software=BMS)
    record(posted, at=at("08:46"))
    assert [fail.found for fail in open_fails(nonconformance=here)] == ["0.100 ohm"]
    there = Nonconformance.objects.get(vehicle=other)
    assert [fail.found for fail in open_fails(nonconformance=there)] == ["0.3 ohm"]


@pytest.mark.law(6)
def test_law_6_retest_until_pass_is_seen(plant, record):
    """One repeat is allowed; a second one without an explanation fails the gate although it passed."""

    def brake(clock, value):
        values = changed_value("DRV-EOL", "BRAKE", value, position="FL")
        software = [{"system": "ADAS", "version": "4.10"}]
        record(
            plant.posted("DRV-EOL", finished_at=at(clock), software=software, measurements=values),
            at=at(clock) + timedelta(minutes=1),
        )

    brake("08:10", "1.0")
    brake("08:20", "1.1")
    brake("08:30", "3.0")
    nc = Nonconformance.objects.get(code="retest_unexplained")
    assert gate(plant, "driving") == FAILED
    assert [fail.found for fail in open_fails(nonconformance=nc)] == ["1.0 kN", "1.1 kN"]
    confirm_retest(nonconformance=nc, reason="Rollers were wet", actor=make_engineer(), at=at("08:40"))
    decide(plant, at("08:40"))
    assert gate(plant, "driving") == PASSED
    assert set(Nonconformance.objects.values_list("state", flat=True)) == {"closed"}


def test_nothing_is_answered_once_it_is_closed(plant, bond, failed):
    rework(failed, "08:55", "09:00")
    bond("09:05", "0.038")
    engineer = make_engineer()
    again = {"nonconformance": failed, "actor": engineer, "at": at("09:10")}
    assert refusal(lambda: rework(failed, "09:08", "09:10", actor=engineer)) == "closed"
    assert refusal(lambda: confirm_retest(reason="x", **again)) == "closed"
    assert refusal(lambda: declare_invalid(reason="x", **again)) == "closed"
    assert refusal(lambda: take_nonconformance(cause="x", **again)) == "closed"


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_an_answer_without_words_is_refused(failed, blank):
    engineer = make_engineer()
    assert refusal(lambda: rework(failed, "08:55", "09:00", what=blank, actor=engineer)) == "reason_missing"
    answer = {"nonconformance": failed, "reason": blank, "actor": engineer, "at": at("09:00")}
    assert refusal(lambda: confirm_retest(**answer)) == "reason_missing"
    assert refusal(lambda: declare_invalid(**answer)) == "reason_missing"


def test_a_repeat_that_the_catalogue_does_not_know_is_refused(failed):
    assert refusal(lambda: rework(failed, "08:55", "09:00", repeats=["NOPE"])) == "unknown_characteristic"


def everybody_else(plant):
    people = [make_person(role) for role in (Role.INSPECTOR, Role.RELEASE_OFFICER, Role.CATALOGUE_OWNER, Role.AUDITOR)]
    return [*map(Actor.person, people), Actor.person(make_person()), plant.rig_actor, mes_actor(), SYSTEM]


@pytest.mark.law(8)
def test_law_8_only_an_engineer_answers(plant, failed):
    inspection = Inspection.objects.get()
    for actor in everybody_else(plant):
        answer = {"actor": actor, "at": at("09:00")}
        for run in (
            lambda answer=answer: take_nonconformance(nonconformance=failed, **answer),
            lambda answer=answer: rework(failed, "08:55", "09:00", actor=answer["actor"]),
            lambda answer=answer: confirm_retest(nonconformance=failed, reason="x", **answer),
            lambda answer=answer: declare_invalid(nonconformance=failed, reason="x", **answer),
            lambda answer=answer: void_inspection(inspection=inspection, reason="x", **answer),
            lambda answer=answer: review_disagreement(
                inspection=inspection, ordinal=-1, treat_as_fail=False, reason="x", **answer
            ),
        ):
            with pytest.raises(NotAllowed):
                run()
    assert Disposition.objects.count() == 0


@pytest.fixture(params=["form", "operator", "alias"])
def recorder(request, plant, bond, db):
    """An engineer who recorded the fail: in a form, as the rig's operator by number, or by a mapped name."""
    person = make_person(Role.ENGINEER)
    if request.param == "form":
        values = changed_value("BAT-EOL", "BOND", "0.100", position="pack")
        posted = plant.posted("BAT-EOL", finished_at=at("08:31"), software=BMS, measurements=values)
        actor = Actor.person(person)
        record_inspection(posted=posted, rig=plant.rig, actor=actor, at=at("08:32"), person_id=person.pk)
        decide(plant, at("08:32"))
    else:
        bond("08:31", "0.100", operator=person.personnel_number if request.param == "operator" else "shift-b")
        OperatorAlias.objects.create(operator="shift-b", user=person, mapped_by="x", at=AT)
    return person


@pytest.mark.law(8)
def test_law_8_nobody_disposes_of_what_they_recorded(plant, recorder):
    nc, actor = Nonconformance.objects.get(), Actor.person(recorder)
    assert refusal(lambda: rework(nc, "08:55", "09:00", actor=actor)) == "four_eyes"
    assert refusal(lambda: confirm_retest(nonconformance=nc, reason="x", actor=actor, at=at("09:00"))) == "four_eyes"
    assert refusal(lambda: declare_invalid(nonconformance=nc, reason="x", actor=actor, at=at("09:00"))) == "four_eyes"
    assert len(rework(nc, "08:55", "09:00")) == 1


@pytest.mark.law(8)
def test_law_8_the_database_refuses_the_recorders_own_disposition(recorder):
    fail = open_fails(nonconformance=Nonconformance.objects.get())[0]
    with pytest.raises(IntegrityError, match="nobody disposes"), transaction.atomic():
        Disposition.objects.create(
            inspection_id=fail.inspection_id,
            ordinal=fail.ordinal,
            kind="measurement_invalid",
            reason="mine",
            done_at=AT,
            disposed_by="somebody else",
            person_id=recorder.pk,
            at=AT,
        )


def test_who_takes_it_owns_it_and_says_more_of_it_once(failed):
    first, second = make_engineer(), make_engineer()
    take_nonconformance(nonconformance=failed, actor=first, at=at("08:40"))
    said = {"cause": "Paint under the lug", "containment": "Next 20 cars looked at"}
    for _ in range(2):
        take_nonconformance(nonconformance=failed, actor=second, at=at("08:45"), **said)
    failed.refresh_from_db()
    assert (failed.owner, failed.cause, failed.containment) == (second.label, *said.values())
    acts = LedgerEntry.objects.filter(act="nonconformance.taken").order_by("id")
    assert [(act.before["owner"], act.after["owner"]) for act in acts] == [
        ("", first.label),
        (first.label, second.label),
    ]


@pytest.fixture
def contradicted(plant, record):
    """The rig says fail of what we say passes."""
    posted = plant.posted("BAT-EOL", software=BMS, verdict="fail")
    record(posted)
    return Inspection.objects.get()


def review(inspection, *, treat_as_fail, actor=None, ordinal=-1):
    return review_disagreement(
        inspection=inspection,
        ordinal=ordinal,
        treat_as_fail=treat_as_fail,
        reason="Looked at the trace",
        actor=actor or make_engineer(),
        at=AT,
    )


def test_a_disagreement_is_reviewed_once_and_the_gate_goes_on(plant, contradicted):
    assert battery(plant, AT) == ["verdict_disagreement"]
    assert [row.ordinal for row in disagreements_of(inspection_id=contradicted.pk)] == [-1]
    review(contradicted, treat_as_fail=False)
    decide(plant, AT)
    assert gate(plant) == PASSED
    assert refusal(lambda: review(contradicted, treat_as_fail=True)) == "no_disagreement"
    assert disagreements_of(inspection_id=contradicted.pk) == []


def test_what_is_treated_as_fail_opens_nonconformances_that_can_be_answered(plant, record, contradicted):
    review(contradicted, treat_as_fail=True)
    decide(plant, AT)
    open_now = list(Nonconformance.objects.filter(state="open"))
    assert len(open_now) == 3
    for nc in open_now:
        record_rework(
            nonconformance=nc, what="Redone", done_at=AT + timedelta(minutes=5), actor=make_engineer(),
            at=AT + timedelta(minutes=6),
        )  # fmt: skip
    record(plant.posted("BAT-EOL", software=BMS, finished_at=at("08:10")), at=at("08:11"))
    assert gate(plant) == PASSED
    assert Nonconformance.objects.filter(state="open").count() == 0


def test_a_rig_that_says_pass_of_our_fail_is_quoted_so_until_the_fail_is_answered(plant, record):
    values = changed_value("BAT-EOL", "BOND", "0.100", position="pack")
    record(plant.posted("BAT-EOL", software=BMS, measurements=values, verdict="pass"))
    inspection = Inspection.objects.get()
    said = [reason.detail for reason in clearance(vin=plant.vehicle.vin, at=AT).reasons if "claimed" in reason.detail]
    assert [(detail["claimed"], detail["judged"]) for detail in said] == [("pass", "fail")]
    waiting = disagreements_of(inspection_id=inspection.pk)
    assert [(row.ordinal, row.claimed.name, row.judged.name) for row in waiting] == [(-1, "PASS", "FAIL")]
    nc = Nonconformance.objects.get()
    declare_invalid(nonconformance=nc, reason="Loose probe", actor=make_engineer(), at=AT)
    decide(plant, AT)
    assert disagreements_of(inspection_id=inspection.pk) == []
    assert "verdict_disagreement" not in battery(plant, AT)


def test_where_nothing_contradicts_there_is_nothing_to_review(plant, bond):
    inspection = bond("08:14", "0.043")
    for ordinal in (-1, 0, 1, 77):
        assert refusal(lambda ordinal=ordinal: review(inspection, treat_as_fail=False, ordinal=ordinal)) == (
            "no_disagreement"
        )


@pytest.mark.law(8)
def test_law_8_voiding_the_failing_inspection_lets_no_car_out(plant, bond):
    bond("08:14", "0.043")
    fail = bond("08:31", "0.100")
    nc = Nonconformance.objects.get()
    void_inspection(inspection=fail, reason="Wrong car", actor=make_engineer(), at=at("08:40"))
    decide(plant, at("08:40"))
    assert (gate(plant), len(open_fails(nonconformance=nc))) == (FAILED, 1)


_ANSWERS = st.sampled_from(["rework", "confirm", "invalid", "take"])
_STEPS = st.lists(st.one_of(_ANSWERS, st.sampled_from(["fail", "old pass"])), min_size=1, max_size=7)


@pytest.mark.law(6)
@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_law_6_no_row_of_answers_opens_a_gate_without_a_later_pass(plant, bond, steps):
    """Whatever is answered, in whatever order: until a pass finishes after the last fail, the gate stays shut."""
    with transaction.atomic():
        minute, codes_refused = 20, set()
        bond("08:20", "0.100")
        for step in steps:
            minute += 2
            now = AT + timedelta(minutes=minute)
            nc = Nonconformance.objects.filter(state="open").first()
            assert nc is not None
            answer = {"nonconformance": nc, "actor": make_engineer(), "at": now}
            try:
                if step == "fail":
                    bond(f"08:{minute:02d}", "0.100")
                elif step == "old pass":
                    bond("08:05", "0.040", arrives=f"08:{minute:02d}")
                elif step == "rework":
                    record_rework(what="Cleaned", done_at=now, **answer)
                elif step == "confirm":
                    confirm_retest(reason="Looked into", **answer)
                elif step == "invalid":
                    declare_invalid(reason="Loose", **answer)
                else:
                    take_nonconformance(cause="Paint", **answer)
            except DispositionRefused as refused:
                codes_refused.add(refused.code)
            decide(plant, now)
            assert gate(plant) == FAILED
        assert codes_refused <= {"no_open_fail"}
        transaction.set_rollback(True)


GROUP = {"unit": "V", "kind": "variable"}


def test_the_fails_of_a_group_are_those_of_its_members_and_can_be_answered(db):
    """Any one of two proves safety; where neither does, both fails are answered in the group's nonconformance."""
    configuration = factories.make_configuration()
    procedure = factories.make_procedure(
        "POST", "battery", {"SAFE": {"kind": "attribute"}, "VOLT": GROUP, "DIST": GROUP}
    )
    factories.make_revision(
        configuration,
        [
            {"characteristic": "SAFE", "expression": "any_of", "members": [2, 3]},
            {"characteristic": "VOLT", "upper": 60},
            {"characteristic": "DIST", "lower": 10},
        ],
    )
    rig = factories.make_rig(procedures=[procedure])
    batch = factories.make_batch(configuration=configuration)
    car = factories.make_vehicle(batch)

    def measure(clock, volt, dist):
        values = [
            {"characteristic": name, "value": value, "unit": "V"} for name, value in (("VOLT", volt), ("DIST", dist))
        ]
        posted = factories.decode_fields(
            {"id": clock, "vin": car.vin, "procedure": "POST", "started_at": at(clock), "finished_at": at(clock)}
            | {"measurements": values}
        )
        moment = at(clock) + timedelta(minutes=1)
        record_inspection(posted=posted, rig=rig, actor=factories.rig_actor(rig), at=moment)
        decide_batch(batch_id=batch.pk, at=moment)

    measure("08:10", "70", "5")
    nc = Nonconformance.objects.get()
    assert [fail.found for fail in open_fails(nonconformance=nc)] == ["70 V", "5 V"]
    rework(nc, "08:20", "08:21")
    measure("08:30", "70", "12")
    nc.refresh_from_db()
    assert (nc.state, VehicleGate.objects.get(vehicle=car, domain="battery").state) == ("closed", PASSED)
