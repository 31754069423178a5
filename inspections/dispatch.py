"""Handing work to the workers after a commit: for speed alone, since the database knows what is undecided (law 7).

Redis out of reach costs a request at most 0.2 s, once; then nothing is tried for 5 s. Nothing here ever raises, and a
task that was not handed over is found by the sweeps.
"""

import logging
import os
import threading
import time
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from celery import Celery
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

DECIDE_BATCH = "inspections.decide_batch"
SWEEP_UNDECIDED = "inspections.sweep_undecided"
READ_SUBMISSION = "inspections.read_submission"
READ_AGAIN = "inspections.read_again"
RECORD_WAITING = "inspections.record_waiting"
REDECIDE_EXPIRED = "inspections.redecide_expired"
SWEEP_INTAKE = "inspections.sweep_intake"
RECOUNT_BATCHES = "inspections.recount_batches"
TELL_PEOPLE = "inspections.tell_people"
SEAL_LEDGER = "inspections.seal_ledger"
TELL_WITNESSES = "inspections.tell_witnesses"

GIVE_UP_SECONDS = 0.2
OPEN_SECONDS = 5.0
QUEUED_SECONDS = 10
UNREACHABLE = (OperationalError, RedisError, OSError)


class Queue(StrEnum):
    """What a person or a car waits for, what a machine waits for, and what may take minutes."""

    URGENT = "urgent"
    DEFAULT = "default"
    SLOW = "slow"


class Breaker:
    """Remembers for some seconds that Redis was out of reach, so that only one request waits for it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._closed_at = 0.0
        self._lock = threading.Lock()

    def is_open(self) -> bool:
        """Whether Redis is not to be tried now."""
        with self._lock:
            return time.monotonic() < self._closed_at

    def open(self) -> None:
        """Try nothing for a while."""
        with self._lock:
            self._closed_at = time.monotonic() + self.seconds

    def close(self) -> None:
        """Try again at once."""
        with self._lock:
            self._closed_at = 0.0


breaker = Breaker(OPEN_SECONDS)


def enqueue_after_commit(name: str, *, queue: Queue, kwargs: Mapping[str, int | str], once: bool = False) -> None:
    """Publish the task `name` when the running transaction commits; at once if there is none.

    With `once`, a task that is queued and has not begun is not queued again for the same arguments. Such a task calls
    `begun` first and only then looks for its work, so that it sees what was committed before this was skipped.
    """
    arguments = dict(kwargs)
    transaction.on_commit(lambda: _publish(name, queue, arguments, once), robust=True)


def begun(name: str, kwargs: Mapping[str, int | str]) -> None:
    """Say that the task has begun: what is committed from now on needs another one. Never raises."""
    try:
        _client(settings.REDIS.url).delete(_mark_of(name, kwargs))
    except UNREACHABLE as error:
        log.warning("Redis is out of reach (%s); the mark of %s runs out by itself.", error, name)


def _publish(name: str, queue: Queue, kwargs: dict[str, int | str], once: bool) -> None:
    if breaker.is_open():
        return
    try:
        if once and not _client(settings.REDIS.url).set(_mark_of(name, kwargs), "1", nx=True, ex=QUEUED_SECONDS):
            return
        _publisher(settings.CELERY_BROKER_URL).send_task(
            name, kwargs=kwargs, queue=queue.value, retry=False, ignore_result=True
        )
    except UNREACHABLE as error:
        breaker.open()
        log.warning("%s was not queued, Redis is out of reach (%s); a sweep will find its work.", name, error)


def _mark_of(name: str, kwargs: Mapping[str, int | str]) -> str:
    return "interlock:queued:" + ":".join([name, *(f"{key}={kwargs[key]}" for key in sorted(kwargs))])


@lru_cache(maxsize=4)
def _publisher(broker_url: str) -> Celery:
    """A Celery application that only publishes and gives up quickly; workers keep Celery's patience."""
    app = Celery("interlock-dispatch", set_as_current=False)
    app.conf.update(
        broker_url=broker_url,
        broker_connection_retry=False,
        broker_transport_options={
            "max_retries": 0,
            "socket_connect_timeout": GIVE_UP_SECONDS,
            "socket_timeout": GIVE_UP_SECONDS,
        },
        task_publish_retry=False,
        task_serializer="json",
        task_ignore_result=True,
    )
    return app


@lru_cache(maxsize=4)
def _client(url: str) -> Redis:
    """A Redis client that tries once and gives up quickly."""
    return Redis.from_url(
        url,
        socket_connect_timeout=GIVE_UP_SECONDS,
        socket_timeout=GIVE_UP_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def _forget_connections() -> None:
    """A forked process must not share sockets with its parent."""
    _publisher.cache_clear()
    _client.cache_clear()


os.register_at_fork(after_in_child=_forget_connections)
