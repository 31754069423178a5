"""Where a value of a report belongs: never in another's place."""

import pytest

from inspections.adapters.locating import locate_position


@pytest.mark.parametrize(
    "item, positions, occurrence, found",
    [
        ("HV / Bonding", [""], 1, ""),
        ("HV / Bonding", [""], 2, None),
        ("HV / Bonding", ["charge-port"], 1, "charge-port"),
        ("HV / Bonding", ["charge-port"], 2, None),
        ("Cells / Cell 3", ["3"], 1, "3"),
        ("Cells / Cell 3", ["3"], 3, None),
        ("Cells / Cell 13", ["13"], 1, "13"),
        ("HV / Precharge", ["1", "2", "3"], 1, "1"),
        ("HV / Precharge", ["1", "2", "3"], 3, "3"),
        ("HV / Precharge", ["1", "2", "3"], 4, None),
        ("HV / Precharge", ["2"], 1, None),
        ("HV / Precharge", ["2"], 2, None),
        ("HV / Precharge", ["1"], 1, "1"),
        ("HV / Precharge", [], 1, None),
    ],
)
def test_position_of_an_occurrence(item, positions, occurrence, found):
    assert locate_position(item, positions, occurrence) == found
