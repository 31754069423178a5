"""A rejected sample: how far it reaches, and that nothing but the screening of every car it reaches clears it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.batches.choices import VehicleStatus
from inspections.batches.models import Batch
from inspections.dispositions.conceding import propose_concession
from inspections.dispositions.concession_rules import ConcessionRefused, Terms
from inspections.dispositions.models import Nonconformance
from inspections.gates.models import Screening
from inspections.gates.queries import clearance
from inspections.gates.rejections import rejected_sample
from inspections.gates.screening import ScreeningRefused
from inspections.gates.services import mark_whole_batch, record_screening
from inspections.marks.services import mark_vehicles
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection, Sample
from inspections.results.services import report_out_of_tolerance, void_inspection
from tests.factories import (
    LINES,
    make_batch,
    make_engineer,
    make_person,
    make_plant,
    make_revision,
    make_vehicle,
    pin,
)
from tests.gates.weeks import CODE, MONDAY, PER_BATCH, WHY, Week

pytestmark = pytest.mark.django_db


@pytest.fixture
def week(standing_week: Week) -> Week:
    return standing_week


@pytest.fixture
def drawn() -> Week:
    return Week(make_plant(lines=[*LINES[:5], PER_BATCH]))


def test_a_rejection_reaches_back_to_the_last_good_one_and_on_to_the_next(week: Week) -> None:
    week.test(1)
    bad = week.test(3, "9.9")
    week.test(4)
    assert week.reached(bad) == {"B-1": [1, 2], "B-2": [3, 4]}
    assert week.codes(week.first) == ["sample_rejected"]
    assert week.codes(week.second) == ["sample_rejected"]


def test_each_batch_concerned_has_its_nonconformance_and_no_car_of_it_is_clear(week: Week) -> None:
    week.test(1)
    week.test(3, "9.9")
    for batch in (week.first, week.second):
        week.codes(batch)
        found = Nonconformance.objects.get(batch=batch, vehicle=None, state="open")
        assert (found.domain, found.code) == ("crash", "sample_rejected")
    codes = {cause.code for cause in clearance(vin=week.cars[0].vin, at=MONDAY + timedelta(hours=20)).reasons}
    assert "sample_rejected" in codes


def test_delivered_cars_are_reached_too(week: Week) -> None:
    week.test(0)
    for number in (1, 2):
        week.becomes(number, VehicleStatus.DELIVERED)
    bad = week.test(3, "9.9")
    statuses = {car.vin: car.status for car in week.of(bad, week.first).cars}
    assert statuses == {
        week.cars[0].vin: "in_process",
        week.cars[1].vin: "delivered",
        week.cars[2].vin: "delivered",
    }
    assert week.codes(week.first) == ["sample_rejected"]
    with pytest.raises(ScreeningRefused) as refusal:
        week.screen(bad)
    assert {car.sequence for car in refusal.value.lacking} == {1, 2, 3}


@pytest.mark.law(1)
def test_law_1_a_second_sample_after_the_rejection_narrows_nothing(week: Week) -> None:
    """A car built just before the rejected one, tested after it was known: the oldest trick."""
    week.test(0)
    bad = week.test(3, "9.9")
    before = week.reached(bad)
    week.test(2, after=120)
    assert week.reached(bad) == before == {"B-1": [0, 1, 2], "B-2": [3, 4, 5]}
    assert week.codes(week.first) == ["sample_rejected"]


@pytest.mark.law(1)
def test_law_1_the_rejected_car_itself_tested_again_clears_nothing(week: Week) -> None:
    bad = week.test(3, "9.9")
    week.test(3, after=60)
    week.test(3, after=90)
    assert week.codes(week.second) == ["sample_rejected"]
    assert week.of(bad, week.second).lacking


@pytest.mark.law(6)
def test_law_6_no_order_of_arrival_changes_what_is_reached(week: Week) -> None:
    plan = [(1, "2.2", 10), (3, "9.9", 10), (4, "2.2", 10), (2, "2.2", 200)]
    for number, squib, after in reversed(plan):
        week.test(number, squib, after=after)
    bad = Sample.objects.get(outcome=3)
    assert week.reached(bad) == {"B-1": [1, 2], "B-2": [3, 4]}


@pytest.mark.law(4)
def test_law_4_voiding_the_rejected_sample_or_scrapping_its_car_clears_nothing(week: Week) -> None:
    bad = week.test(3, "9.9")
    inspection = Inspection.objects.get(pk=bad.inspection_id)
    void_inspection(inspection=inspection, reason="wrong car", actor=make_engineer(), at=MONDAY)
    week.becomes(3, VehicleStatus.SCRAPPED)
    assert "sample_rejected" in week.codes(week.first)
    assert "sample_rejected" in week.codes(week.second)


@pytest.mark.law(8)
def test_law_8_a_rejected_sample_is_never_conceded(week: Week) -> None:
    """Neither for the batch nor for the car itself: what is sampled stands for other cars."""
    week.test(3, "9.9")
    week.codes(week.second)
    line = week.plant.revision.requirements.get(characteristic__code="SQUIB")
    terms = Terms("customer", "", "agreed", MONDAY + timedelta(days=30), None)
    for own in Nonconformance.objects.filter(batch=week.second, state="open"):
        with pytest.raises(ConcessionRefused):
            propose_concession(
                nonconformance=own, requirement_id=line.pk, vehicle_ids=[week.cars[3].pk], terms=terms,
                actor=make_engineer(), at=MONDAY + timedelta(hours=18),
            )  # fmt: skip
    assert Nonconformance.objects.filter(batch=week.second, state="open").count() == 2
    assert "sample_rejected" in week.codes(week.second)


def test_screening_is_refused_while_a_car_lacks_it_and_names_which(week: Week) -> None:
    bad = week.test(3, "9.9")
    week.test(0, after=300)
    with pytest.raises(ScreeningRefused) as refusal:
        week.screen(bad)
    assert refusal.value.code == "not_screened"
    assert [car.vin for car in refusal.value.lacking] == [week.cars[1].vin, week.cars[2].vin]
    assert "2 of 3 cars of B-1 lack a conforming result that counts" in str(refusal.value)
    assert f"cars 2 ({week.cars[1].vin}), 3 ({week.cars[2].vin}). Test each, or scrap it." in str(refusal.value)
    assert not Screening.objects.exists()


def test_a_result_from_before_the_rejection_is_no_screening(week: Week) -> None:
    for number in (0, 1, 2):
        week.test(number)
    bad = week.test(2, "9.9", after=30)
    for number in (0, 1):
        week.test(number, after=300)
    assert [car.sequence for car in week.of(bad, week.first).lacking] == [3]


def test_screening_clears_the_batch_it_names_and_no_other(week: Week) -> None:
    bad = week.test(3, "9.9")
    week.test(5, after=10)
    week.test(0, after=300)
    week.test(1, after=300)
    week.becomes(2, VehicleStatus.SCRAPPED)
    screening = week.screen(bad)
    assert sorted(row.vehicle_id for row in screening.vehicles.all()) == [week.cars[0].pk, week.cars[1].pk]
    assert week.codes(week.first) == []
    assert week.codes(week.second) == ["sample_rejected"]
    assert not Nonconformance.objects.filter(batch=week.first, vehicle=None, state="open").exists()
    assert [car.cleared for car in week.of(bad, week.first).cars] == [True, True]


def test_the_ledger_tells_who_cleared_what_and_why(week: Week) -> None:
    bad = week.test(3, "9.9")
    for number in (0, 1, 2):
        week.test(number, after=300)
    week.codes(week.first)
    number = Nonconformance.objects.get(batch=week.first, vehicle=None).number
    engineer = make_engineer()
    screening = week.screen(bad, actor=engineer)
    entry = LedgerEntry.objects.get(act="sample.screened")
    assert (entry.actor, entry.subject, entry.batch, entry.reason) == (engineer.label, "B-1", "B-1", WHY)
    assert entry.after == {
        "screening": screening.pk,
        "procedure": CODE,
        "sample": week.cars[3].vin,
        "rejected": [bad.pk],
        "since": bad.finished_at.isoformat(),
        "cars": [week.cars[number].vin for number in (0, 1, 2)],
        "nonconformances": [number],
    }


def test_what_screening_finds_is_answered_and_then_the_batch_can_be_cleared(week: Week) -> None:
    """Car 1 fails in the screening of the first rejection: it is part of it, and must be put right by itself."""
    bad = week.test(3, "9.9")
    week.test(0, after=300)
    week.test(1, "9.8", after=300)
    week.test(2, after=300)
    assert [car.sequence for car in week.of(bad, week.first).lacking] == [2]
    week.dispose(week.first, 1)
    week.test(1, after=600)
    assert week.of(bad, week.first).lacking == ()
    week.screen(bad)
    assert week.codes(week.first) == []


@pytest.mark.law(1)
def test_law_1_a_reject_after_the_screening_needs_a_screening_of_its_own(week: Week) -> None:
    bad = week.test(3, "9.9")
    for number in (0, 1, 2):
        week.test(number, after=300)
    week.screen(bad)
    assert week.codes(week.first) == []
    worse = week.test(4, "9.7", after=900)
    assert week.codes(week.first) == ["sample_rejected"]
    assert [car.sequence for car in week.of(worse, week.first).lacking] == [3]


@pytest.mark.law(1)
def test_law_1_a_car_that_joins_what_was_screened_is_not_cleared_with_it(week: Week) -> None:
    bad = week.test(3, "9.9")
    for number in (0, 1, 2):
        week.test(number, after=300)
    week.screen(bad)
    week.cars.append(make_vehicle(week.first, at=week.built(6)))
    assert week.codes(week.first) == ["sample_rejected"]
    assert [car.sequence for car in week.of(bad, week.first).lacking] == [4]


@pytest.mark.law(1)
@pytest.mark.parametrize("doubt", ["void", "rig"])
def test_law_1_what_was_cleared_falls_back_when_its_result_falls(week: Week, doubt: str) -> None:
    bad = week.test(3, "9.9")
    screened = [week.test(number, after=300) for number in (0, 1, 2)]
    week.screen(bad)
    assert week.codes(week.first) == []
    if doubt == "void":
        inspection = Inspection.objects.get(pk=screened[1].inspection_id)
        void_inspection(inspection=inspection, reason="a master part", actor=make_engineer(), at=MONDAY)
        falls = {2}
    else:
        report_out_of_tolerance(
            rig=week.plant.rig, back_to=screened[0].finished_at, found_at=MONDAY + timedelta(hours=19),
            reason="reference off", actor=make_engineer(), at=MONDAY + timedelta(hours=19),
        )  # fmt: skip
        falls = {1, 2, 3}
    assert "sample_rejected" in week.codes(week.first)
    assert {car.sequence for car in week.of(bad, week.first).lacking} == falls


@pytest.mark.law(4)
def test_law_4_a_row_written_by_hand_clears_no_car_that_lacks_a_result(week: Week) -> None:
    bad = week.test(3, "9.9")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inspections_screening (procedure_id, rejected, since, reason, screened_by, person_id, at)"
            " values (%s, %s, %s, 'by hand', 'nobody', 0, %s) returning id",
            [bad.procedure_id, [bad.pk], bad.finished_at, MONDAY],
        )
        (number,) = cursor.fetchone()
        cursor.execute(
            "insert into inspections_screenedvehicle (screening_id, vehicle_id) select %s, id from inspections_vehicle",
            [number],
        )
    mark_vehicles(rows=[(week.first.pk, None, "")], at=MONDAY)
    assert "sample_rejected" in week.codes(week.first)


@pytest.mark.law(8)
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ENGINEER])
def test_law_8_only_an_engineer_clears(week: Week, role: Role) -> None:
    bad = week.test(3, "9.9")
    with pytest.raises(NotAllowed):
        week.screen(bad, actor=Actor.person(make_person(role)))


@pytest.mark.law(8)
def test_law_8_nobody_clears_what_they_recorded(week: Week) -> None:
    first, second, third = (make_person(Role.ENGINEER) for _ in range(3))
    bad = week.test(3, "9.9", operator=first.personnel_number)
    week.test(0, after=300, operator=second.personnel_number)
    for number in (1, 2):
        week.test(number, after=300)
    for person, what in ((first, "the rejected sample"), (second, "one of the results")):
        with pytest.raises(ScreeningRefused, match=f"You recorded {what} yourself") as refusal:
            week.screen(bad, actor=Actor.person(person))
        assert refusal.value.code == "four_eyes"
    week.screen(bad, actor=Actor.person(third))


@pytest.mark.law(8)
def test_law_8_the_database_refuses_a_screening_by_whoever_recorded_the_sample(week: Week) -> None:
    person = make_person(Role.ENGINEER)
    bad = week.test(3, "9.9", operator=person.personnel_number)
    with pytest.raises(DatabaseError, match="nobody clears a rejected sample"), transaction.atomic():
        Screening.objects.create(
            procedure_id=bad.procedure_id, rejected=[bad.pk], since=bad.finished_at, reason="x", screened_by="x",
            person_id=person.pk, at=MONDAY,
        )  # fmt: skip


def test_without_a_reason_nothing_is_cleared(week: Week) -> None:
    bad = week.test(3, "9.9")
    with pytest.raises(ScreeningRefused, match="the reason is empty"):
        record_screening(sample=bad, batch=week.first, reason=" ", actor=make_engineer(), at=MONDAY)


def test_a_good_sample_and_a_batch_out_of_reach_have_nothing_to_clear(week: Week) -> None:
    week.test(0)
    good = week.test(2)
    bad = week.test(1, "9.9", after=300)
    far = make_batch("B-9", configuration=week.plant.configuration, line="L9")
    assert (rejected_sample(good.pk), rejected_sample(bad.pk)) == (None, bad)
    for sample, batch in ((good, week.first), (bad, week.second), (bad, far)):
        with pytest.raises(ScreeningRefused, match="there is nothing to do") as refusal:
            week.screen(sample, batch)
        assert refusal.value.code == "not_rejected"


def test_clearing_twice_does_nothing_more(week: Week) -> None:
    bad = week.test(3, "9.9")
    for number in (0, 1, 2):
        week.test(number, after=300)
    week.screen(bad)
    with pytest.raises(ScreeningRefused, match="nothing to do"):
        week.screen(bad)
    assert Screening.objects.count() == 1


@pytest.mark.law(3)
def test_law_3_a_revision_that_samples_no_more_answers_no_reject(week: Week) -> None:
    """The batch is judged on a revision without the sample: what was rejected, and what was cleared, stays so."""
    bad = week.test(3, "9.9")
    for number in (0, 1, 2):
        week.test(number, after=300)
    week.screen(bad)
    assert (week.codes(week.first), "sample_rejected" in week.codes(week.second)) == ([], True)
    laxer = make_revision(week.plant.configuration, LINES[:5])
    for batch in (week.first, week.second):
        pin(batch, laxer)
        mark_whole_batch(batch=batch, at=MONDAY)
    assert "sample_rejected" not in week.codes(week.first)
    assert "sample_rejected" in week.codes(week.second)
    assert {car.sequence for car in week.of(bad, week.second).lacking} == {1, 2, 3}


def test_sampled_per_batch_a_reject_reaches_its_own_batch_whole(drawn: Week) -> None:
    bad = drawn.test(1, "9.9")
    assert drawn.reached(bad) == {"B-1": [0, 1, 2]}
    assert drawn.codes(drawn.second) == ["sample_short"]
    drawn.dispose(drawn.first, 1)
    for number in (0, 1, 2):
        drawn.test(number, after=1100)
    drawn.screen(bad)
    assert "sample_rejected" not in drawn.codes(drawn.first)


def test_how_many_statements_it_takes_does_not_depend_on_how_many_cars_there_are(
    week: Week, django_assert_num_queries: Any
) -> None:
    bad = week.test(5, "9.9")
    week.test(4, after=300)
    week.codes(week.second)
    late = MONDAY + timedelta(hours=20)
    one = Batch.objects.filter(pk=week.second.pk).select_related("revision__plan").get()
    from inspections.gates.rejections import reached_batch

    reached_batch(one, bad, at=late)
    with django_assert_num_queries(STATEMENTS):
        reached_batch(one, bad, at=late)
    week.cars += [make_vehicle(week.second, at=week.built(6)) for _ in range(3)]
    week.codes(week.second)
    with django_assert_num_queries(STATEMENTS):
        reached_batch(one, bad, at=late)


STATEMENTS = 31
