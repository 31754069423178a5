"""The page of samples, and what Today says of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import AT, LINES, make_batch, make_plant
from tests.gates.test_sampling_periods import WEEKLY, lot


@pytest.fixture
def plant(db, clock):
    return make_plant(lines=[*LINES[:5], WEEKLY])


def page(client):
    return client.get(reverse("web:sampling")).content.decode()


def today(client):
    return client.get("/?for=everything").content.decode()


def test_it_lists_what_is_overdue_with_its_period(engineer, plant):
    html = page(engineer)
    assert "<h1>1 of 1 periodic samples is overdue</h1>" in html
    assert "0 of 2" in html
    assert "each week" in html
    assert "until 2026-11-30 00:00" in html
    assert "none in 100 days" in html
    assert "Overdue" in html


def test_it_tells_what_is_due_next(engineer, plant, clock):
    lot(plant, "L-1", AT)
    lot(plant, "L-2", AT)
    html = page(engineer)
    assert "<h1>No periodic sample is overdue</h1>" in html
    assert "2026-12-07 00:00" in html
    assert "Done for this period" in html
    clock.go(days=12)


def test_today_asks_for_what_is_overdue_once_for_a_line(inspector, plant):
    html = today(inspector)
    assert "<b>Line L1</b>: samples of SU7-MAX-CN are overdue: CRS-EOL." in html
    assert html.count(reverse("web:sampling") + '">See the samples') == 1
    assert "<b>Line L1</b>" in inspector.get("/?for=inspector").content.decode()


def test_today_tells_three_days_before_it_is_due(sign_in, plant, clock):
    from inspections.people.choices import Role

    lot(plant, "L-1", AT)
    lot(plant, "L-2", AT)
    assert "are due by" not in today(sign_in(Role.ENGINEER))
    clock.go(days=11)
    html = today(sign_in(Role.ENGINEER))
    assert "<b>Line L1</b>: samples of SU7-MAX-CN are due by 2026-12-07 00:00: CRS-EOL." in html
    assert "No periodic sample is overdue; 1 is due soon" in page(sign_in(Role.ENGINEER))


def test_a_rejected_sample_stands_first_and_leads_to_what_it_reaches(engineer, plant):
    from inspections.gates.services import decide_batch
    from inspections.results.models import Sample

    lot(plant, "L-1", AT - timedelta(hours=1), "9.9")
    decide_batch(batch_id=plant.batch.pk, at=AT)
    html = page(engineer)
    assert "<h1>1 rejected sample is not cleared</h1>" in html
    assert f'<a href="{reverse("web:rejection", args=[Sample.objects.get().pk])}">squib L-1</a>' in html
    assert reverse("web:batch", args=[plant.batch.number]) in html


def test_a_plant_that_samples_nothing_says_so(engineer, db, clock):
    make_plant()
    assert "Nothing is sampled per period on any line" in page(engineer)
    assert "samples of" not in today(engineer)


def test_its_statements_do_not_grow_with_the_lines(engineer, plant, django_assert_max_num_queries):
    page(engineer)
    with django_assert_max_num_queries(60) as one:
        page(engineer)
    for number in (2, 3):
        make_batch(f"B-{number}", configuration=plant.configuration, line=f"L{number}")
    with django_assert_max_num_queries(60) as three:
        page(engineer)
    assert len(one) == len(three)


def test_it_speaks_chinese(engineer, plant):
    engineer.post(reverse("web:language"), {"language": "zh-hans", "next": "/"})
    assert "1项周期抽样中有1项逾期" in page(engineer)
