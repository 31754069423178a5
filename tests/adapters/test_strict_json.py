"""JSON read for a record: numbers as written, faults refused and never guessed away."""

import io
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.adapters.canonical import AdapterError
from inspections.adapters.strict_json import decode

digits = st.text("0123456789", min_size=1, max_size=40)
numbers = st.builds(
    lambda sign, whole, part, exponent: f"{sign}{whole.lstrip('0') or '0'}{part}{exponent}",
    st.sampled_from(["", "-"]),
    digits,
    st.one_of(st.just(""), digits.map(lambda text: f".{text}")),
    st.one_of(st.just(""), st.integers(-400, 400).map(lambda power: f"e{power:+d}")),
)


def decoded(text: str) -> object:
    return decode(io.BytesIO(text.encode()), 1_000_000)


@pytest.mark.law(5)
@given(numbers)
def test_every_number_is_the_decimal_written(text):
    found = decoded(text)
    assert isinstance(found, Decimal)
    assert found.as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_words_in_place_of_numbers_stay_words(word):
    assert decoded(f"[{word}]") == [word]


@pytest.mark.parametrize("text", ["1e99999999999999999999", "-1E+1000000000000000000000"])
def test_a_number_beyond_any_decimal_stays_text(text):
    assert decoded(text) == text


def test_numbers_of_many_digits_are_read():
    assert decoded("9" * 6000) == Decimal("9" * 6000)


@pytest.mark.parametrize(
    "data, found",
    [
        (b'{"a": 1, "a": 1}', "the key twice in one object"),
        (b'{"a": [{"b": 1, "c": 2, "b": 3}]}', "the key twice in one object"),
        (b"", "broken JSON (Expecting value)"),
        (b"{}{}", "broken JSON (Extra data)"),
        (b'{"a": 01}', "broken JSON (Expecting ',' delimiter)"),
        ("{}".encode("utf-16"), "bytes that are not UTF-8"),
        (b'{"a": "\xe9"}', "bytes that are not UTF-8"),
        (b"[" * 200_000, "objects nested without end"),
        (b'{"a":' * 200_000, "objects nested without end"),
    ],
)
def test_faults_are_named(data, found):
    with pytest.raises(AdapterError) as refusal:
        decode(io.BytesIO(data), 10_000_000)
    assert refusal.value.found == found


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    with suppress(AdapterError):
        decode(io.BytesIO(data), 200)
