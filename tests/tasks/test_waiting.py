"""Recording what waits: a car registered while the task runs has its own task queued."""

import pytest

from inspections.dispatch import RECORD_WAITING, Queue, enqueue_after_commit
from inspections.tasks.intake import record_waiting


def queued(redis):
    return redis.llen(Queue.DEFAULT.value)


@pytest.mark.django_db(transaction=True)
def test_registration_after_the_task_has_begun_queues_another(redis):
    enqueue_after_commit(RECORD_WAITING, queue=Queue.DEFAULT, kwargs={}, once=True)
    enqueue_after_commit(RECORD_WAITING, queue=Queue.DEFAULT, kwargs={}, once=True)
    assert queued(redis) == 1
    assert record_waiting() == 0
    enqueue_after_commit(RECORD_WAITING, queue=Queue.DEFAULT, kwargs={}, once=True)
    assert queued(redis) == 2
