"""What recording remembers of the catalogue: only what can never change, and never that something is not there."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from msgspec import structs

from inspections.evaluation.reasons import JudgementReason
from inspections.results.procedures import forget_procedures
from inspections.results.services import Recorded, RecordState, record_inspection
from tests.factories import AT, Plant, make_plant, make_procedure

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plant() -> Iterator[Plant]:
    yield make_plant()
    forget_procedures()


def record(plant: Plant, **changed: object) -> Recorded:
    return record_inspection(posted=plant.posted(**changed), rig=plant.rig, actor=plant.rig_actor, at=AT)


def asked_of_the_catalogue(plant: Plant) -> int:
    with CaptureQueriesContext(connection) as found:
        assert record(plant).state is RecordState.RECORDED
    return sum("from inspections_procedure" in query["sql"] for query in found)


def test_catalogue_is_asked_once_for_what_can_never_change(plant: Plant) -> None:
    assert [asked_of_the_catalogue(plant) for _ in range(3)] == [1, 0, 0]


@pytest.mark.law(1)
def test_procedure_that_was_unknown_is_looked_for_again(plant: Plant) -> None:
    item = structs.replace(plant.posted(), procedure="BAT-NEW")
    fates = [record_inspection(posted=item, rig=plant.rig, actor=plant.rig_actor, at=AT)]
    make_procedure("BAT-NEW", "battery", {})
    fates.append(record_inspection(posted=item, rig=plant.rig, actor=plant.rig_actor, at=AT))
    assert [(fate.state, fate.code) for fate in fates] == [
        (RecordState.REFUSED, "unknown_procedure"),
        (RecordState.REFUSED, "rig_not_authorised_now"),
    ]


@pytest.mark.law(1)
def test_characteristic_that_was_unknown_is_looked_for_again(plant: Plant) -> None:
    measured = [{"characteristic": "BAT-LATER", "value": "1", "unit": "V"}]
    first = record(plant, measurements=measured)
    plant.procedures["BAT-EOL"].characteristics.create(code="BAT-LATER", kind="variable", unit="V")
    second = record(plant, measurements=measured)
    assert [fate.values[0].reason for fate in (first, second)] == [
        JudgementReason.UNKNOWN_CHARACTERISTIC,
        JudgementReason.NO_REQUIREMENT,
    ]


@pytest.mark.law(1)
def test_what_another_transaction_made_and_took_back_is_not_remembered(plant: Plant) -> None:
    with transaction.atomic():
        record(plant)
        transaction.set_rollback(True)
    assert asked_of_the_catalogue(plant) == 1
