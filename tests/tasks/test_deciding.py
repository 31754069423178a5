"""The sweep and the recount: one batch over which they break keeps no other waiting, and nothing breaks unseen."""

from typing import Any

import pytest
from django.db import OperationalError

from inspections.dispatch import SWEEP_UNDECIDED, Queue, enqueue_after_commit
from inspections.gates import recounting, services
from inspections.marks.models import Mark
from inspections.tasks.deciding import recount_batches, sweep_undecided
from tests.factories import make_batch, make_plant, make_vehicle

pytestmark = [pytest.mark.django_db, pytest.mark.law(7)]


@pytest.fixture
def two(db: None) -> tuple[int, int]:
    """Two batches with marks, by id."""
    plant = make_plant()
    other = make_batch("SU7-2026W47-04", configuration=plant.configuration)
    make_vehicle(other)
    return plant.batch.pk, other.pk


def breaking(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, batch: int, error: Exception) -> None:
    """Let the act break over one batch."""
    act = getattr(module, name)

    def broken(*, batch_id: int, **more: Any) -> Any:
        if batch_id == batch:
            raise error
        return act(batch_id=batch_id, **more)

    monkeypatch.setattr(module, name, broken)


def test_law_7_a_batch_that_cannot_be_decided_keeps_no_other_undecided(
    two: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = two
    breaking(monkeypatch, services, "decide_batch", first, ArithmeticError("no verdict"))
    with pytest.raises(ExceptionGroup) as broken:
        sweep_undecided()
    assert [str(error) for error in broken.value.exceptions] == ["no verdict"]
    assert set(Mark.objects.values_list("batch_id", flat=True)) == {first}


def test_a_batch_that_cannot_be_recounted_keeps_no_other_from_it(
    two: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep_undecided()
    seen: list[int] = []
    count = recounting.recount_batch
    monkeypatch.setattr(recounting, "recount_batch", lambda **act: seen.append(act["batch_id"]) or count(**act))
    breaking(monkeypatch, recounting, "recount_batch", two[0], ArithmeticError("no count"))
    with pytest.raises(ExceptionGroup):
        recount_batches()
    assert seen == [two[1]]


def test_a_database_out_of_reach_ends_the_sweep_at_once(two: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery tries the whole again later."""
    monkeypatch.setattr("inspections.tasks.deciding.sweep_undecided.max_retries", 0)
    breaking(monkeypatch, services, "decide_batch", two[0], OperationalError("gone"))
    with pytest.raises(OperationalError):
        sweep_undecided()
    assert set(Mark.objects.values_list("batch_id", flat=True)) == set(two)


@pytest.mark.django_db(transaction=True)
def test_what_is_marked_after_the_sweep_has_begun_queues_another(redis: Any) -> None:
    enqueue_after_commit(SWEEP_UNDECIDED, queue=Queue.URGENT, kwargs={}, once=True)
    enqueue_after_commit(SWEEP_UNDECIDED, queue=Queue.URGENT, kwargs={}, once=True)
    assert redis.llen("urgent") == 1
    assert sweep_undecided() == 0
    enqueue_after_commit(SWEEP_UNDECIDED, queue=Queue.URGENT, kwargs={}, once=True)
    assert redis.llen("urgent") == 2
