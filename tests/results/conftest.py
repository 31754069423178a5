from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.factories import Plant


@pytest.fixture
def plant(standing_plant: "Plant") -> "Plant":
    """A small plant with nothing undecided."""
    # Django is set up after the conftests are read.
    from inspections.marks.models import Mark

    Mark.objects.all().delete()
    return standing_plant
