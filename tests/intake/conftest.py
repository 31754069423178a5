from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.factories import Plant


@pytest.fixture
def plant(db: None) -> "Plant":
    """A small plant with nothing undecided."""
    # Django is set up after the conftests are read.
    from inspections.marks.models import Mark
    from tests.factories import make_plant

    made = make_plant()
    Mark.objects.all().delete()
    return made
