from decimal import Decimal
from hashlib import sha256

import pytest

from inspections.certificates.canonical import NotCanonical, canonical, digest_of
from inspections.certificates.rules import shown_number, typed_number
from tests.factories import AT


def test_the_same_facts_are_the_same_text_whatever_their_order():
    assert canonical({"b": [1, True, None], "a": {"z": "底", "y": ""}}) == canonical(
        {"a": {"y": "", "z": "底"}, "b": (1, True, None)}
    )
    assert canonical({"b": 1, "a": "底"}) == '{"a":"底","b":1}'


@pytest.mark.law(5)
@pytest.mark.parametrize("value", [0.1, Decimal("0.10"), AT, b"x", {1}, {1: "x"}])
def test_law_5_what_could_be_written_in_two_ways_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical({"a": [{"b": value}]})


def test_a_digest_is_of_the_text_in_utf_8():
    assert digest_of("底") == sha256(b"\xe5\xba\x95").hexdigest()


@pytest.mark.parametrize("typed", ["R6LZ-RFK4-BD67-7H7P", "r6lz rfk4 bd67 7h7p", " R6LZRFK4BD677H7P\n"])
def test_a_number_is_read_however_it_is_typed(typed):
    assert typed_number(typed) == "R6LZRFK4BD677H7P"
    assert shown_number(typed_number(typed)) == "R6LZ-RFK4-BD67-7H7P"


def test_digits_that_no_number_holds_are_the_letters_they_look_like():
    assert typed_number("0181") == "OIBI"
