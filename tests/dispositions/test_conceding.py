"""What a concession lets go and what it never does; who may propose and approve one; when it ends."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from inspections.catalogue.models import Requirement
from inspections.dispositions.answering import confirm_retest, record_rework
from inspections.dispositions.conceding import propose_concession
from inspections.dispositions.concession_queries import (
    concessions,
    concessions_of_vehicle,
    concessions_to_sign,
    departing,
    had_a_hand_in,
    lines_failed,
)
from inspections.dispositions.concession_rules import ConcessionChanged, ConcessionRefused
from inspections.dispositions.models import (
    ConcededVehicle,
    Concession,
    ConcessionSignature,
    Disposition,
    Hold,
    Nonconformance,
)
from inspections.dispositions.services import review_disagreement, sign_concession
from inspections.gates.models import VehicleGate
from inspections.gates.queries import clearance
from inspections.gates.services import decide_batch, mark_expired
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.models import OperatorAlias
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection
from inspections.results.services import fit_components, record_inspection
from tests import concessions as made
from tests import factories
from tests.concessions import TERMS, approve, measure_squib, propose, sign
from tests.factories import AT, LINES, SYSTEM, changed_value, make_engineer, make_person
from tests.signing import PASSWORD, shown

PASSED, FAILED = 0, 2
LATER = AT + timedelta(hours=1)


@pytest.fixture
def car(plant, standing_squib_plant):
    """The plant's car, of which everything passes but the squib."""
    if not standing_squib_plant:
        measure_squib(plant)
    return plant.vehicle


def gate(car, domain="crash"):
    row = VehicleGate.objects.get(vehicle=car, domain=domain)
    return row.state, row.valid_until, row.conceded or []


def stopped(car, at=AT):
    """The codes of what stops the car."""
    return sorted({reason.code for reason in clearance(vin=car.vin, at=at).reasons})


def refused(run, kind=ConcessionRefused):
    with pytest.raises(kind) as refusal:
        run()
    return refusal.value.code


# --- What it does ---


def test_two_approvals_let_the_fail_go_until_it_ends(plant, car):
    assert stopped(car) == ["hold_active", "measurement_failed", "nonconformance_open"]
    concession = propose(car)
    first, second = made.approvers()
    sign(concession, first)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert gate(car)[0] == FAILED
    approve(concession, by=[second])

    assert gate(car) == (PASSED, TERMS.expires_at, [concession.pk])
    assert stopped(car) == ["not_released"]
    assert list(Hold.objects.filter(lifted_at__isnull=True)) == []
    assert Nonconformance.objects.get().state == "closed"


def test_its_end_stops_the_car_at_that_moment_and_once_decided_says_why(plant, car):
    concession = approve(propose(car))
    ended = TERMS.expires_at
    assert stopped(car, ended - timedelta(seconds=1)) == ["not_released"]
    assert stopped(car, ended) == ["decision_expired"]
    mark_expired(at=ended)
    decide_batch(batch_id=plant.batch.pk, at=ended)
    assert stopped(car, ended) == ["concession_expired", "hold_active", "nonconformance_open"]
    (reason,) = [row for row in clearance(vin=car.vin, at=ended).reasons if row.code == "concession_expired"]
    opened = Nonconformance.objects.get(state="open").number
    assert reason.detail == {"concession": concession.number, "at": ended.isoformat(), "nonconformance": opened}


def test_one_that_has_ended_is_renewed_by_two_people_again(plant, car):
    approve(propose(car))
    ended = TERMS.expires_at
    mark_expired(at=ended)
    decide_batch(batch_id=plant.batch.pk, at=ended)
    renewed = approve(propose(car, at=ended, expires_at=ended + timedelta(days=1)), at=ended)
    assert gate(car) == (PASSED, ended + timedelta(days=1), [renewed.pk])
    assert stopped(car, ended) == ["not_released"]


def test_one_that_has_ended_is_answered_like_any_fail_and_the_car_tested_again(plant, record, car):
    approve(propose(car))
    ended = TERMS.expires_at
    mark_expired(at=ended)
    decide_batch(batch_id=plant.batch.pk, at=ended)
    nc = Nonconformance.objects.get(state="open")
    assert nc.code == "concession_expired"
    record_rework(nonconformance=nc, what="Squib changed", done_at=ended, actor=make_engineer(), at=ended)
    later = ended + timedelta(minutes=1)
    record(plant.posted("CRS-EOL", finished_at=later), at=later)
    assert gate(car) == (PASSED, None, [])
    assert stopped(car, later) == ["not_released"]


def test_one_in_force_is_renewed_before_it_ends(plant, car):
    approve(propose(car))
    renewed = approve(propose(car, expires_at=TERMS.expires_at + timedelta(days=9)))
    assert gate(car) == (PASSED, TERMS.expires_at + timedelta(days=9), [renewed.pk])


def test_it_names_each_of_its_cars_and_lets_no_other_go(plant):
    cars = [plant.vehicle, *made.more_cars(plant, 3)]
    measure_squib(plant, cars=cars)
    approve(propose(cars[0], cars[2]))
    assert [gate(each)[0] for each in cars] == [PASSED, FAILED, PASSED, FAILED]


def test_what_is_signed_states_cars_values_requirement_reason_and_end(car):
    concession = propose(car, quantity=1)
    nc = Nonconformance.objects.get()
    english, chinese = concession.statement.split("\n\n")
    assert chinese.splitlines()[1:] == [
        "SQUIB（SQUIB），控制计划CP-SU7-MAX-CN第1版：要求1.5 … 3.0 ohm。",
        f"第1台（{car.vin}，{nc.number}）：3.1 ohm。",
        "理由：The squib fires up to 3.4 ohm",
        "于2026-11-26 00:00 UTC，或其中1台凭此出厂后失效。凭此出厂者永久注明。",
    ]
    assert english.splitlines() == [
        f"Concession {concession.number}, by engineering: 1 car of batch {car.batch.number}.",
        "SQUIB (SQUIB) of plan CP-SU7-MAX-CN revision 1: 1.5 … 3.0 ohm is required.",
        f"Car 1 ({car.vin}, {nc.number}): 3.1 ohm.",
        "Reason: The squib fires up to 3.4 ohm",
        "It ends at 2026-11-26 00:00 UTC, or once 1 of these cars has left by it. What leaves by it says so for ever.",
    ]


def test_every_step_is_told_in_the_ledger(car):
    engineer, (first, second) = make_engineer(), made.approvers()
    concession = approve(propose(car, actor=engineer), by=[first, second])
    told = LedgerEntry.objects.filter(act__contains="conce").order_by("id").values_list("act", "subject", "actor")
    assert list(told) == [
        ("concession.proposed", concession.number, engineer.label),
        ("concession.signed", concession.number, first.personnel_number),
        ("concession.signed", concession.number, second.personnel_number),
        ("vehicle.conceded", car.vin, second.personnel_number),
    ]
    assert LedgerEntry.objects.get(act="vehicle.conceded").after["concession"] == concession.number


# --- What is never conceded ---


@pytest.mark.law(8)
@pytest.mark.parametrize(
    ("procedure", "characteristic", "value", "code"),
    [
        ("BAT-EOL", "BOND", "0.100", "critical"),
        ("BAT-EOL", "ISO", "499", "critical"),
        ("DRV-EOL", "ADAS-SW", "4.11", "identity"),
    ],
)
def test_law_8_what_is_critical_legal_or_an_identity_is_not_conceded(
    plant, record, procedure, characteristic, value, code
):
    record(plant.posted(procedure, measurements=changed_value(procedure, characteristic, value)))
    assert refused(lambda: propose(plant.vehicle)) == code
    assert Concession.objects.count() == 0


@pytest.mark.law(8)
@pytest.mark.parametrize("characteristic", ["BOND", "ISO", "ADAS-SW"])
def test_law_8_the_database_refuses_them_too(plant, car, characteristic):
    concession = propose(car)
    line = Requirement.objects.get(revision=plant.revision, characteristic__code=characteristic)
    concession.pk, concession.number = None, "C-0"
    concession.requirement_id, concession.characteristic_id = line.pk, line.characteristic_id
    with pytest.raises(DatabaseError, match="never conceded"), transaction.atomic():
        concession.save(force_insert=True)


def test_law_1_a_missing_or_unclear_result_is_not_conceded(plant, record):
    battery, driving, _ = plant.passing()
    record(battery, driving)
    other = plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "NaN"))
    assert Nonconformance.objects.count() == 0
    record(other)
    assert Nonconformance.objects.count() == 0
    assert gate(plant.vehicle)[0] != PASSED


def test_law_1_a_later_result_that_is_unclear_is_not_let_go_by_it(plant, record, car):
    approve(propose(car))
    record(
        plant.posted("CRS-EOL", finished_at=AT, measurements=changed_value("CRS-EOL", "SQUIB", "NaN")),
        at=AT + timedelta(minutes=1),
    )
    assert stopped(car) == ["measurement_indeterminate"]


def test_law_6_a_fail_that_its_approvers_did_not_see_is_not_let_go_by_it(plant, record, car):
    approve(propose(car))
    record(
        plant.posted("CRS-EOL", finished_at=AT, measurements=changed_value("CRS-EOL", "SQUIB", "3.2")),
        at=AT + timedelta(minutes=1),
    )
    assert stopped(car) == ["hold_active", "measurement_failed", "nonconformance_open"]


def test_law_6_a_fail_is_not_conceded_before_it_is_there(plant, record):
    battery, driving, crash = plant.passing()
    record(battery, driving, crash)
    measure_squib(plant, "9.9", cars=made.more_cars(plant, 1))
    nc = Nonconformance.objects.get()
    assert refused(lambda: propose(plant.vehicle, of=nc)) == "no_departure"


def test_a_fail_that_is_one_by_review_alone_is_answered_not_conceded(plant, record, car):
    """The rig said fail of what we pass at the other characteristic; an engineer treats it as one."""
    concession = approve(propose(car))
    inspection = Inspection.objects.get(procedure_id=plant.procedures["CRS-EOL"].pk)
    Disposition.objects.create(
        inspection_id=inspection.pk, ordinal=1, kind="treat_as_fail", reason="seen", done_at=AT, disposed_by="0001",
        person_id=0, at=AT,
    )  # fmt: skip
    Mark.objects.create(batch_id=plant.batch.pk, vehicle_id=car.pk, domain="", at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert gate(car) == (FAILED, TERMS.expires_at, [concession.pk])
    nc = Nonconformance.objects.get(state="open")
    assert refused(lambda: propose(car, of=nc)) == "not_judged"


def test_an_unexplained_repeat_is_answered_not_conceded(plant, record):
    for number in range(3):
        low = changed_value("DRV-EOL", "BRAKE", "2.1", position="FL")
        record(plant.posted("DRV-EOL", measurements=low, finished_at=AT + timedelta(minutes=number)), at=LATER)
    nc = Nonconformance.objects.get(code="retest_unexplained")
    assert refused(lambda: propose(plant.vehicle, of=nc)) == "not_of_this"
    approve(propose(plant.vehicle, of=Nonconformance.objects.get(code="measurement_failed"), at=LATER), at=LATER)
    assert "retest_unexplained" in stopped(plant.vehicle, LATER)


def test_what_was_answered_by_rework_is_tested_again_not_conceded(car):
    nc = Nonconformance.objects.get()
    record_rework(nonconformance=nc, what="Plug seated", done_at=AT, actor=make_engineer(), at=AT)
    assert refused(lambda: propose(car)) == "no_departure"


def test_a_part_that_came_later_brings_its_own_fail(plant, record, car):
    """The authority saw the car, not the pack that was fitted since."""
    concession = approve(propose(car))
    assert concessions_of_vehicle(vehicle_id=car.pk)[0].id == concession.pk
    row = ConcededVehicle.objects.get()
    assert [departure["found"] for departure in row.departures] == ["3.1 ohm"]
    fit_components(
        vehicle=car, fitted=[factories.FittedPart("pack", "P-2")], changed_at=AT, actor=SYSTEM, at=AT
    )  # fmt: skip
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert "evidence_stale" in stopped(car)


# --- Its terms ---


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"reason": "  "}, "reason_missing"),
        ({"authority": "the foreman"}, "no_authority"),
        ({"authority": "customer"}, "document_missing"),
        ({"expires_at": None}, "no_end"),
        ({"expires_at": AT}, "ended"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 2}, "quantity"),
    ],
)
def test_it_has_a_reason_an_authority_and_an_end(car, terms, code):
    assert refused(lambda: propose(car, **terms)) == code


def test_the_customers_document_is_stated(car):
    concession = propose(car, authority="customer", document="DEV-2026-118")
    assert concession.statement.startswith(f"Concession {concession.number}, by the customer (DEV-2026-118): 1 car")


def test_nothing_is_proposed_for_no_car_or_for_another_batch(plant, car):
    nc = Nonconformance.objects.get()
    line = lines_failed(nonconformance=nc)[0]
    given = {"nonconformance": nc, "requirement_id": line.id, "terms": TERMS, "actor": make_engineer(), "at": AT}
    assert refused(lambda: propose_concession(vehicle_ids=[], **given)) == "no_car"
    other = factories.make_vehicle(factories.make_batch("B-2", configuration=plant.configuration))
    assert refused(lambda: propose_concession(vehicle_ids=[car.pk, other.pk], **given)) == "no_departure"


def test_it_is_for_a_line_that_the_nonconformance_is_about(plant, car):
    nc = Nonconformance.objects.get()
    other = Requirement.objects.get(revision=plant.revision, characteristic__code="DTC")
    given = {"vehicle_ids": [car.pk], "terms": TERMS, "actor": make_engineer(), "at": AT}
    code = refused(lambda: propose_concession(nonconformance=nc, requirement_id=other.pk, **given))
    assert code == "not_of_this"


# --- Who ---


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ENGINEER])
def test_only_engineers_propose(car, role):
    with pytest.raises(NotAllowed):
        propose(car, actor=Actor.person(make_person(role)))


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ENGINEER, Role.RELEASE_OFFICER)])
def test_only_engineers_and_release_officers_approve(car, role):
    concession = propose(car)
    with pytest.raises(NotAllowed):
        sign(concession, make_person(role))
    assert ConcessionSignature.objects.count() == 0


def test_one_of_the_two_is_an_engineer(car):
    concession = propose(car)
    sign(concession, make_person(Role.RELEASE_OFFICER))
    assert refused(lambda: sign(concession, make_person(Role.RELEASE_OFFICER))) == "engineer_needed"
    sign(concession, make_person(Role.ENGINEER))
    assert list(concession.signatures.order_by("place").values_list("role", flat=True)) == [
        "release_officer",
        "engineer",
    ]


@pytest.mark.law(8)
def test_law_8_nobody_approves_what_they_proposed(car):
    person = make_person(Role.ENGINEER, Role.RELEASE_OFFICER)
    concession = propose(car, actor=Actor.person(person))
    assert refused(lambda: sign(concession, person)) == "four_eyes"
    raw(concession, person, "nobody approves the concession that they proposed")


@pytest.mark.law(8)
def test_law_8_one_person_is_not_two(car):
    person = make_person(Role.ENGINEER, Role.RELEASE_OFFICER)
    concession = propose(car)
    sign(concession, person)
    assert refused(lambda: sign(concession, person)) == "four_eyes"
    raw(concession, person, "concession_signature_four_eyes", place=2)


@pytest.mark.law(8)
@pytest.mark.parametrize("how", ["form", "operator", "alias", "part"])
def test_law_8_nobody_approves_for_a_car_that_they_inspected(plant, record, car, how):
    person = make_person(Role.ENGINEER)
    named = {"operator": person.personnel_number, "alias": "LEFT-HAND", "part": person.personnel_number}.get(how)
    of_part = {"component": {"kind": "pack", "serial": "P-1"}} if how == "part" else {}
    test = "BAT-EOL" if how == "part" else "CRS-EOL"
    posted = plant.posted(test, finished_at=AT - timedelta(minutes=9), operator=named, **of_part)
    given = {"rig": plant.rig, "actor": plant.rig_actor, "at": AT}
    record_inspection(posted=posted, person_id=person.pk if how == "form" else None, **given)
    if how == "alias":
        OperatorAlias.objects.create(operator="LEFT-HAND", user=person, mapped_by="0001", at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    concession = propose(car)
    assert had_a_hand_in(person=person, vehicle_ids=[car.pk]) == [1]
    assert refused(lambda: sign(concession, person)) == "four_eyes"
    raw(concession, person, "nobody concedes what they inspected or reworked")


@pytest.mark.law(8)
def test_law_8_nobody_approves_for_a_car_that_they_reworked(plant, record, car):
    """The rework was of something else on the same car."""
    low = changed_value("DRV-EOL", "BRAKE", "2.1", position="FL")
    record(plant.posted("DRV-EOL", measurements=low, software=[{"system": "ADAS", "version": "4.10"}]))
    person = make_person(Role.ENGINEER)
    brake = Nonconformance.objects.get(domain="driving")
    record_rework(nonconformance=brake, what="Bled", done_at=AT, actor=Actor.person(person), at=AT)
    concession = propose(car, of=Nonconformance.objects.get(domain="crash"))
    assert refused(lambda: sign(concession, person)) == "four_eyes"
    raw(concession, person, "nobody concedes what they inspected or reworked")
    sign(concession, make_person(Role.ENGINEER))


def raw(concession, person, why, place=1):
    """Straight into the table, as the application's role."""
    with pytest.raises(DatabaseError, match=why), transaction.atomic():
        ConcessionSignature.objects.create(
            concession=concession, place=place, signer_id=person.pk, personnel_number=person.personnel_number,
            printed_name="x", meaning="x", digest=concession.digest, signed_at=AT, role="engineer",
        )  # fmt: skip


@pytest.mark.law(8)
def test_law_8_a_wrong_password_signs_nothing_and_is_told(car):
    concession = propose(car)
    assert refused(lambda: sign(concession, make_person(Role.ENGINEER), password="guess")) == "not_authenticated"
    assert ConcessionSignature.objects.count() == 0
    entry = LedgerEntry.objects.get(act="signature.refused")
    assert (entry.subject_kind, entry.subject) == ("concession", concession.number)


# --- When something moves between proposal and signatures ---


def test_another_fail_between_the_signatures_refuses_the_second(plant, record, car):
    concession = propose(car)
    sign(concession, make_person(Role.ENGINEER))
    record(plant.posted("CRS-EOL", finished_at=AT, measurements=changed_value("CRS-EOL", "SQUIB", "3.4")))
    with pytest.raises(ConcessionChanged) as refusal:
        sign(concession, make_person(Role.ENGINEER))
    assert [each.english for each in refusal.value.differences] == [
        f"Car 1 ({car.vin}) has other fails than were proposed."
    ]
    assert gate(car)[0] == FAILED


def test_an_answer_between_the_signatures_refuses_the_second(car):
    concession = propose(car)
    sign(concession, make_person(Role.ENGINEER))
    confirm_retest(nonconformance=Nonconformance.objects.get(), reason="Probe", actor=make_engineer(), at=AT)
    assert refused(lambda: sign(concession, make_person(Role.ENGINEER))) == "concession_changed"


def test_a_plan_that_is_re_pinned_between_the_signatures_refuses_the_second(plant, car):
    concession = propose(car)
    sign(concession, make_person(Role.ENGINEER))
    factories.pin(plant.batch, factories.make_revision(plant.configuration, LINES))
    assert refused(lambda: sign(concession, make_person(Role.ENGINEER))) == "concession_changed"


def test_its_end_between_the_signatures_refuses_the_second(car):
    concession = propose(car)
    sign(concession, make_person(Role.ENGINEER))
    assert refused(lambda: sign(concession, make_person(Role.ENGINEER), at=TERMS.expires_at)) == "lapsed"
    assert concessions_to_sign(at=TERMS.expires_at, most=9) == []


def test_a_proposal_lapses_after_seven_days(car):
    concession = propose(car, expires_at=AT + timedelta(days=90))
    assert refused(lambda: sign(concession, make_person(Role.ENGINEER), at=AT + timedelta(days=7))) == "lapsed"
    assert [row.state(AT + timedelta(days=7)) for row in concessions()] == ["lapsed"]


def test_what_was_not_shown_is_not_signed(car):
    concession, other = propose(car), propose(car)
    engineer = make_person(Role.ENGINEER)
    signing = {"signer": engineer, "password": PASSWORD, "seen": shown(concession, AT), "at": AT}
    assert refused(lambda: sign_concession(concession=other, **signing)) == "not_what_was_shown"
    assert ConcessionSignature.objects.count() == 0


# --- Raw SQL as the application's role ---


@pytest.mark.law(4)
@pytest.mark.parametrize(
    "statement",
    [
        "update inspections_concession set expires_at = expires_at + interval '1 year'",
        "delete from inspections_concededvehicle",
        "update inspections_concessionsignature set signer_id = 0",
    ],
)
def test_law_4_nothing_of_it_is_changed(car, statement):
    approve(propose(car))
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_no_car_is_added_once_it_is_signed(plant, car):
    concession = propose(car)
    sign(concession, make_person(Role.ENGINEER))
    other = factories.make_vehicle(plant.batch)
    row = ConcededVehicle(
        concession=concession, vehicle=other, nonconformance=Nonconformance.objects.get(), departures=[]
    )
    with pytest.raises(DatabaseError, match="nothing is added"), transaction.atomic():
        row.save()


def test_the_second_place_alone_puts_nothing_in_force(plant, car):
    concession = propose(car)
    person = make_person(Role.ENGINEER)
    with pytest.raises(IntegrityError, match="places are taken in turn"), transaction.atomic():
        ConcessionSignature.objects.create(
            concession=concession, place=2, signer_id=person.pk, personnel_number=person.personnel_number,
            printed_name="x", meaning="x", digest=concession.digest, signed_at=AT, role="engineer",
        )  # fmt: skip
    Mark.objects.create(batch_id=plant.batch.pk, vehicle_id=car.pk, domain="", at=AT)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    assert gate(car)[0] == FAILED


# --- Reads ---


def test_cars_that_depart_are_read_in_a_pinned_number_of_statements(plant, django_assert_num_queries):
    cars = [plant.vehicle, *made.more_cars(plant, 2)]
    measure_squib(plant, cars=cars[:1])
    line = lines_failed(nonconformance=Nonconformance.objects.get())[0]
    batch = type(plant.batch).objects.select_related("revision").get(pk=plant.batch.pk)
    for known in (1, 3):
        with django_assert_num_queries(3):
            assert [row.sequence for row in departing(batch=batch, line=line)] == list(range(1, known + 1))
        if known == 1:
            measure_squib(plant, cars=cars[1:])


def test_a_review_that_ours_stands_is_no_answer_to_the_fail(plant, record):
    battery, driving, _ = plant.passing()
    crash = plant.posted("CRS-EOL", measurements=changed_value("CRS-EOL", "SQUIB", "3.1"), verdict="pass")
    record(battery, driving, crash)
    inspection = Inspection.objects.get(external_id=crash.id)
    review_disagreement(
        inspection=inspection, ordinal=-1, treat_as_fail=False, reason="Seen", actor=make_engineer(), at=AT
    )
    approve(propose(plant.vehicle))
    assert stopped(plant.vehicle) == ["not_released"]
