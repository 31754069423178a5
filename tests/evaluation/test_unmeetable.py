"""A line that states the software of the car, held against what the car runs now."""

from datetime import UTC, datetime, timedelta

import pytest

from inspections.evaluation.facts import Expression, Kind, Requirement, SoftwareChange
from inspections.evaluation.unmeetable import unmeetable

AT = datetime(2026, 11, 23, tzinfo=UTC)


def line(expression=Expression.EQUAL, values=("1.9.4",), system="ADAS", kind=Kind.IDENTITY):
    return Requirement(1, 1, "SW", kind, expression, 1, "driving", values=values, states_software=system)


def runs(*versions, system="ADAS"):
    return [SoftwareChange(system, version, AT + timedelta(hours=place)) for place, version in enumerate(versions)]


@pytest.mark.parametrize(
    ("asked", "changes", "found"),
    [
        (line(), runs("1.9.4", "1.9.5"), ("1.9.5", "1.9.4")),
        (line(), runs("1.9.5", "1.9.4"), None),
        (line(Expression.ONE_OF, ("1.9.3", "1.9.4")), runs("1.9.5"), ("1.9.5", "1.9.3, 1.9.4")),
        (line(Expression.NOT_EQUAL, ("1.9.5",)), runs("1.9.5"), ("1.9.5", "≠ 1.9.5")),
        (line(), [], None),
        (line(), runs("9", system="BMS"), None),
        (line(system=""), runs("1.9.5"), None),
        (line(values=()), runs("1.9.5"), None),
        (line(kind=Kind.VARIABLE), runs("1.9.5"), None),
    ],
)
def test_only_what_a_true_reading_would_fail_is_told(asked, changes, found):
    told = unmeetable(asked, changes)
    assert (None if told is None else (told.has, told.asks)) == found
