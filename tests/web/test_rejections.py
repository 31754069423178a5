"""The page of a rejected sample: what it reaches, what is awaited, and the one act that clears it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from inspections.gates.models import Screening
from inspections.people.choices import Role
from tests.factories import make_person, make_vehicle


@pytest.fixture
def week(standing_week, clock):
    """Two batches of three cars, built hour by hour; a sample of CRS-EOL a week. Looked at in the evening."""
    clock.go(hours=20)
    return standing_week


@pytest.fixture
def engineer(week, sign_in):
    """Signed in that evening."""
    return sign_in(Role.ENGINEER)


def page(client, sample):
    return client.get(reverse("web:rejection", args=[sample.pk])).content.decode()


def screen(client, sample, batch="B-1", reason="every squib measured again"):
    return client.post(reverse("web:rejection-screen", args=[sample.pk, batch]), {"reason": reason})


def decided(week):
    for batch in (week.first, week.second):
        week.codes(batch)


def test_it_names_the_batches_and_cars_that_it_reaches(engineer, week):
    week.test(0)
    bad = week.test(3, "9.9")
    decided(week)
    html = page(engineer, bad)
    assert "was rejected: 6 of 6 cars that it reaches are not screened" in html
    assert html.index(">B-1</a>") < html.index(">B-2</a>")
    assert "3 cars are reached, 3 lack a result, 0 screened, on record." in html
    for car in week.cars:
        assert reverse("web:vehicle", args=[car.vin]) in html
    assert "Record the screening" not in html


def test_it_tells_which_of_them_have_left(engineer, week):
    bad = week.test(3, "9.9")
    week.becomes(0, "delivered")
    week.becomes(1, "released")
    decided(week)
    html = page(engineer, bad)
    assert "Of these cars 1 are released and 1 delivered." in html
    assert "Car 1, delivered</a>" in html


def test_an_engineer_records_the_screening_and_reads_beforehand_what_it_does(engineer, week):
    bad = week.test(3, "9.9")
    for number in (0, 1, 2):
        week.test(number, after=300)
    decided(week)
    html = page(engineer, bad)
    assert "The rejection is released for 3 cars of B-1, and for no others." in html
    response = screen(engineer, bad)
    assert (response.status_code, response["Location"]) == (302, reverse("web:rejection", args=[bad.pk]))
    decided(week)
    html = page(engineer, bad)
    assert "The screening of B-1 is recorded." in html
    assert "3 cars are reached, 0 lack a result, 3 screened, on record." in html
    assert "every squib measured again" in html
    assert "every squib measured again" in engineer.get(reverse("web:batch", args=["B-1"])).content.decode()


def test_while_a_car_lacks_a_result_nothing_is_recorded_and_it_is_named(engineer, week):
    bad = week.test(3, "9.9")
    week.test(0, after=300)
    decided(week)
    response = screen(engineer, bad)
    assert response.status_code == 409
    said = response.content.decode()
    assert "2 of 3 cars of B-1 lack a conforming result" in said
    assert f"cars 2 ({week.cars[1].vin}), 3 ({week.cars[2].vin}). Test each, or scrap it." in said
    assert not Screening.objects.exists()


def test_without_a_reason_the_form_says_so(engineer, week):
    bad = week.test(3, "9.9")
    for number in (0, 1, 2):
        week.test(number, after=300)
    decided(week)
    response = screen(engineer, bad, reason="")
    assert response.status_code == 422
    assert 'class="error"' in response.content.decode()


@pytest.mark.law(8)
def test_law_8_whoever_recorded_the_sample_is_told_to_leave_it_to_another(sign_in, week):
    person = make_person(Role.ENGINEER)
    bad = week.test(3, "9.9", operator=person.personnel_number)
    for number in (0, 1, 2):
        week.test(number, after=300)
    decided(week)
    response = screen(sign_in(person=person), bad)
    assert response.status_code == 409
    assert "another engineer has to record the screening" in response.content.decode()


def test_the_reason_on_the_batch_leads_to_it(engineer, week):
    bad = week.test(3, "9.9")
    decided(week)
    html = engineer.get(reverse("web:batch", args=["B-1"])).content.decode()
    assert f'<a href="{reverse("web:rejection", args=[bad.pk])}">{week.cars[3].vin}</a>' in html


def test_what_is_no_rejected_sample_is_not_there(engineer, week, settings):
    settings.DEBUG = False
    good = week.test(0)
    bad = week.test(3, "9.9")
    for number in (good.pk, 0, 2**70):
        assert engineer.get(f"/sampling/rejections/{number}/").status_code == 404
    assert screen(engineer, bad, batch="NONE").status_code == 404


def test_it_speaks_chinese(engineer, week):
    bad = week.test(3, "9.9")
    decided(week)
    engineer.post(reverse("web:language"), {"language": "zh-hans", "next": "/"})
    html = page(engineer, bad)
    assert f"样本{week.cars[3].vin}不合格：所波及的6台中有6台未筛查" in html
    assert "not screened" not in html


def test_its_statements_do_not_grow_with_the_cars(engineer, week, django_assert_max_num_queries):
    bad = week.test(3, "9.9")
    decided(week)
    address = reverse("web:rejection", args=[bad.pk])
    engineer.get(address)
    with django_assert_max_num_queries(200) as first:
        engineer.get(address)
    for number in range(6, 9):
        week.cars.append(make_vehicle(week.second, at=week.built(number)))
    decided(week)
    with django_assert_max_num_queries(200) as second:
        engineer.get(address)
    assert len(first) == len(second)
