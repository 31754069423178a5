"""Handing over work: after the commit, once, and never at the price of the request."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from inspections import dispatch
from inspections.dispatch import DECIDE_BATCH, Queue, begun, breaker, enqueue_after_commit
from qa.env import Redis as RedisAddress

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.law(7)]


@pytest.fixture(autouse=True)
def _closed_breaker() -> Iterator[None]:
    breaker.close()
    yield
    breaker.close()


def enqueue(batch: int = 1, *, once: bool = False) -> float:
    """Queue a decision and return the seconds it took."""
    begin = time.monotonic()
    enqueue_after_commit(DECIDE_BATCH, queue=Queue.URGENT, kwargs={"batch_id": batch}, once=once)
    return time.monotonic() - begin


def use_redis_at(settings: Any, url: str) -> None:
    settings.REDIS = RedisAddress(url)
    settings.CELERY_BROKER_URL = settings.REDIS.broker_url


@pytest.fixture
def silent_redis(settings: Any) -> Iterator[None]:
    """A server that takes connections and never answers: a frozen machine or a cut cable."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        use_redis_at(settings, f"redis://127.0.0.1:{listening.getsockname()[1]}/0")
        yield


@pytest.fixture
def refusing_redis(settings: Any) -> None:
    """An address where nothing listens: a stopped server."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    use_redis_at(settings, f"redis://127.0.0.1:{port}/0")


def test_the_message_names_the_task_and_its_arguments(redis: Any) -> None:
    enqueue(7)
    message = json.loads(redis.lindex("urgent", 0))
    assert message["headers"]["task"] == DECIDE_BATCH
    assert message["properties"]["delivery_info"]["routing_key"] == "urgent"
    assert message["headers"]["kwargsrepr"] == "{'batch_id': 7}"


def test_nothing_is_queued_before_the_commit(redis: Any) -> None:
    with transaction.atomic():
        enqueue()
        assert redis.llen("urgent") == 0
    assert redis.llen("urgent") == 1


def test_nothing_is_queued_when_the_act_is_rolled_back(redis: Any) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue()
        raise ZeroDivisionError
    assert redis.llen("urgent") == 0


def test_once_queues_one_task_until_it_has_begun(redis: Any) -> None:
    for _ in range(3):
        enqueue(1, once=True)
    enqueue(2, once=True)
    assert redis.llen("urgent") == 2
    begun(DECIDE_BATCH, {"batch_id": 1})
    enqueue(1, once=True)
    assert redis.llen("urgent") == 3


def test_the_mark_of_a_lost_task_runs_out(redis: Any) -> None:
    enqueue(1, once=True)
    key = f"interlock:queued:{DECIDE_BATCH}:batch_id=1"
    assert 0 < redis.ttl(key) <= dispatch.QUEUED_SECONDS


@pytest.mark.parametrize("once", [False, True])
def test_a_silent_redis_costs_a_fifth_of_a_second_once(silent_redis: None, once: bool) -> None:
    first = enqueue(once=once)
    others = [enqueue(once=once) for _ in range(20)]
    # Without limits of our own the first would take 6 s and more. The rest is room for a busy machine.
    assert 0.15 < first < 3
    assert sum(others) < 1


@pytest.mark.parametrize("once", [False, True])
def test_a_stopped_redis_costs_next_to_nothing(refusing_redis: None, once: bool) -> None:
    assert enqueue(once=once) < 3
    assert breaker.is_open()


def test_begun_never_raises(silent_redis: None) -> None:
    begun(DECIDE_BATCH, {"batch_id": 1})


def test_a_failure_does_not_undo_what_was_committed(refusing_redis: None) -> None:
    from django.contrib.auth.models import Group

    with transaction.atomic():
        Group.objects.create(name="kept although Redis is down")
        enqueue()
    assert Group.objects.filter(name="kept although Redis is down").exists()


def test_redis_is_tried_again_when_the_breaker_closes(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "seconds", 0.05)
    breaker.open()
    enqueue()
    assert redis.llen("urgent") == 0
    time.sleep(0.06)
    enqueue()
    assert redis.llen("urgent") == 1
