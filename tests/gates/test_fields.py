"""Lists of texts kept one a line."""

import pytest
from django.db import connection

from inspections.gates.models import VehicleGate
from tests.factories import AT, make_plant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("missing", [[], ["7"], ["7", "12|FL", "12|charge port"]])
def test_list_comes_back_as_it_was_in_python_and_in_sql(missing: list[str]) -> None:
    plant = make_plant()
    VehicleGate.objects.create(
        vehicle=plant.vehicle, domain="crash", batch_id=plant.batch.pk, state=1, counted=True, missing=missing,
        decided_at=AT, counter=1,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("select string_to_array(missing, chr(10)) from inspections_vehiclegate")
        assert cursor.fetchone() == (missing,)
    assert VehicleGate.objects.get().missing == missing
