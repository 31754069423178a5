"""A batch as a row is drawn once for what it says: never one that says something else."""

from dataclasses import fields, replace
from typing import Any

import pytest
from django.utils import translation

from inspections.gates.queries import BatchSummary, DomainSummary
from inspections.web.batch_rows import _drawn, drawn_row
from tests.factories import AT

GATE = DomainSummary("battery", "passed", "passed", AT, None, 3, 0, 0, {}, (), {})
BATCH = BatchSummary(
    1, "B-1", "open", "SU7-MAX-CN", "L1", "CP-1", 1, 1, 5, 3, 3, 0, 0, 0, 3, AT, None, AT, 0,
    (GATE, replace(GATE, domain="crash"), replace(GATE, domain="driving")),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_drawn_yet() -> None:
    _drawn.cache_clear()


def other(value: Any) -> Any:
    """A value that differs as little as one of its kind can."""
    if value is None:
        return AT
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, dict):
        return {**value, "measurement_failed": 1}
    if value and isinstance(value, tuple):
        return (replace(value[0], failed=1), *value[1:])
    return AT.replace(year=2020) if value == AT else ({"code": "sample_short"},)


@pytest.mark.law(1)
@pytest.mark.parametrize("name", [field.name for field in fields(BatchSummary)])
def test_law_1_a_row_is_drawn_anew_whatever_of_its_batch_changes(name: str) -> None:
    drawn_row(BATCH, "en")
    before = _drawn.cache_info().misses
    changed = replace(BATCH, **{name: other(getattr(BATCH, name))})
    drawn_row(changed, "en")
    assert _drawn.cache_info().misses == before + 1


@pytest.mark.parametrize("name", [field.name for field in fields(DomainSummary) if field.name != "domain"])
def test_a_row_is_drawn_anew_whatever_of_a_gate_changes(name: str) -> None:
    drawn_row(BATCH, "en")
    before = _drawn.cache_info().misses
    value = getattr(GATE, name)
    gate = replace(GATE, **{name: "failed" if name.endswith("state") else other(value)})
    drawn_row(replace(BATCH, gates=(gate, *BATCH.gates[1:])), "en")
    assert _drawn.cache_info().misses == before + 1


def test_a_row_that_says_the_same_is_not_drawn_again() -> None:
    first = drawn_row(BATCH, "en")
    before = _drawn.cache_info().misses
    assert drawn_row(replace(BATCH), "en") == first
    assert _drawn.cache_info().misses == before


def test_each_language_has_its_own_row() -> None:
    with translation.override("en"):
        english = drawn_row(BATCH, "en")
    with translation.override("zh-hans"):
        chinese = drawn_row(BATCH, "zh-hans")
    with translation.override("en"):
        assert drawn_row(BATCH, "en") == english
    assert ("3 of 5" in english.drawn, "3 of 5" in chinese.drawn) == (True, False)
