"""What is absent of a measurement is kept as a value and read as nothing: never as a number, an outcome or a text."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from inspections.results.fields import NUMBER, RAW
from inspections.results.models import Measurement

pytestmark = pytest.mark.django_db


def kept(**columns: Any) -> tuple[Measurement, tuple[Any, ...]]:
    Measurement.objects.create(inspection_id=1, ordinal=0, outcome=2, reason=2, **columns)
    with connection.cursor() as cursor:
        cursor.execute(f"select {NUMBER}, {RAW}, m.value::text, nullif(m.claimed, -1) from inspections_measurement m")
        row: tuple[Any, ...] = cursor.fetchone()
    return Measurement.objects.get(), row


@pytest.mark.law(1)
def test_no_number_is_kept_as_none_of_the_numbers_and_read_as_none() -> None:
    found, row = kept(raw="true")
    assert (found.value, found.raw, found.claimed) == (None, "true", None)
    assert row == (None, "true", "NaN", None)


@pytest.mark.law(1)
def test_a_nan_that_was_sent_is_the_text_that_was_sent() -> None:
    found, row = kept(raw="NaN")
    assert (found.value, found.raw) == (None, "NaN")
    assert row[:2] == (None, "NaN")


@pytest.mark.law(5)
@pytest.mark.parametrize("number", ["0", "0.0430", "-12.50", "1E-30", "123456789012345678901234567890"])
def test_a_number_is_kept_as_written(number: str) -> None:
    found, row = kept(value=Decimal(number))
    assert (found.value, row[0]) == (Decimal(number), Decimal(number))
    assert f"{found.value:f}" == f"{Decimal(number):f}"
