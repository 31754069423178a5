"""Arrays written by hand reach PostgreSQL as the driver's own would; statements sent together see what came before."""

from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspections.marks.arrays import number_array, text_array
from inspections.marks.trips import run_together

TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=12)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(TEXTS, st.sampled_from(["", "NULL", "null", '"', "\\", "a,b", "{}", "%s", "'; --", " x "]))))
def test_texts_arrive_as_they_are(texts: list[str]) -> None:
    assert run_together(("select %s::text[]", [text_array(texts)])) == [[(texts,)]]


@pytest.mark.django_db
def test_numbers_arrive_as_they_are() -> None:
    numbers: list[int | None] = [1, None, -5, 2**62]
    assert run_together(("select %s::bigint[]", [number_array(numbers)])) == [[(numbers,)]]
    assert run_together(("select %s::bigint[]", [number_array([])])) == [[([],)]]


@pytest.mark.django_db
def test_statements_answer_in_their_order_and_see_what_came_before() -> None:
    def mark(batch: int) -> tuple[str, list[Any]]:
        return "insert into inspections_mark (batch_id, domain, at) values (%s, '', now())", [batch]

    counting = "select count(*) from inspections_mark", []
    assert run_together(counting, mark(1), counting, mark(2), counting) == [[(0,)], [], [(1,)], [], [(2,)]]
    assert run_together() == []
    with connection.cursor() as cursor:
        cursor.execute("select array_agg(batch_id order by batch_id) from inspections_mark")
        assert cursor.fetchone() == ([1, 2],)
