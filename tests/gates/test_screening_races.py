"""Screening against whoever acts at the same time: two engineers, and a rig whose fail is on its way."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from inspections.gates.models import Screening
from inspections.gates.screening import ScreeningRefused
from tests.factories import LINES, make_engineer, make_plant
from tests.gates.weeks import WEEKLY, Week
from tests.threads import Beside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def screened(transactional_db: None) -> tuple[Week, Any]:
    """A rejected sample whose first batch was tested car by car, and awaits its record."""
    week = Week(make_plant(lines=[*LINES[:5], WEEKLY]))
    bad = week.test(3, "9.9")
    for number in (0, 1, 2):
        week.test(number, after=300)
    week.codes(week.first)
    return week, bad


def test_a_screening_is_recorded_once_by_two_at_once(screened: tuple[Week, Any]) -> None:
    week, bad = screened
    first, second = make_engineer(), make_engineer()
    with transaction.atomic():
        week.screen(bad, actor=first)
        other = Beside(lambda: week.screen(bad, actor=second))
        assert other.is_waiting()
    with pytest.raises(ScreeningRefused, match="nothing to do"):
        other.result()
    assert Screening.objects.count() == 1


@pytest.mark.law(1)
def test_law_1_a_fail_on_its_way_is_seen_by_the_screening_that_waited_for_it(screened: tuple[Week, Any]) -> None:
    week, bad = screened
    engineer = make_engineer()
    with transaction.atomic():
        week.test(1, "9.8", after=600)
        screening = Beside(lambda: week.screen(bad, actor=engineer))
        assert screening.is_waiting()
    with pytest.raises(ScreeningRefused) as refusal:
        screening.result()
    assert [car.sequence for car in refusal.value.lacking] == [2]


@pytest.mark.law(1)
def test_law_1_a_fail_that_comes_while_a_screening_is_written_rejects_the_batch_anew(
    screened: tuple[Week, Any],
) -> None:
    week, bad = screened
    engineer = make_engineer()
    with transaction.atomic():
        week.screen(bad, actor=engineer)
        late = Beside(lambda: week.test(1, "9.8", after=600))
        assert late.is_waiting()
    late.result()
    assert week.codes(week.first) == ["sample_rejected"]
