"""One mark for each vehicle and domain that is named, in one statement however many batches they are of."""

from __future__ import annotations

from typing import Any

import pytest

from inspections.marks.models import Mark
from inspections.marks.services import mark_vehicles, marking
from tests.factories import AT

pytestmark = pytest.mark.django_db


def test_each_is_marked_once_and_a_batch_beside_its_vehicles(django_assert_num_queries: Any) -> None:
    rows = [(2, 7, "battery"), (1, 9, ""), (1, None, ""), (1, 8, ""), (1, 8, "crash"), (1, 8, "")]
    with django_assert_num_queries(1):
        mark_vehicles(rows=rows, at=AT)
    found = Mark.objects.values_list("batch_id", "vehicle_id", "domain", "at")
    assert sorted(found, key=str) == sorted(((*row, AT) for row in set(rows)), key=str)


def test_nothing_is_marked_where_nothing_is_named() -> None:
    assert marking(rows=[], at=AT) is None
