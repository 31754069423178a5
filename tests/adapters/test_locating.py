"""Where a value of a report belongs: never in another's place."""

import pytest

from inspections.adapters.locating import locate_position


@pytest.mark.parametrize(
    "positions, occurrence, found",
    [
        ([""], 1, ""),
        ([""], 2, None),
        (["3"], 1, "3"),
        (["3"], 3, None),
        (["1", "2", "3"], 1, "1"),
        (["1", "2", "3"], 3, "3"),
        (["1", "2", "3"], 4, None),
        ([], 1, None),
    ],
)
def test_position_of_an_occurrence(positions, occurrence, found):
    assert locate_position(positions, occurrence) == found
